//! How many works our provers made: what the daemon counts of them, and what book and chain show.
//!
//! A work that a rival undercut before a book was read is never seen, and one that was seen may not
//! be counted, by a daemon that restarted since or has no metrics. So counts and sightings are
//! matched: each work counts once, whichever of the two came first. Neither time nor pieces count.
//!
//! Invariants: works made are never fewer than those seen, nor than those counted.

use serde::{Deserialize, Serialize};

/// Works that were either counted or seen, and wait for the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct MadeWorks {
    /// Counted and not seen.
    unseen: u64,
    /// Of them, those that should have been seen by now.
    lost: u64,
    /// Seen and not counted.
    uncounted: u64,
    /// Counted since the last book.
    since_book: u64,
}

/// What a look adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct MadeSince {
    /// Works made.
    pub(super) works: u64,
    /// Works found to have been undercut or refused before anybody saw them: they were made
    /// earlier.
    pub(super) lost: u64,
}

impl MadeWorks {
    /// Adds the works that a look saw and the daemon counted: `None` where it counts none.
    /// `book_read` is whether all that stands was seen.
    pub(super) fn record_look(
        &mut self,
        seen: u64,
        counted: Option<u64>,
        book_read: bool,
    ) -> MadeSince {
        let Some(counted) = counted else {
            *self = Self::default();
            return MadeSince { works: seen, lost: 0 };
        };
        let expected = counted.min(self.uncounted);
        let found = seen.min(self.unseen);
        let (counted_first, seen_first) = (counted - expected, seen - found);
        self.uncounted -= expected;
        self.unseen -= found;
        let works = counted_first.max(seen_first);
        self.unseen = self.unseen.saturating_add(works - seen_first);
        self.uncounted = self.uncounted.saturating_add(works - counted_first);
        self.since_book = self.since_book.saturating_add(counted);
        let lost = if book_read { self.give_up() } else { 0 };
        MadeSince { works, lost }
    }

    /// Works seen that the daemon has not counted, before it restarted, are not waited for.
    pub(super) const fn forget_uncounted(&mut self) {
        self.uncounted = 0;
    }

    /// Gives up what was counted before the book before this one was read.
    fn give_up(&mut self) -> u64 {
        let late = self.unseen.saturating_sub(std::mem::take(&mut self.since_book));
        let more = late.saturating_sub(self.lost);
        self.lost = late;
        more
    }
}

#[cfg(test)]
mod tests;
