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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn works(looks: &[(u64, Option<u64>)]) -> u64 {
        let mut made = MadeWorks::default();
        looks.iter().map(|(seen, counted)| made.record_look(*seen, *counted, true).works).sum()
    }

    #[test]
    fn a_work_counts_once_whichever_of_book_and_count_shows_it_first() {
        assert_eq!(works(&[(0, Some(3)), (3, Some(0))]), 3);
        assert_eq!(works(&[(3, Some(0)), (0, Some(3))]), 3);
        assert_eq!(works(&[(2, Some(3)), (1, Some(0))]), 3);
        assert_eq!(works(&[(2, None), (1, None)]), 3, "without counts");
        assert_eq!(works(&[(0, Some(5)), (3, Some(0)), (0, Some(0))]), 5, "two were undercut");
    }

    #[test]
    fn what_two_books_do_not_show_is_lost_once() {
        let mut made = MadeWorks::default();
        let mut lost = |seen, counted, book| made.record_look(seen, Some(counted), book).lost;
        assert_eq!(lost(0, 5, true), 0, "delivered after the book was read, perhaps");
        assert_eq!(lost(0, 2, false), 0);
        assert_eq!(lost(3, 0, true), 2);
        assert_eq!((lost(2, 0, true), lost(0, 0, true)), (0, 0));
    }

    proptest! {
        #[test]
        fn made_are_as_many_as_were_seen_or_counted(
            looks in prop::collection::vec((0_u64..9, 0_u64..9), 0..40),
        ) {
            let mut made = MadeWorks::default();
            let (mut total, mut seen, mut counted, mut lost) = (0, 0, 0, 0);
            for (more_seen, more_counted) in looks {
                let since = made.record_look(more_seen, Some(more_counted), true);
                (total, lost) = (total + since.works, lost + since.lost);
                (seen, counted) = (seen + more_seen, counted + more_counted);
                prop_assert!(total >= seen.max(counted) && total <= seen + counted);
                prop_assert!(since.works <= more_seen.max(more_counted));
                prop_assert!(lost <= total);
            }
        }
    }
}
