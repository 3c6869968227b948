//! Who else sells: for each competing key its fees, its pace while it has something to do, and the
//! odds that it is there.
//!
//! Two successive books show which offers are new. A key that had works open to it from the first
//! to the last moment of a window was busy, and what it offered in it is its pace; what it offered
//! while it had little to do is only a lower bound. Sales an hour are no pace: a seller of 5 works
//! an hour may well be able to make 50. A key with works open to it that offers nothing may have
//! left; one that has nothing to do has not.
//!
//! Keys are untrusted: anyone can offer under as many as they like. The roster holds
//! [`MOST_SELLERS`], those that offered or sold the least leave first, and a pace that was hardly
//! seen is drawn to the median of the others.
//!
//! Invariants: pure, deterministic and bounded; no key twice; no NaN.
//!
//! Not here: which prices the sellers make (`price_model`).

mod new_offers;
mod seller;
mod summary;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::summary::{SellerKind, SellerSummary};
use self::{new_offers::find_new_offers, seller::KnownSeller};
use super::look::{Block, Offer, OpenWork};
use crate::units::{Nanomina, PublicKey};

/// Most keys kept.
const MOST_SELLERS: usize = 48;

/// Shortest time over which a pace is measured; a proof takes a large part of it.
const WINDOW: Duration = Duration::from_secs(170);
/// Books further apart show nothing of what happened in between.
const LONGEST_WINDOW: Duration = Duration::from_secs(20 * 60);
/// Age at which offers and sales count half.
const HALF_LIFE: Duration = Duration::from_secs(6 * 3600);

/// The competing keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SellerRoster {
    /// In the order in which they were first seen.
    sellers: Vec<KnownSeller>,
    /// When the time began over which paces are measured now.
    window: Option<Timestamp>,
    /// Start of the slot of the newest block whose sales were counted.
    counted: Option<Timestamp>,
    /// That of the oldest.
    first_block: Option<Timestamp>,
    /// Works sold by all, ourselves included, older ones for less.
    sold: f64,
    /// When older ones were last discounted.
    discounted: Option<Timestamp>,
}

