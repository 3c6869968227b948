//! A simulated market as text: who proves at what price, how fast and from when, how blocks fill,
//! and what the operator has.
//!
//! Invariants: every [`Scenario`] has been checked, so a world built from it needs no further
//! checks. Fees are integers of nanomina, durations are seconds, and points in time are slots from
//! the start of the run.
//!
//! Not here: the shipped scenarios (`library`).

mod check;
mod parse;
mod setup;

pub use parse::ScenarioError;
pub(super) use setup::{
    ChainSetup, CompetitorSetup, FailureSetup, FeeRule, GossipSetup, OperatorSetup,
    TransactionSetup,
};
pub use setup::{OperatorRole, Scenario};
