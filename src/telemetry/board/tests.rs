use jiff::ToSpan;
use snarkfee_core::{
    fixtures::sample,
    policy::{Action, Reason},
    record::Outcome,
};

use super::*;

fn name(text: &str) -> DaemonId {
    DaemonId::try_new(text).unwrap()
}

fn record(daemon: &str, sequence: u64, enabled: Option<bool>) -> Arc<Record> {
    let mut record = sample::record();
    record.daemon = name(daemon);
    record.sequence = sequence;
    record.at = record.at.checked_add(sequence.cast_signed().minutes()).unwrap();
    record.outcome = Outcome::Held;
    record.decision.action = Action::Hold;
    record.decision.reason = Reason::AtTarget;
    match enabled {
        Some(true) => {}
        Some(false) => record.look.status.as_mut().unwrap().worker = None,
        None => {
            record.look.status =
                Err(snarkfee_core::fault::Fault::Unreachable { cause: "refused".into() })
        }
    }
    Arc::new(record)
}

#[test]
fn a_daemon_waits_until_its_first_look_and_unknown_ones_are_dropped() {
    let board = Board::new(Mode::DryRun, [name("a"), name("b")]);
    assert_eq!(board.waiting(), [name("a"), name("b")]);
    board.publish(&record("b", 1, Some(true)));
    board.publish(&record("stranger", 1, Some(true)));
    assert_eq!(board.waiting(), [name("a")]);
    assert_eq!(board.entries().len(), 2);
    assert_eq!(board.mode(), Mode::Live, "the newest record tells the mode");

    board.retain([name("b"), name("c")]);
    assert_eq!(board.waiting(), [name("c")]);
    assert!(board.entry(&name("a")).is_none());
    assert!(board.entry(&name("b")).unwrap().latest.is_some());
}

#[test]
fn the_state_is_dated_from_the_look_that_first_showed_it() {
    let board = Board::new(Mode::Live, [name("a")]);
    let standing = |sequence, enabled| {
        let record = record("a", sequence, enabled);
        board.publish(&record);
        (board.entry(&name("a")).unwrap().standing.unwrap(), record.at)
    };
    let (first, start) = standing(1, Some(true));
    assert_eq!(
        first,
        Standing { enabled: Some(true), since: start, from_start: true, before: None }
    );
    assert_eq!(standing(2, Some(true)).0, first);
    let (off, at) = standing(3, Some(false));
    assert_eq!(
        off,
        Standing { enabled: Some(false), since: at, from_start: false, before: Some(true) }
    );
    let (lost, _) = standing(4, None);
    assert_eq!((lost.enabled, lost.before), (None, Some(false)));
    assert_eq!(
        board.entry(&name("a")).unwrap().read_in_full,
        Some(at),
        "a failed look does not refresh"
    );
}

#[test]
fn decisions_are_merged_newest_first_filtered_and_bounded() {
    let board = Board::new(Mode::Live, [name("a"), name("b")]);
    for sequence in 0..(Room::ONE.decisions as u64 + 10) {
        board.publish(&record("a", sequence, Some(true)));
    }
    let mut change = (*record("b", 5_000, Some(true))).clone();
    change.decision.action = Action::SwitchOff;
    change.outcome = Outcome::Rejected {
        fault: snarkfee_core::fault::Fault::Refused { message: "no".into() },
        reached: None,
    };
    board.publish(&Arc::new(change));

    let all = board.decisions(&DecisionFilter { limit: usize::MAX, ..DecisionFilter::default() });
    assert_eq!(all.rows.len(), Room::ONE.decisions + 1);
    assert!(!all.more);
    assert!(all.rows.windows(2).all(|pair| pair[0].at >= pair[1].at));
    assert_eq!(all.rows[0].fault.as_deref(), Some("the daemon refused: no"));

    let first = board.decisions(&DecisionFilter { limit: 3, ..DecisionFilter::default() });
    assert!(first.more);
    let before = first.rows.last().map(|row| row.at);
    let next = board.decisions(&DecisionFilter { limit: 3, before, ..DecisionFilter::default() });
    assert_eq!(next.rows[..], all.rows[3..6]);

    let offs =
        DecisionFilter { actions: vec!["switch_off"], limit: 10, ..DecisionFilter::default() };
    assert_eq!(board.decisions(&offs).rows.len(), 1);
    let of_a = DecisionFilter { daemon: Some(name("a")), ..offs };
    assert!(board.decisions(&of_a).rows.is_empty());
}

#[test]
fn a_large_fleet_shares_the_room_that_a_small_one_has() {
    let names: Vec<DaemonId> = (0..2_000).map(|n| name(&format!("d{n}"))).collect();
    let board = Board::new(Mode::Live, names[..1].to_vec());
    let filter = |limit| DecisionFilter {
        daemon: Some(names[0].clone()),
        limit,
        ..DecisionFilter::default()
    };
    let look = |sequence| record("d0", sequence, Some(true));
    (0..3_000).for_each(|sequence| board.publish(&look(sequence)));
    assert_eq!(board.decisions(&filter(9_999)).rows.len(), Room::ONE.decisions);
    assert!(board.history(&names[0], usize::MAX).len() > Room::ONE.points / 2);
    board.retain(names.clone());
    let kept = board.decisions(&filter(9_999)).rows;
    assert_eq!((kept.len(), kept[0].sequence), (Room::ALL.decisions / 2_000, 2_999));
    (3_000..3_100).for_each(|sequence| board.publish(&look(sequence)));
    assert_eq!(board.decisions(&filter(9_999)).rows.len(), Room::ALL.decisions / 2_000);
    assert!(board.history(&names[0], usize::MAX).len() <= Room::ALL.points / 2_000);
}

#[test]
fn what_changed_something_outlasts_looks_that_did_not() {
    let board = Board::new(Mode::Live, [name("a")]);
    let changes: Vec<u64> = (0..9).map(|n| n * 100).collect();
    let most = Room::ONE.decisions as u64;
    for sequence in 0..3 * most {
        let mut record = (*record("a", sequence, Some(true))).clone();
        if changes.contains(&sequence) {
            record.decision.action = Action::SwitchOff;
        }
        board.publish(&Arc::new(record));
    }
    let all =
        board.decisions(&DecisionFilter { limit: usize::MAX, ..DecisionFilter::default() }).rows;
    assert_eq!(all.len(), Room::ONE.decisions);
    let kept: Vec<u64> = all.iter().rev().map(|row| row.sequence).collect();
    assert_eq!(kept[..9], changes);
    assert!(kept[9..].is_sorted() && kept[9] == 2 * most + 9, "of the others the newest");
}
