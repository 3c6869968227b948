//! A simulated SNARK-work market, seeded and without I/O.
//!
//! Not here: its HTTP face (`simd`).

mod agenda;
mod competitor;
mod draws;
pub mod library;
mod mempool;
mod names;
mod operator;
mod pool;
mod port;
mod process;
mod producer;
mod purchase;
mod scan_state;
mod scenario;
mod snapshot;
mod trial;
mod truth;
mod view;
mod world;

pub use port::SimPort;
pub use scenario::{Above, Expect, Role, Scenario, ScenarioError};
pub use snapshot::{Counters, PoolEntry, SimulatedDaemon, Snapshot};
pub use trial::{Trial, trial};
pub use truth::{OwnTruth, SoldWork, Truth};
pub use world::World;
