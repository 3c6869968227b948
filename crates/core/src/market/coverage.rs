//! Which open works the daemon would assign to a worker, averaged over the order books read in the
//! last hours.
//!
//! Works appear and are bought in bursts: right after a block many have no proof, a minute later
//! none. A single book would call proving wasted or certain to sell, depending on the minute.
//!
//! Invariants: every share lies in [0, 1] and falls as the fee rises; memory is bounded.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::offers_by_owner::OffersByOwner;
use crate::units::Nanomina;

/// Age at which a book counts half: about the time between two purchases.
const HALF_LIFE: Duration = Duration::from_secs(3600);

/// Most distinct fees kept; those with the least weight are dropped first.
const MOST_FEES: usize = 2048;

/// The offers in the book by fee, as shares of the open works.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct BookCoverage {
    last: Option<Timestamp>,
    /// Books, discounted by age.
    looks: f64,
    /// Sum over books of the share of works without a proof.
    uncovered: f64,
    /// Sums over books of the shares of works that others offer, by fee.
    others: Shares,
    /// Sums over books of the shares of works that we offer, by fee.
    own: Shares,
}

/// Ascending fees, each with its share of the works.
type Shares = Vec<(Nanomina, f64)>;

impl BookCoverage {
    /// Adds the open works of a book read at `at`.
    pub(super) fn record_offers(&mut self, at: Timestamp, offers: &OffersByOwner<'_>) {
        let works = offers.uncovered + offers.own.len() + offers.others.len();
        if works == 0 {
            return;
        }
        self.discount(at);
        let share = 1.0 / works as f64;
        self.looks += 1.0;
        self.uncovered = add_each(self.uncovered, share, offers.uncovered);
        add_shares(&mut self.others, &offers.others, share);
        add_shares(&mut self.own, &offers.own_fees(), share);
    }

    /// The average share of open works that have a proof, in [0, 1]; `None` before any open work was
    /// seen.
    pub(super) fn covered_share(&self) -> Option<f64> {
        (self.looks > 0.0).then(|| (1.0 - self.uncovered / self.looks).clamp(0.0, 1.0))
    }

    /// The average over books; `None` before any open work was seen.
    pub(super) fn profile(&self) -> Option<CoverageProfile> {
        if self.looks <= 0.0 {
            return None;
        }
        let mut above: f64 = self.others.iter().map(|(_, share)| share).sum();
        let below_all = ((above + self.uncovered) / self.looks).clamp(0.0, 1.0);
        let step = |(fee, share): &(Nanomina, f64)| {
            above -= share;
            (*fee, ((above + self.uncovered) / self.looks).clamp(0.0, 1.0))
        };
        let others = OtherOffers { below_all, steps: self.others.iter().map(step).collect() };
        let mut below = OwnBelow::default();
        let mut own = vec![(Nanomina::ZERO, below)];
        for (fee, share) in &self.own {
            let (share, at_own) = (share / self.looks, others.open_share_above(*fee));
            below.all += share;
            if at_own > 0.0 {
                below.like_others += share / at_own;
            } else {
                below.alone += share;
            }
            own.push((*fee, below));
        }
        Some(CoverageProfile { others, own, all_own: below.all })
    }

    fn discount(&mut self, at: Timestamp) {
        let passed = self.last.replace(at).map_or(Duration::ZERO, |last| {
            Duration::try_from(at.duration_since(last)).unwrap_or(Duration::ZERO)
        });
        let keep = (-passed.as_secs_f64() / HALF_LIFE.as_secs_f64()).exp2();
        self.looks *= keep;
        self.uncovered *= keep;
        for (_, share) in self.others.iter_mut().chain(&mut self.own) {
            *share *= keep;
        }
    }
}

/// Adds `share` for each of the ascending fees.
fn add_shares(shares: &mut Shares, fees: &[Nanomina], share: f64) {
    let mut before = std::mem::take(shares).into_iter().peekable();
    for same in fees.chunk_by(|one, next| one == next) {
        let Some(fee) = same.first() else { continue };
        while let Some(less) = before.next_if(|(known, _)| known < fee) {
            shares.push(less);
        }
        let known = before.next_if(|(known, _)| known == fee).map_or(0.0, |(_, known)| known);
        shares.push((*fee, add_each(known, share, same.len())));
    }
    shares.extend(before);
    drop_negligible(shares);
}

/// Adds `share` once for each work. A product would round differently, and replay must reproduce
/// recorded decisions to the last bit.
fn add_each(sum: f64, share: f64, works: usize) -> f64 {
    (0..works).fold(sum, |sum, _| sum + share)
}

/// Drops negligible shares, and the smallest ones beyond [`MOST_FEES`].
fn drop_negligible(shares: &mut Shares) {
    /// A tenth of a work in a book of 20,000.
    const NOTHING: f64 = 5e-6;
    shares.retain(|(_, share)| *share > NOTHING);
    if shares.len() > MOST_FEES {
        let mut by_weight: Vec<f64> = shares.iter().map(|(_, share)| *share).collect();
        let (_, least, _) = by_weight.select_nth_unstable_by(MOST_FEES, |a, b| b.total_cmp(a));
        shares.retain(|(_, share)| *share > *least);
    }
    shares.shrink_to_fit();
}

/// Shares of the open works by fee.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CoverageProfile {
    others: OtherOffers,
    /// Our fees, ascending, each with the sums up to and including it; the first entry, of no
    /// offers, comes before all of them.
    own: Vec<(Nanomina, OwnBelow)>,
    all_own: f64,
}

/// Sums over our own offers up to a fee.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct OwnBelow {
    /// Their shares of the open works.
    all: f64,
    /// The same, each divided by the share of works that others leave open at its fee.
    like_others: f64,
    /// Shares of those offers at whose fee others leave nothing open.
    alone: f64,
}

#[derive(Clone, Debug, PartialEq)]
struct OtherOffers {
    below_all: f64,
    /// Ascending fees, each with the share of works that have no offer, or one above it.
    steps: Vec<(Nanomina, f64)>,
}

impl OtherOffers {
    fn open_share_above(&self, fee: Nanomina) -> f64 {
        let passed = self.steps.partition_point(|(standing, _)| *standing <= fee);
        passed
            .checked_sub(1)
            .and_then(|at| self.steps.get(at))
            .map_or(self.below_all, |(_, share)| *share)
    }
}

impl CoverageProfile {
    /// The share of open works that the daemon would assign to a worker asking `fee` which had
    /// proved none of them yet: works without a proof, or with a more expensive one.
    ///
    /// The pool shows only the cheapest proof, so behind our own at fee p any other costs more
    /// than p. Those hidden offers are assumed to be distributed like the visible offers of others
    /// above p.
    pub(super) fn startable_share(&self, fee: Nanomina) -> f64 {
        let open = self.others.open_share_above(fee);
        // Counting from the second entry gives the index of the last own fee below `fee`.
        let asked_less =
            self.own.get(1..).unwrap_or_default().partition_point(|(asked, _)| *asked < fee);
        let below = self.own.get(asked_less).map(|(_, below)| *below).unwrap_or_default();
        (open + (self.all_own - below.all) + below.alone + open * below.like_others).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests;
