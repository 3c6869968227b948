//! Snapshots of what was remembered before a look, as rows of the table `origins`.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use snarkfee_core::{ledger::PersistedState, units::DaemonId};

use crate::{
    error::JournalError,
    markets::{MarketCache, MarketReader, PreparedMarket, StoredMarket},
    packing::{Packer, unpack},
};

const WHAT: &str = "a snapshot of the state";

/// A snapshot on its way into the journal. Its market is stored apart, because the daemons of a
/// fleet remember the same ones.
pub(crate) struct StateSnapshot {
    body: Vec<u8>,
    market: Option<PreparedMarket>,
}

impl StateSnapshot {
    pub(crate) fn prepare(
        state: &PersistedState,
        cache: &MarketCache,
        packer: &mut Packer,
        connection: &Connection,
    ) -> Result<Self, JournalError> {
        Self::prepare_with(state, packer, |packer, market| {
            cache.prepare(connection, packer, None, market)
        })
    }

    /// Prepares a snapshot whose market is stored where `place` finds or makes room.
    pub(crate) fn prepare_with(
        state: &PersistedState,
        packer: &mut Packer,
        place: impl FnOnce(&mut Packer, StoredMarket) -> Result<PreparedMarket, JournalError>,
    ) -> Result<Self, JournalError> {
        let mut state = state.clone();
        let market = StoredMarket::take_from_history(&mut state.history)
            .map(|market| place(packer, market))
            .transpose()?;
        Ok(Self { body: packer.pack(WHAT, &state)?, market })
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    pub(crate) const fn market(&self) -> Option<&PreparedMarket> {
        self.market.as_ref()
    }

    /// Inserts the snapshot with its look and returns the number of its market.
    pub(crate) fn insert(
        &self,
        transaction: &Transaction<'_>,
        look: i64,
    ) -> rusqlite::Result<Option<i64>> {
        let market = self.market.as_ref().map(|market| market.insert(transaction)).transpose()?;
        transaction
            .prepare_cached("INSERT INTO origins (look, body, market) VALUES (?1, ?2, ?3)")?
            .execute(params![look, self.body, market])?;
        Ok(market)
    }

    pub(crate) fn into_market(self) -> Option<PreparedMarket> {
        self.market
    }
}

/// Decodes the columns of a row.
pub(crate) fn read_snapshot(
    body: &[u8],
    market: Option<i64>,
    markets: &mut MarketReader<'_>,
) -> Result<PersistedState, JournalError> {
    decode_snapshot(body, market.map(|market| markets.read(market)).transpose()?)
}

/// Decodes a snapshot, with its market.
pub(crate) fn decode_snapshot(
    body: &[u8],
    market: Option<StoredMarket>,
) -> Result<PersistedState, JournalError> {
    let mut state: PersistedState = unpack(WHAT, body)?;
    if let Some(market) = market {
        market.put_into_history(&mut state.history);
    }
    Ok(state)
}

/// Loads the last snapshot of a daemon.
pub(crate) fn load_last_snapshot(
    connection: &Connection,
    daemon: &DaemonId,
) -> Result<Option<PersistedState>, JournalError> {
    let row: Option<(Vec<u8>, Option<i64>)> = connection
        .query_row(
            "SELECT origins.body, origins.market FROM origins
             JOIN looks ON looks.id = origins.look
             WHERE looks.daemon = ?1 ORDER BY origins.look DESC LIMIT 1",
            [daemon.as_str()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
        .map_err(JournalError::sql("reading a snapshot of the state"))?;
    row.map(|(body, market)| read_snapshot(&body, market, &mut MarketReader::new(connection)))
        .transpose()
}
