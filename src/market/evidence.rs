//! Which of the facts seen are witnesses of the price at which work is bought, and how much each counts.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    estimate::{Censoring, Observation, decay},
    history::History,
    look::{Book, Look},
};
use crate::{
    metrics_text::Histogram,
    units::{Nanomina, PublicKey},
};

/// Weight of all standing offers together, relative to all sales together.
///
/// An offer bounds a future price from above only, and works that are covered early are the cheap ones: offers alone would make
/// the market look cheaper than it is. They matter when sales are old.
const OFFERS_PER_SALE: f64 = 0.25;

/// Clusters of the book are numbered from here, above every block height.
const BOOK_CLUSTERS: u64 = 1 << 40;

/// The cluster of a histogram's increment.
const HISTOGRAM_CLUSTER: u64 = 1 << 41;

/// Works bought in one roll, the unit in which standing offers are not independent of each other.
const ROLL: usize = 128;

/// How far back and how fast evidence fades.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fading {
    /// Older sales are left out, because of their age or because the regime changed since.
    pub(super) oldest: Timestamp,
    pub(super) half_life: Duration,
}

/// The witnesses of the competing price.
///
/// Sales of others are prices, own sales lower bounds, offers of others upper bounds. Where no sale can be read (eras without
/// `bestChain`), offers and, if its buckets resolve prices, the fee histogram stand in for prices: most offers sell as they
/// stand, and upper bounds alone would say nothing of what sells.
pub(super) fn witnesses(
    history: &History,
    look: &Look,
    fading: Fading,
    owns: impl Fn(&PublicKey) -> bool,
) -> Vec<Observation> {
    let mut found = Vec::new();
    for block in history.blocks(fading.oldest) {
        let age = Duration::try_from(look.at.duration_since(block.at)).unwrap_or(Duration::ZERO);
        let weight = decay(age, fading.half_life);
        found.extend(block.works.iter().map(|sale| {
            let censoring = if owns(&sale.prover) { Censoring::Above(sale.fee) } else { Censoring::Exact(sale.fee) };
            Observation { censoring, weight, cluster: u64::from(block.height) }
        }));
    }
    let sales: f64 = found.iter().map(|sale| sale.weight).sum();
    let no_sales = sales <= 0.0;
    if let Some(Ok(book)) = &look.book {
        let offers = competing_offers(book, owns);
        let weight = if no_sales { 1.0 } else { (OFFERS_PER_SALE * sales / offers.len().max(1) as f64).min(1.0) };
        let censoring = |fee| if no_sales { Censoring::Exact(fee) } else { Censoring::AtMost(fee) };
        found.extend(offers.into_iter().map(|(position, fee)| {
            let cluster = BOOK_CLUSTERS + (position / ROLL) as u64;
            Observation { censoring: censoring(fee), weight, cluster }
        }));
    }
    if no_sales {
        let added = history.arrivals().map(|increment| increment.added);
        let resolving = [added, history.histogram()].into_iter().flatten().find(|h| h.resolution(None).is_resolved());
        found.extend(resolving.iter().flat_map(bucket_witnesses));
    }
    found
}

/// Position and fee of each open work's offer that is not our own.
fn competing_offers(book: &Book, owns: impl Fn(&PublicKey) -> bool) -> Vec<(usize, Nanomina)> {
    let offer = |(position, open): (usize, &super::look::OpenWork)| {
        open.standing.as_ref().filter(|offer| !owns(&offer.prover)).map(|offer| (position, offer.fee))
    };
    book.works.iter().enumerate().filter_map(offer).collect()
}

/// Each bucket as one witness that the price lies in it, weighted by its count.
fn bucket_witnesses(histogram: &Histogram) -> Vec<Observation> {
    let bound = |value: f64| -> Option<Nanomina> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a non-negative fee")]
        (value.is_finite() && value >= 0.0).then(|| Nanomina::try_new(value as u64).ok()).flatten()
    };
    let witness = |interval: crate::metrics_text::Interval| Observation {
        censoring: Censoring::Between { above: bound(interval.above), at_most: bound(interval.up_to) },
        weight: interval.count,
        cluster: HISTOGRAM_CLUSTER,
    };
    histogram.intervals().map(witness).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{
        FeeHistogram, PoolMetrics,
        fixtures::{block, fee, key, look, open_work},
    };

    const FADING: Fading = Fading { oldest: Timestamp::MIN, half_life: Duration::from_secs(3_600) };

    fn gather(history: &History, look: &Look) -> Vec<Observation> {
        witnesses(history, look, FADING, |prover| *prover == key("us"))
    }

    #[test]
    fn sales_are_prices_and_own_sales_are_lower_bounds() {
        let mut history = History::default();
        let seen = look(3_600, vec![block(7, "a", 0, &[(1, 5, "them"), (2, 9, "us")])], Vec::new());
        history.absorb(&seen, |_| false, None);
        let found = gather(&history, &seen);
        assert_eq!(found[0].censoring, Censoring::Exact(fee(5)));
        assert_eq!(found[1].censoring, Censoring::Above(fee(9)));
        assert!(found.iter().all(|o| o.cluster == 7 && (o.weight - 0.5).abs() < 1e-12));
    }

    #[test]
    fn offers_bound_prices_only_where_there_are_sales() {
        let mut history = History::default();
        let open = vec![open_work(1, Some((4, "them"))), open_work(2, Some((3, "us"))), open_work(3, None)];
        let without_sales = look(0, Vec::new(), open.clone());
        assert_eq!(gather(&history, &without_sales)[0].censoring, Censoring::Exact(fee(4)));
        let with_sales = look(0, vec![block(7, "a", 0, &[(9, 5, "them")])], open);
        history.absorb(&with_sales, |_| false, None);
        let found = gather(&history, &with_sales);
        assert_eq!(found.len(), 2, "own offers and uncovered works are no witnesses");
        assert_eq!(found[1].censoring, Censoring::AtMost(fee(4)));
        assert!((found[1].weight - OFFERS_PER_SALE).abs() < 1e-12);
    }

    #[test]
    fn the_histogram_stands_in_for_sales_only_where_it_resolves_prices() {
        let with_fees = |cumulative: Vec<f64>| {
            let fees = FeeHistogram { bounds: vec![0.0, 4.0, 9.0], cumulative, sum: 20.0 };
            let mut seen = look(0, Vec::new(), Vec::new());
            seen.chain = None;
            seen.metrics = Some(Ok(PoolMetrics { fees: Some(fees), ..PoolMetrics::default() }));
            let mut history = History::default();
            history.absorb(&seen, |_| false, None);
            gather(&history, &seen)
        };
        let resolving = with_fees(vec![2.0, 5.0, 10.0, 10.0]);
        assert!(
            resolving.iter().any(|o| o.censoring == Censoring::Between { above: Some(fee(4)), at_most: Some(fee(9)) }
                && (o.weight - 5.0).abs() < 1e-12)
        );
        assert!(with_fees(vec![2.0, 2.0, 2.0, 10.0]).is_empty());
    }
}
