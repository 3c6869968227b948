//! What is remembered of each daemon, as rows.

use std::{cmp::Ordering, time::Duration};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use snarkfee_core::{
    account::Account,
    cost::BelievedPrice,
    ledger::{MEMORY_FORMAT, OrderId, PersistedState},
    market::{MarketHistory, Prediction},
    policy::{DaemonSettings, Memory},
    units::DaemonId,
};

use crate::{
    checksum::{ProtectedColumns, SumChange},
    error::JournalError,
    packing::{Packer, from_json, from_json_exactly, to_json, unpack},
};

pub(crate) const MEMORY_COLUMNS: ProtectedColumns = ProtectedColumns {
    table: "daemons",
    key: "daemon",
    columns: "daemon, at, memory, format, orders_seen",
    checksum: "memory_checksum",
    fallback: Some("memory = '{}', format = 1, orders_seen = 0"),
};

pub(crate) const REST_COLUMNS: ProtectedColumns = ProtectedColumns {
    table: "daemons",
    key: "daemon",
    columns: "daemon, rest",
    checksum: "rest_checksum",
    fallback: Some("rest = NULL"),
};

const MEMORY: &str = "the memory of a daemon";
const STATE: &str = "the state of a daemon";

/// The part of [`PersistedState`] that is large or changes rarely. It has a column of its own.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ColdState {
    history: MarketHistory,
    slot: Option<Duration>,
    predicted: Option<Prediction>,
    baseline: Option<DaemonSettings>,
    account: Account,
    price: Option<BelievedPrice>,
}

impl ColdState {
    pub(crate) fn with_memory(self, memory: Memory) -> PersistedState {
        let Self { history, slot, predicted, baseline, account, price } = self;
        PersistedState { memory, history, slot, predicted, account, price, baseline }
    }
}

/// A state as the columns `memory` and `rest`.
pub(crate) struct EncodedState {
    pub(crate) memory: String,
    pub(crate) rest: Vec<u8>,
}

impl EncodedState {
    pub(crate) fn encode(state: PersistedState, packer: &mut Packer) -> Result<Self, JournalError> {
        let PersistedState { memory, history, slot, predicted, account, price, baseline } = state;
        let cold = ColdState { history, slot, predicted, baseline, account, price };
        let rest = packer.pack(STATE, &cold)?;
        Ok(Self { memory: encode_memory(&memory)?, rest })
    }

    /// Writes the state after a look, with the last order that was obeyed.
    pub(crate) fn upsert_with_orders(
        &self,
        transaction: &Transaction<'_>,
        daemon: &DaemonId,
        at: Timestamp,
        orders_seen: OrderId,
        change: &mut SumChange,
    ) -> rusqlite::Result<()> {
        transaction
            .prepare_cached(
                "INSERT INTO daemons (daemon, at, memory, rest, orders_seen, format)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (daemon) DO UPDATE SET at = excluded.at, memory = excluded.memory,
                 rest = excluded.rest, orders_seen = excluded.orders_seen,
                 format = excluded.format",
            )?
            .execute(params![
                daemon.as_str(),
                at.as_microsecond(),
                self.memory,
                self.rest,
                orders_seen.0,
                MEMORY_FORMAT
            ])?;
        protect(transaction, daemon, change)
    }

    /// Writes the state alone.
    pub(crate) fn upsert(
        &self,
        transaction: &Transaction<'_>,
        daemon: &DaemonId,
        at: Timestamp,
        change: &mut SumChange,
    ) -> rusqlite::Result<()> {
        transaction.execute(
            "INSERT INTO daemons (daemon, at, memory, rest, format) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (daemon) DO UPDATE SET at = excluded.at, memory = excluded.memory,
             rest = excluded.rest, format = excluded.format",
            params![daemon.as_str(), at.as_microsecond(), self.memory, self.rest, MEMORY_FORMAT],
        )?;
        protect(transaction, daemon, change)
    }
}

pub(crate) fn encode_memory(memory: &Memory) -> Result<String, JournalError> {
    to_json(MEMORY, memory)
}

