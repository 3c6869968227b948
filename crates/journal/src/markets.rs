//! Blocks and open works, stored apart from the looks that show them: the daemons of a fleet share
//! what one of them read, so most looks show what an earlier one did.
//!
//! Invariants: what is read equals what was written; only markets that compared equal are shared; a
//! market stays as long as any look shows it.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use snarkfee_core::{
    market::{Block, Book, ChainLook, Look, MarketHistory},
    units::DaemonId,
};

use crate::{
    error::JournalError,
    packing::{Packer, unpack},
};

/// Markets in memory, which a new one is compared with: enough for the networks of a fleet.
const CACHED: usize = 8;
/// Of them by one reader: a daemon that shares its last reading may be recorded after it has read
/// again.
const OF_ONE_READER: usize = 2;

pub(crate) const MARKET: &str = "a market";

/// Blocks and open works that more than one look may show.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredMarket {
    chain: ChainLook,
    /// `None` in a snapshot of a state without one.
    book: Option<Book>,
}

impl StoredMarket {
    /// Takes the market out of a look that shows one whole.
    pub(crate) fn take_from(look: &mut Look) -> Option<Self> {
        let (Some(Ok(_)), Some(Ok(_))) = (&look.chain, &look.book) else { return None };
        let (chain, book) = (look.chain.take()?.ok()?, look.book.take()?.ok());
        Some(Self { chain, book })
    }

    /// Puts the market back into a look.
    pub(crate) fn put_into(self, look: &mut Look) {
        look.chain = Some(Ok(self.chain));
        look.book = self.book.map(Ok);
    }

    /// Takes the market out of what was remembered; `None` if that is none.
    pub(crate) fn take_from_history(history: &mut MarketHistory) -> Option<Self> {
        let (blocks, book) = history.take_market();
        (!blocks.is_empty() || book.is_some()).then_some(Self { chain: ChainLook { blocks }, book })
    }

    /// Puts the market back into what was remembered.
    pub(crate) fn put_into_history(self, history: &mut MarketHistory) {
        history.put_market(self.chain.blocks, self.book);
    }

    fn is_same(&self, other: &Self) -> bool {
        // Most often the very same blocks and lists are shared, and need not be gone through.
        let same_block =
            |(one, other): (&Arc<Block>, &Arc<Block>)| Arc::ptr_eq(one, other) || one == other;
        let same_book = match (&self.book, &other.book) {
            (Some(one), Some(other)) => {
                one.order == other.order
                    && (Arc::ptr_eq(&one.works, &other.works) || one.works == other.works)
            }
            (None, None) => true,
            _ => false,
        };
        let (one, other) = (&self.chain.blocks, &other.chain.blocks);
        same_book && one.len() == other.len() && one.iter().zip(other).all(same_block)
    }
}

/// Markets recorded lately, the latest last.
#[derive(Debug, Default)]
pub(crate) struct MarketCache(Vec<CachedMarket>);

#[derive(Debug)]
struct CachedMarket {
    id: i64,
    /// `None` for a snapshot of the state.
    reader: Option<DaemonId>,
    market: StoredMarket,
}

/// A market on its way into the journal.
pub(crate) struct PreparedMarket {
    reader: Option<DaemonId>,
    market: StoredMarket,
    place: MarketLocation,
}

/// Where a market is stored.
pub(crate) enum MarketLocation {
    /// Under this number already.
    Known(i64),
    /// Nowhere yet; this is its body.
    New(Vec<u8>),
}

impl MarketCache {
    /// Finds a market among those recorded lately, or packs it.
    pub(crate) fn prepare(
        &self,
        connection: &Connection,
        packer: &mut Packer,
        reader: Option<DaemonId>,
        market: StoredMarket,
    ) -> Result<PreparedMarket, JournalError> {
        match self.find(&market) {
            Some(id) if market_exists(connection, id)? => {
                Ok(PreparedMarket::known(id, reader, market))
            }
            _ => PreparedMarket::pack(packer, reader, market),
        }
    }

    /// The number under which a market was recorded lately.
    pub(crate) fn find(&self, market: &StoredMarket) -> Option<i64> {
        self.0.iter().rev().find(|known| known.market.is_same(market)).map(|known| known.id)
    }

