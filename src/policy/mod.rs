//! What to do about the market: the fee to ask, and whether to compute at all.
//!
//! Invariants: pure. The same input gives the same decision; every decision carries its reason and the numbers behind it.
//!
//! Not here: carrying a decision out (`controller`).

mod decision;
mod params;
mod reason;

pub use decision::{Action, Appraisal, Decision, Forecast, Target};
pub use params::{BlockProduction, ExternalChange, Params, Pricing, RoleSetting, Safety, Strategy, Worker};
pub use reason::Reason;
