//! A simulated SNARK-work market, seeded and without I/O.
//!
//! Not here: its HTTP face (`simd`).

mod agenda;
mod competitor;
mod contest;
mod contestant;
mod draws;
mod entrant;
mod hindsight;
pub mod library;
mod market;
mod mempool;
mod names;
mod operator;
mod parallel;
mod pool;
mod port;
mod portrait;
mod process;
mod producer;
mod purchase;
mod scan_state;
mod scenario;
mod snapshot;
mod tally;
mod truth;
mod view;
mod world;

pub use contest::{Contest, Report, Row, Spread};
pub use contestant::{Contestant, Run, Witness};
pub use entrant::{Entrant, UnknownPolicy};
pub use market::Market;
pub use parallel::{Progress, in_parallel};
pub use port::SimPort;
pub use portrait::Portrait;
pub use scenario::{Above, Expect, Role, Scenario, ScenarioError};
pub use snapshot::{Counters, PoolEntry, SimulatedDaemon, Snapshot};
pub use tally::Tally;
pub use truth::{OwnTruth, SoldWork, Truth};
pub use world::World;
