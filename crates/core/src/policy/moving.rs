//! What a lower fee costs besides what it brings.
//!
//! A worker is handed each work whose standing proof asks more than its fee, its own unsold ones
//! too: the daemon does not look whose a proof is (Mina `work_selector`, J20 to 3.0.3). The
//! forecast counts these works among those it makes and sells at the new fee; what it does not know
//! is that they would have sold without being proved again. Works that ask more than the fee asked
//! now are open to the worker at that fee already.
//!
//! Works are handed out at random, so that of those made per hour the share is proved again that
//! unsold works have among the works open at the fee. No more is lost than there is: the whole is
//! taken as spread over the half-life of evidence, the time for which today's estimate speaks.
//!
//! Works in hand count among the unsold ones at the fee asked now: key and fee are bound when a
//! work is handed out, from 4.0 on when it enters the daemon's partitioner, which finishes whatever
//! is inside (Mina `work_partitioner.ml`). They come at the old fee, and are then open to the worker
//! again at a lower one.

use std::{collections::BTreeMap, ops::Bound, time::Duration};

use serde::{Deserialize, Serialize};

use super::forecast::{Forecast, forecast};
use crate::{
    cost::ChargedCost,
    market::MarketView,
    units::{FeeRate, Nanomina},
};

/// What it costs to ask another fee.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Moving {
    /// Unsold works of the same operator that would be offered to the worker again.
    pub works: u64,
    /// What they are expected to bring as they stand.
    pub forgone: Nanomina,
    /// What of it is expected to be lost.
    pub per_hour: FeeRate,
}

/// Unsold works of the same operator.
pub(super) struct Unsold<'a> {
    view: &'a MarketView,
    /// How many, and the income expected of them in nanomina, by their fee.
    at: BTreeMap<Nanomina, (u64, f64)>,
    hours: f64,
}

impl<'a> Unsold<'a> {
    /// What stands in the book or is in hand while `current` is asked.
    pub(super) fn new(
        view: &'a MarketView,
        cost: ChargedCost,
        current: Nanomina,
        half_life: Duration,
    ) -> Self {
        const SHORTEST: Duration = Duration::from_secs(600);
        let at = |(&fee, &works): (&Nanomina, &u64)| {
            (fee, (works, forecast(view, cost, fee).sale_probability * fee.to_f64() * works as f64))
        };
        let mut works: BTreeMap<Nanomina, u64> =
            view.own_standing().range(..=current).map(|(fee, works)| (*fee, *works)).collect();
        if view.in_hand() > 0 {
            *works.entry(current).or_default() += view.in_hand();
        }
        let at = works.iter().map(at).collect();
        Self { view, at, hours: half_life.max(SHORTEST).as_secs_f64() / 3600.0 }
    }

    /// What asking a fee costs.
    pub(super) fn moving(&self, to: &Forecast) -> Moving {
        let reopened = self.at.range((Bound::Excluded(to.fee), Bound::Unbounded));
        let (works, forgone) = reopened
            .fold((0, 0.0), |(works, sum), (_, (more, income))| (works + more, sum + income));
        if works == 0 {
            return Moving::default();
        }
        let open = self.view.count_open_above(to.fee).max(works);
        let lost = (to.works_per_hour / open as f64).min(self.hours.recip()) * forgone;
        Moving { works, forgone: Nanomina::rounded(forgone), per_hour: FeeRate::rounded(lost) }
    }
}
