//! A real journal that can be made to fail: its file may not grow, or someone else holds its lock.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use rusqlite::Connection;
use snarkfee_journal::{InjectedLimits, JOURNAL_FILE, Journal};
use tempfile::TempDir;

/// Longer than any run.
const RETENTION: Duration = Duration::from_secs(365 * 24 * 3600);

pub(crate) struct FailingJournal {
    folder: TempDir,
    /// `None` while nobody has it open.
    journal: Option<Arc<Journal>>,
    /// The other process.
    other: Connection,
    locked: bool,
    last_intent: i64,
}

impl FailingJournal {
    pub(crate) fn open(now: Timestamp) -> Self {
        let folder = TempDir::new().unwrap();
        let journal = Journal::open(folder.path(), RETENTION, now).unwrap();
        let other = Connection::open(folder.path().join(JOURNAL_FILE)).unwrap();
        Self { folder, journal: Some(Arc::new(journal)), other, locked: false, last_intent: 0 }
    }

    pub(crate) fn ledger(&self) -> Arc<Journal> {
        self.journal.clone().unwrap()
    }

    /// Makes the journal fail in exactly these ways.
    pub(crate) async fn fail(&mut self, full: bool, locked: bool) {
        if std::mem::replace(&mut self.locked, locked) != locked {
            self.other.execute_batch(if locked { "BEGIN IMMEDIATE" } else { "ROLLBACK" }).unwrap();
        }
        let limits =
            InjectedLimits { busy_timeout: Duration::ZERO, spare_pages: full.then_some(0) };
        self.ledger().inject_limits(limits).await.unwrap();
    }

    /// Opens the journal again. Nobody may use it any more.
    pub(crate) async fn reopen(&mut self, now: Timestamp) {
        let journal =
            Arc::into_inner(self.journal.take().unwrap()).expect("nobody uses it any more");
        let folder = self.folder.path().to_owned();
        let opened = tokio::task::spawn_blocking(move || {
            journal.close();
            Journal::open(&folder, RETENTION, now)
        });
        self.journal = Some(Arc::new(opened.await.unwrap().unwrap()));
    }

    /// Number of intents recorded since the last call.
    pub(crate) fn take_intended(&mut self) -> usize {
        let last: i64 = self
            .other
            .query_row("SELECT ifnull(max(id), 0) FROM intents", [], |row| row.get(0))
            .unwrap();
        usize::try_from(last - std::mem::replace(&mut self.last_intent, last)).unwrap()
    }
}
