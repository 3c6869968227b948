//! `snarkfee tune`: the policy settings that earn most on given data.

use std::io::Write;

use snarkfee_core::{cycle::BOOK_INTERVAL, market::Selection};
use snarkfee_lab::{
    backtest::{Execution, TuningData, tune},
    tournament::Tournament,
};
use tracing::warn;

use super::{
    args::TuneArgs,
    exit::Failure,
    experiment::{self, PolicyDefaults},
    json,
    progress::Progress,
    signals,
};

/// Searches the settings and prints them as TOML.
pub(super) fn run(options: &TuneArgs) -> Result<(), Failure> {
    let defaults = PolicyDefaults::load(&options.policy)?;
    let base = defaults.pricing.clone();
    let cancelled = signals::watch_interrupt()?;
    let progress = Progress::new("trying settings");
    let execution = Execution {
        threads: experiment::thread_count(options.threads),
        progress: &|all| progress.advance(all),
        cancelled: &cancelled,
    };
    let tuned = if let Some(name) = &options.scenario {
        let tournament = Tournament {
            scenario: experiment::find_scenario(name)?,
            policies: Vec::new(),
            seeds: options.seeds.0.clone(),
            slots: options.slots,
            start: experiment::start_time()?,
            cost: defaults.cost.unwrap_or_else(experiment::default_cost),
            book_interval: BOOK_INTERVAL,
            pricing: base.clone(),
            selection: Selection::Auto,
            hindsight: false,
        };
        tune(&TuningData::scenario(&tournament), &base, &execution)
    } else if let Some(path) = &options.data.journal {
        let open = experiment::journal_opener(path)?;
        let filter = experiment::journal_filter(&options.policy)?;
        let data = TuningData::journal(&open, &filter, defaults.into_settings(&options.data))
            .map_err(Failure::journal)?;
        tune(&data, &base, &execution)
    } else {
        let collection = experiment::read_blocks(&options.data, &|_, _| {})?;
        tune(
            &TuningData::blocks(&collection, defaults.into_settings(&options.data)),
            &base,
            &execution,
        )
    };
    drop(progress);
    let tuned = tuned.map_err(Failure::running)?;
    for warning in &tuned.warnings {
        warn!("{warning}");
    }
    let text = tuned.to_toml();
    if let Some(path) = &options.write {
        experiment::write_file(path, &text)?;
    }
    let mut out = std::io::stdout().lock();
    if options.json {
        return json::write(&mut out, &tuned);
    }
    Ok(out.write_all(text.as_bytes())?)
}
