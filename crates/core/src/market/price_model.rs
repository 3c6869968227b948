//! Which prices the known sellers make: S and g in closed form.
//!
//! Sellers are taken in ascending order of their fees. A daemon hands out random works of those
//! that are open at a fee, so each seller reaches every work at the same rate for as long as nobody
//! cheaper has. Let sellers below a fee reach a work x times over its life, in the mean. It then
//! sells above that fee with S = exp(-x), and is open at it for the share g = (1 - exp(-x)) / x of
//! its life. The next seller, who reaches it y times, offers on it with probability
//! y (1 - exp(-(x + y))) / (x + y): its pace over the works bought in the same time. That gives y.
//!
//! What nobody reached is bought late from whoever comes first: from each seller in proportion to
//! its pace. So S falls to 0 at the highest fee of all.
//!
//! A seller counts with its pace times the odds that it is there.
//!
//! Invariants: S and g fall with the fee and lie in [0, 1]; no NaN.
//!
//! Not here: finding fees and paces (`roster`), and how far this model is trusted (`price_trust`).

use std::collections::BTreeMap;

use super::{roster::SellerSummary, shares::least_open};
use crate::units::Nanomina;

/// Most times that sellers of one fee reach a work: one in three thousand is missed, since proofs
/// take their time and no pace is known better.
const MOST_REACHED: f64 = 8.0;

/// The prices that the known sellers make.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SellerPrices {
    /// Ascending fees.
    steps: Vec<SellerStep>,
    /// Share of works that no seller reaches.
    unreached: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct SellerStep {
    fee: Nanomina,
    /// exp(-x) of all sellers up to this fee.
    missed: f64,
    /// Their share of the pace of all.
    of_pace: f64,
}

impl SellerPrices {
    /// From the sellers and the works bought per hour; `None` if there is no pace or no demand.
    pub(super) fn new(sellers: &[SellerSummary], demand: f64) -> Option<Self> {
        let mut paces: BTreeMap<Nanomina, f64> = BTreeMap::new();
        for seller in sellers {
            for (fee, share) in &seller.fees {
                *paces.entry(*fee).or_default() += share * seller.works_per_hour * seller.online;
            }
        }
        let all: f64 = paces.values().sum();
        if !(all > 0.0 && demand > 0.0) {
            return None;
        }
        let (mut reached, mut below) = (0.0, 0.0);
        let steps = paces.into_iter().map(|(fee, pace)| {
            reached += times_reached(reached, pace / demand);
            below += pace;
            SellerStep { fee, missed: f64::exp(-reached), of_pace: (below / all).min(1.0) }
        });
        let steps: Vec<SellerStep> = steps.collect();
        let unreached = steps.last().map_or(1.0, |step| step.missed);
        Some(Self { steps, unreached })
    }

    fn step_at(&self, fee: Nanomina) -> Option<&SellerStep> {
        self.steps.get(self.steps.partition_point(|step| step.fee <= fee).checked_sub(1)?)
    }

    /// S: the share of works that sell above a fee.
    pub(super) fn sells_above(&self, fee: Nanomina) -> f64 {
        self.step_at(fee)
            .map_or(1.0, |step| (step.missed - self.unreached * step.of_pace).clamp(0.0, 1.0))
    }

    /// S / g: the share of works open now that sell above a fee.
    pub(super) fn sells_when_open(&self, fee: Nanomina) -> f64 {
        let (sells, open) = (self.sells_above(fee), self.open_at(fee));
        if open > 0.0 { (sells / open).min(1.0) } else { 0.0 }
    }

    /// g: the share of works on the market that are open at a fee.
    pub(super) fn open_at(&self, fee: Nanomina) -> f64 {
        self.step_at(fee).map_or(1.0, |step| least_open(step.missed))
    }
}

/// How many times a seller reaches a work over its life, if those who ask less reach it `before`
/// times and it offers on the share `made` of all works.
fn times_reached(before: f64, made: f64) -> f64 {
    let offered = |times: f64| {
        let all = before + times;
        if all > 0.0 { times * -(-all).exp_m1() / all } else { 0.0 }
    };
    // It rises with the times: halve.
    let (mut low, mut high) = (0.0, MOST_REACHED);
    if offered(high) <= made {
        return high;
    }
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if offered(middle) < made {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixtures::{fee, key, time},
        market::SellerKind,
    };

    fn seller(name: &str, asked: u64, works_per_hour: f64) -> SellerSummary {
        SellerSummary {
            prover: key(name),
            kind: SellerKind::Fixed,
            fees: vec![(fee(asked), 1.0)],
            works_per_hour,
            share_of_sales: 0.0,
            since: time(0),
            last_seen: time(0),
            online: 1.0,
        }
    }

    #[test]
    fn sellers_cover_what_their_pace_allows() {
        let sellers = [seller("a", 0, 30.0), seller("b", 100, 50.0)];
        let prices = SellerPrices::new(&sellers, 100.0).unwrap();
        // Alone, 30 of 100 works are offered at 0.
        let open = prices.open_at(fee(0));
        assert!((prices.steps[0].missed - 0.7).abs() < 1e-9);
        assert!((open - 0.3 / -(0.7_f64.ln())).abs() < 1e-9);
        let b = -(prices.steps[1].missed / prices.steps[0].missed).ln();
        let x = -prices.steps[1].missed.ln();
        assert!((b * (1.0 - (-x).exp()) / x - 0.5).abs() < 1e-9, "the formula holds");
        assert!(prices.sells_above(fee(100)).abs() < 1e-12, "nobody sells above the highest fee");
        assert!(prices.sells_above(fee(99)) > 0.4);
    }

    #[test]
    fn a_surplus_leaves_nothing_and_who_is_gone_covers_nothing() {
        let free = seller("a", 0, 500.0);
        let list = seller("b", 60_000_000, 40.0);
        let sold = |online| {
            let free = SellerSummary { online, ..free.clone() };
            SellerPrices::new(&[free, list.clone()], 100.0).unwrap().sells_above(fee(1))
        };
        assert!(sold(1.0) < 1e-3 && sold(0.01) > 0.8, "{} {}", sold(1.0), sold(0.01));
        assert!(SellerPrices::new(&[], 100.0).is_none());
        assert!(SellerPrices::new(std::slice::from_ref(&list), 0.0).is_none());
        assert!(SellerPrices::new(&[list], f64::NAN).is_none());
    }
}
