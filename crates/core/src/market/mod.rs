//! The market as one daemon shows it: what a look yields, what is remembered of earlier looks, and
//! what follows from both.
//!
//! Invariants: pure. No clock, no randomness, no I/O; time comes in with the look. No value is NaN.
//!
//! Not here: how a look is taken (`daemon`), and what to do about it (`policy`).

mod blocks;
mod coverage;
mod demand;
pub mod estimate;
mod evidence;
mod history;
mod look;
mod own;
mod pairs;
mod regime;
mod rivals;
mod sides;
mod supply;
mod view;

pub use history::MarketHistory;
pub use look::{
    Block, Book, BookOrder, ChainLook, ConsensusSlot, DaemonStatus, ExactPool, FeeHistogram, Look,
    MarketSource, Offer, OpenWork, PoolMetrics, Sale, SyncState,
};
pub use own::{BandSales, Calibration, OwnWorks, Prediction};
pub use supply::Supply;
pub use view::{MarketSummary, MarketView, ViewSettings};
