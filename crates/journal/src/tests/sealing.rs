//! What a journal acknowledged is there at the next opening, or it is known that it may be lost;
//! a kill between any two steps is neither a loss nor an alarm.

use std::{collections::BTreeMap, fs, os::unix::fs::MetadataExt, path::PathBuf, time::SystemTime};

use rusqlite::Connection;
use snarkfee_core::{
    control::OperatorCommand,
    fault::{JournalClass, JournalDoubt},
    ledger::{Directive, MEMORY_FORMAT},
    policy::PauseDeadline,
};

use super::{earlier::make_layout, *};
use crate::{
    JournalError, JournalReader, OrderWriter, schema,
    seal::Seal,
    seal_file::{SEAL_FILE, SealFile, SealReading},
};

const JOURNAL: &str = crate::JOURNAL_FILE;
const LOG: &str = "journal.sqlite-wal";

/// The files of a folder as they are, also while the journal is open.
fn copy(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    files.map(|path| (name(&path), fs::read(&path).unwrap())).collect()
}

fn restore(files: &BTreeMap<String, Vec<u8>>) -> TempDir {
    let folder = folder();
    files.iter().for_each(|(name, bytes)| fs::write(folder.path().join(name), bytes).unwrap());
    folder
}

fn pause() -> OperatorCommand {
    OperatorCommand::Pause { daemon: None, until: None }
}

/// What the orders say to a daemon that obeyed none, after opening the journal.
fn directives(folder: &Path) -> Vec<Directive> {
    let orders = open(folder).load_orders(&main(), OrderId::default()).unwrap();
    orders.into_iter().map(|order| order.directive).collect()
}

fn doubt_of(files: &BTreeMap<String, Vec<u8>>) -> Option<JournalDoubt> {
    let folder = restore(files);
    let found = directives(folder.path());
    let doubts = |directives: Vec<Directive>| -> Vec<JournalDoubt> {
        let doubt = |directive| match directive {
            Directive::Distrust(doubt) => Some(doubt),
            Directive::Command(_) => None,
        };
        directives.into_iter().filter_map(doubt).collect()
    };
    let (found, again) = (doubts(found), doubts(directives(folder.path())));
    assert_eq!(found, again, "a doubt is recorded once and stays");
    assert!(found.len() <= 1, "{found:?}");
    found.first().copied()
}

fn last_seal(folder: &Path) -> Seal {
    match SealFile::new(folder).read().unwrap() {
        SealReading::Acknowledged { seal, .. } => seal,
        other => panic!("{other:?}"),
    }
}

/// A journal with an acknowledged pause, as a kill leaves it, and as it was before the pause.
fn paused() -> (BTreeMap<String, Vec<u8>>, BTreeMap<String, Vec<u8>>) {
    let folder = folder();
    let mut store = open(folder.path());
    store.record_look(&entry(record(time(0)))).unwrap();
    let before = copy(folder.path());
    store.record_order(time(1), &pause()).unwrap();
    (copy(folder.path()), before)
}

#[test]
fn what_a_kill_leaves_is_opened_without_a_doubt() {
    let (files, before) = paused();
    assert_eq!((doubt_of(&files), doubt_of(&before)), (None, None));
    let folder = restore(&files);
    assert_eq!(directives(folder.path()), [Directive::Command(pause())]);
}

#[test]
fn a_loss_of_what_was_acknowledged_is_known() {
    let (files, before) = paused();
    let other = {
        let folder = folder();
        open(folder.path()).record_order(time(0), &pause()).unwrap();
        copy(folder.path())
    };
    let with = |changes: &[(&str, Option<&Vec<u8>>)]| {
        let mut files = files.clone();
        for (name, bytes) in changes {
            match bytes {
                Some(bytes) => files.insert((*name).to_owned(), (*bytes).clone()),
                None => files.remove(*name),
            };
        }
        doubt_of(&files)
    };
    let mut cut = files[LOG].clone();
    cut.truncate(cut.len() - 10);
    let mut flipped = files[LOG].clone();
    let middle = flipped.len() - 2_000;
    flipped[middle] ^= 1;
    let noise = vec![7; 5_000];
    for (changes, doubt) in [
        (&[(LOG, None)][..], JournalDoubt::Behind),
        (&[(LOG, None), ("journal.sqlite-shm", None)], JournalDoubt::Behind),
        (&[(LOG, Some(&cut))], JournalDoubt::Behind),
        (&[(LOG, Some(&flipped))], JournalDoubt::Behind),
        (&[(JOURNAL, Some(&before[JOURNAL])), (LOG, Some(&before[LOG]))], JournalDoubt::Behind),
        (&[(JOURNAL, Some(&other[JOURNAL])), (LOG, None)], JournalDoubt::Replaced),
        (&[(SEAL_FILE, Some(&other[SEAL_FILE]))], JournalDoubt::Replaced),
        (&[(SEAL_FILE, None)], JournalDoubt::Unsealed),
        (&[(SEAL_FILE, Some(&noise))], JournalDoubt::Unsealed),
        (&[(JOURNAL, None), (LOG, None)], JournalDoubt::Missing),
    ] {
        let names: Vec<_> = changes.iter().map(|(name, _)| name).collect();
        assert_eq!(with(changes), Some(doubt), "{names:?}");
    }
    assert_eq!(with(&[("journal.sqlite-shm", None)]), None, "it holds nothing");
}

