use snarkfee_core::{
    cycle::OnExit,
    policy::{BlockProduction, Pricing, Safety, Worker},
};

use super::*;
use crate::simulate::library;

fn start() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn plan(mode: Mode) -> Plan {
    let worker = Worker { key: Some(World::operator_key()), ..Worker::default() };
    Plan {
        mode,
        interval: Duration::from_secs(60),
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

fn run(name: &str, mode: Mode, hours: u64, entrant: Entrant) -> (Run, Vec<Record>) {
    let (plan, mut records) = (plan(mode), Vec::new());
    let world = World::new(&library::scenario(name).unwrap(), 1, start());
    let mut contestant = Contestant::new(world, entrant, &plan, 1, start());
    let end = start() + SignedDuration::from_hours(i64::try_from(hours).unwrap());
    let mut now = start();
    while now < end {
        contestant.step(now, &plan.cost, &mut |record| records.push(record));
        now += plan.interval;
    }
    (contestant.finish(end, &plan.cost), records)
}

const PROFIT: Entrant = Entrant::Controlled(Strategy::Profit);

#[test]
fn a_scarce_market_is_sold_to_and_a_saturated_one_is_left() {
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
fn a_script_sets_anew_what_a_restart_undid() {
    let fee = Nanomina::try_new(777).unwrap();
    let (always, _) = run("restarts", Mode::Live, 8, Entrant::AlwaysOn(fee));
    assert!(always.fee_changes > 1, "{always:#?}");
    let (off, _) = run("restarts", Mode::Live, 8, Entrant::Off);
    assert!(off.own.toggles > 1 && off.own.made < 10, "{off:#?}");
}
