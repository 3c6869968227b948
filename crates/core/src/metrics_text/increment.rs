//! What was added to a histogram between two scrapes.

use serde::{Deserialize, Serialize};

use super::histogram::Histogram;

/// What was added between two scrapes.
#[derive(Clone, Debug, PartialEq)]
pub struct Increment {
    /// The observations added; after a restart, all since the restart.
    pub added: Histogram,
    /// Why the earlier scrape could not be subtracted.
    pub restart: Option<Restart>,
    /// The step in which the total is printed, which bounds the error of the total of `added`: 1
    /// below a million observations, then 10, and so on.
    pub count_step: f64,
}

/// How a scrape shows that it does not continue an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restart {
    /// A bucket or the total has fewer observations than before.
    CountsFell,
    /// The buckets have other bounds, for example after an upgrade.
    BoundsChanged,
}

impl Histogram {
    /// What was added since an earlier scrape of the same daemon.
    ///
    /// If the total, a cumulative count or the count of one bucket fell, or the bounds changed, the
    /// daemon restarted in between, and the increment is all that was counted since. A restart after
    /// which every count has already passed its old value goes unnoticed.
    ///
    /// Rounding to six digits keeps order, so it never makes a printed count fall. The count of one
    /// bucket is a difference of two printed counts and may seem to fall by up to a step; that is
    /// taken for no change. Below a million observations all is exact, and the earlier counts plus
    /// the increment are the later counts.
    pub fn increment_since(&self, earlier: &Self) -> Increment {
        let count_step = printed_step(self.total()).max(1.0);
        let restarted =
            |restart| Increment { added: self.clone(), restart: Some(restart), count_step };
        if self.bounds != earlier.bounds {
            return restarted(Restart::BoundsChanged);
        }
        let mut added: Vec<f64> =
            self.cumulative.iter().zip(&earlier.cumulative).map(|(new, old)| new - old).collect();
        if added.iter().any(|&difference| difference < 0.0) {
            return restarted(Restart::CountsFell);
        }
        let (mut below, mut below_off) = (0.0, 0.0);
        for ((&difference, &new), &old) in
            added.iter().zip(&self.cumulative).zip(&earlier.cumulative)
        {
            let off = rounding_error(new) + rounding_error(old);
            if difference - below < -(off + below_off) {
                return restarted(Restart::CountsFell);
            }
            (below, below_off) = (difference, off);
        }
        // A cumulative count cannot gain more than those above it.
        let mut most = f64::INFINITY;
        for difference in added.iter_mut().rev() {
            most = most.min(*difference);
            *difference = most;
        }
        let sum = (self.sum - earlier.sum).clamp(f64::MIN, f64::MAX);
        let added = Self { bounds: self.bounds.clone(), cumulative: added, sum };
        Increment { added, restart: None, count_step }
    }
}

/// The largest rounding error of a count printed with six digits.
fn rounding_error(count: f64) -> f64 {
    printed_step(count) / 2.0
}

/// The distance between the numbers that `%g` prints near a count; 0 if the count was clearly printed
/// exactly.
fn printed_step(count: f64) -> f64 {
    let mut step = 1.0;
    let mut end = 1e6;
    while count >= end {
        step *= 10.0;
        end *= 10.0;
    }
    if step > 1.0 && count % step <= 0.0 { step } else { 0.0 }
}

#[cfg(test)]
mod tests;
