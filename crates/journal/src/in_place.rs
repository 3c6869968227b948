//! Whether the journal's files are still those that are open.

use std::{fs, io, os::unix::fs::MetadataExt, path::PathBuf};

use crate::error::JournalError;

/// Files as they were found. Who deletes or replaces one does not disturb a process that has it
/// open: what is written then goes to a file that nobody will find again.
#[derive(Debug)]
pub(crate) struct OpenFiles(Vec<(PathBuf, FileIdentity)>);

/// Device and number of a file; `None` where there is none.
type FileIdentity = Option<(u64, u64)>;

impl OpenFiles {
    /// Notes the files as they are now.
    pub(crate) fn note(paths: impl IntoIterator<Item = PathBuf>) -> Result<Self, JournalError> {
        let noted = paths.into_iter().map(|path| {
            let identity = identify(&path)?;
            Ok((path, identity))
        });
        noted.collect::<Result<_, _>>().map(Self)
    }

    /// Checks that they are there.
    pub(crate) fn check(&self) -> Result<(), JournalError> {
        for (path, noted) in &self.0 {
            let found = identify(path)?;
            if found != *noted {
                let why =
                    if found.is_none() { "it is gone" } else { "another file took its place" };
                return Err(JournalError::Lost { path: path.clone(), why: why.to_owned() });
            }
        }
        Ok(())
    }
}

fn identify(path: &PathBuf) -> Result<FileIdentity, JournalError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some((metadata.dev(), metadata.ino()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(JournalError::Folder { path: path.clone(), source }),
    }
}
