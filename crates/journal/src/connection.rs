//! Connections to a journal file.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};

use super::JournalError;

/// How long SQLite waits for a lock held by someone else.
const PATIENCE: Duration = Duration::from_secs(2);
/// Pages kept in memory, in KiB by SQLite's sign; it takes four times as many unless told, and
/// looks are written once and read rarely.
const PAGES: i64 = -512;
/// Bytes of the write-ahead log that stay on disk after a checkpoint.
const LARGEST_LOG: i64 = 64 << 20;

/// A connection with our rules: what is acknowledged is on disk, and nothing that a file says is
/// run.
pub(super) fn connect(path: &Path, access: OpenFlags) -> Result<Connection, JournalError> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(JournalError::opening(path, "opening it"))?;
    let rules = || {
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "cache_size", PAGES)?;
        connection.pragma_update(None, "journal_size_limit", LARGEST_LOG)
    };
    rules().map_err(JournalError::opening(path, "opening it"))?;
    Ok(connection)
}

/// Refuses a damaged file, and one that is not kept in the mode on which durability rests.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), JournalError> {
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
