//! Writes a file whole or not at all.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// Only this user may read it: addresses may hold passwords.
const MODE: u32 = 0o600;

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// There is one.
    #[error("{} exists, and is left as it is; --force replaces it, --output writes another", .0.display())]
    Exists(PathBuf),
    /// The system refuses.
    #[error("{} cannot be written", path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Writes a file that only this user may read, or replaces one, whose permissions stay.
pub(crate) fn write_file(path: &Path, text: &str, replace: bool) -> Result<(), WriteError> {
    write(path, text, replace).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => WriteError::Exists(path.to_owned()),
        _ => WriteError::System { path: path.to_owned(), source },
    })
}

fn write(path: &Path, text: &str, replace: bool) -> io::Result<()> {
    // A link is followed, and what it leads to replaced.
    let target = match fs::canonicalize(path) {
        Ok(target) if replace => target,
        Ok(_) => return Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => path.to_owned(),
    };
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let kept = fs::metadata(&target).ok().map(|found| found.permissions().mode() & 0o7777);
    let mut written = tempfile::NamedTempFile::new_in(folder)?;
    written.write_all(text.as_bytes())?;
    let permissions = fs::Permissions::from_mode(kept.unwrap_or(MODE));
    written.as_file().set_permissions(permissions)?;
    written.as_file().sync_all()?;
    let placed =
        if replace { written.persist(&target) } else { written.persist_noclobber(&target) };
    placed.map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests;
