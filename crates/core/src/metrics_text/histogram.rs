//! A validated histogram.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{
    family::{Family, Label, MetricKind, Sample},
    line::parse_number,
};

/// A histogram of one series.
///
/// Invariants: bounds are finite and ascend; cumulative counts are whole, not negative and never
/// fall; there is one more of them than of bounds, the last being the total; the sum is finite.
///
/// The daemon prints six significant digits, so counts above 999,999 move in steps of 10, then 100,
/// and a difference of two counts is off by up to one step. Sums lose digits in the same way: on
/// mainnet, where snark fees add up to more than 1e12 nanomina, a step of the sum is 0.01 MINA, and
/// the ratio of two differences is not a usable mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    pub(super) bounds: Vec<f64>,
    pub(super) cumulative: Vec<f64>,
    pub(super) sum: f64,
}

/// Why samples do not make a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum HistogramDefect {
    /// The family is of another kind.
    #[error("a {} is not a histogram", kind.as_str())]
    NotAHistogram {
        /// Its kind.
        kind: MetricKind,
    },
    /// The family has series that differ in labels other than `le`.
    #[error("several series, which differ in labels other than le")]
    SeveralSeries,
    /// A bucket has no `le`, or one that is neither a number nor infinity.
    #[error("a bucket without a usable bound")]
    BadBound,
    /// Two buckets have the same bound, or bounds given as a list do not ascend.
    #[error("the bound {bound} is not above the one before it")]
    RepeatedBound {
        /// The bound.
        bound: f64,
    },
    /// The sum, the count or the bucket of infinity is there twice.
    #[error("the sum, the count or the bucket of infinity is there twice")]
    RepeatedTotal,
    /// A count is negative, infinite, not a number or not whole.
    #[error("a count is not a whole number")]
    BadCount,
    /// The sum is infinite or not a number.
    #[error("the sum is not a finite number")]
    BadSum,
    /// There is no sum.
    #[error("no sum")]
    MissingSum,
    /// There is neither a bucket of infinity nor a count.
    #[error("neither a bucket of infinity nor a count")]
    MissingTotal,
    /// The bucket of infinity and the count differ.
    #[error("the bucket of infinity holds {infinity}, the count is {count}")]
    CountMismatch {
        /// Observations in the bucket of infinity.
        infinity: f64,
        /// The count.
        count: f64,
    },
    /// A cumulative count is smaller than that of a lower bound.
    #[error("the bucket above {above} holds fewer observations than those below")]
    NotCumulative {
        /// The bound below the bucket.
        above: f64,
    },
    /// There is not exactly one more cumulative count than bounds.
    #[error("{bounds} bounds need one more count, not {counts}")]
    LengthMismatch {
        /// Bounds given.
        bounds: usize,
        /// Counts given.
        counts: usize,
    },
}

/// The observations above `above` and at or below `up_to`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Exclusive lower end; negative infinity for the lowest bucket.
    pub above: f64,
    /// Inclusive upper end; infinity for the highest bucket.
    pub up_to: f64,
    /// Observations in it.
    pub count: f64,
}

impl Histogram {
    /// Takes ascending bounds, the cumulative counts with the total last, and the sum.
    ///
    /// # Errors
    ///
    /// The first violated invariant.
    pub fn try_new(
        bounds: Vec<f64>,
        cumulative: Vec<f64>,
        sum: f64,
    ) -> Result<Self, HistogramDefect> {
        if cumulative.is_empty() {
            return Err(HistogramDefect::MissingTotal);
        }
        if cumulative.len() != bounds.len() + 1 {
            return Err(HistogramDefect::LengthMismatch {
                bounds: bounds.len(),
                counts: cumulative.len(),
            });
        }
        if !bounds.iter().all(|bound| bound.is_finite()) {
            return Err(HistogramDefect::BadBound);
        }
        if let Some((_, &bound)) =
            bounds.iter().zip(bounds.iter().skip(1)).find(|(one, next)| one >= next)
        {
            return Err(HistogramDefect::RepeatedBound { bound });
        }
        if !cumulative.iter().all(|&count| is_count(count)) {
            return Err(HistogramDefect::BadCount);
        }
        if !sum.is_finite() {
            return Err(HistogramDefect::BadSum);
        }
        let following = cumulative.iter().skip(1);
        for ((&above, &count), &next) in bounds.iter().zip(&cumulative).zip(following) {
            if next < count {
                return Err(HistogramDefect::NotCumulative { above });
            }
        }
        Ok(Self { bounds, cumulative, sum })
    }

