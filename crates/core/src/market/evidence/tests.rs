use super::*;
use crate::{
    fixtures::{block, fee, key, look, open_work},
    market::{BookOrder, FeeHistogram, Look, PoolMetrics},
};

const FADING: Fading =
    Fading { oldest: Timestamp::MIN, half_life: Duration::from_secs(3_600), due_from: 0 };

fn gather(history: &MarketHistory, look: &Look) -> Vec<Observation> {
    let book = history.book_of(look);
    collect_observations(history, book, look.at, FADING, |prover| *prover == key("us"))
}

#[test]
fn sales_are_prices_and_own_sales_are_lower_bounds() {
    let mut history = MarketHistory::default();
    let seen = look(3_600, vec![block(7, "a", 0, &[(1, 5, "them"), (2, 9, "us")])], Vec::new());
    history.absorb_look(&seen, |_| false, None);
    let found = gather(&history, &seen);
    assert_eq!(found[0].censoring, Censoring::Exact(fee(5)));
    assert_eq!(found[1].censoring, Censoring::Above(fee(9)));
    assert!(found.iter().all(|o| o.cluster == found[0].cluster && (o.weight - 0.5).abs() < 1e-12));
}

#[test]
fn works_far_apart_in_a_purchase_are_separate_clusters() {
    let works: Vec<(i64, u64, &str)> = (0..100).map(|id| (id, 5, "them")).collect();
    let mut history = MarketHistory::default();
    let seen = look(0, vec![block(7, "a", 0, &works), block(8, "b", 90, &works[..1])], Vec::new());
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
    history.absorb_look(&without_sales, |_| false, None);
    let offered: Vec<Censoring> =
        gather(&history, &without_sales).iter().map(|o| o.censoring).collect();
    assert_eq!(
        offered,
        [4, 2, 1].map(|asked| Censoring::Exact(fee(asked))),
        "without a sale, all offers count"
    );
    let mut with_sales = look(0, vec![block(7, "a", 0, &[(90, 5, "them")])], open);
    history.absorb_look(&with_sales, |_| false, None);
    let found: Vec<Censoring> = gather(&history, &with_sales).iter().map(|o| o.censoring).collect();
    let due = [Censoring::Exact(fee(5)), Censoring::Exact(fee(4)), Censoring::Above(fee(3))];
    assert_eq!(found, due, "the first third; works without a proof are no evidence");
    with_sales.book.as_mut().unwrap().as_mut().unwrap().order = BookOrder::Unknown;
    history.absorb_look(&with_sales, |_| false, None);
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
    assert!(
        resolving.iter().any(|o| o.censoring
            == Censoring::Between { above: Some(fee(4)), at_most: Some(fee(9)) }
            && (o.weight - 5.0).abs() < 1e-12)
    );
    assert!(with_fees(vec![2.0, 2.0, 2.0, 10.0]).is_empty());
}

#[test]
fn a_kept_book_counts_by_its_age_and_the_book_of_a_filling_pool_not_at_all() {
    let open = || (0..9).map(|id| open_work(id, Some((4, "them")))).collect();
    let read = look(0, vec![block(7, "a", 0, &[(90, 5, "them")])], open());
    let mut history = MarketHistory::default();
    history.absorb_look(&read, |_| false, None);
    let kept_book = Some(read.at);
    let later = Look { chain: None, book: None, kept_book, ..look(900, Vec::new(), Vec::new()) };
    history.absorb_look(&later, |_| false, None);
    let weights = |look: &Look| gather(&history, look).iter().map(|o| o.weight).collect::<Vec<_>>();
    assert_eq!(weights(&read), [1.0; 4]);
    let aged = (-0.25_f64).exp2();
    assert!(weights(&later).iter().all(|weight| (weight - aged).abs() < 1e-12), "as a sale does");
    assert_eq!(weights(&later).len(), 4);
    let mut began = look(960, Vec::new(), (0..9).map(|id| open_work(id, None)).collect());
    began.status.as_mut().unwrap().uptime = Duration::from_secs(90);
    history.absorb_look(&began, |_| false, None);
    assert_eq!(gather(&history, &began).len(), 1, "the sale");
}
