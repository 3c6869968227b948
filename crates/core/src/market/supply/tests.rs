use super::*;
use crate::fixtures;

/// A look at a worker that is on, at `seconds`, with the seconds its provers spent so far.
fn look_at(seconds: i64, on: bool, prover_seconds: Option<f64>) -> Look {
    let mut look = fixtures::look(seconds, Vec::new(), Vec::new());
    if !on && let Ok(status) = &mut look.status {
        status.worker = None;
    }
    let completed_by_own = prover_seconds.map(|sum| sum / 30.0);
    look.metrics =
        Some(Ok(PoolMetrics { completed_by_own, prover_seconds, ..PoolMetrics::default() }));
    look
}

fn seconds(of: Duration) -> u64 {
    of.as_secs()
}

#[test]
fn an_effort_is_works_time_on_and_prover_time() {
    let mut supply = OwnSupply::default();
    assert_eq!(supply.record_look(&look_at(0, true, Some(500.0)), 0).proving, Some(Duration::ZERO));
    let effort = supply.record_look(&look_at(60, true, Some(545.0)), 1);
    assert_eq!(
        (effort.made, seconds(effort.on), effort.proving.map(seconds), seconds(effort.idle)),
        (1, 60, Some(45), 0)
    );
    let off = supply.record_look(&look_at(120, false, Some(545.0)), 0);
    assert_eq!((seconds(off.on), off.proving.map(seconds)), (0, Some(0)));
}

#[test]
fn no_prover_time_is_lost_or_counted_twice() {
    let mut supply = OwnSupply::default();
    let total = |looks: &[Look], supply: &mut OwnSupply| -> u64 {
        looks.iter().filter_map(|look| supply.record_look(look, 0).proving).map(seconds).sum()
    };
    let fault = crate::fault::Fault::TimedOut { limit: Duration::from_secs(1) };
    let unread = Look { metrics: Some(Err(fault)), ..look_at(120, true, None) };
    let looks = [
        look_at(0, true, Some(0.0)),
        look_at(60, true, Some(50.0)),
        unread,
        look_at(180, true, Some(150.0)),
    ];
    assert_eq!(total(&looks, &mut supply), 150, "a sum that begins at zero counts from there");
    let restarted = [look_at(240, true, Some(30.0)), look_at(300, true, Some(90.0))];
    assert_eq!(total(&restarted, &mut supply), 90, "after a restart the daemon counts from zero");
}

#[test]
fn a_daemon_that_keeps_no_sums_has_no_prover_time() {
    let mut supply = OwnSupply::default();
    for at in 0..30 {
        let mut look = look_at(at * 60, true, Some(0.0));
        if let Some(Ok(metrics)) = &mut look.metrics {
            metrics.completed_by_own = Some(at as f64);
        }
        assert_eq!(supply.record_look(&look, 1).proving, None);
    }
}

#[test]
fn time_on_that_no_proof_explains_is_idle() {
    let mut supply = OwnSupply::default();
    let mut idle = 0;
    for minute in 0..=60_i64 {
        // One proof of 100 s each five minutes; it is counted when it is finished.
        let proved = (minute / 5) as f64 * 100.0;
        let effort = supply.record_look(&look_at(minute * 60, true, Some(1.0 + proved)), 0);
        idle += seconds(effort.idle);
    }
    // What a proof may still explain waits: the last one took its time from there.
    let waits = OwnSupply::LONGEST_PROOF.as_secs() + 60 - 100;
    assert_eq!(idle, 3_600 - 1_200 - waits);
}

#[test]
fn the_clock_and_absences_make_no_time_on() {
    let mut supply = OwnSupply::default();
    supply.record_look(&look_at(0, false, None), 0);
    let late = supply.record_look(&look_at(90_000, true, None), 0);
    assert_eq!(late.on, Duration::ZERO, "it may have been switched on at any time");
    let on = supply.record_look(&look_at(180_000, true, None), 0);
    assert_eq!(seconds(on.on), 90_000);
    let mut set = look_at(190_060, true, None);
    set.clock_set = Some(jiff::SignedDuration::from_secs(10_000));
    assert_eq!(seconds(supply.record_look(&set, 0).on), 60);
}

#[test]
fn a_coordinator_is_on_while_its_provers_deliver() {
    let mut supply = OwnSupply::default();
    let on = |supply: &mut OwnSupply, at: i64, sum: f64| {
        seconds(supply.record_look(&look_at(at, false, Some(sum)), 0).on)
    };
    assert_eq!(on(&mut supply, 0, 30.0), 0);
    assert_eq!(on(&mut supply, 60, 60.0), 60);
    assert_eq!(on(&mut supply, 120, 60.0), 0);
}
