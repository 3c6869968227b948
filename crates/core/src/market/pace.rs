//! How fast our own provers make works: an estimate with a range, from evidence and a prior.
//!
//! Works finished in a time are counted like events at random: given `n` works in `t` hours, the
//! rate has a gamma distribution of shape `a + n` and `b + t` hours, where `a` and `b` are those of
//! the prior (conjugate to the Poisson distribution). Its quantiles are those of Wilson and
//! Hilferty (1931), within 2 % for a shape of 1 and exact for large ones.
//!
//! Invariants: finite and above zero; the range holds the estimate and narrows with evidence.

use serde::{Deserialize, Serialize};

use crate::units::WorkRate;

/// The standard normal quantile at the ends of an 80 % range.
const RANGE: f64 = 1.281_551_565_544_6;

/// Works per hour of one prover that are believed before anything is measured: one time in ten less
/// than the lower, one time in ten more than the higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacePrior {
    low: WorkRate,
    high: WorkRate,
}

/// Why two rates are no prior.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrior {
    /// The lower is not below the higher.
    #[error("the first rate must be below the second")]
    NotAscending,
    /// They are too far apart to mean anything.
    #[error("the second rate must be at most {} times the first", PacePrior::MOST_RATIO)]
    TooWide,
}

impl PacePrior {
    /// Highest ratio of the two rates.
    const MOST_RATIO: u64 = 1_000;

    /// Takes the lower and the higher rate.
    ///
    /// # Errors
    ///
    /// If they do not ascend, or are more than 1000 times apart.
    pub fn try_new(low: WorkRate, high: WorkRate) -> Result<Self, InvalidPrior> {
        if low >= high {
            Err(InvalidPrior::NotAscending)
        } else if high.micros() / Self::MOST_RATIO > low.micros() {
            Err(InvalidPrior::TooWide)
        } else {
            Ok(Self { low, high })
        }
    }

    /// The lower rate.
    pub const fn low(&self) -> WorkRate {
        self.low
    }

    /// The higher rate.
    pub const fn high(&self) -> WorkRate {
        self.high
    }

    /// The gamma distribution with these rates at the ends of its range.
    fn to_gamma(self) -> Gamma {
        let (low, high) = (self.low.to_f64(), self.high.to_f64());
        // With u = 1 / (3 sqrt(shape)), the cube roots of both are as 1 - u^2 -+ z u.
        let root = (high / low).cbrt();
        let half = (root - 1.0) / (root + 1.0);
        let u = (RANGE.hypot(2.0 * half) - RANGE) / (2.0 * half);
        let shape = (9.0 * u * u).recip();
        let hours = shape * (1.0 - u * u - RANGE * u).powi(3) / low;
        Gamma { shape, hours }
    }
}

impl Default for PacePrior {
    /// 15 to 240 works an hour: four minutes to fifteen seconds for the two proofs of a work. A
    /// proof took 56 s on machines of 2020 and some 15 s on those of 2024 (Mina MIP-6).
    fn default() -> Self {
        let rate = |micros| WorkRate::from_micros(micros);
        Self { low: rate(15_000_000), high: rate(240_000_000) }
    }
}

/// A gamma distribution of a rate.
#[derive(Clone, Copy, Debug)]
struct Gamma {
    shape: f64,
    hours: f64,
}

impl Gamma {
    /// The quantile at the standard normal quantile `z`, for a shape above 0.8.
    fn quantile(self, z: f64) -> f64 {
        let u = (3.0 * self.shape.sqrt()).recip();
        self.shape / self.hours * (1.0 - u * u + z * u).max(1e-3).powi(3)
    }
}

/// Works made in a time, older ones counting less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PaceEvidence {
    pub(super) works: f64,
    pub(super) hours: f64,
}

impl PaceEvidence {
    pub(super) fn scaled(self, factor: f64) -> Self {
        Self { works: self.works * factor, hours: self.hours * factor }
    }
}

/// Where a pace is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaceSource {
    /// The daemon's own sums of prover time.
    ProverTime,
    /// Time in which there was something to prove all along.
    BusyTime,
    /// Nothing was measured yet.
    Prior,
}

/// How fast our provers make works while they have something to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Works per hour of one prover: the median.
    pub per_prover: f64,
    /// One time in ten it is less than this.
    pub low: f64,
    /// One time in ten it is more than this.
    pub high: f64,
    /// Provers that work at once, at least 1.
    pub provers: u32,
    /// Where it is from.
    pub source: PaceSource,
    /// Whether the evidence counts for more than the prior.
    pub is_settled: bool,
}

impl Pace {
    /// Works below which an estimate is mostly prior.
    const SETTLED_WORKS: f64 = 5.0;
    /// Hours in which even no work is evidence.
    const SETTLED_HOURS: f64 = 0.25;

    /// The pace where nothing was measured.
    pub fn unmeasured(prior: PacePrior) -> Self {
        Self::estimate(prior, PaceEvidence::default(), 1, PaceSource::Prior)
    }

    pub(super) fn estimate(
        prior: PacePrior,
        evidence: PaceEvidence,
        provers: u32,
        source: PaceSource,
    ) -> Self {
        let PaceEvidence { works, hours } = evidence;
        let prior = prior.to_gamma();
        let gamma = Gamma { shape: prior.shape + works, hours: prior.hours + hours };
        Self {
            per_prover: gamma.quantile(0.0),
            low: gamma.quantile(-RANGE),
            high: gamma.quantile(RANGE),
            provers: provers.max(1),
            source,
            is_settled: works >= Self::SETTLED_WORKS || hours >= Self::SETTLED_HOURS,
        }
    }

    /// Works per hour of all provers.
    pub fn works_per_hour(&self) -> f64 {
        self.per_prover * f64::from(self.provers)
    }

    /// The same once there is evidence for it.
    pub fn measured(&self) -> Option<f64> {
        self.is_settled.then(|| self.works_per_hour())
    }
}

#[cfg(test)]
mod tests;
