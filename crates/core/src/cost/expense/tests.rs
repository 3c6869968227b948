use super::*;
use crate::{
    cost::{Electricity, MinaPrice},
    units::Power,
};

fn parts(machine: Option<&str>, idle: &str) -> CostModel {
    let energy = ("360 W".parse().unwrap(), Electricity::Flat("0.5 USD/kWh".parse().unwrap()));
    let rate = Throughput::Fixed("60".parse().unwrap());
    let price = MinaPrice::Static("0.25 USD".parse().unwrap());
    let machine = machine.map(|rent| rent.parse().unwrap());
    let parts = CostParts::try_new(Some(energy), machine, price, rate).unwrap();
    parts.with_idle_power(idle.parse::<Power>().unwrap()).into()
}

fn inputs() -> CostInputs {
    let pace = crate::market::Pace::unmeasured(crate::market::PacePrior::default());
    CostInputs { at: crate::fixtures::time(0), pace, quotes: Default::default() }
}

fn effort(made: u64, on: u64, proving: Option<u64>, idle: u64) -> Effort {
    let seconds = Duration::from_secs;
    Effort { made, on: seconds(on), proving: proving.map(seconds), idle: seconds(idle) }
}

fn spent(model: &CostModel, effort: &Effort) -> (String, Option<String>) {
    let Expense { amount, energy } = model.expense(effort, &inputs()).unwrap();
    (amount.to_string(), energy.map(|energy| energy.to_string()))
}

#[test]
fn prover_time_idle_time_and_rent_by_hand() {
    // 360 W for 20 minutes and 36 W for 40 minutes are 120 and 24 Wh, 0.072 USD or 0.288 MINA.
    let model = parts(None, "36 W");
    let hour = effort(10, 3_600, Some(1_200), 2_400);
    assert_eq!(spent(&model, &hour), ("0.288 MINA".into(), Some("144 Wh".into())));
    // An hour of rent at 0.40 USD is 1.6 MINA, whatever was made.
    let rented = parts(Some("0.40 USD/h"), "0 W");
    assert_eq!(spent(&rented, &effort(0, 3_600, Some(0), 0)).0, "1.6 MINA");
}

#[test]
fn works_stand_for_prover_time_that_nobody_counted() {
    // 60 works an hour: 10 works are 10 minutes, 60 Wh, 0.03 USD.
    let known = effort(10, 3_600, None, 0);
    assert_eq!(spent(&parts(None, "0 W"), &known), ("0.12 MINA".into(), Some("60 Wh".into())));
    let set = CostModel::PerWork("0.001 MINA".parse().unwrap());
    assert_eq!(spent(&set, &known), ("0.01 MINA".into(), None));
    assert_eq!(CostModel::Unknown.expense(&known, &inputs()), Err(CostUnknown::NotConfigured));
}
