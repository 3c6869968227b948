//! A look as it is read back, from whichever store.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use snarkfee_core::{
    ledger::{DecisionInputs, PersistedState},
    policy::{Memory, Params},
    record::Record,
    units::{DaemonId, FeeUnit},
};

use crate::{
    error::JournalError,
    looks::{LookBody, to_timestamp},
    packing::unpack,
};

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
    /// What the amounts count. Of a daemon that counts base units, a nanomina stands for one.
    pub fee_unit: FeeUnit,
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

/// In which unit daemons counted, found once for each start of the service: a body is large.
#[derive(Default)]
pub(crate) struct KnownUnits(BTreeMap<(String, i64), FeeUnit>);

impl KnownUnits {
    pub(crate) fn find(&self, daemon: &str, run: i64) -> Option<FeeUnit> {
        self.0.get(&(daemon.to_owned(), run)).copied()
    }

    /// Takes the unit of a look from its body.
    pub(crate) fn learn(
        &mut self,
        daemon: &str,
        run: i64,
        body: &[u8],
    ) -> Result<FeeUnit, JournalError> {
        let LookBody { record, .. } = unpack("a look", body)?;
        // Before a daemon was first read, its era is not known.
        if record.era.is_some() {
            self.0.insert((daemon.to_owned(), run), record.fee_unit());
        }
        Ok(record.fee_unit())
    }
}

/// The columns of a row, by position.
pub(crate) trait Columns {
    /// Why a column cannot be read.
    type Error;

    fn number(&self, index: usize) -> Result<Option<i64>, Self::Error>;
    fn text(&self, index: usize) -> Result<String, Self::Error>;
    fn flag(&self, index: usize) -> Result<Option<bool>, Self::Error>;
    fn real(&self, index: usize) -> Result<Option<f64>, Self::Error>;
}

/// Reads the columns of a summary, in the order in which both stores select them; the unit follows
/// from the body.
pub(crate) fn read_summary<C: Columns>(row: &C) -> Result<LookSummary, C::Error> {
    const NANO: f64 = 1e9;
    let mina = |index| row.number(index).map(|amount| amount.map(|amount| amount as f64 / NANO));
    Ok(LookSummary {
        at: to_timestamp(row.number(0)?.unwrap_or_default()),
        daemon: row.text(1)?,
        mode: row.text(2)?,
        action: row.text(3)?,
        reason: row.text(4)?,
        text: row.text(5)?,
        outcome: row.text(6)?,
        fee_unit: FeeUnit::default(),
        fee_mina: mina(7)?,
        enabled: row.flag(8)?,
        target_fee_mina: mina(9)?,
        wanted: row.flag(10)?,
        sale_probability: row.real(11)?,
        expected_profit_mina_per_hour: mina(12)?,
        cost_mina: mina(13)?,
    })
}
