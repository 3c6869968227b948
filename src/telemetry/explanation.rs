//! Why a worker is on or off at its fee, with the numbers, and what would change it.
//!
//! Invariants: follows from one record; the command line prints what the API answers, so that both
//! say the same.
//!
//! Not here: what would change it (`outlook`), what a guard waits for (`waits`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use snarkfee_core::{
    fault::Fault,
    policy::{Appraisal, Forecast, Moving},
    record::{Mode, Record},
    units::Nanomina,
};

use super::{
    outlook::{Change, Outlook},
    sales::FeeSales,
    waits::{wait, way_out},
};

/// Why a worker is as it is. Amounts are numbers of MINA; what is not known is `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// When the look began.
    pub at: Timestamp,
    /// Whether decisions are carried out.
    pub mode: Mode,
    /// State and reason in one line.
    pub headline: String,
    /// The decision's stable code.
    pub action: String,
    /// The reason's stable code.
    pub reason: String,
    /// The reason in words.
    pub text: String,
    /// What a reason that is not about the market waits for, in words that follow "until".
    pub waits_until: Option<String>,
    /// How long that takes, where it is known now.
    pub wait_seconds: Option<u64>,
    /// Forecasts: at the fee wanted, then at the fee asked where that is another.
    pub forecasts: Vec<Arithmetic>,
    /// What asking the fee wanted costs besides; `None` where that is nothing.
    #[serde(default)]
    pub moving: Option<MovingCost>,
    /// Whether the cost is known; a dry run without one counts work as free.
    pub cost_known: bool,
    /// `policy.stop_below`, a rate per hour.
    pub stop_below_mina_per_hour: Option<f64>,
    /// `policy.resume_above`, a rate per hour.
    pub resume_above_mina_per_hour: Option<f64>,
    /// Works that block producers buy per hour, from everyone.
    #[serde(default)]
    pub works_bought_per_hour: Option<f64>,
    /// Lower end of its two-sided 0.8 interval.
    #[serde(default)]
    pub works_bought_per_hour_low: Option<f64>,
    /// Upper end.
    #[serde(default)]
    pub works_bought_per_hour_high: Option<f64>,
    /// What own works were predicted to sell and sold, by fee, ascending.
    #[serde(default)]
    pub own_sales_by_fee: Vec<FeeSales>,
    /// What the changes lead to; `None` where there is nothing to tell a profit by.
    pub outlook: Option<Outlook>,
    /// What would lead there, each by itself, everything else being as it is now.
    pub changes: Vec<Change>,
}

/// Unsold works that a lower fee would offer to the worker again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MovingCost {
    /// How many.
    pub works: u64,
    /// What they are expected to bring as they stand.
    pub forgone_mina: f64,
    /// What of it is expected to be lost.
    pub lost_mina_per_hour: f64,
}

/// A forecast's arithmetic: (P(sold) x fee - cost) x works per hour = profit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arithmetic {
    /// The fee.
    pub fee_mina: f64,
    /// P(sold).
    pub sale_probability: f64,
    /// Lower end of its band.
    pub low: f64,
    /// Upper end of its band.
    pub high: f64,
    /// Cost of a work.
    pub cost_per_work_mina: f64,
    /// Works made per hour.
    pub works_per_hour: f64,
    /// Expected profit.
    pub profit_mina_per_hour: f64,
    /// Profit at the lower end of the band, the figure that decisions use.
    pub low_profit_mina_per_hour: f64,
    /// Profit at the upper end.
    pub high_profit_mina_per_hour: f64,
}

