//! What would have to change for the expected profit to reach a threshold: the forecast, solved for
//! each of its inputs in turn.
//!
//! A forecast says r (q f - c), less what idle time costs: works per hour, P(sold) on the cautious
//! side, fee, cost. Set equal to a threshold, which with that idle cost added is T, it gives the
//! P(sold) needed at a fee, (T/r + c) / f; the highest cost, q f - T/r; and the factor k on all
//! prices, (T/r + c) / (q f), since prices k times as high sell the same share of works at k times
//! the fee. Each holds everything else, the pace r too, as it is now.
//!
//! Invariants: pure; no NaN; of profits above the threshold the answers say how much may be lost,
//! of those below how much is missing.

use serde::{Deserialize, Serialize};

use super::{
    forecast::Forecast,
    params::{Pricing, Strategy},
};
use crate::units::{FeeRate, Nanomina};

/// What would bring the expected profit to a threshold, each thing by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// The threshold.
    pub threshold: FeeRate,
    /// Whether some fee brings no work and so neither gain nor loss, which the threshold allows.
    /// The profit then never falls below it; the answers say where that fee becomes the best one.
    pub idles: bool,
    /// P(sold) at the fee nearest to it; `None` when there is no fee above 0 at which any number of
    /// sales would do.
    pub sales: Option<SalesNeeded>,
    /// What all prices would have to be multiplied by; `None` when no factor does within floor and
    /// ceiling: nothing sells above 0, or the fee does not follow prices (strategy `fixed`).
    pub price_factor: Option<f64>,
    /// The cost of a work at which it would be reached, rounded down; `None` when not even free
    /// power would do.
    pub cost: Option<Nanomina>,
}

/// How many works would have to sell at a fee.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SalesNeeded {
    /// The fee.
    pub fee: Nanomina,
    /// P(sold) there now, on the cautious side, in [0, 1].
    pub now: f64,
    /// P(sold) at which the threshold is reached, in [0, 1].
    pub needed: f64,
}

/// Solves the forecasts for a threshold.
///
/// `curve` are the fees that the strategy chooses from, one for all strategies but `profit`.
pub(super) fn crossing(
    curve: &[Forecast],
    cost: Nanomina,
    threshold: FeeRate,
    pricing: &Pricing,
    (floor, ceiling): (Nanomina, Nanomina),
) -> Crossing {
    let allows =
        |at: &Forecast| at.is_idle() && threshold <= FeeRate::ZERO.saturating_sub(at.idle_cost);
    let idles = curve.iter().any(allows);
    let border = if idles { FeeRate::ZERO } else { threshold };
    let working = || curve.iter().filter(|at| !at.is_idle());
    let margin =
        |at: &Forecast| (border.get() as f64 + at.idle_cost.get() as f64) / at.works_per_hour;
    let wanted = |at: &Forecast| (margin(at) + cost.to_f64()).max(0.0);
    let factors = working().filter_map(|at| {
        let income = at.low * at.fee.to_f64();
        let factor = wanted(at) / income;
        let moved = factor * at.fee.to_f64();
        // At 0 there is nothing left to ask.
        let allowed = floor.to_f64() <= moved && moved <= ceiling.to_f64();
        (income > 0.0 && allowed).then_some((at, factor))
    });
    let nearest = factors.min_by(|(_, a), (_, b)| a.total_cmp(b));
    let follows = !matches!(pricing.strategy, Strategy::Fixed { .. } | Strategy::Cover);
    let costs = working().map(|at| (at.low * at.fee.to_f64() - margin(at)).floor());
    Crossing {
        threshold,
        idles,
        sales: nearest
            .and_then(|(at, _)| needed(at, at.fee, wanted(at)))
            .or_else(|| working().find_map(|at| half(at, wanted(at)))),
        price_factor: nearest.map(|(_, factor)| factor).filter(|_| follows),
        cost: costs.max_by(f64::total_cmp).and_then(amount),
    }
}

/// Where too little sells at any fee: the fee at which half of the works would do, if forecasts
/// there are those of `at`, the first fee that is not below it.
fn half(at: &Forecast, wanted: f64) -> Option<SalesNeeded> {
    let fee = amount((wanted * 2.0).ceil())?;
    (Nanomina::ZERO < fee && fee <= at.fee).then(|| needed(at, fee, wanted)).flatten()
}

fn needed(at: &Forecast, fee: Nanomina, wanted: f64) -> Option<SalesNeeded> {
    let needed = wanted / fee.to_f64();
    (0.0..=1.0).contains(&needed).then_some(SalesNeeded { fee, now: at.low, needed })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked not to be negative; above the range it saturates"
)]
fn amount(nanomina: f64) -> Option<Nanomina> {
    (nanomina >= 0.0).then(|| Nanomina::try_new(nanomina as u64).unwrap_or(Nanomina::MAX))
}

#[cfg(test)]
mod tests;
