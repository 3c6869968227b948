//! Everything that was found out about a setup, as data.

use std::path::PathBuf;

use jiff::Timestamp;
use snarkfee_client::{Capabilities, Scrape};
use snarkfee_config::{Daemon, Settings};
use snarkfee_core::{
    cost::{CostUnknown, PriceQuote},
    fault::Fault,
    record::Record,
    units::Nanomina,
};

/// A setup as it was found.
#[derive(Clone, Debug)]
pub struct Examination {
    /// The settings.
    pub settings: Settings,
    /// The machine that this runs on.
    pub machine: Machine,
    /// The daemons, in the order of the settings.
    pub daemons: Vec<Examined>,
}

/// The machine that this runs on.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// The folder of state.
    pub state: StateFolder,
    /// Running programs that set fees, this one left out.
    pub controllers: Vec<Process>,
}

/// A running program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub id: u32,
    /// Its name, bounded in length.
    pub name: String,
}

/// The folder of state.
#[derive(Clone, Debug, Default)]
pub struct StateFolder {
    /// The folder, or where it would be made the nearest that exists.
    pub nearest: PathBuf,
    /// Whether it is there.
    pub exists: bool,
    /// Whether this user may make files in it.
    pub usable: Usable,
    /// Bytes that are free for this user; `None` where that cannot be told.
    pub free: Option<u64>,
    /// Why the journal in it cannot be read; `None` where it can, or there is none.
    pub unreadable: Option<String>,
    /// The service that runs on it, if any.
    pub held_by: Option<u32>,
}

/// Whether files may be made in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Usable {
    /// They may.
    #[default]
    Yes,
    /// They may not.
    No {
        /// The system's words.
        why: String,
    },
}

/// A daemon as it was found.
#[derive(Clone, Debug)]
pub struct Examined {
    /// Its settings.
    pub daemon: Daemon,
    /// When the questions began.
    pub asked: Timestamp,
    /// When the status was there at the latest.
    pub answered: Timestamp,
    /// One look and what would be decided on it; the reason where there can be no client.
    pub look: Result<Box<Record>, String>,
    /// What its schema offers; `None` where that was not found out.
    pub schema: Option<Capabilities>,
    /// Its metrics; `None` where none are configured.
    pub scrape: Option<Result<Scrape, Fault>>,
    /// The price of MINA; `None` where the cost does not need one from a feed.
    pub quote: Option<Result<PriceQuote, Fault>>,
    /// Cost of one work.
    pub cost: Result<Nanomina, CostUnknown>,
    /// What the journal remembers of it.
    pub journalled: Journalled,
}

/// What the journal remembers of a daemon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journalled {
    /// When someone else was last seen to change fee or key, within the last week.
    pub external_change: Option<Timestamp>,
}
