//! The data folder: where it is, who holds it, its key, and the address of the server that runs
//! on it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use store::{Db, Environment, Keyring, StoreError};

use crate::failure::{Exit, Failure};
use crate::settings::Settings;

/// A folder that only its owner may enter.
#[derive(Clone, Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
}

/// Held by the one process that runs jobs and writes the index; let go when dropped or killed.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

/// How to reach the server that holds the folder.
#[derive(Serialize, Deserialize)]
pub(crate) struct RunningServer {
    /// Base URL on this machine.
    pub(crate) url: String,
    /// An `api` token that lives as long as the server does.
    pub(crate) token: String,
    /// For messages only.
    pub(crate) pid: u32,
}

impl DataFolder {
    /// The folder that the settings name, or `weir` in the platform's data folder. Made when absent.
    ///
    /// # Errors
    /// The folder cannot be made, others can enter it, or no place for it is known.
    pub(crate) fn of(settings: &Settings, platform: Option<PathBuf>) -> Result<Self, Failure> {
        Self::at(Self::place(settings, platform)?)
    }

    /// That folder if there is one: for commands that make none.
    pub(crate) fn existing(
        settings: &Settings,
        platform: Option<PathBuf>,
    ) -> Result<Option<Self>, Failure> {
        let path = Self::place(settings, platform)?;
        if path.exists() { Self::at(path).map(Some) } else { Ok(None) }
    }

    /// Where the folder is, made or not.
    pub(crate) fn place(
        settings: &Settings,
        platform: Option<PathBuf>,
    ) -> Result<PathBuf, Failure> {
        let path = match settings.get("data") {
            Some(path) => PathBuf::from(path),
            None => platform.ok_or_else(|| {
                Failure::configuration(
                    "data_folder_unknown",
                    "No data folder is known for this user",
                    "Name one with --data or WEIR_DATA.",
                )
            })?,
        };
        std::path::absolute(&path).map_err(|error| unusable(&path, &error))
    }

