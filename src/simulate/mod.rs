//! A simulated SNARK-work market, seeded and without I/O.
//!
//! Not here: its HTTP face (`simd`).

mod snapshot;

pub use snapshot::{Counters, PoolEntry, SimulatedDaemon, Snapshot};
