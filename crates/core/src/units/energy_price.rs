//! The price of a kilowatt-hour.

use std::{fmt, str::FromStr};

use super::{
    decimal::{format_decimal, split_unit, unknown_unit},
    fiat::{Currency, Fiat},
    quantity::{Quantity, QuantityError, QuantityProblem},
};

/// A price of one kilowatt-hour in billionths of a currency's unit, at most [`Fiat::MAX_NANOS`] in
/// either direction. It is negative where one is paid for using energy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EnergyPrice {
    nanos: i64,
    currency: Currency,
}

impl EnergyPrice {
    /// Takes billionths of the currency's unit; `None` beyond [`Fiat::MAX_NANOS`].
    pub const fn try_new(nanos: i64, currency: Currency) -> Option<Self> {
        match nanos.unsigned_abs() > Fiat::MAX_NANOS {
            true => None,
            false => Some(Self { nanos, currency }),
        }
    }

    /// Billionths of the currency's unit for one kilowatt-hour.
    pub const fn nanos(self) -> i64 {
        self.nanos
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }
}

impl FromStr for EnergyPrice {
    type Err = QuantityError;

    /// Takes `"0.18 USD/kWh"` or `"180 USD/MWh"`.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let written: WrittenEnergyPrice = text.parse()?;
        written.currency.and_then(|currency| written.in_currency(currency)).ok_or_else(|| {
            QuantityError::new(Quantity::EnergyPrice, text, QuantityProblem::Currency)
        })
    }
}

impl fmt::Display for EnergyPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.nanos < 0 { "-" } else { "" };
        let amount = format_decimal(self.nanos.unsigned_abs().into(), 9);
        f.pad(&format!("{sign}{amount} {}/kWh", self.currency))
    }
}

/// A price of energy as people write it: cents, which are a hundredth of whatever currency the
/// other prices are in, and megawatt-hours too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenEnergyPrice {
    nanos: i64,
    currency: Option<Currency>,
}

impl WrittenEnergyPrice {
    /// The currency, unless it was written in cents.
    pub const fn currency(self) -> Option<Currency> {
        self.currency
    }

    /// The price; cents are those of `other`.
    pub fn in_currency(self, other: Currency) -> Option<EnergyPrice> {
        EnergyPrice::try_new(self.nanos, self.currency.unwrap_or(other))
    }
}

impl From<EnergyPrice> for WrittenEnergyPrice {
    fn from(price: EnergyPrice) -> Self {
        Self { nanos: price.nanos, currency: Some(price.currency) }
    }
}

impl FromStr for WrittenEnergyPrice {
    type Err = QuantityError;

    /// Takes `"0.18 USD/kWh"`, `"18 ct/kWh"` or `"180 EUR/MWh"`; capitals of the energy matter.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        const CENTS: [&str; 3] = ["ct", "cent", "cents"];
        let fail = |problem| QuantityError::new(Quantity::EnergyPrice, text, problem);
        let (number, unit) = split_unit(text).map_err(fail)?;
        let (money, energy) = unit.split_at(unit.find('/').unwrap_or(unit.len()));
        let money = money.trim_end();
        let cents = CENTS.contains(&money);
        let currency = match cents {
            true => None,
            false if unit.is_empty() => return Err(fail(QuantityProblem::NoUnit)),
            false => Some(Currency::parse(money).ok_or_else(|| fail(QuantityProblem::Currency))?),
        };
        let per_kilowatt_hour: u128 = match energy {
            "/kWh" => 1_000_000_000,
            "/MWh" => 1_000_000,
            "" => return Err(fail(QuantityProblem::NoUnit)),
            other => return Err(fail(unknown_unit(other, ["/kWh", "/MWh"].into_iter()))),
        };
        let factor = if cents { per_kilowatt_hour / 100 } else { per_kilowatt_hour };
        let nanos = number.times(factor).map_err(fail)?;
        let nanos = i64::try_from(nanos).ok().filter(|nanos| *nanos <= MOST);
        let nanos = nanos.ok_or_else(|| fail(QuantityProblem::TooLarge))?;
        Ok(Self { nanos: if number.negative { -nanos } else { nanos }, currency })
    }
}

/// [`Fiat::MAX_NANOS`], signed.
const MOST: i64 = 1_000_000_000_000_000_000;

impl fmt::Display for WrittenEnergyPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.currency {
            Some(currency) => EnergyPrice { nanos: self.nanos, currency }.fmt(f),
            None => {
                let sign = if self.nanos < 0 { "-" } else { "" };
                let amount = format_decimal(self.nanos.unsigned_abs().into(), 7);
                f.pad(&format!("{sign}{amount} ct/kWh"))
            }
        }
    }
}

#[cfg(test)]
mod tests;
