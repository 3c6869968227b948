//! A clock that is set, and one that is wrong for a moment.

use super::*;
use crate::{
    clocks::{BootId, MachineTime},
    policy::gates::Gates,
};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// A look on a machine whose time of day is wrong by `wrong` seconds. Its first boot was long ago,
/// its second halfway between `NOW` and the look.
fn observe_at(story: &mut Story, second: i64, boot: u128, wrong: i64) {
    let uptime = if boot == 1 { 1_000_000 + second } else { (second - NOW) / 2 };
    let uptime = Duration::from_secs(u64::try_from(uptime).unwrap());
    let wall = time(second + wrong);
    let machine = MachineTime { wall, boot: Some(BootId(boot)), uptime };
    story.look.at = wall;
    story.status(|status| {
        status.now.starts = wall;
        status.uptime = Duration::from_secs(86_400 + u64::try_from(second).unwrap());
        status.best_tip = Some(status.now);
    });
    story.look.clock_set = story.memory.clock.and_then(|before| before.set_since(&machine));
    story.look.machine = Some(machine);
    story.memory.observe(&story.look, Mode::Live, &story.params.safety);
}

fn refuse_fee(story: &Story) -> Option<Reason> {
    story.with_situation(|situation| {
        Gates::open(situation).and_then(|gates| gates.permit_fee(fee(1)).map(drop)).err()
    })
}

#[test]
fn what_an_earlier_version_kept_by_a_clock_that_was_ahead_begins_anew() {
    let mut story = Story::new(market(5_000_000, 3));
    story.memory.pacing.fee_changed = Some(steady(NOW + DAY));
    story.memory.pacing.switched = Some(Switched { at: steady(NOW + DAY), on: true });
    story.memory.pacing.changes = [steady(NOW + DAY)].into();
    story.memory.pacing.switches = [steady(NOW + DAY)].into();
    story.memory.external_hold = Some(steady(NOW + DAY));
    let hold = story.params.safety.external_hold;
    story.memory.observe(&story.look, Mode::Live, &story.params.safety);
    let (now, pacing) = (steady(NOW), &story.memory.pacing);
    assert_eq!((pacing.fee_changed, pacing.switched.unwrap().at), (Some(now), now));
    assert_eq!((pacing.changes.back(), pacing.switches.back()), (Some(&now), Some(&now)));
    assert_eq!(story.memory.external_hold, Some(now.after(hold)));
    story.pass_to(time(NOW) + hold);
    story.memory.observe(&story.look, Mode::Live, &story.params.safety);
    assert_eq!(story.decide().reason.code(), "price_move", "all waits are over");
}

/// Everything that is waited for ends after the hour that it lasts, whatever the time of day shows
/// meanwhile, and not before.
#[test]
fn no_setting_of_the_clock_ends_or_prolongs_what_is_waited_for() {
    type Hold = fn(&mut Story);
    let hour = Duration::from_secs(3_600);
    let holds: [(&str, Hold); 5] = [
        ("paused", |story| {
            let machine = story.look.machine.unwrap();
            let until = machine.wall + SignedDuration::from_hours(1);
            story.memory.pause(machine.wall, Some(until), machine);
        }),
        ("external_change", |story| story.memory.external_hold = Some(steady(NOW + HOUR))),
        ("cooldown", |story| story.memory.pacing.fee_changed = Some(steady(NOW))),
        ("daily_budget", |story| {
            let almost_a_day_ago = steady(NOW - DAY + HOUR);
            story.memory.pacing.changes = (0..48).map(|_| almost_a_day_ago).collect();
        }),
        ("switch_hazard", |story| {
            story.memory.pacing.switched = Some(Switched { at: steady(NOW + HOUR - 60), on: true });
        }),
    ];
    for (code, hold) in holds {
        for wrong in [3 * HOUR, -3 * HOUR, 400 * DAY, -20 * 365 * DAY, 0] {
            let mut story = Story::new(market(5_000_000, 3));
            story.params.pricing.cooldown = hour;
            observe_at(&mut story, NOW, 1, 0);
            hold(&mut story);
            let held = |story: &mut Story| {
                story.memory.pacing.expire(story.memory.clock.unwrap().steady());
                let off = |gates: Gates<'_>| match code {
                    "switch_hazard" => gates.permit_stepping_aside().map(drop),
                    _ => gates.permit_fee(fee(1)).map(drop),
                };
                story.with_situation(|situation| Gates::open(situation).and_then(off)).err()
            };
            // Wrong for a moment, then right, then wrong from some time on.
            for (second, wrong) in [(60, wrong), (61, 0), (600, 0), (601, wrong), (3_598, wrong)] {
                observe_at(&mut story, NOW + second, 1, wrong);
                story.look.clock_set = None;
                let reason = held(&mut story).expect("held");
                assert_eq!(reason.code(), code, "after {second} s, the clock wrong by {wrong} s");
            }
            observe_at(&mut story, NOW + HOUR, 1, wrong);
            story.look.clock_set = None;
            assert_eq!(held(&mut story), None, "{code}, an hour later, wrong by {wrong} s");
        }
    }
}

