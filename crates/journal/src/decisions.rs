//! The log of decisions, read from the columns of looks.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, ToSql};
use serde::Deserialize;
use snarkfee_core::{
    decision_log::{
        DecisionFilter, DecisionKey, DecisionLine, DecisionPage, DecisionRow, LineBuilder,
        describe_failure,
    },
    record::Record,
    units::{DaemonId, FeeRate, Nanomina},
};

use crate::{error::JournalError, looks::to_timestamp, packing::unpack, reader::JournalFileReader};

/// Looks gone through for one answer: those of two months, at one a minute.
const MOST_LOOKS: usize = 100_000;

const READING: &str = "reading the decisions";

/// Codes of outcomes that may have a fault.
const FAILING: [&str; 3] = ["applied", "rejected", "unknown"];

/// The part of a look that has what its columns lack.
#[derive(Deserialize)]
struct RecordedPart {
    record: Record,
}

impl JournalFileReader {
    /// Decisions that match, newest first. At most 100,000 looks are gone through, in an index; only
    /// those that are returned are read.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be read.
    pub fn read_decisions(&self, filter: &DecisionFilter) -> Result<DecisionPage, JournalError> {
        let mut builder = LineBuilder::new(filter);
        let exhausted = self.go_through(filter, |key, at, look| builder.add(key, at, look))?;
        let (lines, more) = builder.finish();
        let lines = lines.into_iter().filter_map(|line| {
            let DecisionLine { newest, oldest_at, count } = line;
            match self.read_decision(newest) {
                Ok(row) => Some(Ok(DecisionLine { newest: row?, oldest_at, count })),
                Err(error) => Some(Err(error)),
            }
        });
        Ok(DecisionPage { lines: lines.collect::<Result<_, _>>()?, more: more || exhausted })
    }

    /// Hands over the looks that the filter may want until `each` is satisfied; whether there may be
    /// more than it went through.
    fn go_through(
        &self,
        filter: &DecisionFilter,
        mut each: impl FnMut(DecisionKey, Timestamp, i64) -> bool,
    ) -> Result<bool, JournalError> {
        let doing = JournalError::sql(READING);
        let daemon = filter.daemon.as_ref().map(DaemonId::as_str);
        let condition = match daemon {
            Some(_) => "daemon = ?3 AND ",
            // By the index of changes.
            None if filter.wants_changes_only() => "?3 IS NULL AND action <> 'hold' AND ",
            None => "?3 IS NULL AND ",
        };
        let query = format!(
            "SELECT id, at, daemon, action, reason FROM looks
             WHERE {condition} at >= ?1 AND at < ?2 ORDER BY at DESC"
        );
        let mut statement = self.connection().prepare_cached(&query).map_err(doing)?;
        let since = filter.since.map_or(i64::MIN, Timestamp::as_microsecond);
        let before = filter.before.map_or(i64::MAX, Timestamp::as_microsecond);
        let given: [&dyn ToSql; 3] = [&since, &before, &daemon];
        let mut rows = statement.query(given).map_err(doing)?;
        for _ in 0..MOST_LOOKS {
            let Some(row) = rows.next().map_err(doing)? else { return Ok(false) };
            let (key, at, look) = read_key(row).map_err(doing)?;
            if !each(key, at, look) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The row of a look; `None` where its time was over between the two queries.
    fn read_decision(&self, look: i64) -> Result<Option<DecisionRow>, JournalError> {
        let doing = JournalError::sql(READING);
        let mut statement = self
            .connection()
            .prepare_cached(
                "SELECT daemon, sequence, at, mode, action, reason, text, outcome, fee, target_fee,
                 enabled, expected_profit FROM looks WHERE id = ?1",
            )
            .map_err(doing)?;
        let row = statement.query_row([look], read_row).optional().map_err(doing)?.flatten();
        let Some(mut row) = row else { return Ok(None) };
        if FAILING.contains(&row.outcome.as_ref()) {
            row.fault = self.read_failure(look)?;
        }
        Ok(Some(row))
    }

    /// Why carrying out the decision of a look failed, which only its body says.
    fn read_failure(&self, look: i64) -> Result<Option<String>, JournalError> {
        let body: Option<Vec<u8>> = self
            .connection()
            .prepare_cached("SELECT body FROM looks WHERE id = ?1")
            .and_then(|mut statement| statement.query_row([look], |row| row.get(0)).optional())
            .map_err(JournalError::sql(READING))?;
        let part = body.and_then(|body| unpack::<RecordedPart>("a look", &body).ok());
        Ok(part.and_then(|part| describe_failure(&part.record)))
    }
}

fn read_key(row: &Row<'_>) -> rusqlite::Result<(DecisionKey, Timestamp, i64)> {
    let key = DecisionKey { daemon: row.get(2)?, action: row.get(3)?, reason: row.get(4)? };
    Ok((key, to_timestamp(row.get(1)?), row.get(0)?))
}

/// A row without its fault; `None` for a name that is none.
fn read_row(row: &Row<'_>) -> rusqlite::Result<Option<DecisionRow>> {
    let text = |index| row.get::<_, String>(index);
    let fee = |index| -> rusqlite::Result<Option<Nanomina>> {
        let amount: Option<i64> = row.get(index)?;
        let amount = amount.and_then(|amount| u64::try_from(amount).ok());
        Ok(amount.and_then(|amount| Nanomina::try_new(amount).ok()))
    };
    let Ok(daemon) = DaemonId::try_new(&text(0)?) else { return Ok(None) };
    Ok(Some(DecisionRow {
        daemon,
        sequence: row.get::<_, i64>(1)?.unsigned_abs(),
        at: to_timestamp(row.get(2)?),
        mode: text(3)?.into(),
        action: text(4)?.into(),
        reason: text(5)?.into(),
        text: text(6)?,
        outcome: text(7)?.into(),
        fault: None,
        fee: fee(8)?,
        target_fee: fee(9)?,
        enabled: row.get(10)?,
        expected_profit: row.get::<_, Option<i64>>(11)?.map(FeeRate::new),
    }))
}
