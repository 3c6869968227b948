//! A clock that is set.

use super::*;
use crate::policy::gates::Gates;

#[test]
fn a_clock_that_was_set_back_does_not_prolong_what_is_waited_for() {
    let day = 86_400;
    let mut story = Story::new(market(5_000_000, 3));
    story.memory.pacing.fee_changed = Some(time(NOW + day));
    story.memory.pacing.switched = Some(Switched { at: time(NOW + day), on: true });
    story.memory.pacing.changes = [time(NOW + day)].into();
    story.memory.pacing.switches = [time(NOW + day)].into();
    story.memory.external_hold = Some(time(NOW + day));
    let hold = story.params.safety.external_hold;
    story.memory.observe(&story.look, Mode::Live, &story.params.safety);
    let now = Some(time(NOW));
    assert_eq!(
        (story.memory.pacing.fee_changed, story.memory.pacing.switched.map(|switched| switched.at)),
        (now, now)
    );
    assert_eq!(
        (story.memory.pacing.changes.back(), story.memory.pacing.switches.back()),
        (now.as_ref(), now.as_ref())
    );
    assert_eq!(story.memory.external_hold, Some(time(NOW) + hold));
    story.look.at = time(NOW) + hold;
    story.memory.observe(&story.look, Mode::Live, &story.params.safety);
    assert_eq!(story.decide().reason.code(), "price_move", "all waits are over");
}

#[test]
fn a_clock_that_is_set_changes_nothing_of_what_is_waited_for() {
    for hours in [26, -26] {
        let by = SignedDuration::from_hours(hours);
        let mut story = Story::new(market(5_000_000, 3));
        let hour_ago = time(NOW - 3_600);
        story.memory.pacing.fee_changed = Some(time(NOW - 60));
        story.memory.pacing.switched = Some(Switched { at: hour_ago, on: true });
        story.memory.pacing.changes = [hour_ago].into();
        story.memory.external_hold = Some(time(NOW + 60));
        (story.look.at, story.look.clock_set) = (story.look.at + by, Some(by));
        story.memory.observe(&story.look, Mode::Live, &story.params.safety);
        assert_eq!(story.decide().reason, Reason::ClockSet { by });
        assert_eq!(story.memory.pacing.switched.unwrap().at, hour_ago + by);
        assert_eq!(story.memory.pacing.changes, [hour_ago + by]);
        assert_eq!(story.memory.external_hold, Some(time(NOW + 60) + by));
        story.memory.external_hold = None;
        story.look.clock_set = None;
        story.memory.observe(&story.look, Mode::Live, &story.params.safety);
        let remaining = story.params.pricing.cooldown - Duration::from_secs(60);
        let refused = story.with_situation(|situation| {
            Gates::open(situation).and_then(|gates| gates.permit_fee(fee(1))).unwrap_err()
        });
        assert_eq!(refused, Reason::Cooldown { remaining });
    }
}
