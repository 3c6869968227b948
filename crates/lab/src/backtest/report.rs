//! How policies did on recorded data.

use jiff::Timestamp;
use serde::Serialize;

use super::replay::Replay;
use crate::{
    policy_run::{RunSummary, sum_profits},
    precomputed::SkippedFile,
};

/// How policies did on recorded data.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BacktestReport {
    /// `blocks` or `journal`.
    pub source: &'static str,
    /// Beginning of the data; `None` without data.
    pub from: Option<Timestamp>,
    /// End of the data.
    pub to: Option<Timestamp>,
    /// Looks of a journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looks: Option<u64>,
    /// Blocks used.
    pub blocks: u64,
    /// Stretches without a gap. Every policy begins anew on each.
    pub series: Vec<DataStretch>,
    /// Whether the code reproduces the journal's decisions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
    /// One for each policy, in order.
    pub policies: Vec<BacktestRow>,
    /// Files not used.
    pub skipped: Vec<SkippedFile>,
}

/// A stretch of data without a gap.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DataStretch {
    /// The network, or the daemon of a journal.
    pub name: String,
    /// Beginning of the stretch.
    pub from: Timestamp,
    /// End of the stretch.
    pub to: Timestamp,
    /// Heights of the first and the last block.
    pub heights: Option<(u32, u32)>,
    /// Works bought.
    pub works: u64,
    /// Of these, works bought for 0.
    pub free_works: u64,
}

/// How one policy did over all stretches.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BacktestRow {
    /// Name of the policy.
    pub policy: String,
    /// Revenue of works sold less cost of works made, in MINA.
    pub profit_mina: f64,
    /// Works made.
    pub works_made: u64,
    /// Works sold.
    pub works_sold: u64,
    /// Mean P(sold) of the works made, as predicted when they were made; `None` without a prediction.
    pub share_sold_predicted: Option<f64>,
    /// Share of the works made that were sold; `None` if none were made.
    pub share_sold_realised: Option<f64>,
    /// Changes of fee or worker.
    pub changes: u64,
    /// Violations of the invariants; each is a bug.
    pub violations: u64,
}

impl BacktestRow {
    /// Sums up a policy's runs.
    pub(super) fn new(policy: String, runs: &[RunSummary]) -> Self {
        let sum = |of: fn(&RunSummary) -> u64| runs.iter().map(of).sum::<u64>();
        let (made, sold) = (sum(|run| run.own.made), sum(|run| run.own.sold));
        let predictions =
            || runs.iter().filter_map(|run| Some((run.predicted?, run.own.made as f64)));
        let weight: f64 = predictions().map(|(_, made)| made).sum();
        let predicted: f64 = predictions().map(|(predicted, made)| predicted * made).sum();
        Self {
            policy,
            profit_mina: sum_profits(runs.iter().map(|run| run.profits.total())),
            works_made: made,
            works_sold: sold,
            share_sold_predicted: (weight > 0.0).then(|| predicted / weight),
            share_sold_realised: (made > 0).then(|| sold as f64 / made as f64),
            changes: sum(|run| run.changes),
            violations: sum(|run| run.violations.len() as u64),
        }
    }
}
