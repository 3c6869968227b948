//! Layers of settings and their merging: a later layer overrides single keys of an earlier one.

use std::collections::{BTreeMap, HashMap};

use config::{Config, ConfigError as MergeError, Source, Value, ValueKind};

use super::place::{Place, unwrap};

/// A table of settings, as the `config` crate keeps one.
pub(super) type Table = HashMap<String, Value>;

/// Settings from one origin.
#[derive(Clone, Debug, Default)]
pub(super) struct Layer {
    /// The root table.
    pub(super) table: Table,
    /// Where tables and lists were opened, by path; leaves carry their own place.
    pub(super) places: BTreeMap<String, Place>,
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Table, MergeError> {
        // Under one fixed key: `config` reads root keys as paths, which an unknown key of the
        // operator's need not be.
        Ok(HashMap::from([(
            ROOT.to_owned(),
            Value::new(None, ValueKind::Table(self.table.clone())),
        )]))
    }
}

const ROOT: &str = "settings";

/// Merges layers, the last one strongest.
pub(super) fn merge(layers: Vec<Layer>) -> Result<Layer, MergeError> {
    let mut places = BTreeMap::new();
    let mut builder = Config::builder();
    for mut layer in layers {
        for (path, place) in std::mem::take(&mut layer.places) {
            places.entry(path).or_insert(place);
        }
        builder = builder.add_source(layer);
    }
    let table = builder.build()?.get_table(ROOT)?;
    Ok(Layer { table, places })
}

/// Lays `over` upon `base`, key by key, one level deep.
pub(super) fn overlay(base: &Table, over: &Table) -> Table {
    let mut table = base.clone();
    table.extend(over.iter().map(|(key, value)| (key.clone(), value.clone())));
    table
}

impl Layer {
    /// Where a value was written that stands at the first of `paths` which was opened anywhere.
    pub(super) fn place(&self, paths: impl IntoIterator<Item = String>, value: &Value) -> Place {
        let leaf = unwrap(value).map(|leaf| leaf.place);
        let opened = || paths.into_iter().find_map(|path| self.places.get(&path).cloned());
        leaf.or_else(opened).unwrap_or(Place::File)
    }
}
