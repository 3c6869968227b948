use super::*;
use crate::fixtures::{block, fee, key, look, open_work};

const SETTINGS: ViewSettings = ViewSettings {
    window: Duration::from_secs(86_400),
    half_life: Duration::from_secs(21_600),
    min_samples: 3,
    works_per_hour: None,
    level: Nanomina::ZERO,
    selection: Selection::Auto,
};

fn view_of(look: &Look) -> MarketView {
    let owns = |prover: &PublicKey| *prover == key("us");
    let mut history = MarketHistory::default();
    history.absorb_look(look, owns, None);
    MarketView::new(&history, look, &SETTINGS, owns)
}

#[test]
fn the_startable_share_counts_works_without_or_above_an_offer() {
    let open = vec![
        open_work(1, None),
        open_work(2, Some((0, "free"))),
        open_work(3, Some((10, "them"))),
        open_work(4, Some((20, "us"))),
    ];
    let view = view_of(&look(0, Vec::new(), open));
    let share = |nanomina| view.startable_share(fee(nanomina));
    assert!((share(0) - 0.75).abs() < 1e-12 && (share(9) - 0.75).abs() < 1e-12);
    assert!(
        (share(10) - 0.5).abs() < 1e-12,
        "a tie is not assigned, and our own works are open to us again"
    );
    assert!((share(20) - 0.5).abs() < 1e-12, "hidden offers are as expensive as visible ones");
    assert_eq!(view.summary().uncovered_works, 1);
    assert_eq!(view.summary().own_open_works, 1);
    assert_eq!(view.lowest_offer(), Some(fee(0)));
}

#[test]
fn demand_is_the_works_after_the_first_block_over_the_time_they_took() {
    let works = [(1, 5, "a"), (2, 5, "b"), (3, 5, "c")];
    let blocks =
        vec![block(1, "a", 0, &works), block(2, "b", 1_800, &[]), block(3, "c", 3_600, &works)];
    let view = view_of(&look(3_600, blocks, Vec::new()));
    assert!((view.works_bought_per_hour().unwrap() - 3.0).abs() < 1e-9);
    assert!(view.knows_prices());
    assert!(!view_of(&look(0, vec![block(1, "a", 0, &works[..1])], Vec::new())).knows_prices());
}

#[test]
fn an_empty_pool_after_a_restart_leaves_the_sales_their_regime() {
    let sales: Vec<_> = (0..100).map(|id| (id, 5, "them")).collect();
    let chain = || (1..30).map(|h| block(h, "h", i64::from(h) * 180, &sales)).collect();
    let unproved = || (0..600).map(|id| open_work(1_000 + id, None)).collect();
    let settings = ViewSettings { level: fee(50), ..SETTINGS };
    let seen = |uptime: u64| {
        let mut look = look(6_000, chain(), unproved());
        look.status.as_mut().unwrap().uptime = Duration::from_secs(uptime);
        let mut history = MarketHistory::default();
        history.absorb_look(&look, |_| false, None);
        MarketView::new(&history, &look, &settings, |_| false)
    };
    let after_a_restart = seen(90);
    let summary = after_a_restart.summary();
    assert_eq!((summary.samples, summary.regime_since), (2_900, None));
    assert!(after_a_restart.knows_prices() && summary.pool_filling);
    assert_eq!((summary.open_works, summary.uncovered_works), (600, 600), "as it was read");
    let in_the_long_run = seen(86_400);
    assert!(in_the_long_run.summary().regime_since.is_some(), "unproved works sell at any fee");
    assert!(!in_the_long_run.knows_prices(), "a pool that never fills is a market to hold in");
}
