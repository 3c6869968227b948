//! Sums over seeds with their standard errors.

use serde::Serialize;

/// A sum over seeds. The seeds are independent markets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct SeedTotal {
    /// The sum.
    pub total: f64,
    /// Its standard error; `None` of fewer than two seeds.
    pub standard_error: Option<f64>,
}

impl SeedTotal {
    /// Sums the values of all seeds.
    pub(super) fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let total = values.iter().fold(0.0, |sum, value| sum + value);
        let mean = total / count.max(1.0);
        let squares = values.iter().fold(0.0, |sum, value| sum + (value - mean).powi(2));
        let standard_error = (values.len() > 1).then(|| (count / (count - 1.0) * squares).sqrt());
        Self { total, standard_error }
    }

    /// Sums what each seed's value is above its counterpart.
    pub(super) fn of_differences(values: &[f64], others: &[f64]) -> Self {
        let differences: Vec<f64> =
            values.iter().zip(others).map(|(value, other)| value - other).collect();
        Self::of(&differences)
    }

    /// The mean over `seeds` seeds, with the standard error of the mean.
    pub(super) fn mean_of(values: &[f64]) -> SeedMean {
        let Self { total, standard_error } = Self::of(values);
        let count = values.len().max(1) as f64;
        SeedMean { mean: total / count, standard_error: standard_error.map(|error| error / count) }
    }
}

/// A mean over seeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct SeedMean {
    /// The mean.
    pub mean: f64,
    /// Its standard error; `None` of fewer than two seeds.
    pub standard_error: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_a_sum_is_that_of_independent_seeds() {
        let SeedTotal { total, standard_error } = SeedTotal::of(&[1.0, 3.0]);
        assert_eq!((total, standard_error), (4.0, Some(2.0)), "sqrt(2) times the deviation");
        assert_eq!(SeedTotal::of(&[7.0]), SeedTotal { total: 7.0, standard_error: None });
        assert_eq!(SeedTotal::of(&[]), SeedTotal::default());
        let mean = SeedTotal::mean_of(&[1.0, 3.0]);
        assert_eq!((mean.mean, mean.standard_error), (2.0, Some(1.0)));
    }

    #[test]
    fn a_paired_difference_does_not_see_what_both_share() {
        let difference = SeedTotal::of_differences(&[101.0, 1.0, 51.0], &[100.0, 0.0, 50.0]);
        assert_eq!((difference.total, difference.standard_error), (3.0, Some(0.0)));
    }
}
