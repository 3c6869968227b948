//! When nothing is touched.

use super::*;

#[test]
fn reasons_to_hold_come_in_the_order_of_their_priority() {
    let mut story = Story::new(market(5_000_000, 3));
    story.look.chain = Some(Err(Fault::Malformed { cause: "x".into() }));
    assert_eq!(story.code(), ("hold", "chain_fault"));
    story.params.block_production.enabled = true;
    story.status(|status| status.own_slots = slots([time(NOW + 60)]));
    assert_eq!(
        story.code(),
        ("switch_off", "own_block_ahead"),
        "room is made without knowing the market"
    );
    story.status(|status| status.own_slots = slots([]));
    story.status(|status| status.worker = Some(key("someone")));
    assert_eq!(story.code(), ("hold", "foreign_key"));
    story.memory.external_hold = Some(steady(NOW + 60));
    assert_eq!(story.code(), ("hold", "external_change"));
    story.status(|status| status.peers = Some(1));
    assert_eq!(story.code(), ("hold", "few_peers"));
    story.status(|status| status.best_tip.as_mut().unwrap().starts = time(NOW - 7_200));
    assert_eq!(story.code(), ("hold", "tip_behind"));
    story.status(|status| status.sync = SyncState::Catchup);
    assert_eq!(story.code(), ("hold", "unsynced"));
    story.memory.breaker = Breaker { failures: 5, successes: Some(0) };
    assert_eq!(story.code(), ("hold", "breaker_open"));
    story.look.status = Err(Fault::TimedOut { limit: Duration::from_secs(30) });
    assert_eq!(story.code(), ("hold", "status_fault"));
    story.memory.pause = Some(PauseDeadline { until: None });
    assert_eq!(story.code(), ("hold", "paused"));
}

#[test]
fn a_daemon_without_a_key_is_not_touched_until_its_role_is_known() {
    let mut story = Story::new(market(5_000_000, 3));
    story.memory.shown_key = None;
    story.status(|status| status.worker = None);
    assert_eq!(story.code(), ("hold", "role_unsure"));
    story.params.worker.role = RoleSetting::Worker;
    assert_eq!(story.code(), ("switch_on", "profitable"));
    story.params.worker.key = None;
    assert_eq!(story.code(), ("hold", "no_worker_key"));
}

#[test]
fn one_that_hands_out_work_without_showing_a_key_is_a_coordinator() {
    let safety = Safety::default();
    let mut memory = Memory::default();
    // Seconds, uptime, key shown, works handed out, works that came back: the role then.
    let mut seen = |seconds: i64, uptime: u64, on: bool, assigned: f64, completed: f64| {
        let mut look = fixtures::look(seconds, Vec::new(), Vec::new());
        let status = look.status.as_mut().unwrap();
        (status.uptime, status.worker) = (Duration::from_secs(uptime), on.then(|| key("us")));
        let (assigned_to_own, completed_by_own) = (Some(assigned), Some(completed));
        look.metrics =
            Some(Ok(PoolMetrics { assigned_to_own, completed_by_own, ..PoolMetrics::default() }));
        memory.observe(&look, Mode::Live, &safety);
        memory.role(RoleSetting::Auto)
    };
    assert_eq!(seen(0, 1_000, false, 5.0, 3.0), Role::Unsure);
    assert_eq!(
        seen(60, 1_060, false, 5.0, 4.0),
        Role::Unsure,
        "a proof begun before the key was taken away"
    );
    assert_eq!(seen(1_200, 2_200, false, 5.0, 5.0), Role::Coordinator, "none takes that long");
    assert_eq!(seen(1_260, 2_260, true, 5.0, 5.0), Role::Worker);
    assert_eq!(
        seen(1_320, 2_320, false, 6.0, 5.0),
        Role::Worker,
        "handed out while the key was shown"
    );
    assert_eq!(seen(1_380, 2_380, false, 7.0, 5.0), Role::Coordinator);
    assert_eq!(seen(1_440, 30, false, 0.0, 0.0), Role::Coordinator, "a restart shows nothing");
    assert_eq!(seen(1_500, 90, true, 0.0, 0.0), Role::Worker);
    assert_eq!(seen(1_560, 30, false, 0.0, 0.0), Role::Worker);
    assert_eq!(seen(1_620, 90, false, 0.0, 0.0), Role::Worker);
}