#[test]
fn a_kill_between_a_commit_and_its_seal_costs_nothing() {
    let folder = folder();
    let mut store = open(folder.path());
    let seal = folder.path().join(SEAL_FILE);
    let writes: [fn(&mut Store); 5] = [
        |store| assert!(store.record_order(time(1), &pause()).is_ok()),
        |store| assert!(store.record_intent(&intent(time(2))).is_ok()),
        |store| store.record_look(&entry(record(time(3)))).unwrap(),
        |store| store.save_state(&main(), time(4), PersistedState::default()).unwrap(),
        |store| assert!(store.record_order(time(5), &pause()).is_ok()),
    ];
    for (number, write) in writes.into_iter().enumerate() {
        let (before, last) = (fs::read(&seal).unwrap(), last_seal(folder.path()));
        write(&mut store);
        assert_eq!(last_seal(folder.path()).sequence, last.sequence + 1);
        let mut killed = copy(folder.path());
        let after = killed.insert(SEAL_FILE.to_owned(), before.clone()).unwrap();
        assert_eq!(doubt_of(&killed), None, "before the seal of write {number}");
        // The write went to one place, which may be cut off anywhere.
        let place =
            (0..2).find(|n| before[n * 4_096..][..160] != after[n * 4_096..][..160]).unwrap();
        for length in [1, 40, 90, 110] {
            let mut torn = before.clone();
            let at = place * 4_096;
            torn[at..at + length].copy_from_slice(&after[at..at + length]);
            torn[at + length] ^= 0xff;
            killed.insert(SEAL_FILE.to_owned(), torn);
            assert_eq!(doubt_of(&killed), None, "within the seal of write {number}, at {length}");
        }
    }
}

#[test]
fn a_kill_while_a_journal_is_made_is_no_loss() {
    let made = {
        let folder = folder();
        drop(open(folder.path()));
        let mut files = copy(folder.path());
        let seal = Seal { sequence: 0, checksums: 0, ..last_seal(folder.path()) };
        SealFile::new(folder.path()).create(seal).unwrap();
        files.insert(SEAL_FILE.to_owned(), fs::read(folder.path().join(SEAL_FILE)).unwrap());
        files
    };
    let mut files = BTreeMap::new();
    let mut at = |name: &str, bytes: &Vec<u8>| {
        files.insert(name.to_owned(), bytes.clone());
        assert_eq!(doubt_of(&files), None, "with {:?}", files.keys());
    };
    at("lock", &Vec::new());
    at("journal.seal-new", &made[SEAL_FILE][..50].to_vec());
    at(SEAL_FILE, &made[SEAL_FILE]);
    at("journal.new", &made[JOURNAL][..3_000].to_vec());
    at("journal.new", &made[JOURNAL]);
    at(JOURNAL, &made[JOURNAL]);
}

#[test]
fn a_doubt_survives_a_kill_while_it_is_recorded_and_a_resume_after_it_ends_it() {
    let (mut files, _) = paused();
    files.remove(LOG);
    let folder = restore(&files);
    assert_eq!(directives(folder.path()), [Directive::Distrust(JournalDoubt::Behind)]);
    // The seal was not written any more.
    let mut killed = copy(folder.path());
    killed.insert(SEAL_FILE.to_owned(), files[SEAL_FILE].clone());
    assert_eq!(doubt_of(&killed), Some(JournalDoubt::Behind));
    let resume = OperatorCommand::Resume { daemon: None };
    OrderWriter::open(folder.path()).unwrap().give(time(9), &resume).unwrap();
    assert_eq!(
        directives(folder.path()),
        [Directive::Distrust(JournalDoubt::Behind), Directive::Command(resume)]
    );
}

