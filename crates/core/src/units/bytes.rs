//! Sizes in bytes.

use std::{fmt, str::FromStr};

use super::{
    decimal::{find_factor, split_unit},
    quantity::{Quantity, QuantityError, QuantityProblem},
};

/// A size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

/// Binary units are powers of 1024, decimal ones of 1000; the largest first.
const UNITS: [(&str, u128); 7] = [
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

impl FromStr for Bytes {
    type Err = QuantityError;

    /// Takes `"64 MiB"`, `"1.5 GiB"` or `"500 kB"`.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let fail = |problem| QuantityError::new(Quantity::Size, text, problem);
        let (number, unit) = split_unit(text).map_err(fail)?;
        let bytes = number.times(find_factor(unit, &UNITS).map_err(fail)?).map_err(fail)?;
        if number.negative && bytes > 0 {
            return Err(fail(QuantityProblem::Negative));
        }
        u64::try_from(bytes).map(Self).map_err(|_| fail(QuantityProblem::TooLarge))
    }
}

impl fmt::Display for Bytes {
    /// In the largest unit that gives a whole number: `64 MiB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = u128::from(self.0);
        let whole = UNITS.iter().find(|(_, factor)| bytes > 0 && bytes.is_multiple_of(*factor));
        let (unit, factor) = whole.copied().unwrap_or(("B", 1));
        f.pad(&format!("{} {unit}", bytes / factor))
    }
}
