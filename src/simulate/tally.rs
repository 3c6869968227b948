//! What a policy's worker earned and made, by the market's regimes.

use super::{scenario::Scenario, truth::OwnTruth};
use crate::units::{NANOMINA_PER_MINA, Nanomina};

/// What a worker earned and made while one regime held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// Nanomina earned.
    pub earned: u128,
    /// Proofs paid for with power: finished, or lost half-way.
    pub proofs: u64,
}

/// The parts of a run, one for each regime of its scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    parts: Vec<Part>,
    before: OwnTruth,
}

impl Tally {
    /// Books what happened since the last call to the regime that held in `slot`.
    pub fn book(&mut self, scenario: &Scenario, slot: u64, own: &OwnTruth) {
        let index = scenario.regime_at(slot).0;
        if self.parts.len() <= index {
            self.parts.resize(index + 1, Part::default());
        }
        if let Some(part) = self.parts.get_mut(index) {
            part.earned += own.earned.saturating_sub(self.before.earned);
            let proofs = |own: &OwnTruth| own.made + own.lost;
            part.proofs += proofs(own).saturating_sub(proofs(&self.before));
        }
        self.before = *own;
    }

    /// Profit of each regime in MINA.
    pub fn profits(&self, cost: Nanomina) -> Vec<f64> {
        let profit = |part: &Part| (part.earned as f64 - part.proofs as f64 * cost.to_f64()) / NANOMINA_PER_MINA as f64;
        self.parts.iter().map(profit).collect()
    }

    /// Profit of the whole run in MINA.
    pub fn profit(&self, cost: Nanomina) -> f64 {
        self.profits(cost).iter().sum()
    }
}
