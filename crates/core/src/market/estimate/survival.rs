//! The result of the estimator: S(f) = P(C > f) for any fee f, with a band, and how it was found.
//!
//! Invariants: S falls with f and lies in [0, 1]; `low` <= `estimate` <= `high`; nothing is NaN.

use super::{
    band::{BandLimits, BandStep, PointEstimate},
    observation::Dropped,
    parametric::{Mixture, MixtureStretch},
};
use crate::units::Nanomina;

/// How S was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// Nonparametric maximum likelihood.
    Nonparametric {
        /// Passes over the data; 0 for the closed form.
        iterations: u32,
        /// Whether the Kuhn-Tucker conditions of the maximum hold to 1e-8.
        converged: bool,
    },
    /// A zero-inflated mixture of two log-normals with a weak prior, for few samples.
    Parametric {
        /// Steps of expectation-maximisation.
        iterations: u32,
        /// Whether the last step moved no parameter by more than 1e-8.
        converged: bool,
    },
    /// Nothing was observed: S is 0 with the band [0, 1].
    None,
}

impl Method {
    /// The stable name in records, metrics and pages.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Nonparametric { .. } => "nonparametric",
            Self::Parametric { .. } => "parametric",
            Self::None => "none",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Curve {
    Steps(Vec<BandStep>),
    Mixture { mixture: Mixture, stretches: Vec<MixtureStretch>, limits: BandLimits },
    Nothing,
}

/// The estimated distribution of C.
#[derive(Clone, Debug, PartialEq)]
pub struct Survival {
    pub(super) curve: Curve,
    /// Ascending fees and their masses, without the open tail.
    pub(super) atoms: Vec<(Nanomina, f64)>,
    pub(super) tail: f64,
    pub(super) samples: usize,
    pub(super) clusters: usize,
    pub(super) effective_samples: f64,
    pub(super) dropped: Dropped,
    pub(super) method: Method,
}

impl Survival {
    /// P(C > fee) with its band.
    pub fn estimate_at(&self, fee: Nanomina) -> PointEstimate {
        let price = fee.get();
        match &self.curve {
            Curve::Steps(steps) => {
                let passed = steps.partition_point(|step| step.from <= price);
                let Some(BandStep { estimate, low, high, .. }) =
                    passed.checked_sub(1).and_then(|at| steps.get(at))
                else {
                    return WIDEST;
                };
                PointEstimate { estimate: *estimate, low: *low, high: *high }
            }
            Curve::Mixture { mixture, stretches, limits } => {
                let passed = stretches.partition_point(|stretch| stretch.from <= price);
                let Some(stretch) = passed.checked_sub(1).and_then(|at| stretches.get(at)) else {
                    return WIDEST;
                };
                stretch.band_around(mixture.survival(price), limits)
            }
            Curve::Nothing => WIDEST,
        }
    }

    /// The least price x with P(C <= x) >= q; `None` if q is not in [0, 1] or the quantile lies in
    /// the open tail.
    pub fn quantile(&self, q: f64) -> Option<Nanomina> {
        if !(0.0..=1.0).contains(&q) {
            return None;
        }
        match &self.curve {
            Curve::Steps(_) => {
                let mut below = 0.0;
                self.atoms.iter().find_map(|(fee, mass)| {
                    below += mass;
                    (below >= q - ROUNDING).then_some(*fee)
                })
            }
            Curve::Mixture { mixture, .. } => {
                let reached = |price: u64| 1.0 - mixture.survival(price) >= q - ROUNDING;
                let (mut low, mut high) = (0, Nanomina::MAX.get());
                if !reached(high) {
                    return None;
                }
                while low < high {
                    let middle = low + (high - low) / 2;
                    if reached(middle) {
                        high = middle;
                    } else {
                        low = middle + 1;
                    }
                }
                Nanomina::try_new(low).ok()
            }
            Curve::Nothing => None,
        }
    }

    /// P(C = 0), the share of works that cannot be sold at any fee; 0 if nothing was observed.
    pub(crate) fn zero_share(&self) -> f64 {
        if matches!(self.curve, Curve::Nothing) {
            0.0
        } else {
            1.0 - self.estimate_at(Nanomina::ZERO).estimate
        }
    }

    /// The fees that carry mass and their masses, ascending. Mass known only to lie in an interval is
    /// placed at its lower end. With [`Survival::mass_above_last`] the masses of a nonparametric
    /// estimate sum to one; a parametric estimate has one atom, at zero.
    pub fn atoms(&self) -> impl Iterator<Item = (Nanomina, f64)> {
        self.atoms.iter().copied()
    }

    /// Mass above the highest fee seen: own sales at that fee show that C is above it, but not how
    /// far.
    ///
    /// `estimate` places it just above that fee, `high` leaves it open. 0 for a parametric estimate,
    /// whose tail comes from the model.
    pub fn mass_above_last(&self) -> f64 {
        self.tail
    }

    /// Observations used.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Distinct clusters among them.
    pub fn clusters(&self) -> usize {
        self.clusters
    }

    /// Kish's effective number of clusters, (sum w)^2 / sum w^2 over the clusters' weights; at most
    /// their number.
    pub fn effective_samples(&self) -> f64 {
        self.effective_samples
    }

    /// Observations dropped.
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// How S was found.
    pub fn method(&self) -> Method {
        self.method
    }
}

/// The estimate without any evidence.
const WIDEST: PointEstimate = PointEstimate { estimate: 0.0, low: 0.0, high: 1.0 };

/// Tolerance for rounding when sums of masses are compared with a probability.
const ROUNDING: f64 = 1e-12;
