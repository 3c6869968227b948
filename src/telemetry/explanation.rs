//! Why a worker is on or off at its fee, with the numbers, and what would change it.
//!
//! Invariants: follows from one record; the command line prints what the API answers, so that both say the same.
//!
//! Not here: how the numbers are solved for (`policy::Crossing`).

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    sales::FeeSales,
    words::{four_digits, percent},
};
use crate::{
    fault::Fault,
    market::Summary,
    policy::{Appraisal, Crossing, Forecast, Moving, Reason},
    record::{Mode, Record, Role},
    units::Nanomina,
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

/// What changes would lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outlook {
    /// The worker is on and would stop.
    Stop,
    /// The worker is on and would go on, at a fee that brings no work.
    Idle,
    /// The worker is on at a fee that brings no work; it would earn at another.
    Earn,
    /// The worker is on and about to stop; it would stay on.
    StayOn,
    /// The worker is off and would resume.
    Resume,
    /// The worker is off and about to resume; it would stay off.
    StayOff,
}

/// One thing that would lead to the outlook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// `prices` (a factor on all of them), `sales` (P(sold) at a fee, on the cautious side), or `cost` (MINA per work).
    pub what: String,
    /// The value now; `None` for a cost that is not known.
    pub now: Option<f64>,
    /// The value at which it happens.
    pub needed: f64,
    /// The fee that `sales` speaks of.
    pub fee_mina: Option<f64>,
    /// In words.
    pub text: String,
}

impl Explanation {
    /// Explains a record. `headline` is its state in one line, `appraisal` its forecasts.
    pub fn new(record: &Record, headline: String, appraisal: Option<&Appraisal>) -> Self {
        let reason = &record.decision.reason;
        let market = record.market.as_ref();
        let interval = market.and_then(|market| market.works_bought_per_hour_interval);
        let outlook = appraisal.map(|appraisal| outlook(record, appraisal));
        let changes = appraisal.zip(outlook).map(|(appraisal, outlook)| {
            let crossing = match outlook {
                Outlook::Stop | Outlook::StayOn | Outlook::Idle | Outlook::Earn => &appraisal.stop,
                Outlook::Resume | Outlook::StayOff => &appraisal.resume,
            };
            let mut changes = solved(crossing, appraisal.cost, record);
            // What leads away from where the worker is now is no change of it.
            changes.retain(|change| change.leads(outlook));
            changes
        });
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
            stop_below_mina_per_hour: appraisal.map(|appraisal| appraisal.stop.threshold.to_mina_per_hour()),
            resume_above_mina_per_hour: appraisal.map(|appraisal| appraisal.resume.threshold.to_mina_per_hour()),
            works_bought_per_hour: market.and_then(|market| market.works_bought_per_hour),
            works_bought_per_hour_low: interval.map(|[low, _]| low),
            works_bought_per_hour_high: interval.map(|[_, high]| high),
            own_sales_by_fee: market.iter().flat_map(|market| &market.own_sales_by_fee).map(FeeSales::from).collect(),
            outlook,
            changes: changes.unwrap_or_default(),
        }
    }
}

impl From<Moving> for MovingCost {
    fn from(Moving { works, forgone, per_hour }: Moving) -> Self {
        Self { works, forgone_mina: forgone.to_mina(), lost_mina_per_hour: per_hour.to_mina_per_hour() }
    }
}

impl Change {
    /// Whether reaching the border is a loss where one is spoken of, and a gain where that is.
    fn leads(&self, outlook: Outlook) -> bool {
        let Some(now) = self.now else { return true };
        let gain = match self.what.as_str() {
            "cost" => self.needed <= now,
            _ => self.needed >= now,
        };
        gain == matches!(outlook, Outlook::Resume | Outlook::StayOn | Outlook::Earn)
    }
}

fn forecasts(appraisal: &Appraisal) -> Vec<Arithmetic> {
    let Appraisal { cost, best, current, .. } = appraisal;
    let other = Some(current).filter(|current| current.fee != best.fee);
    [best].into_iter().chain(other).map(|forecast| Arithmetic::new(forecast, *cost)).collect()
}

