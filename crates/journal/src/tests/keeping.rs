//! What a journal keeps, and for how long.

use snarkfee_core::{
    ledger::RecoveredOutcome,
    market::{Look, MarketSource},
    policy::{Outcome, PauseDeadline},
};

use super::*;
use crate::{JournalError, JournalReader, LookFilter, RecordedLook};

pub(super) fn moments(folder: &Path, filter: &LookFilter) -> Vec<RecordedLook> {
    let mut moments = Vec::new();
    let each = |moment| {
        moments.push(moment);
        Ok::<_, JournalError>(())
    };
    JournalReader::open(folder).unwrap().for_each_look(filter, each).unwrap();
    moments
}

fn endings(store: &Store) -> Vec<Option<String>> {
    let mut statement =
        store.connection().prepare("SELECT ending FROM intents ORDER BY id").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn what_is_noted_is_there_after_reopening_with_everything_a_replay_needs() {
    let folder = folder();
    let memory =
        Memory { pause: Some(PauseDeadline { until: Some(steady(900)) }), ..Memory::default() };
    let kept = PersistedState {
        memory: memory.clone(),
        baseline: Some(DaemonSettings { worker: Some(key("us")), fee: fee(5) }),
        ..PersistedState::default()
    };
    let written = LookEntry { state: kept, orders_seen: OrderId(4), ..entry(record(time(60))) };
    {
        let mut store = open(folder.path());
        assert!(store.restore(&main()).unwrap().state.is_none(), "a daemon never seen");
        store.record_look(&written).unwrap();
    }
    let restored = open(folder.path()).restore(&main()).unwrap();
    let kept = restored.state.unwrap();
    assert_eq!((kept.memory, kept.baseline), (memory.clone(), written.state.baseline.clone()));
    assert_eq!((restored.orders_seen, restored.open_intent), (OrderId(4), None));
    let moments = moments(folder.path(), &LookFilter::default());
    let RecordedLook { record, inputs, params, memory: after, run, .. } =
        moments.into_iter().next().unwrap();
    assert_eq!((&record, &inputs, &params), (&*written.record, &written.inputs, &written.params));
    assert_eq!((after, run), (memory, 1));
}

#[test]
fn what_layout_1_kept_is_read_by_every_later_version() {
    let folder = folder();
    let memory = r#"{"fee_changed":"2026-11-22T14:00:00Z","switched":{"at":"2026-11-22T13:00:00Z","on":true},
        "changes":["2026-11-22T13:00:00Z","2026-11-22T14:00:00Z"],"pause":{"until":null},
        "breaker":{"failures":5,"successes":1},"external_hold":"2026-11-22T15:00:00Z",
        "known":{"worker":"B62qus","fee":7},"of a later version":1}"#;
    let earlier = earlier::make_layout(folder.path(), 1);
    let insert = "INSERT INTO daemons (daemon, at, memory) VALUES ('main', 0, ?1)";
    earlier.execute(insert, [memory]).unwrap();
    drop(earlier);
    let store = open(folder.path());
    let kept = store.restore(&main()).unwrap().state.unwrap().memory;
    assert_eq!(
        (kept.pacing.changes.len(), kept.pause, kept.breaker.is_open()),
        (2, Some(PauseDeadline { until: None }), true)
    );
    assert_eq!(kept.known, Some(DaemonSettings { worker: Some(key("us")), fee: fee(7) }));
    let pacing = kept.pacing;
    assert!(pacing.switched.unwrap().on && pacing.fee_changed > pacing.changes.front().copied());
}

#[test]
fn settings_are_stored_once_however_many_looks_they_led_to() {
    let folder = folder();
    let mut store = open(folder.path());
    for minute in 0..5 {
        store.record_look(&entry(record(time(minute * 60)))).unwrap();
    }
    let mut other = entry(record(time(600)));
    other.params.pricing.confirm = 9;
    store.record_look(&other).unwrap();
    let count: i64 = store
        .connection()
        .query_row("SELECT count(*) FROM settings", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 2);
    assert_eq!(
        moments(folder.path(), &LookFilter::default()).last().unwrap().params.pricing.confirm,
        9
    );
}

