//! What a worker earned and spent, by regime of the market.

use snarkfee_core::units::{NANOMINA_PER_MINA, Nanomina};

/// Nanomina earned and spent under one regime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct RegimeBalance {
    earned: u128,
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
    earned: u128,
}

impl RegimeProfits {
    /// Adds to `regime` what was earned since the last call, up to `earned` in all, and `spent`
    /// meanwhile.
    pub(super) fn add(&mut self, regime: usize, earned: u128, spent: Nanomina) {
        if self.balances.len() <= regime {
            self.balances.resize(regime + 1, RegimeBalance::default());
        }
        if let Some(balance) = self.balances.get_mut(regime) {
            balance.earned += earned.saturating_sub(self.earned);
            balance.spent += u128::from(spent.get());
        }
        self.earned = earned;
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
