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
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Long-run variances over the sum of squares, averaged over sequences of sixty clusters that
    /// agree in runs of this length.
    fn ratios(length: usize) -> [f64; WAVES.len()] {
        const SEQUENCES: u64 = 400;
        let cosines = Cosines::new(&[1.0; 60]);
        let mut ratios = [0.0; WAVES.len()];
        for seed in 0..SEQUENCES {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let begins = random.random_range(0..length);
            let fates: Vec<f64> =
                (0..60).map(|_| if random.random::<bool>() { 1.0 } else { -1.0 }).collect();
            let values: Vec<f64> = (0..60).map(|at| fates[(at + begins) / length]).collect();
            for (ratio, variance) in
                ratios.iter_mut().zip(cosines.variances(values.into_iter().enumerate()))
            {
                *ratio += variance / 60.0 / SEQUENCES as f64;
            }
        }
        ratios
    }

    #[test]
    fn with_all_waves_it_is_the_cluster_robust_variance() {
        let cosines = Cosines::new(&[0.2; 5]);
        let values: [f64; 5] = [0.3, -0.1, 0.2, -0.5, 0.1];
        let squares: f64 = values.iter().map(|value| value * value).sum();
        assert!((cosines.freedoms()[2] - 4.0).abs() < 1e-12);
        assert!(
            (cosines.variances(values.into_iter().enumerate())[2] - squares * 5.0 / 4.0).abs()
                < 1e-12
        );
    }

    #[test]
    fn runs_count_in_full_where_waves_are_longer() {
        for ratio in ratios(1) {
            assert!(
                (0.85..1.15).contains(&ratio),
                "clusters that have nothing in common count as they are: {ratio}"
            );
        }
        let [few, _, many] = ratios(5);
        assert!((4.0..5.5).contains(&few), "five clusters that share a fate are one: {few}");
        assert!((3.0..few).contains(&many), "more waves miss some of it: {many}");
    }

    #[test]
    fn the_order_reversed_gives_the_same() {
        let weights: Vec<f64> = (1..=40).map(f64::from).collect();
        let values: Vec<f64> =
            weights.iter().map(|weight| weight * (weight * weight).sin()).collect();
        let (mut back, mut reversed) = (weights.clone(), values.clone());
        back.reverse();
        reversed.reverse();
        let one = Cosines::new(&weights).variances(values.into_iter().enumerate());
        let other = Cosines::new(&back).variances(reversed.into_iter().enumerate());
        assert!(
            one.iter().zip(other).all(|(one, other)| (one / other - 1.0).abs() < 1e-9),
            "{one:?} {other:?}"
        );
    }

    #[test]
    fn one_cluster_has_no_variance() {
        let cosines = Cosines::new(&[1.0]);
        assert_eq!(
            (cosines.freedoms(), cosines.variances(std::iter::once((0, 0.5)))),
            ([0.0; WAVES.len()], [0.0; WAVES.len()])
        );
    }
}
