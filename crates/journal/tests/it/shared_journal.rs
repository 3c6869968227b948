//! What a shared store keeps, and how it fails.

use std::collections::BTreeSet;

use snarkfee_core::{
    control::OperatorCommand,
    fault::JournalClass,
    fixtures::{fee, key, time},
    leases::FleetLeases,
    ledger::{Directive, IntentOutcome, Ledger, LookEntry, Order, OrderId, PersistedState},
    policy::{DaemonSettings, Outcome},
    record::Record,
};
use snarkfee_journal::{
    Journal, JournalError, JournalReader, LookFilter, LookSummary, RecordedLook, StoreAddress,
    StoreAdmin,
};
use tokio::task::JoinSet;

use crate::{
    entries::{LONG, Uptime, claims, daemon, entry, intent, record, replica},
    postgres_server::PostgresServer,
};

#[tokio::test]
async fn what_is_recorded_is_there_for_the_next_run() {
    let Some(server) = PostgresServer::start() else { return };
    let uptime = Uptime::default();
    let main = daemon("main");
    let first = replica(&server.url(), "a", &uptime).await;
    first.renew(&claims(&["main"])).await.unwrap();
    assert!(first.restore(&main).await.unwrap().state.is_none(), "a daemon never seen");
    let kept = PersistedState {
        baseline: Some(DaemonSettings { worker: Some(key("us")), fee: fee(5) }),
        ..PersistedState::default()
    };
    let snapshot = Some(PersistedState::default());
    let look = LookEntry {
        state: kept.clone(),
        snapshot,
        orders_seen: OrderId(4),
        ..entry(record(time(60)))
    };
    first.record_look(look).await.unwrap();
    let open = first.record_intent(intent(time(61))).await.unwrap();
    first.release(&[main.clone()].into(), true).await.unwrap();

    let second = replica(&server.url(), "a", &uptime).await;
    second.renew(&claims(&["main"])).await.unwrap();
    let restored = second.restore(&main).await.unwrap();
    let state = restored.state.unwrap();
    assert_eq!(state.baseline, kept.baseline);
    assert_eq!(state.memory, intent(time(61)).memory, "it counts as done until its end is known");
    assert_eq!(restored.orders_seen, OrderId(4));
    let found = restored.open_intent.unwrap();
    assert_eq!((found.id, found.at, found.from), (open, time(61), intent(time(61)).from));
    let ended = vec![(open, IntentOutcome::Reported(Outcome::Confirmed))];
    second.record_look(LookEntry { ended, ..entry(record(time(120))) }).await.unwrap();
    assert!(second.restore(&main).await.unwrap().open_intent.is_none());
}

/// What a replay needs is read back as it was written, through pages, markets that looks share, and
/// a filter.
#[tokio::test]
async fn looks_are_read_back_as_they_were_written() {
    let Some(server) = PostgresServer::start() else { return };
    let uptime = Uptime::default();
    let journal = replica(&server.url(), "a", &uptime).await;
    journal.renew(&claims(&["main", "other"])).await.unwrap();
    let mut written = Vec::new();
    for (second, name) in [(100, "main"), (50, "main"), (200, "other"), (300, "main")] {
        let entry = entry(Record { daemon: daemon(name), ..record(time(second)) });
        written.push(entry.clone());
        journal.record_look(entry).await.unwrap();
    }
    let address = StoreAddress::try_new(&server.url(), None).unwrap();
    let reader = JournalReader::open_shared(&address).unwrap();
    let read = |filter: &LookFilter| looks(&reader, filter);
    let all = read(&LookFilter::default());
    assert_eq!(all.len(), written.len());
    for (look, entry) in all.iter().zip(&written) {
        assert_eq!((&look.record, &look.inputs), (&*entry.record, &entry.inputs));
        assert_eq!((&look.params, &look.memory), (&entry.params, &entry.state.memory));
    }
    let since = LookFilter { since: Some(time(100)), until: None, daemon: Some(daemon("main")) };
    assert_eq!(
        read(&since).iter().map(|look| look.record.at).collect::<Vec<_>>(),
        [100, 300].map(time)
    );
    let mut summaries = Vec::new();
    let each = |row: LookSummary| {
        summaries.push((row.at, row.daemon, row.text));
        Ok::<_, JournalError>(())
    };
    reader.for_each_summary(&LookFilter::default(), each).unwrap();
    let expected = written.iter().map(|entry| {
        let record = &entry.record;
        (record.at, record.daemon.to_string(), record.reason_text())
    });
    assert_eq!(summaries, expected.collect::<Vec<_>>());
    assert_eq!(reader.accounts().unwrap().len(), 2);
}

