//! The folder of an index on disk: told from other folders by a file that names its format.

use std::fs;
use std::io;
use std::path::Path;

const FORMAT_FILE: &str = "format";
/// Counts every change of what a document holds or how text becomes terms.
const FORMAT: &str = "weir search index 2\n";
/// Files by which a folder without a readable format is still known as an index.
const KNOWN_FILES: [&str; 3] = [FORMAT_FILE, "meta.json", ".managed.json"];

/// Whether `directory` holds an index of this format.
pub(crate) fn is_current(directory: &Path) -> io::Result<bool> {
    match fs::read(directory.join(FORMAT_FILE)) {
        Ok(format) => Ok(format == FORMAT.as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes `directory` an empty folder for an index; refuses one that holds only foreign files.
/// Interrupted at any point it is simply done again: the format is written when all else is gone,
/// and without `meta.json` no index opens.
pub(crate) fn empty(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let entries: Vec<_> = fs::read_dir(directory)?.collect::<io::Result<_>>()?;
    let is_known = |entry: &fs::DirEntry| KNOWN_FILES.iter().any(|name| entry.file_name() == *name);
    if !entries.is_empty() && !entries.iter().any(is_known) {
        return Err(io::Error::new(
            io::ErrorKind::DirectoryNotEmpty,
            "the folder holds files that are not of a search index; name another folder",
        ));
    }
    // Known files last: until then the folder stays known.
    let (known, other): (Vec<_>, Vec<_>) = entries.into_iter().partition(is_known);
    for entry in other.into_iter().chain(known) {
        if entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    fs::write(directory.join(FORMAT_FILE), FORMAT)
}
