//! Reads the configuration file and files that hold a secret, neither of which may be endless.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::mistake::printable;

/// Larger than any configuration; a file beyond this is another file.
const MAX_CONFIG_BYTES: u64 = 1024 * 1024;
/// Larger than any token or key.
const MAX_SECRET_BYTES: u64 = 16 * 1024;

/// The text of the configuration file, or why it cannot be had.
pub(super) fn read_config(path: &Path) -> Result<String, String> {
    let text = read(path, MAX_CONFIG_BYTES)?;
    String::from_utf8(text).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(valid).fold(1, |line, byte| line + usize::from(*byte == b'\n'));
        format!("line {line} is not UTF-8 text")
    })
}

/// What a secret's file holds, and whether others than its owner and group may read it.
pub(super) struct SecretFile {
    /// Without the newline at its end.
    pub(super) text: String,
    pub(super) open_to_all: bool,
}

/// Reads the file of a secret. What goes wrong names the path, unless that may be the secret itself.
pub(super) fn read_secret(path: &str) -> Result<SecretFile, String> {
    let name = if is_surely_a_path(path) { printable(path) } else { "the file (a path is wanted here, not the secret)".to_owned() };
    let bytes = read(Path::new(path), MAX_SECRET_BYTES).map_err(|problem| format!("{name} {problem}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{name} does not hold UTF-8 text"))?;
    Ok(SecretFile { text: text.trim_end_matches(['\r', '\n']).to_owned(), open_to_all: open_to_all(Path::new(path)) })
}

/// People put the secret itself where its file belongs.
fn is_surely_a_path(given: &str) -> bool {
    let begins_like_one = ["/", "./", "../", "~/"].iter().any(|start| given.starts_with(start));
    let folder_exists = || Path::new(given).parent().is_some_and(|folder| !folder.as_os_str().is_empty() && folder.is_dir());
    !given.contains("://") && (begins_like_one || folder_exists())
}

fn read(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= limit => Ok(bytes),
        _ => Err(format!("is larger than {} KiB; is it the right file?", limit / 1024)),
    }
}

#[cfg(unix)]
fn open_to_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn open_to_all(_path: &Path) -> bool {
    false
}
