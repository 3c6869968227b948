//! What a tournament is of.

use std::time::Duration;

use jiff::Timestamp;
use snarkfee_core::{market::Selection, policy::Pricing, units::Nanomina};

use crate::{market_sim::Scenario, policy_run::PolicySpec};

/// Policies and the markets that they run in.
#[derive(Clone, Debug)]
pub struct Tournament {
    /// The scenario.
    pub scenario: Scenario,
    /// The policies.
    pub policies: Vec<PolicySpec>,
    /// One market for each seed.
    pub seeds: Vec<u64>,
    /// Length of a run.
    pub slots: u64,
    /// When runs begin, in simulated time.
    pub start: Timestamp,
    /// Cost of one work.
    pub cost: Nanomina,
    /// Time between two readings of the order book.
    pub book_interval: Duration,
    /// Settings of the controlled policies; each has its own strategy.
    pub pricing: Pricing,
    /// What they are told of how the daemon selects works.
    pub selection: Selection,
    /// Whether to search the best fees in hindsight. Without them the ratios of the report are
    /// `None`.
    pub hindsight: bool,
}
