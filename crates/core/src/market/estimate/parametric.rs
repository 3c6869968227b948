//! The fallback for few samples: C is 0 with some probability, otherwise a mixture of two
//! log-normals (dust and priced work), rounded to whole nanomina.
//!
//! For positive fees bought on mainnet from 2021 to 2024, a mixture of two log-normals has the
//! lowest AIC of the families tried in every era. None fits the atoms, so it is used only until
//! there are enough samples for the nonparametric estimate.
//!
//! Fitted by expectation-maximisation (Dempster, Laird and Rubin 1977) with each observation's
//! interval on the logarithmic scale. A weak prior keeps the fit from degenerating: a Dirichlet for
//! the shares, and a normal-inverse-gamma for each log-normal, each worth `strength` observations.
//! Weights are scaled to sum to the effective number of clusters, so that independent evidence
//! outweighs the prior, and one large purchase does not.
//!
//! Invariants: shares are positive and sum to one; deviations are positive; nothing is NaN.

use statrs::distribution::{Continuous, ContinuousCDF, LogNormal, Normal};

use super::{
    band::{BandLimits, PointEstimate, add_pseudo_cluster, informed_clusters},
    observation::OPEN,
    turnbull::Design,
};
use crate::units::Nanomina;

/// The prior of one log-normal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ComponentPrior {
    /// Median, in nanomina.
    pub median: f64,
    /// Standard deviation of the natural logarithm.
    pub deviation: f64,
    /// Share of works, relative to the other shares.
    pub share: f64,
}

/// The prior of C. Values that are not finite and positive are replaced by the defaults.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    /// Share of free works, relative to the shares of the components.
    pub free_share: f64,
    /// Fees of a few nanomina, just above nothing.
    pub dust: ComponentPrior,
    /// Fees that pay.
    pub priced: ComponentPrior,
    /// Weight of the prior of the shares, and of each log-normal, in observations.
    pub strength: f64,
}

impl Default for Prior {
    /// Dust around 10 nanomina, prices around 0.001 MINA, and the mean shares over the regimes of
    /// mainnet from 2021 to 2025; worth half an observation.
    fn default() -> Self {
        Self {
            free_share: 0.75,
            dust: ComponentPrior { median: 10.0, deviation: 1.0, share: 0.1 },
            priced: ComponentPrior { median: 1e6, deviation: 2.3, share: 0.15 },
            strength: 0.5,
        }
    }
}

/// The share of free works and the two log-normals.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mixture {
    free: f64,
    components: [Component; 2],
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Component {
    share: f64,
    /// Mean and standard deviation of the logarithm.
    location: f64,
    scale: f64,
}

/// A fitted mixture.
#[derive(Clone, Debug)]
pub(super) struct MixtureFit {
    pub(super) mixture: Mixture,
    pub(super) iterations: u32,
    pub(super) converged: bool,
}

const MOST_STEPS: u32 = 2_000;
/// Largest change of a parameter at which the fit counts as converged.
const STILL: f64 = 1e-8;

impl Mixture {
    /// P(C > price).
    pub(super) fn survival(&self, price: u64) -> f64 {
        let edge = price as f64 + 0.5;
        let survival_of = |component: &Component| {
            LogNormal::new(component.location, component.scale)
                .map_or(0.0, |distribution| component.share * distribution.sf(edge))
        };
        self.components.iter().map(survival_of).sum::<f64>().clamp(0.0, 1.0)
    }

    /// P(C = 0), including positive values that round to 0.
    pub(super) fn zero(&self) -> f64 {
        1.0 - self.survival(0)
    }
}

