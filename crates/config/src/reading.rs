//! One reading of a configuration: what it needs to know, and the problems that it comes upon.

use std::{
    cell::{Cell, RefCell},
    fmt::Display,
    path::{Path, PathBuf},
};

use jiff::tz::TimeZone;

use super::{ConfigError, Place, keys::Keys};

/// A problem that was reported already.
#[derive(Debug)]
pub(super) struct Reported;

/// One reading of one configuration.
pub(super) struct Reading {
    /// The folder of the file, which relative paths within it start from.
    pub(super) folder: Option<PathBuf>,
    /// The time zone of tariffs that name none.
    pub(super) zone: TimeZone,
    /// The keys of every kind of table.
    pub(super) known: Vec<Keys>,
    /// Whether a secret that this user may not read is left out.
    lenient: bool,
    failures: Cell<usize>,
    problems: RefCell<Vec<ConfigError>>,
    warnings: RefCell<Vec<ConfigError>>,
}

impl Reading {
    pub(super) fn new(known: Vec<Keys>, folder: Option<PathBuf>, zone: TimeZone) -> Self {
        let (problems, warnings) = (RefCell::default(), RefCell::default());
        let (lenient, failures) = (false, Cell::new(0));
        Self { folder, zone, known, lenient, failures, problems, warnings }
    }

    /// Leaves out the secrets that this user may not read.
    pub(super) const fn lenient(mut self, lenient: bool) -> Self {
        self.lenient = lenient;
        self
    }

    /// Whether a secret that this user may not read is left out.
    pub(super) const fn is_lenient(&self) -> bool {
        self.lenient
    }

    /// Reports a problem, once where several daemons share the setting.
    pub(super) fn fail(&self, place: &Place, key: &str, message: impl Display) -> Reported {
        self.failures.set(self.failures.get() + 1);
        report(&self.problems, place, key, &message);
        Reported
    }

    /// Reports what is allowed but probably not meant.
    pub(super) fn warn(&self, place: &Place, key: &str, message: impl Display) {
        report(&self.warnings, place, key, &message);
    }

    /// Problems met so far, repeated ones included.
    pub(super) fn failures(&self) -> usize {
        self.failures.get()
    }

    /// A path as written, from the folder that it is relative to.
    pub(super) fn resolve(&self, text: &str, place: &Place) -> PathBuf {
        match (place, &self.folder) {
            (Place::Line(_) | Place::File, Some(folder)) => folder.join(text),
            _ => Path::new(text).to_owned(),
        }
    }

    /// What to say about an unknown key of a table: the nearest key there, or the table where it
    /// belongs.
    pub(super) fn suggest(&self, table: &Keys, unknown: &str) -> String {
        let plain = |key: &str| key.to_lowercase().replace(['_', '-'], "");
        let distance = |key: &str| strsim::damerau_levenshtein(&plain(key), &plain(unknown));
        let nearest = table.keys.iter().map(|key| (distance(key), *key)).min();
        if let Some((distance, key)) = nearest
            && distance <= (key.len() / 3).max(1)
        {
            return format!("unknown key, did you mean \"{key}\"?");
        }
        let elsewhere = self
            .known
            .iter()
            .filter(|other| !other.table.is_empty() && other.keys.contains(&unknown));
        let outermost = elsewhere.min_by_key(|other| other.table.matches('.').count());
        match (outermost, nearest) {
            (Some(other), _) => format!("unknown key, it belongs in [{}]", other.table),
            (_, Some((_, key))) => format!("unknown key, the nearest is \"{key}\""),
            (_, None) => "unknown key".to_owned(),
        }
    }

    /// Problems and warnings.
    pub(super) fn finish(self) -> (Vec<ConfigError>, Vec<ConfigError>) {
        (self.problems.into_inner(), self.warnings.into_inner())
    }
}

fn report(list: &RefCell<Vec<ConfigError>>, place: &Place, key: &str, message: &dyn Display) {
    let (mut list, message) = (list.borrow_mut(), message.to_string());
    if !list.iter().any(|known| known.place == *place && known.message == message) {
        list.push(ConfigError { place: place.clone(), key: key.to_owned(), message });
    }
}