#[test]
fn metrics_that_cannot_be_true_hold_at_once_and_silent_ones_after_a_while() {
    let mut story = Story::new(market(5_000_000, 3));
    let lie = Fault::InvalidValue { field: "snark_fee".into(), value: "not cumulative".into() };
    story.memory.metrics_read = Some(steady(NOW - 60));
    story.look.metrics = Some(Err(lie.clone()));
    let decision = story.decide();
    assert_eq!(
        (decision.action, decision.reason),
        (Action::Hold, Reason::MetricsFault { fault: lie })
    );
    assert!(
        decision.target.is_some() && decision.appraisal.is_some(),
        "what would be done is told"
    );
    story.look.metrics = Some(Err(Fault::Unreachable { cause: "refused".into() }));
    assert_eq!(story.code(), ("set_fee", "price_move"));
    for read in [None, Some(steady(NOW - 300))] {
        story.memory.metrics_read = read;
        assert_eq!(story.code(), ("hold", "metrics_fault"));
    }
    story.status(|status| status.own_slots = slots([time(NOW + 60)]));
    assert_eq!(story.code(), ("switch_off", "own_block_ahead"), "room is made without them");
    story.status(|status| status.own_slots = slots([]));
    story.look.metrics = None;
    assert_eq!(story.code(), ("set_fee", "price_move"), "none are configured");
}

#[test]
fn a_restart_shows_also_where_the_uptime_has_overtaken_the_one_before() {
    let mut memory = Memory::default();
    let mut look = fixtures::look(0, Vec::new(), Vec::new());
    let mut seen = |seconds: i64, uptime: u64| {
        look.at = time(seconds);
        look.status.as_mut().unwrap().uptime = Duration::from_secs(uptime);
        memory.observe(&look, Mode::Live, &Safety::default());
        memory.restarts
    };
    assert_eq!((seen(0, 10), seen(60, 66), seen(3_660, 3_590)), (0, 0, 1));
    assert_eq!(seen(7_260, 7_187), 1, "read a little later than the look began");
}

#[test]
fn without_a_worker_key_the_fee_is_set_and_work_is_not_switched() {
    let mut story = Story::new(market(5_000_000, 3));
    story.params.worker = Worker::default().adopting(Some(&key("us")));
    assert_eq!(story.code(), ("set_fee", "price_move"));
    let mut story = Story::new(market(5_000_000, 10));
    story.params.worker = Worker::default().adopting(Some(&key("us")));
    assert_eq!(story.code(), ("hold", "no_worker_key"));
    story.status(|status| status.worker = Some(key("someone")));
    assert_eq!(story.code(), ("hold", "foreign_key"));
}

#[test]
fn a_coordinator_is_parked_and_never_switched() {
    let mut story = Story::new(market(5_000_000, 10));
    story.params.worker.role = RoleSetting::Coordinator;
    story.status(|status| status.worker = None);
    assert_eq!(story.decide().action, Action::Park { fee: Nanomina::ONE_MINA });
    story.status(|status| status.fee = Nanomina::ONE_MINA);
    assert_eq!(story.code(), ("hold", "uneconomical"));
    let mut earning = Story::new(market(5_000_000, 3));
    earning.params.worker.role = RoleSetting::Coordinator;
    earning.status(|status| status.worker = None);
    assert_eq!(earning.code(), ("set_fee", "price_move"));
}

#[test]
fn the_breaker_opens_after_failures_in_a_row_and_closes_after_successes() {
    let mut memory = Memory::default();
    let good = fixtures::look(0, Vec::new(), Vec::new());
    let mut bad = good.clone();
    bad.status = Err(Fault::TimedOut { limit: Duration::from_secs(30) });
    let held =
        Decision { action: Action::Hold, reason: Reason::AtTarget, target: None, appraisal: None };
    let mut params = Story::new(Vec::new()).params;
    params.safety.max_consecutive_failures = 2;
    for (look, open) in
        [(&bad, false), (&good, false), (&bad, false), (&bad, true), (&good, true), (&good, false)]
    {
        memory.record_outcome(look.at, look, &held, &Outcome::Held, &params);
        assert_eq!(memory.breaker.is_open(), open);
    }
}
