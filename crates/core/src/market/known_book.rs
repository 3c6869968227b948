//! The order book as it was last read, and until when it counts.
//!
//! Listing the book is heavy for a daemon: for `snarkWorkRange` it builds the proving spec of every
//! work (Mina `work_lib.ml`, `all_work`). So it is asked for after an interval, and in between the
//! last reading counts, without the works bought since: blocks are read at each new best tip. What
//! is new in the book meanwhile is bought last.
//!
//! Invariants: no reading counts beyond [`OLDEST_BOOK`]; the daemon spends at most a twentieth of its
//! time on it, up to answers of 45 s.

use std::{sync::Arc, time::Duration};

use hashbrown::HashSet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    coverage::BookCoverage,
    look::{Block, Book, BookOrder, Look, OpenWork},
};

/// Age beyond which a reading is no evidence: the longest rest or interval, and a look to come.
pub const OLDEST_BOOK: Duration = Duration::from_secs(20 * 60);

/// A daemon rests from listing the book for this many times as long as it took: that is a
/// twentieth of its time.
const REST: u32 = 19;

/// Longest rest.
const LONGEST_REST: Duration = Duration::from_secs(15 * 60);

/// One in this many works, from the head of the book, is due: it will be bought at about its
/// current price, since competition for it is mostly over.
const DUE: usize = 3;

/// Time after which a daemon's pool holds what it will get. A pool begins empty, and fills with
/// what its peers make and repeat: every 10 minutes, in the eras that repeat the least for 50
/// minutes after it was made (Mina `snark_pool.ml`, 1.1.5).
pub const POOL_FILLS_WITHIN: Duration = Duration::from_secs(50 * 60);

/// Before that it has filled when it covers this share of what was covered before.
const FILLED: f64 = 0.9;

/// A book that still counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptBook {
    /// When it was read.
    pub read: Timestamp,
    /// State hash of the best tip up to which blocks are known.
    pub tip: String,
}

/// What a look asks for of blocks and book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarketRequest {
    /// Both.
    Whole,
    /// The blocks alone, since the book of this time still counts.
    Blocks(Timestamp),
    /// Neither, since the book of this time still counts and the best tip is the same.
    Nothing(Timestamp),
}

impl MarketRequest {
    /// When the book was read that still counts; `None` if another is asked for.
    pub const fn kept(self) -> Option<Timestamp> {
        match self {
            Self::Whole => None,
            Self::Blocks(read) | Self::Nothing(read) => Some(read),
        }
    }
}

/// An order book as it was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KnownBook {
    book: Book,
    /// When.
    pub(super) read: Timestamp,
    /// How long the daemon took.
    took: Duration,
    /// Whether the pool behind it had filled. What a filling pool lacks is not unproved, and its
    /// cheapest proofs may be among it.
    pub(super) filled: bool,
}

impl KnownBook {
    /// The book that a look read; `None` if it read none. `coverage` is what was seen before.
    pub(super) fn of_look(look: &Look, coverage: &BookCoverage) -> Option<Self> {
        let Some(Ok(book)) = &look.book else { return None };
        let covered = book.works.iter().filter(|open| open.standing.is_some()).count();
        // Where nothing is known of earlier books, a pool has filled if it lacks little.
        let before = coverage.covered_share().unwrap_or(1.0);
        let fills = look.reader_uptime().is_some_and(|uptime| uptime < POOL_FILLS_WITHIN);
        Some(Self {
            read: look.book_read().unwrap_or(look.at),
            took: look.book_took.unwrap_or_default(),
            filled: !fills || covered as f64 >= FILLED * before * book.works.len() as f64,
            book: book.clone(),
        })
    }

    /// How old it is; `None` if it was read in the future.
    fn age(&self, now: Timestamp) -> Option<Duration> {
        Duration::try_from(now.duration_since(self.read)).ok()
    }

    /// Whether it still says anything.
    pub(super) fn counts(&self, now: Timestamp) -> bool {
        self.age(now).is_some_and(|age| age <= OLDEST_BOOK)
    }

    /// Whether another is due, at an interval of `interval`, or later where the daemon is slow.
    pub(super) fn is_due(&self, now: Timestamp, interval: Duration) -> bool {
        let rest = self.took.saturating_mul(REST).min(LONGEST_REST);
        self.age(now).is_none_or(|age| age >= interval.max(rest))
    }

    /// Takes out the works that these blocks bought.
    pub(super) fn remove_bought(&mut self, blocks: &[Arc<Block>]) {
        let bought: HashSet<_> =
            blocks.iter().flat_map(|block| &*block.works).map(|sale| sale.work).collect();
        if self.book.works.iter().any(|open| bought.contains(&open.work)) {
            let left = self.book.works.iter().filter(|open| !bought.contains(&open.work));
            self.book.works = left.cloned().collect();
        }
    }

    /// Its works.
    pub(super) fn works(&self) -> &Arc<[OpenWork]> {
        &self.book.works
    }

    /// The works that are bought next; empty unless the book is in order of purchase and the pool
    /// has filled.
    pub(super) fn due_works(&self) -> &[OpenWork] {
        match self.book.order {
            BookOrder::Purchase if self.filled => {
                self.book.works.get(..self.book.works.len() / DUE).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// Takes the works out, for storing apart.
    pub(super) fn take_works(&mut self) -> Book {
        let works = std::mem::take(&mut self.book.works);
        Book { order: self.book.order, works }
    }

    /// Puts the works back.
    pub(super) fn put_works(&mut self, book: Book) {
        self.book = book;
    }
}

#[cfg(test)]
mod tests;
