//! What the policies of a backtest are given in addition to the data.

use std::time::Duration;

use snarkfee_core::{
    cost::CostModel,
    cycle::{BOOK_INTERVAL, Plan},
    policy::{BlockProduction, Mode, OnExit, Params, Pricing, Safety, Worker},
    units::Nanomina,
};

use crate::market_sim::World;

/// Settings of a backtest.
#[derive(Clone, Debug)]
pub struct BacktestSettings {
    /// Settings of the controlled policies; each has its own strategy.
    pub pricing: Pricing,
    /// Cost of one work; `None` takes the recorded one of a journal, and 0 for blocks.
    pub cost: Option<Nanomina>,
    /// Works that the operator's provers make in an hour; `None` takes the recorded pace of a
    /// journal, and 120 for blocks.
    pub works_per_hour: Option<f64>,
    /// Time between looks at blocks. The looks of a journal are used as they are.
    pub interval: Duration,
}

impl BacktestSettings {
    /// The pace where no other is known: two provers at a minute a work.
    pub(super) const WORKS_PER_HOUR: f64 = 120.0;

    /// A live plan for the recorded market, whose daemon accepts every change.
    pub(super) fn plan(&self) -> Plan {
        Plan {
            mode: Mode::Live,
            interval: self.interval,
            book_interval: BOOK_INTERVAL,
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
