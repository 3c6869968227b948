//! Which of the facts seen are witnesses of the price at which work is bought, and how much each
//! counts.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    estimate::{Censoring, Observation, decay},
    history::MarketHistory,
    look::{Book, BookOrder, Look, OpenWork},
};
use crate::{
    metrics_text::Histogram,
    units::{Nanomina, PublicKey, WorkId},
};

/// Part of the book, from its head, whose works will be bought at about the price they stand at:
/// what others may still do to them they have mostly done.
const DUE: usize = 3;

/// Clusters of the book are numbered from here, above those of every block.
const BOOK_CLUSTERS: u64 = 1 << 48;

/// The cluster of a histogram's increment.
const HISTOGRAM_CLUSTER: u64 = 1 << 49;

/// Works next to each other in the order of purchase were open at the same time: so many on the
/// book are one witness.
pub(super) const NEIGHBOURS: usize = 16;

/// Works bought in one block share its producer's view of the pool beside that: so many are one
/// witness.
const BOUGHT_TOGETHER: usize = 64;

/// How far back and how fast evidence fades.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fading {
    /// Older sales are left out, because of their age or because the regime changed since.
    pub(super) oldest: Timestamp,
    pub(super) half_life: Duration,
    /// Of the works due, so many at the head are left out, because the regime changes behind them.
    pub(super) due_from: usize,
}

/// The works that are bought next, where the book is in the order of purchase.
pub(super) fn due(look: &Look) -> &[OpenWork] {
    match &look.book {
        Some(Ok(Book { order: BookOrder::Purchase, works })) => {
            works.get(..works.len() / DUE).unwrap_or_default()
        }
        _ => &[],
    }
}

/// The witnesses of the competing price.
///
/// Sales of others are prices, own sales lower bounds. So are the offers on the works that are due,
/// others' and own: they will be bought within a roll, and tell of a change before the sales do.
/// Offers on works further back say nothing that could be weighed: they bound a price from above
/// only, and works that are covered early are the cheap ones. Where no sale can be read (eras
/// without `bestChain`), all offers and, if its buckets resolve prices, the fee histogram stand in
/// for prices: most offers sell as they stand.
pub(super) fn witnesses(
    history: &MarketHistory,
    look: &Look,
    fading: Fading,
    owns: impl Fn(&PublicKey) -> bool,
) -> Vec<Observation> {
    let own = |work: WorkId, fee: Nanomina| {
        let behind = history.own().rival(work).filter(|rival| *rival > fee);
        behind.map_or(Censoring::Above(fee), Censoring::Exact)
    };
    let mut found = Vec::new();
    for block in history.blocks(fading.oldest) {
        let age = Duration::try_from(look.at.duration_since(block.at)).unwrap_or(Duration::ZERO);
        let weight = decay(age, fading.half_life);
        let first = u64::from(block.height) << 8;
        found.extend(block.works.iter().enumerate().map(|(position, sale)| {
            let censoring = if owns(&sale.prover) {
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
    let due = due(look).iter().enumerate().skip(fading.due_from).filter_map(|(position, open)| {
        let offer = open.standing.as_ref()?;
        let censoring = if owns(&offer.prover) {
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
        found.extend(competing_offers(book, owns).map(|(position, fee)| {
            let cluster = BOOK_CLUSTERS + (position / NEIGHBOURS) as u64;
            Observation { censoring: Censoring::Exact(fee), weight: 1.0, cluster }
        }));
    }
    let added = history.arrivals().map(|increment| increment.added);
    let resolving = [added, history.histogram()]
        .into_iter()
        .flatten()
        .find(|h| h.resolution(None).is_resolved());
    found.extend(resolving.iter().flat_map(bucket_witnesses));
    found
}

/// Position and fee of each open work's offer that is not our own.
fn competing_offers(
    book: &Book,
    owns: impl Fn(&PublicKey) -> bool,
) -> impl Iterator<Item = (usize, Nanomina)> {
    let standing = book
        .works
        .iter()
        .enumerate()
        .filter_map(|(position, open)| Some((position, open.standing.as_ref()?)));
    standing
        .filter(move |(_, offer)| !owns(&offer.prover))
        .map(|(position, offer)| (position, offer.fee))
}

/// Each bucket as one witness that the price lies in it, weighted by its count.
fn bucket_witnesses(histogram: &Histogram) -> Vec<Observation> {
    let bound = |value: f64| -> Option<Nanomina> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be a non-negative fee"
        )]
        (value.is_finite() && value >= 0.0).then(|| Nanomina::try_new(value as u64).ok()).flatten()
    };
    let witness = |interval: crate::metrics_text::Bucket| Observation {
        censoring: Censoring::Between {
            above: bound(interval.above),
            at_most: bound(interval.up_to),
        },
        weight: interval.count,
        cluster: HISTOGRAM_CLUSTER,
    };
    histogram.intervals().map(witness).collect()
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
        witnesses(history, look, FADING, |prover| *prover == key("us"))
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
    fn works_far_apart_in_a_purchase_are_separate_witnesses() {
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
    fn an_own_sale_tells_the_price_that_was_seen_behind_it() {
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
    fn only_offers_on_works_that_are_due_tell_prices_where_there_are_sales() {
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
            "no sale: all offers stand in for them"
        );
        let mut with_sales = look(0, vec![block(7, "a", 0, &[(90, 5, "them")])], open);
        history.absorb_look(&with_sales, |_| false, None);
        let found: Vec<Censoring> =
            gather(&history, &with_sales).iter().map(|o| o.censoring).collect();
        let due = [Censoring::Exact(fee(5)), Censoring::Exact(fee(4)), Censoring::Above(fee(3))];
        assert_eq!(found, due, "the first third; works without a proof are no witnesses");
        with_sales.book.as_mut().unwrap().as_mut().unwrap().order = BookOrder::Unknown;
        assert_eq!(
            gather(&history, &with_sales).len(),
            1,
            "without an order nobody knows what is due"
        );
    }

    #[test]
    fn the_histogram_stands_in_for_sales_only_where_it_resolves_prices() {
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
