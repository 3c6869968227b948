//! How well predicted sales of our own works match what they really sold.

use serde::{Deserialize, Serialize};

use crate::units::Nanomina;

/// The predicted probability that a work sells, at the time it was made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The fee that it is for; `None` in a state of an earlier version.
    #[serde(default)]
    pub fee: Option<Nanomina>,
    /// As decisions used it.
    pub corrected: f64,
    /// Without the correction learned from earlier sales of our own.
    pub uncorrected: f64,
}

impl Prediction {
    /// Whether it is for works that ask `fee`. After a change of the fee a daemon still delivers
    /// works at the one before: those in hand, and from the partitioner on all of those begun.
    pub(super) fn is_for(&self, fee: Nanomina) -> bool {
        self.fee.is_none_or(|of| of == fee)
    }
}

/// Predicted and realised sales of the works whose fate is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Calibration {
    /// Works whose fate is known and that had a prediction.
    pub(crate) decided: u64,
    /// Sum of the predicted probabilities.
    pub(crate) predicted: f64,
    /// Sum of the uncorrected probabilities.
    pub(crate) uncorrected: f64,
    /// Works sold.
    pub(crate) sold: u64,
}

impl Calibration {
    /// Adds a work whose fate is known.
    pub(super) fn add_work(&mut self, predicted: Prediction, was_sold: bool) {
        self.decided += 1;
        self.predicted += predicted.corrected;
        self.uncorrected += predicted.uncorrected;
        self.sold += u64::from(was_sold);
    }

    pub(super) fn sum(self, other: Self) -> Self {
        Self {
            decided: self.decided + other.decided,
            predicted: self.predicted + other.predicted,
            uncorrected: self.uncorrected + other.uncorrected,
            sold: self.sold + other.sold,
        }
    }

    /// Predicted minus realised share sold, in [-1, 1]; `None` before any fate is known.
    pub(crate) fn error(self) -> Option<f64> {
        let decided = self.decided as f64;
        (self.decided > 0).then(|| (self.predicted - self.sold as f64) / decided)
    }

    /// The correction factor for uncorrected predictions: realised over predicted sales, drawn
    /// towards `prior` while few fates are known. Corrected predictions would not do: a correction
    /// measured against itself stops half-way.
    ///
    /// A Gamma-Poisson posterior mean with prior mean `prior` and the weight of `PRIOR` predicted
    /// sales, clamped to 0.25..=1.25: one bad purchase must not silence the estimate, and success
    /// must not make it bold.
    pub(crate) fn factor(self, prior: f64) -> f64 {
        let factor = (self.sold as f64 + Self::PRIOR * prior) / (self.uncorrected + Self::PRIOR);
        factor.clamp(0.25, 1.25)
    }

    /// Weight of the prior, in predicted sales.
    const PRIOR: f64 = 20.0;
}

/// Predicted and realised sales in one band of fees, over the window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BandSales {
    /// The band's lowest fee.
    pub from: Nanomina,
    /// Works whose fate is known and that had a prediction.
    pub decided: u64,
    /// Works sold.
    pub sold: u64,
    /// Mean of the predicted probabilities, as decisions used them.
    pub predicted: f64,
    /// The factor that P(sold) at these fees is multiplied by now.
    pub factor: f64,
}

impl BandSales {
    /// Share of the decided works that were sold, in [0, 1].
    pub fn realised(&self) -> f64 {
        self.sold as f64 / self.decided.max(1) as f64
    }
}

/// The lowest fee of the band that holds `fee`: 0, or the largest of 1, 2, 5, 10, 20, 50 ..
/// nanomina that is not above it.
pub(super) fn band_floor(fee: Nanomina) -> Nanomina {
    let mut unit = 1_u64;
    while fee.get() / unit >= 10 {
        unit *= 10;
    }
    let from = match fee.get() / unit {
        0 => 0,
        1 => unit,
        2..5 => 2 * unit,
        _ => 5 * unit,
    };
    Nanomina::try_new(from).unwrap_or(fee)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::fee;

    #[test]
    fn bands_of_fees_go_by_one_two_five() {
        for (asked, from) in [
            (0, 0),
            (1, 1),
            (2, 2),
            (4, 2),
            (9, 5),
            (10, 10),
            (3_965_965, 2_000_000),
            (9_499_999, 5_000_000),
        ] {
            assert_eq!(band_floor(fee(asked)), fee(from));
        }
        assert!(band_floor(Nanomina::MAX) <= Nanomina::MAX);
    }
}
