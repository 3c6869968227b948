//! Looks and the settings they depended on, as rows.

use jiff::Timestamp;
use rusqlite::{Transaction, named_params, params};
use serde::{Deserialize, Serialize};
use snarkfee_core::{
    ledger::DecisionInputs,
    policy::{Memory, Mode, Params},
    record::Record,
};

use crate::markets;

/// Looks deleted with each one recorded: more than come in, so that a backlog shrinks, and few, so
/// that a clock that jumped ahead does not cost the whole journal.
const DELETED_AT_ONCE: i64 = 20;
/// Unused pages that are kept for the next looks.
const SPARE_PAGES: i64 = 1_024;

/// The settings that a decision depended on.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SettingsRow {
    pub(crate) mode: Mode,
    pub(crate) params: Params,
}

/// The body of a look, as it is written.
#[derive(Serialize)]
pub(crate) struct LookBodyRef<'a> {
    pub(crate) record: &'a Record,
    pub(crate) inputs: &'a DecisionInputs,
    pub(crate) memory: &'a Memory,
}

/// The body of a look, as it is read.
#[derive(Deserialize)]
pub(crate) struct LookBody {
    pub(crate) record: Record,
    pub(crate) inputs: DecisionInputs,
    pub(crate) memory: Memory,
}

/// The columns of a look beside its body and what it refers to.
pub(crate) struct LookColumns<'a> {
    pub(crate) daemon: &'a str,
    pub(crate) sequence: i64,
    pub(crate) at: i64,
    pub(crate) mode: &'static str,
    pub(crate) action: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) text: String,
    pub(crate) outcome: &'static str,
    pub(crate) fee: Option<i64>,
    pub(crate) enabled: Option<bool>,
    pub(crate) target_fee: Option<i64>,
    pub(crate) target_enabled: Option<bool>,
    pub(crate) sale_probability: Option<f64>,
    pub(crate) expected_profit: Option<i64>,
    pub(crate) cost: Option<i64>,
}

impl<'a> LookColumns<'a> {
    pub(crate) fn new(record: &'a Record) -> Self {
        let amount = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
        let decision = &record.decision;
        let best = decision.appraisal.as_ref().map(|appraisal| appraisal.best);
        Self {
            daemon: record.daemon.as_str(),
            sequence: amount(record.sequence),
            at: record.at.as_microsecond(),
            mode: record.mode.as_str(),
            action: decision.action.code(),
            reason: decision.reason.code(),
            text: record.reason_text(),
            outcome: record.outcome.code(),
            fee: record.fee_after().map(|fee| amount(fee.get())),
            enabled: record.enabled_after(),
            target_fee: decision.target.map(|target| amount(target.fee.get())),
            target_enabled: decision.target.map(|target| target.enabled),
            sale_probability: best.map(|best| best.sale_probability),
            expected_profit: best.map(|best| best.cautious_profit.get()),
            cost: record.cost.map(|cost| amount(cost.get())),
        }
    }
}

/// Stores settings that are not stored yet and returns their number.
pub(crate) fn intern_settings(
    transaction: &Transaction<'_>,
    settings: &str,
) -> rusqlite::Result<i64> {
    transaction
        .prepare_cached("INSERT OR IGNORE INTO settings (json) VALUES (?1)")?
        .execute([settings])?;
    transaction
        .prepare_cached("SELECT id FROM settings WHERE json = ?1")?
        .query_row([settings], |row| row.get(0))
}

/// Inserts one look and returns its number.
pub(crate) fn insert_look(
    transaction: &Transaction<'_>,
    run: i64,
    settings: i64,
    record: &Record,
    body: &[u8],
    market: Option<i64>,
) -> rusqlite::Result<i64> {
    let columns = LookColumns::new(record);
    let mut statement = transaction.prepare_cached(
        "INSERT INTO looks (run, daemon, sequence, at, mode, action, reason, text, outcome, fee,
         enabled, target_fee, target_enabled, sale_probability, expected_profit, cost, settings,
         body, market)
         VALUES (:run, :daemon, :sequence, :at, :mode, :action, :reason, :text, :outcome, :fee,
         :enabled, :target_fee, :target_enabled, :sale_probability, :expected_profit, :cost,
         :settings, :body, :market)",
    )?;
    statement.execute(named_params! {
        ":run": run,
        ":daemon": columns.daemon,
        ":sequence": columns.sequence,
        ":at": columns.at,
        ":mode": columns.mode,
        ":action": columns.action,
        ":reason": columns.reason,
        ":text": columns.text,
        ":outcome": columns.outcome,
        ":fee": columns.fee,
        ":enabled": columns.enabled,
        ":target_fee": columns.target_fee,
        ":target_enabled": columns.target_enabled,
        ":sale_probability": columns.sale_probability,
        ":expected_profit": columns.expected_profit,
        ":cost": columns.cost,
        ":settings": settings,
        ":body": body,
        ":market": market,
    })?;
    Ok(transaction.last_insert_rowid())
}

/// Deletes a few of the looks that are older than the cutoff; says whether there were any.
pub(crate) fn delete_expired(transaction: &Transaction<'_>, cutoff: i64) -> rusqlite::Result<bool> {
    let expired = find_expired(transaction, cutoff)?;
    if expired.is_empty() {
        return Ok(false);
    }
    let (mut shown, mut interned) = (Vec::new(), Vec::new());
    for ExpiredLook { look, markets, settings } in expired {
        transaction.prepare_cached("DELETE FROM looks WHERE id = ?1")?.execute([look])?;
        shown.extend(markets.into_iter().flatten());
        interned.push(settings);
    }
    markets::delete_unused(transaction, shown)?;
    delete_unused_settings(transaction, interned)?;
    Ok(true)
}

/// A look that is deleted, and what it and its snapshot refer to.
struct ExpiredLook {
    look: i64,
    markets: [Option<i64>; 2],
    settings: i64,
}

fn find_expired(transaction: &Transaction<'_>, cutoff: i64) -> rusqlite::Result<Vec<ExpiredLook>> {
    let mut statement = transaction.prepare_cached(
        "SELECT looks.id, looks.market, origins.market, looks.settings FROM looks
         LEFT JOIN origins ON origins.look = looks.id
         WHERE looks.at < ?1 ORDER BY looks.at LIMIT ?2",
    )?;
    let expired = statement.query_map(params![cutoff, DELETED_AT_ONCE], |row| {
        let markets = [row.get(1)?, row.get(2)?];
        Ok(ExpiredLook { look: row.get(0)?, markets, settings: row.get(3)? })
    })?;
    expired.collect()
}

/// Deletes those of the given settings that no look depended on any more.
fn delete_unused_settings(
    transaction: &Transaction<'_>,
    mut interned: Vec<i64>,
) -> rusqlite::Result<()> {
    interned.sort_unstable();
    interned.dedup();
    let mut statement = transaction.prepare_cached(
        "DELETE FROM settings WHERE id = ?1
         AND NOT EXISTS (SELECT 1 FROM looks WHERE settings = ?1)",
    )?;
    interned.into_iter().try_for_each(|id| statement.execute([id]).map(|_deleted| ()))
}

/// Releases unused pages, once there are more of them than the next looks will fill.
pub(crate) fn release_pages(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let unused: i64 = transaction.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
    if unused < SPARE_PAGES {
        return Ok(());
    }
    let mut vacuum = transaction.prepare_cached("PRAGMA incremental_vacuum(256)")?;
    let mut steps = vacuum.query([])?;
    while steps.next()?.is_some() {}
    Ok(())
}

/// The time that a column holds.
pub(crate) fn to_timestamp(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::MIN)
}
