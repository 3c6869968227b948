//! What is wrong with a configuration, every problem of it.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use snarkfee_core::units::hide_private_keys;

use super::Place;

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigError {
    /// Where it was written.
    pub place: Place,
    /// The key, `policy.floor`; empty where it concerns no key.
    pub key: String,
    /// What is wrong and how to write it.
    pub message: String,
}

/// Every problem of a configuration, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors {
    file: Option<PathBuf>,
    errors: Vec<ConfigError>,
}

impl ConfigErrors {
    pub(super) fn new(file: Option<&Path>, mut errors: Vec<ConfigError>) -> Self {
        for error in &mut errors {
            error.key = hide_private_keys(&error.key);
            error.message = hide_private_keys(&error.message);
        }
        errors.sort();
        Self { file: file.map(Path::to_owned), errors }
    }

    /// The problems, at least one.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.errors.iter()
    }
}

impl fmt::Display for ConfigErrors {
    /// One line for each problem.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> =
            self.errors.iter().map(|error| line(self.file.as_deref(), error)).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for ConfigErrors {}

/// `config: FILE:LINE: KEY: MESSAGE`, on one line whatever the parts hold.
pub(super) fn line(file: Option<&Path>, error: &ConfigError) -> String {
    let file = file.map(|path| path.display().to_string());
    let place = match (&error.place, file) {
        (Place::Variable(name) | Place::Flag(name), _) => Some(name.clone()),
        (Place::Line(line), Some(file)) => Some(format!("{file}:{line}")),
        (Place::File | Place::Line(_), file) => file,
    };
    let key = Some(error.key.clone()).filter(|key| !key.is_empty());
    let parts: Vec<String> = ["config".to_owned()]
        .into_iter()
        .chain(place)
        .chain(key)
        .chain([error.message.clone()])
        .collect();
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    hide_private_keys(&parts.join(": ")).chars().map(clean).collect()
}
