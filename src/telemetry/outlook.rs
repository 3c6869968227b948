//! What would change where a worker stands: prices, sales or cost, each by itself.
//!
//! Not here: how the numbers are solved for (`policy::Crossing`).

use serde::{Deserialize, Serialize};
use snarkfee_core::{
    market::MarketSummary,
    policy::{Appraisal, Crossing, Reason},
    record::{Record, Role},
    units::{Nanomina, four_digits, percent},
};

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
    /// `prices` (a factor on all of them), `sales` (P(sold) at a fee, on the cautious side), or
    /// `cost` (MINA per work).
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

impl Outlook {
    /// Where changes would lead from what a record decided.
    pub(super) fn of(record: &Record, appraisal: &Appraisal) -> Self {
        let on = match record.decision.reason {
            Reason::StaysOff { .. } | Reason::Profitable { .. } | Reason::MinOff { .. } => false,
            Reason::Uneconomical { .. }
            | Reason::MinOn { .. }
            | Reason::AtTarget
            | Reason::InsideDeadband { .. } => true,
            _ => record.enabled_after().unwrap_or(record.role == Role::Coordinator),
        };
        let expected = appraisal.best.cautious_profit;
        match on {
            true if expected < appraisal.stop.threshold => Self::StayOn,
            true if appraisal.best.is_idle() => Self::Earn,
            true if appraisal.stop.idles => Self::Idle,
            true => Self::Stop,
            false if expected >= appraisal.resume.threshold => Self::StayOff,
            false => Self::Resume,
        }
    }

    /// What would lead there.
    pub(super) fn changes(self, record: &Record, appraisal: &Appraisal) -> Vec<Change> {
        let crossing = match self {
            Self::Stop | Self::StayOn | Self::Idle | Self::Earn => &appraisal.stop,
            Self::Resume | Self::StayOff => &appraisal.resume,
        };
        let mut changes = solved(crossing, appraisal.cost, record);
        // What leads away from where the worker is now is no change of it.
        changes.retain(|change| change.leads(self));
        changes
    }

    /// What a list of changes is introduced by.
    pub const fn introduction(self) -> &'static str {
        match self {
            Self::Stop => "it would stop if, each by itself,",
            Self::Idle => {
                "it would ask a fee that brings no work, and costs nothing, if, each by itself,"
            }
            Self::Earn => {
                "it asks a fee that brings no work, and costs nothing; it would earn if, each by itself,"
            }
            Self::StayOn => "it would stay on if, each by itself,",
            Self::Resume => "it would resume if, each by itself,",
            Self::StayOff => "it would stay off if, each by itself,",
        }
    }

    /// What is said where nothing leads there.
    pub const fn standstill(self) -> &'static str {
        match self {
            Self::Stop | Self::Idle => "neither prices, sales nor cost alone would stop it",
            Self::StayOn | Self::Resume | Self::Earn => {
                "neither prices, sales nor cost alone would make it pay"
            }
            Self::StayOff => "neither prices, sales nor cost alone would keep it off",
        }
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

/// The crossing in words: each number is the exact border, on which side of it follows from the
/// outlook.
fn solved(crossing: &Crossing, cost: Nanomina, record: &Record) -> Vec<Change> {
    let prices = crossing.price_factor.map(|factor| {
        let example = record.market.as_ref().and_then(positive_quantile).map(|(level, price)| {
            let then = four_digits(price.to_mina() * factor);
            format!(
                "; {} of works are bought for at most {price} now, that would be {then} MINA",
                percent(level)
            )
        });
        Change {
            what: "prices".to_owned(),
            now: Some(1.0),
            needed: factor,
            fee_mina: None,
            text: format!(
                "all prices were {} times what they are{}",
                four_digits(factor),
                example.unwrap_or_default()
            ),
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
fn positive_quantile(market: &MarketSummary) -> Option<(f64, Nanomina)> {
    let known = MarketSummary::QUANTILES.into_iter().zip(market.quantiles);
    known
        .filter(|(level, _)| *level >= 0.5)
        .find_map(|(level, price)| Some((level, price.filter(|p| *p > Nanomina::ZERO)?)))
}
