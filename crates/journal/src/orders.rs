//! The operator's orders, as rows.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use snarkfee_core::{
    control::OperatorCommand,
    ledger::{Order, OrderId},
    units::DaemonId,
};

use crate::error::JournalError;

/// Loads the orders for a daemon after `seen`, in the order in which they were given.
pub(crate) fn load_orders(
    connection: &Connection,
    daemon: &DaemonId,
    seen: OrderId,
) -> Result<Vec<Order>, JournalError> {
    let doing = JournalError::sql;
    let mut statement = connection
        .prepare_cached(
            "SELECT id, daemon, verb, until FROM orders
             WHERE id > ?1 AND (daemon IS NULL OR daemon = ?2) ORDER BY id",
        )
        .map_err(doing("reading orders"))?;
    let rows = statement
        .query_map(params![seen.0, daemon.as_str()], |row| {
            let (daemon, until): (Option<String>, Option<String>) = (row.get(1)?, row.get(3)?);
            Ok((row.get::<_, i64>(0)?, daemon, row.get::<_, String>(2)?, until))
        })
        .map_err(doing("reading orders"))?;
    let mut orders = Vec::new();
    for row in rows {
        let (id, meant, verb, until) = row.map_err(doing("reading orders"))?;
        let daemon = meant.map(|_| daemon.clone());
        let command = match verb.as_str() {
            "resume" => OperatorCommand::Resume { daemon },
            _ => OperatorCommand::Pause {
                daemon,
                until: until.map(|until| parse_until(&until)).transpose()?,
            },
        };
        orders.push(Order { id: OrderId(id), command });
    }
    Ok(orders)
}

/// Inserts an order.
pub(crate) fn insert_order(
    connection: &Connection,
    at: Timestamp,
    command: &OperatorCommand,
) -> Result<OrderId, JournalError> {
    let (verb, daemon, until) = match command {
        OperatorCommand::Pause { daemon, until } => {
            ("pause", daemon, until.map(|until| until.to_string()))
        }
        OperatorCommand::Resume { daemon } => ("resume", daemon, None),
    };
    connection
        .execute(
            "INSERT INTO orders (at, daemon, verb, until) VALUES (?1, ?2, ?3, ?4)",
            params![at.as_microsecond(), daemon.as_ref().map(DaemonId::as_str), verb, until],
        )
        .map_err(JournalError::sql("recording an order"))?;
    Ok(OrderId(connection.last_insert_rowid()))
}

fn parse_until(text: &str) -> Result<Timestamp, JournalError> {
    text.parse().map_err(|error: jiff::Error| JournalError::Unreadable {
        what: "an order",
        source: error.into(),
    })
}
