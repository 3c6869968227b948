//! Why a worker is on or off at its fee, with the numbers, and what would change it.
//!
//! Invariants: everything follows from one record; the command line prints what the API answers, so
//! that both say the same.
//!
//! Not here: what would change it (`outlook`), what a guard waits for (`waiting`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use snarkfee_core::{
    market::SelectionMethod,
    policy::{Appraisal, Forecast, Moving},
    record::{Mode, Record},
    units::{FeeUnit, Nanomina},
};

use super::{
    cost::CostDocument,
    outlook::{Outlook, OutlookChange},
    sales::FeeSales,
    settings_document::{DaemonSide, WantedSide},
    waiting::{describe_end, remaining_wait},
};

/// Why a worker is on or off at its fee. Amounts are numbers of MINA, unknown values are `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Explanation {
    /// When the look began.
    pub(crate) at: Timestamp,
    /// Whether decisions are carried out.
    pub(crate) mode: Mode,
    /// The unit in which people should read the amounts.
    #[serde(default)]
    pub(crate) unit: FeeUnit,
    /// State and reason in one line.
    pub(crate) headline: String,
    /// What the daemon has.
    #[serde(default)]
    pub(crate) has: DaemonSide,
    /// What decisions so far ask of it.
    #[serde(default)]
    pub(crate) wanted: WantedSide,
    /// The decision's stable code.
    pub(crate) action: String,
    /// The reason's stable code.
    pub(crate) reason: String,
    /// The reason in words.
    pub(crate) text: String,
    /// What ends a reason that is not about the market; completes "until ..".
    pub(crate) waits_until: Option<String>,
    /// How long that takes, if it is known.
    pub(crate) wait_seconds: Option<u64>,
    /// Forecasts at the best fee, then at the fee that a dry run would be asking and at the fee that
    /// the daemon asks, if they are others.
    pub(crate) forecasts: Vec<ForecastArithmetic>,
    /// The cost of moving to the wanted fee; `None` if it is nothing.
    #[serde(default)]
    pub(crate) moving: Option<MovingCost>,
    /// How the daemon selects works, and what another way would bring.
    #[serde(default)]
    pub(crate) selection: Option<SelectionOutlook>,
    /// Whether the cost of a work is known; without it a dry run counts work as free.
    pub(crate) cost_known: bool,
    /// The cost of a work, with its range.
    #[serde(default)]
    pub(crate) cost: Option<CostDocument>,
    /// `policy.stop_below`, a rate per hour.
    pub(crate) stop_below_mina_per_hour: Option<f64>,
    /// `policy.resume_above`, a rate per hour.
    pub(crate) resume_above_mina_per_hour: Option<f64>,
    /// Works that block producers buy per hour, from everyone.
    #[serde(default)]
    pub(crate) works_bought_per_hour: Option<f64>,
    /// Lower end of its two-sided 0.8 interval.
    #[serde(default)]
    pub(crate) works_bought_per_hour_low: Option<f64>,
    /// Upper end.
    #[serde(default)]
    pub(crate) works_bought_per_hour_high: Option<f64>,
    /// Predicted and actual sales of own works by fee, ascending.
    #[serde(default)]
    pub(crate) own_sales_by_fee: Vec<FeeSales>,
    /// What the changes lead to; `None` if no profit can be forecast.
    pub(crate) outlook: Option<Outlook>,
    /// What would lead there, each on its own with everything else unchanged.
    pub(crate) changes: Vec<OutlookChange>,
}

/// Unsold works that a lower fee would offer to the worker again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MovingCost {
    /// How many.
    pub(crate) works: u64,
    /// What they are expected to earn at their present fees.
    pub(crate) forgone_mina: f64,
    /// How much of that is expected to be lost.
    pub(crate) lost_mina_per_hour: f64,
}

/// What another `--work-selection` would bring, as long as others sell as they do now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SelectionOutlook {
    /// The method of the daemon, as set or found; `None` while not known.
    pub(crate) method: Option<SelectionMethod>,
    /// The other method.
    pub(crate) other: SelectionMethod,
    /// Expected profit at the best fee now.
    pub(crate) profit_mina_per_hour: f64,
    /// Expected profit with the other method at its best fee.
    pub(crate) other_profit_mina_per_hour: f64,
}

/// Which fee a forecast is made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ForecastFee {
    /// The one with the highest profit.
    #[default]
    Best,
    /// The one that the daemon would be asking after a dry run's decisions.
    WouldAsk,
    /// The one that the daemon asks.
    Asked,
}

