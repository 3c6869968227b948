//! What pages and documents read of the past: thinned histories and logs of decisions.

use snarkfee_core::{
    decision_log::{DecisionFilter, DecisionPage, DecisionRow},
    fault::Fault,
    policy::Outcome,
    trend::{TrendPoint, TrendRange},
};

use super::*;
use crate::JournalFileReader;

/// One look a minute: every tenth changes something, and the 20th failed to.
fn looks(count: i64) -> Vec<Record> {
    (0..count)
        .map(|minute| {
            let mut record = record(time(minute * 60));
            record.sequence = minute.unsigned_abs();
            if minute == 20 {
                let fault = Fault::Refused { message: "no".to_owned() };
                record.outcome = Outcome::Rejected { fault, reached: None };
            } else if minute % 10 != 0 {
                record.decision.action = Action::Hold;
                record.decision.reason = Reason::AtTarget;
                record.outcome = Outcome::Held;
            }
            record
        })
        .collect()
}

fn write(folder: &Path, looks: &[Record]) -> JournalFileReader {
    let mut store = open(folder);
    looks.iter().for_each(|look| store.record_look(&entry(look.clone())).unwrap());
    JournalFileReader::open(folder).unwrap()
}

fn log(reader: &JournalFileReader, filter: DecisionFilter) -> DecisionPage {
    reader.read_decisions(&DecisionFilter { limit: 100, ..filter }).unwrap()
}

#[test]
fn a_history_has_the_last_look_of_each_step_however_many_there_are() {
    let folder = folder();
    let looks = looks(100);
    let reader = write(folder.path(), &looks);
    let all = (time(0), time(100 * 60));
    let read = |step| reader.read_trend(&main(), all, Duration::from_secs(step)).unwrap();
    let every: Vec<_> = looks.iter().map(TrendPoint::new).collect();
    assert!(read(1) == every);
    let thinned = read(600);
    let minutes: Vec<_> =
        thinned.iter().map(|point| (point.at.as_second() - time(0).as_second()) / 60).collect();
    assert_eq!(thinned.last(), every.last());
    let last_of_each = [6, 16, 26, 36, 46, 56, 66, 76, 86, 96, 99];
    assert_eq!(minutes, last_of_each, "steps are counted from 1970, not from the first look");
    assert!(thinned.iter().all(|point| every.contains(point)));
    let step = TrendRange::Hour.step();
    let part = reader.read_trend(&main(), (time(60), time(300)), step).unwrap();
    assert!(part == every[1..5]);
    let other = DaemonId::try_new("other").unwrap();
    assert_eq!(reader.read_trend(&other, all, step).unwrap(), []);
}

#[test]
fn the_log_has_every_decision_as_its_record_had_it() {
    let folder = folder();
    let looks = looks(40);
    let reader = write(folder.path(), &looks);
    let mut rows: Vec<_> = looks.iter().map(DecisionRow::new).collect();
    rows.reverse();
    let one = DecisionFilter { daemon: Some(main()), ..DecisionFilter::default() };
    for filter in [DecisionFilter::default(), one] {
        let page = log(&reader, filter);
        let read: Vec<_> = page.lines.into_iter().map(|line| line.newest).collect();
        assert_eq!(read, rows);
        assert!(!page.more);
    }
    assert!(rows[19].fault.is_some(), "the one that failed says why");
}

#[test]
fn holds_are_folded_and_changes_found_among_them() {
    let folder = folder();
    let reader = write(folder.path(), &looks(40));
    for daemon in [None, Some(main())] {
        let all = DecisionFilter { daemon: daemon.clone(), folded: true, ..Default::default() };
        let counts: Vec<_> = log(&reader, all.clone()).lines.iter().map(|l| l.count).collect();
        assert_eq!(counts, [9, 1, 9, 1, 9, 1, 9, 1]);
        let changes = DecisionFilter { actions: vec!["set_fee"], ..all.clone() };
        let page = log(&reader, changes);
        let at: Vec<_> = page.lines.iter().map(|line| line.newest.at).collect();
        assert_eq!(at, [time(1_800), time(1_200), time(600), time(0)]);
        let page = reader.read_decisions(&DecisionFilter { limit: 3, ..all }).unwrap();
        assert!(page.more && page.lines.len() == 3);
        assert_eq!(page.lines[2].oldest_at, time(21 * 60));
    }
}

/// The looks themselves are not touched: each may be hundreds of kilobytes.
#[test]
fn the_log_of_a_daemon_is_gone_through_in_an_index_alone() {
    let folder = folder();
    let reader = write(folder.path(), &looks(1));
    let plan: Vec<String> = reader
        .connection()
        .prepare(
            "EXPLAIN QUERY PLAN SELECT id, at, daemon, action, reason FROM looks
             WHERE daemon = 'main' AND at >= 1 AND at < 2 ORDER BY at DESC",
        )
        .unwrap()
        .query_map([], |row| row.get(3))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(plan.join("; ").contains("COVERING INDEX looks_by_daemon"), "{plan:?}");
    assert!(!plan.join("; ").contains("TEMP B-TREE"), "{plan:?}");
}
