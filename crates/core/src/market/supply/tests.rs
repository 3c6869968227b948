use super::{super::look::PoolMetrics, *};
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

/// Adds a look in which so many works were seen to have been made.
fn record(
    supply: &mut OwnSupply,
    look: &Look,
    book: Option<&Arc<[OpenWork]>>,
    made: u64,
) -> Effort {
    let counts = supply.read_counts(look, &[]);
    let made = made.max(counts.works.unwrap_or_default());
    supply.record_look(look, book, &counts, made)
}

fn seconds(of: Duration) -> u64 {
    of.as_secs()
}

#[test]
fn an_effort_is_works_time_on_and_prover_time() {
    let mut supply = OwnSupply::default();
    assert_eq!(
        record(&mut supply, &look_at(0, true, Some(500.0)), None, 0).proving,
        Some(Duration::ZERO)
    );
    let effort = record(&mut supply, &look_at(60, true, Some(545.0)), None, 1);
    assert_eq!(
        (effort.made, seconds(effort.on), effort.proving.map(seconds), seconds(effort.idle)),
        (1, 60, Some(45), 0)
    );
    let off = record(&mut supply, &look_at(120, false, Some(545.0)), None, 0);
    assert_eq!((seconds(off.on), off.proving.map(seconds)), (0, Some(0)));
}

#[test]
fn no_prover_time_is_lost_or_counted_twice() {
    let mut supply = OwnSupply::default();
    let total = |looks: &[Look], supply: &mut OwnSupply| -> u64 {
        looks.iter().filter_map(|look| record(supply, look, None, 0).proving).map(seconds).sum()
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
        assert_eq!(record(&mut supply, &look, None, 1).proving, None);
    }
}

#[test]
fn time_on_that_no_proof_explains_is_idle() {
    let mut supply = OwnSupply::default();
    let mut idle = 0;
    for minute in 0..=60_i64 {
        // One proof of 100 s each five minutes; it is counted when it is finished.
        let proved = (minute / 5) as f64 * 100.0;
        let effort = record(&mut supply, &look_at(minute * 60, true, Some(1.0 + proved)), None, 0);
        idle += seconds(effort.idle);
    }
    // What a proof may still explain waits: the last one took its time from there.
    let waits = OwnSupply::LONGEST_PROOF.as_secs() + 60 - 100;
    assert_eq!(idle, 3_600 - 1_200 - waits);
}

#[test]
fn the_clock_and_absences_make_no_time_on() {
    let mut supply = OwnSupply::default();
    record(&mut supply, &look_at(0, false, None), None, 0);
    let late = record(&mut supply, &look_at(90_000, true, None), None, 0);
    assert_eq!(late.on, Duration::ZERO, "it may have been switched on at any time");
    let on = record(&mut supply, &look_at(180_000, true, None), None, 0);
    assert_eq!(seconds(on.on), 90_000);
    let mut set = look_at(190_060, true, None);
    set.clock_set = Some(jiff::SignedDuration::from_secs(10_000));
    assert_eq!(seconds(record(&mut supply, &set, None, 0).on), 60);
}

#[test]
fn a_coordinator_is_on_while_its_provers_deliver() {
    let mut supply = OwnSupply::default();
    let on = |supply: &mut OwnSupply, at: i64, sum: f64| {
        seconds(record(supply, &look_at(at, false, Some(sum)), None, 0).on)
    };
    assert_eq!(on(&mut supply, 0, 30.0), 0);
    assert_eq!(on(&mut supply, 60, 60.0), 60);
    assert_eq!(on(&mut supply, 120, 60.0), 0);
}

/// A book in which works without a proof are open to the worker.
fn open(ids: std::ops::Range<i64>) -> Arc<[OpenWork]> {
    ids.map(|id| fixtures::open_work(id, None)).collect()
}

fn pace_of(supply: &OwnSupply, seconds: i64) -> Pace {
    supply.pace(fixtures::time(seconds), PacePrior::default())
}

/// A worker that makes two works a minute and has nothing to do for the second half of each hour.
/// Its daemon counts three pieces for each work.
fn half_idle(sums: bool) -> (OwnSupply, i64) {
    let mut supply = OwnSupply::default();
    let (mut total, mut end) = (0, 0);
    for minute in 0..240_i64 {
        let busy = minute % 60 < 30;
        total += if busy && minute > 0 { 2 } else { 0 };
        let mut look = look_at(minute * 60, true, sums.then_some(30.0 * total as f64));
        if let Some(Ok(metrics)) = &mut look.metrics {
            metrics.completed_by_own = Some(3.0 * total as f64);
        }
        let left = if busy && minute % 60 < 29 { total..total + 40 } else { 0..0 };
        let made = if busy && minute > 0 { 2 } else { 0 };
        end = minute * 60;
        // The book is read every third minute.
        let book = (minute % 3 == 0).then(|| open(left));
        record(&mut supply, &look, book.as_ref(), made);
    }
    (supply, end)
}

