//! Precomputed-block files, as Mina daemons and their archives write them:
//! `<network>-<height>-<state hash>.json`.
//!
//! Invariants: a file is read as a stream, and no more of it is kept than the works it bought; what
//! is wrong with one file is said of that file and hides no other; of several blocks at one height
//! only that of the longest chain counts.
//!
//! Not here: what a policy would have earned on these blocks (`backtest`).

mod chain;
mod files;
mod layout;
mod name;
mod stream;

pub use chain::{Recorded, Series, longest_chains};
pub use files::{Collection, NoSuchFiles, Skipped, collect};
pub use layout::{Content, Defect, read};
pub use name::{BlockName, ForeignName};
