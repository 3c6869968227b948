//! What a worker earned and spent, by regime of the market.

use snarkfee_core::units::{NANOMINA_PER_MINA, Nanomina};

use super::market::WorkerTotals;

/// Nanomina earned and spent under one regime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct RegimeBalance {
    earned: u128,
    /// For every proof that took power, whether finished or lost half-way.
    spent: u128,
}

impl RegimeBalance {
    fn profit_mina(&self) -> f64 {
        (self.earned as f64 - self.spent as f64) / NANOMINA_PER_MINA as f64
    }
}

/// Profits of a run, by regime.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RegimeProfits {
    balances: Vec<RegimeBalance>,
    before: WorkerTotals,
}

impl RegimeProfits {
    /// Adds to `regime` what happened since the last call, at `cost` a work.
    pub(super) fn add(&mut self, regime: usize, totals: &WorkerTotals, cost: Nanomina) {
        if self.balances.len() <= regime {
            self.balances.resize(regime + 1, RegimeBalance::default());
        }
        if let Some(balance) = self.balances.get_mut(regime) {
            balance.earned += totals.earned.saturating_sub(self.before.earned);
            let proofs = |totals: &WorkerTotals| totals.made + totals.lost;
            balance.spent += u128::from(proofs(totals).saturating_sub(proofs(&self.before)))
                * u128::from(cost.get());
        }
        self.before = *totals;
    }

    /// Profit under each regime, in MINA.
    pub(crate) fn by_regime(&self) -> Vec<f64> {
        self.balances.iter().map(RegimeBalance::profit_mina).collect()
    }

    /// Profit of the whole run, in MINA.
    pub(crate) fn total(&self) -> f64 {
        sum_profits(self.balances.iter().map(RegimeBalance::profit_mina))
    }
}

/// The sum of profits. `Iterator::sum` of no floats is a negative zero, which would be shown as one.
pub(crate) fn sum_profits(profits: impl Iterator<Item = f64>) -> f64 {
    profits.fold(0.0, |sum, profit| sum + profit)
}