/// What a file keeps is the same in a store: each look with all that a replay needs, the state of
/// each daemon, orders, and the action that was under way.
#[tokio::test(flavor = "multi_thread")]
async fn a_copied_journal_is_the_same_and_goes_on() {
    let Some(server) = PostgresServer::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = Journal::open(folder.path(), LONG, time(0)).unwrap();
    file.record_order(time(0), OperatorCommand::Resume { daemon: None }).await.unwrap();
    for second in 0..450 {
        let snapshot = (second % 60 == 0).then(PersistedState::default);
        let look = LookEntry { snapshot, orders_seen: OrderId(1), ..entry(record(time(second))) };
        file.record_look(look).await.unwrap();
    }
    file.record_intent(intent(time(500))).await.unwrap();
    let kept = file.restore(&daemon("main")).await.unwrap();
    let address = StoreAddress::try_new(&server.url(), None).unwrap();
    let mut store = StoreAdmin::connect(&address).await.unwrap();
    let busy = store.copy_from(folder.path(), time(501)).await.unwrap_err();
    assert!(matches!(busy, JournalError::InUse { .. }), "a service runs on it: {busy}");
    file.close();
    let copied = store.copy_from(folder.path(), time(501)).await.unwrap();
    assert!(copied.0.contains(&("looks", 450)), "{copied:?}");
    let again = store.copy_from(folder.path(), time(501)).await.unwrap_err();
    assert!(matches!(again, JournalError::StoreInUse), "{again}");

    let (before, after) = (
        looks(&JournalReader::open(folder.path()).unwrap(), &LookFilter::default()),
        looks(&JournalReader::open_shared(&address).unwrap(), &LookFilter::default()),
    );
    assert_eq!(format!("{before:?}"), format!("{after:?}"));
    let uptime = Uptime::default();
    let next = replica(&server.url(), "a", &uptime).await;
    next.renew(&claims(&["main"])).await.unwrap();
    let restored = next.restore(&daemon("main")).await.unwrap();
    assert_eq!(format!("{restored:?}"), format!("{kept:?}"));
    next.record_look(entry(record(time(600)))).await.unwrap();
    let order = next.record_order(time(601), OperatorCommand::Resume { daemon: None }).await;
    assert_eq!(order.unwrap(), OrderId(2));
}

fn looks(reader: &JournalReader, filter: &LookFilter) -> Vec<RecordedLook> {
    let mut looks = Vec::new();
    let each = |look| {
        looks.push(look);
        Ok::<_, JournalError>(())
    };
    reader.for_each_look(filter, each).unwrap();
    looks
}

/// A pause is acknowledged once no replica carries out any more what it forbids.
#[tokio::test]
async fn a_pause_waits_for_the_action_of_another_replica() {
    let Some(server) = PostgresServer::start() else { return };
    let uptime = Uptime::default();
    let acting = replica(&server.url(), "acting", &uptime).await;
    let asked = replica(&server.url(), "asked", &uptime).await;
    acting.renew(&claims(&["main"])).await.unwrap();
    let open = acting.record_intent(intent(time(0))).await.unwrap();
    let elsewhere = OperatorCommand::Pause { daemon: Some(daemon("else")), until: None };
    asked.record_order(time(1), elsewhere).await.unwrap();
    let pause = asked.record_order(time(1), OperatorCommand::Pause { daemon: None, until: None });
    let mut pause = std::pin::pin!(pause);
    let early = tokio::time::timeout(std::time::Duration::from_millis(300), &mut pause).await;
    assert!(early.is_err(), "acknowledged while an action is under way");
    let ended = vec![(open, IntentOutcome::Reported(Outcome::Confirmed))];
    acting.record_look(LookEntry { ended, ..entry(record(time(2))) }).await.unwrap();
    pause.await.unwrap();
    // What a replica that ended left open is not under way.
    acting.record_intent(intent(time(3))).await.unwrap();
    acting.release(&[daemon("main")].into(), true).await.unwrap();
    asked
        .record_order(time(4), OperatorCommand::Pause { daemon: None, until: None })
        .await
        .unwrap();
}