    /// Takes the only series of a family, with its samples in any order. Either the bucket of
    /// infinity or the count may be missing.
    ///
    /// # Errors
    ///
    /// If the family is not a histogram, has several series, or violates an invariant.
    pub fn from_family(family: &Family<'_, '_>) -> Result<Self, HistogramDefect> {
        if family.kind() != MetricKind::Histogram {
            return Err(HistogramDefect::NotAHistogram { kind: family.kind() });
        }
        let mut parts = HistogramParts::default();
        let mut first: Option<Sample<'_, '_>> = None;
        for sample in family.samples() {
            if !same_series(&sample, first.get_or_insert(sample)) {
                return Err(HistogramDefect::SeveralSeries);
            }
            match sample.name.get(family.name().len()..) {
                Some("_sum") => set_once(&mut parts.sum, sample.value)?,
                Some("_count") => set_once(&mut parts.count, sample.value)?,
                Some("_bucket") => parts.add_bucket(&sample)?,
                _ => {}
            }
        }
        parts.into_histogram()
    }

    /// Upper bounds of the buckets, inclusive, finite, ascending.
    pub fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// Observations at or below each bound, and in the last entry all of them.
    pub fn cumulative(&self) -> &[f64] {
        &self.cumulative
    }

    /// All observations.
    pub fn total(&self) -> f64 {
        self.cumulative.last().copied().unwrap_or_default()
    }

    /// Sum of all observations, in the unit of the bounds.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// Bounds, cumulative counts and sum.
    pub fn into_parts(self) -> (Vec<f64>, Vec<f64>, f64) {
        (self.bounds, self.cumulative, self.sum)
    }

    /// The buckets, lowest first, each with the number of observations in it alone.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> + '_ {
        let mut above = f64::NEG_INFINITY;
        let mut below = 0.0;
        self.bounds.iter().copied().chain([f64::INFINITY]).zip(&self.cumulative).map(
            move |(up_to, &cumulative)| {
                let bucket = Bucket { above, up_to, count: cumulative - below };
                (above, below) = (up_to, cumulative);
                bucket
            },
        )
    }
}

/// The samples of a histogram collected so far.
#[derive(Default)]
struct HistogramParts {
    sum: Option<f64>,
    count: Option<f64>,
    infinity: Option<f64>,
    /// Bound and cumulative count.
    finite: Vec<(f64, f64)>,
}

impl HistogramParts {
    fn add_bucket(&mut self, sample: &Sample<'_, '_>) -> Result<(), HistogramDefect> {
        let bound = sample
            .label("le")
            .and_then(|text| parse_number(&text))
            .ok_or(HistogramDefect::BadBound)?;
        if bound.is_finite() {
            self.finite.push((bound, sample.value));
            Ok(())
        } else if bound > 0.0 {
            set_once(&mut self.infinity, sample.value)
        } else {
            Err(HistogramDefect::BadBound)
        }
    }

    fn into_histogram(mut self) -> Result<Histogram, HistogramDefect> {
        if self.infinity.into_iter().chain(self.count).any(|count| !is_count(count)) {
            return Err(HistogramDefect::BadCount);
        }
        let total = match (self.infinity, self.count) {
            (Some(infinity), Some(count)) if (infinity - count).abs() > 0.0 => {
                return Err(HistogramDefect::CountMismatch { infinity, count });
            }
            (Some(total), _) | (None, Some(total)) => total,
            (None, None) => return Err(HistogramDefect::MissingTotal),
        };
        let sum = self.sum.ok_or(HistogramDefect::MissingSum)?;
        self.finite.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (bounds, mut cumulative): (Vec<_>, Vec<_>) = self.finite.into_iter().unzip();
        cumulative.push(total);
        Histogram::try_new(bounds, cumulative, sum)
    }
}

/// Stores a value that must be there once only.
fn set_once(place: &mut Option<f64>, value: f64) -> Result<(), HistogramDefect> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(HistogramDefect::RepeatedTotal),
    }
}

/// Whether two samples differ in no label but `le`.
fn same_series(one: &Sample<'_, '_>, other: &Sample<'_, '_>) -> bool {
    let mut labels = [one, other].map(|sample| {
        let identity = sample.labels.iter().filter(|label| label.name() != "le");
        identity
            .map(|label: &Label<'_>| (label.name(), label.value()))
            .collect::<Vec<(&str, Cow<'_, str>)>>()
    });
    labels.iter_mut().for_each(|labels| labels.sort_unstable());
    labels[0] == labels[1]
}

fn is_count(value: f64) -> bool {
    value.is_finite() && value >= 0.0 && value.fract() <= 0.0
}

#[cfg(test)]
mod tests;
