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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn price(text: &str) -> Result<String, String> {
        let written: WrittenEnergyPrice = text.parse().map_err(|e: QuantityError| e.to_string())?;
        let eur = Currency::try_new("EUR").unwrap();
        Ok(written.in_currency(eur).unwrap().to_string())
    }

    #[test]
    fn all_notations_of_a_price_are_the_same_price() {
        for same in [
            "0.09 EUR/kWh",
            "9 ct/kWh",
            "9ct/kWh",
            "9 cents/kWh",
            "90 EUR/MWh",
            "9000 ct/MWh",
            "0.0900 eur/kWh",
        ] {
            assert_eq!(price(same).as_deref(), Ok("0.09 EUR/kWh"), "{same}");
        }
        assert_eq!(price("-12.34 EUR/MWh").as_deref(), Ok("-0.01234 EUR/kWh"));
        assert_eq!(price("-0.5 ct/kWh").as_deref(), Ok("-0.005 EUR/kWh"));
        assert_eq!(price("0 USD/kWh").as_deref(), Ok("0 USD/kWh"));
        assert_eq!(price("-0 USD/kWh").as_deref(), Ok("0 USD/kWh"));
        assert_eq!("9 ct/kWh".parse::<WrittenEnergyPrice>().unwrap().to_string(), "9 ct/kWh");
    }

    #[test]
    fn what_is_no_price_of_energy_says_how_to_write_one() {
        for (text, part) in [
            ("0.18", "needs a unit"),
            ("0.18 USD", "needs a unit"),
            ("9 ct", "needs a unit"),
            ("0.18 USD/kwh", "did you mean \"/kWh\""),
            ("0.18 USD/h", "unknown unit"),
            ("9 dollars/kWh", "three letters"),
            ("0.0000001 EUR/MWh", "finer"),
            ("2000000000 EUR/kWh", "more than"),
            ("nan EUR/kWh", "not a decimal number"),
        ] {
            let told = price(text).unwrap_err();
            assert!(told.contains(part), "{text}: {told}");
            assert!(told.contains("ct/kWh") || told.contains("finer") || told.contains("more"));
        }
        assert!("9 ct/kWh".parse::<EnergyPrice>().unwrap_err().to_string().contains("currency"));
    }

    proptest! {
        #[test]
        fn a_price_reads_back_as_itself(nanos in -MOST..=MOST) {
            let price = EnergyPrice::try_new(nanos, Currency::try_new("CHF").unwrap()).unwrap();
            prop_assert_eq!(price.to_string().parse(), Ok(price));
        }

        /// A thousandth of a price per megawatt-hour is the price per kilowatt-hour.
        #[test]
        fn megawatt_hours_and_cents_are_exact(micros in -1_000_000_000_i64..1_000_000_000) {
            let sign = if micros < 0 { "-" } else { "" };
            let (whole, rest) = (micros.abs() / 1_000_000, micros.abs() % 1_000_000);
            let read = |unit: &str| {
                format!("{sign}{whole}.{rest:06} {unit}").parse::<WrittenEnergyPrice>().unwrap().nanos
            };
            prop_assert_eq!(read("EUR/MWh"), micros);
            prop_assert_eq!(read("EUR/kWh"), micros * 1_000);
            prop_assert_eq!(read("ct/kWh"), micros * 10);
        }
    }
}
