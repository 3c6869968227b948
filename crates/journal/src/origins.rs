//! What was remembered before a look, as a row.

use rusqlite::{Connection, Transaction, params};

use snarkfee_core::ledger::PersistedState;

use super::{
    JournalError,
    body::{pack, unpack},
    markets::{Incoming, Market, Reader, Written},
};

/// What was remembered, on its way into the journal. Its blocks go apart: a fleet remembers the
/// same ones.
pub(super) struct Origin {
    body: Vec<u8>,
    blocks: Option<Incoming>,
}

impl Origin {
    pub(super) fn prepare(
        kept: &PersistedState,
        known: &Written,
        connection: &Connection,
    ) -> Result<Self, JournalError> {
        let mut kept = kept.clone();
        let blocks = kept.history.take_blocks();
        let blocks = (!blocks.is_empty())
            .then(|| known.prepare(connection, None, Market::of_blocks(blocks)));
        Ok(Self { body: pack("what was kept of a daemon", &kept)?, blocks: blocks.transpose()? })
    }

    /// Takes it down with its look. The number of its blocks.
    pub(super) fn insert(
        &self,
        transaction: &Transaction<'_>,
        look: i64,
    ) -> rusqlite::Result<Option<i64>> {
        let market = self.blocks.as_ref().map(|blocks| blocks.insert(transaction)).transpose()?;
        transaction
            .prepare_cached("INSERT INTO origins (look, body, market) VALUES (?1, ?2, ?3)")?
            .execute(params![look, self.body, market])?;
        Ok(market)
    }

    pub(super) fn into_blocks(self) -> Option<Incoming> {
        self.blocks
    }
}

/// Reads a row.
pub(super) fn read(
    body: &[u8],
    market: Option<i64>,
    markets: &mut Reader<'_>,
) -> Result<PersistedState, JournalError> {
    let mut kept: PersistedState = unpack("what was kept of a daemon", body)?;
    if let Some(market) = market {
        kept.history.put_blocks(markets.read(market)?.into_blocks());
    }
    Ok(kept)
}
