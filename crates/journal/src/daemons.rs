//! What is remembered of each daemon, as rows.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use snarkfee_core::{
    ledger::{OrderId, PersistedState},
    market::{MarketHistory, Prediction},
    policy::{DaemonSettings, Memory},
    units::DaemonId,
};

use crate::{
    error::JournalError,
    packing::{Packer, from_json, to_json, unpack},
};

const MEMORY: &str = "the memory of a daemon";
const STATE: &str = "the state of a daemon";

/// The part of [`PersistedState`] that is large or changes rarely. It has a column of its own.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct ColdState {
    history: MarketHistory,
    slot: Option<Duration>,
    predicted: Option<Prediction>,
    baseline: Option<DaemonSettings>,
}

/// A state as the columns `memory` and `rest`.
pub(crate) struct EncodedState {
    memory: String,
    rest: Vec<u8>,
}

impl EncodedState {
    pub(crate) fn encode(state: PersistedState, packer: &mut Packer) -> Result<Self, JournalError> {
        let PersistedState { memory, history, slot, predicted, baseline } = state;
        let rest = packer.pack(STATE, &ColdState { history, slot, predicted, baseline })?;
        Ok(Self { memory: encode_memory(&memory)?, rest })
    }

    /// Writes the state after a look, with the last order that was obeyed.
    pub(crate) fn upsert_with_orders(
        &self,
        transaction: &Transaction<'_>,
        daemon: &DaemonId,
        at: Timestamp,
        orders_seen: OrderId,
    ) -> rusqlite::Result<()> {
        transaction.execute(
            "INSERT INTO daemons (daemon, at, memory, rest, orders_seen)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (daemon) DO UPDATE SET at = excluded.at, memory = excluded.memory,
             rest = excluded.rest, orders_seen = excluded.orders_seen",
            params![daemon.as_str(), at.as_microsecond(), self.memory, self.rest, orders_seen.0],
        )?;
        Ok(())
    }

    /// Writes the state alone.
    pub(crate) fn upsert(
        &self,
        transaction: &Transaction<'_>,
        daemon: &DaemonId,
        at: Timestamp,
    ) -> rusqlite::Result<()> {
        transaction.execute(
            "INSERT INTO daemons (daemon, at, memory, rest) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (daemon) DO UPDATE SET at = excluded.at, memory = excluded.memory,
             rest = excluded.rest",
            params![daemon.as_str(), at.as_microsecond(), self.memory, self.rest],
        )?;
        Ok(())
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
) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO daemons (daemon, at, memory) VALUES (?1, ?2, ?3)
         ON CONFLICT (daemon) DO UPDATE SET at = excluded.at, memory = excluded.memory",
        params![daemon.as_str(), at.as_microsecond(), memory],
    )?;
    Ok(())
}

/// Loads a daemon's state, without the market's blocks, and the last order that was obeyed.
pub(crate) fn load_state(
    connection: &Connection,
    daemon: &DaemonId,
) -> Result<Option<(PersistedState, OrderId)>, JournalError> {
    let row = connection
        .query_row(
            "SELECT memory, rest, orders_seen FROM daemons WHERE daemon = ?1",
            [daemon.as_str()],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<Vec<u8>>>(1)?, row.get(2)?)),
        )
        .optional()
        .map_err(JournalError::sql("reading the state of a daemon"))?;
    let Some((memory, rest, orders_seen)) = row else { return Ok(None) };
    let memory = from_json(MEMORY, &memory)?;
    let rest: Option<ColdState> = rest.map(|rest| unpack(STATE, &rest)).transpose()?;
    let ColdState { history, slot, predicted, baseline } = rest.unwrap_or_default();
    let state = PersistedState { memory, history, slot, predicted, baseline };
    Ok(Some((state, OrderId(orders_seen))))
}
