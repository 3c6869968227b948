//! What was about to be done and how it ended, as rows.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use snarkfee_core::{
    control::OperatorCommand,
    ledger::{Intent, IntentId, IntentOutcome, OpenIntent},
    policy::{Basis, Mode},
    units::DaemonId,
};

use crate::{
    checksum::{ProtectedColumns, SumChange},
    error::JournalError,
    looks::to_timestamp,
    packing::{from_json_exactly, to_json},
};

pub(crate) const COLUMNS: ProtectedColumns = ProtectedColumns {
    table: "intents",
    key: "id",
    columns: "id, run, daemon, at, mode, settings_before, action, reason, ending, ended_at",
    checksum: "checksum",
    fallback: None,
};

const WHAT: &str = "an intent";
/// Intents deleted with each look: more than come in.
const DELETED_AT_ONCE: i64 = 20;

/// An intent with its columns encoded.
pub(crate) struct EncodedIntent<'a> {
    intent: &'a Intent,
    pub(crate) before: String,
    pub(crate) action: String,
}

impl<'a> EncodedIntent<'a> {
    pub(crate) fn encode(intent: &'a Intent) -> Result<Self, JournalError> {
        let before = match &intent.from {
            Basis::Real(settings) => to_json(WHAT, settings)?,
            Basis::Imagined(settings) => to_json(WHAT, settings)?,
        };
        let action = to_json(WHAT, &intent.decision.action)?;
        Ok(Self { intent, before, action })
    }

    pub(crate) fn insert(
        &self,
        transaction: &Transaction<'_>,
        run: i64,
        change: &mut SumChange,
    ) -> rusqlite::Result<IntentId> {
        let Intent { daemon, at, from, decision, .. } = self.intent;
        transaction.execute(
            "INSERT INTO intents (run, daemon, at, mode, settings_before, action, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                run,
                daemon.as_str(),
                at.as_microsecond(),
                from.mode().as_str(),
                self.before,
                self.action,
                decision.reason.code()
            ],
        )?;
        let id = transaction.last_insert_rowid();
        COLUMNS.protect(transaction, id, change)?;
        Ok(IntentId(id))
    }
}

/// Records how intents ended.
pub(crate) fn end_intents(
    transaction: &Transaction<'_>,
    ended: &[(IntentId, IntentOutcome)],
    at: Timestamp,
    change: &mut SumChange,
) -> rusqlite::Result<()> {
    ended
        .iter()
        .try_for_each(|(id, outcome)| end_intent(transaction, id.0, outcome.code(), at, change))
}

/// Closes what this run left open: it was recorded too late, after the caller had given up waiting,
/// so that nothing was sent.
pub(crate) fn end_unsent_intents(
    transaction: &Transaction<'_>,
    daemon: &DaemonId,
    run: i64,
    at: Timestamp,
    change: &mut SumChange,
) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "SELECT id FROM intents WHERE daemon = ?1 AND ending IS NULL AND run = ?2",
    )?;
    let open: Vec<i64> = statement
        .query_map(params![daemon.as_str(), run], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    open.into_iter().try_for_each(|id| end_intent(transaction, id, "not_sent", at, change))
}

fn end_intent(
    transaction: &Transaction<'_>,
    id: i64,
    ending: &str,
    at: Timestamp,
    change: &mut SumChange,
) -> rusqlite::Result<()> {
    let ended = transaction
        .prepare_cached(
            "UPDATE intents SET ending = ?2, ended_at = ?3 WHERE id = ?1 AND ending IS NULL",
        )?
        .execute(params![id, ending, at.as_microsecond()])?;
    if ended > 0 { COLUMNS.protect(transaction, id, change) } else { Ok(()) }
}

/// Deletes a few of the ended intents that are older than the cutoff.
pub(crate) fn delete_expired(
    transaction: &Transaction<'_>,
    cutoff: i64,
    change: &mut SumChange,
) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "SELECT id FROM intents WHERE at < ?1 AND ending IS NOT NULL ORDER BY at LIMIT ?2",
    )?;
    let expired: Vec<i64> = statement
        .query_map([cutoff, DELETED_AT_ONCE], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    expired.into_iter().try_for_each(|id| COLUMNS.delete(transaction, id, change))
}

/// Loads the intents of the current run whose end is not recorded, at the daemons that an order is
/// for: what they are about may be under way.
pub(crate) fn load_open_of_this_run(
    connection: &Connection,
    command: &OperatorCommand,
) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare(
        "SELECT id, daemon FROM intents WHERE +ending IS NULL AND mode = ?1
         AND run = (SELECT max(id) FROM runs)",
    )?;
    let rows = statement
        .query_map([Mode::Live.as_str()], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let mut open = Vec::new();
    for row in rows {
        let (id, daemon) = row?;
        if DaemonId::try_new(&daemon).is_ok_and(|daemon| command.concerns(&daemon)) {
            open.push(id);
        }
    }
    Ok(open)
}

/// Counts those of the intents whose end is not recorded.
pub(crate) fn count_open(connection: &Connection, ids: &[i64]) -> Result<usize, JournalError> {
    let is_open = |id: &&i64| {
        let query = "SELECT count(*) FROM intents WHERE id = ?1 AND ending IS NULL";
        connection.query_row(query, [id], |row| row.get::<_, i64>(0)).map(|count| count > 0)
    };
    let mut open = 0;
    for id in ids {
        open += usize::from(is_open(&id).map_err(JournalError::sql("reading an intent"))?);
    }
    Ok(open)
}

/// Loads the last intent of a daemon whose end was not recorded. It does not rely on an index,
/// which may be damaged unnoticed.
pub(crate) fn load_open_intent(
    connection: &Connection,
    daemon: &DaemonId,
) -> Result<Option<OpenIntent>, JournalError> {
    let row = connection
        .query_row(
            "SELECT id, at, mode, settings_before, action FROM intents
             WHERE +daemon = ?1 AND +ending IS NULL ORDER BY id DESC LIMIT 1",
            [daemon.as_str()],
            |row| {
                let (id, at): (i64, i64) = (row.get(0)?, row.get(1)?);
                let (mode, from, action): (String, String, String) =
                    (row.get(2)?, row.get(3)?, row.get(4)?);
                Ok((id, at, mode, from, action))
            },
        )
        .optional()
        .map_err(JournalError::sql("reading an intent"))?;
    let Some((id, at, mode, from, action)) = row else { return Ok(None) };
    if !COLUMNS.is_whole(connection, id).map_err(JournalError::sql("reading an intent"))? {
        return Err(JournalError::Damaged { what: WHAT });
    }
    decode_open_intent(id, at, &mode, &from, &action).map(Some)
}

/// Decodes the columns of an intent whose end was not recorded.
pub(crate) fn decode_open_intent(
    id: i64,
    at: i64,
    mode: &str,
    from: &str,
    action: &str,
) -> Result<OpenIntent, JournalError> {
    Ok(OpenIntent {
        id: IntentId(id),
        at: to_timestamp(at),
        from: if mode == Mode::Live.as_str() {
            Basis::Real(from_json_exactly(WHAT, from)?)
        } else if mode == Mode::DryRun.as_str() {
            Basis::Imagined(from_json_exactly(WHAT, from)?)
        } else {
            let source = format!("it says {mode:?}").into();
            return Err(JournalError::Unreadable { what: WHAT, source });
        },
        action: from_json_exactly(WHAT, action)?,
    })
}
