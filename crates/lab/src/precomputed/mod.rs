//! Precomputed-block files, as Mina daemons and archives write them:
//! `<network>-<height>-<state hash>.json`, in old archives without the height, and compressed by gzip.
//!
//! Invariants: a file is read as a stream, and only the works that its block bought are kept. A
//! defect of one file is reported for that file and does not hide others. Of several blocks at one
//! height, only the block of the longest chain counts.
//!
//! Not here: what a policy would have earned on these blocks (`backtest`).

mod chain;
mod files;
mod layout;
mod name;
mod stream;

pub use chain::BlockSeries;
pub use files::{BlockCollection, CollectError, SkipKind, SkippedFile, collect_blocks};
pub use layout::{BlockContent, BlockDefect, read_block};
