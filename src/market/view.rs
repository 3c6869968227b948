//! The market as one look leaves it: what is known of prices, demand, the order book and our own sales.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::units::Nanomina;

/// What is known of the market after a look, in numbers that every consumer shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// When the look was taken.
    pub at: Timestamp,
    /// Price at which work is bought, at [`Summary::QUANTILES`]; `None` where the quantile is not identified.
    pub quantiles: [Option<Nanomina>; Summary::QUANTILES.len()],
    /// Share of works bought at fee 0.
    pub zero_fee_ratio: f64,
    /// Sales, offers and histogram increments that count.
    pub samples: u64,
    /// What they are worth after age and clustering in blocks, in independent observations.
    pub effective_samples: f64,
    /// How the price estimate was obtained: `nonparametric`, `parametric` or `none`.
    pub method: String,
    /// Works bought per hour; `None` before two blocks are known.
    pub works_bought_per_hour: Option<f64>,
    /// Works still to be bought.
    pub open_works: u64,
    /// Of these, works that nobody has proved.
    pub uncovered_works: u64,
    /// Of these, works whose standing proof is our own.
    pub own_open_works: u64,
    /// Whether the metrics histogram can tell fees apart; `None` without one.
    pub histogram_resolves: Option<bool>,
    /// Works our provers make per hour while on; `None` before it is measured or configured.
    pub own_works_per_hour: Option<f64>,
    /// Own sales seen on chain since the controller knows this daemon.
    pub own_sold: u64,
    /// What they brought.
    pub own_earned: Nanomina,
    /// Works our provers made since the controller knows this daemon.
    pub own_made: u64,
}

impl Summary {
    /// The quantiles kept.
    pub const QUANTILES: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];
}
