//! The shares of the market's works that sell at a fee and that are open at it, of one moment and
//! one model.
//!
//! S(f) is estimated from sales of the present regime, g(f) from the books of the last hour. After
//! a change they are of two markets, and S / g, the chance of a work made now, would run into 1.
//! If works are handed out at random, one that others reach x times over its life is still theirs
//! to take with S = exp(-x) when it is bought, and over its life it is open for the share
//! (1 - exp(-x)) / x = (1 - S) / -ln S of the time. Less is not open where S sells.
//!
//! What n independent observations agree on is not certain: by the rule of succession (Laplace
//! 1774) with one observation against it, S is at most n / (n + 1).
//!
//! Invariants: 0 <= low <= estimate <= high <= 1, estimate <= open <= 1; no NaN.

use super::estimate::PointEstimate;

/// The shares of works at one fee.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct MarketShares {
    /// S: that sell at the fee, with its band.
    pub(crate) sells: PointEstimate,
    /// g: that are open to a worker asking the fee, of those on the market at once.
    pub(crate) open: f64,
}

impl MarketShares {
    /// From an estimate of S that is worth `samples` independent observations, and the share of
    /// works seen open. Where a fee has no market, caution counts on no sale.
    pub(super) fn new(
        sells: PointEstimate,
        samples: f64,
        seen_open: f64,
        has_market: bool,
    ) -> Self {
        let most = samples.max(0.0) / (samples.max(0.0) + 1.0);
        let estimate = sells.estimate.min(most);
        let sells = PointEstimate {
            estimate,
            low: if has_market { sells.low.min(estimate) } else { 0.0 },
            ..sells
        };
        Self { sells, open: seen_open.clamp(least_open(estimate), 1.0) }
    }

    /// The average with the shares that the known sellers make, which weigh `weight` in [0, 1].
    /// Caution stays that of the sales: what they do not bear out is not counted on.
    pub(super) fn averaged_with(self, sells: f64, open: f64, weight: f64) -> Self {
        let mean = |one: f64, other: f64| one + weight * (other - one);
        let (by_sales, by_sellers) = (self.sells, sells);
        let borne_out =
            if by_sales.estimate > 0.0 { by_sales.low / by_sales.estimate } else { 0.0 };
        let estimate = mean(by_sales.estimate, by_sellers);
        let low = mean(by_sales.low, by_sellers * borne_out).min(estimate);
        let sells = PointEstimate { estimate, low, high: by_sales.high.max(estimate) };
        let open = mean(self.open, open).clamp(estimate, 1.0);
        Self { sells, open }
    }

    /// S / g: the share of works open now that sell at the fee.
    pub(crate) fn sells_when_open(&self) -> f64 {
        if self.open > 0.0 { (self.sells.estimate / self.open).min(1.0) } else { 0.0 }
    }
}

/// The share of works open at a fee at which this share of them sells.
pub(super) fn least_open(sells: f64) -> f64 {
    // Both ends are limits.
    if sells <= 0.0 {
        0.0
    } else if sells >= 1.0 - 1e-9 {
        1.0
    } else {
        (1.0 - sells) / -sells.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exactly(estimate: f64) -> PointEstimate {
        PointEstimate { estimate, low: estimate, high: estimate }
    }

    #[test]
    fn what_sells_is_open_for_a_part_of_its_life_at_least() {
        for sells in [0.0, 1e-9, 0.1, 0.5, 0.9, 0.999, 1.0] {
            for seen in [0.0, 0.3, 1.0] {
                let shares = MarketShares::new(exactly(sells), 1e12, seen, true);
                assert!(shares.sells.estimate <= shares.open && shares.open <= 1.0);
                assert!(shares.open >= seen);
                assert!((0.0..=1.0).contains(&shares.sells_when_open()));
            }
        }
        // exp(-1) sell, and (1 - exp(-1)) / 1 are open.
        assert!((least_open((-1.0_f64).exp()) - (1.0 - (-1.0_f64).exp())).abs() < 1e-12);
    }

    #[test]
    fn a_few_works_that_agree_are_no_certainty() {
        let of = |samples| MarketShares::new(exactly(1.0), samples, 0.2, true).sells_when_open();
        assert!(of(24.0) < 0.985 && of(2.0) < 0.83, "{} {}", of(24.0), of(2.0));
        assert!(MarketShares::new(exactly(0.0), 3.0, 0.0, true).sells_when_open() <= 0.0);
        assert!(MarketShares::new(exactly(0.4), 30.0, 0.5, false).sells.low <= 0.0);
    }
}
