use std::num::NonZero;

use snarkfee_core::{cycle::BOOK_INTERVAL, market::Selection, policy::Pricing, units::Nanomina};

use super::*;
use crate::{market_sim::library, tournament::Tournament};

/// Everything that would make a browser ask for something else.
const FOREIGN: [&str; 8] =
    ["<script", "<link", "<img", "<iframe", "src=", "href=", "url(", "@import"];

#[test]
fn one_file_holds_everything() {
    let tournament = Tournament {
        scenario: library::scenario("scarce").unwrap(),
        policies: ["profit", "always-on:0.001MINA", "off"]
            .map(|name| name.parse().unwrap())
            .to_vec(),
        seeds: vec![1],
        slots: 10,
        start: "2026-11-01T00:00:00Z".parse().unwrap(),
        cost: Nanomina::try_new(100_000).unwrap(),
        book_interval: BOOK_INTERVAL,
        pricing: Pricing::default(),
        selection: Selection::Auto,
        hindsight: false,
    };
    let (report, histories) = tournament.run(NonZero::new(2).unwrap(), &|_| {});
    let html = render_tournament(
        &report,
        Some(1),
        &histories,
        &[("cost of a work", "<0.0001> MINA".to_owned())],
    );
    assert_eq!(html.matches("<svg").count(), 5, "all profits, one fee, three profits");
    assert!(html.contains("&lt;0.0001&gt; MINA"));
    for foreign in FOREIGN {
        assert!(!html.contains(foreign), "{foreign}");
    }
    assert!(html.contains("prefers-color-scheme: dark") && html.contains("always-on:0.001MINA"));
}

#[test]
fn texts_from_outside_are_escaped() {
    let report = BacktestReport {
        source: "blocks",
        from: None,
        to: None,
        looks: None,
        blocks: 0,
        series: Vec::new(),
        replay: None,
        policies: Vec::new(),
        skipped: vec![crate::precomputed::SkippedFile {
            file: "<script>.json".into(),
            why: "\"no\" & <b>".into(),
            kind: crate::precomputed::SkipKind::Defect,
        }],
    };
    let html = render_backtest(&report, &[], &[]);
    assert!(html.contains("&lt;script&gt;.json") && html.contains("&amp; &lt;b&gt;"));
    assert!(!html.contains("<script") && !html.contains("<svg"));
}
