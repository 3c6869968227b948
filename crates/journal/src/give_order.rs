//! Orders given from another process.

use std::{path::Path, time::Duration};

use jiff::Timestamp;
use rusqlite::OpenFlags;
use snarkfee_core::{control::OperatorCommand, ledger::OrderId};

use crate::{
    connection::connect,
    error::JournalError,
    folder::{self, journal_path},
    orders::insert_order,
    schema,
    store::Store,
};

/// Records an order beside a running service, or for the next one. It takes effect at each daemon's
/// next look.
///
/// # Errors
///
/// Where the journal in `folder` cannot be opened, made or written, or has another layout.
pub fn give_order(
    folder: &Path,
    at: Timestamp,
    command: &OperatorCommand,
) -> Result<OrderId, JournalError> {
    let path = journal_path(folder);
    if !folder::journal_exists(&path)? {
        return Store::open(folder, Duration::MAX, at)?.record_order(at, command);
    }
    let connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    schema::expect_current(&connection, &path)?;
    insert_order(&connection, at, command)
}
