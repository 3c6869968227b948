//! How a journal in use fails: as a fault, and only for as long as the cause lasts.

use rusqlite::Connection;
use snarkfee_core::{fault::JournalClass, ledger::Ledger};

use super::*;
use crate::{JOURNAL_FILE, Journal};

fn class<T: std::fmt::Debug>(result: Result<T, crate::JournalError>) -> JournalClass {
    result.unwrap_err().class()
}

/// Lets the file take only `pages` more.
fn room_for(store: &Store, pages: i64) {
    let count: i64 =
        store.connection().pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    store.connection().pragma_update(None, "max_page_count", count + pages).unwrap();
}

#[test]
fn a_full_disk_is_a_fault_until_there_is_room_again() {
    let folder = folder();
    let mut store = open(folder.path());
    store.record_look(&entry(record(time(0)))).unwrap();
    room_for(&store, 2);
    let mut noted = 1;
    let fault = loop {
        match store.record_look(&entry(record(time(noted * 60)))) {
            Ok(()) => noted += 1,
            Err(error) => break error,
        }
        assert!(noted < 1_000, "never full");
    };
    assert_eq!(fault.class(), JournalClass::Full);
    assert_eq!(fault.fault().class, JournalClass::Full);
    // What the rest of the last page holds may still be taken; then that is refused too, whole.
    let intents = (0..1_000).take_while(|_| store.record_intent(&intent(time(1))).is_ok()).count();
    assert!(intents < 1_000);
    let looks = |store: &Store| -> i64 {
        store.connection().query_row("SELECT count(*) FROM looks", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(looks(&store), noted);
    room_for(&store, 1_000);
    store.record_look(&entry(record(time(noted * 60)))).unwrap();
    assert_eq!(looks(&store), noted + 1);
}

#[test]
fn a_lock_held_by_someone_else_is_a_fault_until_it_is_free() {
    let folder = folder();
    let mut store = open(folder.path());
    store.connection().busy_timeout(Duration::ZERO).unwrap();
    let other = Connection::open(folder.path().join(JOURNAL_FILE)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(class(store.record_look(&entry(record(time(0))))), JournalClass::Locked);
    assert_eq!(class(store.record_intent(&intent(time(0)))), JournalClass::Locked);
    other.execute_batch("ROLLBACK").unwrap();
    store.record_look(&entry(record(time(0)))).unwrap();
}

#[test]
fn a_journal_that_may_not_be_written_is_a_fault() {
    let folder = folder();
    let mut store = open(folder.path());
    store.connection().pragma_update(None, "query_only", true).unwrap();
    assert_eq!(class(store.record_look(&entry(record(time(0))))), JournalClass::ReadOnly);
}

#[test]
fn a_memory_that_cannot_be_read_is_a_fault_and_stays() {
    let folder = folder();
    let mut store = open(folder.path());
    store.record_look(&entry(record(time(0)))).unwrap();
    store.connection().execute("UPDATE daemons SET memory = '{'", []).unwrap();
    assert_eq!(class(store.restore(&main())), JournalClass::Corrupt);
}

#[tokio::test]
async fn a_journal_answers_through_its_thread_and_frees_its_lock_when_closed() {
    let folder = folder();
    let journal = Journal::open(folder.path(), LONG, time(0)).unwrap();
    journal.record_look(entry(record(time(60)))).await.unwrap();
    let id = journal.record_intent(intent(time(61))).await.unwrap();
    assert_eq!(journal.restore(&main()).await.unwrap().open_intent.unwrap().id, id);
    tokio::task::spawn_blocking(|| journal.close()).await.unwrap();
    assert!(open(folder.path()).restore(&main()).unwrap().open_intent.is_some());
}