#[test]
fn a_damaged_row_is_dropped_and_the_others_kept() {
    let folder = folder();
    let mut store = open(folder.path());
    let memory = Memory { pause: Some(PauseDeadline { until: None }), ..Memory::default() };
    let state = PersistedState {
        memory,
        baseline: Some(DaemonSettings { worker: Some(key("us")), fee: fee(5) }),
        ..PersistedState::default()
    };
    store.record_look(&LookEntry { state, ..entry(record(time(0))) }).unwrap();
    store.record_intent(&intent(time(1))).unwrap();
    store.record_order(time(2), &pause()).unwrap();
    drop(store);
    let files = copy(folder.path());
    for damage in [
        "UPDATE daemons SET memory = replace(memory, 'pause', 'qause')",
        "UPDATE daemons SET orders_seen = 7",
        "UPDATE daemons SET rest = NULL",
        "UPDATE daemons SET daemon = 'mein'",
        "UPDATE intents SET ending = 'confirmed'",
        "UPDATE intents SET mode = 'dry-run'",
        "UPDATE orders SET verb = 'resume'",
        "UPDATE orders SET daemon = 'other'",
        "DELETE FROM daemons",
        "DELETE FROM intents",
        "DELETE FROM orders",
        "UPDATE seal SET sequence = sequence + 1",
        "DELETE FROM seal",
    ] {
        let folder = restore(&files);
        let connection = Connection::open(folder.path().join(JOURNAL)).unwrap();
        assert!(connection.execute(damage, []).unwrap() > 0, "{damage}");
        drop(connection);
        assert_eq!(doubt_of(&copy(folder.path())), Some(JournalDoubt::Damaged), "{damage}");
        let mut store = open(folder.path());
        store.restore(&main()).unwrap();
        store.record_look(&entry(record(time(60)))).unwrap();
    }
}

#[test]
fn files_that_go_or_change_under_a_running_service_are_missed_at_once() {
    let names = [JOURNAL, LOG, SEAL_FILE];
    for (name, replaced) in names.into_iter().flat_map(|name| [(name, false), (name, true)]) {
        let folder = folder();
        let mut store = open(folder.path());
        store.record_look(&entry(record(time(0)))).unwrap();
        let (path, aside) = (folder.path().join(name), folder.path().join("aside"));
        let bytes = fs::read(&path).unwrap();
        fs::rename(&path, &aside).unwrap();
        if replaced {
            fs::write(&path, bytes).unwrap();
        }
        let class = |error: JournalError| error.class();
        assert_eq!(
            store.load_orders(&main(), OrderId::default()).map_err(class),
            Err(JournalClass::Lost),
            "{name}"
        );
        assert_eq!(store.record_intent(&intent(time(1))).map_err(class), Err(JournalClass::Lost));
        assert_eq!(store.record_order(time(1), &pause()).map_err(class), Err(JournalClass::Lost));
        fs::rename(&aside, &path).unwrap();
        store.record_intent(&intent(time(2))).unwrap();
    }
    let folder = folder();
    let mut store = open(&folder.path().join("state"));
    fs::remove_dir_all(folder.path().join("state")).unwrap();
    let error = store.record_look(&entry(record(time(0)))).unwrap_err();
    assert_eq!(error.class(), JournalClass::Lost);
}

#[test]
fn a_file_of_a_later_layout_is_not_touched_at_all() {
    let later = schema::version(&schema::MIGRATIONS) + 1;
    let (files, _) = paused();
    let in_file = |folder: &Path| {
        let connection = Connection::open(folder.join(JOURNAL)).unwrap();
        connection.pragma_update(None, "user_version", later).unwrap();
        connection.close().unwrap();
    };
    let in_log = |folder: &Path| {
        let connection = Connection::open(folder.join(JOURNAL)).unwrap();
        connection.pragma_update(None, "user_version", later).unwrap();
        // As a kill leaves it: the layout is in the write-ahead log alone.
        let killed = copy(folder);
        drop(connection);
        killed.iter().for_each(|(name, bytes)| fs::write(folder.join(name), bytes).unwrap());
    };
    let states: [&dyn Fn(&Path); 2] = [&in_file, &in_log];
    for make in states {
        let folder = restore(&files);
        make(folder.path());
        let state = || -> Vec<(String, u64, SystemTime, Vec<u8>)> {
            let files = copy(folder.path()).into_iter().filter(|(name, _)| name != "lock");
            let with_times = files.map(|(name, bytes)| {
                let metadata = fs::metadata(folder.path().join(&name)).unwrap();
                (name, metadata.ino(), metadata.modified().unwrap(), bytes)
            });
            with_times.collect()
        };
        let before = state();
        let class = |error: JournalError| error.class();
        let opened = Store::open(folder.path(), LONG, time(0)).map(drop).map_err(class);
        let read = JournalReader::open(folder.path()).map(drop).map_err(class);
        let ordered = OrderWriter::open(folder.path()).map(drop).map_err(class);
        assert_eq!([opened, read, ordered], [const { Err(JournalClass::Newer) }; 3]);
        assert_eq!(state(), before);
    }
}

