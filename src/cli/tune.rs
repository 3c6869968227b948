//! `snarkfee tune`: which settings of the policy earn most on given data.

use std::io::Write;

use snarkfee_lab::{
    backtest::{Ground, Proof, tune},
    simulate::Contest,
};
use tracing::warn;

use super::{Failure, args::Tune, document, progress::Bar, signals, trial};

/// Looks for the settings and prints them as TOML.
pub(super) fn run(options: &Tune) -> Result<(), Failure> {
    let given = trial::Given::of(&options.economics)?;
    let base = given.pricing.clone();
    let cancelled = signals::interruption()?;
    let bar = Bar::new("trying settings");
    let proof = Proof {
        threads: trial::threads(options.threads),
        progress: &|all| bar.advance(all),
        cancelled: &cancelled,
    };
    let found = if let Some(name) = &options.scenario {
        let contest = Contest {
            scenario: trial::scenario(name)?,
            entrants: Vec::new(),
            seeds: options.seeds.0.clone(),
            slots: options.slots,
            start: trial::start()?,
            cost: given.cost.unwrap_or_else(trial::default_cost),
            pricing: base.clone(),
            hindsight: false,
        };
        tune(&Ground::scenario(&contest), &base, &proof)
    } else if let Some(path) = &options.data.journal {
        let open = trial::archive(path);
        let filter = trial::filter(&options.economics)?;
        let ground = Ground::journal(&open, &filter, given.terms(&options.data))
            .map_err(Failure::journal)?;
        tune(&ground, &base, &proof)
    } else {
        let collection = trial::blocks(&options.data, &|_, _| {})?;
        tune(&Ground::blocks(&collection, given.terms(&options.data)), &base, &proof)
    };
    drop(bar);
    let found = found.map_err(Failure::running)?;
    for warning in &found.warnings {
        warn!("{warning}");
    }
    let text = found.to_toml();
    if let Some(path) = &options.write {
        trial::write(path, &text)?;
    }
    let mut out = std::io::stdout().lock();
    if options.json {
        return document::write(&mut out, &found);
    }
    Ok(out.write_all(text.as_bytes())?)
}
