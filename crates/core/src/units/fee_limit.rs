//! A bound of a fee, in MINA or in another currency.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Fiat, NANOMINA_PER_MINA, Nanomina, QuantityError};

/// A bound of a fee: an amount of MINA, or of a currency that counts at the price of MINA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FeeLimit {
    /// Nanomina.
    Mina(Nanomina),
    /// An amount of another currency.
    Currency(Fiat),
}

impl FeeLimit {
    /// The amount, where it is one of MINA.
    pub const fn mina(self) -> Option<Nanomina> {
        match self {
            Self::Mina(amount) => Some(amount),
            Self::Currency(_) => None,
        }
    }

    /// The amount, where it is one of another currency.
    pub const fn fiat(self) -> Option<Fiat> {
        match self {
            Self::Mina(_) => None,
            Self::Currency(amount) => Some(amount),
        }
    }

    /// The least fee that is worth this at `price`, the price of one MINA in the same currency;
    /// [`Nanomina::MAX`] where it is more than that.
    pub fn round_up(self, price: Fiat) -> Nanomina {
        self.convert(price, u128::div_ceil)
    }

    /// The greatest fee that is worth no more than this at `price`; [`Nanomina::MAX`] where it is
    /// more than that.
    pub fn round_down(self, price: Fiat) -> Nanomina {
        self.convert(price, |amount, price| amount / price)
    }

    fn convert(self, price: Fiat, divide: fn(u128, u128) -> u128) -> Nanomina {
        match self {
            Self::Mina(amount) => amount,
            Self::Currency(amount) => {
                let amount = u128::from(amount.nanos()) * u128::from(NANOMINA_PER_MINA);
                let nanomina = divide(amount, u128::from(price.nanos().max(1)));
                let nanomina = u64::try_from(nanomina).ok();
                nanomina.and_then(|n| Nanomina::try_new(n).ok()).unwrap_or(Nanomina::MAX)
            }
        }
    }
}

impl From<Nanomina> for FeeLimit {
    fn from(amount: Nanomina) -> Self {
        Self::Mina(amount)
    }
}

impl fmt::Display for FeeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mina(amount) => amount.fmt(f),
            Self::Currency(amount) => amount.fmt(f),
        }
    }
}

impl FromStr for FeeLimit {
    type Err = QuantityError;

    /// Takes `"0.001 MINA"`, `"250000 nanomina"` or `"0.001 USD"`.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        text.parse().map(Self::Mina).or_else(|error| match text.parse() {
            Ok(amount) => Ok(Self::Currency(amount)),
            Err(_) => Err(error),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(text: &str) -> FeeLimit {
        text.parse().unwrap()
    }

    #[test]
    fn a_limit_in_a_currency_counts_at_the_price_and_never_beyond_it() {
        let price: Fiat = "0.3 USD".parse().unwrap();
        let fee = |text: &str| text.parse::<Nanomina>().unwrap();
        assert_eq!(limit("0.001 USD").round_up(price), fee("0.003333334 MINA"));
        assert_eq!(limit("0.001 USD").round_down(price), fee("0.003333333 MINA"));
        assert_eq!(limit("0.003 USD").round_up(price), fee("0.01 MINA"));
        assert_eq!(limit("0.01 MINA").round_up(price), fee("0.01 MINA"));
        let least: Fiat = "0.000000001 USD".parse().unwrap();
        assert_eq!(limit("1000000000 USD").round_down(least), Nanomina::MAX);
        assert_eq!(limit("0 USD").round_up(price), Nanomina::ZERO);
    }

    #[test]
    fn what_was_stored_in_nanomina_is_still_read() {
        for (text, stored) in [("0.001 MINA", "1000000"), ("0.001 USD", "\"0.001 USD\"")] {
            assert_eq!(serde_json::to_string(&limit(text)).unwrap(), stored);
            assert_eq!(serde_json::from_str::<FeeLimit>(stored).unwrap(), limit(text));
            assert_eq!(limit(text).to_string(), text);
        }
        for wrong in ["0.001", "0.001 MIN A", "-1 MINA", "-1 USD", "1 USD/h", "1 US", "x USD"] {
            assert!(wrong.parse::<FeeLimit>().is_err(), "{wrong}");
        }
    }
}
