//! What is written to the journal, each thing in one transaction.

use std::{path::Path, time::Duration};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, named_params, params};
use serde::{Deserialize, Serialize};

use super::{
    JournalError,
    body::{from_json, pack, to_json, unpack},
    folder::{self, Lock, journal_path},
    port::{Ending, Entry, Inputs, Intent, IntentId, Kept, OpenIntent, Order, OrderId, Restored},
    schema,
};
use crate::{
    control::Command,
    market::History,
    policy::{Memory, Mode, Params, Settings},
    record::Record,
    units::DaemonId,
};

/// How long SQLite waits for a lock held by someone else.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// Most pages of the write-ahead log that stay on disk after a checkpoint, in bytes.
const LARGEST_LOG: i64 = 64 << 20;
/// Looks forgotten with each one noted: more than come in, so that a backlog shrinks, and few, so that a clock that jumped ahead
/// does not cost the whole journal.
const FORGOTTEN_AT_ONCE: i64 = 20;

/// A journal open for writing, by the one instance that holds its lock.
#[derive(Debug)]
pub(super) struct Store {
    connection: Connection,
    retention: Duration,
    run: i64,
    _lock: Lock,
}

/// What of [`Kept`] changes seldom or is large.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Rest {
    history: History,
    slot: Option<Duration>,
    predicted: Option<f64>,
    baseline: Option<Settings>,
}

/// The settings that a decision depended on.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct InForce {
    pub(super) mode: Mode,
    pub(super) params: Params,
}

/// The body of a look, as it is written.
#[derive(Serialize)]
struct Written<'a> {
    record: &'a Record,
    inputs: &'a Inputs,
    memory: &'a Memory,
}

/// The body of a look, as it is read.
#[derive(Deserialize)]
pub(super) struct Read {
    pub(super) record: Record,
    pub(super) inputs: Inputs,
    pub(super) memory: Memory,
}

impl Store {
    /// Opens the journal of a folder, or makes one, and marks the start of a run.
    pub(super) fn open(folder: &Path, retention: Duration, now: Timestamp) -> Result<Self, JournalError> {
        let lock = Lock::take(folder)?;
        let path = journal_path(folder);
        if !folder::is_present(&path)? {
            folder::create(&path, schema::build)?;
        }
        let mut connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        check(&connection, &path)?;
        schema::migrate(&mut connection, &path, &schema::MIGRATIONS)?;
        let run = begin_run(&connection, now).map_err(JournalError::opening(&path, "beginning a run"))?;
        Ok(Self { connection, retention, run, _lock: lock })
    }

