//! Reads a journal, also beside a running service. Nothing is written.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Row, named_params};
use serde::Serialize;
use snarkfee_core::{
    account::Account,
    ledger::{DecisionInputs, PersistedState},
    policy::{Memory, Params},
    record::Record,
    units::DaemonId,
};

use crate::{
    connection::connect,
    daemons::load_accounts,
    error::JournalError,
    folder::JOURNAL_FILE,
    inspect::find_layout,
    looks::{LookBody, SettingsRow, to_timestamp},
    markets::MarketReader,
    packing::{from_json, unpack},
    schema,
    snapshots::read_snapshot,
};

/// A journal open for reading.
#[derive(Debug)]
pub struct JournalReader {
    connection: Connection,
}

/// Which looks are wanted.
#[derive(Clone, Debug, Default)]
pub struct LookFilter {
    /// At or after this time.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// At this daemon only.
    pub daemon: Option<DaemonId>,
}

/// One look, from its columns alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LookSummary {
    /// When the look began.
    pub at: Timestamp,
    /// The daemon.
    pub daemon: String,
    /// Whether decisions were carried out: `dry-run` or `live`.
    pub mode: String,
    /// Code of the action.
    pub action: String,
    /// Code of the reason.
    pub reason: String,
    /// The reason in words.
    pub text: String,
    /// Code of the outcome.
    pub outcome: String,
    /// Fee asked afterwards, in MINA; `None` while unknown.
    pub fee_mina: Option<f64>,
    /// Whether the worker was on afterwards; `None` while unknown.
    pub enabled: Option<bool>,
    /// The best fee, in MINA.
    pub target_fee_mina: Option<f64>,
    /// Whether computing paid.
    pub wanted: Option<bool>,
    /// P(sold) at the best fee.
    pub sale_probability: Option<f64>,
    /// Expected profit at the best fee, on the cautious side, in MINA per hour.
    pub expected_profit_mina_per_hour: Option<f64>,
    /// Cost of one work, in MINA.
    pub cost_mina: Option<f64>,
}

/// One look with everything that its decision depended on.
#[derive(Clone, Debug)]
pub struct RecordedLook {
    /// The look, the decision and the outcome.
    pub record: Record,
    /// What else the decision depended on.
    pub inputs: DecisionInputs,
    /// The operator's settings.
    pub params: Params,
    /// What the policy remembered afterwards.
    pub memory: Memory,
    /// The state before the look, where it does not follow from the looks before.
    pub snapshot: Option<PersistedState>,
    /// Number of the service's start. What is remembered of the market begins anew with each.
    pub run: i64,
}

impl JournalReader {
    /// Opens a journal file, or the journal of a folder.
    ///
    /// # Errors
    ///
    /// Where there is none, or it is damaged, foreign or of another layout.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let path: PathBuf = if path.is_dir() { path.join(JOURNAL_FILE) } else { path.to_owned() };
        if find_layout(&path)?.is_none() {
            return Err(JournalError::Missing { path: path.parent().unwrap_or(&path).to_owned() });
        }
        let connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        schema::expect_current(&connection, &path)?;
        Ok(Self { connection })
    }

    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The account of each daemon, in order of their names.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be read.
    pub fn accounts(&self) -> Result<Vec<(DaemonId, Account)>, JournalError> {
        load_accounts(&self.connection)
    }

    /// Hands each look to `each` in the order in which they were taken, until it fails.
    ///
    /// # Errors
    ///
    /// Those of `each`, and where the journal cannot be read.
    pub fn for_each_summary<E: From<JournalError>>(
        &self,
        filter: &LookFilter,
        mut each: impl FnMut(LookSummary) -> Result<(), E>,
    ) -> Result<(), E> {
        self.select_looks(
            "SELECT at, daemon, mode, action, reason, text, outcome, fee, enabled, target_fee,
             target_enabled, sale_probability, expected_profit, cost FROM looks",
            filter,
            |row| {
                let row = read_summary(row).map_err(JournalError::sql("reading looks"))?;
                each(row)
            },
        )
    }

    /// Hands each look with all its inputs to `each` in the order in which they were taken, until
    /// it fails.
    ///
    /// # Errors
    ///
    /// Those of `each`, and where the journal cannot be read.
    pub fn for_each_look<E: From<JournalError>>(
        &self,
        filter: &LookFilter,
        mut each: impl FnMut(RecordedLook) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut markets = MarketReader::new(&self.connection);
        self.select_looks(
            "SELECT looks.body, looks.run, settings.json, looks.market, origins.body, origins.market
             FROM looks JOIN settings ON settings.id = looks.settings
             LEFT JOIN origins ON origins.look = looks.id",
            filter,
            |row| {
                let columns = || {
                    let look: (Vec<u8>, i64, String, Option<i64>) =
                        (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                    let origin: (Option<Vec<u8>>, Option<i64>) = (row.get(4)?, row.get(5)?);
                    Ok((look, origin))
                };
                let ((body, run, settings, market), (origin, blocks)) =
                    columns().map_err(JournalError::sql("reading looks"))?;
                let snapshot = origin
                    .map(|origin| read_snapshot(&origin, blocks, &mut markets))
                    .transpose()?;
                let LookBody { mut record, inputs, memory } = unpack("a look", &body)?;
                if let Some(market) = market {
                    markets.read(market)?.put_into(&mut record.look);
                }
                let SettingsRow { params, .. } = from_json("settings", &settings)?;
                each(RecordedLook { record, inputs, params, memory, snapshot, run })
            },
        )
    }

    fn select_looks<E: From<JournalError>>(
        &self,
        what: &str,
        filter: &LookFilter,
        mut each: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |error| E::from(JournalError::sql("reading looks")(error));
        // By number, which is the order also where the clock was set back; the index on time finds
        // the first.
        let query = format!(
            "{what} WHERE looks.id >=
             ifnull((SELECT min(id) FROM looks WHERE at >= :since), 9223372036854775807)
             AND looks.at >= :since AND looks.at < :until
             AND (:daemon IS NULL OR looks.daemon = :daemon) ORDER BY looks.id"
        );
        let mut statement = self.connection.prepare(&query).map_err(failed)?;
        let since = filter.since.map_or(i64::MIN, Timestamp::as_microsecond);
        let until = filter.until.map_or(i64::MAX, Timestamp::as_microsecond);
        let daemon = filter.daemon.as_ref().map(DaemonId::as_str);
        let mut rows = statement
            .query(named_params! { ":since": since, ":until": until, ":daemon": daemon })
            .map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            each(row)?;
        }
        Ok(())
    }
}

fn read_summary(row: &Row<'_>) -> rusqlite::Result<LookSummary> {
    const NANO: f64 = 1e9;
    let mina = |index| {
        row.get::<_, Option<i64>>(index).map(|amount| amount.map(|amount| amount as f64 / NANO))
    };
    Ok(LookSummary {
        at: to_timestamp(row.get(0)?),
        daemon: row.get(1)?,
        mode: row.get(2)?,
        action: row.get(3)?,
        reason: row.get(4)?,
        text: row.get(5)?,
        outcome: row.get(6)?,
        fee_mina: mina(7)?,
        enabled: row.get(8)?,
        target_fee_mina: mina(9)?,
        wanted: row.get(10)?,
        sale_probability: row.get(11)?,
        expected_profit_mina_per_hour: mina(12)?,
        cost_mina: mina(13)?,
    })
}
