//! One observation of the competing price, and how much it counts.

use std::time::Duration;

use crate::units::Nanomina;

/// What one observation says about C, the price at which a competitor's work is finally bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Censoring {
    /// C = p: another prover's work was bought at p.
    Exact(Nanomina),
    /// C > p: our own work was bought at p, so any competing offer asked more (right-censored).
    Above(Nanomina),
    /// C <= p: another prover offers the work at p, and only a lower fee can replace that
    /// (left-censored).
    AtMost(Nanomina),
    /// `above` < C <= `at_most`: a histogram bucket; `None` is an open end (interval-censored).
    Between {
        /// The exclusive lower end.
        above: Option<Nanomina>,
        /// The inclusive upper end.
        at_most: Option<Nanomina>,
    },
}

/// One observation of the price, its weight and its cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// What it says.
    pub censoring: Censoring,
    /// How much it counts relative to the others; only ratios of weights matter. An observation
    /// whose weight is not finite and positive is dropped and counted.
    pub weight: f64,
    /// The group within which observations depend on each other, usually the block that bought the
    /// work. Numbers follow the order of purchase, so that dependence between neighbours shows.
    pub cluster: u64,
}

/// The prices that an observation allows, both ends included; `to` is [`OPEN`] if there is no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) from: u64,
    pub(super) to: u64,
}

/// The upper end of a span that has none; above every price.
pub(super) const OPEN: u64 = u64::MAX;

impl Censoring {
    /// The prices it allows; `None` if there are none.
    pub(super) fn span(self) -> Option<Span> {
        let (from, to) = match self {
            Self::Exact(price) => (price.get(), price.get()),
            Self::Above(price) => (price.get().saturating_add(1), OPEN),
            Self::AtMost(price) => (0, price.get()),
            Self::Between { above, at_most } => (
                above.map_or(0, |price| price.get().saturating_add(1)),
                at_most.map_or(OPEN, Nanomina::get),
            ),
        };
        (from <= to).then_some(Span { from, to })
    }
}

/// The weight of evidence of this age, 2^(-age / half-life), in [0, 1].
///
/// With a half-life of zero, only evidence of no age counts.
pub fn decay(age: Duration, half_life: Duration) -> f64 {
    if age.is_zero() {
        return 1.0;
    }
    if half_life.is_zero() {
        return 0.0;
    }
    (-(age.as_secs_f64() / half_life.as_secs_f64())).exp2()
}

/// How many observations were dropped, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// The weight was NaN, infinite or negative.
    pub invalid_weight: usize,
    /// The weight was zero, or below 1e-9 of the largest: too small to matter.
    pub negligible_weight: usize,
    /// The interval contained no price (`above` >= `at_most`).
    pub empty_interval: usize,
    /// The interval contained every price.
    pub uninformative: usize,
}

impl Dropped {
    /// The sum of all counts.
    pub const fn total(self) -> usize {
        self.invalid_weight + self.negligible_weight + self.empty_interval + self.uninformative
    }
}

/// An observation that counts, with its weight relative to the largest.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScreenedObservation {
    pub(super) span: Span,
    pub(super) weight: f64,
    pub(super) cluster: u64,
}

/// Weights below this share of the largest are dropped; it is reached after 30 half-lives.
const NEGLIGIBLE: f64 = 1e-9;

/// Returns the observations that count, by cluster and in an order independent of the input's, and
/// the counts of the others.
pub(super) fn screen_observations(
    observations: &[Observation],
) -> (Vec<ScreenedObservation>, Dropped) {
    let mut dropped = Dropped::default();
    let mut items = Vec::with_capacity(observations.len());
    let mut largest = 0.0_f64;
    for observation in observations {
        let Observation { censoring, weight, cluster } = *observation;
        if !weight.is_finite() || weight < 0.0 {
            dropped.invalid_weight += 1;
            continue;
        }
        match censoring.span() {
            None => dropped.empty_interval += 1,
            Some(Span { from: 0, to: OPEN }) => dropped.uninformative += 1,
            Some(span) => {
                largest = largest.max(weight);
                items.push(ScreenedObservation { span, weight, cluster });
            }
        }
    }
    let informative = items.len();
    items.retain_mut(|item| {
        let weight = item.weight / largest;
        item.weight = weight;
        weight >= NEGLIGIBLE
    });
    dropped.negligible_weight = informative - items.len();
    // Sales arrive cluster by cluster, so sorting within clusters is cheaper than one long sort.
    if !items.is_sorted_by_key(|item| item.cluster) {
        items.sort_unstable_by_key(|item| item.cluster);
    }
    for cluster in items.chunk_by_mut(|a, b| a.cluster == b.cluster) {
        cluster.sort_unstable_by(|a, b| {
            a.span.cmp(&b.span).then_with(|| a.weight.total_cmp(&b.weight))
        });
    }
    (items, dropped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decay_halves_each_half_life_and_stays_in_the_unit_interval() {
        let hour = Duration::from_secs(3600);
        assert!((decay(hour * 3, hour) - 0.125).abs() < 1e-15);
        for (age, half_life, expected) in [
            (Duration::ZERO, Duration::ZERO, 1.0),
            (hour, Duration::ZERO, 0.0),
            (Duration::MAX, hour, 0.0),
        ] {
            assert!((decay(age, half_life) - expected).abs() < 1e-300);
        }
    }

    #[test]
    fn every_dropped_observation_is_counted_under_its_reason() {
        let price = Nanomina::ONE_MINA;
        let of = |censoring, weight| Observation { censoring, weight, cluster: 1 };
        let given = [
            of(Censoring::Exact(price), f64::NAN),
            of(Censoring::Exact(price), f64::INFINITY),
            of(Censoring::Exact(price), -1.0),
            of(Censoring::Exact(price), 0.0),
            of(Censoring::Exact(price), 1e-300),
            of(Censoring::Exact(price), 1.0),
            of(Censoring::Between { above: Some(price), at_most: Some(price) }, 1.0),
            of(Censoring::Between { above: None, at_most: None }, 1.0),
        ];
        let (items, dropped) = screen_observations(&given);
        assert_eq!(items.len(), 1);
        assert_eq!(
            dropped,
            Dropped {
                invalid_weight: 3,
                negligible_weight: 2,
                empty_interval: 1,
                uninformative: 1
            }
        );
        assert_eq!(dropped.total() + items.len(), given.len());
    }
}
