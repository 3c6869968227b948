//! The variance of a sum over clusters that depend on their neighbours in the order of purchase.
//!
//! An idle prover covers work after work, and a slow one misses work after work, across cluster
//! borders. The variance of a sum over such clusters is their long-run variance, the spectral
//! density of the sequence at frequency zero. It is estimated by equal-weighted cosines: the mean
//! of the squared projections on the B cosines of lowest frequency. If dependence is short compared
//! with their waves, the projections are nearly independent of each other and of the sum, so that
//! the sum over the root of this variance has about Student's t distribution with B degrees of
//! freedom, even for small B (Phillips 2005, "HAC estimation by automated regression",
//! Econometric Theory 21; Mueller 2007, "A theory of robust long-run variance estimation", J.
//! Econometrics 141; Lazarus, Lewis, Stock and Watson 2018, "HAR inference: recommendations for
//! practice", J. Business & Economic Statistics 36). With one wave fewer than clusters it is the
//! cluster-robust variance.
//!
//! Few waves allow for long runs; many waves estimate the variance precisely. A few dozen clusters
//! do not show which is needed, so several numbers of waves are tried, and the band takes the
//! widest of their intervals.
//!
//! A cluster's place in the order is the weight of all clusters before it. The cosines are then
//! nearly orthogonal to a constant under the weights, unless one cluster outweighs the others, and
//! the estimated share, which reduces the residuals, hardly affects the projections.
//!
//! Invariants: reversing the order does not change the variances.

use std::f64::consts::{PI, SQRT_2};

/// Numbers of waves, ascending. Over 60 clusters, a day of a full market, the shortest wave of 3, 5
/// and 8 is 40, 24 and 15 clusters long.
pub(super) const WAVES: [usize; 3] = [3, 5, 8];
const MOST: usize = 8;

/// The cosines of lowest frequency at the places of the clusters.
#[derive(Clone, Debug)]
pub(super) struct Cosines {
    values: Vec<[f64; MOST]>,
}

impl Cosines {
    /// Takes the clusters' weights in the order of purchase.
    pub(super) fn new(weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        let mut before = 0.0;
        let at = |weight: &f64| {
            let place = (before + weight / 2.0) / total;
            before += weight;
            std::array::from_fn(|wave| SQRT_2 * (PI * (wave + 1) as f64 * place).cos())
        };
        Self { values: weights.iter().map(at).collect() }
    }

    /// Degrees of freedom of the variances; 0 for a single cluster.
    pub(super) fn freedoms(&self) -> [f64; WAVES.len()] {
        self.usable_waves().map(|waves| waves as f64)
    }

    /// The long-run variance of the sum of these values, for each number of waves. A value comes
    /// with the number of its cluster; clusters without one have 0.
    pub(super) fn variances(
        &self,
        values: impl Iterator<Item = (usize, f64)>,
    ) -> [f64; WAVES.len()] {
        let mut projections = [0.0; MOST];
        for (cluster, value) in values {
            let Some(waves) = self.values.get(cluster) else { continue };
            for (projection, wave) in projections.iter_mut().zip(waves) {
                *projection += value * wave;
            }
        }
        self.usable_waves().map(|waves| {
            let squares = projections.iter().take(waves).map(|projection| projection * projection);
            squares.sum::<f64>() / waves.max(1) as f64
        })
    }

    /// Limits the numbers of waves to one fewer than there are clusters.
    fn usable_waves(&self) -> [usize; WAVES.len()] {
        WAVES.map(|waves| waves.min(self.values.len().saturating_sub(1)))
    }
}

#[cfg(test)]
mod tests;