#[test]
fn settings_go_with_the_last_look_that_depended_on_them() {
    let folder = folder();
    let mut store = Store::open(folder.path(), Duration::from_secs(3600), time(0)).unwrap();
    let mut first = entry(record(time(0)));
    first.params.pricing.confirm = 9;
    store.record_look(&first).unwrap();
    store.record_look(&LookEntry { record: Arc::new(record(time(1_800))), ..first }).unwrap();
    let count = "SELECT count(*) FROM settings";
    store.record_look(&entry(record(time(3_601)))).unwrap();
    assert_eq!(bytes(&store, count), 2, "a look that is kept depended on them");
    store.record_look(&entry(record(time(5_401)))).unwrap();
    assert_eq!(bytes(&store, count), 1);
    assert_eq!(moments(folder.path(), &LookFilter::default()).len(), 2);
}

#[test]
fn looks_are_read_by_time_and_daemon_in_the_order_in_which_they_were_taken() {
    let folder = folder();
    let mut store = open(folder.path());
    for (second, daemon) in [(100, "main"), (50, "main"), (200, "other"), (300, "main")] {
        let daemon = DaemonId::try_new(daemon).unwrap();
        store.record_look(&entry(Record { daemon, ..record(time(second)) })).unwrap();
    }
    let times = |filter: &LookFilter| {
        moments(folder.path(), filter).iter().map(|m| m.record.at).collect::<Vec<_>>()
    };
    assert_eq!(times(&LookFilter::default()), [100, 50, 200, 300].map(time));
    let since = LookFilter { since: Some(time(100)), until: None, daemon: Some(main()) };
    assert_eq!(times(&since), [100, 300].map(time));
    assert_eq!(times(&LookFilter { since: Some(time(301)), until: None, daemon: None }), []);
}

#[test]
fn an_intent_counts_as_carried_out_until_its_end_is_noted() {
    let folder = folder();
    let begun = intent(time(10));
    let id = open(folder.path()).record_intent(&begun).unwrap();
    let mut store = open(folder.path());
    let restored = store.restore(&main()).unwrap();
    let memory = restored.state.unwrap().memory;
    assert_eq!(
        (memory.pacing.fee_changed, memory.pacing.changes.len(), memory.known),
        (Some(steady(10)), 1, None)
    );
    let left = restored.open_intent.unwrap();
    assert_eq!((left.id, left.at, left.from), (id, time(10), begun.from));
    assert_eq!(left.action, begun.decision.action);
    // A look that could not read the daemon's settings leaves it open.
    store.record_look(&entry(record(time(70)))).unwrap();
    assert!(store.restore(&main()).unwrap().open_intent.is_some());
    store
        .record_look(&ended(
            record(time(130)),
            id,
            IntentOutcome::Recovered(RecoveredOutcome::NotApplied),
        ))
        .unwrap();
    assert_eq!(store.restore(&main()).unwrap().open_intent, None);
    assert_eq!(endings(&store), [Some("found_not_applied".to_owned())]);
}

#[test]
fn an_intent_taken_down_too_late_to_be_acted_on_is_closed_by_the_next_look() {
    let folder = folder();
    let mut store = open(folder.path());
    let first = store.record_intent(&intent(time(10))).unwrap();
    store
        .record_look(&ended(record(time(11)), first, IntentOutcome::Reported(Outcome::Confirmed)))
        .unwrap();
    store.record_intent(&intent(time(20))).unwrap();
    store.record_look(&entry(record(time(21)))).unwrap();
    assert_eq!(endings(&store), [Some("confirmed".to_owned()), Some("not_sent".to_owned())]);
}

#[test]
fn an_end_found_out_is_taken_down_with_the_next_intent() {
    let folder = folder();
    let first = open(folder.path()).record_intent(&intent(time(10))).unwrap();
    let mut store = open(folder.path());
    let found = vec![(first, IntentOutcome::Recovered(RecoveredOutcome::Applied))];
    let second = store.record_intent(&Intent { ended: found, ..intent(time(700)) }).unwrap();
    assert_eq!(endings(&store), [Some("found_applied".to_owned()), None]);
    drop(store);
    assert_eq!(open(folder.path()).restore(&main()).unwrap().open_intent.unwrap().id, second);
}

