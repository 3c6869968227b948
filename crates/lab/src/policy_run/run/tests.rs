mod measured_cost;
mod seller_roster;

use std::time::Duration;

use jiff::SignedDuration;
use snarkfee_core::{
    cycle::BOOK_INTERVAL,
    policy::{BlockProduction, Mode, OnExit, Params, Pricing, Safety, Strategy, Worker},
};

use super::*;
use crate::market_sim::{World, library};

fn start() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn plan(mode: Mode) -> Plan {
    let worker = Worker { key: Some(World::operator_key()), ..Worker::default() };
    Plan {
        mode,
        interval: Duration::from_secs(60),
        book_interval: BOOK_INTERVAL,
        params: Params {
            pricing: Pricing::default(),
            worker,
            block_production: BlockProduction::default(),
            safety: Safety::default(),
        },
        cost: CostModel::PerWork(Nanomina::try_new(100_000).unwrap()),
        on_exit: OnExit::Keep,
    }
}

fn run(name: &str, mode: Mode, hours: u64, spec: PolicySpec) -> (RunSummary, Vec<Record>) {
    let (plan, mut records) = (plan(mode), Vec::new());
    let world = World::new(&library::scenario(name).unwrap(), 1, start());
    let mut run = PolicyRun::new(world, spec, &plan, 1, start());
    let end = start() + SignedDuration::from_hours(i64::try_from(hours).unwrap());
    let mut now = start();
    while now < end {
        run.step(now, &plan.cost, &mut |record, _| records.push(record.clone()));
        now += plan.interval;
    }
    (run.finish(end, &plan.cost), records)
}

const PROFIT: PolicySpec = PolicySpec::Controlled(Strategy::Profit);

#[test]
fn it_sells_in_a_scarce_market_and_leaves_a_saturated_one() {
    let (scarce, _) = run("scarce", Mode::Live, 8, PROFIT);
    assert!(scarce.own.sold > 0 && scarce.own.earned > 0, "{scarce:#?}");
    let predicted = scarce.predicted.unwrap();
    assert!((0.0..=1.0).contains(&predicted) && scarce.changes >= scarce.fee_changes);
    let (surplus, records) = run("surplus", Mode::Live, 8, PROFIT);
    let left = |record: &Record| {
        (record.decision.action.code(), record.decision.reason.code())
            == ("switch_off", "uneconomical")
    };
    assert!(records.iter().any(left), "{surplus:#?}");
    assert_eq!((surplus.violations, surplus.own.fast_toggles), (Vec::new(), 0));
}

#[test]
fn a_dry_run_decides_and_changes_nothing() {
    let (dry, records) = run("scarce", Mode::DryRun, 4, PROFIT);
    assert!(records.iter().any(|record| matches!(record.decision.action, Action::SetFee { .. })));
    assert_eq!(dry.own.toggles, 0);
}

#[test]
fn a_script_restores_its_settings_after_a_restart() {
    let fee = Nanomina::try_new(777).unwrap();
    let (always, _) = run("restarts", Mode::Live, 8, PolicySpec::AlwaysOn(fee));
    assert!(always.fee_changes > 1, "{always:#?}");
    let (off, _) = run("restarts", Mode::Live, 8, PolicySpec::Off);
    assert!(off.own.toggles > 1 && off.own.made < 10, "{off:#?}");
}
