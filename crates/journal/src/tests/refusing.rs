//! What a journal refuses to open, and that it leaves it as it was.

use std::fs;

use proptest::prelude::*;
use rusqlite::Connection;
use snarkfee_core::fault::JournalClass;

use super::*;
use crate::{JournalError, JournalReader, OrderWriter, schema, seal::Seal};

fn journal(folder: &Path) -> std::path::PathBuf {
    folder.join(crate::JOURNAL_FILE)
}

/// A journal of some hundred looks, closed.
#[expect(clippy::disallowed_types, reason = "made once for all cases of a property test")]
fn filled() -> TempDir {
    static CONTENT: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
        let folder = folder();
        let mut store = open(folder.path());
        for minute in 0..100 {
            store.record_look(&entry(record(time(minute * 60)))).unwrap();
        }
        drop(store);
        fs::read(journal(folder.path())).unwrap()
    });
    let folder = folder();
    fs::write(journal(folder.path()), &*CONTENT).unwrap();
    folder
}

fn refused(folder: &Path) -> JournalError {
    let path = journal(folder);
    let before = fs::read(&path).unwrap();
    let error = Store::open(folder, LONG, time(0)).unwrap_err();
    assert_eq!(fs::read(&path).unwrap(), before, "left as it was");
    assert!(error.to_string().contains("journal.sqlite"), "{error}");
    error
}

#[test]
fn a_second_instance_is_told_who_is_there() {
    let folder = folder();
    let first = open(folder.path());
    let second = Store::open(folder.path(), LONG, time(0)).unwrap_err();
    assert_eq!(second.class(), JournalClass::InUse);
    assert!(second.to_string().ends_with(&format!("(process {})", std::process::id())), "{second}");
    drop(first);
    open(folder.path());
}

#[test]
fn foreign_files_are_not_touched() {
    let folder = folder();
    let path = journal(folder.path());
    for content in ["notes of mine", &"x".repeat(5_000), "SQLite format 2"] {
        fs::write(&path, content).unwrap();
        assert_eq!(refused(folder.path()).class(), JournalClass::Foreign, "{content:.20}");
        assert_eq!(JournalReader::open(folder.path()).unwrap_err().class(), JournalClass::Foreign);
        assert_eq!(OrderWriter::open(folder.path()).unwrap_err().class(), JournalClass::Foreign);
    }
    fs::remove_file(&path).unwrap();
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)")
        .unwrap();
    assert_eq!(refused(folder.path()).class(), JournalClass::Foreign);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(
        Store::open(folder.path(), LONG, time(0)).unwrap_err().class(),
        JournalClass::Foreign
    );
}

#[test]
fn a_journal_that_was_cut_off_is_refused() {
    let folder = filled();
    let path = journal(folder.path());
    let whole = fs::read(&path).unwrap();
    for length in [
        0,
        1,
        50,
        99,
        100,
        511,
        4_096,
        10_000,
        whole.len() / 2,
        whole.len() - 4_096,
        whole.len() - 1,
    ] {
        fs::write(&path, &whole[..length]).unwrap();
        let class = refused(folder.path()).class();
        assert!(
            matches!(class, JournalClass::Corrupt | JournalClass::Foreign),
            "{length} bytes: {class:?}"
        );
    }
    fs::write(&path, &whole).unwrap();
    open(folder.path());
}

#[test]
fn a_later_layout_is_refused_and_an_earlier_one_brought_up_to_date() {
    let folder = filled();
    let path = journal(folder.path());
    let known = schema::version(&schema::MIGRATIONS);
    let mut migrations = schema::MIGRATIONS.to_vec();
    migrations.push("ALTER TABLE runs ADD COLUMN host TEXT");
    migrations.push("CREATE TABLE later (x) STRICT");
    let mut connection = Connection::open(&path).unwrap();
    assert!(
        schema::migrate(&mut connection, &path, &migrations, || Ok(Seal::begin())).is_err(),
        "a type is missing"
    );
    let version = |connection: &Connection| {
        connection.pragma_query_value(None, "user_version", |row| row.get(0))
    };
    assert_eq!(version(&connection), Ok(known + 1), "whole steps only");
    *migrations.last_mut().unwrap() = "CREATE TABLE later (x INTEGER) STRICT";
    schema::migrate(&mut connection, &path, &migrations, || Ok(Seal::begin())).unwrap();
    schema::migrate(&mut connection, &path, &migrations, || Ok(Seal::begin())).unwrap();
    assert_eq!(version(&connection), Ok(known + 2));
    connection.close().unwrap();
    assert!(
        matches!(refused(folder.path()), JournalError::Newer { found, .. } if found == known + 2)
    );
    assert_eq!(JournalReader::open(folder.path()).unwrap_err().class(), JournalClass::Newer);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 0).unwrap();
    assert!(matches!(
        JournalReader::open(folder.path()).unwrap_err(),
        JournalError::Older { found: 0, .. }
    ));
    Connection::open(&path).unwrap().pragma_update(None, "user_version", -1).unwrap();
    assert_eq!(refused(folder.path()).class(), JournalClass::Corrupt);
}

#[test]
fn a_making_that_was_cut_off_leaves_no_journal_and_does_not_stop_the_next() {
    let folder = folder();
    fs::write(folder.path().join("journal.new"), "half a journal").unwrap();
    fs::write(folder.path().join("journal.new-wal"), "its log").unwrap();
    open(folder.path());
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains("new")), "{names:?}");
}

#[test]
fn a_folder_that_cannot_be_is_a_matter_of_configuration() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Store::open(&file.join("state"), LONG, time(0)).unwrap_err();
    assert!(error.is_misconfiguration(), "{error}");
    let nothing = JournalReader::open(&folder.path().join("nothing")).unwrap_err();
    assert!(matches!(nothing, JournalError::Missing { .. }), "{nothing}");
}

#[test]
fn the_folder_and_its_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = folder();
    let state = parent.path().join("a/b");
    open(&state);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&state), mode(&journal(&state))), (0o700, 0o600));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Damage is refused, or it is in a place that holds nothing; a panic or a journal that lost
    /// looks unseen is neither.
    #[test]
    fn damage_is_refused_or_harmless(at in any::<prop::sample::Index>(), noise in prop::collection::vec(any::<u8>(), 1..600)) {
        let folder = filled();
        let path = journal(folder.path());
        let mut bytes = fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        let end = bytes.len().min(at + noise.len());
        bytes[at..end].copy_from_slice(&noise[..end - at]);
        fs::write(&path, &bytes).unwrap();
        if let Ok(mut store) = Store::open(folder.path(), LONG, time(0)) {
            let _ = store.restore(&main());
            let _ = store.record_look(&entry(record(time(10_000))));
        } else {
            prop_assert_eq!(fs::read(&path).unwrap(), bytes);
        }
    }
}
