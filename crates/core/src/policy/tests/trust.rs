//! What a daemon says of itself that is not believed.

use super::*;
use crate::market::DaemonStatus;

fn told(change: impl FnOnce(&mut DaemonStatus)) -> &'static str {
    let mut story = Story::new(market(5_000_000, 3));
    story.status(change);
    story.decide().reason.code()
}

#[test]
fn a_daemon_of_another_time_is_not_believed() {
    // By how many seconds the daemon's clock, and its tip with it, are off.
    for (off, expected) in [
        (0, "price_move"),
        (-380, "price_move"),
        (-400, "daemon_clock"),
        (-3 * 3_600, "daemon_clock"),
        (-26 * 3_600, "daemon_clock"),
        (300, "price_move"),
        (301, "daemon_clock"),
    ] {
        let told_with = |speed| {
            told(|status| {
                status.now.starts = time(NOW + off);
                status.best_tip = Some(status.now);
                status.simulated_speed = speed;
            })
        };
        assert_eq!(told_with(None), expected, "{off} s");
        assert_eq!(told_with(Some(1.0)), expected, "{off} s, said to be in real time");
        if off.abs() < 3_600 {
            assert_eq!(told_with(Some(240.0)), "price_move", "{off} s, said to be accelerated");
        }
    }
}

#[test]
fn a_tip_is_compared_with_our_clock_too() {
    // A daemon whose clock is right within the limit, and whose tip is too old by ours alone.
    let tip_at = |age: i64| {
        told(|status| {
            status.now.starts = time(NOW - 200);
            status.best_tip.as_mut().unwrap().starts = time(NOW - age);
        })
    };
    assert_eq!((tip_at(1_800), tip_at(1_900)), ("price_move", "tip_behind"));
}

#[test]
fn a_daemon_that_contradicts_itself_is_not_believed() {
    assert_eq!(told(|status| status.best_tip = None), "no_tip");
    assert_eq!(told(|status| status.height = None), "no_tip");
    assert_eq!(told(|status| status.highest_received = 1_010), "price_move");
    assert_eq!(told(|status| status.highest_received = 1_011), "height_behind");
}

#[test]
fn an_uptime_that_stands_still_shows_no_restart_and_holds() {
    let mut story = Story::new(market(5_000_000, 3));
    let mut seen = |seconds: i64, uptime: u64, asked: u64| {
        story.look.at = time(NOW + seconds);
        story.status(|status| {
            status.now.starts = time(NOW + seconds);
            status.best_tip = Some(status.now);
            (status.uptime, status.fee) = (Duration::from_secs(uptime), fee(asked));
        });
        story.memory.observe(&story.look, Mode::Live, &story.params.safety);
        (story.decide().reason.code(), story.memory.restarts)
    };
    assert_eq!(seen(0, 0, 7), ("price_move", 0));
    assert_eq!(seen(7, 0, 7), ("price_move", 0));
    assert_eq!(seen(60, 0, 7), ("price_move", 0));
    assert_eq!(seen(61, 0, 7), ("uptime_stands", 0));
    assert_eq!(seen(120, 119, 7), ("price_move", 0), "it moves again");
    assert_eq!(seen(127, 119, 8), ("external_change", 0), "and is no excuse for a change");
    assert_eq!(seen(140, 3, 8), ("external_change", 1), "one that falls is a restart");
}

#[test]
fn what_another_daemon_read_leads_to_no_change_by_itself() {
    let take_other = |story: &mut Story| {
        story.memory.book_read_by = Some(DaemonId::try_new("b").unwrap());
    };
    let mut story = Story::new(market(5_000_000, 10));
    assert_eq!(story.code(), ("switch_off", "uneconomical"));
    take_other(&mut story);
    assert_eq!(story.code(), ("hold", "shared_reading"));
    let mut better = Story::new(market(5_000_000, 3));
    take_other(&mut better);
    assert_eq!(better.code(), ("hold", "shared_reading"));
    better.status(|status| status.fee = fee(4_999_999));
    assert_eq!(better.code(), ("hold", "at_target"), "where nothing is due, nothing waits");
    better.status(|status| status.own_slots = slots([time(NOW + 60)]));
    assert_eq!(better.code(), ("switch_off", "own_block_ahead"), "its status is its own");
    let mut story = Story::new(market(5_000_000, 10));
    let mut read_by = |source: Option<&str>, book: bool| {
        let by = source.map(|name| DaemonId::try_new(name).unwrap());
        story.look.market_read = by.map(|by| MarketSource { by, at: time(NOW), uptime: None });
        if !book {
            story.look.book = None;
        }
        story.memory.observe(&story.look, Mode::Live, &story.params.safety);
        story.memory.book_read_by.is_some()
    };
    assert!(!read_by(None, true) && read_by(Some("b"), true));
    assert!(read_by(None, false), "a book that is kept is still the other's");
}
