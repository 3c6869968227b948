//! One table of the configuration, read key by key.
//!
//! Invariants: a key that fails is noted as a problem and reads as absent, so that reading goes on
//! and finds the others.

use std::{
    borrow::Cow, cell::RefCell, collections::BTreeSet, fmt::Display, ops::RangeInclusive,
    path::PathBuf, str::FromStr, time::Duration,
};

use config::{Value, ValueKind};
use snarkfee_core::units::duration;

use super::{
    Place,
    file::join,
    layer::{Table, overlay},
    place::{Kind, Leaf, unwrap},
    reader::Reader,
};

/// Longest duration accepted: ten years of days, far within what arithmetic on times can bear.
const LONGEST: Duration = Duration::from_secs(3650 * 24 * 3600);

/// A value and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// One table of the configuration.
pub(super) struct Section<'r> {
    reader: &'r Reader,
    path: String,
    /// The path with `*` for names and `[]` for indices.
    pattern: String,
    place: Place,
    /// Absent where the file has no such table.
    table: Option<Cow<'r, Table>>,
    /// The path of the table that this one is laid over.
    base: Option<String>,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'r> Section<'r> {
    pub(super) fn root(reader: &'r Reader) -> Self {
        Self::new(
            reader,
            String::new(),
            String::new(),
            Place::File,
            Some(Cow::Borrowed(&reader.layer.table)),
        )
    }

    const fn new(
        reader: &'r Reader,
        path: String,
        pattern: String,
        place: Place,
        table: Option<Cow<'r, Table>>,
    ) -> Self {
        Self {
            reader,
            path,
            pattern,
            place,
            table,
            base: None,
            asked: RefCell::new(BTreeSet::new()),
        }
    }

    /// Whether the configuration has this table.
    pub(super) const fn exists(&self) -> bool {
        self.table.is_some()
    }

    /// Where the table was opened.
    pub(super) const fn place(&self) -> &Place {
        &self.place
    }

    /// The reading it belongs to.
    pub(super) const fn reader(&self) -> &'r Reader {
        self.reader
    }

    /// The whole path of a key.
    pub(super) fn path_of(&self, key: &str) -> String {
        join(&self.path, key)
    }

    fn value(&self, key: &'static str) -> Option<&Value> {
        self.asked.borrow_mut().insert(key);
        self.reader.knows(&self.pattern, key);
        self.table.as_ref()?.get(key)
    }

    /// Notes a problem with a key.
    pub(super) fn fail(&self, place: &Place, key: &str, message: impl Display) {
        self.reader.fail(place, self.path_of(key), message.to_string());
    }

    /// Notes a warning about a key.
    pub(super) fn warn(&self, place: &Place, key: &str, message: impl Display) {
        self.reader.warn(place, self.path_of(key), message.to_string());
    }

    /// Notes that a key is needed.
    pub(super) fn missing(&self, key: &str, how: &str) {
        self.fail(&self.place, key, format!("missing, write {how}"));
    }

    /// Where the value of a key was written.
    fn place_of(&self, key: &str, value: &Value) -> Place {
        let base = self.base.as_ref().map(|base| join(base, key));
        self.reader.layer.place([Some(self.path_of(key)), base].into_iter().flatten(), value)
    }

    fn wrong_kind(&self, key: &str, value: &Value, expected: &str) {
        let found = match &value.kind {
            ValueKind::Table(_) => "a table",
            ValueKind::Array(_) => "a list",
            _ => "a single value",
        };
        let place = self.place_of(key, value);
        self.fail(&place, key, format!("must be {expected}, not {found}"));
    }

    /// A table within this one.
    pub(super) fn section(&self, key: &'static str) -> Section<'r> {
        let (path, pattern) = (self.path_of(key), join(&self.pattern, key));
        let (place, table) = match self.value(key) {
            None => (self.place.clone(), None),
            Some(value) => match &value.kind {
                ValueKind::Table(table) => {
                    (self.place_of(key, value), Some(Cow::Owned(table.clone())))
                }
                _ => {
                    self.wrong_kind(key, value, &format!("a table, [{path}]"));
                    (self.place.clone(), None)
                }
            },
        };
        Section::new(self.reader, path, pattern, place, table)
    }

    /// The tables within this one, by the operator's names for them, sorted.
    pub(super) fn named_sections(&self) -> Vec<(String, Section<'r>)> {
        let mut names: Vec<&String> = self.table.iter().flat_map(|table| table.keys()).collect();
        names.sort();
        let mut sections = Vec::new();
        for name in names {
            let Some(value) = self.table.as_ref().and_then(|table| table.get(name)) else {
                continue;
            };
            let (path, pattern) = (self.path_of(name), join(&self.pattern, "*"));
            match &value.kind {
                ValueKind::Table(table) => {
                    let place = self.place_of(name, value);
                    let table = Some(Cow::Owned(table.clone()));
                    sections.push((
                        name.clone(),
                        Section::new(self.reader, path, pattern, place, table),
                    ));
                }
                _ => self.wrong_kind(name, value, &format!("a table, [{path}]")),
            }
        }
        sections
    }

    /// The table `key` of this one, laid over `base`.
    pub(super) fn section_over(&self, key: &'static str, base: &Section<'r>) -> Section<'r> {
        let mut section = self.section(key);
        section.base = Some(base.path.clone());
        section.table = match (section.table.take(), &base.table) {
            (Some(over), Some(base)) => Some(Cow::Owned(overlay(base, &over))),
            (over, base) => over.or_else(|| base.clone()),
        };
        section
    }

    /// Whether `key` holds a table.
    pub(super) fn holds_table(&self, key: &'static str) -> bool {
        self.value(key).is_some_and(|value| matches!(value.kind, ValueKind::Table(_)))
    }

    /// Whether `key` holds a list.
    pub(super) fn holds_list(&self, key: &'static str) -> bool {
        self.value(key).is_some_and(|value| matches!(value.kind, ValueKind::Array(_)))
    }

    /// The tables of a list, in order.
    pub(super) fn list_of_sections(&self, key: &'static str) -> Vec<Section<'r>> {
        let path = self.path_of(key);
        let Some(ValueKind::Array(items)) = self.value(key).map(|value| &value.kind) else {
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = format!("{path}[{index}]");
            let place = self.reader.layer.place([path.clone()], item);
            if let ValueKind::Table(table) = &item.kind {
                let (pattern, table) =
                    (format!("{}[]", join(&self.pattern, key)), Some(Cow::Owned(table.clone())));
                sections.push(Section::new(self.reader, path, pattern, place, table));
            } else {
                self.reader.fail(&place, path, "must be a table in braces".to_owned());
            }
        }
        sections
    }

    /// The texts of a list; from a variable or flag also separated by commas.
    pub(super) fn list(&self, key: &'static str) -> Vec<Located<String>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let leaves: Vec<Option<Leaf>> = match (&value.kind, unwrap(value)) {
            (ValueKind::Array(items), _) => items.iter().map(unwrap).collect(),
            (_, Some(leaf)) if leaf.kind == Kind::Untyped => {
                let parts = leaf.text.split(',').map(str::trim).filter(|part| !part.is_empty());
                parts.map(|part| Some(Leaf { text: part.to_owned(), ..leaf.clone() })).collect()
            }
            _ => {
                self.wrong_kind(key, value, "a list");
                Vec::new()
            }
        };
        let mut texts = Vec::new();
        for leaf in leaves {
            match leaf {
                Some(Leaf { text, kind: Kind::Text | Kind::Untyped, place }) => {
                    texts.push(Located { value: text, place });
                }
                Some(leaf) => self.fail(&leaf.place, key, "each item must be a string in quotes"),
                None => self.fail(&self.place_of(key, value), key, "items must be strings"),
            }
        }
        texts
    }

    fn leaf(&self, key: &'static str, expected: &str) -> Option<Leaf> {
        let value = self.value(key)?;
        let leaf = unwrap(value);
        if leaf.is_none() && !matches!(value.kind, ValueKind::Nil) {
            self.wrong_kind(key, value, expected);
        }
        leaf
    }

    /// A value read by `parse`, written in quotes or not: quantities explain themselves how they
    /// are written.
    pub(super) fn parse<T, E: Display>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Located<T>> {
        let leaf = self.leaf(key, "a single value")?;
        match parse(&leaf.text) {
            Ok(value) => Some(Located { value, place: leaf.place }),
            Err(error) => {
                self.fail(&leaf.place, key, error);
                None
            }
        }
    }

    /// A quantity in quotes.
    pub(super) fn quantity<T: FromStr<Err: Display>>(
        &self,
        key: &'static str,
    ) -> Option<Located<T>> {
        self.parse(key, str::parse)
    }

    /// A string in quotes; an empty one reads as absent, so that an override can take a setting
    /// away.
    pub(super) fn text(&self, key: &'static str) -> Option<Located<String>> {
        let leaf = self.leaf(key, "a string")?;
        if !matches!(leaf.kind, Kind::Text | Kind::Untyped) {
            self.fail(&leaf.place, key, "must be a string in quotes");
            return None;
        }
        Some(Located { value: leaf.text, place: leaf.place }).filter(|text| !text.value.is_empty())
    }

    /// A string in quotes read by `parse`; an empty one reads as absent.
    pub(super) fn parse_text<T, E: Display>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Located<T>> {
        let text = self.text(key)?;
        match parse(&text.value) {
            Ok(value) => Some(Located { value, place: text.place }),
            Err(error) => {
                self.fail(&text.place, key, error);
                None
            }
        }
    }

    /// A path to a file, relative to the configuration file where it was written there.
    pub(super) fn path(&self, key: &'static str) -> Option<Located<PathBuf>> {
        self.text(key).map(|text| Located {
            value: self.reader.resolve(&text.value, &text.place),
            place: text.place,
        })
    }

    /// A duration of at least `least`.
    pub(super) fn duration(&self, key: &'static str, least: Duration) -> Option<Located<Duration>> {
        let found = self.parse(key, duration::parse)?;
        if (least..=LONGEST).contains(&found.value) {
            return Some(found);
        }
        let range =
            format!("must be from {} to {}", duration::show(least), duration::show(LONGEST));
        self.fail(&found.place, key, range);
        None
    }

    /// A number without quotes within a range.
    pub(super) fn number<T>(
        &self,
        key: &'static str,
        range: RangeInclusive<T>,
    ) -> Option<Located<T>>
    where
        T: FromStr + PartialOrd + Display,
    {
        let leaf = self.leaf(key, "a number")?;
        let number = leaf.text.parse::<T>().ok().filter(|number| range.contains(number));
        match number {
            Some(value) if matches!(leaf.kind, Kind::Number | Kind::Untyped) => {
                Some(Located { value, place: leaf.place })
            }
            Some(_) => {
                self.fail(&leaf.place, key, "must be a number without quotes");
                None
            }
            None => {
                let whole = if "0.5".parse::<T>().is_ok() { "a number" } else { "a whole number" };
                self.fail(
                    &leaf.place,
                    key,
                    format!("must be {whole} from {} to {}", range.start(), range.end()),
                );
                None
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn boolean(&self, key: &'static str) -> Option<Located<bool>> {
        let leaf = self.leaf(key, "true or false")?;
        match (leaf.text.as_str(), leaf.kind) {
            ("true", Kind::Boolean | Kind::Untyped) => {
                Some(Located { value: true, place: leaf.place })
            }
            ("false", Kind::Boolean | Kind::Untyped) => {
                Some(Located { value: false, place: leaf.place })
            }
            _ => {
                self.fail(&leaf.place, key, "must be true or false, without quotes");
                None
            }
        }
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &'static str,
        choices: &[(&str, T)],
    ) -> Option<Located<T>> {
        let leaf = self.leaf(key, "a string")?;
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == leaf.text) {
            return Some(Located { value: *value, place: leaf.place });
        }
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("{word:?}")).collect();
        let shown: String = leaf.text.chars().take(40).collect();
        self.fail(&leaf.place, key, format!("{shown:?} is none of {}", words.join(", ")));
        None
    }

    /// Notes the keys that nothing asked for.
    pub(super) fn finish(self) {
        let asked = self.asked.borrow();
        for (key, value) in self.table.iter().flat_map(|table| table.iter()) {
            if !asked.contains(key.as_str()) {
                let place = self.place_of(key, value);
                self.reader.unknown(place, &self.path, &self.pattern, key);
            }
        }
    }
}