    /// What earlier runs left of a daemon.
    pub(super) fn restore(&self, daemon: &DaemonId) -> Result<Restored, JournalError> {
        let row = self
            .connection
            .query_row("SELECT memory, rest, orders_seen FROM daemons WHERE daemon = ?1", [daemon.as_str()], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, Option<Vec<u8>>>(1)?, row.get(2)?))
            })
            .optional()
            .map_err(JournalError::sql("reading what was kept"))?;
        let Some((memory, rest, orders_seen)) = row else { return Ok(Restored::default()) };
        let memory = from_json("the memory of a daemon", &memory)?;
        let rest: Rest = rest.map(|rest| unpack("what was kept of a daemon", &rest)).transpose()?.unwrap_or_default();
        let Rest { history, slot, predicted, baseline } = rest;
        Ok(Restored {
            kept: Some(Kept { memory, history, slot, predicted, baseline }),
            orders_seen: OrderId(orders_seen),
            open: self.open_intent(daemon)?,
        })
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
                    let (mode, from, action): (String, String, String) = (row.get(2)?, row.get(3)?, row.get(4)?);
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
    pub(super) fn orders(&self, daemon: &DaemonId, seen: OrderId) -> Result<Vec<Order>, JournalError> {
        let doing = JournalError::sql;
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT id, daemon, verb, until FROM orders WHERE id > ?1 AND (daemon IS NULL OR daemon = ?2) ORDER BY id",
            )
            .map_err(doing("reading orders"))?;
        let rows = statement
            .query_map(params![seen.0, daemon.as_str()], |row| {
                let (daemon, until): (Option<String>, Option<String>) = (row.get(1)?, row.get(3)?);
                Ok((row.get::<_, i64>(0)?, daemon, row.get::<_, String>(2)?, until))
            })
            .map_err(doing("reading orders"))?;
        let mut orders = Vec::new();
        for row in rows {
            let (id, meant, verb, until) = row.map_err(doing("reading orders"))?;
            let daemon = meant.map(|_| daemon.clone());
            let command = match verb.as_str() {
                "resume" => Command::Resume { daemon },
                _ => Command::Pause { daemon, until: until.map(|until| end(&until)).transpose()? },
            };
            orders.push(Order { id: OrderId(id), command });
        }
        Ok(orders)
    }

    /// Takes down an order.
    pub(super) fn order(&self, at: Timestamp, command: &Command) -> Result<OrderId, JournalError> {
        insert_order(&self.connection, at, command)
    }

    /// Takes down what is about to be done, and with it what is to be remembered if nothing further is heard.
    pub(super) fn intend(&mut self, intent: &Intent) -> Result<IntentId, JournalError> {
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
    pub(super) fn note(&mut self, entry: &Entry) -> Result<(), JournalError> {
        let Entry { record, inputs, params, kept, orders_seen, ended } = entry;
        let body = pack("a look", &Written { record, inputs, memory: &kept.memory })?;
        let (memory, rest) = write_down(kept.clone())?;
        let settings = to_json("settings", &InForce { mode: record.mode, params: params.clone() })?;
        let at = record.at.as_microsecond();
        let daemon = record.daemon.as_str();
        let cutoff = self.cutoff(record.at);
        let run = self.run;
        self.write("taking down a look", |transaction| {
            let settings = in_force(transaction, &settings)?;
            insert_look(transaction, run, settings, record, &body)?;
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
            forget(transaction, cutoff)
        })
    }

    /// Takes down what is to be remembered of a daemon that is left.
    pub(super) fn keep(&mut self, daemon: &DaemonId, at: Timestamp, kept: Kept) -> Result<(), JournalError> {
        let (memory, rest) = write_down(kept)?;
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
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        attempt().map_err(JournalError::sql(doing))
    }

    #[cfg(test)]
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// Takes down an order beside a running service, or for the next one. It takes effect at each daemon's next look.
pub fn give_order(folder: &Path, at: Timestamp, command: &Command) -> Result<OrderId, JournalError> {
    let path = journal_path(folder);
    if !folder::is_present(&path)? {
        return Store::open(folder, Duration::MAX, at)?.order(at, command);
    }
    let connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    schema::expect_current(&connection, &path)?;
    insert_order(&connection, at, command)
}

/// A connection with our rules: what is acknowledged is on disk, and nothing that a file says is run.
pub(super) fn connect(path: &Path, access: OpenFlags) -> Result<Connection, JournalError> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(JournalError::opening(path, "opening it"))?;
    let rules = || {
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "journal_size_limit", LARGEST_LOG)
    };
    rules().map_err(JournalError::opening(path, "opening it"))?;
    Ok(connection)
}

/// Refuses a damaged file, and one that is not kept in the mode on which durability rests.
fn check(connection: &Connection, path: &Path) -> Result<(), JournalError> {
    let corrupt = |why: String| JournalError::Corrupt { path: path.to_owned(), why };
    let ask = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, String>(0));
    let found = ask("PRAGMA quick_check(1)").map_err(JournalError::opening(path, "checking it"))?;
    if found != "ok" {
        return Err(corrupt(found));
    }
    let mode = ask("PRAGMA journal_mode = WAL").map_err(JournalError::opening(path, "checking it"))?;
    if mode != "wal" {
        return Err(corrupt(format!("journal mode {mode}")));
    }
    Ok(())
}