/// Writes the memory alone, as [`encode_memory`] encoded it.
pub(crate) fn upsert_memory(
    transaction: &Transaction<'_>,
    daemon: &DaemonId,
    at: Timestamp,
    memory: &str,
    change: &mut SumChange,
) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO daemons (daemon, at, memory, format) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (daemon) DO UPDATE SET at = excluded.at, memory = excluded.memory,
         format = excluded.format",
        params![daemon.as_str(), at.as_microsecond(), memory, MEMORY_FORMAT],
    )?;
    protect(transaction, daemon, change)
}

fn protect(
    transaction: &Transaction<'_>,
    daemon: &DaemonId,
    change: &mut SumChange,
) -> rusqlite::Result<()> {
    MEMORY_COLUMNS.protect(transaction, daemon.as_str(), change)?;
    REST_COLUMNS.protect(transaction, daemon.as_str(), change)
}

/// Whether anything is kept of a daemon.
pub(crate) fn is_known(connection: &Connection, daemon: &DaemonId) -> Result<bool, JournalError> {
    let query = "SELECT count(*) FROM daemons WHERE daemon = ?1";
    connection
        .query_row(query, [daemon.as_str()], |row| row.get::<_, i64>(0))
        .map(|count| count > 0)
        .map_err(JournalError::sql("reading the daemons"))
}

/// Loads a daemon's state, without the market's blocks, and the last order that was obeyed.
pub(crate) fn load_state(
    connection: &Connection,
    daemon: &DaemonId,
) -> Result<Option<(PersistedState, OrderId)>, JournalError> {
    let doing = JournalError::sql;
    let row = connection
        .query_row(
            "SELECT memory, rest, orders_seen, format FROM daemons WHERE daemon = ?1",
            [daemon.as_str()],
            |row| {
                let (memory, rest): (String, Option<Vec<u8>>) = (row.get(0)?, row.get(1)?);
                Ok((memory, rest, row.get(2)?, row.get(3)?))
            },
        )
        .optional()
        .map_err(doing("reading the state of a daemon"))?;
    let Some((memory, rest, orders_seen, format)) = row else { return Ok(None) };
    for (columns, what) in [(MEMORY_COLUMNS, MEMORY), (REST_COLUMNS, STATE)] {
        let whole = columns.is_whole(connection, daemon.as_str());
        if !whole.map_err(doing("reading the state of a daemon"))? {
            return Err(JournalError::Damaged { what });
        }
    }
    Ok(Some((decode_state(&memory, rest.as_deref(), format)?, OrderId(orders_seen))))
}

/// Decodes the columns of a state, without the market's blocks.
pub(crate) fn decode_state(
    memory: &str,
    rest: Option<&[u8]>,
    format: i64,
) -> Result<PersistedState, JournalError> {
    let memory = decode_memory(memory, format)?;
    let rest: Option<ColdState> = rest.map(|rest| unpack(STATE, rest)).transpose()?;
    Ok(rest.unwrap_or_default().with_memory(memory))
}

/// Decodes the account that is part of a state.
pub(crate) fn decode_account(rest: &[u8]) -> Result<Account, JournalError> {
    unpack(STATE, rest).map(|state: ColdState| state.account)
}

/// Fields that this version added get their defaults; anything else unknown or missing is refused.
pub(crate) fn decode_memory(text: &str, format: i64) -> Result<Memory, JournalError> {
    match format.cmp(&MEMORY_FORMAT) {
        Ordering::Less => from_json(MEMORY, text),
        Ordering::Equal => from_json_exactly(MEMORY, text),
        Ordering::Greater => Err(JournalError::Unreadable {
            what: MEMORY,
            source: "it was written by a later snarkfee".into(),
        }),
    }
}

/// The account of each daemon, in order of their names.
pub(crate) fn load_accounts(
    connection: &Connection,
) -> Result<Vec<(DaemonId, Account)>, JournalError> {
    let reading = "reading the accounts of daemons";
    let mut statement = connection
        .prepare("SELECT daemon, rest FROM daemons WHERE rest IS NOT NULL ORDER BY daemon")
        .map_err(JournalError::sql(reading))?;
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)))
        .map_err(JournalError::sql(reading))?;
    let mut accounts = Vec::new();
    for row in rows {
        let (daemon, rest) = row.map_err(JournalError::sql(reading))?;
        let account = decode_account(&rest)?;
        if let Ok(daemon) = DaemonId::try_new(&daemon) {
            accounts.push((daemon, account));
        }
    }
    Ok(accounts)
}
