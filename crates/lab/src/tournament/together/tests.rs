use std::sync::atomic::{AtomicU64, Ordering};

use snarkfee_core::cycle::BOOK_INTERVAL;

use super::*;
use crate::market_sim::library;

fn together(scenario: &str, operators: &[&str], seeds: Vec<u64>, slots: u64) -> Together {
    let cost = Nanomina::try_new(100_000).unwrap();
    Together {
        scenario: library::scenario(scenario).unwrap(),
        operators: operators.iter().map(|name| (name.parse().unwrap(), cost)).collect(),
        seeds,
        slots,
        start: "2026-11-01T00:00:00Z".parse().unwrap(),
        book_interval: BOOK_INTERVAL,
        pricing: Pricing::default(),
        selection: Selection::Auto,
    }
}

fn threads(count: usize) -> NonZero<usize> {
    NonZero::new(count).unwrap()
}

#[test]
fn one_operator_together_with_nobody_is_the_operator_alone() {
    let one = together("scarce", &["profit"], vec![1], 120);
    let report = one.run(threads(2), &|_| {});
    let row = &report.operators[0];
    assert_eq!(row.profit_mina, row.profit_alone_mina);
    assert_eq!(row.settled_fee_mina, row.settled_fee_alone_mina);
    assert_eq!((row.operators, row.violations), (1, 0));
    assert!(row.profit_mina.mean > 0.0 && row.on_share > 0.5, "{row:?}");
}

#[test]
fn operators_share_one_market_and_the_report_does_not_depend_on_threads() {
    let some =
        together("scarce", &["always-on:0MINA", "profit", "always-on:0MINA"], vec![1, 2], 80);
    let steps = AtomicU64::new(0);
    let report = some.run(threads(2), &|all| {
        assert_eq!(all, 8, "two seeds of two kinds alone, all together, and none");
        steps.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(steps.into_inner(), 8);
    assert_eq!(report, some.run(threads(1), &|_| {}));
    let [free, profit] = &report.operators[..] else { panic!("{report:?}") };
    assert_eq!((free.operators, profit.operators), (2, 1));
    assert!(free.profit_mina.mean < 0.0, "works for nothing cost");
    assert!(free.prover_hours > 0.0 && free.prover_hours_alone > 0.0);
    let (with, without) = (report.market, report.without);
    assert!(with.price_mina < without.price_mina, "{with:?} {without:?}");
}