/// What is kept of a daemon as the two columns that hold it.
fn write_down(kept: Kept) -> Result<(String, Vec<u8>), JournalError> {
    let Kept { memory, history, slot, predicted, baseline } = kept;
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

fn insert_order(connection: &Connection, at: Timestamp, command: &Command) -> Result<OrderId, JournalError> {
    let (verb, daemon, until) = match command {
        Command::Pause { daemon, until } => ("pause", daemon, until.map(|until| until.to_string())),
        Command::Resume { daemon } => ("resume", daemon, None),
    };
    connection
        .execute(
            "INSERT INTO orders (at, daemon, verb, until) VALUES (?1, ?2, ?3, ?4)",
            params![at.as_microsecond(), daemon.as_ref().map(DaemonId::as_str), verb, until],
        )
        .map_err(JournalError::sql("taking down an order"))?;
    Ok(OrderId(connection.last_insert_rowid()))
}

fn end_intents(transaction: &Transaction<'_>, ended: &[(IntentId, Ending)], at: i64) -> rusqlite::Result<()> {
    for (id, ending) in ended {
        transaction.execute(
            "UPDATE intents SET ending = ?2, ended_at = ?3 WHERE id = ?1 AND ending IS NULL",
            params![id.0, ending.code(), at],
        )?;
    }
    Ok(())
}

fn in_force(transaction: &Transaction<'_>, settings: &str) -> rusqlite::Result<i64> {
    transaction.prepare_cached("INSERT OR IGNORE INTO settings (json) VALUES (?1)")?.execute([settings])?;
    transaction.prepare_cached("SELECT id FROM settings WHERE json = ?1")?.query_row([settings], |row| row.get(0))
}

fn insert_look(
    transaction: &Transaction<'_>,
    run: i64,
    settings: i64,
    record: &Record,
    body: &[u8],
) -> rusqlite::Result<()> {
    let amount = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
    let decision = &record.decision;
    let best = decision.appraisal.as_ref().map(|appraisal| appraisal.best);
    let mut statement = transaction.prepare_cached(
        "INSERT INTO looks (run, daemon, sequence, at, mode, action, reason, text, outcome, fee, enabled, target_fee,
         target_enabled, sale_probability, expected_profit, cost, settings, body)
         VALUES (:run, :daemon, :sequence, :at, :mode, :action, :reason, :text, :outcome, :fee, :enabled, :target_fee,
         :target_enabled, :sale_probability, :expected_profit, :cost, :settings, :body)",
    )?;
    statement.execute(named_params! {
        ":run": run,
        ":daemon": record.daemon.as_str(),
        ":sequence": amount(record.sequence),
        ":at": record.at.as_microsecond(),
        ":mode": record.mode.as_str(),
        ":action": decision.action.code(),
        ":reason": decision.reason.code(),
        ":text": decision.reason.to_string(),
        ":outcome": record.outcome.code(),
        ":fee": record.fee_after().map(|fee| amount(fee.get())),
        ":enabled": record.enabled_after(),
        ":target_fee": decision.target.map(|target| amount(target.fee.get())),
        ":target_enabled": decision.target.map(|target| target.enabled),
        ":sale_probability": best.map(|best| best.sale_probability),
        ":expected_profit": best.map(|best| best.cautious_profit.get()),
        ":cost": record.cost.map(|cost| amount(cost.get())),
        ":settings": settings,
        ":body": body,
    })?;
    Ok(())
}

/// Forgets a little of what is older than the cutoff, and gives its pages back.
fn forget(transaction: &Transaction<'_>, cutoff: i64) -> rusqlite::Result<()> {
    let gone = transaction
        .prepare_cached("DELETE FROM looks WHERE id IN (SELECT id FROM looks WHERE at < ?1 ORDER BY at LIMIT ?2)")?
        .execute(params![cutoff, FORGOTTEN_AT_ONCE])?;
    if gone == 0 {
        return Ok(());
    }
    transaction
        .prepare_cached(
            "DELETE FROM intents WHERE id IN
             (SELECT id FROM intents WHERE at < ?1 AND ending IS NOT NULL ORDER BY at LIMIT ?2)",
        )?
        .execute(params![cutoff, FORGOTTEN_AT_ONCE])?;
    transaction
        .prepare_cached("DELETE FROM orders WHERE at < ?1 AND id <= (SELECT min(orders_seen) FROM daemons)")?
        .execute(params![cutoff])?;
    Ok(())
}

pub(super) fn time(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::MIN)
}

fn end(text: &str) -> Result<Timestamp, JournalError> {
    text.parse().map_err(|error: jiff::Error| JournalError::Unreadable { what: "an order", source: error.into() })
}
