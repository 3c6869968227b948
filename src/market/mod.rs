//! The market as one daemon shows it: what a look yields, what is remembered of earlier looks, and what follows from both.
//!
//! Invariants: pure. No clock, no randomness, no I/O; time comes in with the look. No value is NaN.
//!
//! Not here: how a look is taken (`daemon`), and what to do about it (`policy`).

pub mod estimate;
mod look;

pub use look::{
    Block, Book, BookOrder, ChainLook, ConsensusSlot, ExactPool, FeeHistogram, Look, Offer, OpenWork, PoolMetrics,
    Sale, Status, SyncState,
};
