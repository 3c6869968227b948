//! What a simulated daemon shows at one instant, and how it is controlled: the interface between
//! the market and the daemon's GraphQL and metrics endpoints.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use snarkfee_core::{
    market::{Block, DaemonStatus, OpenWork},
    units::{Nanomina, PublicKey, WorkId},
};

use super::{pool::JobKind, time::Millis};

/// Everything that GraphQL and metrics text need to answer any request.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The simulated time.
    pub at: Timestamp,
    /// `daemonStatus`.
    pub status: DaemonStatus,
    /// Blocks of the frontier, oldest first, at most `k` (290).
    pub chain: Vec<Arc<Block>>,
    /// The whole snark pool. Bought works stay in it while a frontier block references them.
    pub pool: Vec<PoolEntry>,
    /// `pendingSnarkWork`: works without a proof, and with a worker key also those whose proof costs
    /// more than the daemon's fee.
    pub pending: Vec<WorkId>,
    /// `snarkWorkRange`: every open work in purchase order with its standing proof.
    pub open: Vec<OpenWork>,
    /// Counters since the process started, for the metrics text.
    pub counters: DaemonCounters,
    /// Account creation fee.
    pub account_creation_fee: Nanomina,
    /// Coinbase of a block.
    pub coinbase: Nanomina,
    /// Keys with a ledger account.
    pub accounts: Vec<PublicKey>,
}

/// One entry of the snark pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolEntry {
    /// The work.
    pub work: WorkId,
    /// Fee of its cheapest proof.
    pub fee: Nanomina,
    /// Whose proof it is.
    pub prover: PublicKey,
}

/// Counters since the simulated daemon's process started.
#[derive(Clone, Debug, Default)]
pub struct DaemonCounters {
    /// Fees of all works added to the pool, cheaper replacements included.
    pub fees_added: FeesAdded,
    /// Bundles, or with the partitioner pieces, handed to own workers.
    pub assigned: u64,
    /// Bundles or pieces received from them, whatever became of them.
    pub completed: u64,
    /// Assignments that timed out; with the partitioner none are counted.
    pub timed_out: u64,
    /// Jobs of works that own workers finished, with the time spent on them.
    pub proved: ProvedJobs,
    /// Blocks this daemon produced.
    pub blocks_produced: u64,
    /// Works bought by the newest block.
    pub purchased_in_last_block: u64,
    /// Fees paid for works by the newest block, in nanomina.
    pub snark_fees_in_last_block: u64,
    /// User transaction fees of the newest block, in nanomina.
    pub transaction_fees_in_last_block: u64,
}

/// Single jobs proved by own workers. They count once all of their work is proved (Mina
/// `snark_work_lib/metrics.ml`).
#[derive(Clone, Debug, Default)]
pub struct ProvedJobs {
    /// Transactions that are no zkApps.
    pub base: ProverTime,
    /// zkApp transactions.
    pub zkapp_base: ProverTime,
    /// Merges.
    pub merge: ProverTime,
    /// Merges that took at most 60, 90, .. 270 s.
    pub merge_cumulative: [u64; 8],
}

/// Jobs, and the prover time spent on them.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProverTime {
    /// How many.
    pub jobs: u64,
    /// In all.
    pub seconds: f64,
}

impl ProvedJobs {
    /// Prover time of all jobs.
    pub(super) fn seconds(&self) -> f64 {
        self.base.seconds + self.zkapp_base.seconds + self.merge.seconds
    }

    /// All jobs.
    pub(super) fn jobs(&self) -> u64 {
        self.base.jobs + self.zkapp_base.jobs + self.merge.jobs
    }

    pub(super) fn add(&mut self, kind: JobKind, spent: Millis) {
        let seconds = spent as f64 / 1000.0;
        let time = match kind {
            JobKind::Base => &mut self.base,
            JobKind::ZkappBase { .. } => &mut self.zkapp_base,
            JobKind::Merge => {
                for (bound, bucket) in (2_u32..).zip(&mut self.merge_cumulative) {
                    *bucket += u64::from(seconds <= f64::from(30 * bound));
                }
                &mut self.merge
            }
        };
        time.jobs += 1;
        time.seconds += seconds;
    }
}

/// The `snark_fee` histogram: bounds 0 to 9 nanomina, as the daemon has them.
#[derive(Clone, Debug, Default)]
pub struct FeesAdded {
    /// Cumulative counts for `le` 0, 1, .. 9.
    pub cumulative: [u64; 10],
    /// All observations.
    pub count: u64,
    /// Sum of fees in nanomina.
    pub sum: u128,
}

impl FeesAdded {
    /// Adds one fee, in nanomina.
    pub fn observe(&mut self, fee: Nanomina) {
        for (bound, bucket) in self.cumulative.iter_mut().enumerate() {
            if fee.get() <= bound as u64 {
                *bucket += 1;
            }
        }
        self.count += 1;
        self.sum += u128::from(fee.get());
    }
}

/// What a daemon hands to its own workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandOut {
    /// Whole works, as until 3.0.
    Bundles,
    /// Pieces of works, as since the work partitioner (2025-09, so 4.0).
    #[default]
    Pieces,
}

/// A simulated daemon: a market that moves by itself, and the operator's two controls.
pub trait SimulatedDaemon: Send {
    /// Runs the market up to `to`. An earlier time does nothing.
    fn advance(&mut self, to: Timestamp);
    /// What the daemon shows now.
    fn snapshot(&self) -> Snapshot;
    /// `setSnarkWorkFee`: applies from the next assignment on. Returns the previous fee.
    fn set_fee(&mut self, fee: Nanomina) -> Nanomina;
    /// `setSnarkWorker`: `None` stops the worker. Returns the previous key.
    fn set_worker(&mut self, key: Option<PublicKey>) -> Option<PublicKey>;
    /// Has the daemon hand out what its release does. Called before any time passes.
    fn set_hand_out(&mut self, _hand_out: HandOut) {}
}
