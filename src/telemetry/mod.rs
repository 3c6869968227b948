//! What people and machines are told of a [`snarkfee_core::record::Record`]: metrics, log line,
//! JSON documents, plain words, and the board that the page reads.
//!
//! Invariants: everything here follows from records alone and is owned by its creator; there are no
//! globals. Label values come from closed codes, never from a daemon's text. Money becomes a float
//! only here.
//!
//! Not here: HTTP (`web`), and what led to a record (`controller`).

mod board;
mod document;
mod explanation;
mod liveness;
mod log;
mod metrics;
mod outlook;
mod sales;
mod waits;
mod words;

pub use board::{Board, DecisionFilter, DecisionRow, Entry, Slice, Standing};
pub use document::{DecisionDocument, DecisionsDocument, MarketDocument, StatusDocument};
pub use explanation::{Arithmetic, Explanation, MovingCost};
pub use liveness::Liveness;
pub use log::{InvalidFilter, LogFormat, init, log_record};
pub use metrics::{Exposition, Metrics};
pub use outlook::{Change, Outlook};
pub use sales::FeeSales;
pub use words::headline;
