//! What is written to the journal, each thing in one transaction.

use std::{path::Path, time::Duration};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use snarkfee_core::{
    control::OperatorCommand,
    ledger::{Intent, IntentId, LookEntry, Order, OrderId, PersistedState, RestoredState},
    record::Record,
    units::DaemonId,
};

use crate::{
    checksum::SumChange,
    daemons::{self, EncodedState},
    error::JournalError,
    folder::{FolderLock, journal_path, sidecar},
    in_place::OpenFiles,
    intents::{self, EncodedIntent},
    looks::{self, LookBodyRef, SettingsRow},
    markets::{MarketCache, StoredMarket},
    opening::open_sealed,
    orders,
    packing::{Packer, to_json},
    seal::Seal,
    seal_file::SealFile,
    snapshots::{self, StateSnapshot},
};

/// Limits at which a journal fails in earnest, for tests of what depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InjectedLimits {
    /// How long SQLite waits for a lock held by another process.
    pub busy_timeout: Duration,
    /// By how many pages the file may still grow before the disk counts as full; `None` is as far
    /// as the disk goes.
    pub spare_pages: Option<u32>,
}

/// A journal open for writing, by the one instance that holds its lock.
#[derive(Debug)]
pub(crate) struct Store {
    connection: Connection,
    seal_file: SealFile,
    files: OpenFiles,
    retention: Duration,
    run: i64,
    markets: MarketCache,
    packer: Packer,
    _lock: FolderLock,
}

/// SQLite's own limit on the pages of a file.
const MOST_PAGES: i64 = 0xffff_fffe;

impl Store {
    /// Opens the journal of a folder, or makes one, and records the start of a run.
    pub(crate) fn open(
        folder: &Path,
        retention: Duration,
        now: Timestamp,
    ) -> Result<Self, JournalError> {
        let lock = FolderLock::take(folder)?;
        let (path, seal_file) = (journal_path(folder), SealFile::new(folder));
        let connection = open_sealed(&path, &seal_file, now)?;
        let run =
            begin_run(&connection, now).map_err(JournalError::opening(&path, "beginning a run"))?;
        let files = [sidecar(&path, "-wal"), seal_file.path().to_owned(), path];
        Ok(Self {
            connection,
            seal_file,
            files: OpenFiles::note(files)?,
            retention,
            run,
            markets: MarketCache::default(),
            packer: Packer::default(),
            _lock: lock,
        })
    }

    /// Loads what earlier runs left of a daemon.
    pub(crate) fn restore(&self, daemon: &DaemonId) -> Result<RestoredState, JournalError> {
        let Some((mut state, orders_seen)) = daemons::load_state(&self.connection, daemon)? else {
            return Ok(RestoredState::default());
        };
        match snapshots::load_last_snapshot(&self.connection, daemon) {
            Ok(snapshot) => state.history.adopt_blocks(snapshot.unwrap_or_default().history),
            // The blocks are read again from the daemon.
            Err(error @ JournalError::Unreadable { .. }) => {
                tracing::warn!(%daemon, error = &error as &dyn std::error::Error, "no snapshot");
            }
            Err(error) => return Err(error),
        }
        Ok(RestoredState {
            state: Some(state),
            orders_seen,
            open_intent: intents::load_open_intent(&self.connection, daemon)?,
        })
    }

    /// Loads the operator's orders for a daemon after `seen`.
    pub(crate) fn load_orders(
        &self,
        daemon: &DaemonId,
        seen: OrderId,
    ) -> Result<Vec<Order>, JournalError> {
        self.files.check()?;
        orders::load_orders(&self.connection, daemon, seen)
    }

    /// Records an order.
    pub(crate) fn record_order(
        &mut self,
        at: Timestamp,
        command: &OperatorCommand,
    ) -> Result<OrderId, JournalError> {
        self.write("recording an order", |transaction, change| {
            orders::insert_order(transaction, at, command, change)
        })
    }

    /// Records what is about to be done, and the memory that counts if nothing further is heard.
    pub(crate) fn record_intent(&mut self, intent: &Intent) -> Result<IntentId, JournalError> {
        let memory = daemons::encode_memory(&intent.memory)?;
        let encoded = EncodedIntent::encode(intent)?;
        let run = self.run;
        self.write("recording an intent", |transaction, change| {
            intents::end_intents(transaction, &intent.ended, intent.at, change)?;
            let id = encoded.insert(transaction, run, change)?;
            daemons::upsert_memory(transaction, &intent.daemon, intent.at, &memory, change)?;
            Ok(id)
        })
    }

