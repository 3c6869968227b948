//! Room for the machine's own blocks, and which gates come before it.

use super::*;
use crate::{market::DaemonStatus, policy::LONGEST_PRODUCTION, units::FeeLimit};

/// A daemon with these own slots, in seconds from now.
fn producing<const N: usize>(starts: [i64; N]) -> Story {
    let mut story = Story::new(market(5_000_000, 3));
    story.status(|status| status.own_slots = slots(starts.map(|start| time(NOW + start))));
    story
}

const AHEAD: (&str, &str) = ("switch_off", "own_block_ahead");
const EARNS: (&str, &str) = ("set_fee", "price_move");

#[test]
fn every_slot_shown_counts_and_one_in_the_past_for_a_while() {
    let bound = i64::try_from(LONGEST_PRODUCTION.as_secs()).unwrap();
    for (starts, expected) in [
        (vec![100], AHEAD),
        (vec![300], AHEAD),
        (vec![301], EARNS),
        (vec![100, 4_000], AHEAD),
        (vec![-10, 100], AHEAD),
        (vec![-10, 4_000], AHEAD),
        (vec![-62], AHEAD),
        (vec![1 - bound], AHEAD),
        (vec![-bound], EARNS),
        (vec![-1_790_000_000 - NOW, 100], AHEAD),
        (vec![-1_790_000_000 - NOW, 4_000], EARNS),
        (vec![], EARNS),
    ] {
        let mut story = producing([]);
        let starts_at = starts.iter().map(|start| time(NOW + start));
        story.status(|status| status.own_slots = starts_at.collect());
        assert_eq!(story.code(), expected, "{starts:?}");
        story.params.block_production.enabled = false;
        assert_eq!(story.code(), EARNS, "{starts:?}, not asked to make room");
    }
}

#[test]
fn the_more_careful_of_the_two_clocks_decides() {
    // The slot, the daemon's clock, and what is right, in seconds from now.
    for (slot, clock, expected) in [
        (660, 720, AHEAD),
        (1_000, 720, AHEAD),
        (1_200, 720, ("hold", "daemon_clock")),
        (60, 720, AHEAD),
        (-660, -720, AHEAD),
        (60, -720, AHEAD),
        (-2_800, -720, ("hold", "daemon_clock")),
        (310, 0, EARNS),
        (310, 100, AHEAD),
    ] {
        let mut story = producing([slot]);
        story.status(|status| {
            status.now.starts = time(NOW + clock);
            status.best_tip = Some(status.now);
        });
        assert_eq!(story.code(), expected, "slot in {slot} s, clock {clock} s ahead");
    }
}

#[test]
fn room_is_made_before_what_makes_a_daemon_untrusted() {
    type Change = fn(&mut Story);
    let cases: [(&str, Change, bool); 15] = [
        ("clock_set", |story| story.look.clock_set = Some(SignedDuration::from_hours(1)), true),
        ("unsynced", |story| change(story, |status| status.sync = SyncState::Catchup), true),
        ("daemon_clock", |story| change(story, |it| it.now.starts = time(NOW + 7_200)), true),
        ("no_tip", |story| change(story, |status| status.best_tip = None), true),
        ("tip_behind", |story| change(story, set_tip_behind), true),
        ("height_behind", |story| change(story, |it| it.highest_received = 1_500), true),
        ("uptime_stands", let_uptime_stand, true),
        ("few_peers", |story| change(story, |status| status.peers = Some(0)), true),
        ("external_change", |story| story.memory.external_hold = Some(steady(NOW + 60)), true),
        ("chain_fault", |story| story.look.chain = Some(Err(silence())), true),
        ("metrics_fault", |story| story.look.metrics = Some(Err(silence())), true),
        ("paused", |story| story.memory.pause = Some(PauseDeadline { until: None }), false),
        ("status_fault", |story| story.look.status = Err(silence()), false),
        ("breaker_open", open_breaker, false),
        ("foreign_key", |story| change(story, |status| status.worker = Some(key("x"))), false),
    ];
    for (reason, change, gives_way) in cases {
        let mut story = producing([]);
        change(&mut story);
        assert_eq!(story.code(), ("hold", reason), "without an own block");
        let mut story = producing([100]);
        change(&mut story);
        let expected = if gives_way { AHEAD } else { ("hold", reason) };
        assert_eq!(story.code(), expected, "an own block and {reason}");
    }
}

