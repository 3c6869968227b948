//! The forecasts behind a decision: candidate fees compared.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    cover::is_needed,
    crossing::{Crossing, crossing},
    fee_bounds::FeeBounds,
    forecast::{Forecast, forecast, forecast_with},
    moving::{Moving, Unsold},
    params::{Pricing, Strategy},
};
use crate::{
    cost::ChargedCost,
    market::{MarketView, ProofNeed, SelectionMethod},
    units::{FeeRate, Nanomina},
};

/// The forecasts behind a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Appraisal {
    /// Cost of one work, as charged.
    pub cost: Nanomina,
    /// Cost of an hour in which the worker is on and has nothing to do.
    #[serde(default)]
    pub idle_hour: Nanomina,
    /// At the fee the policy wants.
    pub best: Forecast,
    /// At the fee that the decision starts from: the one that the daemon asks, in dry-run the one
    /// that it would be asking.
    pub current: Forecast,
    /// In dry-run, at the fee that the daemon asks, if that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub really_asked: Option<Forecast>,
    /// What going from that fee to the best one costs.
    #[serde(default)]
    pub moving: Moving,
    /// The least cautious profit at which a fee counts as safe.
    #[serde(default)]
    pub least_safe: FeeRate,
    /// Over candidate fees in ascending order, thinned to at most [`Appraisal::MAX_CURVE`] points.
    pub curve: Vec<Forecast>,
    /// What the best fee would bring if the daemon selected works in another way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise_selected: Option<OtherSelection>,
    /// What would bring the profit down to `policy.stop_below`.
    pub stop: Crossing,
    /// What would bring the profit up to `policy.resume_above`.
    pub resume: Crossing,
    /// With strategy `cover`, whether works lack proofs; on and off then follow from this alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof_need: Option<ProofNeed>,
}

/// What another `--work-selection` of the daemon would bring, with its best fee, as long as others
/// sell as they do now.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OtherSelection {
    /// The method.
    pub method: SelectionMethod,
    /// At the fee of highest profit with it.
    pub best: Forecast,
}

impl OtherSelection {
    fn find(view: &MarketView, cost: ChargedCost, fees: &BTreeSet<Nanomina>) -> Option<Self> {
        let method = match view.selection() {
            SelectionMethod::Seq => SelectionMethod::Rand,
            SelectionMethod::Rand | SelectionMethod::Roffset => SelectionMethod::Seq,
        };
        let best = fees
            .iter()
            .map(|&fee| forecast_with(view, cost, fee, method))
            .max_by_key(|at| (at.profit, std::cmp::Reverse(at.fee)))?;
        Some(Self { method, best })
    }
}

impl Appraisal {
    /// Most points kept of the curve.
    pub const MAX_CURVE: usize = 96;

    /// The cost behind the forecasts.
    pub const fn charged_cost(&self) -> ChargedCost {
        ChargedCost { per_work: self.cost, idle_hour: self.idle_hour }
    }

    /// At the fee that the daemon asks.
    pub fn asked(&self) -> &Forecast {
        self.really_asked.as_ref().unwrap_or(&self.current)
    }

    /// Whether computing is wanted of a worker that is on, or of one that is off: because it pays,
    /// or for the network.
    pub(super) fn wants_work(&self, on: bool) -> bool {
        if let Some(need) = &self.proof_need {
            return is_needed(need, on);
        }
        let threshold = if on { self.stop.threshold } else { self.resume.threshold };
        self.best.cautious_profit >= threshold
    }
}