    /// Records a look, what came of it, and the state after it.
    pub(crate) fn record_look(&mut self, entry: &LookEntry) -> Result<(), JournalError> {
        let LookEntry { record, inputs, params, state, snapshot, orders_seen, ended } = entry;
        let mut bare = Record::clone(record);
        let market = StoredMarket::take_from(&mut bare.look)
            .map(|market| {
                let reader =
                    record.look.market_read.as_ref().map_or(&record.daemon, |source| &source.by);
                let reader = Some(reader.clone());
                self.markets.prepare(&self.connection, &mut self.packer, reader, market)
            })
            .transpose()?;
        let body = LookBodyRef { record: &bare, inputs, memory: &state.memory };
        let body = self.packer.pack("a look", &body)?;
        let state = EncodedState::encode(state.clone(), &mut self.packer)?;
        let snapshot = snapshot
            .as_ref()
            .map(|snapshot| {
                let (cache, packer) = (&self.markets, &mut self.packer);
                StateSnapshot::prepare(snapshot, cache, packer, &self.connection)
            })
            .transpose()?;
        let settings = SettingsRow { mode: record.mode, params: params.clone() };
        let settings = to_json("settings", &settings)?;
        let (daemon, at, run) = (&record.daemon, record.at, self.run);
        let cutoff = at.checked_sub(self.retention).unwrap_or(Timestamp::MIN);
        let (shown, remembered) = self.write("recording a look", |transaction, change| {
            let settings = looks::intern_settings(transaction, &settings)?;
            let shown = market.as_ref().map(|market| market.insert(transaction)).transpose()?;
            let look = looks::insert_look(transaction, run, settings, record, &body, shown)?;
            let insert = |snapshot: &StateSnapshot| snapshot.insert(transaction, look);
            let remembered = snapshot.as_ref().map(insert).transpose()?.flatten();
            state.upsert_with_orders(transaction, daemon, at, *orders_seen, change)?;
            intents::end_intents(transaction, ended, at, change)?;
            intents::end_unsent_intents(transaction, daemon, run, at, change)?;
            delete_expired(transaction, cutoff.as_microsecond(), change)?;
            Ok((shown, remembered))
        })?;
        let known = snapshot.and_then(StateSnapshot::into_market);
        let written = [(shown, market), (remembered, known)];
        for (id, market) in written.into_iter().filter_map(|(id, market)| id.zip(market)) {
            self.markets.add(id, market);
        }
        Ok(())
    }

    /// Records the state of a daemon that is left.
    pub(crate) fn save_state(
        &mut self,
        daemon: &DaemonId,
        at: Timestamp,
        state: PersistedState,
    ) -> Result<(), JournalError> {
        let state = EncodedState::encode(state, &mut self.packer)?;
        self.write("recording the state of a daemon", |transaction, change| {
            state.upsert(transaction, daemon, at, change)
        })
    }

    fn write<T>(
        &mut self,
        doing: &'static str,
        work: impl FnOnce(&Transaction<'_>, &mut SumChange) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        self.files.check()?;
        write_sealed(&mut self.connection, &self.seal_file, doing, work)
    }

    pub(crate) fn inject_limits(&mut self, limits: InjectedLimits) -> Result<(), JournalError> {
        let InjectedLimits { busy_timeout, spare_pages } = limits;
        let limit = || {
            self.connection.busy_timeout(busy_timeout)?;
            let pages: i64 =
                self.connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
            let most = spare_pages.map_or(MOST_PAGES, |spare| pages + i64::from(spare));
            self.connection.pragma_update_and_check(None, "max_page_count", most, |_most| Ok(()))
        };
        limit().map_err(JournalError::sql("setting limits"))
    }

    #[cfg(test)]
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// Deletes a little of what is older than the cutoff, and releases its pages.
fn delete_expired(
    transaction: &Transaction<'_>,
    cutoff: i64,
    change: &mut SumChange,
) -> rusqlite::Result<()> {
    if !looks::delete_expired(transaction, cutoff)? {
        return Ok(());
    }
    intents::delete_expired(transaction, cutoff, change)?;
    orders::delete_expired(transaction, cutoff, change)?;
    looks::release_pages(transaction)
}

/// Does something in one transaction, which is acknowledged when this returns.
pub(crate) fn write_sealed<T>(
    connection: &mut Connection,
    seal_file: &SealFile,
    doing: &'static str,
    work: impl FnOnce(&Transaction<'_>, &mut SumChange) -> rusqlite::Result<T>,
) -> Result<T, JournalError> {
    let attempt = || {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut change = SumChange::default();
        let result = work(&transaction, &mut change)?;
        let Some(seal) = Seal::advance(&transaction, change)? else { return Ok(None) };
        transaction.commit()?;
        Ok(Some((result, seal)))
    };
    let (result, seal) = attempt()
        .map_err(JournalError::sql(doing))?
        .ok_or(JournalError::Damaged { what: "its seal" })?;
    seal_file.acknowledge(seal)?;
    Ok(result)
}

fn begin_run(connection: &Connection, now: Timestamp) -> rusqlite::Result<i64> {
    connection.execute(
        "INSERT INTO runs (at, version, pid) VALUES (?1, ?2, ?3)",
        params![now.as_microsecond(), env!("CARGO_PKG_VERSION"), std::process::id()],
    )?;
    Ok(connection.last_insert_rowid())
}
