//! Checksums of the rows that protect a daemon: orders, memory and intents.
//!
//! SQLite checks the structure of its file and not what it holds, so that a flipped bit within a
//! text or number goes unnoticed. (Its checksum extension, `cksumvfs`, is not part of the library.)
//! Each protected row holds a CRC-32 of its values as they are stored, and the journal's seal the
//! sum of these, so that a row that is gone shows too.

use crc32fast::Hasher;
use rusqlite::{
    Connection, OptionalExtension, Row, ToSql,
    types::{Value, ValueRef},
};

/// Columns of a table that have a checksum.
#[derive(Debug)]
pub(crate) struct ProtectedColumns {
    pub(crate) table: &'static str,
    /// The column that identifies a row.
    pub(crate) key: &'static str,
    /// The columns, separated by commas.
    pub(crate) columns: &'static str,
    /// The column that holds their checksum.
    pub(crate) checksum: &'static str,
    /// What a damaged row is set to, as of an UPDATE; `None` where it is deleted.
    pub(crate) fallback: Option<&'static str>,
}

/// By how much the sum of all checksums changes in a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SumChange(pub(crate) i64);

impl SumChange {
    fn replace(&mut self, before: Option<i64>, after: Option<i64>) {
        self.0 = self.0.wrapping_sub(before.unwrap_or(0)).wrapping_add(after.unwrap_or(0));
    }
}

impl ProtectedColumns {
    /// Computes the checksum of a row that was just written and stores it.
    pub(crate) fn protect(
        &self,
        connection: &Connection,
        key: impl ToSql,
        change: &mut SumChange,
    ) -> rusqlite::Result<()> {
        let Self { table, key: by, columns, checksum, .. } = self;
        let (before, after): (Option<i64>, i64) = connection
            .prepare_cached(&format!("SELECT {checksum}, {columns} FROM {table} WHERE {by} = ?1"))?
            .query_row([&key], |row| Ok((row.get(0)?, checksum_of(row, 1)?)))?;
        connection
            .prepare_cached(&format!("UPDATE {table} SET {checksum} = ?2 WHERE {by} = ?1"))?
            .execute((&key, after))?;
        change.replace(before, Some(after));
        Ok(())
    }

    /// Computes and stores the checksum of every row.
    pub(crate) fn protect_all(
        &self,
        connection: &Connection,
        change: &mut SumChange,
    ) -> rusqlite::Result<()> {
        for key in self.list_keys(connection)? {
            self.protect(connection, key, change)?;
        }
        Ok(())
    }

    /// Deletes a row.
    pub(crate) fn delete(
        &self,
        connection: &Connection,
        key: impl ToSql,
        change: &mut SumChange,
    ) -> rusqlite::Result<()> {
        let Self { table, key: by, checksum, .. } = self;
        let before = connection
            .prepare_cached(&format!("DELETE FROM {table} WHERE {by} = ?1 RETURNING {checksum}"))?
            .query_row([&key], |row| row.get::<_, Option<i64>>(0))
            .optional()?;
        change.replace(before.flatten(), None);
        Ok(())
    }

    /// Drops what a damaged row holds.
    pub(crate) fn drop_damaged(
        &self,
        connection: &Connection,
        key: Value,
        change: &mut SumChange,
    ) -> rusqlite::Result<()> {
        let Some(fallback) = self.fallback else { return self.delete(connection, key, change) };
        let Self { table, key: by, .. } = self;
        connection.execute(&format!("UPDATE {table} SET {fallback} WHERE {by} = ?1"), [&key])?;
        self.protect(connection, key, change)
    }

    /// Whether a row is as it was written; a row that is not there is not.
    pub(crate) fn is_whole(
        &self,
        connection: &Connection,
        key: impl ToSql,
    ) -> rusqlite::Result<bool> {
        let Self { table, key: by, columns, checksum, .. } = self;
        let whole = connection
            .prepare_cached(&format!("SELECT {checksum}, {columns} FROM {table} WHERE {by} = ?1"))?
            .query_row([&key], |row| Ok(row.get_ref(0)? == ValueRef::Integer(checksum_of(row, 1)?)))
            .optional()?;
        Ok(whole.unwrap_or(false))
    }

    /// The sum of the checksums of all rows, and the keys of those that are not as they were
    /// written, or that a search for their key does not find.
    pub(crate) fn examine(&self, connection: &Connection) -> rusqlite::Result<Examined> {
        let Self { table, columns, checksum, .. } = self;
        let mut statement =
            connection.prepare(&format!("SELECT {checksum}, {columns} FROM {table}"))?;
        let mut sum = 0_i64;
        for computed in statement.query_map([], |row| checksum_of(row, 1))? {
            sum = sum.wrapping_add(computed?);
        }
        let mut damaged = Vec::new();
        for key in self.list_keys(connection)? {
            if !self.is_whole(connection, &key)? {
                damaged.push(key);
            }
        }
        Ok(Examined { sum, damaged })
    }

    fn list_keys(&self, connection: &Connection) -> rusqlite::Result<Vec<Value>> {
        let Self { table, key, .. } = self;
        let mut statement = connection.prepare(&format!("SELECT {key} FROM {table}"))?;
        statement.query_map([], |row| row.get(0))?.collect()
    }
}

/// What an examination of protected columns found.
#[derive(Debug, Default)]
pub(crate) struct Examined {
    pub(crate) sum: i64,
    pub(crate) damaged: Vec<Value>,
}

/// The checksum of the values of a row from a column on.
fn checksum_of(row: &Row<'_>, from: usize) -> rusqlite::Result<i64> {
    let mut hasher = Hasher::new();
    let columns = from..row.as_ref().column_count();
    columns
        .into_iter()
        .try_for_each(|column| row.get_ref(column).map(|value| add_value(&mut hasher, value)))?;
    Ok(i64::from(hasher.finalize()))
}

/// The checksum of values that are not in a row yet.
pub(crate) fn checksum_of_numbers(numbers: &[i64]) -> i64 {
    let mut hasher = Hasher::new();
    numbers.iter().for_each(|number| add_value(&mut hasher, ValueRef::Integer(*number)));
    i64::from(hasher.finalize())
}

fn add_value(hasher: &mut Hasher, value: ValueRef<'_>) {
    let mut add = |kind: u8, bytes: &[u8]| {
        hasher.update(&[kind]);
        hasher.update(&bytes.len().to_le_bytes());
        hasher.update(bytes);
    };
    match value {
        ValueRef::Null => add(0, &[]),
        ValueRef::Integer(number) => add(1, &number.to_le_bytes()),
        ValueRef::Real(number) => add(2, &number.to_bits().to_le_bytes()),
        ValueRef::Text(text) => add(3, text),
        ValueRef::Blob(bytes) => add(4, bytes),
    }
}
