//! Journals as earlier versions left them.

use rusqlite::{Connection, params};

use super::{
    keeping::{moments, shared_looks},
    *,
};
use crate::{
    JournalError, JournalReader, LookFilter,
    folder::journal_path,
    looks::{LookBody, LookBodyRef},
    markets::StoredMarket,
    packing::{Packer, unpack},
    schema,
};

/// Makes a journal as the version of that layout made it, and leaves it open.
pub(super) fn make_layout(folder: &Path, layout: usize) -> Connection {
    let connection = Connection::open(journal_path(folder)).unwrap();
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "application_id", schema::APPLICATION_ID).unwrap();
    schema::MIGRATIONS[..layout].iter().for_each(|step| connection.execute_batch(step).unwrap());
    connection.pragma_update(None, "user_version", i64::try_from(layout).unwrap()).unwrap();
    connection.close().unwrap();
    Connection::open(journal_path(folder)).unwrap()
}

/// Makes an up-to-date journal one of layout 2, in which each look and each origin held its market
/// itself.
fn to_layout_two(path: &Path) {
    let connection = Connection::open(path).unwrap();
    let list = |sql: &str| -> Vec<(i64, Vec<u8>, Option<i64>)> {
        let mut statement = connection.prepare(sql).unwrap();
        let rows =
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let market = |id: i64| -> StoredMarket {
        let body = connection.query_row("SELECT body FROM markets WHERE id = ?1", [id], |row| {
            row.get::<_, Vec<u8>>(0)
        });
        unpack("a market", &body.unwrap()).unwrap()
    };
    let mut packer = Packer::default();
    for (id, body, shown) in list("SELECT id, body, market FROM looks") {
        let LookBody { mut record, inputs, memory } = unpack("a look", &body).unwrap();
        market(shown.unwrap()).put_into(&mut record.look);
        let body = packer
            .pack("a look", &LookBodyRef { record: &record, inputs: &inputs, memory: &memory })
            .unwrap();
        connection.execute("UPDATE looks SET body = ?2 WHERE id = ?1", params![id, body]).unwrap();
    }
    for (look, body, shown) in list("SELECT look, body, market FROM origins") {
        let mut kept: PersistedState = unpack("what was kept", &body).unwrap();
        market(shown.unwrap()).put_into_history(&mut kept.history);
        let body = packer.pack("what was kept", &kept).unwrap();
        connection
            .execute("UPDATE origins SET body = ?2 WHERE look = ?1", params![look, body])
            .unwrap();
    }
    connection
        .execute_batch(
            "DROP INDEX changes_by_time; DROP INDEX looks_by_daemon;
             CREATE INDEX looks_by_daemon ON looks (daemon, at);
             DROP INDEX looks_by_settings; DROP TABLE seal; ALTER TABLE daemons DROP COLUMN format;
             ALTER TABLE daemons DROP COLUMN memory_checksum; ALTER TABLE daemons DROP COLUMN rest_checksum;
             ALTER TABLE orders DROP COLUMN doubt; ALTER TABLE orders DROP COLUMN checksum;
             ALTER TABLE intents DROP COLUMN checksum;
             DROP INDEX looks_by_market; DROP INDEX origins_by_market; ALTER TABLE looks DROP COLUMN market;
             ALTER TABLE origins DROP COLUMN market; DROP TABLE markets; PRAGMA user_version = 2",
        )
        .unwrap();
    connection.close().unwrap();
    std::fs::remove_file(path.with_extension("seal")).unwrap();
}

#[test]
fn a_journal_that_kept_each_market_with_its_look_is_read_on_and_forgotten_as_any_other() {
    let folder = folder();
    let looks = shared_looks(time(0), "a", 2);
    let mut kept = PersistedState::default();
    kept.history.absorb_look(&looks[0].look, |_| false, None);
    {
        let mut store = Store::open(folder.path(), Duration::from_secs(3600), time(0)).unwrap();
        for look in &looks {
            store
                .record_look(&LookEntry { snapshot: Some(kept.clone()), ..entry(look.clone()) })
                .unwrap();
        }
    }
    let written = moments(folder.path(), &LookFilter::default());
    assert!(written[0].snapshot.is_some());
    to_layout_two(&journal_path(folder.path()));
    assert!(matches!(
        JournalReader::open(folder.path()).unwrap_err(),
        JournalError::Older { found: 2, .. }
    ));
    let mut store = Store::open(folder.path(), Duration::from_secs(3600), time(60)).unwrap();
    assert_eq!(
        format!("{:?}", moments(folder.path(), &LookFilter::default())),
        format!("{written:?}")
    );
    store.record_look(&entry(shared_looks(time(7_200), "b", 0).remove(0))).unwrap();
    assert_eq!(moments(folder.path(), &LookFilter::default()).len(), 1);
}