#[test]
fn time_without_work_does_not_count_and_pieces_are_no_works() {
    let (supply, end) = half_idle(true);
    let pace = pace_of(&supply, end);
    assert_eq!((pace.source, pace.provers), (PaceSource::ProverTime, 1));
    assert!((pace.works_per_hour() / 120.0 - 1.0).abs() < 0.02, "{pace:?}");
    let (supply, end) = half_idle(false);
    let pace = pace_of(&supply, end);
    assert_eq!(pace.source, PaceSource::BusyTime);
    assert!((pace.works_per_hour() / 120.0 - 1.0).abs() < 0.05, "{pace:?}");
}

#[test]
fn evidence_fades_while_the_worker_is_off_until_only_the_prior_is_left() {
    let (supply, end) = half_idle(true);
    let day = 86_400;
    let width = |days: i64| {
        let pace = pace_of(&supply, end + days * day);
        pace.high / pace.low
    };
    assert!(width(0) < width(1) && width(1) < width(3) && width(3) < width(5), "{}", width(5));
    let prior = Pace::unmeasured(PacePrior::default());
    assert_eq!(pace_of(&supply, end + 30 * day).source, PaceSource::Prior);
    assert_eq!(pace_of(&supply, end + 30 * day), prior);
}

#[test]
fn what_another_daemon_makes_for_the_same_key_is_not_this_ones_pace() {
    let mut supply = OwnSupply::default();
    for minute in 0..120_i64 {
        let mut look = look_at(minute * 60, true, Some(60.0 * minute as f64));
        if let Some(Ok(metrics)) = &mut look.metrics {
            metrics.completed_by_own = Some(minute as f64);
        }
        record(&mut supply, &look, Some(&open(minute..minute + 40)), 3);
    }
    let pace = pace_of(&supply, 7_200);
    assert!((pace.works_per_hour() / 60.0 - 1.0).abs() < 0.03, "{pace:?}");
}

#[test]
fn provers_that_work_at_once_are_counted_and_share_nothing_of_a_works_time() {
    let mut supply = OwnSupply::default();
    for minute in 0..60_i64 {
        let mut look = look_at(minute * 60, true, Some(240.0 * minute as f64));
        if let Some(Ok(metrics)) = &mut look.metrics {
            metrics.completed_by_own = Some(16.0 * minute as f64);
        }
        record(&mut supply, &look, Some(&open(8 * minute..8 * minute + 40)), 8);
    }
    let pace = pace_of(&supply, 3_600);
    assert_eq!(pace.provers, 4);
    assert!((pace.per_prover / 120.0 - 1.0).abs() < 0.02, "{pace:?}");
}

#[test]
fn time_over_a_restart_a_switch_or_another_fee_measures_nothing() {
    let story = |change: fn(&mut DaemonStatus)| {
        let mut supply = OwnSupply::default();
        for minute in 0..30_i64 {
            let mut look = look_at(minute * 60, true, None);
            if minute % 2 == 1
                && let Ok(status) = &mut look.status
            {
                change(status);
            }
            record(&mut supply, &look, Some(&open(minute..minute + 40)), 1);
        }
        pace_of(&supply, 1_800).source
    };
    assert_eq!(story(|_| {}), PaceSource::BusyTime);
    assert_eq!(story(|status| status.fee = Nanomina::ONE), PaceSource::Prior);
    assert_eq!(story(|status| status.worker = None), PaceSource::Prior);
    assert_eq!(story(|status| status.sync = SyncState::Catchup), PaceSource::BusyTime);
}

#[test]
fn works_undercut_before_they_were_seen_count_by_their_jobs() {
    let mut supply = OwnSupply::default();
    for minute in 0..120_i64 {
        let mut look = look_at(minute * 60, true, Some(60.0 * minute as f64));
        if let Some(Ok(metrics)) = &mut look.metrics {
            (metrics.completed_by_own, metrics.prover_jobs) =
                (Some(4.0 * minute as f64), Some(4.0 * minute as f64));
        }
        // Of two works a minute only one is ever seen.
        record(&mut supply, &look, Some(&open(minute..minute + 40)), 1);
    }
    let pace = pace_of(&supply, 7_200);
    assert!((pace.works_per_hour() / 120.0 - 1.0).abs() < 0.03, "{pace:?}");
}