impl SelectionOutlook {
    /// What it says of a record; `None` where no market was appraised.
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let appraisal = record.decision.appraisal.as_ref()?;
        let other = appraisal.otherwise_selected?;
        Some(Self {
            method: record.market.as_ref().and_then(|market| market.selection),
            other: other.method,
            profit_mina_per_hour: appraisal.best.profit.to_mina_per_hour(),
            other_profit_mina_per_hour: other.best.profit.to_mina_per_hour(),
        })
    }

    /// How the daemon hands out works, and whether another way would earn more.
    pub(crate) fn describe(&self, unit: FeeUnit) -> String {
        let Self { method, other, profit_mina_per_hour: now, .. } = *self;
        let then = self.other_profit_mina_per_hour;
        let used = method.map_or("not known yet, rand assumed", SelectionMethod::code);
        let number = |mina| unit.show_short_number(mina);
        let compared = format!(
            "--work-selection {} would bring {} {name}/h in place of {}",
            other.code(),
            number(then),
            number(now),
            name = unit.name()
        );
        let limit = if then > now && other == SelectionMethod::Seq {
            ", as long as few others use it"
        } else {
            ""
        };
        format!("{used}; {compared}{limit}")
    }
}

/// A forecast's arithmetic: (P(sold) x fee - cost) x works per hour - idle cost = profit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ForecastArithmetic {
    /// Which fee it is.
    #[serde(default)]
    pub(crate) of: ForecastFee,
    /// The fee.
    pub(crate) fee_mina: f64,
    /// P(sold).
    pub(crate) sale_probability: f64,
    /// Lower end of its band.
    pub(crate) low: f64,
    /// Upper end of its band.
    pub(crate) high: f64,
    /// Cost of a work.
    pub(crate) cost_per_work_mina: f64,
    /// Works made per hour.
    pub(crate) works_per_hour: f64,
    /// Cost of the time without work.
    #[serde(default)]
    pub(crate) idle_cost_mina_per_hour: f64,
    /// Expected profit.
    pub(crate) profit_mina_per_hour: f64,
    /// Profit at the lower end of the band, the figure that decisions use.
    pub(crate) low_profit_mina_per_hour: f64,
    /// Profit at the upper end.
    pub(crate) high_profit_mina_per_hour: f64,
}

impl Explanation {
    /// Explains a record. `headline` is its state in one line, `appraisal` its forecasts.
    pub(crate) fn new(record: &Record, headline: String, appraisal: Option<&Appraisal>) -> Self {
        let unit = record.fee_unit();
        let reason = &record.decision.reason;
        let market = record.market.as_ref();
        let interval = market.and_then(|market| market.works_bought_per_hour_interval);
        // What proves for the network does not ask whether it pays.
        let priced = appraisal.filter(|appraisal| appraisal.proof_need.is_none());
        let outlook = priced.map(|appraisal| Outlook::from_record(record, appraisal));
        let changes = appraisal
            .zip(outlook)
            .map(|(appraisal, outlook)| outlook.list_changes(record, appraisal));
        Self {
            at: record.at,
            mode: record.mode,
            unit,
            headline,
            has: DaemonSide::from(record),
            wanted: WantedSide::from(record),
            action: record.decision.action.code().to_owned(),
            reason: reason.code().to_owned(),
            text: record.reason_text(),
            waits_until: describe_end(reason).map(str::to_owned),
            wait_seconds: remaining_wait(reason, record.at).map(|wait| wait.as_secs()),
            forecasts: appraisal.map(forecasts).unwrap_or_default(),
            moving: appraisal
                .map(|appraisal| appraisal.moving)
                .filter(|moving| moving.forgone > Nanomina::ZERO)
                .map(MovingCost::from),
            selection: SelectionOutlook::of(record),
            cost_known: record.cost.is_some(),
            cost: record.cost_estimate.as_ref().map(CostDocument::from),
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

fn forecasts(appraisal: &Appraisal) -> Vec<ForecastArithmetic> {
    let Appraisal { cost, best, current, .. } = appraisal;
    let asked = appraisal.asked();
    let imagined = appraisal.really_asked.as_ref().map(|_| current);
    let imagined = imagined.filter(|imagined| imagined.fee != best.fee);
    let real = Some(asked).filter(|asked| asked.fee != best.fee);
    let all = [
        (ForecastFee::Best, Some(best)),
        (ForecastFee::WouldAsk, imagined),
        (ForecastFee::Asked, real),
    ];
    all.into_iter()
        .filter_map(|(of, forecast)| Some(ForecastArithmetic::new(of, forecast?, *cost)))
        .collect()
}

impl ForecastArithmetic {
    fn new(of: ForecastFee, forecast: &Forecast, cost: Nanomina) -> Self {
        let at = |probability: f64| {
            let per_work = probability * forecast.fee.to_mina() - cost.to_mina();
            forecast.works_per_hour * per_work - forecast.idle_cost.to_mina_per_hour()
        };
        Self {
            of,
            fee_mina: forecast.fee.to_mina(),
            sale_probability: forecast.sale_probability,
            low: forecast.low,
            high: forecast.high,
            cost_per_work_mina: cost.to_mina(),
            idle_cost_mina_per_hour: forecast.idle_cost.to_mina_per_hour(),
            works_per_hour: forecast.works_per_hour,
            profit_mina_per_hour: forecast.profit.to_mina_per_hour(),
            low_profit_mina_per_hour: forecast.cautious_profit.to_mina_per_hour(),
            high_profit_mina_per_hour: at(forecast.high),
        }
    }
}

#[cfg(test)]
mod tests;
