use super::*;
use crate::fixtures::{self, time};

fn read(daemon: i64, asked: i64, now: i64) -> DaemonClockReading {
    let status = fixtures::status(daemon);
    assert_eq!(status.slot_duration, Duration::from_secs(90));
    DaemonClockReading::new(&status, time(asked), time(now))
}

#[test]
fn a_clock_is_wrong_by_what_neither_slot_nor_delay_explains() {
    let error = |daemon, asked, now| read(daemon, asked, now).error().as_secs();
    assert_eq!((error(0, 0, 0), error(0, 94, 95), error(5, 0, 0)), (0, 0, 0));
    assert_eq!((error(0, 100, 101), error(720, 0, 1), error(20, 0, 30)), (-10, 719, 0));
}

#[test]
fn where_the_clocks_disagree_either_may_be_right() {
    let span = |from, to| Span { from: time(from), to: time(to) };
    let agreed = read(0, 10, 10);
    assert!(agreed.may_be_in(span(10, 11)) && !agreed.may_be_in(span(11, 80)));
    let ahead = read(720, 0, 0);
    for (from, to, holds) in [(0, 1, true), (1, 720, false), (809, 900, true), (810, 900, false)] {
        assert_eq!(ahead.may_be_in(span(from, to)), holds, "{from}..{to}");
    }
    assert_eq!((agreed.latest(), ahead.latest()), (time(10), time(810)));
}
