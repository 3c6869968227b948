//! What snarkfee knows and decides, without effects: no clock, no randomness, no I/O, no log.
//!
//! The way of a look: a [`port`] yields a [`market::Look`]; [`cycle`] absorbs it, asks [`policy`]
//! for a decision and carries it out through the same port; a [`record`] says what happened, and a
//! [`ledger`] keeps what must outlive the process.

pub mod account;
pub mod clocks;
pub mod control;
pub mod cost;
pub mod cycle;
pub mod decision_log;
pub mod fault;
#[cfg(any(test, feature = "fixtures"))]
pub mod fixtures;
pub mod fleet_share;
pub mod invariants;
pub mod leases;
pub mod ledger;
pub mod market;
pub mod metrics_text;
pub mod policy;
pub mod port;
pub mod record;
pub mod trend;
pub mod units;
