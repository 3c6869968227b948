//! One line of the decision log, and which lines are asked for.

use jiff::Timestamp;
use snarkfee_core::{
    fault::Fault,
    policy::Action,
    record::{Mode, Record},
    units::{DaemonId, FeeRate, Nanomina},
};

/// One decision as the log shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRow {
    /// The daemon.
    pub daemon: DaemonId,
    /// The look's number.
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
    /// What was wrong with carrying it out, for people.
    pub fault: Option<String>,
    /// The fee the daemon asked afterwards.
    pub fee: Option<Nanomina>,
    /// The fee the policy wanted.
    pub target_fee: Option<Nanomina>,
    /// Whether the daemon worked afterwards.
    pub enabled: Option<bool>,
    /// Expected profit at the target fee, on the cautious side.
    pub expected_profit: Option<FeeRate>,
}

impl DecisionRow {
    /// Whether nothing was to be done.
    pub(super) fn is_hold(&self) -> bool {
        self.action == Action::Hold.code()
    }

    /// The line of a record. Text is bounded in length.
    pub fn new(record: &Record) -> Self {
        let decision = &record.decision;
        let fault = record.outcome.fault().map(|fault| Fault::excerpt(&fault.to_string()));
        Self {
            daemon: record.daemon.clone(),
            sequence: record.sequence,
            at: record.at,
            mode: record.mode,
            action: decision.action.code(),
            reason: decision.reason.code(),
            text: Fault::excerpt(&decision.reason.to_string()),
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

/// Which lines of the decision log are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecisionFilter {
    /// Only this daemon's.
    pub daemon: Option<DaemonId>,
    /// Only those of these actions; empty is all.
    pub actions: Vec<&'static str>,
    /// Only those earlier than this.
    pub before: Option<Timestamp>,
    /// At most this many, the newest.
    pub limit: usize,
}

impl DecisionFilter {
    pub(super) fn takes(&self, row: &DecisionRow) -> bool {
        (self.actions.is_empty() || self.actions.contains(&row.action))
            && self.before.is_none_or(|before| row.at < before)
    }
}

/// A run of lines, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// The lines.
    pub rows: Vec<DecisionRow>,
    /// Whether older ones match too.
    pub more: bool,
}
