//! Tables of the configuration and their entries, with what is needed to report a problem.

use std::fmt::Display;

use super::{
    Place,
    item::{Item, Leaf, Node, Table},
    keys::Keys,
    reading::{Reading, Reported},
};

/// One table of the configuration.
pub(super) struct Section<'r> {
    pub(super) reading: &'r Reading,
    path: String,
    /// Where the table was opened, or the one around it.
    pub(super) place: Place,
    /// Absent where the file has no such table.
    table: Option<&'r Table>,
    /// The table whose values hold for keys that this one lacks.
    base: Option<&'r Table>,
}

/// A key and its value.
pub(super) struct Entry<'r> {
    pub(super) reading: &'r Reading,
    pub(super) path: String,
    pub(super) item: &'r Item,
}

impl<'r> Section<'r> {
    pub(super) fn root(reading: &'r Reading, table: &'r Table) -> Self {
        let (path, place) = (String::new(), Place::File);
        Self { reading, path, place, table: Some(table), base: None }
    }

    /// The whole path of a key.
    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value of a key, if it has one.
    pub(super) fn entry(&self, key: &str) -> Option<Entry<'r>> {
        let tables = [self.table, self.base];
        let item = tables.into_iter().flatten().find_map(|table| table.get(key))?;
        Some(Entry { reading: self.reading, path: self.path_of(key), item })
    }

    /// A table within this one.
    pub(super) fn section(&self, key: &str) -> Self {
        let (reading, path, place) = (self.reading, self.path_of(key), self.place.clone());
        self.entry(key).and_then(|entry| entry.section().ok()).unwrap_or(Self {
            reading,
            path,
            place,
            table: None,
            base: None,
        })
    }

    /// This table laid over another.
    pub(super) fn over(self, base: &Self) -> Self {
        Self { base: base.table, ..self }
    }

    /// The tables within this one, by the operator's names for them, sorted.
    pub(super) fn named_sections(&self) -> Vec<(&'r str, Self)> {
        let names = self.table.into_iter().flat_map(Table::keys);
        let named = |name: &'r String| Some((name.as_str(), self.entry(name)?.section().ok()?));
        names.filter_map(named).collect()
    }

    /// Reports a problem with a key.
    pub(super) fn fail(&self, place: &Place, key: &str, message: impl Display) {
        self.reading.fail(place, &self.path_of(key), message);
    }

    /// Reports what is probably not meant.
    pub(super) fn warn(&self, place: &Place, key: &str, message: impl Display) {
        self.reading.warn(place, &self.path_of(key), message);
    }

    /// Reports the keys that the table should not have.
    pub(super) fn check_keys(&self, keys: &Keys) {
        for (key, item) in self.table.into_iter().flatten() {
            if !keys.keys.contains(&key.as_str()) {
                self.fail(&item.place, key, self.reading.suggest(keys, key));
            }
        }
    }
}

impl<'r> Entry<'r> {
    /// The value, if it is neither a table nor a list.
    pub(super) fn leaf(&self, expected: &str) -> Result<&'r Leaf, Reported> {
        match &self.item.node {
            Node::Leaf(leaf) => Ok(leaf),
            _ => Err(self.wrong_node(expected)),
        }
    }

    /// The value as a table.
    pub(super) fn section(&self) -> Result<Section<'r>, Reported> {
        let (reading, path, place) = (self.reading, self.path.clone(), self.item.place.clone());
        match &self.item.node {
            Node::Table(table) => {
                Ok(Section { reading, path, place, table: Some(table), base: None })
            }
            _ if path.ends_with(']') => Err(self.wrong_node("a table in braces")),
            _ => Err(self.wrong_node(&format!("a table, [{path}]"))),
        }
    }

    /// The items of a list.
    pub(super) fn items(&self, expected: &str) -> Result<Vec<Self>, Reported> {
        let Node::List(items) = &self.item.node else { return Err(self.wrong_node(expected)) };
        let indexed = items.iter().enumerate();
        Ok(indexed
            .map(|(index, item)| Self { path: format!("{}[{index}]", self.path), item, ..*self })
            .collect())
    }

    fn wrong_node(&self, expected: &str) -> Reported {
        self.fail(format!("must be {expected}, not {}", self.item.node.describe()))
    }

    /// Reports a problem with the value.
    pub(super) fn fail(&self, message: impl Display) -> Reported {
        self.reading.fail(&self.item.place, &self.path, message)
    }

    /// Reports what is probably not meant.
    pub(super) fn warn(&self, message: impl Display) {
        self.reading.warn(&self.item.place, &self.path, message);
    }
}
