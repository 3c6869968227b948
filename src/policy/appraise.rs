//! What each fee would bring: forecasts over candidate fees.

use std::collections::BTreeSet;

use super::{
    crossing::crossing,
    decision::{Appraisal, Forecast},
    params::{Pricing, Strategy},
};
use crate::{
    market::View,
    units::{FeeRate, Nanomina},
};

/// Forecasts at the fee that the strategy proposes and at the fee asked now.
pub(super) fn appraise(
    view: &View,
    cost: Nanomina,
    pricing: &Pricing,
    floor: Nanomina,
    current: Nanomina,
) -> Appraisal {
    let ceiling = pricing.ceiling.max(floor);
    let candidates = candidates(view, pricing, floor, ceiling);
    let curve: Vec<Forecast> = candidates.iter().map(|&fee| forecast(view, cost, fee)).collect();
    let at = |fee: Nanomina| forecast(view, cost, fee.clamp(floor, ceiling));
    let best = match pricing.strategy {
        Strategy::Profit => most_profitable(&curve).unwrap_or_else(|| at(ceiling)),
        Strategy::Undercut => at(view
            .lowest_offer()
            .map_or_else(|| typical(view, 0.5), Some)
            .map_or(ceiling, |f| f.saturating_sub(pricing.tick))),
        Strategy::Quantile { quantile } => {
            at(typical(view, quantile).map_or(ceiling, |price| price.saturating_sub(pricing.tick)))
        }
        Strategy::Fixed { fee } => at(fee),
    };
    let choice = match pricing.strategy {
        Strategy::Profit => curve.as_slice(),
        Strategy::Undercut | Strategy::Quantile { .. } | Strategy::Fixed { .. } => std::slice::from_ref(&best),
    };
    let reach = |threshold| crossing(choice, cost, threshold, pricing, floor);
    let (stop, resume) = (reach(pricing.stop_below), reach(pricing.resume_above));
    Appraisal { cost, best, current: forecast(view, cost, current), curve: thin(curve, best.fee), stop, resume }
}

/// What asking `fee` is expected to bring.
///
/// With demand D (works bought per hour), S(f) = P(C > f) for the competing price C, and g(f) the share of works that would be
/// handed to us at f, works made per hour are r = min(own pace, D g) and each sells with q = min(1, S/g); the profit per hour is
/// r (q f - c). A work with C > f was open to us, so g >= S.
pub fn forecast(view: &View, cost: Nanomina, fee: Nanomina) -> Forecast {
    let price = view.sells_above(fee);
    let handed = view.startable_share(fee).max(price.estimate).max(f64::MIN_POSITIVE);
    let open_and_sold = |probability: f64| (probability / handed).clamp(0.0, 1.0);
    let sold = |probability: f64| (open_and_sold(probability) * view.calibration_factor()).clamp(0.0, 1.0);
    let (sale_probability, low, high) = (sold(price.estimate), sold(price.low), sold(price.high));
    let flow = view.works_bought_per_hour().map(|demand| demand * handed);
    let works_per_hour = match (flow, view.own_works_per_hour()) {
        (Some(flow), Some(own)) => flow.min(own),
        (Some(known), None) | (None, Some(known)) => known,
        // Neither is known: the forecast then is per work made in an hour, which ranks fees all the same.
        (None, None) => 1.0,
    };
    let profit = |probability: f64| rate(works_per_hour * (probability * fee.to_f64() - cost.to_f64()));
    Forecast {
        fee,
        sale_probability,
        uncorrected: open_and_sold(price.estimate),
        low,
        high,
        works_per_hour,
        profit: profit(sale_probability),
        cautious_profit: profit(low),
    }
}

/// The highest cautious profit; of equal ones the highest plain profit, then the lowest fee.
fn most_profitable(curve: &[Forecast]) -> Option<Forecast> {
    let rank = |f: &Forecast| (f.cautious_profit, f.profit, std::cmp::Reverse(f.fee));
    curve.iter().copied().max_by_key(rank)
}

/// A quantile of the price at which work is bought, or of the nearest one that is identified.
fn typical(view: &View, quantile: f64) -> Option<Nanomina> {
    view.quantile(quantile).or_else(|| view.candidate_prices().max())
}

/// One tick below every competing price, and the two bounds.
fn candidates(view: &View, pricing: &Pricing, floor: Nanomina, ceiling: Nanomina) -> BTreeSet<Nanomina> {
    let below = |price: Nanomina| price.saturating_sub(pricing.tick).clamp(floor, ceiling);
    view.candidate_prices().map(below).chain([floor, ceiling]).collect()
}

/// Every n-th point, so that at most [`Appraisal::MAX_CURVE`] remain, the ends and the point at `keep` among them.
fn thin(curve: Vec<Forecast>, keep: Nanomina) -> Vec<Forecast> {
    let last = curve.len().saturating_sub(1);
    let step = curve.len().div_ceil(Appraisal::MAX_CURVE - 2).max(1);
    let kept = |(i, f): &(usize, Forecast)| i % step == 0 || *i == last || f.fee == keep;
    curve.into_iter().enumerate().filter(kept).map(|(_, f)| f).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "float to integer casts saturate, which is what a rate out of range should do"
)]
fn rate(nanomina_per_hour: f64) -> FeeRate {
    FeeRate::new(nanomina_per_hour.round() as i64)
}
