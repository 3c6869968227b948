//! What is written to the journal, each thing in one transaction.

use std::{path::Path, time::Duration};

use jiff::Timestamp;
use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
};
use serde::{Deserialize, Serialize};
use snarkfee_core::{
    control::OperatorCommand,
    ledger::{
        Intent, IntentId, IntentOutcome, LookEntry, OpenIntent, Order, OrderId, PersistedState,
        RestoredState,
    },
    market::{MarketHistory, Prediction},
    policy::{DaemonSettings, Mode},
    record::Record,
    units::DaemonId,
};

use super::{
    JournalError,
    body::{from_json, pack, to_json, unpack},
    connection::{check, connect},
    folder::{self, Lock, journal_path},
    looks::{self, InForce, Written, time},
    markets::{self, Market},
    orders,
    origins::{self, Origin},
    schema,
    writer::InjectedLimits,
};

/// A journal open for writing, by the one instance that holds its lock.
#[derive(Debug)]
pub(super) struct Store {
    connection: Connection,
    retention: Duration,
    run: i64,
    markets: markets::Written,
    _lock: Lock,
}

/// SQLite's own limit on the pages of a file.
const MOST_PAGES: i64 = 0xffff_fffe;

/// What of [`PersistedState`] changes seldom or is large.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Rest {
    history: MarketHistory,
    slot: Option<Duration>,
    predicted: Option<Prediction>,
    baseline: Option<DaemonSettings>,
}

impl Store {
    /// Opens the journal of a folder, or makes one, and marks the start of a run.
    pub(super) fn open(
        folder: &Path,
        retention: Duration,
        now: Timestamp,
    ) -> Result<Self, JournalError> {
        let lock = Lock::take(folder)?;
        let path = journal_path(folder);
        if !folder::is_present(&path)? {
            folder::create(&path, schema::build)?;
        }
        let mut connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        check(&connection, &path)?;
        schema::migrate(&mut connection, &path, &schema::MIGRATIONS)?;
        let run =
            begin_run(&connection, now).map_err(JournalError::opening(&path, "beginning a run"))?;
        Ok(Self { connection, retention, run, markets: markets::Written::default(), _lock: lock })
    }