/// Fits the mixture; `evidence` is what all weights together are worth, in observations.
pub(super) fn fit(design: &Design, evidence: f64, prior: &Prior) -> MixtureFit {
    let prior = replace_invalid(prior);
    let bounds: Vec<(f64, f64, f64, bool)> = design
        .entries
        .iter()
        .map(|entry| {
            let from = design.grid.get(entry.from).copied().unwrap_or(OPEN);
            let to = design.grid.get(entry.to).copied().unwrap_or(OPEN);
            let low = if from == 0 { f64::NEG_INFINITY } else { (from as f64 - 0.5).ln() };
            let high = if to == OPEN { f64::INFINITY } else { (to as f64 + 0.5).ln() };
            (low, high, entry.weight * evidence, from == 0)
        })
        .collect();
    let believed = [prior.dust, prior.priced];
    let total = prior.free_share + prior.dust.share + prior.priced.share;
    let mut mixture = Mixture {
        free: prior.free_share / total,
        components: believed.map(|of| Component {
            share: of.share / total,
            location: of.median.ln(),
            scale: of.deviation,
        }),
    };
    for iteration in 1..=MOST_STEPS {
        let next = maximisation_step(&mixture, &bounds, &prior);
        let moved = next.distance(&mixture);
        mixture = next;
        if moved <= STILL {
            return MixtureFit { mixture, iterations: iteration, converged: true };
        }
    }
    MixtureFit { mixture, iterations: MOST_STEPS, converged: false }
}

impl Mixture {
    fn distance(&self, other: &Self) -> f64 {
        let distance_of = |(a, b): (&Component, &Component)| {
            (a.share - b.share)
                .abs()
                .max((a.location - b.location).abs())
                .max((a.scale - b.scale).abs())
        };
        self.components
            .iter()
            .zip(&other.components)
            .map(distance_of)
            .fold((self.free - other.free).abs(), f64::max)
    }
}

/// Replaces values that are not finite and positive by the defaults.
fn replace_invalid(prior: &Prior) -> Prior {
    let standard = Prior::default();
    let positive = |value: f64, otherwise: f64| {
        if value.is_finite() && value > 0.0 { value } else { otherwise }
    };
    let component = |of: ComponentPrior, otherwise: ComponentPrior| ComponentPrior {
        median: positive(of.median, otherwise.median),
        deviation: positive(of.deviation, otherwise.deviation).clamp(1e-3, 1e3),
        share: positive(of.share, otherwise.share).clamp(1e-9, 1e9),
    };
    Prior {
        free_share: positive(prior.free_share, standard.free_share).clamp(1e-9, 1e9),
        dust: component(prior.dust, standard.dust),
        priced: component(prior.priced, standard.priced),
        strength: positive(prior.strength, standard.strength).clamp(1e-6, 1e6),
    }
}

/// Dividing by smaller probabilities could overflow.
const FAINTEST: f64 = 1e-250;

/// One step of expectation-maximisation.
fn maximisation_step(
    mixture: &Mixture,
    bounds: &[(f64, f64, f64, bool)],
    prior: &Prior,
) -> Mixture {
    let mut free = 0.0;
    let mut sums = [Moments::default(); 2];
    for (low, high, weight, holds_zero) in bounds {
        let seen = mixture.components.map(|component| component.truncated(*low, *high));
        let unweighted = if *holds_zero { mixture.free } else { 0.0 };
        let total = unweighted + seen.iter().map(|moments| moments.weight).sum::<f64>();
        if total.is_nan() || total < FAINTEST {
            continue;
        }
        let scale = weight / total;
        free += unweighted * scale;
        for (sum, moments) in sums.iter_mut().zip(seen) {
            sum.add_weighted(moments, scale * moments.weight);
        }
    }
    let shares = prior.free_share + prior.dust.share + prior.priced.share;
    let [dust, priced] = sums;
    let evidence = free + dust.weight + priced.weight + prior.strength;
    let component = |sum: Moments, of: ComponentPrior| {
        let centre = of.median.ln();
        let location = (sum.first + prior.strength * centre) / (sum.weight + prior.strength);
        let around = sum.second - 2.0 * location * sum.first + location * location * sum.weight;
        let off = (location - centre).powi(2);
        let variance = (around.max(0.0) + prior.strength * (off + of.deviation * of.deviation))
            / (sum.weight + 2.0 * prior.strength);
        Component {
            share: (sum.weight + prior.strength * of.share / shares) / evidence,
            location,
            scale: variance.sqrt(),
        }
    };
    Mixture {
        free: (free + prior.strength * prior.free_share / shares) / evidence,
        components: [component(dust, prior.dust), component(priced, prior.priced)],
    }
}

/// A weight with weighted sums of the logarithm and its square, or a probability with the mean and
/// mean square of the logarithm.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    weight: f64,
    first: f64,
    second: f64,
}

impl Moments {
    fn add_weighted(&mut self, of: Self, weight: f64) {
        if weight > 0.0 {
            self.weight += weight;
            self.first += weight * of.first;
            self.second += weight * of.second;
        }
    }
}

