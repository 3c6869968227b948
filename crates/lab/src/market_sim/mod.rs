//! A simulated market of SNARK work: seeded, and without I/O.
//!
//! Not here: the market's daemon over HTTP (`daemon_sim`) and policies in the market
//! (`policy_run`, `tournament`).

mod competitor;
mod draws;
mod event_queue;
mod keyring;
pub mod library;
mod market;
mod mempool;
mod names;
mod operator;
mod partitioner;
mod pool;
mod process;
mod producer;
mod purchase;
mod scan_state;
mod scenario;
mod seat;
mod seat_id;
mod selector;
mod snapshot;
mod time;
mod truth;
mod view;
mod world;

pub(crate) use market::SharedMarket;
pub use scenario::{OperatorRole, Scenario, ScenarioError};
pub(crate) use seat_id::SeatId;
pub use snapshot::{
    DaemonCounters, FeesAdded, HandOut, PoolEntry, ProvedJobs, ProverTime, SimulatedDaemon,
    Snapshot,
};
pub use truth::{CoverageTruth, GroundTruth, SoldWork};
pub use world::World;
