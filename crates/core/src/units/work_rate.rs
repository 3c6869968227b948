//! How many works a machine makes per hour.

use std::{fmt, str::FromStr};

use super::{
    decimal::{Decimal, format_decimal},
    quantity::{Quantity, QuantityError, QuantityProblem},
};

/// Works made per hour, above zero, in millionths of a work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkRate(u64);

impl WorkRate {
    /// Millionths of a work per hour, at least 1.
    pub(crate) const fn micros(self) -> u64 {
        self.0
    }

    /// Takes millionths of a work per hour; zero counts as one.
    pub(crate) const fn from_micros(micros: u64) -> Self {
        Self(if micros == 0 { 1 } else { micros })
    }

    /// Works per hour, for statistics.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Takes a measured rate, rounded down to a millionth; `None` if that is zero, or for NaN and
    /// infinity.
    pub fn measured(works_per_hour: f64) -> Option<Self> {
        let micros = (works_per_hour * 1e6).floor();
        if !(1.0..1e18).contains(&micros) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within 1..1e18, without a fraction"
        )]
        let micros = micros as u64;
        Some(Self(micros))
    }
}

impl FromStr for WorkRate {
    type Err = QuantityError;

    /// Takes a plain decimal number above zero with at most 6 decimals, `90` or `2.5`.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let fail = |problem| QuantityError::new(Quantity::WorkRate, text, problem);
        let number = match text.trim() {
            "" => return Err(fail(QuantityProblem::Empty)),
            trimmed => Decimal::parse(trimmed).map_err(fail)?,
        };
        let micros = number.times(1_000_000).map_err(fail)?;
        if micros == 0 || number.negative {
            return Err(fail(QuantityProblem::NotPositive));
        }
        u64::try_from(micros).map(Self).map_err(|_| fail(QuantityProblem::TooLarge))
    }
}

impl fmt::Display for WorkRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format_decimal(self.0.into(), 6))
    }
}
