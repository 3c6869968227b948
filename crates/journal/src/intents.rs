//! What was about to be done and how it ended, as rows.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use snarkfee_core::{
    ledger::{Intent, IntentId, IntentOutcome, OpenIntent},
    policy::{Basis, Mode},
    units::DaemonId,
};

use crate::{
    error::JournalError,
    looks::to_timestamp,
    packing::{from_json, to_json},
};

const WHAT: &str = "an intent";

/// An intent with its columns encoded.
pub(crate) struct EncodedIntent<'a> {
    intent: &'a Intent,
    before: String,
    action: String,
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
        Ok(IntentId(transaction.last_insert_rowid()))
    }
}

/// Records how intents ended.
pub(crate) fn end_intents(
    transaction: &Transaction<'_>,
    ended: &[(IntentId, IntentOutcome)],
    at: Timestamp,
) -> rusqlite::Result<()> {
    for (id, outcome) in ended {
        transaction.execute(
            "UPDATE intents SET ending = ?2, ended_at = ?3 WHERE id = ?1 AND ending IS NULL",
            params![id.0, outcome.code(), at.as_microsecond()],
        )?;
    }
    Ok(())
}

/// Closes what this run left open: it was recorded too late, after the caller had given up waiting,
/// so that nothing was sent.
pub(crate) fn end_unsent_intents(
    transaction: &Transaction<'_>,
    daemon: &DaemonId,
    run: i64,
    at: Timestamp,
) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE intents SET ending = 'not_sent', ended_at = ?3
         WHERE daemon = ?1 AND ending IS NULL AND run = ?2",
        params![daemon.as_str(), run, at.as_microsecond()],
    )?;
    Ok(())
}

/// Loads the last intent of a daemon whose end was not recorded.
pub(crate) fn load_open_intent(
    connection: &Connection,
    daemon: &DaemonId,
) -> Result<Option<OpenIntent>, JournalError> {
    let row = connection
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
        .map_err(JournalError::sql("reading an intent"))?;
    let Some((id, at, mode, from, action)) = row else { return Ok(None) };
    Ok(Some(OpenIntent {
        id: IntentId(id),
        at: to_timestamp(at),
        from: if mode == Mode::Live.as_str() {
            Basis::Real(from_json(WHAT, &from)?)
        } else {
            Basis::Imagined(from_json(WHAT, &from)?)
        },
        action: from_json(WHAT, &action)?,
    }))
}