impl Arithmetic {
    fn new(forecast: &Forecast, cost: Nanomina) -> Self {
        let at = |probability: f64| forecast.works_per_hour * (probability * forecast.fee.to_mina() - cost.to_mina());
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

fn outlook(record: &Record, appraisal: &Appraisal) -> Outlook {
    let on = match record.decision.reason {
        Reason::StaysOff { .. } | Reason::Profitable { .. } | Reason::MinOff { .. } => false,
        Reason::Uneconomical { .. } | Reason::MinOn { .. } | Reason::AtTarget | Reason::InsideDeadband { .. } => true,
        _ => record.enabled_after().unwrap_or(record.role == Role::Coordinator),
    };
    let expected = appraisal.best.cautious_profit;
    match on {
        true if expected < appraisal.stop.threshold => Outlook::StayOn,
        true if appraisal.best.is_idle() => Outlook::Earn,
        true if appraisal.stop.idles => Outlook::Idle,
        true => Outlook::Stop,
        false if expected >= appraisal.resume.threshold => Outlook::StayOff,
        false => Outlook::Resume,
    }
}

/// The crossing in words: each number is the exact border, on which side of it follows from the outlook.
fn solved(crossing: &Crossing, cost: Nanomina, record: &Record) -> Vec<Change> {
    let prices = crossing.price_factor.map(|factor| {
        let example = record.market.as_ref().and_then(positive_quantile).map(|(level, price)| {
            let then = four_digits(price.to_mina() * factor);
            format!("; {} of works are bought for at most {price} now, that would be {then} MINA", percent(level))
        });
        Change {
            what: "prices".to_owned(),
            now: Some(1.0),
            needed: factor,
            fee_mina: None,
            text: format!("all prices were {} times what they are{}", four_digits(factor), example.unwrap_or_default()),
        }
    });
    let sales = crossing.sales.map(|sales| Change {
        what: "sales".to_owned(),
        now: Some(sales.now),
        needed: sales.needed,
        fee_mina: Some(sales.fee.to_mina()),
        text: format!(
            "{} of works sold at {}, by the lower end of the band; now {}",
            percent(sales.needed),
            sales.fee,
            percent(sales.now)
        ),
    });
    let now = record.cost.map_or("it is not known now".to_owned(), |_| format!("now {cost}"));
    let cost = crossing.cost.map(|needed| Change {
        what: "cost".to_owned(),
        now: record.cost.map(Nanomina::to_mina),
        needed: needed.to_mina(),
        fee_mina: None,
        text: format!("a work cost {needed} to make; {now}"),
    });
    [prices, sales, cost].into_iter().flatten().collect()
}

/// The lowest of the kept quantiles from the median up that is above 0.
fn positive_quantile(market: &Summary) -> Option<(f64, Nanomina)> {
    let known = Summary::QUANTILES.into_iter().zip(market.quantiles);
    known
        .filter(|(level, _)| *level >= 0.5)
        .find_map(|(level, price)| Some((level, price.filter(|p| *p > Nanomina::ZERO)?)))
}

/// How long a reason lasts, where that is known now.
fn wait(reason: &Reason, at: Timestamp) -> Option<Duration> {
    let until = |until: Timestamp| Duration::try_from(until.duration_since(at)).ok();
    match reason {
        Reason::Cooldown { remaining }
        | Reason::MinOn { remaining }
        | Reason::MinOff { remaining }
        | Reason::WindingDown { remaining }
        | Reason::SwitchHazard { remaining } => Some(*remaining),
        Reason::Paused { until: Some(end) }
        | Reason::ExternalChange { until: end }
        | Reason::Contested { until: end, .. } => until(*end),
        Reason::OwnBlockAhead { slot } => until(*slot),
        _ => None,
    }
}

/// What ends a reason that is not about the market, in words that follow "until"; `None` for one that is.
fn way_out(reason: &Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::Paused { .. } => "the operator's pause ends, by itself or by `snarkfee resume`",
        Reason::BreakerOpen { .. } => "enough looks in a row succeed, or `snarkfee resume` closes the breaker",
        Reason::StatusFault { .. } | Reason::ChainFault { .. } | Reason::BookFault { .. } => {
            "the daemon answers; `snarkfee check` says what is in the way"
        }
        Reason::MetricsFault { .. } => {
            "the daemon's metrics can be read and are consistent, or metrics_url is taken out"
        }
        Reason::Stale { .. } => "a look takes less than safety.max_age",
        Reason::ClockSet { .. } => "the clock only goes on from one look to the next",
        Reason::Unsynced { .. } | Reason::TipBehind { .. } => "the daemon has caught up with the chain",
        Reason::FewPeers { .. } => "the daemon has more peers, or safety.min_peers is lower",
        Reason::ExternalChange { .. } => "safety.external_hold is over, or `snarkfee resume` ends it",
        Reason::Contested { .. } => "the hold is over or `snarkfee resume` ends it; find out who else sets the daemon",
        Reason::ForeignKey { .. } => "the daemon works for worker_key, or own_provers names the key it works for",
        Reason::RoleUnsure => {
            "role is set, the daemon shows a worker key, or its metrics show that it hands out work without one"
        }
        Reason::NoWorkerKey => "worker_key is set",
        Reason::CostUnknown { .. } => "the cost of a work is known, see [daemons.NAME.cost]",
        Reason::OwnBlockAhead { .. } | Reason::OwnBlockPassed => "the daemon's own block is over",
        Reason::TooFewSamples { .. } => "more sales are seen, or policy.min_samples is lower",
        Reason::Confirming { .. } => "further looks agree (policy.confirm)",
        Reason::Cooldown { .. } => "policy.cooldown is over",
        Reason::MinOn { .. } => "policy.min_on is over",
        Reason::MinOff { .. } => "policy.min_off is over",
        Reason::WindingDown { .. } => "the running proof had its time",
        Reason::SwitchHazard { .. } => "the daemon can survive another switch",
        Reason::DailyBudget { .. } => "a change of the last 24 hours is older than that",
        Reason::ServiceStops => "the service is started again",
        Reason::JournalFault { .. } => "the journal in controller.state_dir can be written again",
        Reason::Uneconomical { .. }
        | Reason::Profitable { .. }
        | Reason::PriceMove { .. }
        | Reason::InsideDeadband { .. }
        | Reason::AtTarget
        | Reason::StaysOff { .. } => return None,
    })
}