#[test]
fn a_journal_of_the_version_before_is_brought_up_to_date_with_what_it_protects() {
    let folder = folder();
    let earlier = make_layout(folder.path(), 3);
    earlier
        .execute_batch(
            r#"INSERT INTO runs VALUES (1, 0, '0.1.0', 1);
            INSERT INTO orders (at, daemon, verb, until) VALUES (0, NULL, 'pause', NULL);
            INSERT INTO daemons (daemon, at, memory) VALUES ('main', 0, '{"breaker":{"failures":5,"successes":1}}');
            INSERT INTO intents (run, daemon, at, mode, settings_before, action, reason)
            VALUES (1, 'main', 0, 'live', '{"worker":"B62qus","fee":5}', '{"action":"set_fee","fee":7}', 'price_move');
            INSERT INTO settings (json) VALUES ('nobody depends on them')"#,
        )
        .unwrap();
    let killed = copy(folder.path());
    drop(earlier);
    // A kill while it is brought up to date, after the first seal was written.
    SealFile::new(folder.path()).create(Seal::begin()).unwrap();
    let mut begun = killed.clone();
    begun.insert(SEAL_FILE.to_owned(), fs::read(folder.path().join(SEAL_FILE)).unwrap());
    for files in [&killed, &begun] {
        assert_eq!(doubt_of(files), None);
    }
    let folder = restore(&killed);
    assert_eq!(directives(folder.path()), [Directive::Command(pause())]);
    let store = open(folder.path());
    let restored = store.restore(&main()).unwrap();
    assert!(restored.state.unwrap().memory.breaker.is_open());
    assert_eq!(
        restored.open_intent.unwrap().at,
        time(0) - time(0).duration_since(Timestamp::UNIX_EPOCH)
    );
    let settings =
        store.connection().query_row("SELECT count(*) FROM settings", [], |row| row.get(0));
    assert_eq!(settings, Ok(0));
    drop(store);
    // Put back over the journal that came of it, it is known for what it is.
    let mut back = copy(folder.path());
    back.insert(JOURNAL.to_owned(), killed[JOURNAL].clone());
    back.insert(LOG.to_owned(), killed[LOG].clone());
    assert_eq!(doubt_of(&back), Some(JournalDoubt::Replaced));
}

#[test]
fn an_order_is_never_taken_for_one_that_was_obeyed() {
    let folder = folder();
    let mut store = open(folder.path());
    store.record_look(&LookEntry { orders_seen: OrderId(41), ..entry(record(time(0))) }).unwrap();
    assert_eq!(store.record_order(time(1), &pause()).unwrap(), OrderId(42));
}

#[test]
fn memory_of_this_format_has_exactly_the_fields_that_are_known() {
    let folder = folder();
    let mut store = open(folder.path());
    store.record_look(&entry(record(time(0)))).unwrap();
    let stored: String =
        store.connection().query_row("SELECT memory FROM daemons", [], |row| row.get(0)).unwrap();
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&stored).unwrap();
    let mut names: Vec<&str> = fields.keys().map(String::as_str).collect();
    names.sort_unstable();
    let known = include_str!("memory_fields.txt");
    let expected = format!("format {MEMORY_FORMAT}\n{}\n", names.join("\n"));
    assert_eq!(known, expected, "where fields changed, MEMORY_FORMAT in snarkfee-core grows too");

    let connection = Connection::open(folder.path().join(JOURNAL)).unwrap();
    for (memory, format, fine) in [
        ("{}", MEMORY_FORMAT - 1, true),
        ("{}", MEMORY_FORMAT, false),
        (&*stored.replacen('{', r#"{"hold":true,"#, 1), MEMORY_FORMAT, false),
        (&*stored.replace("failures", "failings"), MEMORY_FORMAT, false),
        (&*stored, MEMORY_FORMAT + 1, false),
    ] {
        connection
            .execute("UPDATE daemons SET memory = ?1, format = ?2", (memory, format))
            .unwrap();
        crate::daemons::MEMORY_COLUMNS
            .protect(&connection, "main", &mut Default::default())
            .unwrap();
        assert_eq!(store.restore(&main()).is_ok(), fine, "{memory:.40} {format}");
    }
}
