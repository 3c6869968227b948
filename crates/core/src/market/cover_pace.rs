//! How fast others prove works that had no proof, and how long the work that holds up the next
//! purchase has lacked one.
//!
//! Invariants: memory is constant; a rate is finite and not negative.

use std::time::Duration;

use hashbrown::HashMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::look::OpenWork;
use crate::units::{PublicKey, WorkId};

/// Age at which what others proved counts half: a few proofs, so that one who fails or begins is
/// noticed before the next purchase.
const HALF_LIFE: Duration = Duration::from_secs(600);
/// Longest time between two books that are compared.
const LONGEST_GAP: Duration = Duration::from_secs(1200);
/// Hours from which a rate is told.
const LEAST_HOURS: f64 = 0.05;

/// How fast others prove works that had no proof.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct CoverPace {
    works: f64,
    hours: f64,
    first_unproved: Option<FirstUnproved>,
}

/// The first work in order of purchase that has no proof.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct FirstUnproved {
    work: WorkId,
    since: Timestamp,
}

impl CoverPace {
    /// Compares the open works of two books. Works that appeared with a proof count as proved in
    /// between.
    pub(super) fn compare(
        &mut self,
        (before, read_before): (&[OpenWork], Timestamp),
        (works, read): (&[OpenWork], Timestamp),
        owns: impl Fn(&PublicKey) -> bool,
    ) {
        let Ok(passed) = Duration::try_from(read.duration_since(read_before)) else { return };
        if passed.is_zero() || passed > LONGEST_GAP {
            return;
        }
        let known: HashMap<WorkId, bool> =
            before.iter().map(|open| (open.work, open.standing.is_some())).collect();
        let proved = works.iter().filter(|open| {
            let by_others = open.standing.as_ref().is_some_and(|offer| !owns(&offer.prover));
            by_others && known.get(&open.work) != Some(&true)
        });
        let keep = (-passed.as_secs_f64() / HALF_LIFE.as_secs_f64()).exp2();
        self.works = self.works * keep + proved.count() as f64;
        self.hours = self.hours * keep + passed.as_secs_f64() / 3600.0;
    }

    /// Takes in which works are open now, in order of purchase.
    pub(super) fn follow_first(&mut self, works: &[OpenWork], at: Timestamp) {
        let first = works.iter().find(|open| open.standing.is_none()).map(|open| open.work);
        let same = self.first_unproved.filter(|known| Some(known.work) == first);
        self.first_unproved = same.or_else(|| first.map(|work| FirstUnproved { work, since: at }));
    }

    /// Works that others prove per hour; `None` until two books were compared.
    pub(super) fn per_hour(&self) -> Option<f64> {
        (self.hours >= LEAST_HOURS).then(|| self.works / self.hours)
    }

    /// For how long the first work without a proof has been the first.
    pub(super) fn first_unproved_for(&self, now: Timestamp) -> Duration {
        let since = self.first_unproved.map(|first| now.duration_since(first.since));
        since.and_then(|passed| Duration::try_from(passed).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{key, open_work, time};

    fn owns(prover: &PublicKey) -> bool {
        *prover == key("us")
    }

    #[test]
    fn only_what_others_proved_in_between_counts() {
        let before = [open_work(1, None), open_work(2, Some((5, "them"))), open_work(3, None)];
        let now = [
            open_work(1, Some((5, "them"))),
            open_work(2, Some((4, "them"))),
            open_work(3, Some((0, "us"))),
            open_work(4, Some((0, "them"))),
            open_work(5, None),
        ];
        let mut pace = CoverPace::default();
        assert_eq!(pace.per_hour(), None);
        pace.compare((&before, time(0)), (&now, time(360)), owns);
        assert_eq!(pace.per_hour(), Some(20.0), "works 1 and 4 in a tenth of an hour");
        pace.compare((&now, time(360)), (&now, time(960)), owns);
        assert!(pace.per_hour().unwrap() < 6.0, "ten minutes without any halve what was");
        pace.compare((&now, time(960)), (&before, time(9_600)), owns);
        assert!(pace.per_hour().unwrap() < 6.0, "books hours apart say nothing of the pace");
    }

    #[test]
    fn the_first_unproved_work_is_timed_until_another_is_the_first() {
        let mut pace = CoverPace::default();
        let works = [open_work(1, Some((5, "them"))), open_work(2, None), open_work(3, None)];
        pace.follow_first(&works, time(0));
        pace.follow_first(&works, time(100));
        assert_eq!(pace.first_unproved_for(time(160)), Duration::from_secs(160));
        pace.follow_first(&works[2..], time(200));
        assert_eq!(pace.first_unproved_for(time(260)), Duration::from_secs(60));
        pace.follow_first(&works[..1], time(300));
        assert_eq!(pace.first_unproved_for(time(360)), Duration::ZERO);
    }
}
