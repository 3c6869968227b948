use jiff::ToSpan;
use snarkfee_core::{
    decision_log::DecisionFilter,
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
fn a_daemon_is_unobserved_until_its_first_look_and_unknown_ones_are_dropped() {
    let board = StatusBoard::new(Mode::DryRun, [name("a"), name("b")]);
    assert_eq!(board.unobserved(), [name("a"), name("b")]);
    board.publish(&record("b", 1, Some(true)));
    board.publish(&record("stranger", 1, Some(true)));
    assert_eq!(board.unobserved(), [name("a")]);
    assert_eq!(board.daemons().len(), 2);
    assert_eq!(board.mode(), Mode::Live, "the newest record has the mode");

    board.set_daemons([name("b"), name("c")]);
    assert_eq!(board.unobserved(), [name("c")]);
    assert!(board.daemon(&name("a")).is_none());
    assert!(board.daemon(&name("b")).unwrap().latest.is_some());
}

#[test]
fn the_state_is_dated_from_the_look_that_first_showed_it() {
    let board = StatusBoard::new(Mode::Live, [name("a")]);
    let publish = |sequence, enabled| {
        let record = record("a", sequence, enabled);
        board.publish(&record);
        (board.daemon(&name("a")).unwrap().worker.unwrap(), record.at)
    };
    let (first, start) = publish(1, Some(true));
    assert_eq!(
        first,
        WorkerState { enabled: Some(true), since: start, from_first_look: true, last_known: None }
    );
    assert_eq!(publish(2, Some(true)).0, first);
    let (off, at) = publish(3, Some(false));
    assert_eq!(
        off,
        WorkerState {
            enabled: Some(false),
            since: at,
            from_first_look: false,
            last_known: Some(true)
        }
    );
    let (lost, _) = publish(4, None);
    assert_eq!((lost.enabled, lost.last_known), (None, Some(false)));
    assert_eq!(
        board.daemon(&name("a")).unwrap().read_in_full,
        Some(at),
        "a failed look does not refresh"
    );
}

#[test]
fn decisions_are_merged_newest_first_filtered_and_bounded() {
    let board = StatusBoard::new(Mode::Live, [name("a"), name("b")]);
    for sequence in 0..(Capacity::ONE.decisions as u64 + 10) {
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
    assert_eq!(all.lines.len(), Capacity::ONE.decisions + 1);
    assert!(!all.more);
    assert!(all.lines.windows(2).all(|pair| pair[0].newest.at >= pair[1].newest.at));
    assert_eq!(all.lines[0].newest.fault.as_deref(), Some("answered with an error: no"));

    let first = board.decisions(&DecisionFilter { limit: 3, ..DecisionFilter::default() });
    assert!(first.more);
    let before = first.lines.last().map(|line| line.newest.at);
    let next = board.decisions(&DecisionFilter { limit: 3, before, ..DecisionFilter::default() });
    assert_eq!(next.lines[..], all.lines[3..6]);

    let offs =
        DecisionFilter { actions: vec!["switch_off"], limit: 10, ..DecisionFilter::default() };
    assert_eq!(board.decisions(&offs).lines.len(), 1);
    let of_a = DecisionFilter { daemon: Some(name("a")), ..offs };
    assert!(board.decisions(&of_a).lines.is_empty());
}

#[test]
fn a_large_fleet_shares_the_capacity_that_a_small_one_has() {
    let names: Vec<DaemonId> = (0..2_000).map(|n| name(&format!("d{n}"))).collect();
    let board = StatusBoard::new(Mode::Live, names[..1].to_vec());
    let filter = |limit| DecisionFilter {
        daemon: Some(names[0].clone()),
        limit,
        ..DecisionFilter::default()
    };
    let look = |sequence| record("d0", sequence, Some(true));
    (0..3_000).for_each(|sequence| board.publish(&look(sequence)));
    assert_eq!(board.decisions(&filter(9_999)).lines.len(), Capacity::ONE.decisions);
    assert!(board.trend(&names[0], usize::MAX).len() > Capacity::ONE.points / 2);
    board.set_daemons(names.clone());
    let kept = board.decisions(&filter(9_999)).lines;
    assert_eq!((kept.len(), kept[0].newest.sequence), (Capacity::ALL.decisions / 2_000, 2_999));
    (3_000..3_100).for_each(|sequence| board.publish(&look(sequence)));
    assert_eq!(board.decisions(&filter(9_999)).lines.len(), Capacity::ALL.decisions / 2_000);
    assert!(board.trend(&names[0], usize::MAX).len() <= Capacity::ALL.points / 2_000);
}

#[test]
fn what_changed_something_outlasts_looks_that_did_not() {
    let board = StatusBoard::new(Mode::Live, [name("a")]);
    let changes: Vec<u64> = (0..9).map(|n| n * 100).collect();
    let most = Capacity::ONE.decisions as u64;
    for sequence in 0..3 * most {
        let mut record = (*record("a", sequence, Some(true))).clone();
        if changes.contains(&sequence) {
            record.decision.action = Action::SwitchOff;
        }
        board.publish(&Arc::new(record));
    }
    let all =
        board.decisions(&DecisionFilter { limit: usize::MAX, ..DecisionFilter::default() }).lines;
    assert_eq!(all.len(), Capacity::ONE.decisions);
    let kept: Vec<u64> = all.iter().rev().map(|line| line.newest.sequence).collect();
    assert_eq!(kept[..9], changes);
    assert!(kept[9..].is_sorted() && kept[9] == 2 * most + 9, "of the others the newest");
}
