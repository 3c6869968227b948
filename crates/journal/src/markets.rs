//! Blocks and open works apart from the looks that show them: the daemons of a fleet share what one
//! of them read, so that most looks show what an earlier one did.
//!
//! Invariants: what is read is equal to what was written; nothing is shared but what was compared;
//! a market stays as long as any look shows it.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use snarkfee_core::{
    market::{Block, Book, ChainLook, Look},
    units::DaemonId,
};

use super::{
    JournalError,
    body::{pack, unpack},
};

/// Markets that are compared with before a look is written, and kept after one was read: the
/// networks of a fleet.
const KNOWN: usize = 8;
/// Of them by one reader: those who took its last reading may be slower than it is to take the
/// next.
const OF_ONE_READER: usize = 2;

/// Blocks and open works that more than one look may show.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Market {
    chain: ChainLook,
    /// Not there in what is remembered.
    book: Option<Book>,
}

impl Market {
    /// Takes the market out of a look that shows one whole.
    pub(super) fn taken_from(look: &mut Look) -> Option<Self> {
        let (Some(Ok(_)), Some(Ok(_))) = (&look.chain, &look.book) else { return None };
        let (chain, book) = (look.chain.take()?.ok()?, look.book.take()?.ok());
        Some(Self { chain, book })
    }

    /// Puts it back.
    pub(super) fn put_into(self, look: &mut Look) {
        look.chain = Some(Ok(self.chain));
        look.book = self.book.map(Ok);
    }

    pub(super) fn of_blocks(blocks: Vec<Arc<Block>>) -> Self {
        Self { chain: ChainLook { blocks }, book: None }
    }

    pub(super) fn into_blocks(self) -> Vec<Arc<Block>> {
        self.chain.blocks
    }

    fn same(&self, other: &Self) -> bool {
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

/// Markets written or met lately, the latest last.
#[derive(Debug, Default)]
pub(super) struct Written(Vec<Known>);

#[derive(Debug)]
struct Known {
    id: i64,
    /// `None` for what is remembered.
    reader: Option<DaemonId>,
    market: Market,
}

/// A market on its way into the journal.
pub(super) struct Incoming {
    reader: Option<DaemonId>,
    market: Market,
    place: Place,
}

enum Place {
    Known(i64),
    New(Vec<u8>),
}

impl Written {
    /// Finds a market among those written lately, or packs it.
    pub(super) fn prepare(
        &self,
        connection: &Connection,
        reader: Option<DaemonId>,
        market: Market,
    ) -> Result<Incoming, JournalError> {
        let known =
            self.0.iter().rev().find(|known| known.market.same(&market)).map(|known| known.id);
        let place = match known {
            Some(id) if is_there(connection, id)? => Place::Known(id),
            _ => Place::New(pack("a market", &market)?),
        };
        Ok(Incoming { reader, market, place })
    }

    /// Remembers a market that is written.
    pub(super) fn note(&mut self, id: i64, Incoming { reader, market, place }: Incoming) {
        if let Place::Known(id) = place {
            if let Some(at) = self.0.iter().position(|known| known.id == id) {
                self.0[at..].rotate_left(1);
            }
            return;
        }
        let of_reader = |known: &Known| known.reader == reader;
        if self.0.iter().filter(|known| of_reader(known)).count() >= OF_ONE_READER
            && let Some(oldest) = self.0.iter().position(of_reader)
        {
            self.0.remove(oldest);
        }
        if self.0.len() >= KNOWN {
            self.0.remove(0);
        }
        self.0.push(Known { id, reader, market });
    }
}

impl Incoming {
    /// Its number, under which it is written if it is not yet.
    pub(super) fn insert(&self, transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
        match &self.place {
            Place::Known(id) => Ok(*id),
            Place::New(body) => {
                transaction
                    .prepare_cached("INSERT INTO markets (body) VALUES (?1)")?
                    .execute([body])?;
                Ok(transaction.last_insert_rowid())
            }
        }
    }
}

fn is_there(connection: &Connection, id: i64) -> Result<bool, JournalError> {
    let found = connection
        .prepare_cached("SELECT 1 FROM markets WHERE id = ?1")
        .and_then(|mut statement| statement.query_row([id], |_| Ok(())).optional());
    Ok(found.map_err(JournalError::sql("looking for a market"))?.is_some())
}

/// Forgets those of the given markets that no look shows any more.
pub(super) fn forget(transaction: &Transaction<'_>, mut shown: Vec<i64>) -> rusqlite::Result<()> {
    shown.sort_unstable();
    shown.dedup();
    let mut statement = transaction.prepare_cached(
        "DELETE FROM markets WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM looks WHERE market = ?1)
         AND NOT EXISTS (SELECT 1 FROM origins WHERE market = ?1)",
    )?;
    for market in shown {
        statement.execute(params![market])?;
    }
    Ok(())
}

/// Reads markets, those read lately from memory.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    connection: &'a Connection,
    read: Vec<(i64, Market)>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self { connection, read: Vec::new() }
    }

    pub(super) fn read(&mut self, id: i64) -> Result<Market, JournalError> {
        if let Some((_, market)) = self.read.iter().find(|(known, _)| *known == id) {
            return Ok(market.clone());
        }
        let body: Vec<u8> = self
            .connection
            .prepare_cached("SELECT body FROM markets WHERE id = ?1")
            .and_then(|mut statement| statement.query_row([id], |row| row.get(0)))
            .map_err(JournalError::sql("reading a market"))?;
        let market: Market = unpack("a market", &body)?;
        if self.read.len() >= KNOWN {
            self.read.remove(0);
        }
        self.read.push((id, market.clone()));
        Ok(market)
    }
}
