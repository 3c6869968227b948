use std::{num::NonZero, sync::atomic::AtomicBool, time::Duration};

use super::*;
use crate::{
    simulate::{Contest, Entrant, library},
    units::Nanomina,
};

fn contest(scenario: &str, seeds: &[u64]) -> Contest {
    Contest {
        scenario: library::scenario(scenario).unwrap(),
        entrants: Vec::<Entrant>::new(),
        seeds: seeds.to_vec(),
        slots: 80,
        start: "2026-11-01T00:00:00Z".parse().unwrap(),
        cost: Nanomina::try_new(100_000).unwrap(),
        pricing: Pricing::default(),
        hindsight: true,
    }
}

fn tuned(contest: &Contest, threads: usize, cancelled: bool) -> Tuned {
    let cancelled = AtomicBool::new(cancelled);
    let proof = Proof { threads: NonZero::new(threads).unwrap(), progress: &|_| {}, cancelled: &cancelled };
    tune(&Ground::scenario(contest), &contest.pricing, &proof).unwrap()
}

#[test]
fn every_setting_has_a_reason_and_threads_do_not_matter() {
    // A cooldown of half a day keeps the fee from following anything, so there is something to find.
    let mut contest = contest("scarce", &[1, 2, 3]);
    contest.pricing.cooldown = Duration::from_secs(1_800);
    let found = tuned(&contest, 1, false);
    assert_eq!(found, tuned(&contest, 3, false));
    assert_eq!((found.training_cases, found.validation_cases, found.complete), (2, 1, true));
    assert!(found.settings.iter().all(|finding| !finding.reason.is_empty()));
    assert!(found.warnings.iter().any(|warning| warning.contains("too few")), "{:?}", found.warnings);
    let training = found.training.unwrap();
    assert!(training.gain_mina >= 0.0, "never worse where it was chosen");
}

#[test]
fn an_interruption_gives_what_was_found_until_then() {
    let found = tuned(&contest("scarce", &[1]), 1, true);
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
fn what_does_not_hold_on_other_data_is_not_recommended() {
    let mut found = tuned(&contest("surplus", &[1]), 1, true);
    let base = Pricing::default();
    (found.training_cases, found.validation_cases, found.complete) = (10, 10, true);
    found.pricing = Pricing { confirm: 1, ..base.clone() };
    found.settings = vec![Finding { key: "confirm", value: "1".into(), before: "3".into(), reason: "+1 MINA".into() }];
    judge(&mut found, &base, &|_| Ok(Some(vec![vec![2.0, 2.0], vec![1.0, 1.5]]))).unwrap();
    assert_eq!(found.pricing, base);
    assert!(
        found.settings[0].reason.contains("did not hold") && found.warnings.iter().any(|w| w.contains("begun with"))
    );
}