impl Outlook {
    /// What a list of changes is introduced by.
    pub const fn introduction(self) -> &'static str {
        match self {
            Self::Stop => "it would stop if, each by itself,",
            Self::Idle => "it would ask a fee that brings no work, and costs nothing, if, each by itself,",
            Self::Earn => "it asks a fee that brings no work, and costs nothing; it would earn if, each by itself,",
            Self::StayOn => "it would stay on if, each by itself,",
            Self::Resume => "it would resume if, each by itself,",
            Self::StayOff => "it would stay off if, each by itself,",
        }
    }

    /// What is said where nothing leads there.
    pub const fn standstill(self) -> &'static str {
        match self {
            Self::Stop | Self::Idle => "neither prices, sales nor cost alone would stop it",
            Self::StayOn | Self::Resume | Self::Earn => "neither prices, sales nor cost alone would make it pay",
            Self::StayOff => "neither prices, sales nor cost alone would keep it off",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        policy::{Action, SalesNeeded},
        telemetry::sample,
        units::FeeRate,
    };

    fn explained(record: &Record) -> Explanation {
        Explanation::new(record, "a headline".to_owned(), record.decision.appraisal.as_ref())
    }

    fn off() -> Record {
        let mut record = sample::record();
        record.look.status.as_mut().unwrap().worker = None;
        record.outcome = crate::record::Outcome::Held;
        record.decision.action = Action::Hold;
        record.decision.reason = Reason::StaysOff { expected: FeeRate::ZERO, threshold: FeeRate::new(1_000_000) };
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
        record.market.as_mut().unwrap().quantiles = [0, 0, 0, 1_500, 9_000].map(|price| Nanomina::try_new(price).ok());
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
        assert_eq!((idle.outlook, idle.changes.len()), (Some(Outlook::Earn), 0), "all of them speak of a loss");
    }

    #[test]
    fn own_sales_and_demand_are_told_with_how_well_they_are_known() {
        let found = explained(&sample::record());
        let [cheap, dear] = found.own_sales_by_fee[..] else { panic!("{:?}", found.own_sales_by_fee) };
        assert_eq!((cheap.works, cheap.sold, dear.works, dear.sold), (20, 11, 64, 26));
        assert!((dear.fee_from_mina - 0.001).abs() < 1e-12 && (dear.realised - 0.40625).abs() < 1e-12);
        let demand = [found.works_bought_per_hour_low, found.works_bought_per_hour, found.works_bought_per_hour_high];
        assert_eq!(demand, [Some(362.5), Some(410.0), Some(463.7)]);
    }

    #[test]
    fn what_is_answered_can_be_read_again() {
        let found = explained(&off());
        let text = serde_json::to_string(&found).unwrap();
        assert_eq!(serde_json::from_str::<Explanation>(&text).unwrap(), found);
    }
}
