use std::{num::NonZero, sync::atomic::AtomicBool, time::Duration};

use snarkfee_core::{cycle::BOOK_INTERVAL, market::Selection, units::Nanomina};

use super::*;
use crate::{market_sim::library, tournament::Tournament};

fn tournament(scenario: &str, seeds: &[u64]) -> Tournament {
    Tournament {
        scenario: library::scenario(scenario).unwrap(),
        policies: Vec::new(),
        seeds: seeds.to_vec(),
        slots: 80,
        start: "2026-11-01T00:00:00Z".parse().unwrap(),
        cost: Nanomina::try_new(100_000).unwrap(),
        book_interval: BOOK_INTERVAL,
        pricing: Pricing::default(),
        selection: Selection::Auto,
        hindsight: true,
    }
}

fn tuned(tournament: &Tournament, threads: usize, cancelled: bool) -> TuningReport {
    let cancelled = AtomicBool::new(cancelled);
    let execution = Execution {
        threads: NonZero::new(threads).unwrap(),
        progress: &|_| {},
        cancelled: &cancelled,
    };
    tune(&TuningData::scenario(tournament), &tournament.pricing, &execution).unwrap()
}

/// The cases of a market in which only a short cooldown and a patient strategy earn more.
fn earnings(candidates: &[Pricing]) -> anyhow::Result<Option<Vec<Vec<f64>>>> {
    let profit = |pricing: &Pricing| {
        let quick = if pricing.cooldown < Duration::from_secs(600) { 0.5 } else { 0.0 };
        let certain = if pricing.confirm > 3 { 0.001 } else { 0.0 };
        (0..6).map(|case| 2.0 + quick + certain + f64::from(case) * 0.01 * quick).collect()
    };
    Ok(Some(candidates.iter().map(profit).collect()))
}

#[test]
fn settings_that_earn_clearly_more_are_chosen_and_every_setting_has_a_reason() {
    let base = Pricing::default();
    let mut best =
        (base.clone(), earnings(std::slice::from_ref(&base)).unwrap().unwrap().remove(0));
    let (mut settings, knobs) = (Vec::new(), knobs());
    assert!(sweep_settings(&earnings, &knobs, &base, &mut best, &mut settings).unwrap());
    assert_eq!(best.0, Pricing { cooldown: Duration::from_secs(300), ..base });
    assert_eq!(settings.len(), knobs.len());
    for SettingFinding { key, value, before, reason } in &settings {
        let changed = *key == "cooldown";
        assert_eq!(
            (value != before, reason.contains("better in 6 of 6")),
            (changed, changed),
            "{key}: {reason}"
        );
    }
    let confirm = settings.iter().find(|finding| finding.key == "confirm").unwrap();
    assert!(confirm.reason.contains("clearly"), "{confirm:?}");
}

#[test]
fn an_interruption_returns_what_was_found_so_far() {
    let found = tuned(&tournament("scarce", &[1]), 1, true);
    assert!(!found.complete && found.pricing == Pricing::default());
    assert!(found.warnings[0].contains("interrupted"));
}

#[test]
fn a_gain_counts_where_chance_does_not_explain_it() {
    let clear = |before: &[f64], after: &[f64]| Comparison::of(before, after).unwrap().is_clear();
    assert!(clear(&[1.0, 1.0, 1.0], &[1.2, 1.3, 1.2]));
    assert!(!clear(&[1.0, 1.0, 1.0], &[1.005, 1.005, 1.005]), "too small to matter");
    assert!(!clear(&[1.0, 1.0, 1.0], &[3.0, 0.1, 0.1]), "one lucky case");
    assert!(Comparison::of(&[], &[]).is_none());
}

#[test]
fn a_gain_that_fails_validation_is_not_recommended() {
    let mut found = tuned(&tournament("surplus", &[1]), 1, true);
    let base = Pricing::default();
    (found.training_cases, found.validation_cases, found.complete) = (10, 10, true);
    found.pricing = Pricing { confirm: 1, ..base.clone() };
    found.settings = vec![SettingFinding {
        key: "confirm",
        value: "1".into(),
        before: "3".into(),
        reason: "+1 MINA".into(),
    }];
    validate(&mut found, &base, &|_| Ok(Some(vec![vec![2.0, 2.0], vec![1.0, 1.5]]))).unwrap();
    assert_eq!(found.pricing, base);
    assert!(
        found.settings[0].reason.contains("did not hold")
            && found.warnings.iter().any(|w| w.contains("initial settings"))
    );
}
