//! What a simulated daemon shows at one instant, and the controls it takes: the seam between the
//! market model and its faces.

use std::sync::Arc;

use jiff::Timestamp;
use snarkfee_core::{
    market::{Block, DaemonStatus, OpenWork},
    units::{Nanomina, PublicKey, WorkId},
};

/// Everything a face (GraphQL, metrics text, in-process port) needs to answer any question.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The simulated time.
    pub at: Timestamp,
    /// `daemonStatus`.
    pub status: DaemonStatus,
    /// Blocks of the frontier, oldest first, at most `k` (290).
    pub chain: Vec<Arc<Block>>,
    /// The whole snark pool, works already bought included as long as a frontier block references
    /// them.
    pub pool: Vec<PoolEntry>,
    /// `pendingSnarkWork`: with a worker key, works unproved or priced above our fee; without one,
    /// unproved works only.
    pub pending: Vec<WorkId>,
    /// `snarkWorkRange`: every open work in purchase order with its standing proof.
    pub open: Vec<OpenWork>,
    /// Process-lifetime counters for the metrics text.
    pub counters: Counters,
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
    /// The cheapest fee seen for it.
    pub fee: Nanomina,
    /// Who asks it.
    pub prover: PublicKey,
}

/// Counters since the simulated daemon started.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    /// Fee of every work added to the pool, cheaper replacements included, in order of arrival.
    pub fees_added: FeesAdded,
    /// Bundles handed to own workers.
    pub assigned: u64,
    /// Bundles delivered by own workers.
    pub completed: u64,
    /// Assignments that timed out.
    pub timed_out: u64,
    /// Blocks this daemon produced.
    pub blocks_produced: u64,
    /// Works bought by the newest block.
    pub purchased_in_last_block: u64,
    /// Fees paid for works by the newest block, in nanomina.
    pub snark_fees_in_last_block: u64,
    /// User transaction fees of the newest block, in nanomina.
    pub transaction_fees_in_last_block: u64,
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
    /// Counts one fee.
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

/// A simulated daemon: a market that moves by itself and the two controls that an operator has.
pub trait SimulatedDaemon: Send {
    /// Runs the market up to `to`; going back does nothing.
    fn advance(&mut self, to: Timestamp);
    /// What the daemon shows now.
    fn snapshot(&self) -> Snapshot;
    /// `setSnarkWorkFee`: takes effect with the next work handed out. Returns the fee before.
    fn set_fee(&mut self, fee: Nanomina) -> Nanomina;
    /// `setSnarkWorker`: `None` stops the worker. Returns the key before.
    fn set_worker(&mut self, key: Option<PublicKey>) -> Option<PublicKey>;
}
