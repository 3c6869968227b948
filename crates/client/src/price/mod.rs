//! Reads the price of MINA, and prices of electricity by the hour, from JSON documents on the web.
//!
//! Invariants: one request for each document, a time limit and a size limit; a price outside its
//! bounds, or too old by the document's own time where that is required, is a fault; the price's digits are read as text,
//! never through a float, and rounded down, so that a cost worked out with it is not understated.
//!
//! Not here: when to ask, and how old a price may be (`cost`).

mod document;
mod energy;
mod feed;

pub use energy::{EnergyFeed, read_list};
pub use feed::{PriceFeed, PriceReading, read_quote};
