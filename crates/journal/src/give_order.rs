//! Orders given from another process.

use std::{path::Path, time::Duration};

use jiff::Timestamp;
use rusqlite::OpenFlags;
use snarkfee_core::{control::OperatorCommand, ledger::OrderId};

use crate::{
    connection::connect,
    error::JournalError,
    folder::journal_path,
    inspect::find_layout,
    orders::insert_order,
    schema,
    seal_file::SealFile,
    store::{Store, write_sealed},
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
    if find_layout(&path)?.is_none() {
        return Store::open(folder, Duration::MAX, at)?.record_order(at, command);
    }
    let mut connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    schema::expect_current(&connection, &path)?;
    let seal_file = SealFile::new(folder);
    write_sealed(&mut connection, &seal_file, "recording an order", |transaction, change| {
        insert_order(transaction, at, command, change)
    })
}
