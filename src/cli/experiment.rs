//! What `simulate`, `backtest` and `tune` share: scenarios, policy settings, threads and output.

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
    market::Pace,
    policy::Pricing,
    units::{DaemonId, Nanomina},
};
use snarkfee_journal::{JournalError, JournalReader, LookFilter, StoreAddress};
use snarkfee_lab::{
    backtest::BacktestSettings,
    market_sim::{Scenario, library},
    precomputed::{BlockCollection, collect_blocks},
};

use super::{
    args::{DataArgs, PolicyArgs, ResultArgs},
    exit::Failure,
    json,
    preview::UnknownDaemon,
};

/// The date on which a simulated run starts.
pub(super) fn start_time() -> Result<Timestamp, Failure> {
    "2026-11-01T00:00:00Z".parse().map_err(Failure::running)
}

/// One thread per core, unless a number was given.
pub(super) fn thread_count(given: Option<NonZero<usize>>) -> NonZero<usize> {
    given.unwrap_or_else(|| std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN))
}

/// A scenario of the library, or of a TOML file.
pub(super) fn find_scenario(name: &str) -> Result<Scenario, Failure> {
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

/// Writes a result to a file.
pub(super) fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error| {
        Failure::running(anyhow::Error::new(error).context(format!("writing {}", path.display())))
    };
    fs::write(path, text).map_err(failed)
}

/// Writes the HTML report if one is wanted, and prints the JSON document or the table.
pub(super) fn write_results(
    options: &ResultArgs,
    document: &impl Serialize,
    page: impl FnOnce() -> String,
    table: impl FnOnce(&mut StdoutLock<'static>) -> io::Result<()>,
) -> Result<(), Failure> {
    if let Some(path) = &options.report {
        write_file(path, &page())?;
    }
    let mut out = io::stdout().lock();
    if options.json { json::write(&mut out, document) } else { Ok(table(&mut out)?) }
}

/// Policy settings, cost and pace: those of a configured daemon, or the defaults.
pub(super) struct PolicyDefaults {
    pub(super) pricing: Pricing,
    pub(super) cost: Option<Nanomina>,
    pub(super) works_per_hour: Option<f64>,
}

impl PolicyDefaults {
    pub(super) fn load(options: &PolicyArgs) -> Result<Self, Failure> {
        let mut defaults = Self { pricing: Pricing::default(), cost: None, works_per_hour: None };
        if let Some(file) = &options.config {
            let settings = Source::new(Some(file.clone()), std::env::vars_os())
                .load()
                .map_err(Failure::config)?;
            let mut names = settings.daemons.iter().map(|daemon| daemon.id.as_str());
            let found = match options.daemon.as_deref() {
                Some(name) => settings.daemons.iter().find(|daemon| daemon.id.as_str() == name),
                None => settings.daemons.first(),
            };
            let daemon = found.ok_or_else(|| match options.daemon.as_deref() {
                Some(name) => Failure::running(UnknownDaemon::new(name, names.by_ref())),
                None => {
                    Failure::running(anyhow::anyhow!("{}: no daemon is configured", file.display()))
                }
            })?;
            defaults.pricing = daemon.params.pricing.clone();
            defaults.works_per_hour = daemon.cost.works_per_hour();
            let inputs = CostInputs {
                at: Clock::wall(),
                pace: Pace::unmeasured(daemon.cost.pace_prior()),
                quotes: Default::default(),
            };
            defaults.cost = daemon.cost.estimate(&inputs).ok().map(|cost| cost.per_work);
        }
        defaults.cost = options.cost.or(defaults.cost);
        defaults.works_per_hour = options.works_per_hour.or(defaults.works_per_hour);
        Ok(defaults)
    }

    /// The terms for recorded data. Blocks have no cost, so they get the default one.
    pub(super) fn into_settings(self, data: &DataArgs) -> BacktestSettings {
        let default = if data.journal.is_some() { None } else { Some(default_cost()) };
        BacktestSettings {
            pricing: self.pricing,
            cost: self.cost.or(default),
            works_per_hour: self.works_per_hour,
            interval: Duration::from_secs(60),
        }
    }
}

/// The cost of a work if none is known: 0.0001 MINA.
pub(super) fn default_cost() -> Nanomina {
    const NANOMINA: u64 = 100_000;
    Nanomina::try_new(NANOMINA).unwrap_or(Nanomina::ZERO)
}

/// Reads the precomputed blocks.
pub(super) fn read_blocks(
    data: &DataArgs,
    progress: &dyn Fn(u64, u64),
) -> Result<BlockCollection, Failure> {
    collect_blocks(&data.blocks, progress).map_err(Failure::running)
}

/// The looks of a journal to use.
pub(super) fn journal_filter(options: &PolicyArgs) -> Result<LookFilter, Failure> {
    let daemon =
        options.daemon.as_deref().map(DaemonId::try_new).transpose().map_err(Failure::usage)?;
    Ok(LookFilter { daemon, ..LookFilter::default() })
}

/// Opens the journal separately for each thread: a file, or the address of a shared store, whose
/// password libpq's variable `PGPASSWORD` gives.
pub(super) fn journal_opener(
    place: &Path,
) -> Result<impl Fn() -> Result<JournalReader, JournalError> + Sync + use<>, Failure> {
    let path = place.to_owned();
    let address = match place.to_str().filter(|text| text.starts_with("postgres")) {
        Some(url) if url.contains("://") => {
            let password = std::env::var("PGPASSWORD").ok();
            let address = StoreAddress::try_new(url, password.as_deref());
            Some(address.map_err(Failure::usage)?)
        }
        _ => None,
    };
    Ok(move || match &address {
        Some(address) => JournalReader::open_shared(address),
        None => JournalReader::open(&path),
    })
}