#[tokio::test]
async fn orders_reach_those_they_concern_in_the_order_in_which_they_were_given() {
    let Some(server) = PostgresServer::start() else { return };
    let uptime = Uptime::default();
    let one = replica(&server.url(), "a", &uptime).await;
    let other = replica(&server.url(), "b", &uptime).await;
    one.renew(&claims(&["main"])).await.unwrap();
    let until = Some("2026-11-22T14:02:00.123456789Z".parse().unwrap());
    let pause = |daemon| OperatorCommand::Pause { daemon, until };
    let main = daemon("main");
    let resume = OperatorCommand::Resume { daemon: Some(main.clone()) };
    let all = other.record_order(time(0), pause(None)).await.unwrap();
    other.record_order(time(1), pause(Some(daemon("else")))).await.unwrap();
    let last = one.record_order(time(2), resume.clone()).await.unwrap();
    let expected = [
        Order { id: all, at: time(0), directive: Directive::Command(pause(None)) },
        Order { id: last, at: time(2), directive: Directive::Command(resume) },
    ];
    assert_eq!(one.load_orders(&main, OrderId::default()).await.unwrap(), expected);
    assert_eq!(one.load_orders(&main, all).await.unwrap(), expected[1..]);
}

/// The numbers of orders given at once by many are those in which they can be read: an order that
/// was read hides no earlier one that was still under way.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_never_overtaken_by_a_later_one() {
    let Some(server) = PostgresServer::start() else { return };
    let uptime = Uptime::default();
    let reader = replica(&server.url(), "reader", &uptime).await;
    reader.renew(&claims(&["main"])).await.unwrap();
    let mut writers = JoinSet::new();
    for host in ["a", "b", "c"] {
        let writer = replica(&server.url(), host, &uptime).await;
        writers.spawn(async move {
            for second in 0..40 {
                let command = OperatorCommand::Resume { daemon: None };
                writer.record_order(time(second), command).await.unwrap();
            }
        });
    }
    let (main, mut seen, mut count) = (daemon("main"), OrderId::default(), 0);
    while count < 120 {
        for order in reader.load_orders(&main, seen).await.unwrap() {
            assert!(order.id > seen);
            (seen, count) = (order.id, count + 1);
        }
        tokio::task::yield_now().await;
    }
    writers.join_all().await;
    assert_eq!(seen, OrderId(120));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_replicas_that_start_at_once_one_makes_the_tables() {
    let Some(server) = PostgresServer::start() else { return };
    let uptime = Uptime::default();
    let mut starts = JoinSet::new();
    for number in 0..6 {
        let (url, uptime) = (server.url(), uptime.clone());
        starts.spawn(async move { replica(&url, &format!("r{number}"), &uptime).await });
    }
    let replicas: BTreeSet<_> =
        starts.join_all().await.iter().map(|replica| replica.replica().to_owned()).collect();
    assert_eq!(replicas.len(), 6);
}

#[tokio::test]
async fn a_server_that_crashed_is_a_fault_and_its_return_is_noticed() {
    let Some(mut server) = PostgresServer::start() else { return };
    let uptime = Uptime::default();
    let journal = replica(&server.url(), "a", &uptime).await;
    journal.renew(&claims(&["main"])).await.unwrap();
    journal.record_look(entry(record(time(0)))).await.unwrap();
    server.kill();
    let fault = journal.record_look(entry(record(time(60)))).await.unwrap_err();
    assert!(matches!(fault.class, JournalClass::Unreachable | JournalClass::TimedOut), "{fault}");
    server.run();
    journal.record_look(entry(record(time(120)))).await.unwrap();
}
