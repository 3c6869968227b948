//! The rows of the decision log, and the filter for them.

use jiff::Timestamp;
use snarkfee_core::{
    fault::Fault,
    policy::Action,
    record::{Mode, Record},
    units::{DaemonId, FeeRate, FeeUnit, Nanomina},
};

/// One decision in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRow {
    /// The daemon.
    pub daemon: DaemonId,
    /// The number of the look.
    pub sequence: u64,
    /// When the look began.
    pub at: Timestamp,
    /// Whether decisions were carried out.
    pub mode: Mode,
    /// Code of the action.
    pub action: &'static str,
    /// Code of the reason.
    pub reason: &'static str,
    /// The reason for people.
    pub text: String,
    /// Code of the outcome.
    pub outcome: &'static str,
    /// Why carrying it out failed, for people.
    pub fault: Option<String>,
    /// The unit of its amounts.
    pub unit: FeeUnit,
    /// The fee that the daemon asked afterwards.
    pub fee: Option<Nanomina>,
    /// The fee that the policy wanted.
    pub target_fee: Option<Nanomina>,
    /// Whether the worker was on afterwards.
    pub enabled: Option<bool>,
    /// Expected profit at the target fee, by the lower end of its band.
    pub expected_profit: Option<FeeRate>,
}

impl DecisionRow {
    /// Whether the decision was to do nothing.
    pub(super) fn is_hold(&self) -> bool {
        self.action == Action::Hold.code()
    }

    /// The row of a record. Text is bounded in length.
    pub fn new(record: &Record) -> Self {
        let decision = &record.decision;
        let unit = record.fee_unit();
        let fault = record.outcome.fault().map(|fault| Fault::excerpt(&fault.to_string()));
        Self {
            daemon: record.daemon.clone(),
            unit,
            sequence: record.sequence,
            at: record.at,
            mode: record.mode,
            action: decision.action.code(),
            reason: decision.reason.code(),
            text: record.reason_text(),
            outcome: record.outcome.code(),
            fault,
            fee: record.fee_after(),
            target_fee: decision.target.map(|target| target.fee),
            enabled: record.enabled_after(),
            expected_profit: decision
                .appraisal
                .as_ref()
                .map(|appraisal| appraisal.best.cautious_profit),
        }
    }
}

/// Which rows of the decision log to return.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecisionFilter {
    /// Only those of this daemon.
    pub daemon: Option<DaemonId>,
    /// Only those of these actions; empty is all.
    pub actions: Vec<&'static str>,
    /// Only those earlier than this.
    pub before: Option<Timestamp>,
    /// At most this many, the newest.
    pub limit: usize,
}

impl DecisionFilter {
    pub(super) fn matches(&self, row: &DecisionRow) -> bool {
        (self.actions.is_empty() || self.actions.contains(&row.action))
            && self.before.is_none_or(|before| row.at < before)
    }
}

/// A page of rows, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionPage {
    /// The rows.
    pub rows: Vec<DecisionRow>,
    /// Whether older rows match too.
    pub more: bool,
}
