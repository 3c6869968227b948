//! How policies did on recorded data.

use jiff::Timestamp;
use serde::Serialize;

use super::replay::Replay;
use crate::{precomputed::Skipped, simulate::Run};

/// How policies did on recorded data.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// `blocks` or `journal`.
    pub source: &'static str,
    /// Beginning of the data; none without any.
    pub from: Option<Timestamp>,
    /// Its end.
    pub to: Option<Timestamp>,
    /// Looks of a journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looks: Option<u64>,
    /// Blocks that counted.
    pub blocks: u64,
    /// Stretches without a gap, each begun anew by every policy.
    pub series: Vec<Stretch>,
    /// Whether the journal leads to the same decisions again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
    /// One for each policy, in order.
    pub policies: Vec<Score>,
    /// Files that did not count.
    pub skipped: Vec<Skipped>,
}

/// A stretch of data without a gap.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stretch {
    /// The network, or the daemon of a journal.
    pub name: String,
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// Lowest and highest block.
    pub heights: Option<(u32, u32)>,
    /// Works bought in it.
    pub works: u64,
    /// Of these, works bought for nothing.
    pub free_works: u64,
}

/// How one policy did over all stretches.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// Its name.
    pub policy: String,
    /// What works sold brought, less what making works cost, in MINA.
    pub profit_mina: f64,
    /// Works made.
    pub works_made: u64,
    /// Works sold.
    pub works_sold: u64,
    /// Mean P(sold) of the works made, as it was told when they were made; none without one.
    pub share_sold_predicted: Option<f64>,
    /// Works sold of those made; none without any.
    pub share_sold_realised: Option<f64>,
    /// Changes of fee or worker.
    pub changes: u64,
    /// What the checker found, which is a fault of the program; see `simulate`.
    pub violations: u64,
}

impl Score {
    /// What a policy's runs come to.
    pub(super) fn of(policy: String, runs: &[Run]) -> Self {
        let sum = |of: fn(&Run) -> u64| runs.iter().map(of).sum::<u64>();
        let (made, sold) = (sum(|run| run.own.made), sum(|run| run.own.sold));
        let told = || runs.iter().filter_map(|run| Some((run.predicted?, run.own.made as f64)));
        let weight: f64 = told().map(|(_, made)| made).sum();
        let predicted: f64 = told().map(|(predicted, made)| predicted * made).sum();
        Self {
            policy,
            profit_mina: runs.iter().map(|run| run.tally.profit()).sum(),
            works_made: made,
            works_sold: sold,
            share_sold_predicted: (weight > 0.0).then(|| predicted / weight),
            share_sold_realised: (made > 0).then(|| sold as f64 / made as f64),
            changes: sum(|run| run.changes),
            violations: sum(|run| run.violations.len() as u64),
        }
    }
}
