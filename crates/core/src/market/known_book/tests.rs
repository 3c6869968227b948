use super::*;
use crate::{
    fault::Fault,
    fixtures::{block, look, open_work, time},
    market::{MarketHistory, MarketSource},
    port::LookPlan,
    units::DaemonId,
};

const INTERVAL: Duration = Duration::from_secs(180);

/// The daemon of the fixtures, as it has run for so many minutes.
fn running(minutes: u64, mut look: Look) -> Look {
    look.status.as_mut().unwrap().uptime = Duration::from_secs(60 * minutes);
    look
}

/// A look `seconds` in at a book of ten works, of which so many have a proof.
fn shows(seconds: i64, covered: i64) -> Look {
    let work = |id| open_work(id, (id < covered).then_some((5, "them")));
    look(seconds, vec![block(1, "a", 0, &[])], (0..10).map(work).collect())
}

fn after(looks: &[Look]) -> MarketHistory {
    let mut history = MarketHistory::default();
    for look in looks {
        history.absorb_look(look, |_| false, None);
    }
    history
}

/// A look that reads nothing of the market, since a reading of `read` still counts.
fn keeps(seconds: i64, read: i64) -> Look {
    let kept_book = Some(time(read));
    Look { chain: None, book: None, kept_book, ..look(seconds, Vec::new(), Vec::new()) }
}

fn kept(history: &MarketHistory, seconds: i64) -> Option<KeptBook> {
    history.kept_book(time(seconds), INTERVAL)
}

#[test]
fn a_book_is_asked_for_after_the_interval_and_blocks_at_a_new_tip() {
    let history = after(&[shows(0, 9)]);
    let plan = LookPlan { blocks: 20, kept: kept(&history, 60), account: None, own_market: false };
    let at = |tip: &str| {
        let mut status = crate::fixtures::status(60);
        status.state_hash = Some(tip.to_owned());
        plan.request(&status)
    };
    assert_eq!(at("tip"), MarketRequest::Nothing(time(0)));
    assert_eq!(at("another"), MarketRequest::Blocks(time(0)));
    assert_eq!(kept(&history, 180), None, "the interval has passed");
    assert_eq!(kept(&history, -1), None, "the clock was set back");
    assert_eq!(history.kept_book(time(0), Duration::ZERO), None, "at every look");
    assert_eq!(kept(&MarketHistory::default(), 0), None, "a fresh process");
}

#[test]
fn after_a_failure_a_book_is_asked_for_again() {
    let fault = || Fault::TimedOut { limit: INTERVAL };
    for failed in [
        Look { book: Some(Err(fault())), ..shows(60, 9) },
        Look { book: None, chain: Some(Err(fault())), kept_book: Some(time(0)), ..shows(60, 9) },
    ] {
        assert_eq!(kept(&after(&[shows(0, 9), failed]), 61), None);
    }
}

#[test]
fn a_slow_daemon_is_spared_the_book_but_not_the_blocks() {
    let took = |seconds: u64| {
        let book_took = Some(Duration::from_secs(seconds));
        after(&[Look { book_took, ..shows(0, 9) }])
    };
    let rests = |history: &MarketHistory, at| kept(history, at).is_some();
    let history = took(20);
    assert_eq!([379, 380].map(|at| rests(&history, at)), [true, false]);
    assert_eq!([899, 900].map(|at| rests(&took(1_000), at)), [true, false], "bounded");
    assert_eq!([179, 180].map(|at| rests(&took(2), at)), [true, false], "the interval is longer");
    let plan = LookPlan { blocks: 20, kept: kept(&history, 300), account: None, own_market: false };
    let mut status = crate::fixtures::status(300);
    assert_eq!(plan.request(&status), MarketRequest::Nothing(time(0)));
    status.state_hash = Some("another".to_owned());
    assert_eq!(plan.request(&status), MarketRequest::Blocks(time(0)));
}

#[test]
fn a_kept_book_lacks_what_was_bought_since() {
    let blocks = Look {
        chain: look(90, vec![block(2, "b", 80, &[(0, 5, "them"), (3, 5, "them")])], vec![]).chain,
        ..keeps(90, 0)
    };
    let history = after(&[shows(0, 9), blocks.clone()]);
    let book = history.book_of(&blocks).unwrap();
    let works: Vec<_> = book.works().iter().map(|open| open.work).collect();
    assert_eq!((works.len(), book.read), (8, time(0)));
    assert!(!works.contains(&open_work(0, None).work));
    assert_eq!(kept(&history, 91).map(|kept| kept.read), Some(time(0)));
}

#[test]
fn a_book_counts_where_the_look_kept_it_and_it_is_not_too_old() {
    let history = after(&[shows(0, 9)]);
    let read = |look: Look| history.book_of(&look).map(|book| book.read);
    assert_eq!(read(keeps(60, 0)), Some(time(0)));
    assert_eq!(read(keeps(1_200, 0)), Some(time(0)));
    assert_eq!(read(keeps(1_201, 0)), None, "too old");
    assert_eq!(read(keeps(60, 30)), None, "another reading, which is not at hand");
    assert_eq!(read(Look { kept_book: None, ..keeps(60, 0) }), None, "the look could not ask");
}

#[test]
fn one_book_counts_once_for_coverage() {
    let history = after(&[shows(0, 10), keeps(60, 0), keeps(120, 0), shows(180, 0)]);
    let share = history.coverage().covered_share().unwrap();
    assert!((share - 0.5).abs() < 0.02, "{share}");
}

#[test]
fn a_pool_has_filled_when_it_covers_what_was_covered_before() {
    let filled = |looks: &[Look]| {
        let history = after(looks);
        history.book_of(looks.last().unwrap()).unwrap().filled
    };
    let before = shows(0, 6);
    let restarted = |covered: i64| filled(&[before.clone(), running(2, shows(300, covered))]);
    assert_eq!([0, 5, 6, 10].map(restarted), [false, false, true, true]);
    let alone = |covered: i64| filled(&[running(2, shows(0, covered))]);
    assert_eq!([0, 6, 8, 9].map(alone), [false, false, false, true], "nothing known of before");
    assert!(filled(&[before.clone(), running(50, shows(300, 0))]), "it holds what it will get");
    assert!(!filled(&[before, running(49, shows(300, 0))]));
}

#[test]
fn the_pool_of_the_daemon_that_was_asked_counts() {
    let by = DaemonId::try_new("other").unwrap();
    let taken = |look: Look, uptime: Option<u64>| {
        let uptime = uptime.map(|minutes| Duration::from_secs(60 * minutes));
        Look { market_read: Some(MarketSource { by: by.clone(), at: look.at, uptime }), ..look }
    };
    let filled = |look: Look| after(std::slice::from_ref(&look)).book_of(&look).unwrap().filled;
    assert!(filled(taken(running(2, shows(0, 0)), Some(600))));
    assert!(!filled(taken(running(600, shows(0, 0)), Some(2))));
    assert!(filled(taken(running(2, shows(0, 0)), None)), "recorded before uptimes were");
}

#[test]
fn a_pool_that_is_filling_says_nothing_of_coverage() {
    let history = after(&[shows(0, 6), running(1, shows(60, 1)), running(4, shows(240, 2))]);
    assert!((history.coverage().covered_share().unwrap() - 0.6).abs() < 1e-9);
}
