//! What knowing the whole market beforehand would have earned: the yardsticks for a policy.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use snarkfee_core::units::Nanomina;

use super::seeded_market::SeededMarket;
use crate::{
    market_sim::{SoldWork, World},
    policy_run::{DEFAULT_FEE, Market as _, PolicySpec, RegimeProfits, sum_profits},
};

/// Profits in MINA that hindsight would have earned in one market.
#[derive(Clone, Debug)]
pub(super) struct Hindsight {
    pub(super) best_fixed: f64,
    pub(super) best_per_regime: f64,
    pub(super) clairvoyant: f64,
    always_on_busy: Duration,
    /// Profits under each regime of each of the fees that are tried on every seed.
    pub(super) common: Vec<Vec<f64>>,
}

impl Hindsight {
    /// Without `all`, only the energy of an always-on worker is computed. The best fixed fees are
    /// searched among the daemon's default and one nanomina below each price that sold; `common` are
    /// tried too, without being searched.
    pub(super) fn compute(market: &SeededMarket<'_>, all: bool, common: &[Nanomina]) -> Self {
        let run = |fee| market.run(PolicySpec::AlwaysOn(fee), None);
        let always_on = run(DEFAULT_FEE);
        if !all {
            return Self {
                best_fixed: 0.0,
                best_per_regime: 0.0,
                clairvoyant: 0.0,
                always_on_busy: always_on.own.busy,
                common: Vec::new(),
            };
        }
        let sales = sales_without_operator(market);
        let others = fees_below(&count_prices(&sales));
        let others = others.into_iter().filter(|fee| *fee != DEFAULT_FEE);
        let mut by_fee = BTreeMap::from([(DEFAULT_FEE, always_on.profits)]);
        by_fee.extend(others.map(|fee| (fee, run(fee).profits)));
        let runs: Vec<RegimeProfits> = by_fee.values().cloned().collect();
        let common = common.iter().map(|fee| match by_fee.get(fee) {
            Some(known) => known.by_regime(),
            None => run(*fee).profits.by_regime(),
        });
        let common = common.collect();
        let profits: Vec<Vec<f64>> = runs.iter().map(|run| run.by_regime()).collect();
        let regimes = profits.iter().map(Vec::len).max().unwrap_or_default();
        let best_in = |regime: usize| {
            profits.iter().filter_map(|profits| profits.get(regime).copied()).fold(0.0, f64::max)
        };
        Self {
            best_fixed: runs.iter().map(|run| run.total()).fold(f64::NEG_INFINITY, f64::max),
            best_per_regime: sum_profits((0..regimes).map(best_in)),
            clairvoyant: clairvoyant_profit(market, &sales),
            always_on_busy: always_on.own.busy,
            common,
        }
    }

    /// A profit relative to one of hindsight's; `None` where hindsight earns nothing.
    pub(super) fn ratio(profit: f64, hindsight: f64) -> Option<f64> {
        (hindsight > 0.0).then(|| profit / hindsight)
    }

    /// Time spent proving relative to always on.
    pub(super) fn energy(&self, busy: Duration) -> f64 {
        let always_on = self.always_on_busy.as_secs_f64();
        if always_on > 0.0 { busy.as_secs_f64() / always_on } else { 0.0 }
    }
}

/// What the market buys without the operator.
fn sales_without_operator(market: &SeededMarket<'_>) -> VecDeque<SoldWork> {
    let mut world = World::without_operator(market.scenario, market.seed, market.start);
    world.advance(market.end());
    world.take_sales()
}

/// An upper bound on what the operator's capacity could have earned of `sales`: the most expensive
/// works, each sold one nanomina below its final competing price, with no proof made in vain.
fn clairvoyant_profit(market: &SeededMarket<'_>, sales: &VecDeque<SoldWork>) -> f64 {
    let hours = market.end().duration_since(market.start).as_secs_f64() / 3600.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of works, far below the limits"
    )]
    let capacity = (market.scenario.own_works_per_hour() * hours).ceil().max(0.0) as usize;
    let gain =
        |sale: &SoldWork| sale.fee.saturating_sub(Nanomina::ONE).saturating_sub(market.cost).get();
    let mut gains: Vec<u64> = sales.iter().map(gain).collect();
    gains.sort_unstable_by(|a, b| b.cmp(a));
    gains.iter().take(capacity).map(|&gain| gain as f64).sum::<f64>() / 1e9
}

/// Works that a market buys without the operator, by price above 0.
pub(super) type SoldByPrice = BTreeMap<Nanomina, u64>;

/// The prices of what a market buys without the operator.
pub(super) fn find_prices(market: &SeededMarket<'_>) -> SoldByPrice {
    count_prices(&sales_without_operator(market))
}

fn count_prices(sales: &VecDeque<SoldWork>) -> SoldByPrice {
    let mut sold_at = SoldByPrice::new();
    for sale in sales.iter().filter(|sale| sale.fee > Nanomina::ZERO) {
        *sold_at.entry(sale.fee).or_default() += 1;
    }
    sold_at
}

/// One nanomina below each price; the prices that sold most where there are many.
pub(super) fn fees_below(sold_at: &SoldByPrice) -> BTreeSet<Nanomina> {
    /// Fees tried. Each costs a run, and more would hardly find a better one.
    const MOST: usize = 24;
    let mut ranked: Vec<(u64, Nanomina)> =
        sold_at.iter().map(|(fee, sold)| (*sold, *fee)).collect();
    ranked.sort_unstable_by(|a, b| b.cmp(a));
    ranked.into_iter().take(MOST).map(|(_, fee)| fee.saturating_sub(Nanomina::ONE)).collect()
}
