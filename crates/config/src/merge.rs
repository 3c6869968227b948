//! Merges the settings of several sources; a later source overrides single keys of an earlier one.

use std::collections::{BTreeMap, HashMap};

use config::{Config, ConfigError as MergeError, Map, Source, Value, ValueKind};

use super::item::{Item, Node, Place, Table};

/// The one key that the `config` crate sees at the root. It reads root keys as paths, which an
/// operator's key need not be.
const ROOT: &str = "settings";

/// Merges tables, the last one strongest.
///
/// The `config` crate merges the shape of the tables. In place of a leaf or list it holds the
/// index of the [`Item`], so that text and place come through untouched.
pub(super) fn merge(sources: Vec<Table>) -> Result<Table, MergeError> {
    let mut store = Store::default();
    let mut builder = Config::builder();
    for table in sources {
        builder = builder.add_source(Shape(store.put_table(table, &mut Vec::new())));
    }
    let merged = builder.build()?.get_table(ROOT)?;
    Ok(store.get_table(merged, &mut Vec::new()))
}

/// What the merged shape refers to.
#[derive(Default)]
struct Store {
    items: Vec<Item>,
    /// Where each table was first opened, by its path.
    opened: BTreeMap<Vec<String>, Place>,
}

impl Store {
    fn put_table(&mut self, table: Table, path: &mut Vec<String>) -> Value {
        let mut values = Map::new();
        for (key, item) in table {
            path.push(key.clone());
            let value = match item.node {
                Node::Table(table) => {
                    self.opened.entry(path.clone()).or_insert(item.place);
                    self.put_table(table, path)
                }
                _ => {
                    self.items.push(item);
                    Value::new(None, ValueKind::U64(self.items.len() as u64 - 1))
                }
            };
            path.pop();
            values.insert(key, value);
        }
        Value::new(None, ValueKind::Table(values))
    }

    fn get_table(&self, values: Map<String, Value>, path: &mut Vec<String>) -> Table {
        let mut table = Table::new();
        for (key, value) in values {
            path.push(key.clone());
            let item = match value.kind {
                ValueKind::Table(values) => Some(Item {
                    place: self.opened.get(path).cloned().unwrap_or(Place::File),
                    node: Node::Table(self.get_table(values, path)),
                }),
                ValueKind::U64(index) => {
                    usize::try_from(index).ok().and_then(|index| self.items.get(index)).cloned()
                }
                _ => None,
            };
            path.pop();
            table.extend(item.map(|item| (key, item)));
        }
        table
    }
}

/// A source as the `config` crate sees it.
#[derive(Clone, Debug)]
struct Shape(Value);

impl Source for Shape {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, MergeError> {
        Ok(HashMap::from([(ROOT.to_owned(), self.0.clone())]))
    }
}
