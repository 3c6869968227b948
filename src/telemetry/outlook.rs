//! What would turn a worker on or off: prices, sales or cost, each on its own.
//!
//! Not here: how the numbers are found (`policy::Crossing`).

use serde::{Deserialize, Serialize};
use snarkfee_core::{
    market::MarketSummary,
    policy::{Appraisal, Crossing, Reason},
    record::{Mode, Record, Role},
    units::{Nanomina, four_digits, percent},
};

/// Where a change would lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outlook {
    /// The worker is on and would stop.
    Stop,
    /// The worker is on and would stay on, at a fee that brings no work.
    Idle,
    /// The worker is on at a fee that brings no work, and would earn at another fee.
    Earn,
    /// The worker is on and about to stop, and would stay on.
    StayOn,
    /// The worker is off and would resume.
    Resume,
    /// The worker is off and about to resume, and would stay off.
    StayOff,
}

/// One change that would lead to the outlook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OutlookChange {
    /// `prices` (a factor on all of them), `sales` (P(sold) at a fee, on the cautious side), or
    /// `cost` (MINA per work).
    pub(crate) what: String,
    /// The present value; `None` for an unknown cost.
    pub(crate) now: Option<f64>,
    /// The value at which it happens.
    pub(crate) needed: f64,
    /// The fee that `sales` is about.
    pub(crate) fee_mina: Option<f64>,
    /// In words.
    pub(crate) text: String,
}

impl Outlook {
    /// Where a change would lead from the decision of a record.
    pub(super) fn from_record(record: &Record, appraisal: &Appraisal) -> Self {
        let on = match record.decision.reason {
            Reason::StaysOff { .. } | Reason::Profitable { .. } | Reason::MinOff { .. } => false,
            Reason::Uneconomical { .. }
            | Reason::MinOn { .. }
            | Reason::AtTarget
            | Reason::InsideDeadband { .. } => true,
            // In dry-run this is about the worker that is imagined.
            _ => match record.mode {
                Mode::DryRun => record.wanted_enabled(),
                Mode::Live => record.enabled_after(),
            }
            .unwrap_or(record.role == Role::Coordinator),
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

    /// The changes that would lead there.
    pub(super) fn list_changes(self, record: &Record, appraisal: &Appraisal) -> Vec<OutlookChange> {
        let crossing = match self {
            Self::Stop | Self::StayOn | Self::Idle | Self::Earn => &appraisal.stop,
            Self::Resume | Self::StayOff => &appraisal.resume,
        };
        let mut changes = describe_crossing(crossing, appraisal.cost, record);
        // A crossing can lie on the near side, where reaching it would confirm the present state.
        changes.retain(|change| change.leads(self));
        changes
    }

    /// The line before a list of changes.
    pub(crate) const fn introduction(self) -> &'static str {
        match self {
            Self::Stop => "it would stop if any one of these held:",
            Self::Idle => {
                "it would ask a fee that brings no work, and costs nothing, if any one of these held:"
            }
            Self::Earn => {
                "it asks a fee that brings no work, and costs nothing; it would earn if any one of these held:"
            }
            Self::StayOn => "it would stay on if any one of these held:",
            Self::Resume => "it would resume if any one of these held:",
            Self::StayOff => "it would stay off if any one of these held:",
        }
    }

    /// The line where no change leads there.
    pub(crate) const fn no_change(self) -> &'static str {
        match self {
            Self::Stop | Self::Idle => "no change of prices, sales or cost alone would stop it",
            Self::StayOn | Self::Resume | Self::Earn => {
                "no change of prices, sales or cost alone would make it pay"
            }
            Self::StayOff => "no change of prices, sales or cost alone would keep it off",
        }
    }
}

impl OutlookChange {
    /// Whether the change is a gain for an outlook that needs one, or a loss for one that needs that.
    fn leads(&self, outlook: Outlook) -> bool {
        let Some(now) = self.now else { return true };
        let gain = match self.what.as_str() {
            "cost" => self.needed <= now,
            _ => self.needed >= now,
        };
        gain == matches!(outlook, Outlook::Resume | Outlook::StayOn | Outlook::Earn)
    }
}

/// The crossing in words. Each number is the exact threshold; the outlook says from which side it is
/// crossed.
fn describe_crossing(crossing: &Crossing, cost: Nanomina, record: &Record) -> Vec<OutlookChange> {
    let unit = record.fee_unit();
    let prices = crossing.price_factor.map(|factor| {
        let example =
            record.market.as_ref().and_then(lowest_positive_quantile).map(|(level, price)| {
                let then = unit.show_short_number(price.to_mina() * factor);
                let price = unit.show(price);
                format!(
                    "; {} of works now cost at most {price}; that would be {then} {}",
                    percent(level),
                    unit.name()
                )
            });
        OutlookChange {
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
    let sales = crossing.sales.map(|sales| OutlookChange {
        what: "sales".to_owned(),
        now: Some(sales.now),
        needed: sales.needed,
        fee_mina: Some(sales.fee.to_mina()),
        text: format!(
            "{} of works sold at {}, by the lower end of the band; now {}",
            percent(sales.needed),
            unit.show(sales.fee),
            percent(sales.now)
        ),
    });
    let now = record.cost.map_or("now unknown".to_owned(), |_| format!("now {}", unit.show(cost)));
    let cost = crossing.cost.map(|needed| OutlookChange {
        what: "cost".to_owned(),
        now: record.cost.map(Nanomina::to_mina),
        needed: needed.to_mina(),
        fee_mina: None,
        text: format!("a work cost {} to make; {now}", unit.show(needed)),
    });
    [prices, sales, cost].into_iter().flatten().collect()
}

/// The lowest known quantile from the median upwards that is above 0.
fn lowest_positive_quantile(market: &MarketSummary) -> Option<(f64, Nanomina)> {
    let known = MarketSummary::QUANTILES.into_iter().zip(market.quantiles);
    known
        .filter(|(level, _)| *level >= 0.5)
        .find_map(|(level, price)| Some((level, price.filter(|p| *p > Nanomina::ZERO)?)))
}
