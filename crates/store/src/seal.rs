use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use crate::db::{One, sql};
use crate::{Db, Environment, Result, StoreError};

const FORMAT: u8 = 1;
const KEY_ID_LENGTH: usize = 8;
/// Format and key id. Nine bytes are twelve base64 characters, so sealed text of one key begins
/// alike and can be told apart without the key.
const HEADER_LENGTH: usize = 1 + KEY_ID_LENGTH;
const NONCE_LENGTH: usize = 24;

/// The key of this installation. Seals secrets with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha).
///
/// Sealed text is base64 of: format (1 byte), key id (8), nonce (24), ciphertext and tag.
#[derive(Clone)]
pub struct Keyring {
    cipher: XChaCha20Poly1305,
    header: [u8; HEADER_LENGTH],
}

/// Where a sealed text belongs. Moved to another place it does not open.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The row's id.
    pub row: &'a str,
    /// The column.
    pub column: &'a str,
}

impl Keyring {
    /// Makes a keyring of 256 random bits.
    pub fn from_bytes(key: [u8; 32]) -> Self {
        let mut digest = Sha256::new();
        digest.update(b"weir key id\0");
        digest.update(key);
        let mut header = [FORMAT; HEADER_LENGTH];
        header[1..].copy_from_slice(&digest.finalize()[..KEY_ID_LENGTH]);
        Self { cipher: XChaCha20Poly1305::new(&key.into()), header }
    }

    /// Seals a secret for one place.
    #[expect(clippy::missing_panics_doc, reason = "no secret is beyond 256 GiB")]
    pub fn seal(&self, environment: &Environment, place: Place<'_>, plain: &[u8]) -> String {
        let nonce = environment.bytes::<NONCE_LENGTH>();
        let payload = Payload { msg: plain, aad: &self.associated_data(place) };
        #[expect(clippy::expect_used, reason = "fails on messages beyond 256 GiB alone")]
        let ciphertext =
            self.cipher.encrypt(&XNonce::from(nonce), payload).expect("a secret fits in memory");
        STANDARD.encode([self.header.as_slice(), &nonce, &ciphertext].concat())
    }

    /// Opens what [`Keyring::seal`] made for the same place.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] for another key, another place and altered text alike.
    pub fn open(&self, place: Place<'_>, sealed: &str) -> Result<Vec<u8>> {
        let bytes = STANDARD.decode(sealed).map_err(|_| StoreError::WrongKey)?;
        let (nonce, ciphertext) = bytes
            .strip_prefix(&self.header)
            .and_then(<[u8]>::split_first_chunk::<NONCE_LENGTH>)
            .ok_or(StoreError::WrongKey)?;
        let payload = Payload { msg: ciphertext, aad: &self.associated_data(place) };
        self.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| StoreError::WrongKey)
    }

    /// Lengths go before the parts: `("ab", "c")` and `("a", "bc")` must differ.
    fn associated_data(&self, place: Place<'_>) -> Vec<u8> {
        let mut data = self.header.to_vec();
        for part in [place.table, place.row, place.column] {
            data.extend_from_slice(&(part.len() as u64).to_le_bytes());
            data.extend_from_slice(part.as_bytes());
        }
        data
    }
}

/// Refuses to go on with a key that does not open what is stored.
///
/// # Errors
/// [`StoreError::WrongKey`] when another key sealed a row, [`StoreError::NewerSchema`] when the
/// sealed text has a format of a later version.
pub async fn check_keyring(db: &Db, keyring: &Keyring) -> Result<()> {
    for header in sealed_headers(db).await? {
        let header = STANDARD.decode(header).map_err(|_| StoreError::WrongKey)?;
        if header == keyring.header {
            continue;
        }
        return Err(match header.first() {
            Some(&format) if format > FORMAT => StoreError::NewerSchema,
            _ => StoreError::WrongKey,
        });
    }
    Ok(())
}

/// Whether the store holds a secret: a key may be made for a store without one only.
pub async fn holds_sealed_rows(db: &Db) -> Result<bool> {
    Ok(!sealed_headers(db).await?.is_empty())
}

/// The distinct beginnings of all sealed texts. Every sealed column is named here.
async fn sealed_headers(db: &Db) -> Result<Vec<String>> {
    let headers = "SELECT DISTINCT substr(sealed, 1, 12) FROM credential";
    let rows = sql!(fetch_all(One<String>), db.read().await?, headers)?;
    Ok(rows.into_iter().map(|(header,)| header).collect())
}
