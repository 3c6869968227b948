//! The layout of the journal and how it came about.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::{
    checksum::SumChange,
    error::JournalError,
    seal::{PROTECTED, Seal},
};

/// `application_id` of a journal: "snkf".
pub(crate) const APPLICATION_ID: i32 = 0x736e_6b66;

/// One script for each version of the layout; `user_version` counts those applied. A script that
/// was released is never changed.
pub(crate) const MIGRATIONS: [&str; 5] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
];

/// The first layout with checksums and a seal.
const SEALED_SINCE: i64 = 4;

/// The version of the layout that `migrations` lead to.
pub(crate) fn version(migrations: &[&str]) -> i64 {
    i64::try_from(migrations.len()).unwrap_or(i64::MAX)
}

/// Makes a new journal in an empty file, with the seal that `begin` makes.
pub(crate) fn build(
    path: &Path,
    begin: impl Fn() -> Result<Seal, JournalError>,
) -> Result<(), JournalError> {
    let mut connection = Connection::open(path).map_err(JournalError::sql("making a new one"))?;
    let made = |connection: &Connection| {
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)
    };
    made(&connection).map_err(JournalError::sql("making a new one"))?;
    migrate(&mut connection, path, &MIGRATIONS, begin)?;
    connection.close().map_err(|(_, error)| JournalError::sql("making a new one")(error))
}

/// Brings a journal up to date. Each step is whole or undone. One that had no seal gets the one
/// that `begin` makes.
pub(crate) fn migrate(
    connection: &mut Connection,
    path: &Path,
    migrations: &[&str],
    begin: impl Fn() -> Result<Seal, JournalError>,
) -> Result<(), JournalError> {
    let doing = "bringing the layout up to date";
    loop {
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(JournalError::opening(path, doing))?;
        let found = user_version(&transaction).map_err(JournalError::opening(path, doing))?;
        let known = version(migrations);
        if found > known {
            return Err(JournalError::Newer { path: path.to_owned(), found, known });
        }
        let Some(script) = usize::try_from(found).ok().and_then(|found| migrations.get(found))
        else {
            return if found == known { Ok(()) } else { Err(negative_version(path, found)) };
        };
        let seal = (found + 1 == SEALED_SINCE).then(&begin).transpose()?;
        let step = || {
            transaction.execute_batch(script)?;
            seal.map_or(Ok(()), |seal| seal_all(&transaction, seal))?;
            transaction.pragma_update(None, "user_version", found + 1)?;
            transaction.commit()
        };
        step().map_err(JournalError::opening(path, doing))?;
    }
}

/// Gives every protected row its checksum and the journal its seal, one ahead of the one that was
/// begun with: a journal that is here can be missed.
fn seal_all(transaction: &Transaction<'_>, seal: Seal) -> rusqlite::Result<()> {
    let mut change = SumChange::default();
    PROTECTED.iter().try_for_each(|columns| columns.protect_all(transaction, &mut change))?;
    Seal { sequence: seal.sequence + 1, checksums: change.0, ..seal }.write(transaction)
}

/// Refuses any layout but the one known.
pub(crate) fn expect_current(connection: &Connection, path: &Path) -> Result<(), JournalError> {
    let found =
        user_version(connection).map_err(JournalError::opening(path, "reading the layout"))?;
    let known = version(&MIGRATIONS);
    match found {
        _ if found > known => Err(JournalError::Newer { path: path.to_owned(), found, known }),
        _ if found < 0 => Err(negative_version(path, found)),
        _ if found < known => Err(JournalError::Older { path: path.to_owned(), found }),
        _ => Ok(()),
    }
}

fn negative_version(path: &Path, found: i64) -> JournalError {
    JournalError::Corrupt { path: path.to_owned(), why: format!("layout {found}") }
}

fn user_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
