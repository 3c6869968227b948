//! `snarkfee simulate`: policies in the market simulator, one after another in the same markets, or
//! together in one.

mod scenario_list;
mod tables;

use std::time::Duration;

use snarkfee_clock::Clock;
use snarkfee_core::{policy::Pricing, units::Nanomina};
use snarkfee_lab::{
    market_sim::Scenario,
    policy_run::PolicySpec,
    report,
    tournament::{Together, Tournament},
};
use tracing::info;

use self::{
    scenario_list::list_scenarios,
    tables::{write_operators, write_policies},
};
use super::{args::SimulateArgs, exit::Failure, experiment, progress::Progress};

/// Runs the policies and prints their results.
pub(super) fn run(options: &SimulateArgs) -> Result<(), Failure> {
    let Some(name) = &options.scenario else { return list_scenarios(options.results.json) };
    let mut scenario = experiment::find_scenario(name)?;
    if let Some(method) = options.selection {
        scenario.set_selection(method);
    }
    if let Some(method) = options.rivals {
        scenario.set_rivals_selection(method);
    }
    let repeated = options.policies.iter();
    let policies: Vec<PolicySpec> = repeated
        .flat_map(|count| std::iter::repeat_n(count.policy, count.operators as usize))
        .collect();
    match options.together {
        true => run_together(options, scenario, &policies),
        false => run_one_after_another(options, scenario, policies),
    }
}

/// Several costs for policies that run one after another.
#[derive(Debug, thiserror::Error)]
#[error("several costs are for operators in one market: add --together")]
struct CostsNeedTogether;

fn run_one_after_another(
    options: &SimulateArgs,
    scenario: Scenario,
    policies: Vec<PolicySpec>,
) -> Result<(), Failure> {
    let cost = match options.cost.as_slice() {
        [cost] => *cost,
        _ => return Err(Failure::usage(CostsNeedTogether)),
    };
    let tournament = Tournament {
        scenario,
        policies,
        seeds: options.seeds.0.clone(),
        slots: options.slots,
        start: experiment::start_time()?,
        cost,
        book_interval: options.book_interval,
        pricing: Pricing::default(),
        selection: options.told,
        hindsight: !options.without_hindsight,
    };
    let clock = Clock::system();
    let progress = Progress::new("simulating");
    let (report, histories) = tournament
        .run(experiment::thread_count(options.results.threads), &|all| progress.advance(all));
    drop(progress);
    log_speed(&tournament, clock.steady());
    let assumptions = [
        ("cost of a work:", cost.to_string()),
        ("rivals and demand:", format!("the scenario {}", report.scenario)),
        ("start:", tournament.start.to_string()),
        (
            "length:",
            format!("{} slots of 3 min for each of {} seeds", report.slots, report.seeds.len()),
        ),
    ];
    let page = || {
        let seed = tournament.seeds.first().copied();
        report::render_tournament(&report, seed, &histories, &assumptions)
    };
    experiment::write_results(&options.results, &report, page, |out| write_policies(out, &report))
}

fn run_together(
    options: &SimulateArgs,
    scenario: Scenario,
    policies: &[PolicySpec],
) -> Result<(), Failure> {
    let costs: Vec<Nanomina> = options.cost.iter().copied().cycle().take(policies.len()).collect();
    let together = Together {
        scenario,
        operators: policies.iter().copied().zip(costs).collect(),
        seeds: options.seeds.0.clone(),
        slots: options.slots,
        start: experiment::start_time()?,
        book_interval: options.book_interval,
        pricing: Pricing::default(),
        selection: options.told,
    };
    let progress = Progress::new("simulating");
    let report = together
        .run(experiment::thread_count(options.results.threads), &|all| progress.advance(all));
    drop(progress);
    let page = || report::render_together(&report);
    experiment::write_results(&options.results, &report, page, |out| write_operators(out, &report))
}

/// The speed goes to the log, since the results must not depend on it.
fn log_speed(tournament: &Tournament, took: Duration) {
    let runs = tournament.policies.len() * tournament.seeds.len();
    let slots = tournament.slots * runs as u64;
    let per_second = slots as f64 / took.as_secs_f64().max(1e-9);
    info!(
        slots,
        seconds = took.as_secs_f64(),
        "simulated {per_second:.0} slots per second, not counting the runs for hindsight"
    );
}
