//! Which sales, offers and histogram buckets are evidence of the price at which work is bought, and
//! how much each counts.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    estimate::{Censoring, Observation, decay},
    history::MarketHistory,
    look::{Book, BookOrder, Look, OpenWork},
};
use crate::{
    metrics_text::{Bucket, Histogram},
    units::{Nanomina, PublicKey, WorkId},
};

/// One in this many works, from the head of the book, is due: it will be bought at about its
/// current price, since competition for it is mostly over.
const DUE: usize = 3;

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

/// The works that are bought next; empty unless the book is in order of purchase.
pub(super) fn due_works(look: &Look) -> &[OpenWork] {
    match &look.book {
        Some(Ok(Book { order: BookOrder::Purchase, works })) => {
            works.get(..works.len() / DUE).unwrap_or_default()
        }
        _ => &[],
    }
}

/// Collects the observations of the competing price.
///
/// A sale of someone else is a price, and a sale of our own a lower bound. The same holds for the
/// offers on due works: they will be bought with the next purchase, and show a change before the
/// sales do. Offers further back in the book are left out: they are only upper bounds, and works
/// that are proved early are the cheap ones. If no sale can be read (eras without `bestChain`), all
/// offers count as prices, since most sell as they are, and so does the fee histogram if its
/// buckets resolve prices.
pub(super) fn collect_observations(
    history: &MarketHistory,
    look: &Look,
    fading: Fading,
    is_ours: impl Fn(&PublicKey) -> bool,
) -> Vec<Observation> {
    let own = |work: WorkId, fee: Nanomina| {
        let behind = history.own().rival_offer(work).filter(|rival| *rival > fee);
        behind.map_or(Censoring::Above(fee), Censoring::Exact)
    };
    let mut found = Vec::new();
    for block in history.blocks(fading.oldest) {
        let age = Duration::try_from(look.at.duration_since(block.at)).unwrap_or(Duration::ZERO);
        let weight = decay(age, fading.half_life);
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
    let due =
        due_works(look).iter().enumerate().skip(fading.due_from).filter_map(|(position, open)| {
            let offer = open.standing.as_ref()?;
            let censoring = if is_ours(&offer.prover) {
                own(open.work, offer.fee)
            } else {
                Censoring::Exact(offer.fee)
            };
            Some(Observation {
                censoring,
                weight: 1.0,
                cluster: BOOK_CLUSTERS + (position / NEIGHBOURS) as u64,
            })
        });
    if !found.is_empty() || fading.due_from > 0 {
        found.extend(due);
        return found;
    }
    if let Some(Ok(book)) = &look.book {
        found.extend(competing_offers(book, is_ours).map(|(position, fee)| {
            let cluster = BOOK_CLUSTERS + (position / NEIGHBOURS) as u64;
            Observation { censoring: Censoring::Exact(fee), weight: 1.0, cluster }
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

/// Position and fee of each offer in the book that is not our own.
fn competing_offers(
    book: &Book,
    is_ours: impl Fn(&PublicKey) -> bool,
) -> impl Iterator<Item = (usize, Nanomina)> {
    let standing = book
        .works
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
mod tests {
    use super::*;
    use crate::{
        fixtures::{block, fee, key, look, open_work},
        market::{FeeHistogram, PoolMetrics},
    };

    const FADING: Fading =
        Fading { oldest: Timestamp::MIN, half_life: Duration::from_secs(3_600), due_from: 0 };

    fn gather(history: &MarketHistory, look: &Look) -> Vec<Observation> {
        collect_observations(history, look, FADING, |prover| *prover == key("us"))
    }

    #[test]
    fn sales_are_prices_and_own_sales_are_lower_bounds() {
        let mut history = MarketHistory::default();
        let seen = look(3_600, vec![block(7, "a", 0, &[(1, 5, "them"), (2, 9, "us")])], Vec::new());
        history.absorb_look(&seen, |_| false, None);
        let found = gather(&history, &seen);
        assert_eq!(found[0].censoring, Censoring::Exact(fee(5)));
        assert_eq!(found[1].censoring, Censoring::Above(fee(9)));
        assert!(
            found.iter().all(|o| o.cluster == found[0].cluster && (o.weight - 0.5).abs() < 1e-12)
        );
    }

    #[test]
    fn works_far_apart_in_a_purchase_are_separate_clusters() {
        let works: Vec<(i64, u64, &str)> = (0..100).map(|id| (id, 5, "them")).collect();
        let mut history = MarketHistory::default();
        let seen =
            look(0, vec![block(7, "a", 0, &works), block(8, "b", 90, &works[..1])], Vec::new());
        history.absorb_look(&seen, |_| false, None);
        let clusters: std::collections::BTreeSet<u64> =
            gather(&history, &seen).iter().map(|o| o.cluster).collect();
        assert_eq!(clusters.len(), 2 + 1, "100 works in runs of 64, and another block");
    }

    #[test]
    fn an_own_sale_shows_the_price_of_the_offer_it_replaced() {
        let ours = |prover: &PublicKey| *prover == key("us");
        let mut history = MarketHistory::default();
        let mut before =
            look(0, Vec::new(), vec![open_work(1, Some((9_000, "them"))), open_work(2, None)]);
        before.status.as_mut().unwrap().fee = fee(7_000);
        history.absorb_look(&before, ours, None);
        let covered = [1, 2].map(|id| open_work(id, Some((7_000, "us"))));
        history.absorb_look(&look(60, Vec::new(), covered.to_vec()), ours, None);
        let sold =
            look(120, vec![block(7, "a", 90, &[(1, 7_000, "us"), (2, 7_000, "us")])], Vec::new());
        history.absorb_look(&sold, ours, None);
        let found: Vec<Censoring> = gather(&history, &sold).iter().map(|o| o.censoring).collect();
        assert_eq!(found, [Censoring::Exact(fee(9_000)), Censoring::Above(fee(7_000))]);
    }

    #[test]
    fn only_offers_on_due_works_are_prices_where_there_are_sales() {
        let mut history = MarketHistory::default();
        let offers = [
            Some((4, "them")),
            Some((3, "us")),
            None,
            Some((2, "them")),
            Some((1, "them")),
            None,
            None,
            None,
            None,
        ];
        let open: Vec<_> = (0..).zip(offers).map(|(id, offer)| open_work(id, offer)).collect();
        let without_sales = look(0, Vec::new(), open.clone());
        let offered: Vec<Censoring> =
            gather(&history, &without_sales).iter().map(|o| o.censoring).collect();
        assert_eq!(
            offered,
            [4, 2, 1].map(|asked| Censoring::Exact(fee(asked))),
            "without a sale, all offers count"
        );
        let mut with_sales = look(0, vec![block(7, "a", 0, &[(90, 5, "them")])], open);
        history.absorb_look(&with_sales, |_| false, None);
        let found: Vec<Censoring> =
            gather(&history, &with_sales).iter().map(|o| o.censoring).collect();
        let due = [Censoring::Exact(fee(5)), Censoring::Exact(fee(4)), Censoring::Above(fee(3))];
        assert_eq!(found, due, "the first third; works without a proof are no evidence");
        with_sales.book.as_mut().unwrap().as_mut().unwrap().order = BookOrder::Unknown;
        assert_eq!(
            gather(&history, &with_sales).len(),
            1,
            "without an order it is unknown what is due"
        );
    }

    #[test]
    fn the_histogram_replaces_sales_only_where_it_resolves_prices() {
        let with_fees = |cumulative: Vec<f64>| {
            let fees = FeeHistogram { bounds: vec![0.0, 4.0, 9.0], cumulative, sum: 20.0 };
            let mut seen = look(0, Vec::new(), Vec::new());
            seen.chain = None;
            seen.metrics = Some(Ok(PoolMetrics { fees: Some(fees), ..PoolMetrics::default() }));
            let mut history = MarketHistory::default();
            history.absorb_look(&seen, |_| false, None);
            gather(&history, &seen)
        };
        let resolving = with_fees(vec![2.0, 5.0, 10.0, 10.0]);
        assert!(resolving.iter().any(|o| o.censoring
            == Censoring::Between { above: Some(fee(4)), at_most: Some(fee(9)) }
            && (o.weight - 5.0).abs() < 1e-12));
        assert!(with_fees(vec![2.0, 2.0, 2.0, 10.0]).is_empty());
    }
}
