//! Secrets, which stand in files of their own.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};

use super::{
    file::read,
    kind::{Kind, quote, read_text},
    section::Entry,
};

/// Longest secret file read.
const SIZE_LIMIT: u64 = 16 << 10;

/// A secret and the file it came from; only the file is ever shown.
#[derive(Clone)]
pub struct Secret {
    file: PathBuf,
    value: SecretString,
}

impl Secret {
    /// The file it came from.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The secret itself, for the header that carries it and nothing else.
    pub const fn value(&self) -> &SecretString {
        &self.value
    }

    /// A setting that names the secret's file; a file that everyone can read is warned about.
    pub(super) fn kind() -> Kind<Self> {
        let read = |entry: &Entry<'_>| {
            let Some(text) = read_text(entry)? else { return Ok(None) };
            let file = entry.reading.resolve(text, &entry.item.place);
            let shown = file.display().to_string();
            let value =
                Self::read(&file).map_err(|error| entry.fail(format!("{shown}: {error}")))?;
            if readable_by_everyone(&file) {
                entry.warn(format!("{shown} can be read by every user; use chmod 600"));
            }
            Ok(Some(Self { file, value }))
        };
        Kind::new(read, |secret: &Self| quote(&secret.file.display()))
    }

    fn read(file: &Path) -> Result<SecretString, String> {
        let text =
            String::from_utf8(read(file, SIZE_LIMIT)?).map_err(|_| "not UTF-8 text".to_owned())?;
        let text = text.trim();
        if text.is_empty() {
            return Err("empty".to_owned());
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(
                "holds spaces or other characters that an HTTP header cannot carry".to_owned()
            );
        }
        Ok(SecretString::from(text))
    }
}

#[cfg(unix)]
fn readable_by_everyone(file: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(file).is_ok_and(|metadata| metadata.mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn readable_by_everyone(_: &Path) -> bool {
    false
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.file == other.file && self.value.expose_secret() == other.value.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.file.display())
    }
}
