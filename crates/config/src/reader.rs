//! What reading a configuration comes upon: problems, warnings, and which keys there are.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use jiff::tz::TimeZone;

use super::{ConfigError, Place, layer::Layer, section::Section};

/// One reading of one configuration.
pub(super) struct Reader {
    pub(super) layer: Layer,
    /// The folder of the file, which relative paths within it start from.
    pub(super) folder: Option<PathBuf>,
    /// The time zone of tariffs that name none.
    pub(super) zone: TimeZone,
    problems: RefCell<Vec<ConfigError>>,
    warnings: RefCell<Vec<ConfigError>>,
    /// Every key that was asked for, by its section with `*` for names.
    known: RefCell<BTreeMap<String, BTreeSet<&'static str>>>,
    unknown: RefCell<Vec<Unknown>>,
    failures: Cell<usize>,
}

struct Unknown {
    place: Place,
    section: String,
    pattern: String,
    key: String,
}

impl Reader {
    pub(super) fn new(layer: Layer, folder: Option<PathBuf>, zone: TimeZone) -> Self {
        Self {
            layer,
            folder,
            zone,
            problems: RefCell::default(),
            warnings: RefCell::default(),
            known: RefCell::default(),
            unknown: RefCell::default(),
            failures: Cell::new(0),
        }
    }

    /// The section of the root.
    pub(super) fn root(&self) -> Section<'_> {
        Section::root(self)
    }

    /// Notes a problem, once where several daemons share the setting.
    pub(super) fn fail(&self, place: &Place, key: String, message: String) {
        self.failures.set(self.failures.get() + 1);
        let mut problems = self.problems.borrow_mut();
        if !problems.iter().any(|known| known.place == *place && known.message == message) {
            problems.push(ConfigError { place: place.clone(), key, message });
        }
    }

    /// Problems met so far, repeated ones included.
    pub(super) fn failures(&self) -> usize {
        self.failures.get()
    }

    /// Notes something to be told to the operator.
    pub(super) fn warn(&self, place: &Place, key: String, message: String) {
        let mut warnings = self.warnings.borrow_mut();
        if !warnings.iter().any(|known| known.place == *place && known.message == message) {
            warnings.push(ConfigError { place: place.clone(), key, message });
        }
    }

    pub(super) fn knows(&self, pattern: &str, key: &'static str) {
        self.known.borrow_mut().entry(pattern.to_owned()).or_default().insert(key);
    }

    pub(super) fn unknown(&self, place: Place, section: &str, pattern: &str, key: &str) {
        let (section, pattern, key) = (section.to_owned(), pattern.to_owned(), key.to_owned());
        self.unknown.borrow_mut().push(Unknown { place, section, pattern, key });
    }

    /// A path as written, from the folder that it is relative to.
    pub(super) fn resolve(&self, text: &str, place: &Place) -> PathBuf {
        match (place, &self.folder) {
            (Place::Line(_) | Place::File, Some(folder)) => folder.join(text),
            _ => Path::new(text).to_owned(),
        }
    }

    /// Every key that was asked for, as `section.key`.
    #[cfg(test)]
    pub(super) fn known_keys(&self) -> Vec<(String, &'static str)> {
        let known = self.known.borrow();
        known
            .iter()
            .flat_map(|(section, keys)| keys.iter().map(|key| (section.clone(), *key)))
            .collect()
    }

    /// Problems and warnings, once everything was read.
    pub(super) fn finish(self) -> (Vec<ConfigError>, Vec<ConfigError>) {
        for unknown in self.unknown.take() {
            let message = suggest(&unknown, &self.known.borrow());
            let section = Some(unknown.section.as_str()).filter(|section| !section.is_empty());
            let key =
                section.into_iter().chain([unknown.key.as_str()]).collect::<Vec<_>>().join(".");
            self.fail(&unknown.place, key, message);
        }
        (self.problems.into_inner(), self.warnings.into_inner())
    }
}

/// Names the nearest key of the same section, or the section where the key belongs.
fn suggest(unknown: &Unknown, known: &BTreeMap<String, BTreeSet<&'static str>>) -> String {
    let plain = |key: &str| key.to_lowercase().replace(['_', '-'], "");
    let distance = |key: &str| strsim::damerau_levenshtein(&plain(key), &plain(&unknown.key));
    let here = known.get(&unknown.pattern).into_iter().flatten();
    let nearest = here.map(|key| (distance(key), *key)).min();
    if let Some((distance, key)) = nearest
        && distance <= (key.len() / 3).max(1)
    {
        return format!("unknown key, did you mean \"{key}\"?");
    }
    // The outermost of several: a daemon's own table only repeats what a shared one says.
    let elsewhere = known
        .iter()
        .filter(|(section, keys)| !section.is_empty() && keys.contains(unknown.key.as_str()));
    let outermost = elsewhere.min_by_key(|(section, _)| section.matches('.').count());
    match (outermost, nearest) {
        (Some((section, _)), _) => {
            format!("unknown key, it belongs in [{}]", section.replace('*', "NAME"))
        }
        (_, Some((_, key))) => format!("unknown key, the nearest is \"{key}\""),
        (_, None) => "unknown key".to_owned(),
    }
}
