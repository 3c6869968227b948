//! The market as one daemon shows it: what a look yields, what the history keeps of earlier looks,
//! and what follows from both.
//!
//! Invariants: pure. No clock, no randomness, no I/O; time comes in with the look. No value is NaN.
//!
//! Not here: taking a look (the client crate) and acting on it ([`policy`](crate::policy)).

mod account;
mod blocks;
mod calibration;
mod contest;
mod cover_pace;
mod coverage;
mod demand;
mod effort;
pub mod estimate;
mod evidence;
mod history;
mod known_book;
mod look;
mod made;
mod offers_by_owner;
mod own;
mod own_slots;
mod pace;
mod pairs;
mod price_model;
mod price_trust;
mod proof_need;
mod regime;
mod regime_start;
mod rivals;
mod roster;
mod selection;
mod shares;
mod supply;
mod unseen;
mod view;
mod worker_counts;

pub use account::{Demand, LedgerAccount};
pub use calibration::{BandSales, Prediction};
pub use effort::Effort;
pub(crate) use history::FRONTIER;
pub use history::MarketHistory;
pub use known_book::{KeptBook, MarketRequest, OLDEST_BOOK, POOL_FILLS_WITHIN};
pub use look::{
    Block, Book, BookOrder, ChainLook, ConsensusSlot, DaemonStatus, DeliveryUnit, ExactPool,
    FeeHistogram, Look, MarketSource, Offer, OpenWork, PoolMetrics, Sale, SyncState,
};
pub use own::OwnSales;
pub use own_slots::OwnSlots;
pub use pace::{InvalidPrior, Pace, PacePrior, PaceSource};
pub use proof_need::ProofNeed;
pub use roster::{SellerKind, SellerSummary};
pub use selection::{Selection, SelectionMethod};
pub(crate) use shares::MarketShares;
pub use view::{MarketSummary, MarketView, ViewSettings};
