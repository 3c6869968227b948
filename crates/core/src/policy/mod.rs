//! What to do about the market: the fee to ask, and whether to compute at all.
//!
//! Invariants: pure. The same input gives the same decision; every decision carries its reason and
//! the numbers behind it.
//!
//! Not here: carrying a decision out (`controller`).

mod appraise;
mod conflict;
mod crossing;
mod decide;
mod decision;
mod guards;
mod memory;
mod moving;
mod params;
mod reason;
mod state;
#[cfg(test)]
mod tests;
mod wind_down;

pub use appraise::forecast;
pub use conflict::ControllerConflict;
pub use crossing::{Crossing, SalesNeeded};
pub use decide::{Input, appraisal, decide};
pub use decision::{Action, Appraisal, Decision, Forecast, Target};
pub use memory::{Breaker, DaemonSettings, Keyless, Memory, Streak, Switched};
pub use moving::Moving;
pub use params::{
    BlockProduction, ExternalChange, Params, Pricing, RoleSetting, Safety, Strategy, Worker,
};
pub use reason::Reason;
pub use state::{HoldState, Mode, Outcome, Overtaken, Pause, Role};
