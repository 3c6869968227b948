//! Quantities and names that every layer shares, each a type of its own.
//!
//! Invariants: money is an integer of nanomina, arithmetic on it is checked or saturating; text in human
//! units is parsed exactly, never through a float.
//!
//! Not here: statistics, and anything that knows the daemon.

mod identity;
mod money;

pub use identity::{DaemonId, InvalidName, PublicKey, WorkId};
pub use money::{FeeRate, NANOMINA_PER_MINA, Nanomina};
