//! How well a policy's view of the market predicts the prices of the works that are open to it.
//!
//! At each book that a look read, every work that nobody had proved is predicted to be bought at a
//! price C with P(C > f) = S(f) / g(f). Once it is bought, the price at which others would have sold
//! it is known, and the prediction scores the natural logarithm of the probability that it gave to
//! it (Good 1952, "Rational decisions"): a proper score, higher the better. Prices are told apart by
//! bands of 1, 2, 5, 10 .. nanomina, with 0 for itself. A hundredth of the probability is spread
//! over all bands, so that a price taken for impossible costs no more than eight nats.

use std::collections::HashMap;

use snarkfee_core::{
    market::{MarketView, OpenWork},
    units::{Nanomina, WorkId},
};

use crate::market_sim::SoldWork;

/// Probability that is spread over all bands.
const SPREAD: f64 = 0.01;

/// Predictions not yet decided, and the scores of the others.
#[derive(Debug)]
pub(super) struct OpenPriceScore {
    /// The lowest price of each band, ascending from 0.
    bands: Vec<Nanomina>,
    /// The log of the probability of each band, by prediction.
    predictions: Vec<Vec<f64>>,
    /// Of each work that waits: the predictions for it, and whether each was made after a change.
    waiting: HashMap<WorkId, Vec<(usize, bool)>>,
    settled: MeanScore,
    after_change: MeanScore,
}

/// Mean log-probability of prices.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct MeanScore {
    sum: f64,
    works: u64,
}

impl MeanScore {
    fn add(&mut self, score: f64) {
        self.sum += score;
        self.works += 1;
    }

    /// Nats a work; `None` of none.
    pub(super) fn mean(self) -> Option<f64> {
        (self.works > 0).then(|| self.sum / self.works as f64)
    }
}

impl OpenPriceScore {
    pub(super) fn new() -> Self {
        let decades = (0..=8).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)));
        let bands = std::iter::once(0).chain(decades).chain([1_000_000_000]);
        Self {
            bands: bands.filter_map(|price| Nanomina::try_new(price).ok()).collect(),
            predictions: Vec::new(),
            waiting: HashMap::new(),
            settled: MeanScore::default(),
            after_change: MeanScore::default(),
        }
    }

    /// Adds what `view` predicts for the works of a book that nobody has proved.
    pub(super) fn predict(&mut self, view: &MarketView, works: &[OpenWork], after_change: bool) {
        if !view.knows_prices() {
            return;
        }
        let open: Vec<WorkId> =
            works.iter().filter(|open| open.standing.is_none()).map(|open| open.work).collect();
        if open.is_empty() {
            return;
        }
        let index = self.predictions.len();
        self.predictions.push(self.log_probabilities(view));
        for work in open {
            self.waiting.entry(work).or_default().push((index, after_change));
        }
    }

    fn log_probabilities(&self, view: &MarketView) -> Vec<f64> {
        let mut above = 1.0_f64;
        let ends = self.bands.iter().skip(1).map(|next| next.saturating_sub(Nanomina::ONE));
        let shares: Vec<f64> = ends
            .map(|end| {
                let beyond = view.sells_when_open(end).clamp(0.0, above);
                std::mem::replace(&mut above, beyond) - beyond
            })
            .collect();
        let bands = self.bands.len() as f64;
        shares
            .into_iter()
            .chain([above])
            .map(|share| ((1.0 - SPREAD) * share + SPREAD / bands).ln())
            .collect()
    }

    /// Adds what was paid for works, or would have been without the operator's.
    pub(super) fn settle<'a>(&mut self, sales: impl Iterator<Item = &'a SoldWork>) {
        for sale in sales {
            let Some(predictions) = self.waiting.remove(&sale.work) else { continue };
            let price = if sale.own { sale.rival.unwrap_or(Nanomina::MAX) } else { sale.fee };
            let band = self.bands.partition_point(|from| *from <= price).saturating_sub(1);
            for (index, after_change) in predictions {
                let score = self.predictions.get(index).and_then(|of| of.get(band)).copied();
                let mean = if after_change { &mut self.after_change } else { &mut self.settled };
                mean.add(score.unwrap_or_default());
            }
        }
    }

    /// The scores, of predictions in a settled market and of those made soon after a change.
    pub(super) fn means(&self) -> [Option<f64>; 2] {
        [self.settled.mean(), self.after_change.mean()]
    }
}
