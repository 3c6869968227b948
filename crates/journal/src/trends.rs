//! A daemon's history in a bounded number of points, from its looks.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, named_params};
use serde::Deserialize;
use snarkfee_core::{record::Record, trend::TrendPoint, units::DaemonId};

use crate::{error::JournalError, packing::unpack, reader::JournalFileReader};

/// Most points of one answer.
const MOST_POINTS: usize = 1_000;

/// The part of a look that a point is made from.
#[derive(Deserialize)]
struct RecordedPart {
    record: Record,
}

impl JournalFileReader {
    /// The last look of each `step`, from `from` up to but without `until`, as points in order of
    /// time; at most 1,000. What it costs depends on the number of points, not of looks. A look that
    /// an earlier version wrote in a way that cannot be read is left out.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be read.
    pub fn read_trend(
        &self,
        daemon: &DaemonId,
        (from, until): (Timestamp, Timestamp),
        step: Duration,
    ) -> Result<Vec<TrendPoint>, JournalError> {
        let doing = JournalError::sql("reading the history of a daemon");
        let step = i64::try_from(step.as_micros()).unwrap_or(i64::MAX).max(1);
        let mut newest_before = self
            .connection()
            .prepare_cached(
                "SELECT at, body, market IS NOT NULL FROM looks
                 WHERE daemon = :daemon AND at >= :from AND at < :until ORDER BY at DESC LIMIT 1",
            )
            .map_err(doing)?;
        let (from, mut until) = (from.as_microsecond(), until.as_microsecond());
        let mut points = Vec::new();
        while points.len() < MOST_POINTS {
            let look = newest_before.query_row(
                named_params! { ":daemon": daemon.as_str(), ":from": from, ":until": until },
                |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, bool>(2)?))
                },
            );
            let Some((at, body, has_book)) = look.optional().map_err(doing)? else { break };
            if let Ok(RecordedPart { record }) = unpack("a look", &body) {
                let mut point = TrendPoint::new(&record);
                // The book that it read is stored apart.
                if let (true, Some(market)) = (has_book, &record.market) {
                    point.open_works = Some((market.open_works, market.uncovered_works));
                }
                points.push(point);
            }
            until = at.div_euclid(step).saturating_mul(step);
        }
        points.reverse();
        Ok(points)
    }
}
