//! Random credentials and identifiers, new in each run.

use std::fmt::Write as _;

use crate::site::Credentials;

type Random<'a> = &'a (dyn Fn(&mut [u8]) + Send + Sync);

/// Tokens that look like the real ones, so that redaction can be tried on them.
pub(crate) fn credentials(random: Random<'_>) -> Credentials {
    Credentials { api_token: api_token(random), personal_token: letters(random, 44) }
}

/// Whether an API token has scopes does not show.
pub(crate) fn api_token(random: Random<'_>) -> String {
    format!("ATATT3xFfGF0{}={}", letters(random, 48), hex(random, 4).to_uppercase())
}

pub(crate) fn letters(random: Random<'_>, length: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = vec![0; length];
    random(&mut bytes);
    bytes.into_iter().map(|byte| char::from(ALPHABET[usize::from(byte % 64)])).collect()
}

fn hex(random: Random<'_>, bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    random(&mut buffer);
    hex_text(&buffer)
}

fn hex_text(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// 16 bytes in the usual form, marked as version 4.
pub(crate) fn uuid_text(bytes: &[u8; 16]) -> String {
    let mut bytes = *bytes;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex_text(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
