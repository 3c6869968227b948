//! Blocks and order book belong to a network, not to a daemon: one daemon of a fleet reads them,
//! and the others take its reading.
//!
//! Invariants: a reading is taken only by a daemon whose own best tip is among its blocks, so two
//! networks, and two sides of a fork, never mix; a reading is never older than half a slot; a
//! daemon that does not answer delays no other beyond a bound.
//!
//! Not here: a daemon's own state, which each is asked for itself.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use snarkfee_core::{
    market::{Book, BookOrder, ChainLook, DaemonStatus, MarketSource},
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

/// Blocks and book as one daemon read them.
#[derive(Clone, Debug)]
pub(crate) struct SharedReading {
    pub(crate) reading: MarketSource,
    pub(crate) chain: ChainLook,
    pub(crate) book: Book,
}

/// What a daemon needs of a reading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadingNeeds<'a> {
    pub(crate) now: Timestamp,
    pub(crate) status: &'a DaemonStatus,
    /// How many of the newest blocks.
    pub(crate) blocks: u32,
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
    pub(crate) fn share_reading(&self, at: Timestamp, chain: &ChainLook, book: &Book) {
        let reading = MarketSource { by: self.daemon.clone(), at };
        let mut readings = self.fleet.readings.lock().unwrap_or_else(PoisonError::into_inner);
        readings.retain(|shared| shared.reading.by != self.daemon);
        if readings.len() >= READINGS {
            readings.remove(0);
        }
        readings.push(SharedReading { reading, chain: chain.clone(), book: book.clone() });
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
        fresh && same_chain && whole && (self.book.order == BookOrder::Purchase || !needs.in_order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snarkfee_core::fixtures::{block, status, time};

    fn member(name: &str, fleet: &Arc<Fleet>) -> Member {
        Member { daemon: DaemonId::try_new(name).unwrap(), fleet: Arc::clone(fleet) }
    }

    fn chain(hashes: &[&str]) -> ChainLook {
        ChainLook {
            blocks: (1..).zip(hashes).map(|(height, hash)| block(height, hash, 0, &[])).collect(),
        }
    }

    fn book(order: BookOrder) -> Book {
        Book { order, works: Vec::new().into() }
    }

    /// At `seconds`, on the tip `hash`, in need of two blocks and of works in order.
    fn asked(
        seconds: i64,
        hash: &str,
        find: impl FnOnce(&ReadingNeeds<'_>) -> Option<SharedReading>,
    ) -> Option<String> {
        let status = DaemonStatus { state_hash: Some(hash.to_owned()), ..status(seconds) };
        let needs = ReadingNeeds { now: time(seconds), status: &status, blocks: 2, in_order: true };
        find(&needs).map(|shared| shared.reading.by.to_string())
    }

    #[test]
    fn a_reading_serves_those_who_stand_on_its_chain() {
        let fleet = Arc::default();
        let (a, b) = (member("a", &fleet), member("b", &fleet));
        a.share_reading(time(100), &chain(&["x", "y", "z"]), &book(BookOrder::Purchase));
        let half_slot = i64::try_from(status(0).slot_duration.as_secs() / 2).unwrap();
        assert_eq!(asked(100, "z", |needs| b.find_reading(needs)).as_deref(), Some("a"));
        assert_eq!(
            asked(100 + half_slot, "y", |needs| b.find_reading(needs)).as_deref(),
            Some("a"),
            "a block behind"
        );
        assert_eq!(asked(101 + half_slot, "z", |needs| b.find_reading(needs)), None, "too old");
        assert_eq!(
            asked(99, "z", |needs| b.find_reading(needs)),
            None,
            "a clock that was set back"
        );
        assert_eq!(
            asked(100, "w", |needs| b.find_reading(needs)),
            None,
            "another network, or ahead of the reading"
        );
        assert_eq!(asked(100, "z", |needs| a.find_reading(needs)), None, "its own");
    }

    #[test]
    fn a_poorer_reading_than_its_own_is_not_taken() {
        let fleet = Arc::default();
        let (a, b) = (member("a", &fleet), member("b", &fleet));
        a.share_reading(time(0), &chain(&["z"]), &book(BookOrder::Purchase));
        assert_eq!(asked(0, "z", |needs| b.find_reading(needs)), None, "too few blocks");
        a.share_reading(time(0), &chain(&["y", "z"]), &book(BookOrder::Unknown));
        assert_eq!(asked(0, "z", |needs| b.find_reading(needs)), None, "no order of purchase");
        let unordered =
            |needs: &ReadingNeeds<'_>| b.find_reading(&ReadingNeeds { in_order: false, ..*needs });
        assert_eq!(asked(0, "z", unordered).as_deref(), Some("a"));
    }

    #[test]
    fn the_newest_readings_are_kept() {
        let fleet = Arc::default();
        for index in 0..=READINGS {
            let chain = chain(&["y", &format!("tip{index}")]);
            member(&format!("d{index}"), &fleet).share_reading(
                time(0),
                &chain,
                &book(BookOrder::Purchase),
            );
        }
        let reader = member("reader", &fleet);
        assert_eq!(asked(0, "tip0", |needs| reader.find_reading(needs)), None);
        assert_eq!(asked(0, "tip1", |needs| reader.find_reading(needs)).as_deref(), Some("d1"));
    }
}
