//! The keys that a kind of table may have.

/// The keys of one kind of table.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) table: &'static str,
    pub(super) keys: Vec<&'static str>,
}
