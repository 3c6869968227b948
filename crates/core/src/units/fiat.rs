//! Prices in currencies other than MINA.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    decimal::{format_decimal, split_unit, unknown_unit},
    quantity::{Quantity, QuantityError, QuantityProblem},
};

/// A currency code of three capital letters, such as `USD`. Only equality matters, so codes need not
/// exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Takes three letters of either case.
    ///
    /// # Errors
    ///
    /// If the text is not three letters.
    pub fn try_new(text: &str) -> Result<Self, QuantityError> {
        Self::parse(text)
            .ok_or_else(|| QuantityError::new(Quantity::Money, text, QuantityProblem::Currency))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let letters: [u8; 3] = text.as_bytes().try_into().ok()?;
        letters
            .iter()
            .all(u8::is_ascii_alphabetic)
            .then(|| Self(letters.map(|b| b.to_ascii_uppercase())))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(std::str::from_utf8(&self.0).unwrap_or("???"))
    }
}

/// An amount of a currency in billionths of its unit, at most [`Fiat::MAX_NANOS`]. Stored as text,
/// `"0.31 USD"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fiat {
    nanos: u64,
    currency: Currency,
}

impl Fiat {
    /// A billion units.
    pub const MAX_NANOS: u64 = 1_000_000_000_000_000_000;

    /// Takes billionths of the currency's unit; `None` above [`Fiat::MAX_NANOS`].
    pub const fn try_new(nanos: u64, currency: Currency) -> Option<Self> {
        if nanos > Self::MAX_NANOS { None } else { Some(Self { nanos, currency }) }
    }

    /// Billionths of the currency's unit.
    pub const fn nanos(self) -> u64 {
        self.nanos
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Parses `NUMBER CURRENCY` followed by `per`, which is empty for a plain amount.
    fn parse(text: &str, quantity: Quantity, per: &'static str) -> Result<Self, QuantityError> {
        let fail = |problem| QuantityError::new(quantity, text, problem);
        let (number, unit) = split_unit(text).map_err(fail)?;
        if unit.is_empty() {
            return Err(fail(QuantityProblem::NoUnit));
        }
        let (currency, divisor) = unit.split_at(unit.find('/').unwrap_or(unit.len()));
        let currency =
            Currency::parse(currency.trim_end()).ok_or_else(|| fail(QuantityProblem::Currency))?;
        if divisor != per {
            let unknown = if divisor.is_empty() {
                QuantityProblem::NoUnit
            } else {
                unknown_unit(divisor, [per].into_iter())
            };
            return Err(fail(unknown));
        }
        let nanos = number.times(1_000_000_000).map_err(fail)?;
        if number.negative && nanos > 0 {
            return Err(fail(QuantityProblem::Negative));
        }
        let in_range = u64::try_from(nanos).ok().and_then(|nanos| Self::try_new(nanos, currency));
        in_range.ok_or_else(|| fail(QuantityProblem::TooLarge))
    }
}

impl TryFrom<String> for Fiat {
    type Error = QuantityError;

    fn try_from(text: String) -> Result<Self, QuantityError> {
        text.parse()
    }
}

impl From<Fiat> for String {
    fn from(amount: Fiat) -> Self {
        amount.to_string()
    }
}

impl FromStr for Fiat {
    type Err = QuantityError;

    /// Takes `"0.31 USD"`.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        Self::parse(text, Quantity::Money, "")
    }
}

impl fmt::Display for Fiat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", format_decimal(self.nanos.into(), 9), self.currency))
    }
}

/// A price of one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HourlyPrice(pub Fiat);

impl FromStr for HourlyPrice {
    type Err = QuantityError;

    /// Takes `"0.40 USD/h"`.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        Fiat::parse(text, Quantity::HourlyPrice, "/h").map(Self)
    }
}

impl fmt::Display for HourlyPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/h", self.0))
    }
}
