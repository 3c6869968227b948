//! Reads a journal, also beside a running service. Nothing is written.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Row, named_params};
use snarkfee_core::{account::Account, units::DaemonId};

use crate::{
    connection::connect,
    daemons::load_accounts,
    error::JournalError,
    folder::JOURNAL_FILE,
    inspect::find_layout,
    looks::{LookBody, SettingsRow},
    markets::MarketReader,
    packing::{from_json, unpack},
    postgres::{SharedReader, StoreAddress},
    recorded_look::{Columns, KnownUnits, LookFilter, LookSummary, RecordedLook, read_summary},
    schema,
    snapshots::read_snapshot,
};

/// A journal open for reading: a file, or that of a shared store.
#[derive(Debug)]
pub struct JournalReader(Backend);

#[derive(Debug)]
enum Backend {
    File(JournalFileReader),
    Shared(SharedReader),
}

/// A journal file open for reading.
#[derive(Debug)]
pub struct JournalFileReader {
    connection: Connection,
}

impl JournalReader {
    /// Opens a journal file, or the journal of a folder.
    ///
    /// # Errors
    ///
    /// Where there is none, or it is damaged, foreign or of another layout.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        JournalFileReader::open(path).map(|reader| Self(Backend::File(reader)))
    }

    /// Opens the journal in a shared store. Blocks.
    ///
    /// # Errors
    ///
    /// Where the store cannot be reached, or has another layout.
    pub fn open_shared(address: &StoreAddress) -> Result<Self, JournalError> {
        Ok(Self(Backend::Shared(SharedReader::open(address.clone())?)))
    }

    /// The account of each daemon, in order of their names.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be read.
    pub fn accounts(&self) -> Result<Vec<(DaemonId, Account)>, JournalError> {
        match &self.0 {
            Backend::File(reader) => load_accounts(&reader.connection),
            Backend::Shared(reader) => reader.accounts(),
        }
    }

    /// Hands each look to `each` in the order in which they were taken, until it fails.
    ///
    /// # Errors
    ///
    /// Those of `each`, and where the journal cannot be read.
    pub fn for_each_summary<E: From<JournalError>>(
        &self,
        filter: &LookFilter,
        each: impl FnMut(LookSummary) -> Result<(), E>,
    ) -> Result<(), E> {
        match &self.0 {
            Backend::File(reader) => reader.for_each_summary(filter, each),
            Backend::Shared(reader) => reader.for_each_summary(filter, each),
        }
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
        each: impl FnMut(RecordedLook) -> Result<(), E>,
    ) -> Result<(), E> {
        match &self.0 {
            Backend::File(reader) => reader.for_each_look(filter, each),
            Backend::Shared(reader) => reader.for_each_look(filter, each),
        }
    }
}

impl JournalFileReader {
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

    fn for_each_summary<E: From<JournalError>>(
        &self,
        filter: &LookFilter,
        mut each: impl FnMut(LookSummary) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut units = KnownUnits::default();
        self.select_looks(
            "SELECT at, daemon, mode, action, reason, text, outcome, fee, enabled, target_fee,
             target_enabled, sale_probability, expected_profit, cost, run, body FROM looks",
            filter,
            |row| {
                let failed = JournalError::sql;
                let mut summary = read_summary(row).map_err(failed("reading looks"))?;
                let run: i64 = row.get("run").map_err(failed("reading looks"))?;
                summary.fee_unit = match units.find(&summary.daemon, run) {
                    Some(unit) => unit,
                    None => {
                        let body: Vec<u8> = row.get("body").map_err(failed("reading looks"))?;
                        units.learn(&summary.daemon, run, &body)?
                    }
                };
                each(summary)
            },
        )
    }

    fn for_each_look<E: From<JournalError>>(
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

impl Columns for Row<'_> {
    type Error = rusqlite::Error;

    fn number(&self, index: usize) -> rusqlite::Result<Option<i64>> {
        self.get(index)
    }

    fn text(&self, index: usize) -> rusqlite::Result<String> {
        self.get(index)
    }

    fn flag(&self, index: usize) -> rusqlite::Result<Option<bool>> {
        self.get(index)
    }

    fn real(&self, index: usize) -> rusqlite::Result<Option<f64>> {
        self.get(index)
    }
}
