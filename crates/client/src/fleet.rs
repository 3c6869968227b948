//! Blocks and order book belong to a network, not to a daemon: one daemon of a fleet reads them,
//! and the others take its reading.
//!
//! Invariants: a reading is taken only by a daemon whose own best tip is among its blocks, so two
//! networks, and two sides of a fork, never mix; a reading is never older than half a slot when it
//! is taken; a daemon takes none from one that began later, whose pool may still be filling; a
//! daemon that does not answer delays no other beyond a bound.
//!
//! Not here: a daemon's own state, which each is asked for itself.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use snarkfee_core::{
    market::{Book, BookOrder, ChainLook, DaemonStatus, MarketSource, POOL_FILLS_WITHIN},
    units::DaemonId,
};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{answers::KeyInterner, transport::HttpClients};

/// Readings kept: as many networks and sides of a fork as a fleet may stand on at once.
const READINGS: usize = 8;
/// Daemons that are asked for blocks and book at once.
const TURNS: usize = 4;
/// How long one of them is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// A daemon's place in the fleet that one process looks after.
#[derive(Clone, Debug)]
pub struct Member {
    /// The daemon.
    pub daemon: DaemonId,
    /// What the fleet shares.
    pub fleet: Arc<Fleet>,
}

/// What the daemons of a fleet share.
#[derive(Debug)]
pub struct Fleet {
    /// The newest last.
    readings: Mutex<Vec<SharedReading>>,
    turns: Semaphore,
    pub(crate) clients: HttpClients,
    pub(crate) keys: Arc<Mutex<KeyInterner>>,
}

/// Blocks, and the book where it was read too, as one daemon read them.
#[derive(Clone, Debug)]
pub(crate) struct SharedReading {
    pub(crate) reading: MarketSource,
    pub(crate) chain: ChainLook,
    pub(crate) book: Option<Book>,
}

/// What a daemon needs of a reading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadingNeeds<'a> {
    pub(crate) now: Timestamp,
    pub(crate) status: &'a DaemonStatus,
    /// How many of the newest blocks.
    pub(crate) blocks: u32,
    /// Whether the book, too.
    pub(crate) book: bool,
    /// Whether the daemon itself could list the open works in their order.
    pub(crate) in_order: bool,
}

impl Default for Fleet {
    fn default() -> Self {
        Self {
            readings: Mutex::default(),
            turns: Semaphore::new(TURNS),
            clients: HttpClients::default(),
            keys: Arc::default(),
        }
    }
}

impl Fleet {
    /// Makes new connections for daemons that join from now on, with the system's certificates
    /// read again.
    pub fn renew_connections(&self) {
        self.clients.renew();
    }
}

impl Member {
    /// What another daemon of the fleet read, if it serves this one as its own would.
    pub(crate) fn find_reading(&self, needs: &ReadingNeeds<'_>) -> Option<SharedReading> {
        let readings = self.fleet.readings.lock().unwrap_or_else(PoisonError::into_inner);
        readings
            .iter()
            .rev()
            .find(|shared| shared.reading.by != self.daemon && shared.serves(needs))
            .cloned()
    }

    /// Waits until few daemons are being asked, or long enough.
    pub(crate) async fn acquire_turn(&self) -> Option<SemaphorePermit<'_>> {
        tokio::time::timeout(PATIENCE, self.fleet.turns.acquire()).await.ok()?.ok()
    }

    /// Shares what this daemon read.
    pub(crate) fn share_reading(
        &self,
        at: Timestamp,
        uptime: Duration,
        chain: &ChainLook,
        book: Option<&Book>,
    ) {
        let reading = MarketSource { by: self.daemon.clone(), at, uptime: Some(uptime) };
        let mut readings = self.fleet.readings.lock().unwrap_or_else(PoisonError::into_inner);
        let replaces = |shared: &SharedReading| {
            shared.reading.by == self.daemon && shared.book.is_some() == book.is_some()
        };
        readings.retain(|shared| !replaces(shared));
        if readings.len() >= READINGS {
            readings.remove(0);
        }
        readings.push(SharedReading { reading, chain: chain.clone(), book: book.cloned() });
    }
}

impl SharedReading {
    fn serves(&self, needs: &ReadingNeeds<'_>) -> bool {
        let age = needs.now.duration_since(self.reading.at);
        let fresh = Duration::try_from(age).is_ok_and(|age| age <= needs.status.slot_duration / 2);
        let tip = needs.status.state_hash.as_deref();
        let same_chain = tip.is_some_and(|tip| {
            self.chain.blocks.iter().rev().any(|block| &*block.state_hash == tip)
        });
        let whole = self.chain.blocks.len() >= needs.blocks as usize;
        let filled = self
            .reading
            .uptime
            .is_none_or(|uptime| uptime >= needs.status.uptime.min(POOL_FILLS_WITHIN));
        let serves = |book: &Book| filled && (book.order == BookOrder::Purchase || !needs.in_order);
        let book = !needs.book || self.book.as_ref().is_some_and(serves);
        fresh && same_chain && whole && book
    }
}

#[cfg(test)]
mod tests;
