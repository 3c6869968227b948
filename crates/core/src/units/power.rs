//! Electrical power.

use std::{fmt, str::FromStr};

use super::{
    decimal::{find_factor, format_decimal, split_unit},
    quantity::{Quantity, QuantityError, QuantityProblem},
};

/// Electrical power in milliwatts, at most [`Power::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Power(u64);

impl Power {
    /// A gigawatt.
    pub const MAX: Self = Self(1_000_000_000_000);

    /// None.
    pub const ZERO: Self = Self(0);

    /// Milliwatts.
    pub(crate) const fn milliwatts(self) -> u64 {
        self.0
    }
}

impl FromStr for Power {
    type Err = QuantityError;

    /// Takes `"350 W"`, `"0.35 kW"` or `"800 mW"`; capitals matter.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        const UNITS: [(&str, u128); 3] = [("W", 1_000), ("kW", 1_000_000), ("mW", 1)];
        let fail = |problem| QuantityError::new(Quantity::Power, text, problem);
        let (number, unit) = split_unit(text).map_err(fail)?;
        let milliwatts = number.times(find_factor(unit, &UNITS).map_err(fail)?).map_err(fail)?;
        if number.negative && milliwatts > 0 {
            return Err(fail(QuantityProblem::Negative));
        }
        let in_range = u64::try_from(milliwatts).ok().map(Self).filter(|power| *power <= Self::MAX);
        in_range.ok_or_else(|| fail(QuantityProblem::TooLarge))
    }
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} W", format_decimal(self.0.into(), 3)))
    }
}