impl SellerRoster {
    /// Adds the sales of blocks that were not counted before, oldest first.
    pub(super) fn record_sales<'a>(
        &mut self,
        now: Timestamp,
        blocks: impl Iterator<Item = &'a Block>,
        owns: impl Fn(&PublicKey) -> bool,
    ) {
        self.discount(now);
        let counted = self.counted;
        for block in blocks.filter(|block| counted.is_none_or(|counted| block.at > counted)) {
            self.counted = self.counted.max(Some(block.at));
            self.first_block.get_or_insert(block.at);
            let weight = kept_after(hours_between(block.at, now));
            for sale in &block.works {
                self.sold += weight;
                if !owns(&sale.prover) {
                    self.find_or_add(&sale.prover, block.at)
                        .record_sale(block.at, sale.fee, weight);
                }
            }
        }
        self.drop_least();
    }

    /// Adds a book. `before` is the one read before it.
    pub(super) fn record_book(
        &mut self,
        now: Timestamp,
        before: Option<&[OpenWork]>,
        book: &[OpenWork],
        owns: impl Fn(&PublicKey) -> bool,
    ) {
        let passed = self.window.map(|from| now.duration_since(from).unsigned_abs());
        let passed = passed.filter(|long| *long <= LONGEST_WINDOW).zip(before);
        if let Some((passed, before)) = passed {
            let new = find_new_offers(before, book);
            for Offer { fee, prover } in new.filter(|offer| !owns(&offer.prover)) {
                self.find_or_add(prover, now).record_offer(now, *fee);
            }
            self.drop_least();
            if passed < WINDOW {
                return;
            }
        }
        let (fees, passed) = (standing_fees(book), passed.map(|(passed, _)| passed));
        for seller in &mut self.sellers {
            let open = count_open_to(seller.fee(), &fees, book.len());
            if let Some(passed) = passed {
                seller.close_window(passed.as_secs_f64() / 3600.0, open);
            }
            seller.open_window(open);
        }
        self.window = Some(now);
    }

    fn find_or_add(&mut self, prover: &PublicKey, at: Timestamp) -> &mut KnownSeller {
        let known = self.sellers.iter().position(|seller| seller.prover() == prover);
        let place = known.unwrap_or_else(|| {
            self.sellers.push(KnownSeller::new(prover.clone(), at));
            self.sellers.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found or just added")]
        &mut self.sellers[place]
    }

    fn discount(&mut self, now: Timestamp) {
        let since = self.discounted.replace(now).unwrap_or(now);
        let keep = kept_after(hours_between(since, now));
        self.sold *= keep;
        for seller in &mut self.sellers {
            seller.discount(keep);
        }
    }

    /// Drops keys that were not seen for long, and those seen least where there are too many.
    fn drop_least(&mut self) {
        /// A work of thirty hours ago.
        const FORGOTTEN: f64 = 0.03;
        self.sellers.retain(|seller| seller.weight() > FORGOTTEN);
        if self.sellers.len() > MOST_SELLERS {
            let mut weights: Vec<f64> = self.sellers.iter().map(KnownSeller::weight).collect();
            weights.sort_by(|a, b| b.total_cmp(a));
            let least = weights.get(MOST_SELLERS - 1).copied().unwrap_or_default();
            self.sellers.retain(|seller| seller.weight() >= least);
            self.sellers.truncate(MOST_SELLERS);
        }
    }

    /// The median pace of the keys that were seen busy; `None` of none.
    fn typical_pace(&self) -> Option<f64> {
        let mut paces: Vec<f64> =
            self.sellers.iter().filter_map(KnownSeller::measured_pace).collect();
        paces.sort_by(f64::total_cmp);
        let middle = [paces.len().checked_sub(1)? / 2, paces.len() / 2];
        let [low, high] = middle.map(|place| paces.get(place).copied());
        Some(f64::midpoint(low?, high?))
    }

    /// Whether the pace of any key was seen.
    pub(super) fn knows_paces(&self) -> bool {
        self.typical_pace().is_some()
    }

    /// The hours over which sales were counted, older ones for less.
    fn counted_hours(&self) -> f64 {
        let (Some(first), Some(last)) = (self.first_block, self.counted) else { return 0.0 };
        let half_life = HALF_LIFE.as_secs_f64() / 3600.0;
        half_life / std::f64::consts::LN_2 * (1.0 - kept_after(hours_between(first, last)))
    }

    /// The sellers, those with the largest share of sales first. `is_friendly` decides who is no
    /// competitor.
    pub(super) fn summaries(&self, is_friendly: impl Fn(&PublicKey) -> bool) -> Vec<SellerSummary> {
        let (typical, hours) = (self.typical_pace(), self.counted_hours());
        let competing = self.sellers.iter().filter(|seller| !is_friendly(seller.prover()));
        let mut all: Vec<SellerSummary> =
            competing.map(|seller| seller.summarise(typical, hours, self.sold)).collect();
        all.sort_by(|one, other| {
            let by_share = other.share_of_sales.total_cmp(&one.share_of_sales);
            by_share.then_with(|| one.prover.cmp(&other.prover))
        });
        all
    }
}

fn hours_between(from: Timestamp, to: Timestamp) -> f64 {
    (to.duration_since(from).as_secs_f64() / 3600.0).max(0.0)
}

/// What a work counts after so many hours.
fn kept_after(hours: f64) -> f64 {
    (-hours * 3600.0 / HALF_LIFE.as_secs_f64()).exp2()
}

/// The fees on offer, ascending.
fn standing_fees(book: &[OpenWork]) -> Vec<Nanomina> {
    let offers = book.iter().filter_map(|open| open.standing.as_ref());
    let mut fees: Vec<Nanomina> = offers.map(|offer| offer.fee).collect();
    fees.sort_unstable();
    fees
}

/// How many of the works in the book a key asking `fee` could be handed.
fn count_open_to(fee: Nanomina, standing: &[Nanomina], works: usize) -> usize {
    works.saturating_sub(standing.partition_point(|offered| *offered <= fee))
}

#[cfg(test)]
mod tests;
