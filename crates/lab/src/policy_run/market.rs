//! What a policy runs in: a market that moves by itself, and the operator's daemon in it.

use std::time::Duration;

use jiff::Timestamp;
use snarkfee_core::{
    invariants::SettingChange,
    market::{DaemonStatus, Look},
    policy::DaemonSettings,
    port::LookPlan,
    units::Nanomina,
};

/// The daemon's own default for its snark work fee: 0.1 MINA.
pub(crate) const DEFAULT_FEE: Nanomina = match Nanomina::try_new(100_000_000) {
    Ok(fee) => fee,
    Err(_) => Nanomina::MAX,
};

/// A market with the operator's daemon in it. It keeps its own time.
pub trait Market: Send {
    /// Runs the market up to `to`. An earlier time does nothing.
    fn advance(&mut self, to: Timestamp);

    /// Looks at the daemon.
    fn look(&self, plan: &LookPlan) -> Look;

    /// The daemon's status.
    fn status(&self) -> DaemonStatus;

    /// The daemon's worker key and fee.
    fn settings(&self) -> DaemonSettings;

    /// Changes the daemon's worker key or fee.
    fn set(&mut self, change: &SettingChange);

    /// What the operator's worker did and earned so far.
    fn worker_totals(&self) -> WorkerTotals;

    /// Index of the current regime; always 0 in a market without regimes.
    fn regime(&self) -> usize;

    /// When the daemon's process last started.
    fn started(&self) -> Timestamp;
}

/// What the operator's worker did and earned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerTotals {
    /// Proofs finished.
    pub made: u64,
    /// Of these, proofs that the pool accepted.
    pub accepted: u64,
    /// Works sold to blocks of others.
    pub sold: u64,
    /// Nanomina earned by these sales.
    pub earned: u128,
    /// Works bought by the operator's own blocks, which earn nothing.
    pub sold_to_self: u64,
    /// Time spent proving, summed over provers, lost proofs included.
    pub busy: Duration,
    /// Proofs lost when the worker was switched off or the daemon restarted.
    pub lost: u64,
    /// Times that the worker was switched on or off.
    pub toggles: u64,
    /// Of these, stops so soon after a start that they would have crashed a real daemon: its worker
    /// process installs its signal handler only after a few seconds.
    pub fast_toggles: u64,
    /// Blocks that the operator's daemon produced.
    pub blocks: u64,
    /// Won slots that were missed because the machine was proving.
    pub blocks_missed: u64,
}

impl WorkerTotals {
    /// Counts a work that a block bought: an own block pays nothing.
    pub(crate) fn add_sale(&mut self, fee: Nanomina, to_own_block: bool) {
        if to_own_block {
            self.sold_to_self += 1;
        } else {
            self.sold += 1;
            self.earned += u128::from(fee.get());
        }
    }
}