    /// What earlier runs left of a daemon.
    pub(super) fn restore(&self, daemon: &DaemonId) -> Result<RestoredState, JournalError> {
        let row = self
            .connection
            .query_row(
                "SELECT memory, rest, orders_seen FROM daemons WHERE daemon = ?1",
                [daemon.as_str()],
                |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, Option<Vec<u8>>>(1)?, row.get(2)?))
                },
            )
            .optional()
            .map_err(JournalError::sql("reading what was kept"))?;
        let Some((memory, rest, orders_seen)) = row else { return Ok(RestoredState::default()) };
        let memory = from_json("the memory of a daemon", &memory)?;
        let rest: Rest = rest
            .map(|rest| unpack("what was kept of a daemon", &rest))
            .transpose()?
            .unwrap_or_default();
        let Rest { mut history, slot, predicted, baseline } = rest;
        history.adopt_blocks(self.last_origin(daemon)?.unwrap_or_default().history);
        Ok(RestoredState {
            state: Some(PersistedState { memory, history, slot, predicted, baseline }),
            orders_seen: OrderId(orders_seen),
            open_intent: self.open_intent(daemon)?,
        })
    }

    /// What was remembered last, the market's sales with it.
    fn last_origin(&self, daemon: &DaemonId) -> Result<Option<PersistedState>, JournalError> {
        let row: Option<(Vec<u8>, Option<i64>)> = self
            .connection
            .query_row(
                "SELECT origins.body, origins.market FROM origins JOIN looks ON looks.id = origins.look
                 WHERE looks.daemon = ?1 ORDER BY origins.look DESC LIMIT 1",
                [daemon.as_str()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(JournalError::sql("reading what was kept"))?;
        row.map(|(body, market)| {
            origins::read(&body, market, &mut markets::Reader::new(&self.connection))
        })
        .transpose()
    }

    fn open_intent(&self, daemon: &DaemonId) -> Result<Option<OpenIntent>, JournalError> {
        let row = self
            .connection
            .query_row(
                "SELECT id, at, mode, settings_before, action FROM intents
                 WHERE daemon = ?1 AND ending IS NULL ORDER BY id DESC LIMIT 1",
                [daemon.as_str()],
                |row| {
                    let (id, at): (i64, i64) = (row.get(0)?, row.get(1)?);
                    let (mode, from, action): (String, String, String) =
                        (row.get(2)?, row.get(3)?, row.get(4)?);
                    Ok((id, at, mode, from, action))
                },
            )
            .optional()
            .map_err(JournalError::sql("reading what was intended"))?;
        let Some((id, at, mode, from, action)) = row else { return Ok(None) };
        Ok(Some(OpenIntent {
            id: IntentId(id),
            at: time(at),
            mode: if mode == Mode::Live.as_str() { Mode::Live } else { Mode::DryRun },
            from: from_json("an intent", &from)?,
            action: from_json("an intent", &action)?,
        }))
    }

    /// The operator's orders for a daemon after `seen`.
    pub(super) fn load_orders(
        &self,
        daemon: &DaemonId,
        seen: OrderId,
    ) -> Result<Vec<Order>, JournalError> {
        orders::read(&self.connection, daemon, seen)
    }

    /// Takes down an order.
    pub(super) fn record_order(
        &self,
        at: Timestamp,
        command: &OperatorCommand,
    ) -> Result<OrderId, JournalError> {
        orders::insert(&self.connection, at, command)
    }

    /// Takes down what is about to be done, and with it what is to be remembered if nothing further
    /// is heard.
    pub(super) fn record_intent(&mut self, intent: &Intent) -> Result<IntentId, JournalError> {
        let memory = to_json("the memory of a daemon", &intent.memory)?;
        let before = to_json("an intent", &intent.from)?;
        let action = to_json("an intent", &intent.decision.action)?;
        let run = self.run;
        self.write("taking down an intent", |transaction| {
            end_intents(transaction, &intent.ended, intent.at.as_microsecond())?;
            transaction.execute(
                "INSERT INTO intents (run, daemon, at, mode, settings_before, action, reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    run,
                    intent.daemon.as_str(),
                    intent.at.as_microsecond(),
                    intent.mode.as_str(),
                    before,
                    action,
                    intent.decision.reason.code()
                ],
            )?;
            let id = IntentId(transaction.last_insert_rowid());
            transaction.execute(
                "INSERT INTO daemons (daemon, at, memory) VALUES (?1, ?2, ?3)
                 ON CONFLICT (daemon) DO UPDATE SET at = excluded.at, memory = excluded.memory",
                params![intent.daemon.as_str(), intent.at.as_microsecond(), memory],
            )?;
            Ok(id)
        })
    }

    /// Takes down a look, what came of it, and what is to be remembered.
    pub(super) fn record_look(&mut self, entry: &LookEntry) -> Result<(), JournalError> {
        let LookEntry { record, inputs, params, state, snapshot, orders_seen, ended } = entry;
        let mut bare = Record::clone(record);
        let market = Market::taken_from(&mut bare.look);
        let reader = record.look.market_read.as_ref().map_or(&record.daemon, |reading| &reading.by);
        let market = market
            .map(|market| self.markets.prepare(&self.connection, Some(reader.clone()), market))
            .transpose()?;
        let body = pack("a look", &Written { record: &bare, inputs, memory: &state.memory })?;
        let (memory, rest) = write_down(state.clone())?;
        let origin = snapshot
            .as_ref()
            .map(|snapshot| Origin::prepare(snapshot, &self.markets, &self.connection))
            .transpose()?;
        let settings = to_json("settings", &InForce { mode: record.mode, params: params.clone() })?;
        let at = record.at.as_microsecond();
        let daemon = record.daemon.as_str();
        let cutoff = self.cutoff(record.at);
        let run = self.run;
        let (shown, remembered) = self.write("taking down a look", |transaction| {
            let settings = looks::in_force(transaction, &settings)?;
            let shown = market.as_ref().map(|market| market.insert(transaction)).transpose()?;
            let look = looks::insert(transaction, run, settings, record, &body, shown)?;
            let remembered = origin.as_ref().map(|origin| origin.insert(transaction, look)).transpose()?.flatten();
            transaction.execute(
                "INSERT INTO daemons (daemon, at, memory, rest, orders_seen) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (daemon) DO UPDATE SET
                 at = excluded.at, memory = excluded.memory, rest = excluded.rest, orders_seen = excluded.orders_seen",
                params![daemon, at, memory, rest, orders_seen.0],
            )?;
            end_intents(transaction, ended, at)?;
            // Taken down too late to be acted on: whoever asked had given up waiting.
            transaction.execute(
                "UPDATE intents SET ending = 'not_sent', ended_at = ?3
                 WHERE daemon = ?1 AND ending IS NULL AND run = ?2",
                params![daemon, run, at],
            )?;
            looks::forget(transaction, cutoff)?;
            Ok((shown, remembered))
        })?;
        let written = [(shown, market), (remembered, origin.and_then(Origin::into_blocks))];
        for (id, market) in written.into_iter().filter_map(|(id, market)| id.zip(market)) {
            self.markets.note(id, market);
        }
        Ok(())
    }

    /// Takes down what is to be remembered of a daemon that is left.
    pub(super) fn save_state(
        &mut self,
        daemon: &DaemonId,
        at: Timestamp,
        state: PersistedState,
    ) -> Result<(), JournalError> {
        let (memory, rest) = write_down(state)?;
        self.write("taking down what is kept", |transaction| {
            transaction.execute(
                "INSERT INTO daemons (daemon, at, memory, rest) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (daemon) DO UPDATE SET at = excluded.at, memory = excluded.memory, rest = excluded.rest",
                params![daemon.as_str(), at.as_microsecond(), memory, rest],
            )?;
            Ok(())
        })
    }

    fn cutoff(&self, now: Timestamp) -> i64 {
        now.checked_sub(self.retention).unwrap_or(Timestamp::MIN).as_microsecond()
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

    pub(super) fn inject_limits(&mut self, limits: InjectedLimits) -> Result<(), JournalError> {
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
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// What is kept of a daemon as the two columns that hold it.
fn write_down(state: PersistedState) -> Result<(String, Vec<u8>), JournalError> {
    let PersistedState { memory, history, slot, predicted, baseline } = state;
    let memory = to_json("the memory of a daemon", &memory)?;
    let rest = pack("what is kept of a daemon", &Rest { history, slot, predicted, baseline })?;
    Ok((memory, rest))
}

fn begin_run(connection: &Connection, now: Timestamp) -> rusqlite::Result<i64> {
    connection.execute(
        "INSERT INTO runs (at, version, pid) VALUES (?1, ?2, ?3)",
        params![now.as_microsecond(), env!("CARGO_PKG_VERSION"), std::process::id()],
    )?;
    Ok(connection.last_insert_rowid())
}

fn end_intents(
    transaction: &Transaction<'_>,
    ended: &[(IntentId, IntentOutcome)],
    at: i64,
) -> rusqlite::Result<()> {
    for (id, ending) in ended {
        transaction.execute(
            "UPDATE intents SET ending = ?2, ended_at = ?3 WHERE id = ?1 AND ending IS NULL",
            params![id.0, ending.code(), at],
        )?;
    }
    Ok(())
}
