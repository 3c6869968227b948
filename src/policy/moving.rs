//! What a lower fee costs besides what it brings.
//!
//! A worker is handed each work whose standing proof asks more than its fee, its own unsold ones too: the daemon does not look whose a proof is
//! (Mina `work_selector`, J20 to 3.0.3). The forecast counts these works among those it makes and sells at the new fee; what it does not
//! know is that they would have sold without being proved again. Works that ask more than the fee asked now are offered again already.
//!
//! The income lost is taken as spread over the half-life of evidence, the time for which today's estimate speaks.

use std::{collections::BTreeMap, ops::Bound, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{market::View, units::Nanomina};

use super::appraise::forecast;

/// What it costs to ask another fee.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moving {
    /// Unsold works of the same operator that would be offered to the worker again.
    pub works: u64,
    /// What they are expected to bring as they stand.
    pub forgone: Nanomina,
}

impl Moving {
    /// The income lost in nanomina per hour, spread over the half-life of evidence.
    pub(super) fn per_hour(&self, half_life: Duration) -> f64 {
        const SHORTEST: Duration = Duration::from_secs(600);
        self.forgone.to_f64() * 3600.0 / half_life.max(SHORTEST).as_secs_f64()
    }
}

/// Unsold works of the same operator by their fee, each with the income expected of those at that fee.
pub(super) struct Unsold {
    at: BTreeMap<Nanomina, Moving>,
    half_life: Duration,
}

impl Unsold {
    /// What stands in the book while `current` is asked.
    pub(super) fn new(view: &View, cost: Nanomina, current: Nanomina, half_life: Duration) -> Self {
        let at = |(&fee, &works): (&Nanomina, &u64)| {
            let income = forecast(view, cost, fee).sale_probability * fee.to_f64() * works as f64;
            (fee, Moving { works, forgone: amount(income) })
        };
        let at = view.own_standing().range(..=current).map(at).collect();
        Self { at, half_life }
    }

    /// What asking `fee` costs.
    pub(super) fn moving(&self, fee: Nanomina) -> Moving {
        let reopened = self.at.range((Bound::Excluded(fee), Bound::Unbounded));
        reopened.fold(Moving::default(), |sum, (_, at)| Moving {
            works: sum.works + at.works,
            forgone: sum.forgone.saturating_add(at.forgone),
        })
    }

    /// The same in nanomina per hour.
    pub(super) fn per_hour(&self, fee: Nanomina) -> f64 {
        self.moving(fee).per_hour(self.half_life)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative; above the range it saturates"
)]
fn amount(nanomina: f64) -> Nanomina {
    Nanomina::try_new(nanomina.max(0.0) as u64).unwrap_or(Nanomina::MAX)
}
