//! A journal's tables, row by row, from a file into a shared store.
//!
//! Invariants: rows keep their numbers, so that whatever refers to them goes on to; the copy is one
//! transaction, so a store holds all of it or nothing.

use deadpool_postgres::Transaction;
use rusqlite::{Connection, types::ValueRef};
use tokio_postgres::types::{ToSql, Type};

use super::{connection::StoreClient, failure::StoreFailure};
use crate::error::JournalError;

/// Rows copied, by table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopiedRows(pub Vec<(&'static str, u64)>);

/// A table as both stores have it.
struct CopiedTable {
    name: &'static str,
    /// The columns in the file, and in the store where the file has no such column.
    read: &'static str,
    written: &'static [&'static str],
    /// Whether the store numbers further rows by itself.
    numbered: bool,
}

/// In the order in which they refer to each other. `request` is a number within a run, which the
/// file does not have: that of the row is one.
const TABLES: [CopiedTable; 8] = [
    CopiedTable {
        name: "runs",
        read: "id, at, version, 'copied'",
        written: &["id", "at", "version", "replica"],
        numbered: true,
    },
    CopiedTable { name: "settings", read: "id, json", written: &["id", "json"], numbered: true },
    CopiedTable { name: "markets", read: "id, body", written: &["id", "body"], numbered: true },
    CopiedTable {
        name: "looks",
        read:
            "id, run, id, daemon, sequence, at, mode, action, reason, text, outcome, fee, enabled,
               target_fee, target_enabled, sale_probability, expected_profit, cost, settings, body,
               market",
        written: &[
            "id",
            "run",
            "request",
            "daemon",
            "sequence",
            "at",
            "mode",
            "action",
            "reason",
            "text",
            "outcome",
            "fee",
            "enabled",
            "target_fee",
            "target_enabled",
            "sale_probability",
            "expected_profit",
            "cost",
            "settings",
            "body",
            "market",
        ],
        numbered: true,
    },
    CopiedTable {
        name: "origins",
        read: "look, body, market",
        written: &["look", "body", "market"],
        numbered: false,
    },
    CopiedTable {
        name: "intents",
        read: "id, run, id, daemon, at, mode, settings_before, action, reason, ending, ended_at",
        written: &[
            "id",
            "run",
            "request",
            "daemon",
            "at",
            "mode",
            "settings_before",
            "action",
            "reason",
            "ending",
            "ended_at",
        ],
        numbered: true,
    },
    CopiedTable {
        name: "daemons",
        read: "daemon, at, memory, format, rest, orders_seen",
        written: &["daemon", "at", "memory", "format", "rest", "orders_seen"],
        numbered: false,
    },
    CopiedTable {
        name: "orders",
        read: "id, (SELECT min(id) FROM runs), id, at, daemon, verb, until, doubt",
        written: &["id", "run", "request", "at", "daemon", "verb", "until", "doubt"],
        numbered: false,
    },
];

/// A value on its way, in the type of its column.
enum CopiedValue {
    Number(Option<i64>),
    Real(Option<f64>),
    Flag(Option<bool>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

pub(crate) async fn copy_tables(
    file: &Connection,
    store: &mut StoreClient,
) -> Result<CopiedRows, JournalError> {
    let failed = |failure: StoreFailure| failure.into_error("copying the journal");
    let transaction = store.transaction().await.map_err(StoreFailure::Sql).map_err(failed)?;
    let mut copied = CopiedRows::default();
    if holds_looks(&transaction).await.map_err(failed)? {
        return Err(JournalError::StoreInUse);
    }
    for table in &TABLES {
        copied.0.push((table.name, table.copy(file, &transaction).await.map_err(failed)?));
    }
    // Numbers go on after those copied; an order's must be after every one that was obeyed.
    let count_on = "UPDATE counters SET value = greatest(
         COALESCE((SELECT max(id) FROM orders), 0),
         COALESCE((SELECT max(orders_seen) FROM daemons), 0)) WHERE name = 'orders'";
    let count_on = transaction.execute(count_on, &[]).await;
    count_on.map_err(StoreFailure::Sql).map_err(failed)?;
    transaction.commit().await.map_err(StoreFailure::Sql).map_err(failed)?;
    Ok(copied)
}

async fn holds_looks(transaction: &Transaction<'_>) -> Result<bool, StoreFailure> {
    let any = "SELECT 1 FROM looks UNION ALL SELECT 1 FROM daemons LIMIT 1";
    Ok(transaction.query_opt(any, &[]).await?.is_some())
}

impl CopiedTable {
    async fn copy(
        &self,
        file: &Connection,
        transaction: &Transaction<'_>,
    ) -> Result<u64, StoreFailure> {
        let reading = || JournalError::sql("reading the journal to copy");
        let places: Vec<_> = (1..=self.written.len()).map(|place| format!("${place}")).collect();
        let insert = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            self.name,
            self.written.join(", "),
            places.join(", ")
        );
        let insert = transaction.prepare(&insert).await?;
        let mut copied = 0;
        let mut last: Option<i64> = None;
        let (mut offset, page) = (0_i64, 200_i64);
        loop {
            let query = format!(
                "SELECT {} FROM {} ORDER BY 1 LIMIT {page} OFFSET {offset}",
                self.read, self.name
            );
            let rows = {
                let mut statement = file.prepare(&query).map_err(reading())?;
                let columns = insert.params().to_vec();
                let decode = |row: &rusqlite::Row<'_>| {
                    let value = |(index, kind)| CopiedValue::read(row.get_ref(index)?, kind);
                    columns.iter().enumerate().map(value).collect::<rusqlite::Result<Vec<_>>>()
                };
                let rows = statement.query_map([], decode).map_err(reading())?;
                rows.collect::<rusqlite::Result<Vec<_>>>().map_err(reading())?
            };
            if rows.is_empty() {
                break;
            }
            offset += page;
            for row in rows {
                if let Some(CopiedValue::Number(number)) = row.first() {
                    last = last.max(*number);
                }
                let values: Vec<_> = row.iter().map(CopiedValue::as_sql).collect();
                copied += transaction.execute(&insert, &values).await?;
            }
        }
        if let (true, Some(last)) = (self.numbered, last) {
            let next = last.saturating_add(1);
            let restart = format!("ALTER TABLE {} ALTER COLUMN id RESTART WITH {next}", self.name);
            transaction.batch_execute(&restart).await?;
        }
        Ok(copied)
    }
}

impl CopiedValue {
    fn read(value: ValueRef<'_>, kind: &Type) -> rusqlite::Result<Self> {
        Ok(match *kind {
            Type::BOOL => Self::Flag(value.as_i64_or_null()?.map(|flag| flag != 0)),
            Type::FLOAT8 => Self::Real(value.as_f64_or_null()?),
            Type::BYTEA => Self::Bytes(value.as_blob_or_null()?.map(<[u8]>::to_vec)),
            // PostgreSQL stores no NUL in text.
            Type::TEXT => {
                Self::Text(value.as_str_or_null()?.map(|text| text.replace('\0', "\u{fffd}")))
            }
            _ => Self::Number(value.as_i64_or_null()?),
        })
    }

    fn as_sql(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Number(value) => value,
            Self::Real(value) => value,
            Self::Flag(value) => value,
            Self::Text(value) => value,
            Self::Bytes(value) => value,
        }
    }
}
