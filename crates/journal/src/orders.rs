//! The operator's orders, and the journal's own, as rows.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};
use snarkfee_core::{
    control::OperatorCommand,
    fault::JournalDoubt,
    ledger::{Directive, Order, OrderId},
    units::DaemonId,
};

use crate::{
    checksum::{ProtectedColumns, SumChange},
    error::JournalError,
    looks::to_timestamp,
};

pub(crate) const COLUMNS: ProtectedColumns = ProtectedColumns {
    table: "orders",
    key: "id",
    columns: "id, at, daemon, verb, until, doubt",
    checksum: "checksum",
    fallback: None,
};

const WHAT: &str = "an order";

/// Loads the orders for a daemon after `seen`, in the order in which they were given.
pub(crate) fn load_orders(
    connection: &Connection,
    daemon: &DaemonId,
    seen: OrderId,
) -> Result<Vec<Order>, JournalError> {
    let doing = JournalError::sql;
    let mut statement = connection
        .prepare_cached(
            "SELECT id, daemon, verb, until, doubt, at FROM orders
             WHERE id > ?1 AND (daemon IS NULL OR daemon = ?2) ORDER BY id",
        )
        .map_err(doing("reading orders"))?;
    let rows = statement
        .query_map(params![seen.0, daemon.as_str()], |row| {
            let id: i64 = row.get(0)?;
            let named: Option<String> = row.get(1)?;
            Ok(OrderRow {
                id,
                daemon: named.map(|_| daemon.clone()),
                verb: row.get(2)?,
                until: row.get(3)?,
                doubt: row.get(4)?,
                at: to_timestamp(row.get(5)?),
            })
        })
        .map_err(doing("reading orders"))?;
    let mut orders = Vec::new();
    for row in rows {
        let row = row.map_err(doing("reading orders"))?;
        if !COLUMNS.is_whole(connection, row.id).map_err(doing("reading orders"))? {
            return Err(JournalError::Damaged { what: WHAT });
        }
        orders.push(row.decode()?);
    }
    Ok(orders)
}

/// An order as its columns.
pub(crate) struct OrderRow {
    pub(crate) id: i64,
    pub(crate) daemon: Option<DaemonId>,
    pub(crate) verb: String,
    pub(crate) until: Option<String>,
    pub(crate) doubt: Option<String>,
    pub(crate) at: Timestamp,
}

impl OrderRow {
    /// A pause of every daemon that ends as a text says.
    pub(crate) fn pause(until: &str) -> Self {
        let (verb, until) = ("pause".to_owned(), Some(until.to_owned()));
        Self { id: 0, daemon: None, verb, until, doubt: None, at: Timestamp::UNIX_EPOCH }
    }

    pub(crate) fn decode(self) -> Result<Order, JournalError> {
        let (id, at) = (OrderId(self.id), self.at);
        self.into_directive().map(|directive| Order { id, at, directive })
    }

    fn into_directive(self) -> Result<Directive, JournalError> {
        let Self { daemon, verb, until, doubt, .. } = self;
        if let Some(code) = doubt {
            let doubt = JournalDoubt::ALL.into_iter().find(|doubt| doubt.code() == code);
            return doubt.map(Directive::Distrust).ok_or_else(|| unknown(&code));
        }
        let until = until.map(|until| parse_until(&until)).transpose()?;
        Ok(Directive::Command(match verb.as_str() {
            "pause" => OperatorCommand::Pause { daemon, until },
            "resume" => OperatorCommand::Resume { daemon },
            other => return Err(unknown(other)),
        }))
    }
}

/// Inserts an order.
pub(crate) fn insert_order(
    transaction: &Transaction<'_>,
    at: Timestamp,
    command: &OperatorCommand,
    change: &mut SumChange,
) -> rusqlite::Result<OrderId> {
    let (verb, daemon, until) = encode_command(command);
    insert(transaction, at, daemon, verb, until.as_deref(), None, change)
}

/// A command as the columns `verb`, `daemon` and `until`.
pub(crate) fn encode_command(
    command: &OperatorCommand,
) -> (&'static str, Option<&DaemonId>, Option<String>) {
    match command {
        OperatorCommand::Pause { daemon, until } => {
            ("pause", daemon.as_ref(), until.map(|until| until.to_string()))
        }
        OperatorCommand::Resume { daemon } => ("resume", daemon.as_ref(), None),
    }
}

/// Inserts the order that every daemon hold until the operator resumes. A version that does not
/// know of doubts takes it for a pause.
pub(crate) fn insert_doubt(
    transaction: &Transaction<'_>,
    at: Timestamp,
    doubt: JournalDoubt,
    change: &mut SumChange,
) -> rusqlite::Result<OrderId> {
    insert(transaction, at, None, "pause", None, Some(doubt.code()), change)
}

/// The number follows those of all orders that are there or were obeyed, whatever SQLite's own
/// count says, so that no daemon takes the order for one that it obeyed.
fn insert(
    transaction: &Transaction<'_>,
    at: Timestamp,
    daemon: Option<&DaemonId>,
    verb: &str,
    until: Option<&str>,
    doubt: Option<&str>,
    change: &mut SumChange,
) -> rusqlite::Result<OrderId> {
    transaction
        .prepare_cached(
            "INSERT INTO orders (id, at, daemon, verb, until, doubt) VALUES
             (1 + max((SELECT ifnull(max(id), 0) FROM orders),
                      (SELECT ifnull(max(orders_seen), 0) FROM daemons)), ?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![at.as_microsecond(), daemon.map(DaemonId::as_str), verb, until, doubt])?;
    let id = transaction.last_insert_rowid();
    COLUMNS.protect(transaction, id, change)?;
    Ok(OrderId(id))
}

/// Deletes orders that every daemon obeyed and that are older than the cutoff.
pub(crate) fn delete_expired(
    transaction: &Transaction<'_>,
    cutoff: i64,
    change: &mut SumChange,
) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "SELECT id FROM orders WHERE at < ?1 AND id <= (SELECT min(orders_seen) FROM daemons)",
    )?;
    let expired: Vec<i64> =
        statement.query_map([cutoff], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    expired.into_iter().try_for_each(|id| COLUMNS.delete(transaction, id, change))
}

fn unknown(word: &str) -> JournalError {
    JournalError::Unreadable { what: WHAT, source: format!("it says {word:?}").into() }
}

fn parse_until(text: &str) -> Result<Timestamp, JournalError> {
    text.parse()
        .map_err(|error: jiff::Error| JournalError::Unreadable { what: WHAT, source: error.into() })
}
