//! A cost that is measured, against the true one, on a daemon that counts pieces of works and
//! splits zkApps, started at the daemon's default fee.
//!
//! `SNARKFEE_COST_SEEDS=20` runs more seeds than the suite; `--no-capture` shows the figures.

use snarkfee_core::{
    cost::{CostParts, Electricity, MinaPrice, Throughput},
    market::PacePrior,
};

use super::*;
use crate::market_sim::Scenario;

const HOURS: i64 = 12;

/// A prover of so many watts at 1 USD/kWh, and 1 USD per MINA.
fn cost(watts: u32, throughput: Throughput) -> CostModel {
    let electricity = Electricity::Flat("1 USD/kWh".parse().unwrap());
    let energy = Some((format!("{watts} W").parse().unwrap(), electricity));
    let price = MinaPrice::Static("1 USD".parse().unwrap());
    CostParts::try_new(energy, None, price, throughput).unwrap().into()
}

/// A run in which the policy goes by `cost`, and the account by `account` and the true time.
fn run_at(
    scenario: &Scenario,
    seed: u64,
    cost: &CostModel,
    account: &CostModel,
) -> (RunSummary, Record) {
    let plan = plan(Mode::Live);
    let mut run = PolicyRun::new(World::new(scenario, seed, start()), PROFIT, &plan, seed, start());
    let (mut now, end) = (start(), start() + SignedDuration::from_hours(HOURS));
    let mut last = None;
    while now < end {
        run.advance(now, account);
        run.step(now, cost, &mut |record, _| last = Some(record.clone()));
        now += plan.interval;
    }
    (run.finish(end, account), last.unwrap())
}

/// Whether some fee would pay at the true cost of a work, on the cautious side.
fn would_pay(record: &Record, true_cost: f64) -> bool {
    let resume_above = Pricing::default().resume_above.get() as f64;
    record
        .decision
        .appraisal
        .iter()
        .flat_map(|appraisal| &appraisal.curve)
        .any(|at| at.works_per_hour * (at.low * at.fee.to_f64() - true_cost * 1e9) >= resume_above)
}

#[test]
fn a_measured_cost_is_the_true_one_and_earns_as_much() {
    let given = std::env::var("SNARKFEE_COST_SEEDS").map(|seeds| seeds.parse().unwrap());
    let seeds = given.clone().unwrap_or(1);
    // A work of a minute costs 0.0001 MINA at 6 W, 0.002 MINA at 120 W, and as much as it brings
    // about 200 W.
    let markets = [("scarce", 6), ("scarce", 120), ("zkapps", 6), ("list-price", 6)];
    let near_break_even = given.map_or(Vec::new(), |_| vec![("scarce", 180), ("scarce", 240)]);
    for (name, watts) in markets.into_iter().chain(near_break_even) {
        let scenario = library::scenario(name).unwrap();
        let provers = scenario.operator.provers;
        let (mut measured_profit, mut true_profit) = (0.0, 0.0);
        for seed in 1..=seeds {
            let measured = cost(watts, Throughput::Measured(PacePrior::default()));
            let (summary, last) = run_at(&scenario, seed, &measured, &measured);
            let own = summary.own;
            let hours = own.busy.as_secs_f64() / 3600.0;
            let true_rate = own.made as f64 / hours;
            let true_cost = f64::from(watts) / 1_000.0 / true_rate;
            let found = last.cost_estimate.unwrap();
            let pace = last.market.as_ref().unwrap().own_works_per_hour.unwrap();
            let true_pace = true_rate * f64::from(provers);
            let errors = [found.per_work.to_mina() / true_cost, pace / true_pace];
            let set = Throughput::Fixed(format!("{true_pace:.6}").parse().unwrap());
            let (with_truth, _) = run_at(&scenario, seed, &cost(watts * provers, set), &measured);
            println!(
                "{name} {watts} W {seed}: cost {:.3} and pace {:.3} of the truth ({true_rate:.1} \
                 works per prover hour, {} made, {} accepted, {} seen, {} pieces), charged {:.3}; \
                 profit {:.4}, {:.4} with the true cost; {}",
                errors[0],
                errors[1],
                own.made,
                own.accepted,
                last.market.as_ref().unwrap().own_made,
                last.look.metrics.as_ref().unwrap().as_ref().unwrap().completed_by_own.unwrap(),
                found.low.to_mina() / true_cost,
                summary.profits.total(),
                with_truth.profits.total(),
                found.source.code(),
            );
            for error in errors {
                assert!((error - 1.0).abs() <= 0.1, "{name} {seed}: {errors:?}, {found:?}");
            }
            let off = last.enabled_after() == Some(false);
            assert!(!off || !would_pay(&last, true_cost), "{name} {seed}: off, and it would pay");
            measured_profit += summary.profits.total();
            true_profit += with_truth.profits.total();
        }
        println!(
            "{name} {watts} W: {measured_profit:.4} MINA measured, {true_profit:.4} with the true cost"
        );
        if name == "scarce" {
            assert!(measured_profit >= 0.9 * true_profit, "{measured_profit} of {true_profit}");
        }
    }
}