fn let_uptime_stand(story: &mut Story) {
    story.memory.uptime_moved = Some(steady(NOW - 61));
    story.memory.uptime_read = Some(steady(NOW));
}

/// Of two things that are amiss, the one that comes first in the order of decisions is told.
#[test]
fn of_each_pair_the_earlier_one_decides() {
    type Change = fn(&mut Story);
    let order: [(&str, &str, Change); 10] = [
        ("hold", "paused", |story| story.memory.pause = Some(PauseDeadline { until: None })),
        ("hold", "breaker_open", open_breaker),
        ("switch_off", "own_block_ahead", |story| {
            change(story, |status| status.own_slots = slots([time(NOW + 100)]));
        }),
        ("hold", "unsynced", |story| change(story, |status| status.sync = SyncState::Catchup)),
        ("hold", "no_tip", |story| change(story, |status| status.best_tip = None)),
        ("hold", "height_behind", |story| change(story, |it| it.highest_received = 1_500)),
        ("hold", "few_peers", |story| change(story, |status| status.peers = Some(0))),
        ("hold", "external_change", |story| story.memory.external_hold = Some(steady(NOW + 60))),
        ("hold", "reserve_above_ceiling", |story| {
            story.memory.account = Some(LedgerAccount::Missing);
            story.params.pricing.ceiling = FeeLimit::Mina(fee(500_000_000));
        }),
        ("hold", "chain_fault", |story| story.look.chain = Some(Err(silence()))),
    ];
    for (place, (action, reason, earlier)) in order.iter().enumerate() {
        for (_, other, later) in order.iter().skip(place + 1) {
            for swapped in [false, true] {
                let mut story = producing([]);
                let both = if swapped { [later, earlier] } else { [earlier, later] };
                both.iter().for_each(|change| change(&mut story));
                assert_eq!(story.code(), (*action, *reason), "{reason} and {other}");
            }
        }
    }
}

fn change(story: &mut Story, change: fn(&mut DaemonStatus)) {
    story.status(change);
}

fn set_tip_behind(status: &mut DaemonStatus) {
    status.best_tip.as_mut().unwrap().starts = time(NOW - 7_200);
}

fn silence() -> Fault {
    Fault::TimedOut { limit: Duration::from_secs(30) }
}

fn open_breaker(story: &mut Story) {
    story.memory.breaker = Breaker { failures: 5, successes: Some(0) };
}

#[test]
fn a_daemon_that_takes_no_settings_is_sent_none() {
    let mut story = producing([100]);
    story.status(|status| status.read_only = true);
    assert_eq!(story.code(), ("hold", "no_mutations"));
    story.status(|status| status.own_slots = slots([]));
    let decision = story.decide();
    assert_eq!((decision.action, decision.reason), (Action::Hold, Reason::NoMutations));
    assert!(decision.appraisal.is_some(), "what would be done is told");
}

#[test]
fn a_slot_that_is_no_longer_shown_still_counts_until_resume_after() {
    for (later, expected) in [(100, AHEAD), (199, AHEAD), (201, AHEAD), (259, AHEAD), (260, EARNS)]
    {
        let mut story = producing([200, 90_000]);
        story.memory.observe(&story.look, Mode::Live, &story.params.safety);
        story.pass_to(time(NOW + later));
        story.status(|status| status.own_slots = slots([]));
        story.memory.observe(&story.look, Mode::Live, &story.params.safety);
        assert_eq!(story.code(), expected, "{later} s later");
    }
}

#[test]
fn a_worker_that_stepped_aside_is_handed_back_though_someone_else_changed_the_fee() {
    let mut story = producing([]);
    story.memory.pacing.making_room_for = Some(time(NOW - 120));
    story.memory.external_hold = Some(steady(NOW + 600));
    story.status(|status| status.worker = None);
    let asked = story.look.status.as_ref().unwrap().fee;
    let decision = story.decide();
    assert_eq!(decision.action, Action::SwitchOn { key: key("us"), fee: asked });
    assert_eq!(decision.reason, Reason::OwnBlockPassed);
    story.status(|status| status.sync = SyncState::Catchup);
    assert_eq!(story.code(), ("hold", "unsynced"));
    story.status(|status| status.sync = SyncState::Synced);
    story.memory.pacing.making_room_for = None;
    assert_eq!(story.code(), ("hold", "external_change"), "someone else switched it off");
}
