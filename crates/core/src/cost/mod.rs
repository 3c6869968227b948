//! What one work costs to make: set directly, or computed from power, prices and throughput.
//!
//! Invariants: pure, with time, quotes and measurements as arguments; integer arithmetic, rounded
//! up, so that a cost is never understated; a missing input makes the cost unknown with a reason,
//! never zero.
//!
//! Not here: fetching a price of MINA (the client crate), reading settings (the config crate).

mod expense;
mod model;
mod tariff;
#[cfg(test)]
mod tests;
mod unknown;

pub use expense::Expense;
pub use model::{
    CostInputs, CostModel, CostParts, Electricity, InvalidCostParts, MinaPrice, PriceQuote,
    PriceSource, Throughput,
};
pub use tariff::{InvalidTariff, InvalidTime, Tariff, TariffWindow, TimeOfDay};
pub use unknown::CostUnknown;
