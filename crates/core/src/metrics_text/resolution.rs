//! Whether the buckets of a fee histogram distinguish prices at all.
//!
//! The daemon's `snark_fee` has the bounds 0, 1, .. 9 (Mina `mina_metrics.ml`). In January 2020 fees
//! were small whole coins within them. Now that fees are in nanomina, every price above zero lies
//! beyond the last bound, and the histogram shows only how much work was free. Bounds and unit
//! depend on the daemon's version, so the observations decide.

use serde::{Deserialize, Serialize};

use super::histogram::Histogram;

/// The largest share of priced observations above the last bound with which prices are still
/// resolved. With more, the upper decile of prices is unknown, and so is whether a higher fee would
/// sell.
pub const MAX_SHARE_ABOVE: f64 = 0.1;

/// Whether the buckets distinguish prices. Priced observations are those in buckets that reach above
/// zero; without a bound at zero that includes free ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Resolution {
    /// Nothing was observed.
    Empty,
    /// All observations are at or below zero: there are no prices to distinguish.
    OnlyFree {
        /// Their number.
        observations: f64,
    },
    /// Enough prices lie within the bounds.
    Resolves {
        /// Priced observations.
        priced: f64,
        /// Their share above the last bound, at most [`MAX_SHARE_ABOVE`].
        share_above_last_bound: f64,
        /// The bucket with the median of the priced observations, which shows the precision.
        median: Bracket,
    },
    /// Too many prices lie above the last bound.
    CannotResolve {
        /// Priced observations.
        priced: f64,
        /// Their share above the last bound, above [`MAX_SHARE_ABOVE`].
        share_above_last_bound: f64,
        /// The last bound above zero, if there is one.
        last_bound: Option<f64>,
    },
    /// The observations lie within the bounds, but the given price does not.
    OutOfReach {
        /// The given price.
        fee_scale: f64,
        /// The last bound.
        last_bound: f64,
    },
}

/// The bounds of a finite bucket, in the histogram's unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bracket {
    /// Exclusive lower bound; `None` for the lowest bucket.
    pub above: Option<f64>,
    /// Inclusive upper bound.
    pub up_to: f64,
}

impl Resolution {
    /// Whether prices may be estimated from the histogram.
    pub const fn is_resolved(&self) -> bool {
        matches!(self, Self::Resolves { .. })
    }

    /// The stable name in logs, metrics and JSON.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::OnlyFree { .. } => "only_free",
            Self::Resolves { .. } => "resolves",
            Self::CannotResolve { .. } => "cannot_resolve",
            Self::OutOfReach { .. } => "out_of_reach",
        }
    }
}

impl Histogram {
    /// Whether these buckets distinguish the observed prices.
    ///
    /// `fee_scale` is a price known from elsewhere, in the unit of the bounds, that must lie within
    /// them too: a few stray observations there do not make the histogram usable for a market far
    /// above them.
    pub fn resolution(&self, fee_scale: Option<f64>) -> Resolution {
        let total = self.total();
        if total <= 0.0 {
            return Resolution::Empty;
        }
        let mut free = 0.0;
        let mut last_bound = None;
        let mut within = 0.0;
        for (&bound, &cumulative) in self.bounds().iter().zip(self.cumulative()) {
            within = cumulative;
            if bound > 0.0 {
                last_bound = Some(bound);
            } else {
                free = cumulative;
            }
        }
        let priced = total - free;
        if priced <= 0.0 {
            return Resolution::OnlyFree { observations: free };
        }
        let share_above_last_bound = (total - within) / priced;
        let median = self.bracket_of(free + priced / 2.0);
        match (last_bound, median) {
            (Some(last_bound), Some(median)) if share_above_last_bound <= MAX_SHARE_ABOVE => {
                match fee_scale {
                    Some(fee_scale) if fee_scale > last_bound => {
                        Resolution::OutOfReach { fee_scale, last_bound }
                    }
                    _ => Resolution::Resolves { priced, share_above_last_bound, median },
                }
            }
            _ => Resolution::CannotResolve { priced, share_above_last_bound, last_bound },
        }
    }

    /// The finite bucket in which the cumulative count reaches `rank`.
    fn bracket_of(&self, rank: f64) -> Option<Bracket> {
        let bucket =
            self.buckets().zip(self.cumulative()).find(|(_, cumulative)| **cumulative >= rank)?.0;
        bucket.up_to.is_finite().then(|| Bracket {
            above: bucket.above.is_finite().then_some(bucket.above),
            up_to: bucket.up_to,
        })
    }
}

#[cfg(test)]
mod tests;