impl Explanation {
    /// Explains a record. `headline` is its state in one line, `appraisal` its forecasts.
    pub fn new(record: &Record, headline: String, appraisal: Option<&Appraisal>) -> Self {
        let reason = &record.decision.reason;
        let market = record.market.as_ref();
        let interval = market.and_then(|market| market.works_bought_per_hour_interval);
        let outlook = appraisal.map(|appraisal| Outlook::of(record, appraisal));
        let changes =
            appraisal.zip(outlook).map(|(appraisal, outlook)| outlook.changes(record, appraisal));
        Self {
            at: record.at,
            mode: record.mode,
            headline,
            action: record.decision.action.code().to_owned(),
            reason: reason.code().to_owned(),
            text: Fault::excerpt(&reason.to_string()),
            waits_until: way_out(reason).map(str::to_owned),
            wait_seconds: wait(reason, record.at).map(|wait| wait.as_secs()),
            forecasts: appraisal.map(forecasts).unwrap_or_default(),
            moving: appraisal
                .map(|appraisal| appraisal.moving)
                .filter(|moving| moving.forgone > Nanomina::ZERO)
                .map(MovingCost::from),
            cost_known: record.cost.is_some(),
            stop_below_mina_per_hour: appraisal
                .map(|appraisal| appraisal.stop.threshold.to_mina_per_hour()),
            resume_above_mina_per_hour: appraisal
                .map(|appraisal| appraisal.resume.threshold.to_mina_per_hour()),
            works_bought_per_hour: market.and_then(|market| market.works_bought_per_hour),
            works_bought_per_hour_low: interval.map(|[low, _]| low),
            works_bought_per_hour_high: interval.map(|[_, high]| high),
            own_sales_by_fee: market
                .iter()
                .flat_map(|market| &market.own_sales_by_fee)
                .map(FeeSales::from)
                .collect(),
            outlook,
            changes: changes.unwrap_or_default(),
        }
    }
}

impl From<Moving> for MovingCost {
    fn from(Moving { works, forgone, per_hour }: Moving) -> Self {
        Self {
            works,
            forgone_mina: forgone.to_mina(),
            lost_mina_per_hour: per_hour.to_mina_per_hour(),
        }
    }
}

fn forecasts(appraisal: &Appraisal) -> Vec<Arithmetic> {
    let Appraisal { cost, best, current, .. } = appraisal;
    let other = Some(current).filter(|current| current.fee != best.fee);
    [best].into_iter().chain(other).map(|forecast| Arithmetic::new(forecast, *cost)).collect()
}

impl Arithmetic {
    fn new(forecast: &Forecast, cost: Nanomina) -> Self {
        let at = |probability: f64| {
            forecast.works_per_hour * (probability * forecast.fee.to_mina() - cost.to_mina())
        };
        Self {
            fee_mina: forecast.fee.to_mina(),
            sale_probability: forecast.sale_probability,
            low: forecast.low,
            high: forecast.high,
            cost_per_work_mina: cost.to_mina(),
            works_per_hour: forecast.works_per_hour,
            profit_mina_per_hour: forecast.profit.to_mina_per_hour(),
            low_profit_mina_per_hour: forecast.cautious_profit.to_mina_per_hour(),
            high_profit_mina_per_hour: at(forecast.high),
        }
    }
}

#[cfg(test)]
mod tests {
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
    fn unsold_works_that_would_be_offered_again_are_told_where_they_are_worth_anything() {
        let mut record = sample::record();
        assert_eq!(explained(&record).moving, None);
        let mut moving = |forgone: u64| {
            let appraisal = record.decision.appraisal.as_mut().unwrap();
            let forgone = Nanomina::try_new(forgone).unwrap();
            appraisal.moving = Moving { works: 3, forgone, per_hour: FeeRate::new(500_000) };
            explained(&record).moving
        };
        assert_eq!(moving(0), None);
        let told = moving(2_000_000).unwrap();
        assert_eq!((told.works, told.forgone_mina, told.lost_mina_per_hour), (3, 0.002, 0.000_5));
    }

    #[test]
    fn an_idle_worker_names_every_border_at_which_it_resumes() {
        let mut record = off();
        record.market.as_mut().unwrap().quantiles =
            [0, 0, 0, 1_500, 9_000].map(|price| Nanomina::try_new(price).ok());
        let found = explained(&record);
        assert_eq!(found.outlook, Some(Outlook::Resume));
        let texts: Vec<_> = found.changes.iter().map(|change| change.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "all prices were 2 times what they are; 75 % of works are bought for at most 0.0000015 MINA now, that would be \
                 0.000003 MINA",
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
            "all of them speak of a loss"
        );
    }

    #[test]
    fn own_sales_and_demand_are_told_with_how_well_they_are_known() {
        let found = explained(&sample::record());
        let [cheap, dear] = found.own_sales_by_fee[..] else {
            panic!("{:?}", found.own_sales_by_fee)
        };
        assert_eq!((cheap.works, cheap.sold, dear.works, dear.sold), (20, 11, 64, 26));
        assert!(
            (dear.fee_from_mina - 0.001).abs() < 1e-12 && (dear.realised - 0.40625).abs() < 1e-12
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
}
