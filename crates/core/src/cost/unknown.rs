//! The reasons for which the cost of a work can be unknown, with stable codes.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::units::duration;

/// Why the cost of a work is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cost_unknown", rename_all = "snake_case")]
pub enum CostUnknown {
    /// No cost is configured.
    NotConfigured,
    /// No price of MINA has been read yet.
    NoPrice,
    /// The time of the last price of MINA is further away than its limit, in either direction.
    PriceTooOld {
        /// How far away.
        age: Duration,
        /// The limit.
        limit: Duration,
    },
    /// The price of MINA and the expenses are in different currencies.
    Currency {
        /// The currency of the price.
        price: String,
        /// The currency of the expenses.
        expenses: String,
    },
    /// The price of MINA is zero.
    PriceOfNothing,
    /// No list of prices of electricity has been read yet, or none that has a price for now.
    NoElectricityPrice,
    /// The list of prices of electricity is older than its limit, or from the future.
    ElectricityPriceTooOld {
        /// How far away.
        age: Duration,
        /// The limit.
        limit: Duration,
    },
    /// Throughput is set to be measured, but has not been yet.
    NotMeasured,
    /// The cost is above the largest amount of MINA.
    TooLarge,
}

impl CostUnknown {
    /// All codes.
    pub const CODES: [&'static str; 9] = [
        "cost_not_configured",
        "no_mina_price",
        "mina_price_too_old",
        "mina_price_currency",
        "mina_price_zero",
        "no_electricity_price",
        "electricity_price_too_old",
        "throughput_not_measured",
        "cost_too_large",
    ];

    /// The stable code in metrics, logs and documentation.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotConfigured => "cost_not_configured",
            Self::NoPrice => "no_mina_price",
            Self::PriceTooOld { .. } => "mina_price_too_old",
            Self::Currency { .. } => "mina_price_currency",
            Self::PriceOfNothing => "mina_price_zero",
            Self::NoElectricityPrice => "no_electricity_price",
            Self::ElectricityPriceTooOld { .. } => "electricity_price_too_old",
            Self::NotMeasured => "throughput_not_measured",
            Self::TooLarge => "cost_too_large",
        }
    }
}

impl fmt::Display for CostUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConfigured => f.write_str("no cost is configured"),
            Self::NoPrice => f.write_str("no price of MINA has been read yet"),
            Self::PriceTooOld { age, limit } => {
                write!(
                    f,
                    "the price of MINA is {} away, allowed are {}",
                    whole_seconds(*age),
                    duration::show(*limit)
                )
            }
            Self::Currency { price, expenses } => {
                write!(f, "the price of MINA is in {price}, the expenses are in {expenses}")
            }
            Self::PriceOfNothing => f.write_str("the price of MINA is zero"),
            Self::NoElectricityPrice => {
                f.write_str("no price of electricity for now has been read from its list")
            }
            Self::ElectricityPriceTooOld { age, limit } => {
                write!(
                    f,
                    "the list of prices of electricity is {} away, allowed are {}",
                    whole_seconds(*age),
                    duration::show(*limit)
                )
            }
            Self::NotMeasured => f.write_str("the works made per hour have not been measured yet"),
            Self::TooLarge => f.write_str("the cost of a work is more than 2^63 - 1 nanomina"),
        }
    }
}

fn whole_seconds(age: Duration) -> impl fmt::Display {
    duration::show(Duration::from_secs(age.as_secs()))
}

impl std::error::Error for CostUnknown {}