    /// Adds a market that was inserted.
    pub(crate) fn add(
        &mut self,
        id: i64,
        PreparedMarket { reader, market, place }: PreparedMarket,
    ) {
        if let MarketLocation::Known(id) = place {
            let place = self.0.iter().position(|known| known.id == id);
            if let Some(from_there) = place.and_then(|at| self.0.get_mut(at..)) {
                from_there.rotate_left(1);
            }
            return;
        }
        let of_reader = |known: &CachedMarket| known.reader == reader;
        if self.0.iter().filter(|known| of_reader(known)).count() >= OF_ONE_READER
            && let Some(oldest) = self.0.iter().position(of_reader)
        {
            self.0.remove(oldest);
        }
        if self.0.len() >= CACHED {
            self.0.remove(0);
        }
        self.0.push(CachedMarket { id, reader, market });
    }
}

impl PreparedMarket {
    /// A market that is stored under a number.
    pub(crate) const fn known(id: i64, reader: Option<DaemonId>, market: StoredMarket) -> Self {
        Self { reader, market, place: MarketLocation::Known(id) }
    }

    /// A market that is stored anew.
    pub(crate) fn pack(
        packer: &mut Packer,
        reader: Option<DaemonId>,
        market: StoredMarket,
    ) -> Result<Self, JournalError> {
        let place = MarketLocation::New(packer.pack(MARKET, &market)?);
        Ok(Self { reader, market, place })
    }

    /// Where it is or what is to be stored of it.
    pub(crate) const fn place(&self) -> &MarketLocation {
        &self.place
    }

    /// Inserts the market if it is not stored yet, and returns its number.
    pub(crate) fn insert(&self, transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
        match &self.place {
            MarketLocation::Known(id) => Ok(*id),
            MarketLocation::New(body) => {
                transaction
                    .prepare_cached("INSERT INTO markets (body) VALUES (?1)")?
                    .execute([body])?;
                Ok(transaction.last_insert_rowid())
            }
        }
    }
}

fn market_exists(connection: &Connection, id: i64) -> Result<bool, JournalError> {
    let found = connection
        .prepare_cached("SELECT 1 FROM markets WHERE id = ?1")
        .and_then(|mut statement| statement.query_row([id], |_| Ok(())).optional());
    Ok(found.map_err(JournalError::sql("looking for a market"))?.is_some())
}

/// Deletes those of the given markets that no look shows any more.
pub(crate) fn delete_unused(
    transaction: &Transaction<'_>,
    mut shown: Vec<i64>,
) -> rusqlite::Result<()> {
    shown.sort_unstable();
    shown.dedup();
    let mut statement = transaction.prepare_cached(
        "DELETE FROM markets WHERE id = ?1
         AND NOT EXISTS (SELECT 1 FROM looks WHERE market = ?1)
         AND NOT EXISTS (SELECT 1 FROM origins WHERE market = ?1)",
    )?;
    for market in shown {
        statement.execute(params![market])?;
    }
    Ok(())
}

/// Reads markets; those read lately come from memory.
#[derive(Debug)]
pub(crate) struct MarketReader<'a> {
    connection: &'a Connection,
    read: Vec<(i64, StoredMarket)>,
}

impl<'a> MarketReader<'a> {
    pub(crate) fn new(connection: &'a Connection) -> Self {
        Self { connection, read: Vec::new() }
    }

    pub(crate) fn read(&mut self, id: i64) -> Result<StoredMarket, JournalError> {
        if let Some((_, market)) = self.read.iter().find(|(known, _)| *known == id) {
            return Ok(market.clone());
        }
        let body: Vec<u8> = self
            .connection
            .prepare_cached("SELECT body FROM markets WHERE id = ?1")
            .and_then(|mut statement| statement.query_row([id], |row| row.get(0)))
            .map_err(JournalError::sql("reading a market"))?;
        let market: StoredMarket = unpack(MARKET, &body)?;
        if self.read.len() >= CACHED {
            self.read.remove(0);
        }
        self.read.push((id, market.clone()));
        Ok(market)
    }
}
