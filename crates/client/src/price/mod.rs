//! Reads the price of MINA from a JSON document on the web.
//!
//! Invariants: one request, a time limit and a size limit; the price's digits are read as text,
//! never through a float, and rounded down, so that a cost worked out with it is not understated.
//!
//! Not here: when to ask, and how old a price may be (`cost`).

mod document;
mod feed;

pub use feed::PriceFeed;
