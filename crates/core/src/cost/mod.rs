//! What one work costs to make: set directly, or computed from power, prices and throughput.
//!
//! Invariants: pure, with time, quotes and measurements as arguments; integer arithmetic, rounded
//! up, so that a cost is never understated; a missing price makes the cost unknown with a reason,
//! never zero; a cost that nobody measured yet has a range, and decisions are charged its lower
//! end.
//!
//! Not here: fetching a price of MINA (the client crate), reading settings (the config crate).

mod calendar;
mod energy_list;
mod estimate;
mod expense;
mod model;
mod price_source;
mod tariff;
#[cfg(test)]
mod tests;
mod unknown;

pub use calendar::{Days, InvalidCalendar, Months};
pub use energy_list::{EnergyList, EnergyQuote, EnergySource, InvalidEnergyList};
pub use estimate::{ChargedCost, CostEstimate, CostSource};
pub use expense::Expense;
pub use model::{
    CostInputs, CostModel, CostParts, Electricity, InvalidCostParts, MinaPrice, PriceQuote, Quotes,
    Throughput,
};
pub use price_source::{
    BelievedPrice, InvalidBounds, PriceBounds, PriceSource, PriceVetting, UnconfirmedJump,
};
pub use tariff::{InvalidTariff, InvalidTime, Tariff, TariffWindow, TimeOfDay};
pub use unknown::CostUnknown;