#[test]
fn a_restart_of_machine_or_process_ends_no_wait_and_prolongs_none() {
    for (boot, wrong, second, held) in [
        // The same boot: the time of day does not matter.
        (1, 2 * DAY, 60, true),
        (1, -2 * DAY, 60, true),
        (1, 2 * DAY, HOUR, false),
        (1, -2 * DAY, HOUR, false),
        // Another one: it counts, and where it went back, the time since that boot does.
        (2, 0, 60, true),
        (2, 0, HOUR, false),
        (2, -2 * DAY, HOUR, true),
        (2, -2 * DAY, 2 * HOUR, false),
    ] {
        let mut story = Story::new(market(5_000_000, 3));
        story.params.pricing.cooldown = Duration::from_secs(3_600);
        observe_at(&mut story, NOW, 1, 0);
        story.memory.pacing.fee_changed = Some(steady(NOW));
        let text = serde_json::to_string(&story.memory).unwrap();
        story.memory = serde_json::from_str(&text).unwrap();
        observe_at(&mut story, NOW + second, boot, wrong);
        story.look.clock_set = None;
        assert_eq!(refuse_fee(&story).is_some(), held, "boot {boot}, wrong by {wrong} s");
    }
}

#[test]
fn a_pause_lasts_as_long_as_asked_by_whichever_clock_it_was_given() {
    let hours = |hours: i64| SignedDuration::from_hours(hours);
    for (wrong_when_given, wrong_when_read) in [(0, 0), (3, 0), (-3, 0), (0, 3), (0, -3), (3, 3)] {
        let mut story = Story::new(market(5_000_000, 3));
        observe_at(&mut story, NOW, 1, 0);
        let given = time(NOW + 10) + hours(wrong_when_given);
        let until = given + hours(2);
        let uptime = Duration::from_secs(u64::try_from(1_000_000 + NOW + 60).unwrap());
        let wall = time(NOW + 60) + hours(wrong_when_read);
        let machine = MachineTime { wall, boot: Some(BootId(1)), uptime };
        story.memory.pause(given, Some(until), machine);
        let end = story.memory.pause.unwrap().until.unwrap();
        let (right, late) = (steady(NOW + 10 + 2 * HOUR), steady(NOW + 60 + 2 * HOUR));
        assert!((steady(NOW + 2 * HOUR)..=late).contains(&end));
        assert!((wrong_when_given, wrong_when_read) != (0, 0) || end == right);
    }
}

#[test]
fn a_look_after_the_clock_was_set_only_watches() {
    for hours in [26, -26] {
        let mut story = Story::new(market(5_000_000, 3));
        observe_at(&mut story, NOW - 60, 1, 0);
        observe_at(&mut story, NOW, 1, hours * HOUR);
        let by = SignedDuration::from_hours(hours);
        assert_eq!(story.decide().reason, Reason::ClockSet { by });
        observe_at(&mut story, NOW + 60, 1, hours * HOUR);
        assert_ne!(story.decide().reason.code(), "clock_set");
    }
}
