use jiff::SignedDuration;
use snarkfee_clock::Hand;

use super::*;

#[test]
fn a_clock_that_is_set_shows_at_the_next_look_only() {
    static HAND: Hand = Hand::new(Timestamp::UNIX_EPOCH);
    let mut time = Timekeeper::new(Clock::manual(&HAND));
    let hour = SignedDuration::from_hours(1);
    HAND.pass(hour.unsigned_abs());
    assert_eq!(time.now(), Timestamp::UNIX_EPOCH + hour);
    for by in [hour, -hour] {
        let before = time.now();
        HAND.set(HAND.shown() + by);
        assert_eq!(time.now(), before, "not before the next look");
        let MachineTime { wall, uptime, .. } = time.begin();
        assert_eq!((wall, uptime, time.now()), (before + by, hour.unsigned_abs(), wall));
    }
}
