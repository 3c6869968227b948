//! One look at one daemon: observe, conclude, decide, carry out, settle, record.
//!
//! The live loop, trials in a market, `--once` and previews all run [`Cycle`]; they differ in the
//! port, the recorder and the time that they bring. Replay makes the decisions of recorded looks
//! again with [`CycleState`] alone.
//!
//! Invariants: a look takes no hint of what changed and reads all but an order book
//! that still counts; nothing is sent without a permit of the gates
//! and before its intent is recorded; everything that happened is in the record.

mod carry_out;
mod counters;
mod dates;
mod intent;
mod plan;
mod recorder;
mod run;
mod state;
mod time;

pub use intent::resolve_intent;
pub use plan::{BOOK_INTERVAL, Context, LONGEST_BOOK_INTERVAL, Plan};
pub use recorder::{Recorder, Unrecorded};
pub use run::{Completed, Cycle, Surroundings};
pub use state::{Conclusion, CycleState};
pub use time::CycleTime;
