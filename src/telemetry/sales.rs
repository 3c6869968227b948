//! What own works were predicted to sell and sold, by fee, as documents show it.

use serde::{Deserialize, Serialize};
use snarkfee_core::market::BandSales;

/// Own works at the fees of one band whose fate is known, over the window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeeSales {
    /// The band's lowest fee; it reaches up to the next of 1, 2, 5, 10, 20, 50 .. nanomina.
    pub fee_from_mina: f64,
    /// Works whose fate is known.
    pub works: u64,
    /// Of these, works sold.
    pub sold: u64,
    /// Mean of the predicted P(sold).
    pub predicted: f64,
    /// Share sold.
    pub realised: f64,
    /// What P(sold) at these fees is multiplied by because of it.
    pub factor: f64,
}

impl From<&BandSales> for FeeSales {
    fn from(sales: &BandSales) -> Self {
        Self {
            fee_from_mina: sales.from.to_mina(),
            works: sales.decided,
            sold: sales.sold,
            predicted: sales.predicted,
            realised: sales.realised(),
            factor: sales.factor,
        }
    }
}
