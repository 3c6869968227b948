use std::time::Duration;

use super::*;
use snarkfee_core::{
    fixtures::sample,
    policy::{Action, Crossing, Reason, SalesNeeded},
    units::FeeRate,
};

fn explained(record: &Record) -> Explanation {
    Explanation::new(record, "a headline".to_owned(), record.decision.appraisal.as_ref())
}

fn off() -> Record {
    let mut record = sample::record();
    record.look.status.as_mut().unwrap().worker = None;
    record.outcome = snarkfee_core::record::Outcome::Held;
    record.decision.action = Action::Hold;
    record.decision.reason =
        Reason::StaysOff { expected: FeeRate::ZERO, threshold: FeeRate::new(1_000_000) };
    let appraisal = record.decision.appraisal.as_mut().unwrap();
    appraisal.best.cautious_profit = FeeRate::ZERO;
    let sales = SalesNeeded { fee: Nanomina::ONE_MINA, now: 0.125, needed: 0.25 };
    appraisal.resume = Crossing {
        threshold: FeeRate::new(1_000_000),
        idles: false,
        sales: Some(sales),
        price_factor: Some(2.0),
        cost: Nanomina::try_new(50_000).ok(),
    };
    record
}

#[test]
fn unsold_works_that_would_be_offered_again_are_listed_if_they_are_worth_anything() {
    let mut record = sample::record();
    assert_eq!(explained(&record).moving, None);
    let mut moving = |forgone: u64| {
        let appraisal = record.decision.appraisal.as_mut().unwrap();
        let forgone = Nanomina::try_new(forgone).unwrap();
        appraisal.moving = Moving { works: 3, forgone, per_hour: FeeRate::new(500_000) };
        explained(&record).moving
    };
    assert_eq!(moving(0), None);
    let cost = moving(2_000_000).unwrap();
    assert_eq!((cost.works, cost.forgone_mina, cost.lost_mina_per_hour), (3, 0.002, 0.000_5));
}

#[test]
fn an_idle_worker_names_every_threshold_at_which_it_resumes() {
    let mut record = off();
    record.market.as_mut().unwrap().quantiles =
        [0, 0, 0, 1_500, 9_000].map(|price| Nanomina::try_new(price).ok());
    let found = explained(&record);
    assert_eq!(found.outlook, Some(Outlook::Resume));
    let texts: Vec<_> = found.changes.iter().map(|change| change.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "all prices were 2 times what they are; 75 % of works now cost at most 0.0000015 MINA; \
             that would be 0.000003 MINA",
            "25 % of works sold at 1 MINA, by the lower end of the band; now 12 %",
            "a work cost 0.00005 MINA to make; now 0.0004 MINA",
        ]
    );
    assert_eq!((found.waits_until, found.resume_above_mina_per_hour), (None, Some(0.001)));
}

#[test]
fn a_guard_says_what_it_waits_for_and_how_long() {
    let mut record = off();
    record.decision.reason = Reason::MinOff { remaining: Duration::from_secs(90) };
    record.decision.appraisal.as_mut().unwrap().best.cautious_profit = FeeRate::new(2_000_000);
    let found = explained(&record);
    assert_eq!(found.waits_until.as_deref(), Some("policy.min_off is over"));
    assert_eq!((found.wait_seconds, found.outlook), (Some(90), Some(Outlook::StayOff)));
    record.decision.reason = Reason::Paused { until: None };
    record.decision.appraisal = None;
    let paused = explained(&record);
    assert_eq!((paused.outlook, paused.wait_seconds, paused.changes.len()), (None, None, 0));
}

#[test]
fn a_worker_that_earns_names_what_it_could_lose() {
    let mut record = sample::record();
    record.decision.reason = Reason::AtTarget;
    let found = explained(&record);
    assert_eq!(found.outlook, Some(Outlook::Stop));
    assert!((found.changes[0].needed - 0.622).abs() < 1e-12);
    assert_eq!(found.forecasts.len(), 2);
    record.decision.appraisal.as_mut().unwrap().stop.idles = true;
    assert_eq!(explained(&record).outlook, Some(Outlook::Idle));
    let best = &mut record.decision.appraisal.as_mut().unwrap().best;
    (best.works_per_hour, best.cautious_profit) = (0.0, FeeRate::ZERO);
    let idle = explained(&record);
    assert_eq!(
        (idle.outlook, idle.changes.len()),
        (Some(Outlook::Earn), 0),
        "every change would be a loss"
    );
}

#[test]
fn own_sales_and_demand_come_with_their_uncertainty() {
    let found = explained(&sample::record());
    let [cheap, expensive] = found.own_sales_by_fee[..] else {
        panic!("{:?}", found.own_sales_by_fee)
    };
    assert_eq!((cheap.works, cheap.sold, expensive.works, expensive.sold), (20, 11, 64, 26));
    assert!(
        (expensive.fee_from_mina - 0.001).abs() < 1e-12
            && (expensive.realised - 0.40625).abs() < 1e-12
    );
    let demand = [
        found.works_bought_per_hour_low,
        found.works_bought_per_hour,
        found.works_bought_per_hour_high,
    ];
    assert_eq!(demand, [Some(362.5), Some(410.0), Some(463.7)]);
}

#[test]
fn what_is_answered_can_be_read_again() {
    let found = explained(&off());
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Explanation>(&text).unwrap(), found);
}
