//! When the worker is switched, and what it waits for.

use super::*;

/// Work for which nobody pays, proved by others but for one: some dearer than the fee asked.
/// Nothing it can earn is enough.
fn covered(uncovered: Option<i64>) -> Story {
    let mut story = Story::new(market(5_000_000, 10));
    story.params.pricing.stop_below = FeeRate::new(1_000_000_000_000);
    let works =
        [open_work(900_000, Some((400_000_000, "them"))), open_work(900_001, Some((0, "them")))];
    let works = works.into_iter().chain(uncovered.map(|id| open_work(id, None)));
    story.look.book.as_mut().unwrap().as_mut().unwrap().works = works.collect();
    story
}

#[test]
fn a_worker_that_can_be_kept_from_new_work_finishes_its_proof_before_it_stops() {
    let mut story = covered(None);
    let decision = story.decide();
    assert_eq!(decision.action, Action::Park { fee: Nanomina::ONE_MINA });
    assert_eq!(
        decision.reason,
        Reason::WindingDown { remaining: Duration::from_secs(240) },
        "twice the time of a work, at 30 an hour"
    );
    story.memory.record_outcome(
        story.look.at,
        &story.look,
        &decision,
        &Outcome::Confirmed,
        &story.params,
    );
    story.status(|status| status.fee = Nanomina::ONE_MINA);
    let mut later = |seconds: i64| {
        story.pass_to(time(NOW + seconds));
        story.memory.observe(&story.look, Mode::Live, &story.params.safety);
        let decision = story.decide();
        story.memory.record_outcome(
            story.look.at,
            &story.look,
            &decision,
            &Outcome::Held,
            &story.params,
        );
        (decision.action.code(), decision.reason.code())
    };
    assert_eq!(later(60), ("hold", "winding_down"));
    assert_eq!(later(239), ("hold", "winding_down"));
    assert_eq!(later(240), ("switch_off", "uneconomical"));
}

#[test]
fn a_stop_that_would_save_no_proof_is_not_delayed() {
    assert_eq!(
        covered(Some(900_002)).code(),
        ("switch_off", "uneconomical"),
        "a work without a proof is handed out at any fee"
    );
    let mut idle = covered(None);
    idle.status(|status| status.fee = fee(500_000_000));
    assert_eq!(idle.code(), ("switch_off", "uneconomical"), "nothing is handed out already");
    let mut cooling = covered(None);
    cooling.memory.pacing.fee_changed = Some(steady(NOW - 60));
    assert_eq!(cooling.code(), ("switch_off", "uneconomical"), "the fee may not be changed yet");
    let mut spent = covered(None);
    spent.memory.pacing.changes = (0..47).map(|_| steady(NOW - 3_600)).collect();
    assert_eq!(
        spent.code(),
        ("switch_off", "uneconomical"),
        "the last change of the day is for the key"
    );
}

#[test]
fn an_own_block_does_not_wait_for_a_proof_and_better_prices_end_the_winding_down() {
    let mut story = covered(None);
    story.memory.pacing.winding_down = Some(steady(NOW - 10));
    story.memory.pacing.fee_changed = Some(steady(NOW - 10));
    story.status(|status| status.fee = Nanomina::ONE_MINA);
    assert_eq!(story.code(), ("hold", "winding_down"));
    story.status(|status| status.own_slots = slots([time(NOW + 60)]));
    let decision = story.decide();
    assert_eq!((decision.action.code(), decision.reason.code()), ("switch_off", "own_block_ahead"));
    story.memory.record_outcome(
        story.look.at,
        &story.look,
        &decision,
        &Outcome::Confirmed,
        &story.params,
    );
    assert_eq!(story.memory.pacing.winding_down, None);
    let mut better = Story::new(market(5_000_000, 1));
    better.memory.pacing.winding_down = Some(steady(NOW - 10));
    let decision = better.decide();
    better.memory.record_outcome(
        better.look.at,
        &better.look,
        &decision,
        &Outcome::Confirmed,
        &better.params,
    );
    assert_eq!((decision.action.code(), better.memory.pacing.winding_down), ("set_fee", None));
}

#[test]
fn between_two_fees_lies_the_cooldown_also_where_the_worker_is_switched_on() {
    let mut story = Story::new(market(5_000_000, 1));
    story.memory.pacing.fee_changed = Some(steady(NOW - 60));
    story.status(|status| status.worker = None);
    assert_eq!(story.code(), ("hold", "cooldown"));
    story.memory.pacing.making_room_for = Some(time(NOW - 120));
    let asked = story.look.status.as_ref().unwrap().fee;
    assert_eq!(
        story.decide().action,
        Action::SwitchOn { key: key("us"), fee: asked },
        "a block only interrupts"
    );
    story.memory.pacing.fee_changed = None;
    assert_eq!(story.decide().action, Action::SwitchOn { key: key("us"), fee: fee(4_999_999) });
}

#[test]
fn a_switch_waits_for_looks_that_agree() {
    let mut story = Story::new(market(5_000_000, 10));
    story.params.pricing.confirm = 3;
    let mut codes = Vec::new();
    for _ in 0..3 {
        let decision = story.decide();
        codes.push(decision.reason.code());
        story.memory.record_outcome(
            story.look.at,
            &story.look,
            &decision,
            &Outcome::Held,
            &story.params,
        );
    }
    assert_eq!(codes, ["confirming", "confirming", "uneconomical"]);
}

#[test]
fn dwell_cooldown_and_budget_hold() {
    let mut story = Story::new(market(5_000_000, 10));
    story.memory.pacing.switched = Some(Switched { at: steady(NOW - 300), on: true });
    assert_eq!(story.code(), ("hold", "min_on"));
    story.params.pricing.min_on = Duration::ZERO;
    story.memory.pacing.switched = Some(Switched { at: steady(NOW - 5), on: true });
    assert_eq!(story.code(), ("hold", "switch_hazard"));
    let mut story = Story::new(market(5_000_000, 3));
    story.memory.pacing.fee_changed = Some(steady(NOW - 60));
    assert_eq!(story.decide().reason, Reason::Cooldown { remaining: Duration::from_secs(540) });
    story.memory.pacing.fee_changed = Some(steady(NOW + 86_400));
    assert_eq!(
        story.decide().reason,
        Reason::Cooldown { remaining: Duration::from_secs(600) },
        "a clock set back"
    );
    story.memory.pacing.fee_changed = None;
    story.memory.pacing.changes = (0..48).map(|_| steady(NOW - 3_600)).collect();
    assert_eq!(story.code(), ("hold", "daily_budget"));
}

#[test]
fn an_own_block_makes_room_and_hands_back() {
    let mut story = Story::new(market(5_000_000, 3));
    story.params.block_production.enabled = true;
    let slot = time(NOW + 240);
    story.status(|status| status.own_slots = slots([slot]));
    let decision = story.decide();
    assert_eq!((decision.action.code(), decision.reason.code()), ("switch_off", "own_block_ahead"));
    story.memory.record_outcome(
        story.look.at,
        &story.look,
        &decision,
        &Outcome::Confirmed,
        &story.params,
    );
    story.status(|status| {
        status.worker = None;
        status.own_slots = slots([time(NOW + 40_000)]);
    });
    for (later, expected) in [
        (120, ("hold", "own_block_ahead")),
        (250, ("hold", "own_block_ahead")),
        (301, ("switch_on", "own_block_passed")),
    ] {
        story.pass_to(time(NOW + later));
        assert_eq!(story.code(), expected, "{later} s later");
    }
}
