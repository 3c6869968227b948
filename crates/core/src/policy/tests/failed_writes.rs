//! What the daemon refuses, or accepts without heeding it.

use super::*;

const REFUSED: fn() -> Outcome =
    || Outcome::Rejected { fault: Fault::Refused { message: "no".into() }, reached: None };

/// A fee of 0.1 MINA where the best one is 4,999,999 nanomina.
fn mispriced() -> Story {
    let mut story = Story::new(market(5_000_000, 3));
    story.status(|status| status.fee = fee(100_000_000));
    story.memory.observe(&story.look, Mode::Live, &story.params.safety);
    assert_eq!(story.decide().action, Action::SetFee { fee: fee(4_999_999) });
    story
}

fn ineffective(story: &Story) -> Outcome {
    let status = story.look.status.as_ref().unwrap();
    Outcome::Ineffective { shown: DaemonSettings::from(status) }
}

/// Decides, and lets that end so.
fn fail(story: &mut Story, outcome: &Outcome) {
    let decision = story.decide();
    assert_ne!(decision.action, Action::Hold, "{}", decision.reason);
    story.memory.record_outcome(story.look.at, &story.look, &decision, outcome, &story.params);
}

/// The market as it was, after so long; a look between them held.
fn pass(story: &mut Story, seconds: i64) {
    let held =
        Decision { action: Action::Hold, reason: Reason::AtTarget, target: None, appraisal: None };
    let (at, params) = (story.look.at, story.params.clone());
    story.memory.record_outcome(at, &story.look, &held, &Outcome::Held, &params);
    let at = story.look.at + SignedDuration::from_secs(seconds);
    let blocks = story.look.chain.as_mut().unwrap().as_mut().unwrap();
    for block in &mut blocks.blocks {
        Arc::make_mut(block).at += SignedDuration::from_secs(seconds);
    }
    story.pass_to(at);
    story.memory.observe(&story.look, Mode::Live, &story.params.safety);
}

#[test]
fn what_failed_waits_twice_as_long_each_time_up_to_a_day() {
    for (outcome, code) in [(None, "write_ineffective"), (Some(REFUSED()), "write_refused")] {
        let mut story = mispriced();
        for tries in 0..13 {
            let outcome = outcome.clone().unwrap_or_else(|| ineffective(&story));
            fail(&mut story, &outcome);
            let wait = (60_i64 << tries).min(24 * 3_600);
            pass(&mut story, wait - 1);
            let decision = story.decide();
            assert_eq!((decision.action, decision.reason.code()), (Action::Hold, code));
            pass(&mut story, 1);
            assert_eq!(story.memory.external_hold, None, "nobody else changed anything");
        }
    }
}

/// What may happen, how, and whether it lets the same be sent again.
type Event = (&'static str, fn(&mut Story), bool);

#[test]
fn it_is_sent_again_once_something_changed() {
    let changes: [Event; 5] = [
        ("nothing", |_| {}, false),
        (
            "the daemon restarted",
            |story| {
                story.status(|s| s.uptime = Duration::from_secs(3));
            },
            true,
        ),
        (
            "the daemon is set otherwise",
            |story| {
                story.params.safety.external_change = ExternalChange::Reapply;
                story.status(|status| status.fee = fee(77_000_000));
            },
            true,
        ),
        (
            "the operator resumed or other settings came",
            |story| story.memory.failed_writes.clear(),
            true,
        ),
        (
            "a restart of the service",
            |story| {
                let kept = serde_json::to_string(&story.memory).unwrap();
                story.memory = serde_json::from_str(&kept).unwrap();
            },
            false,
        ),
    ];
    for (what, change, sent) in changes {
        let mut story = mispriced();
        for _ in 0..2 {
            fail(&mut story, &REFUSED());
            pass(&mut story, 100);
        }
        pass(&mut story, 1);
        change(&mut story);
        pass(&mut story, 1);
        assert_eq!(
            story.decide().action != Action::Hold,
            sent,
            "{what}: {}",
            story.decide().reason
        );
    }
}

#[test]
fn another_fee_waits_an_hour_at_most_and_a_switch_not_at_all() {
    let mut story = mispriced();
    for tries in 0..9 {
        fail(&mut story, &REFUSED());
        pass(&mut story, 60_i64 << tries);
    }
    fail(&mut story, &REFUSED());
    pass(&mut story, 60);
    story.params.pricing.ceiling = fee(3_000_000).into();
    assert_eq!(story.decide().reason.code(), "write_refused");
    pass(&mut story, 3_600);
    assert_eq!(story.decide().action, Action::SetFee { fee: fee(3_000_000) });
    story.params.pricing.ceiling = fee(100_000_000).into();
    assert_eq!(story.decide().reason.code(), "write_refused");
    story.cost = Ok(fee(50_000_000));
    assert_eq!(story.decide().action, Action::SwitchOff, "{}", story.decide().reason);
}

#[test]
fn making_room_for_a_block_is_tried_again_each_minute() {
    let mut story = mispriced();
    let ahead = SignedDuration::from_secs(20);
    let with_slot = |story: &mut Story| {
        let slot = story.look.at + ahead;
        story.status(|status| status.own_slots = slots([slot]));
    };
    with_slot(&mut story);
    for _ in 0..6 {
        fail(&mut story, &REFUSED());
        pass(&mut story, 50);
        with_slot(&mut story);
        assert_eq!(story.decide().reason.code(), "write_refused");
        pass(&mut story, 10);
        with_slot(&mut story);
        assert_eq!(story.code(), ("switch_off", "own_block_ahead"));
    }
}

#[test]
fn an_effect_that_comes_late_is_ours_and_one_that_is_undone_is_someone_elses() {
    let mut story = mispriced();
    let outcome = ineffective(&story);
    fail(&mut story, &outcome);
    for _ in 0..3 {
        pass(&mut story, 10);
    }
    story.status(|status| status.fee = fee(4_999_999));
    pass(&mut story, 10);
    assert_eq!(story.memory.external_hold, None);
    assert_eq!(story.code(), ("hold", "at_target"));
    story.status(|status| status.fee = fee(100_000_000));
    pass(&mut story, 10);
    assert_eq!(story.code(), ("hold", "external_change"));
}

#[test]
fn nothing_failed_in_a_dry_run() {
    let mut story = mispriced();
    fail(&mut story, &REFUSED());
    story.mode = Mode::DryRun;
    story.memory.observe(&story.look, Mode::DryRun, &story.params.safety);
    assert_eq!(story.code(), ("set_fee", "price_move"));
}
