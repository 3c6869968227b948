//! Measures the policy in the scenarios of the library, one line of CSV for each scenario and seed,
//! and compares it pair by pair with the lines of another version:
//!
//! ```text
//! cargo run --release -p snarkfee-lab --example measure -- \
//!     [--scenarios scarce,surplus,my.toml] [--seeds 1001..1050] [--slots 1000] [--threads 2] \
//!     [--deadband 0.05] [--cooldown 10m] > after.csv
//! cargo run --release -p snarkfee-lab --example measure -- --compare before.csv after.csv
//! ```

use std::{collections::BTreeMap, env, fs, process::ExitCode};

use snarkfee_core::{
    cycle::BOOK_INTERVAL,
    market::Selection,
    policy::{Pricing, Strategy},
    units::Nanomina,
};
use snarkfee_lab::{
    market_sim::{Scenario, library},
    policy_run::PolicySpec,
    tournament::{PolicyMeasure, Tournament},
};

const FIGURES: [&str; 10] = [
    "profit",
    "prover_hours",
    "fee_moves",
    "switches",
    "regime_changes",
    "moves_soon",
    "most_moves_soon",
    "slots_to_action",
    "score",
    "score_soon",
];

/// The figures of one run; NaN where there is none.
fn figures(measure: &PolicyMeasure) -> [f64; FIGURES.len()] {
    let slots = &measure.slots_to_action;
    [
        measure.profit,
        measure.prover_hours,
        measure.fee_moves as f64,
        measure.switches as f64,
        measure.regime_changes as f64,
        measure.moves_soon as f64,
        measure.most_moves_soon as f64,
        slots.iter().max().map_or(f64::NAN, |most| *most as f64),
        measure.open_price_score.unwrap_or(f64::NAN),
        measure.open_price_score_soon.unwrap_or(f64::NAN),
    ]
}

type Runs = BTreeMap<String, BTreeMap<u64, Vec<f64>>>;

fn read_runs(path: &str) -> Result<Runs, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let mut runs = Runs::new();
    for line in text.lines().skip(1) {
        let mut fields = line.split(',');
        let (Some(scenario), Some(seed)) = (fields.next(), fields.next()) else { continue };
        let seed = seed.parse().map_err(|_| format!("{path}: {line}"))?;
        let values = fields.map(|field| field.parse().unwrap_or(f64::NAN)).collect();
        runs.entry(scenario.to_owned()).or_default().insert(seed, values);
    }
    Ok(runs)
}

/// Means before and after, their difference and its standard error, by scenario and figure.
fn compare(before: &str, after: &str) -> Result<(), String> {
    let (before, after) = (read_runs(before)?, read_runs(after)?);
    println!(
        "{:15} {:16} {:>5} {:>10} {:>10} {:>10} {:>9}",
        "scenario", "figure", "seeds", "before", "after", "change", "se"
    );
    for (scenario, runs) in &after {
        let Some(earlier) = before.get(scenario) else { continue };
        for (place, figure) in FIGURES.iter().enumerate() {
            let pairs: Vec<(f64, f64)> = runs
                .iter()
                .filter_map(|(seed, values)| {
                    Some((*earlier.get(seed)?.get(place)?, *values.get(place)?))
                })
                .filter(|(one, other)| one.is_finite() && other.is_finite())
                .collect();
            let count = pairs.len() as f64;
            let mean = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / count;
            let change = mean(&|(one, other)| other - one);
            let squares: f64 =
                pairs.iter().map(|(one, other)| (other - one - change).powi(2)).sum();
            let error = (squares / (count - 1.0) / count).sqrt();
            println!(
                "{scenario:15} {figure:16} {:5} {:10.4} {:10.4} {change:10.4} {error:9.4}",
                pairs.len(),
                mean(&|(one, _)| *one),
                mean(&|(_, other)| *other)
            );
        }
    }
    Ok(())
}

fn run() -> Result<(), String> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [flag, before, after] = arguments.as_slice()
        && flag == "--compare"
    {
        return compare(before, after);
    }
    let (mut scenarios, mut seeds, mut slots) = (Vec::new(), 1001..=1050, 1000);
    let (mut threads, mut pricing) = (2_usize, Pricing::default());
    for pair in arguments.chunks(2) {
        let [flag, value] = pair else { return Err(format!("{pair:?} has no value")) };
        let wrong = || format!("{flag} {value}");
        match flag.as_str() {
            "--scenarios" => scenarios = value.split(',').map(str::to_owned).collect(),
            "--seeds" => {
                let (first, last) = value.split_once("..").ok_or_else(wrong)?;
                let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
                seeds = number(first)?..=number(last)?;
            }
            "--slots" => slots = value.parse().map_err(|_| wrong())?,
            "--threads" => threads = value.parse().map_err(|_| wrong())?,
            "--deadband" => pricing.deadband = value.parse().map_err(|_| wrong())?,
            "--cooldown" => {
                let minutes: u64 = value.trim_end_matches('m').parse().map_err(|_| wrong())?;
                pricing.cooldown = std::time::Duration::from_secs(60 * minutes);
            }
            _ => return Err(wrong()),
        }
    }
    if scenarios.is_empty() {
        scenarios = library::names().map(str::to_owned).collect();
    }
    println!("scenario,seed,{}", FIGURES.join(","));
    for name in scenarios {
        let scenario = match name.ends_with(".toml") {
            true => fs::read_to_string(&name)
                .map_err(|error| format!("{name}: {error}"))
                .and_then(|text| Scenario::parse(&text).map_err(|error| error.to_string())),
            false => library::scenario(&name).map_err(|error| error.to_string()),
        }?;
        let name = name.rsplit('/').next().unwrap_or(&name).trim_end_matches(".toml");
        let tournament = Tournament {
            scenario,
            policies: Vec::new(),
            seeds: Vec::new(),
            slots,
            start: "2026-11-01T00:00:00Z".parse().map_err(|error| format!("{error}"))?,
            cost: Nanomina::try_new(100_000).map_err(|error| error.to_string())?,
            book_interval: BOOK_INTERVAL,
            pricing: pricing.clone(),
            selection: Selection::Auto,
            hindsight: false,
        };
        let seeds: Vec<u64> = seeds.clone().collect();
        let spec = PolicySpec::Controlled(Strategy::Profit);
        let measures: Vec<(u64, PolicyMeasure)> = std::thread::scope(|scope| {
            let (tournament, seeds) = (&tournament, &seeds);
            let workers: Vec<_> = (0..threads)
                .map(|thread| {
                    scope.spawn(move || -> Vec<_> {
                        let own = seeds.iter().skip(thread).step_by(threads);
                        own.map(|seed| (*seed, tournament.measure(spec, *seed))).collect()
                    })
                })
                .collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
        });
        for (seed, measure) in measures {
            let values = figures(&measure).map(|value| format!("{value:.6}"));
            println!("{name},{seed},{}", values.join(","));
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
