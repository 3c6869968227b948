//! How many works are bought per hour, from all provers, and how precisely that is known.
//!
//! Works are bought in batches, each when a tree of the scan state has filled. Sizes and intervals
//! vary, but a large batch follows a long interval. The rate is works over time; its variance is
//! that of a ratio over purchases, each with the time since the one before: the sum of
//! the squared deviations (works - rate x time) over the squared total time, n / (n - 1) times
//! (renewal-reward processes: Smith 1955, "Regenerative stochastic processes", Proc. R. Soc. A 232;
//! Crane and Iglehart 1975, "Simulating stable stochastic systems III", Operations Research 23;
//! Cochran 1977, "Sampling Techniques", 6.3). For purchases at random times it is the variance of a
//! compound Poisson rate; purchases that wait for a full tree make it smaller. The interval is
//! Student's with n - 1 degrees of freedom on the logarithm, where the error is nearly symmetric
//! and the rate stays above 0.
//!
//! Invariants: 0 < low <= rate <= high where there is an interval; no NaN.

use std::sync::Arc;

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::look::Block;

/// Fewest purchases for which there is an interval.
const FEWEST: usize = 3;

/// Works bought per hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Demand {
    pub(super) per_hour: f64,
    /// Two-sided confidence interval; `None` before three purchases are known.
    pub(super) interval: Option<[f64; 2]>,
}

impl Demand {
    /// Estimates demand from blocks, oldest first, with an interval of this confidence level;
    /// `None` before two blocks are known.
    pub(super) fn estimate<'a>(
        mut blocks: impl Iterator<Item = &'a Arc<Block>>,
        level: f64,
    ) -> Option<Self> {
        let first = blocks.next()?;
        // The first block's works belong to the time before it, which is outside the window.
        let mut purchases: Vec<(f64, f64)> = Vec::new();
        let (mut since, mut last) = (first.at, None);
        for block in blocks {
            last = Some(block.at);
            if !block.works.is_empty() {
                purchases.push((
                    block.works.len() as f64,
                    block.at.duration_since(since).as_secs_f64() / 3600.0,
                ));
                since = block.at;
            }
        }
        let hours = last?.duration_since(first.at).as_secs_f64() / 3600.0;
        if hours <= 0.0 {
            return None;
        }
        let works: f64 = purchases.iter().map(|(works, _)| works).sum();
        let per_hour = works / hours;
        // The time since the last purchase belongs to the next one.
        let open = last?.duration_since(since).as_secs_f64() / 3600.0;
        let deviation = |(works, hours): &(f64, f64)| (works - per_hour * hours).powi(2);
        let squares = purchases.iter().map(deviation).sum::<f64>() + deviation(&(0.0, open));
        let count = purchases.len() as f64;
        let interval = (purchases.len() >= FEWEST).then(|| {
            let error = (squares * count / (count - 1.0)).sqrt() / works;
            let quantile = StudentsT::new(0.0, 1.0, count - 1.0)
                .map_or(0.0, |t| t.inverse_cdf(f64::midpoint(1.0, level)));
            let factor = (quantile * error).exp();
            [per_hour / factor, per_hour * factor]
        });
        Some(Self { per_hour, interval })
    }
}

#[cfg(test)]
mod tests;
