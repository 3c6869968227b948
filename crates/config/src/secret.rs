//! Secrets, which stand in files of their own.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};

use super::{
    file::{describe, read},
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
        Self::kind_from(1)
    }

    /// The same for a secret of so many characters at least.
    pub(super) fn kind_from(least: usize) -> Kind<Self> {
        let read = move |entry: &Entry<'_>| {
            let Some(text) = read_text(entry)? else { return Ok(None) };
            let file = entry.reading.resolve(text, &entry.item.place);
            let shown = file.display().to_string();
            let value = match Self::read(&file) {
                Ok(value) if value.expose_secret().len() < least => {
                    return Err(entry.fail(format!("{shown}: needs at least {least} characters")));
                }
                Ok(value) => value,
                Err(error) if error.is_denied() && entry.reading.is_lenient() => {
                    entry.warn(format!("{shown}: {error}"));
                    return Ok(None);
                }
                Err(error) if error.is_missing() && looks_secret(text) => {
                    return Err(entry.fail(
                        "this looks like the secret itself and not like the name of a file: write \
                         it into a file that only the service's user can read, and name that file",
                    ));
                }
                Err(error) => return Err(entry.fail(format!("{shown}: {error}"))),
            };
            if readable_by_everyone(&file) {
                entry.warn(format!("{shown} can be read by every user; use chmod 600"));
            }
            Ok(Some(Self { file, value }))
        };
        Kind::new(read, |secret: &Self| quote(&secret.file.display()))
    }

    fn read(file: &Path) -> Result<SecretString, UnusableSecret> {
        let bytes = read(file, SIZE_LIMIT).map_err(UnusableSecret::Unread)?;
        let text = String::from_utf8(bytes).map_err(|_| UnusableSecret::NotText)?;
        let text = text.trim();
        if text.is_empty() {
            return Err(UnusableSecret::Empty);
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(UnusableSecret::Unprintable);
        }
        Ok(SecretString::from(text))
    }
}

/// Why a file holds no usable secret.
enum UnusableSecret {
    Unread(io::Error),
    NotText,
    Empty,
    Unprintable,
}

impl UnusableSecret {
    /// Whether there is no such file.
    fn is_missing(&self) -> bool {
        matches!(self, Self::Unread(error) if error.kind() == io::ErrorKind::NotFound)
    }

    /// Whether another user may read the file.
    fn is_denied(&self) -> bool {
        matches!(self, Self::Unread(error) if error.kind() == io::ErrorKind::PermissionDenied)
    }
}

impl fmt::Display for UnusableSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread(error) => f.write_str(&describe(error)),
            Self::NotText => f.write_str("not UTF-8 text"),
            Self::Empty => f.write_str("empty"),
            Self::Unprintable => {
                f.write_str("holds spaces or other characters that an HTTP header cannot carry")
            }
        }
    }
}

/// Whether a text is more likely a secret than the name of a file: long, and neither in a folder
/// nor with an ending such as `.token`.
fn looks_secret(text: &str) -> bool {
    const SHORTEST: usize = 16;
    const LONGEST_ENDING: usize = 8;
    let ending = text.rsplit_once('.').map(|(_, ending)| ending.len());
    text.len() >= SHORTEST
        && !text.starts_with(['/', '.'])
        && ending.is_none_or(|length| length > LONGEST_ENDING)
        && (!text.contains('/') || text.contains(['=', '+']))
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
