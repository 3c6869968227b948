//! The facts about a setup, as data.

use std::sync::Arc;

use std::path::PathBuf;

use jiff::Timestamp;
use snarkfee_client::{Capabilities, PriceReading, Scrape};
use snarkfee_config::{Daemon, Settings};
use snarkfee_core::{
    cost::{CostEstimate, CostUnknown, EnergyList},
    fault::Fault,
    record::Record,
};

/// The facts about a setup.
#[derive(Clone, Debug)]
pub struct Examination {
    /// The settings.
    pub(crate) settings: Settings,
    /// The machine that this runs on.
    pub(crate) machine: Machine,
    /// The daemons, in the order of the settings.
    pub(crate) daemons: Vec<DaemonExamination>,
}

/// The facts about the machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    /// The state directory.
    pub(crate) state: StateFolder,
    /// Other running programs that set fees.
    pub(crate) controllers: Vec<ControllerProcess>,
}

/// A running program that sets fees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ControllerProcess {
    /// Its process ID.
    pub(crate) id: u32,
    /// Its name, bounded in length.
    pub(crate) name: String,
}

/// The facts about the state directory.
#[derive(Clone, Debug)]
pub(crate) struct StateFolder {
    /// The directory, or its nearest parent that exists.
    pub(crate) nearest: PathBuf,
    /// Whether it exists.
    pub(crate) exists: bool,
    /// Whether this user may create files in it, or the error of the system.
    pub(crate) access: Result<(), String>,
    /// A file in it that this user may not write, and the error of the system.
    pub(crate) read_only_file: Option<(String, String)>,
    /// Free bytes for this user; `None` if unknown.
    pub(crate) free: Option<u64>,
    /// Why its journal cannot be read; `None` if it can, or if there is none.
    pub(crate) unreadable: Option<String>,
    /// The process ID of the service that uses it, if any.
    pub(crate) held_by: Option<u32>,
}

/// The facts about a daemon.
#[derive(Clone, Debug)]
pub(crate) struct DaemonExamination {
    /// Its settings.
    pub(crate) daemon: Daemon,
    /// When the first request was sent.
    pub(crate) asked: Timestamp,
    /// When the status had arrived.
    pub(crate) answered: Timestamp,
    /// One look and its decision, or why there is no client.
    pub(crate) look: Result<Arc<Record>, String>,
    /// How many times as fast as ours its time passes, where it is a simulated one that is
    /// accelerated; looked for only where the clocks disagree.
    pub(crate) acceleration: Option<f64>,
    /// The capabilities of its schema; `None` if unknown.
    pub(crate) schema: Option<Capabilities>,
    /// Its metrics; `None` if none are configured.
    pub(crate) scrape: Option<Result<Scrape, Fault>>,
    /// What the price feeds said; `None` if the cost needs none.
    pub(crate) price: Option<PriceReading>,
    /// The list of prices of electricity; `None` if the cost needs none.
    pub(crate) energy: Option<Result<EnergyList, Fault>>,
    /// Cost of one work.
    pub(crate) cost: Result<CostEstimate, CostUnknown>,
    /// When the journal last recorded a change of fee or key by someone else, within the last week.
    pub(crate) external_change: Option<Timestamp>,
}

impl Default for StateFolder {
    fn default() -> Self {
        Self {
            nearest: PathBuf::new(),
            exists: false,
            access: Ok(()),
            read_only_file: None,
            free: None,
            unreadable: None,
            held_by: None,
        }
    }
}
