//! What knowing the whole market beforehand would have made of it: the measures that a policy is
//! held against.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use snarkfee_core::units::Nanomina;

use super::{
    contest::{Course, default_fee},
    entrant::Entrant,
    truth::SoldWork,
    world::World,
};
use crate::simulate::SimulatedDaemon;

/// What hindsight makes of one market.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hindsight {
    pub(super) best_fixed: f64,
    pub(super) best_per_regime: f64,
    pub(super) clairvoyant: f64,
    always_on_busy: Duration,
}

impl Hindsight {
    /// Without `all`, only what always being on burns. The best fixed fees are found among one
    /// below each price that sold, and the daemon's default.
    pub(super) fn of(course: &Course<'_>, all: bool) -> Self {
        let run = |fee| course.run(Entrant::AlwaysOn(fee), None);
        let always_on = run(default_fee());
        if !all {
            return Self {
                best_fixed: 0.0,
                best_per_regime: 0.0,
                clairvoyant: 0.0,
                always_on_busy: always_on.own.busy,
            };
        }
        let sales = sales_without_us(course);
        let others = rival_fees(&sales).into_iter().filter(|fee| *fee != default_fee()).map(run);
        let (always_on_busy, mut tallies) = (always_on.own.busy, vec![always_on.tally]);
        tallies.extend(others.map(|other| other.tally));
        let profits: Vec<Vec<f64>> = tallies.iter().map(super::tally::Tally::profits).collect();
        let regimes = profits.iter().map(Vec::len).max().unwrap_or_default();
        let best_in = |regime: usize| {
            let of = |profits: &Vec<f64>| profits.get(regime).copied();
            profits.iter().filter_map(of).fold(0.0, f64::max)
        };
        Self {
            best_fixed: tallies
                .iter()
                .map(super::tally::Tally::profit)
                .fold(f64::NEG_INFINITY, f64::max),
            best_per_regime: (0..regimes).map(best_in).sum(),
            clairvoyant: clairvoyant(course, &sales),
            always_on_busy,
        }
    }

    /// A profit relative to one of hindsight's; none where that earns nothing.
    pub(super) fn ratio(profit: f64, to: f64) -> Option<f64> {
        (to > 0.0).then(|| profit / to)
    }

    /// Time spent proving relative to always on.
    pub(super) fn energy(&self, busy: Duration) -> f64 {
        let always_on = self.always_on_busy.as_secs_f64();
        if always_on > 0.0 { busy.as_secs_f64() / always_on } else { 0.0 }
    }
}

/// What the market buys without the operator.
fn sales_without_us(course: &Course<'_>) -> VecDeque<SoldWork> {
    let mut world = World::without_operator(course.scenario, course.seed, course.start);
    world.advance(course.end());
    world.take_sales()
}

/// What the operator's capacity could at most have earned of `sales`, knowing each work's final
/// competing price beforehand: the dearest works sold one nanomina below it, at no risk of proving
/// in vain.
fn clairvoyant(course: &Course<'_>, sales: &VecDeque<SoldWork>) -> f64 {
    let hours = course.end().duration_since(course.start).as_secs_f64() / 3600.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of works, far below the limits"
    )]
    let capacity = (course.scenario.own_works_per_hour() * hours).ceil().max(0.0) as usize;
    let gain =
        |sale: &SoldWork| sale.fee.saturating_sub(Nanomina::ONE).saturating_sub(course.cost).get();
    let mut gains: Vec<u64> = sales.iter().map(gain).collect();
    gains.sort_unstable_by(|a, b| b.cmp(a));
    gains.iter().take(capacity).map(|&gain| gain as f64).sum::<f64>() / 1e9
}

/// One nanomina below each price at which the market sells without us, the most sold ones where
/// there are many.
fn rival_fees(sales: &VecDeque<SoldWork>) -> BTreeSet<Nanomina> {
    /// Fees tried; more would hardly find a better one and each costs a run.
    const MOST: usize = 24;
    let mut sold_at: BTreeMap<Nanomina, u64> = BTreeMap::new();
    for sale in sales.iter().filter(|sale| sale.fee > Nanomina::ZERO) {
        *sold_at.entry(sale.fee).or_default() += 1;
    }
    let mut ranked: Vec<(u64, Nanomina)> =
        sold_at.into_iter().map(|(fee, sold)| (sold, fee)).collect();
    ranked.sort_unstable_by(|a, b| b.cmp(a));
    ranked.into_iter().take(MOST).map(|(_, fee)| fee.saturating_sub(Nanomina::ONE)).collect()
}
