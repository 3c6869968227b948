//! Policies on recorded data: what they would have decided and earned on real blocks or on the
//! service's own journal, whether the journal leads to the same decisions again, and which settings
//! do best.
//!
//! Invariants: a policy knows of no block before it came; every policy has a state and a daemon of
//! its own, and what the recorded worker did is not part of it; what is worked out depends on data
//! and settings alone, not on the number of threads.
//!
//! What is assumed (`docs/tuning.md` says it at length): others would have asked what they asked; a
//! work that another prover sold for C would have been ours at a fee below C, ties are lost; a work
//! is handed out before it is known what others will ask for it.
//!
//! Not here: the loop itself and its scoring (`simulate`), files and their layout (`precomputed`,
//! `journal`).

mod blocks;
mod journal;
mod recorded;
mod replay;
mod report;
mod tune;

pub use blocks::on_blocks;
pub use journal::{JournalTest, on_journal};
pub use recorded::RecordedMarket;
pub use replay::{Difference, Replay, replay};
pub use report::{Report, Score, Stretch};
pub use tune::{Finding, Ground, Proof, Tuned, tune};

use std::time::Duration;

use snarkfee_core::{
    cost::CostModel,
    cycle::{OnExit, Plan},
    policy::{BlockProduction, Mode, Params, Pricing, Safety, Worker},
    units::Nanomina,
};

use crate::simulate::World;

/// What policies are given beside the data.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Settings of the controlled policies; their strategy is their own.
    pub pricing: Pricing,
    /// Cost of one work; of a journal the recorded one where this is `None`.
    pub cost: Option<Nanomina>,
    /// Works that the operator's provers make in an hour; of a journal the recorded pace where this
    /// is `None`.
    pub works_per_hour: Option<f64>,
    /// Time between looks; those of a journal are taken as they were.
    pub interval: Duration,
}

impl Terms {
    /// The pace where nothing else is known: two provers of a minute a work.
    pub const WORKS_PER_HOUR: f64 = 120.0;

    /// Live against the recorded market, whose daemon takes every setting.
    fn plan(&self) -> Plan {
        Plan {
            mode: Mode::Live,
            interval: self.interval,
            params: Params {
                pricing: self.pricing.clone(),
                worker: Worker { key: Some(World::operator_key()), ..Worker::default() },
                block_production: BlockProduction::default(),
                safety: Safety::default(),
            },
            cost: CostModel::Unknown,
            on_exit: OnExit::Keep,
        }
    }
}
