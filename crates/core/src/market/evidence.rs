//! Which sales, offers and histogram buckets are evidence of the price at which work is bought, and
//! how much each counts.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use super::{
    estimate::{Censoring, Observation, decay},
    history::MarketHistory,
    known_book::KnownBook,
};
use crate::{
    metrics_text::{Bucket, Histogram},
    units::{Nanomina, PublicKey, WorkId},
};

/// Clusters of the book are numbered from here, above those of all blocks.
const BOOK_CLUSTERS: u64 = 1 << 48;

/// The cluster of a histogram's increment.
const HISTOGRAM_CLUSTER: u64 = 1 << 49;

/// Neighbours in the book, which is in order of purchase, were open at the same time, so 16 of them
/// count as one cluster.
pub(super) const NEIGHBOURS: usize = 16;

/// Works bought in one block also share its producer's view of the pool, so 64 of them count as one
/// cluster.
const BOUGHT_TOGETHER: usize = 64;

/// Which evidence counts, and how it is discounted by age.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fading {
    /// Older sales are left out: they are outside the window or from an earlier price regime.
    pub(super) oldest: Timestamp,
    pub(super) half_life: Duration,
    /// The number of due works left out at the head of the book, because they still belong to the
    /// earlier price regime.
    pub(super) due_from: usize,
}

/// Collects the observations of the competing price.
///
/// A sale of someone else is a price, and a sale of our own a lower bound. The same holds for the
/// offers on due works: they will be bought with the next purchase, and show a change before the
/// sales do. Offers further back in the book are left out: they are only upper bounds, and works
/// that are proved early are the cheap ones. If no sale can be read (eras without `bestChain`), all
/// offers count as prices, since most sell as they are, and so does the fee histogram if its
/// buckets resolve prices. An offer counts by the age of the book, as a sale does by its own; the
/// book of a pool that is still filling counts for nothing.
pub(super) fn collect_observations(
    history: &MarketHistory,
    book: Option<&KnownBook>,
    now: Timestamp,
    fading: Fading,
    is_ours: impl Fn(&PublicKey) -> bool,
) -> Vec<Observation> {
    let own = |work: WorkId, fee: Nanomina| {
        let behind = history.own().rival_offer(work).filter(|rival| *rival > fee);
        behind.map_or(Censoring::Above(fee), Censoring::Exact)
    };
    let weight_at = |seen: Timestamp| {
        let age = Duration::try_from(now.duration_since(seen)).unwrap_or(Duration::ZERO);
        decay(age, fading.half_life)
    };
    let book = book.filter(|book| book.filled);
    let offered = book.map_or(0.0, |book| weight_at(book.read));
    let due = book.map(KnownBook::due_works).unwrap_or_default();
    let mut found = Vec::new();
    for block in history.blocks(fading.oldest) {
        let weight = weight_at(block.at);
        let first = u64::from(block.height) << 8;
        found.extend(block.works.iter().enumerate().map(|(position, sale)| {
            let censoring = if is_ours(&sale.prover) {
                own(sale.work, sale.fee)
            } else {
                Censoring::Exact(sale.fee)
            };
            Observation {
                censoring,
                weight,
                cluster: first + (position / BOUGHT_TOGETHER).min(255) as u64,
            }
        }));
    }
    let due = due.iter().enumerate().skip(fading.due_from).filter_map(|(position, open)| {
        let offer = open.standing.as_ref()?;
        let censoring = if is_ours(&offer.prover) {
            own(open.work, offer.fee)
        } else {
            Censoring::Exact(offer.fee)
        };
        Some(Observation {
            censoring,
            weight: offered,
            cluster: BOOK_CLUSTERS + (position / NEIGHBOURS) as u64,
        })
    });
    if !found.is_empty() || fading.due_from > 0 {
        found.extend(due);
        return found;
    }
    if let Some(book) = book {
        found.extend(competing_offers(book, is_ours).map(|(position, fee)| {
            let cluster = BOOK_CLUSTERS + (position / NEIGHBOURS) as u64;
            Observation { censoring: Censoring::Exact(fee), weight: offered, cluster }
        }));
    }
    let added = history.histogram_increment().map(|increment| increment.added);
    let resolving = [added, history.histogram()]
        .into_iter()
        .flatten()
        .find(|h| h.resolution(None).is_resolved());
    found.extend(resolving.iter().flat_map(bucket_observations));
    found
}

/// Works, older ones counting for less, that must have sold above a fee for it to have a market: one
/// or two that somebody needed at once are none.
const FEWEST_SOLD: f64 = 3.0;

/// The lowest fee above which no more than one or two works were sold: it has no market.
pub(super) fn find_end_of_market(observations: &[Observation]) -> Nanomina {
    let mut sold: BTreeMap<Nanomina, f64> = BTreeMap::new();
    for observation in observations {
        let sells_below = match observation.censoring {
            Censoring::Exact(price) => price,
            Censoring::Above(fee) => fee.saturating_add(Nanomina::ONE),
            Censoring::Between { above, .. } => {
                above.map_or(Nanomina::ZERO, |above| above.saturating_add(Nanomina::ONE))
            }
            Censoring::AtMost(_) => Nanomina::ZERO,
        };
        *sold.entry(sells_below).or_default() += observation.weight;
    }
    let mut above = 0.0;
    let mut descending = sold.into_iter().rev();
    let end = descending.find(|(_, works)| {
        above += works;
        above >= FEWEST_SOLD
    });
    end.map_or(Nanomina::ZERO, |(price, _)| price)
}

/// Position and fee of each offer in the book that is not our own.
fn competing_offers(
    book: &KnownBook,
    is_ours: impl Fn(&PublicKey) -> bool,
) -> impl Iterator<Item = (usize, Nanomina)> {
    let standing = book
        .works()
        .iter()
        .enumerate()
        .filter_map(|(position, open)| Some((position, open.standing.as_ref()?)));
    standing
        .filter(move |(_, offer)| !is_ours(&offer.prover))
        .map(|(position, offer)| (position, offer.fee))
}

/// One observation for each bucket, weighted by its count: the price lies in it.
fn bucket_observations(histogram: &Histogram) -> Vec<Observation> {
    let bound = |value: f64| -> Option<Nanomina> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be a non-negative fee"
        )]
        (value.is_finite() && value >= 0.0).then(|| Nanomina::try_new(value as u64).ok()).flatten()
    };
    let observation = |bucket: Bucket| Observation {
        censoring: Censoring::Between { above: bound(bucket.above), at_most: bound(bucket.up_to) },
        weight: bucket.count,
        cluster: HISTOGRAM_CLUSTER,
    };
    histogram.buckets().map(observation).collect()
}

#[cfg(test)]
mod tests;
