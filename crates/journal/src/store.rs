//! What is written to the journal, each thing in one transaction.

use std::{path::Path, time::Duration};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};
use snarkfee_core::{
    control::OperatorCommand,
    ledger::{Intent, IntentId, LookEntry, Order, OrderId, PersistedState, RestoredState},
    record::Record,
    units::DaemonId,
};

use crate::{
    connection::{check_integrity, connect},
    daemons::{self, EncodedState},
    error::JournalError,
    folder::{self, FolderLock, journal_path},
    intents::{self, EncodedIntent},
    looks::{self, LookBodyRef, SettingsRow},
    markets::{MarketCache, StoredMarket},
    orders,
    packing::{Packer, to_json},
    schema,
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
        let path = journal_path(folder);
        if !folder::journal_exists(&path)? {
            folder::create_journal(&path, schema::build)?;
        }
        let mut connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        check_integrity(&connection, &path)?;
        schema::migrate(&mut connection, &path, &schema::MIGRATIONS)?;
        let run =
            begin_run(&connection, now).map_err(JournalError::opening(&path, "beginning a run"))?;
        Ok(Self {
            connection,
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
        let snapshot = snapshots::load_last_snapshot(&self.connection, daemon)?;
        state.history.adopt_blocks(snapshot.unwrap_or_default().history);
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
        orders::load_orders(&self.connection, daemon, seen)
    }

    /// Records an order.
    pub(crate) fn record_order(
        &self,
        at: Timestamp,
        command: &OperatorCommand,
    ) -> Result<OrderId, JournalError> {
        orders::insert_order(&self.connection, at, command)
    }

    /// Records what is about to be done, and the memory that counts if nothing further is heard.
    pub(crate) fn record_intent(&mut self, intent: &Intent) -> Result<IntentId, JournalError> {
        let memory = daemons::encode_memory(&intent.memory)?;
        let encoded = EncodedIntent::encode(intent)?;
        let run = self.run;
        self.write("recording an intent", |transaction| {
            intents::end_intents(transaction, &intent.ended, intent.at)?;
            let id = encoded.insert(transaction, run)?;
            daemons::upsert_memory(transaction, &intent.daemon, intent.at, &memory)?;
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
        let (shown, remembered) = self.write("recording a look", |transaction| {
            let settings = looks::intern_settings(transaction, &settings)?;
            let shown = market.as_ref().map(|market| market.insert(transaction)).transpose()?;
            let look = looks::insert_look(transaction, run, settings, record, &body, shown)?;
            let insert = |snapshot: &StateSnapshot| snapshot.insert(transaction, look);
            let remembered = snapshot.as_ref().map(insert).transpose()?.flatten();
            state.upsert_with_orders(transaction, daemon, at, *orders_seen)?;
            intents::end_intents(transaction, ended, at)?;
            intents::end_unsent_intents(transaction, daemon, run, at)?;
            looks::delete_expired(transaction, cutoff.as_microsecond())?;
            Ok((shown, remembered))
        })?;
        let blocks = snapshot.and_then(StateSnapshot::into_blocks);
        let written = [(shown, market), (remembered, blocks)];
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
        self.write("recording the state of a daemon", |transaction| {
            state.upsert(transaction, daemon, at)
        })
    }

    fn write<T>(
        &mut self,
        doing: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        let attempt = || {
            let transaction =
                self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        attempt().map_err(JournalError::sql(doing))
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

fn begin_run(connection: &Connection, now: Timestamp) -> rusqlite::Result<i64> {
    connection.execute(
        "INSERT INTO runs (at, version, pid) VALUES (?1, ?2, ?3)",
        params![now.as_microsecond(), env!("CARGO_PKG_VERSION"), std::process::id()],
    )?;
    Ok(connection.last_insert_rowid())
}