impl Component {
    /// The probability of an interval times the share of the component, and the mean and mean square
    /// of the logarithm inside the interval.
    fn truncated(&self, low: f64, high: f64) -> Moments {
        let unit = Normal::standard();
        let (a, b) = ((low - self.location) / self.scale, (high - self.location) / self.scale);
        let moments = |probability: f64, mean: f64, square: f64| Moments {
            weight: self.share * probability,
            first: self.location + self.scale * mean,
            second: self.location.powi(2)
                + 2.0 * self.location * self.scale * mean
                + self.scale.powi(2) * square,
        };
        if b - a < 1e-4 {
            let middle = f64::midpoint(a, b);
            return moments(unit.pdf(middle) * (b - a), middle, middle * middle);
        }
        let probability = if a > 0.0 { unit.sf(a) - unit.sf(b) } else { unit.cdf(b) - unit.cdf(a) };
        if probability < FAINTEST {
            // Too far out to compute moments: place all of it at the nearer end.
            let nearest = if a > 0.0 { a } else { b };
            return moments(probability.max(0.0), nearest, nearest * nearest);
        }
        let edge = |z: f64| if z.is_finite() { (unit.pdf(z), z * unit.pdf(z)) } else { (0.0, 0.0) };
        let ((at_a, a_at_a), (at_b, b_at_b)) = (edge(a), edge(b));
        let mean = ((at_a - at_b) / probability).clamp(a, b);
        let square = (1.0 + (a_at_a - b_at_b) / probability).max(mean * mean);
        moments(probability, mean, square)
    }
}

/// The evidence on one stretch of prices, for the band of a mixture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MixtureStretch {
    pub(super) from: u64,
    trials: f64,
    clusters: f64,
    /// The least lower limit at this and all lower prices, and the greatest upper limit at this and
    /// all higher ones, without the price asked for.
    low_before: f64,
    high_after: f64,
}

impl MixtureStretch {
    fn limits_around(&self, share: f64, limits: &BandLimits) -> (f64, f64) {
        limits.interval_around(share, self.trials, self.clusters, self.clusters - 1.0)
    }

    /// S(f) with its band; `estimate` is the value of the mixture at a price in this stretch.
    pub(super) fn band_around(&self, estimate: f64, limits: &BandLimits) -> PointEstimate {
        let (low, high) = self.limits_around(estimate, limits);
        PointEstimate {
            estimate,
            low: low.min(self.low_before).min(estimate),
            high: high.max(self.high_after).max(estimate),
        }
    }
}

/// Divides the prices at the grid. The number of trials at a price is the effective number of
/// clusters that know whether C exceeds it.
pub(super) fn build_stretches(
    design: &Design,
    mixture: &Mixture,
    limits: &BandLimits,
) -> Vec<MixtureStretch> {
    let mut stretches: Vec<MixtureStretch> = design
        .grid
        .iter()
        .zip(informed_clusters(design))
        .map(|(from, clusters)| MixtureStretch {
            from: *from,
            trials: add_pseudo_cluster(clusters, clusters),
            clusters,
            low_before: 1.0,
            high_after: 0.0,
        })
        .collect();
    let ends: Vec<u64> = design
        .grid
        .iter()
        .skip(1)
        .map(|next| next - 1)
        .chain(std::iter::once(Nanomina::MAX.get()))
        .collect();
    // The ends of a stretch count too: at a share of exactly 0 or 1 the limits jump outwards.
    let mut low = 1.0_f64;
    for (stretch, end) in stretches.iter_mut().zip(&ends) {
        low = low.min(stretch.limits_around(mixture.survival(stretch.from), limits).0);
        stretch.low_before = low;
        low = low.min(stretch.limits_around(mixture.survival(*end), limits).0);
    }
    let mut high = stretches
        .last()
        .map_or(1.0, |last| limits.interval_around(0.0, 1.0, last.clusters, last.clusters - 1.0).1);
    for (stretch, end) in stretches.iter_mut().zip(&ends).rev() {
        high = high.max(stretch.limits_around(mixture.survival(*end), limits).1);
        stretch.high_after = high;
        high = high.max(stretch.limits_around(mixture.survival(stretch.from), limits).1);
    }
    stretches
}
