//! The price C at which a competitor's work is finally bought, estimated from all that is seen of
//! it: S(f) = P(C > f) is the share of works that sell at fee f.
//!
//! Sales of others give C, own sales a lower bound, standing offers an upper bound, histogram
//! buckets an interval: all are interval-censored observations of integers, and one estimator takes
//! them all, the nonparametric maximum-likelihood estimate (Turnbull 1976). It keeps atoms (0,
//! dust, round numbers) apart that no family of distributions fits. While samples are few a
//! zero-inflated log-normal mixture takes its place, and says so.
//!
//! The point estimate counts items, each with its weight; the band counts clusters, since works
//! bought by one block are not independent witnesses, and what neighbouring clusters have in
//! common, since a run of works that shares one fate may be longer than a cluster. Where the data
//! do not tell possible values of S(f) apart, the estimate is the least of them, which errs towards
//! asking less.
//!
//! Two properties follow from the likelihood (it is supermodular in the distribution function;
//! Topkis 1978) and are tested: one more observation C > p never lowers S, one more C <= p never
//! raises it. Censoring is taken to tell nothing beyond its interval.
//!
//! Invariants: pure and deterministic, whatever the order of the observations; no NaN, whatever
//! they hold.
//!
//! Not here: which sales, offers and buckets become observations, their age, and what fee to ask.

mod band;
mod dependence;
mod information;
mod npmle;
mod observation;
mod parametric;
mod survival;
mod trials;
mod turnbull;

pub use observation::{Censoring, Dropped, Observation, decay, temper};
pub use parametric::{ComponentPrior, Prior};
pub use survival::{Method, PointEstimate, Survival};

use self::{band::Limits, observation::OPEN, survival::Curve, turnbull::Design};
use crate::units::Nanomina;

/// How to estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EstimatorSettings {
    /// Two-sided level of the band, in (0, 1).
    pub level: f64,
    /// Effective samples (independent clusters) below which the parametric fallback serves.
    pub min_samples: f64,
    /// What the fallback believes beforehand.
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
    let (items, dropped) = observation::screen(observations);
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
    let effective_samples = design.effective();
    let limits = Limits::new(settings.level);
    let few = effective_samples < settings.min_samples;
    let (curve, atoms, tail, method) = if few {
        parametric(&design, effective_samples, settings, &limits)
    } else {
        nonparametric(&design, &limits)
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

type Found = (Curve, Vec<(Nanomina, f64)>, f64, Method);

fn nonparametric(design: &Design, limits: &Limits) -> Found {
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
    (Curve::Steps(band::steps(design, &fit.mass, limits)), atoms, tail, method)
}

fn parametric(
    design: &Design,
    evidence: f64,
    settings: &EstimatorSettings,
    limits: &Limits,
) -> Found {
    let fit = parametric::fit(design, evidence, &settings.prior);
    let zero = fit.mixture.zero();
    let stretches = parametric::stretches(design, &fit.mixture, limits);
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
