//! Connections to a journal file.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};

use crate::error::JournalError;

/// How long SQLite waits for a lock held by another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// Size of the page cache; SQLite takes a negative number as KiB. A quarter of its default, because
/// looks are written once and read rarely.
const CACHE_SIZE: i64 = -512;
/// Bytes of the write-ahead log that stay on disk after a checkpoint.
const WAL_SIZE_LIMIT: i64 = 64 << 20;

/// Opens a connection on which an acknowledged write is on disk, and code within a file is not run.
pub(crate) fn connect(path: &Path, access: OpenFlags) -> Result<Connection, JournalError> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(JournalError::opening(path, "opening it"))?;
    let rules = || {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "cache_size", CACHE_SIZE)?;
        connection.pragma_update(None, "journal_size_limit", WAL_SIZE_LIMIT)
    };
    rules().map_err(JournalError::opening(path, "opening it"))?;
    Ok(connection)
}

/// Refuses a damaged file, and one that is not in the journal mode on which durability rests.
pub(crate) fn check_integrity(connection: &Connection, path: &Path) -> Result<(), JournalError> {
    let corrupt = |why: String| JournalError::Corrupt { path: path.to_owned(), why };
    let ask = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, String>(0));
    let found = ask("PRAGMA quick_check(1)").map_err(JournalError::opening(path, "checking it"))?;
    if found != "ok" {
        return Err(corrupt(found));
    }
    let mode =
        ask("PRAGMA journal_mode = WAL").map_err(JournalError::opening(path, "checking it"))?;
    if mode != "wal" {
        return Err(corrupt(format!("journal mode {mode}")));
    }
    Ok(())
}
