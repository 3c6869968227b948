//! What a policy's worker earned and spent, by the market's regimes.

use snarkfee_core::units::{NANOMINA_PER_MINA, Nanomina};

use super::truth::OwnTruth;

/// Nanomina that a worker earned and spent while one regime held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    earned: u128,
    /// For proofs that took power: finished, or lost half-way.
    spent: u128,
}

/// The parts of a run, one for each regime.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    parts: Vec<Part>,
    before: OwnTruth,
}

impl Tally {
    /// Books what happened since the last call to `regime`, at `cost` a work.
    pub fn book(&mut self, regime: usize, own: &OwnTruth, cost: Nanomina) {
        if self.parts.len() <= regime {
            self.parts.resize(regime + 1, Part::default());
        }
        if let Some(part) = self.parts.get_mut(regime) {
            part.earned += own.earned.saturating_sub(self.before.earned);
            let proofs = |own: &OwnTruth| own.made + own.lost;
            part.spent += u128::from(proofs(own).saturating_sub(proofs(&self.before)))
                * u128::from(cost.get());
        }
        self.before = *own;
    }

    /// Profit of each regime in MINA.
    pub fn profits(&self) -> Vec<f64> {
        let profit =
            |part: &Part| (part.earned as f64 - part.spent as f64) / NANOMINA_PER_MINA as f64;
        self.parts.iter().map(profit).collect()
    }

    /// Profit of the whole run in MINA.
    pub fn profit(&self) -> f64 {
        self.profits().iter().sum()
    }
}
