//! What own work earned and cost, as the documents have it.

use jiff::Timestamp;
use serde::Serialize;
use snarkfee_core::{
    account::{Money, Tally, Work},
    units::Nanomina,
};

/// An account since its beginning, and by days of UTC.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MoneyDocument {
    since: Timestamp,
    #[serde(flatten)]
    sums: TallyDocument,
    today: TallyDocument,
    #[serde(rename = "7d")]
    week: TallyDocument,
    #[serde(rename = "30d")]
    month: TallyDocument,
    all: TallyDocument,
}

/// The sums of some time; unknown values are `None`.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct TallyDocument {
    earned_mina: f64,
    /// `None` while the cost of most works made is not known.
    cost_mina: Option<f64>,
    profit_mina: Option<f64>,
    made: u64,
    sold: u64,
    /// Of the works sold, those that stood in the book before the account began.
    sold_made_before: u64,
    /// Energy less than that of a worker that is always on at the fee that was found; `None` where
    /// no power is set.
    saved_kwh: Option<f64>,
    /// Profit more than that of such a worker.
    saved_mina: f64,
    foregone_mina: f64,
    /// Of the time in dry-run; `None` where there was none.
    counterfactual_profit_mina: Option<f64>,
    counterfactual: Option<CounterfactualDocument>,
}

/// What a dry run imagined, beside what was done meanwhile.
#[derive(Clone, Copy, Debug, Serialize)]
struct CounterfactualDocument {
    imagined: WorkDocument,
    real: WorkDocument,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct WorkDocument {
    made: f64,
    sold: f64,
    earned_mina: f64,
    cost_mina: f64,
    profit_mina: f64,
}

impl From<&Money> for MoneyDocument {
    fn from(money: &Money) -> Self {
        Self {
            since: money.since,
            sums: (&money.all).into(),
            today: (&money.today).into(),
            week: (&money.week).into(),
            month: (&money.month).into(),
            all: (&money.all).into(),
        }
    }
}

impl From<&Tally> for TallyDocument {
    fn from(tally: &Tally) -> Self {
        let known = |mina: f64| Some(mina).filter(|_| tally.knows_cost());
        let dry = tally.dry_run.as_ref();
        Self {
            earned_mina: tally.real.earned.to_mina(),
            cost_mina: known(tally.real.cost.to_mina()),
            profit_mina: known(signed_mina(tally.real.profit())),
            made: whole(tally.real.made),
            sold: whole(tally.real.sold),
            sold_made_before: tally.sold_found,
            saved_kwh: tally.saved_kwh(),
            saved_mina: signed_mina(tally.gain_on_always_on()),
            foregone_mina: tally.foregone.to_mina(),
            counterfactual_profit_mina: dry.map(|dry| signed_mina(dry.imagined.profit())),
            counterfactual: dry.map(|dry| CounterfactualDocument {
                imagined: WorkDocument::from(&dry.imagined),
                real: WorkDocument::from(&dry.real),
            }),
        }
    }
}

impl From<&Work> for WorkDocument {
    fn from(work: &Work) -> Self {
        Self {
            made: work.made,
            sold: work.sold,
            earned_mina: work.earned.to_mina(),
            cost_mina: work.cost.to_mina(),
            profit_mina: signed_mina(work.profit()),
        }
    }
}

/// Nanomina, which may be negative, as MINA.
pub(crate) fn signed_mina(nanomina: i64) -> f64 {
    let size = Nanomina::rounded(nanomina.unsigned_abs() as f64).to_mina();
    if nanomina < 0 { -size } else { size }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sum of counts")]
pub(crate) fn whole(count: f64) -> u64 {
    count.max(0.0).round() as u64
}
