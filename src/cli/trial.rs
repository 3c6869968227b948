//! What `simulate`, `backtest` and `tune` share: scenarios, settings of the policies, threads, and
//! where results go.

use std::{
    fs,
    io::{self, StdoutLock},
    num::NonZero,
    path::Path,
    time::Duration,
};

use jiff::Timestamp;
use serde::Serialize;
use snarkfee_clock::Clock;
use snarkfee_config::Source;
use snarkfee_core::{
    cost::CostInputs,
    policy::Pricing,
    units::{DaemonId, Nanomina},
};
use snarkfee_journal::{JournalError, JournalReader, LookFilter};
use snarkfee_lab::{
    backtest::Terms,
    precomputed::{Collection, collect},
    simulate::{Scenario, library},
};

use super::{
    Failure,
    args::{Data, Economics, Results},
    document,
};

/// When a simulated run begins by the market's calendar.
pub(super) fn start() -> Result<Timestamp, Failure> {
    "2026-11-01T00:00:00Z".parse().map_err(Failure::running)
}

/// As many as the machine has cores, unless said otherwise.
pub(super) fn threads(given: Option<NonZero<usize>>) -> NonZero<usize> {
    given.unwrap_or_else(|| std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN))
}

/// A scenario of the library, or the file of that name.
pub(super) fn scenario(name: &str) -> Result<Scenario, Failure> {
    if let Ok(scenario) = library::scenario(name) {
        return Ok(scenario);
    }
    if !name.ends_with(".toml") {
        return library::scenario(name).map_err(Failure::usage);
    }
    let text = fs::read_to_string(name).map_err(|error| {
        Failure::running(anyhow::Error::new(error).context(format!("scenario file {name}")))
    })?;
    Scenario::parse(&text).map_err(Failure::config)
}

/// Writes a result to the file that was named for it.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error| {
        Failure::running(anyhow::Error::new(error).context(format!("writing {}", path.display())))
    };
    fs::write(path, text).map_err(failed)
}

/// Writes the page where one is asked for, and prints the document or the table.
pub(super) fn deliver(
    asked: &Results,
    document: &impl Serialize,
    page: impl FnOnce() -> String,
    table: impl FnOnce(&mut StdoutLock<'static>) -> io::Result<()>,
) -> Result<(), Failure> {
    if let Some(path) = &asked.report {
        write(path, &page())?;
    }
    let mut out = io::stdout().lock();
    if asked.json { document::write(&mut out, document) } else { Ok(table(&mut out)?) }
}

/// The policy's settings: those of a configured daemon, or the defaults.
pub(super) struct Given {
    pub(super) pricing: Pricing,
    pub(super) cost: Option<Nanomina>,
    pub(super) works_per_hour: Option<f64>,
}

impl Given {
    pub(super) fn of(options: &Economics) -> Result<Self, Failure> {
        let mut given = Self { pricing: Pricing::default(), cost: None, works_per_hour: None };
        if let Some(file) = &options.config {
            let settings = Source::new(Some(file.clone()), std::env::vars_os())
                .load()
                .map_err(Failure::config)?;
            let named =
                |id: &str| settings.daemons.iter().find(move |daemon| daemon.id.as_str() == id);
            let daemon = match &options.daemon {
                Some(name) => named(name).ok_or_else(|| {
                    Failure::running(anyhow::anyhow!(
                        "{}: no daemon is called {name:?}",
                        file.display()
                    ))
                })?,
                None => settings.daemons.first().ok_or_else(|| {
                    Failure::running(anyhow::anyhow!("{}: no daemon is configured", file.display()))
                })?,
            };
            given.pricing = daemon.params.pricing.clone();
            given.works_per_hour = daemon.cost.works_per_hour();
            let inputs =
                CostInputs { at: Clock::wall(), works_per_hour: given.works_per_hour, quote: None };
            given.cost = daemon.cost.per_work(&inputs).ok();
        }
        given.cost = options.cost.or(given.cost);
        given.works_per_hour = options.works_per_hour.or(given.works_per_hour);
        Ok(given)
    }

    /// For recorded data; of blocks, which know no cost, the default one stands in.
    pub(super) fn terms(self, data: &Data) -> Terms {
        let default = if data.journal.is_some() { None } else { Some(default_cost()) };
        Terms {
            pricing: self.pricing,
            cost: self.cost.or(default),
            works_per_hour: self.works_per_hour,
            interval: Duration::from_secs(60),
        }
    }
}

/// The cost of a work where none is known: 0.0001 MINA.
pub(super) fn default_cost() -> Nanomina {
    const NANOMINA: u64 = 100_000;
    Nanomina::try_new(NANOMINA).unwrap_or(Nanomina::ZERO)
}

/// Reads the blocks that were named.
pub(super) fn blocks(data: &Data, progress: &dyn Fn(u64, u64)) -> Result<Collection, Failure> {
    collect(&data.blocks, progress).map_err(Failure::running)
}

/// The looks that are wanted of a journal.
pub(super) fn filter(options: &Economics) -> Result<LookFilter, Failure> {
    let daemon =
        options.daemon.as_deref().map(DaemonId::try_new).transpose().map_err(Failure::usage)?;
    Ok(LookFilter { daemon, ..LookFilter::default() })
}

/// Opens a journal again and again, one for each thread.
pub(super) fn archive(path: &Path) -> impl Fn() -> Result<JournalReader, JournalError> + Sync {
    let path = path.to_owned();
    move || JournalReader::open(&path)
}
