//! A simulated SNARK-work market, seeded and without I/O.
//!
//! Not here: its HTTP face (`simd`).

mod agenda;
mod competitor;
mod contest;
mod draws;
mod entrant;
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
mod script;
mod snapshot;
mod tally;
mod trial;
mod truth;
mod view;
mod world;

pub use contest::{Contest, Report, Row, Spread};
pub use entrant::{Entrant, UnknownPolicy};
pub use port::SimPort;
pub use scenario::{Above, Expect, Role, Scenario, ScenarioError};
pub use snapshot::{Counters, PoolEntry, SimulatedDaemon, Snapshot};
pub use tally::Tally;
pub use trial::{Trial, trial};
pub use truth::{OwnTruth, SoldWork, Truth};
pub use world::World;
