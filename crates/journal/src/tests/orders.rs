//! Orders from beside the service.

use std::fs;

use snarkfee_core::{
    control::OperatorCommand,
    ledger::{Directive, Order},
    policy::ImaginedSettings,
};

use super::*;
use crate::{JournalError, OrderWriter};

fn pause(daemon: Option<DaemonId>) -> OperatorCommand {
    OperatorCommand::Pause {
        daemon,
        until: Some("2026-11-22T14:02:00.123456789Z".parse().unwrap()),
    }
}

fn other() -> DaemonId {
    DaemonId::try_new("other").unwrap()
}

#[test]
fn orders_are_found_once_in_order_by_those_they_concern() {
    let (folder, at) = (folder(), time(0));
    drop(open(folder.path()));
    let mut idle = OrderWriter::open(folder.path()).unwrap();
    assert!(!idle.service_runs());
    idle.give(at, &pause(None)).unwrap();
    drop(idle);
    let mut store = open(folder.path());
    let mut beside = OrderWriter::open(folder.path()).unwrap();
    assert!(beside.service_runs());
    beside.give(at, &pause(Some(other()))).unwrap();
    store.record_order(at, &OperatorCommand::Resume { daemon: Some(main()) }).unwrap();
    let expected = [
        Order { id: OrderId(1), at, directive: Directive::Command(pause(None)) },
        Order {
            id: OrderId(3),
            at,
            directive: Directive::Command(OperatorCommand::Resume { daemon: Some(main()) }),
        },
    ];
    assert_eq!(store.load_orders(&main(), OrderId::default()).unwrap(), expected);
    assert_eq!(store.load_orders(&main(), OrderId(1)).unwrap(), expected[1..]);
    assert_eq!(store.load_orders(&main(), OrderId(3)).unwrap(), []);
}

#[test]
fn no_journal_is_made_for_an_order() {
    let folder = folder();
    for missing in [folder.path().to_owned(), folder.path().join("nothing")] {
        let error = OrderWriter::open(&missing).unwrap_err();
        assert!(matches!(error, JournalError::Missing { .. }), "{error}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_order_waits_for_the_action_that_began_before_it_and_no_other() {
    let folder = folder();
    let mut store = open(folder.path());
    store.record_look(&entry(record(time(0)))).unwrap();
    let live = |daemon| Intent { daemon, ..intent(time(60)) };
    store.record_intent(&live(main())).unwrap();
    let off = DaemonSettings { worker: None, fee: fee(5) };
    let from = Basis::Imagined(ImaginedSettings::begin(off));
    store.record_intent(&Intent { from, ..live(other()) }).unwrap();
    let mut writer = OrderWriter::open(folder.path()).unwrap();
    let order = writer.give(time(61), &pause(None)).unwrap();
    let elsewhere = writer.give(time(61), &pause(Some(other()))).unwrap();
    let later = store.record_intent(&live(main())).unwrap();
    assert!(writer.is_under_way(&order).unwrap());
    assert!(!writer.is_under_way(&elsewhere).unwrap(), "a dry run sends nothing");
    let ended = vec![(IntentId(1), IntentOutcome::Reported(record(time(60)).outcome))];
    store.record_intent(&Intent { ended, ..live(main()) }).unwrap();
    assert!(!writer.is_under_way(&order).unwrap(), "{later:?} reads the order");
    let stranger = DaemonId::try_new("stranger").unwrap();
    assert!(writer.knows(&main()).unwrap() && !writer.knows(&stranger).unwrap());
}

#[test]
fn a_service_that_was_killed_has_nothing_under_way() {
    let folder = folder();
    let mut store = open(folder.path());
    store.record_intent(&intent(time(0))).unwrap();
    let mut beside = OrderWriter::open(folder.path()).unwrap();
    let order = beside.give(time(1), &pause(None)).unwrap();
    assert!(beside.is_under_way(&order).unwrap());
    drop(store);
    assert!(!beside.is_under_way(&order).unwrap());
    let mut idle = OrderWriter::open(folder.path()).unwrap();
    let order = idle.give(time(2), &pause(None)).unwrap();
    assert!(!idle.is_under_way(&order).unwrap());
    drop(idle);
    // What the run before left open is not under way in the next one.
    let _store = open(folder.path());
    let mut beside = OrderWriter::open(folder.path()).unwrap();
    let order = beside.give(time(3), &pause(None)).unwrap();
    assert!(!beside.is_under_way(&order).unwrap());
}

#[test]
fn a_start_waits_for_an_order_that_is_being_given() {
    let folder = folder();
    drop(open(folder.path()));
    let idle = OrderWriter::open(folder.path()).unwrap();
    std::thread::scope(|threads| {
        let starting = threads.spawn(|| Store::open(folder.path(), LONG, time(0)).map(drop));
        drop(idle);
        starting.join().unwrap().unwrap();
    });
}
