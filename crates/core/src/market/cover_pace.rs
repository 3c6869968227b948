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
mod tests;
