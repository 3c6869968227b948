//! Estimates the distribution of the price C at which a competitor's work is finally bought:
//! S(f) = P(C > f) is the share of works that sell at fee f.
//!
//! A sale of someone else gives C, a sale of our own a lower bound, an offer an upper bound, a
//! histogram bucket an interval. All are interval-censored observations of integers, and one
//! estimator takes them all: nonparametric maximum likelihood (Turnbull 1976). It keeps the atoms
//! of the market (0, dust, round numbers), which no family of distributions fits. While samples are
//! few, a zero-inflated log-normal mixture takes its place, and [`Survival::method`] says so.
//!
//! The point estimate counts items, each with its weight. The band counts clusters, since works
//! bought by one block are not independent, and allows for what neighbouring clusters have in
//! common, since a run of works with one fate may be longer than a cluster. Where the data do not
//! distinguish possible values of S(f), the estimate is the least of them, which errs towards a
//! lower fee.
//!
//! Two properties follow from the likelihood (it is supermodular in the distribution function;
//! Topkis 1978) and are tested: another observation C > p never lowers S, another C <= p never
//! raises it. Censoring is assumed to be uninformative beyond its interval.
//!
//! Invariants: pure and deterministic, independent of the order of observations; no NaN for any
//! input.
//!
//! Not here: which sales, offers and buckets become observations, their age, and the choice of a
//! fee.

mod band;
mod dependence;
mod information;
mod npmle;
mod observation;
mod parametric;
mod survival;
mod trials;
mod turnbull;

pub use band::PointEstimate;
pub use observation::{Censoring, Dropped, Observation, decay};
pub use parametric::{ComponentPrior, Prior};
pub use survival::{Method, Survival};

use self::{band::BandLimits, observation::OPEN, survival::Curve, turnbull::Design};
use crate::units::Nanomina;

/// How to estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EstimatorSettings {
    /// Two-sided level of the band, in (0, 1).
    pub level: f64,
    /// Effective samples (independent clusters) below which the parametric fallback is used.
    pub min_samples: f64,
    /// The prior of the fallback.
    pub prior: Prior,
}

impl Default for EstimatorSettings {
    fn default() -> Self {
        Self { level: 0.9, min_samples: 3.0, prior: Prior::default() }
    }
}

/// Estimates the distribution of C.
///
/// Costs O(n log n) in the observations once, then passes over distinct intervals only.
pub fn estimate(observations: &[Observation], settings: &EstimatorSettings) -> Survival {
    let (items, dropped) = observation::screen_observations(observations);
    if items.is_empty() {
        return Survival {
            curve: Curve::Nothing,
            atoms: Vec::new(),
            tail: 0.0,
            samples: 0,
            clusters: 0,
            effective_samples: 0.0,
            dropped,
            method: Method::None,
        };
    }
    let design = Design::new(&items);
    let effective_samples = design.effective_clusters();
    let limits = BandLimits::new(settings.level);
    let few = effective_samples < settings.min_samples;
    let (curve, atoms, tail, method) = if few {
        fit_parametric(&design, effective_samples, settings, &limits)
    } else {
        fit_nonparametric(&design, &limits)
    };
    Survival {
        curve,
        atoms,
        tail,
        samples: items.len(),
        clusters: design.clusters,
        effective_samples,
        dropped,
        method,
    }
}

/// Curve, atoms, mass of the open tail, and method.
type Fitted = (Curve, Vec<(Nanomina, f64)>, f64, Method);

fn fit_nonparametric(design: &Design, limits: &BandLimits) -> Fitted {
    let fit = npmle::maximise(design.intervals.len(), &design.classes);
    let mut tail = 0.0;
    let mut atoms = Vec::new();
    for (interval, mass) in design.intervals.iter().zip(&fit.mass) {
        if interval.to == OPEN {
            tail = *mass;
        } else if *mass > 0.0 {
            atoms.push((Nanomina::try_new(interval.from).unwrap_or(Nanomina::MAX), *mass));
        }
    }
    let method = Method::Nonparametric {
        iterations: fit.iterations,
        converged: fit.residual <= npmle::ACCEPTED,
    };
    (Curve::Steps(band::build_steps(design, &fit.mass, limits)), atoms, tail, method)
}

fn fit_parametric(
    design: &Design,
    evidence: f64,
    settings: &EstimatorSettings,
    limits: &BandLimits,
) -> Fitted {
    let fit = parametric::fit(design, evidence, &settings.prior);
    let zero = fit.mixture.zero();
    let stretches = parametric::build_stretches(design, &fit.mixture, limits);
    let method = Method::Parametric { iterations: fit.iterations, converged: fit.converged };
    (
        Curve::Mixture { mixture: fit.mixture, stretches, limits: limits.clone() },
        vec![(Nanomina::ZERO, zero)],
        0.0,
        method,
    )
}

#[cfg(test)]
mod tests;
