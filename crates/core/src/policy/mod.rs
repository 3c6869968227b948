//! What to do about the market: the fee to ask, and whether to compute at all.
//!
//! Invariants: pure. The same input gives the same decision; every decision carries its reason and
//! the numbers behind it; nothing is sent without a permit of the gates.
//!
//! Not here: carrying a decision out (`cycle`).

mod appraisal;
mod breaker;
mod conflict;
mod cover;
mod crossing;
mod daemon_clock;
mod daemon_settings;
mod decide;
mod decision;
mod dry_run;
mod failed_writes;
mod fee_bounds;
mod forecast;
mod gates;
mod leaving;
mod memory;
mod moving;
mod outcome;
mod own_block;
mod pacing;
mod params;
mod permit;
mod reason;
mod reason_text;
mod situation;
mod state;
#[cfg(test)]
mod tests;
mod trust;
mod verdict;
mod waits;

pub use appraisal::{Appraisal, OtherSelection};
pub use breaker::Breaker;
pub use conflict::ControllerConflict;
pub use crossing::{Crossing, SalesNeeded};
pub use daemon_clock::find_clock_error;
pub use daemon_settings::{Action, DaemonSettings, Mutation};
pub use decide::{Ruling, appraise_market, decide, decide_leaving};
pub use decision::{Decision, Target};
pub use dry_run::{Basis, DryRunState, ImaginedSettings, Wanted};
pub use failed_writes::FailedWrites;
pub(crate) use failed_writes::{LONGEST_FOR_ANOTHER, SHORTEST_WAIT, is_of_kind, wait_after};
pub use forecast::{Forecast, forecast};
pub(crate) use forecast::{HandOutOrder, dispatch_rate};
pub use leaving::OnExit;
pub use memory::{Keyless, Memory};
pub use moving::Moving;
pub use outcome::{Outcome, Overtaken, Withdrawal};
pub use own_block::{LONGEST_PRODUCTION, RememberedSlots};
pub use pacing::{Pacing, Streak, Switched};
pub use params::{
    BlockProduction, ExternalChange, Params, Pricing, RoleSetting, Safety, Strategy, Worker,
};
pub use permit::{Permit, PermittedMutation, Sending};
pub use reason::Reason;
pub use reason_text::ShownReason;
pub use situation::Situation;
pub use state::{HoldState, Mode, Pause, PauseDeadline, Role};