/// Forecasts at the fee that the strategy proposes and at the fee asked now.
pub(super) fn appraise(
    view: &MarketView,
    cost: ChargedCost,
    pricing: &Pricing,
    bounds: FeeBounds,
    current: Nanomina,
) -> Appraisal {
    let FeeBounds { floor, highest: ceiling, .. } = bounds;
    let candidates = candidates(view, pricing, floor, ceiling);
    let curve: Vec<Forecast> = candidates.iter().map(|&fee| forecast(view, cost, fee)).collect();
    let at = |fee: Nanomina| forecast(view, cost, fee.clamp(floor, ceiling));
    let unsold = Unsold::new(view, cost, current, pricing.half_life);
    let of_curve = least_safe(&curve, pricing.resume_above);
    let best = match pricing.strategy {
        Strategy::Profit => of_curve
            .and_then(|least| most_profitable(&curve, least, |to| unsold.moving(to).per_hour))
            .unwrap_or_else(|| at(ceiling)),
        Strategy::Undercut => at(view
            .lowest_offer()
            .map_or_else(|| typical(view, 0.5), Some)
            .map_or(ceiling, |f| f.saturating_sub(pricing.tick))),
        Strategy::Quantile { quantile } => {
            at(typical(view, quantile).map_or(ceiling, |price| price.saturating_sub(pricing.tick)))
        }
        Strategy::Fixed { fee } => at(fee),
        Strategy::Cover => at(floor),
    };
    let choice = match pricing.strategy {
        Strategy::Profit => curve.as_slice(),
        Strategy::Undercut
        | Strategy::Quantile { .. }
        | Strategy::Fixed { .. }
        | Strategy::Cover => std::slice::from_ref(&best),
    };
    let reach = |threshold| crossing(choice, cost.per_work, threshold, pricing, (floor, ceiling));
    let (stop, resume) = (reach(pricing.stop_below), reach(pricing.resume_above));
    Appraisal {
        cost: cost.per_work,
        idle_hour: cost.idle_hour,
        best,
        current: forecast(view, cost, current),
        really_asked: None,
        moving: unsold.moving(&best),
        least_safe: of_curve.unwrap_or(best.cautious_profit),
        curve: thin(curve, best.fee),
        otherwise_selected: OtherSelection::find(view, cost, &candidates),
        stop,
        resume,
        proof_need: matches!(pricing.strategy, Strategy::Cover)
            .then(|| view.proof_need())
            .flatten(),
    }
}

/// The least cautious profit of a fee that is safe to ask: half of the highest, and enough to be
/// worth working for wherever that is.
fn least_safe(curve: &[Forecast], resume_above: FeeRate) -> Option<FeeRate> {
    let highest = curve.iter().map(|forecast| forecast.cautious_profit).max()?;
    let half = if highest > FeeRate::ZERO { FeeRate::new(highest.get() / 2) } else { highest };
    Some(half.max(highest.min(resume_above)))
}

/// Of the fees that are safe the one with the highest plain profit, less what going there costs; of
/// equal ones the one with the highest cautious profit, then the lowest.
///
/// Caution alone would choose cheap fees for hours after prices changed: while little was seen, the
/// lower end of the band falls faster the dearer the fee.
fn most_profitable(
    curve: &[Forecast],
    least_safe: FeeRate,
    lost: impl Fn(&Forecast) -> FeeRate,
) -> Option<Forecast> {
    let safe = curve.iter().copied().filter(|at| at.cautious_profit >= least_safe);
    safe.max_by_key(|at| {
        (at.profit.saturating_sub(lost(at)), at.cautious_profit, std::cmp::Reverse(at.fee))
    })
}

/// A quantile of the price at which work is bought, or of the nearest one that is identified.
fn typical(view: &MarketView, quantile: f64) -> Option<Nanomina> {
    view.quantile(quantile).or_else(|| view.candidate_prices().max())
}

/// One tick below every competing price, and the two bounds.
fn candidates(
    view: &MarketView,
    pricing: &Pricing,
    floor: Nanomina,
    ceiling: Nanomina,
) -> BTreeSet<Nanomina> {
    let below = |price: Nanomina| price.saturating_sub(pricing.tick).clamp(floor, ceiling);
    view.candidate_prices().map(below).chain([floor, ceiling]).collect()
}

/// Every n-th point, so that at most [`Appraisal::MAX_CURVE`] remain, the ends and the point at
/// `keep` among them.
fn thin(curve: Vec<Forecast>, keep: Nanomina) -> Vec<Forecast> {
    let last = curve.len().saturating_sub(1);
    let step = curve.len().div_ceil(Appraisal::MAX_CURVE - 2).max(1);
    let kept = |(i, f): &(usize, Forecast)| i % step == 0 || *i == last || f.fee == keep;
    curve.into_iter().enumerate().filter(kept).map(|(_, f)| f).collect()
}

#[cfg(test)]
mod tests;