    /// The folder at `path`, made when absent.
    ///
    /// # Errors
    /// The folder cannot be made, or others can enter it: it holds what only some may read.
    pub(crate) fn at(path: PathBuf) -> Result<Self, Failure> {
        make_private_folder(&path).map_err(|error| unusable(&path, &error))?;
        if is_open_to_others(&path).map_err(|error| unusable(&path, &error))? {
            return Err(Failure::configuration(
                "data_folder_open",
                format!("Other users of this machine can enter {}", path.display()),
                format!(
                    "Close it with `chmod 700 {}`, or name a folder that does not exist yet: Weir makes it for you alone.",
                    path.display()
                ),
            ));
        }
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the indexes stand, one folder a site.
    pub(crate) fn indexes(&self) -> PathBuf {
        self.path.join("index")
    }

    /// The URL of the database: the one that the settings name, else that of the file in the folder.
    pub(crate) fn database(&self, settings: &Settings) -> String {
        settings.get("database").map_or_else(
            || format!("sqlite:{}", self.path.join("weir.db").display()),
            str::to_owned,
        )
    }

    /// Whether a command has made the store yet.
    pub(crate) async fn holds_store(&self, settings: &Settings) -> Result<bool, Failure> {
        match Db::open_existing(&self.database(settings)).await {
            Ok(_) | Err(StoreError::OlderSchema) => Ok(true),
            Err(StoreError::Absent) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes the lock, or says that another process has it.
    pub(crate) fn try_lock(&self) -> Result<Option<FolderLock>, Failure> {
        let path = self.path.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| unusable(&path, &error))?;
        match file.try_lock() {
            Ok(()) => {
                // Of a server that was killed. Left there, the next command would take whoever
                // listens at its address by now for the process that holds the folder.
                self.withdraw_server().map_err(|error| unusable(&self.path, &error))?;
                Ok(Some(FolderLock { _file: file }))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(unusable(&path, &error)),
        }
    }

    /// Takes the lock or fails.
    pub(crate) fn lock(&self) -> Result<FolderLock, Failure> {
        self.try_lock()?.ok_or_else(|| {
            let holder = self.running_server().map_or_else(
                || "another weir process".to_owned(),
                |server| format!("`weir serve` at {} (process {})", server.url, server.pid),
            );
            Failure::new(
                Exit::Busy,
                "data_folder_busy",
                format!("The data folder {} is held by {holder}", self.path.display()),
                "Use that one, stop it, or name another folder with --data.",
            )
        })
    }

    /// Whether a process holds the folder now. Makes no file.
    pub(crate) fn is_held(&self) -> Result<bool, Failure> {
        let path = self.path.join("lock");
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(unusable(&path, &error)),
        };
        // Shared: two that look at once do not take each other for a holder.
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(unusable(&path, &error)),
        }
    }

    /// What the server wrote that holds the folder. It means nothing while nobody holds it.
    pub(crate) fn running_server(&self) -> Option<RunningServer> {
        let text = std::fs::read_to_string(self.path.join("server.json")).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Publishes this process's address, readable by the owner alone.
    pub(crate) fn publish_server(&self, server: &RunningServer) -> Result<(), Failure> {
        let path = self.path.join("server.json");
        let text = serde_json::to_vec(server).unwrap_or_default();
        write_private_file(&path, &text).map_err(|error| unusable(&path, &error))
    }

    /// Takes the address and its token back. For the process that holds the folder.
    pub(crate) fn withdraw_server(&self) -> io::Result<()> {
        match std::fs::remove_file(self.path.join("server.json")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// The key that seals secrets: from the environment, else from the file `key`, which is made
    /// only for a store that holds nothing sealed.
    ///
    /// # Errors
    /// The key is malformed, is not the one that sealed what the store holds, or is missing.
    pub(crate) async fn keyring(
        &self,
        environment: &Environment,
        settings: &Settings,
        db: &Db,
    ) -> Result<Keyring, Failure> {
        if let Some(keyring) = self.existing_keyring(settings, db).await? {
            return Ok(keyring);
        }
        let path = self.key_file();
        let mut key = [0_u8; 32];
        (environment.random)(&mut key);
        write_private_file(&path, STANDARD.encode(key).as_bytes())
            .map_err(|error| unusable(&path, &error))?;
        Ok(Keyring::from_bytes(key))
    }

    /// That key, if there is one; none is made.
    ///
    /// # Errors
    /// As [`Self::keyring`].
    pub(crate) async fn existing_keyring(
        &self,
        settings: &Settings,
        db: &Db,
    ) -> Result<Option<Keyring>, Failure> {
        let path = self.key_file();
        let key = match settings.secret("key") {
            Some(text) => decode_key(&text, "WEIR_KEY")?,
            None if path.exists() => {
                let text =
                    std::fs::read_to_string(&path).map_err(|error| unusable(&path, &error))?;
                decode_key(&SecretString::from(text), &path.display().to_string())?
            }
            None if store::holds_sealed_rows(db).await? => {
                return Err(Failure::configuration(
                    "key_missing",
                    format!(
                        "The store holds sealed secrets, but there is no key: {} does not exist",
                        path.display()
                    ),
                    "Put the key file back from your backup, or give the key in WEIR_KEY. Nothing was changed.",
                ));
            }
            None => return Ok(None),
        };
        let keyring = Keyring::from_bytes(key);
        store::check_keyring(db, &keyring).await?;
        Ok(Some(keyring))
    }

    fn key_file(&self) -> PathBuf {
        self.path.join("key")
    }
}

fn decode_key(text: &SecretString, place: &str) -> Result<[u8; 32], Failure> {
    let bytes = STANDARD.decode(text.expose_secret().trim()).ok();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
        Failure::configuration(
            "key_malformed",
            format!("The key in {place} is not 32 bytes in base64"),
            "Make one with `openssl rand -base64 32`, or remove it to let Weir make one for an empty store.",
        )
    })
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::configuration(
        "data_folder_unusable",
        format!("{} cannot be used: {error}", path.display()),
        "Check that the folder is yours and writable, or name another with --data.",
    )
}

#[cfg(unix)]
fn make_private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_private_folder(path: &Path) -> io::Result<()> {
    // A profile's own folders are private on Windows by inheritance.
    std::fs::create_dir_all(path)
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Writes beside and renames, so that a reader sees the old or the new file, never half of one.
fn write_private_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    drop(std::fs::remove_file(&beside));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

/// Reads all of standard input or of a file.
pub(crate) fn read_input(path: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let result = match path {
        None => io::stdin().lock().read_to_end(&mut bytes),
        Some(path) => File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)),
    };
    result.map(|_| bytes).map_err(|error| {
        let name =
            path.map_or_else(|| "standard input".to_owned(), |path| path.display().to_string());
        Failure::new(
            Exit::Failed,
            "input_unreadable",
            format!("{name} cannot be read: {error}"),
            "Check the path, or give `-` to read standard input.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local_client::LocalClient;

    #[test]
    fn who_takes_the_folder_removes_the_address_of_a_server_that_was_killed() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = DataFolder::at(temporary.path().join("data")).unwrap();
        let publish = || {
            let url = "http://127.0.0.1:1".to_owned();
            folder
                .publish_server(&RunningServer { url, token: "hush".to_owned(), pid: 1 })
                .unwrap();
        };
        publish();
        assert!(LocalClient::of(&folder).unwrap().is_none(), "nobody holds the folder");
        let lock = folder.try_lock().unwrap().unwrap();
        assert!(folder.is_held().unwrap());
        assert!(LocalClient::of(&folder).unwrap().is_none(), "the holder is no server");
        assert!(!folder.path().join("server.json").exists());
        publish();
        assert!(LocalClient::of(&folder).unwrap().is_some());
        drop(lock);
        assert!(LocalClient::of(&folder).unwrap().is_none());
    }
}
