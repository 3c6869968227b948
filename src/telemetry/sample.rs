//! A record for tests: a worker that earns, its fee just raised.

use crate::record::Record;

/// The record of `tests/fixtures/record.json`.
pub(crate) fn record() -> Record {
    serde_json::from_str(include_str!("../../tests/fixtures/record.json")).unwrap()
}
