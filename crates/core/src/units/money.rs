//! Amounts of money and rates of earning it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    decimal::{find_factor, format_decimal, split_unit},
    quantity::{Quantity, QuantityError, QuantityProblem},
};

/// Nanomina in one MINA.
pub const NANOMINA_PER_MINA: u64 = 1_000_000_000;

/// A fee, cost or balance in nanomina (1e-9 MINA).
///
/// Never above [`Nanomina::MAX`]: the daemon stores `snarkWorkFee` in a signed word and prints
/// anything larger as a negative number (MinaProtocol/mina#7524).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "u64", into = "u64")]
pub struct Nanomina(u64);

/// The error for an amount above [`Nanomina::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} nanomina is more than the daemon can represent, 2^63 - 1")]
pub struct AmountTooLarge(pub u64);

impl Nanomina {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount the daemon can represent, 2^63 - 1 nanomina.
    pub const MAX: Self = Self(i64::MAX as u64);
    /// The smallest amount above nothing.
    pub const ONE: Self = Self(1);
    /// One MINA, also the account-creation fee of every mainnet era.
    pub const ONE_MINA: Self = Self(NANOMINA_PER_MINA);

    /// Takes an integer of nanomina.
    ///
    /// # Errors
    ///
    /// If the amount is above [`Nanomina::MAX`].
    pub const fn try_new(nanomina: u64) -> Result<Self, AmountTooLarge> {
        if nanomina > Self::MAX.0 { Err(AmountTooLarge(nanomina)) } else { Ok(Self(nanomina)) }
    }

    /// The nearest amount to a number of nanomina from a statistic; 0 for one below.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative; above the range it saturates, and NaN is 0"
    )]
    pub fn rounded(nanomina: f64) -> Self {
        Self::try_new(nanomina.max(0.0).round() as u64).unwrap_or(Self::MAX)
    }

    /// The integer of nanomina.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The sum, or `None` above [`Nanomina::MAX`].
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(|sum| Self::try_new(sum).ok())
    }

    /// The sum, at most [`Nanomina::MAX`].
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0).min(Self::MAX.0))
    }

    /// The difference, at least zero.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The product, at most [`Nanomina::MAX`].
    pub fn saturating_mul(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor).min(Self::MAX.0))
    }

    /// The amount in MINA, for statistics and display scales; exact below 2^53 nanomina.
    pub fn to_mina(self) -> f64 {
        self.0 as f64 / NANOMINA_PER_MINA as f64
    }

    /// The amount in nanomina as a float, for statistics only.
    pub fn to_f64(self) -> f64 {
        self.0 as f64
    }
}

impl TryFrom<u64> for Nanomina {
    type Error = AmountTooLarge;

    fn try_from(nanomina: u64) -> Result<Self, AmountTooLarge> {
        Self::try_new(nanomina)
    }
}

impl From<Nanomina> for u64 {
    fn from(amount: Nanomina) -> Self {
        amount.0
    }
}

impl fmt::Display for Nanomina {
    /// Exact decimal MINA with its unit: `0.1 MINA`, `0 MINA`, `0.000000001 MINA`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format_decimal(self.0.into(), 9);
        f.pad(&format!("{text} MINA"))
    }
}

impl FromStr for Nanomina {
    type Err = QuantityError;

    /// Takes `"0.001 MINA"` or `"250000 nanomina"`: a plain decimal number and its unit, exact to
    /// the nanomina.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        const UNITS: [(&str, u128); 3] =
            [("MINA", 1_000_000_000), ("nanomina", 1), ("mina", 1_000_000_000)];
        let fail = |problem| QuantityError::new(Quantity::Amount, text, problem);
        let (number, unit) = split_unit(text).map_err(fail)?;
        let nanomina = number.times(find_factor(unit, &UNITS).map_err(fail)?).map_err(fail)?;
        if number.negative && nanomina > 0 {
            return Err(fail(QuantityProblem::Negative));
        }
        u64::try_from(nanomina)
            .ok()
            .and_then(|n| Self::try_new(n).ok())
            .ok_or_else(|| fail(QuantityProblem::TooLarge))
    }
}

/// Earnings or losses per hour, in nanomina per hour; negative is a loss.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct FeeRate(i64);

impl FeeRate {
    /// Neither gain nor loss.
    pub const ZERO: Self = Self(0);

    /// Takes nanomina per hour.
    pub const fn new(nanomina_per_hour: i64) -> Self {
        Self(nanomina_per_hour)
    }

    /// The nearest rate; saturating, and 0 for NaN.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "float to integer casts saturate, as a rate out of range should"
    )]
    pub fn rounded(nanomina_per_hour: f64) -> Self {
        Self(nanomina_per_hour.round() as i64)
    }

    /// Nanomina per hour.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The difference, saturating.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// MINA per hour, for statistics and display scales.
    pub fn to_mina_per_hour(self) -> f64 {
        self.0 as f64 / NANOMINA_PER_MINA as f64
    }
}

impl FromStr for FeeRate {
    type Err = QuantityError;

    /// Takes `"0.02 MINA/h"`, `"-0.01 MINA/h"` or `"500 nanomina/h"`.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        const UNITS: [(&str, u128); 3] =
            [("MINA/h", 1_000_000_000), ("nanomina/h", 1), ("mina/h", 1_000_000_000)];
        let fail = |problem| QuantityError::new(Quantity::FeeRate, text, problem);
        let (number, unit) = split_unit(text).map_err(fail)?;
        let size = number.times(find_factor(unit, &UNITS).map_err(fail)?).map_err(fail)?;
        let size = i128::try_from(size).map_err(|_| fail(QuantityProblem::TooLarge))?;
        let signed = if number.negative { -size } else { size };
        i64::try_from(signed).map(Self).map_err(|_| fail(QuantityProblem::TooLarge))
    }
}

impl fmt::Display for FeeRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let text = format_decimal(self.0.unsigned_abs().into(), 9);
        f.pad(&format!("{sign}{text} MINA/h"))
    }
}
