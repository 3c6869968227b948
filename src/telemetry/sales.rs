//! Predicted and actual sales of own works by fee, as the documents have them.

use serde::{Deserialize, Serialize};
use snarkfee_core::market::BandSales;

/// The own works of one band of fees that were bought from us or from someone else, over the window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FeeSales {
    /// The band's lowest fee; it reaches up to the next of 1, 2, 5, 10, 20, 50 .. nanomina.
    pub(crate) fee_from_mina: f64,
    /// Works bought from us or from someone else.
    pub(crate) works: u64,
    /// Of these, works sold.
    pub(crate) sold: u64,
    /// Mean of the predicted P(sold).
    pub(crate) predicted: f64,
    /// Share sold.
    pub(crate) realised: f64,
    /// The correction that P(sold) at these fees is multiplied by.
    pub(crate) factor: f64,
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