#[test]
fn what_is_older_than_the_retention_goes_a_little_at_a_time() {
    let folder = folder();
    let mut store = Store::open(folder.path(), Duration::from_secs(3600), time(0)).unwrap();
    for minute in 0..100 {
        store.record_intent(&intent(time(minute * 60))).unwrap();
        store.record_look(&entry(record(time(minute * 60)))).unwrap();
    }
    let count = |table: &str| {
        let query = format!("SELECT count(*) FROM {table}");
        store.connection().query_row(&query, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((count("looks"), count("intents")), (61, 61));
    // A clock that jumps a year ahead and back costs some looks, not all.
    store.record_look(&entry(record(time(400 * 24 * 3600)))).unwrap();
    let left = moments(folder.path(), &LookFilter::default()).len();
    assert_eq!(left, 42);
}

#[test]
fn a_look_at_a_busy_market_takes_little_space() {
    let folder = folder();
    let mut store = open(folder.path());
    let mut busy = record(time(0));
    let provers: Vec<String> = (1..40).map(|n| format!("p{}", "q".repeat(n))).collect();
    let prover = |n: i64| provers[usize::try_from(n % 39).unwrap()].as_str();
    let works: Vec<_> = (0..128_i64).map(|n| (n, 1_000 * n.cast_unsigned(), prover(n))).collect();
    let blocks =
        (0..20).map(|n| snarkfee_core::fixtures::block(n, "hash", i64::from(n), &works)).collect();
    let open: Vec<_> = (0..1_000_i64)
        .map(|n| snarkfee_core::fixtures::open_work(n, Some((n.cast_unsigned(), "them"))))
        .collect();
    busy.look = snarkfee_core::fixtures::look(0, blocks, open);
    let plain = serde_json::to_string(&busy).unwrap().len();
    store.record_look(&entry(busy)).unwrap();
    let stored: i64 = store
        .connection()
        .query_row("SELECT length(body) FROM looks", [], |row| row.get(0))
        .unwrap();
    assert!(usize::try_from(stored).unwrap() * 6 < plain, "{stored} of {plain}");
}

/// The looks of one reading of blocks and book by `reader`: its own and those of `followers`
/// daemons.
pub(super) fn shared_looks(at: Timestamp, reader: &str, followers: usize) -> Vec<Record> {
    let works: Vec<_> = (0..128_i64).map(|n| (n, 1_000 * n.cast_unsigned(), "them")).collect();
    let blocks =
        (0..20).map(|n| snarkfee_core::fixtures::block(n, "hash", i64::from(n), &works)).collect();
    let open: Vec<_> = (0..1_000_i64)
        .map(|n| snarkfee_core::fixtures::open_work(n, Some((n.cast_unsigned(), "them"))))
        .collect();
    let look = Look { at, ..snarkfee_core::fixtures::look(0, blocks, open) };
    let by = DaemonId::try_new(reader).unwrap();
    let own = Record { daemon: by.clone(), look: look.clone(), ..record(at) };
    let follower = |n: usize| {
        let look = Look {
            market_read: Some(MarketSource { by: by.clone(), at, uptime: None }),
            ..look.clone()
        };
        Record { daemon: DaemonId::try_new(&format!("{reader}-{n}")).unwrap(), look, ..record(at) }
    };
    std::iter::once(own).chain((0..followers).map(follower)).collect()
}

fn bytes(store: &Store, query: &str) -> i64 {
    store.connection().query_row(query, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_market_that_a_fleet_shares_is_stored_once_and_read_with_every_look() {
    const STORED: &str = "SELECT (SELECT sum(length(body)) FROM looks) + (SELECT ifnull(sum(length(body)), 0) FROM markets)";
    let folder = folder();
    let mut store = open(folder.path());
    // Whoever took it over may be written down before the one that read it.
    let mut looks = shared_looks(time(0), "a", 20);
    looks.rotate_left(1);
    store.record_look(&entry(looks[0].clone())).unwrap();
    let one = bytes(&store, STORED);
    for look in &looks[1..] {
        store.record_look(&entry(look.clone())).unwrap();
    }
    let grown = bytes(&store, STORED) - one;
    let market = bytes(&store, "SELECT length(body) FROM markets");
    assert_eq!(bytes(&store, "SELECT count(*) FROM markets"), 1);
    assert!(
        grown / 20 < market / 4,
        "20 more looks took {grown} bytes, the market itself {market}"
    );
    let other = shared_looks(time(60), "b", 1);
    other.iter().for_each(|look| store.record_look(&entry(look.clone())).unwrap());
    let read: Vec<Record> = moments(folder.path(), &LookFilter::default())
        .into_iter()
        .map(|moment| moment.record)
        .collect();
    assert_eq!(read, [looks, other].concat());
}

#[test]
fn markets_that_differ_in_anything_are_not_taken_for_each_other() {
    let folder = folder();
    let mut store = open(folder.path());
    let first = shared_looks(time(0), "a", 0).remove(0);
    let (mut sale, mut offer, mut order, mut time_of) =
        (first.clone(), first.clone(), first.clone(), first.clone());
    fn chain(record: &mut Record) -> &mut snarkfee_core::market::ChainLook {
        record.look.chain.as_mut().unwrap().as_mut().unwrap()
    }
    fn book(record: &mut Record) -> &mut snarkfee_core::market::Book {
        record.look.book.as_mut().unwrap().as_mut().unwrap()
    }
    Arc::make_mut(&mut chain(&mut sale).blocks[3]).works[5].fee = fee(7);
    Arc::make_mut(&mut book(&mut offer).works)[999].standing = None;
    book(&mut order).order = snarkfee_core::market::BookOrder::Unknown;
    Arc::make_mut(&mut chain(&mut time_of).blocks[0]).at = time(-1);
    let looks = [first, sale, offer, order, time_of];
    looks.iter().for_each(|look| store.record_look(&entry(look.clone())).unwrap());
    let read: Vec<Record> = moments(folder.path(), &LookFilter::default())
        .into_iter()
        .map(|moment| moment.record)
        .collect();
    assert_eq!(read, looks);
}

#[test]
fn a_market_stays_as_long_as_a_look_shows_it() {
    let folder = folder();
    let mut store = Store::open(folder.path(), Duration::from_secs(3600), time(0)).unwrap();
    let origin = |second: i64| {
        let mut kept = PersistedState::default();
        let block = snarkfee_core::fixtures::block(1, "hash", second, &[]);
        kept.history.put_market(vec![block], None);
        Some(kept)
    };
    let [first, again] = <[Record; 2]>::try_from(shared_looks(time(0), "a", 1)).unwrap();
    store.record_look(&LookEntry { snapshot: origin(0), ..entry(first) }).unwrap();
    let later = Record { at: time(1_800), ..again };
    store.record_look(&LookEntry { snapshot: origin(1), ..entry(later.clone()) }).unwrap();
    assert_eq!(
        bytes(&store, "SELECT count(*) FROM markets"),
        3,
        "one of both looks, and what each remembered"
    );
    // The first look goes, the second still shows the market.
    store.record_look(&entry(record(time(3_601)))).unwrap();
    let left = moments(folder.path(), &LookFilter::default());
    assert_eq!((left.len(), &left[0].record), (2, &later));
    assert_eq!(left[0].snapshot.as_ref().unwrap().history.blocks(Timestamp::MIN).count(), 1);
    assert_eq!(
        bytes(&store, "SELECT count(*) FROM markets"),
        2 + i64::from(matches!(left[1].record.look.book, Some(Ok(_))))
    );
    // Forgotten ones are not referred to again, even where they come back.
    store.record_look(&entry(record(time(90_000)))).unwrap();
    store.record_look(&entry(Record { at: time(90_000), ..later })).unwrap();
    assert_eq!(moments(folder.path(), &LookFilter::default()).len(), 2);
}
