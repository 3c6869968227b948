//! How a cost can be set, and its calculation.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ChargedCost, CostEstimate, CostSource, CostUnknown, EnergyQuote, EnergySource, PriceSource,
    Tariff,
};
use crate::{
    market::{Pace, PacePrior},
    units::{
        Currency, EnergyPrice, Fiat, HourlyPrice, NANOMINA_PER_MINA, Nanomina, Power, WorkRate,
    },
};

/// How the cost of one work is found.
#[derive(Clone, Debug, PartialEq)]
pub enum CostModel {
    /// Set directly.
    PerWork(Nanomina),
    /// Computed from its parts.
    Parts(Box<CostParts>),
    /// Found earlier, and recorded with the rate at which works were made.
    Recorded {
        /// The cost then.
        cost: Result<ChargedCost, CostUnknown>,
        /// Works made per hour, if known.
        works_per_hour: Option<f64>,
        /// The price of MINA then, as far as anything depended on it.
        mina_price: Result<Fiat, CostUnknown>,
    },
    /// Not set: nothing can be called profitable.
    Unknown,
}

/// The parts of a cost.
#[derive(Clone, Debug, PartialEq)]
pub struct CostParts {
    energy: Option<(Power, Electricity)>,
    idle_power: Power,
    machine: Option<HourlyPrice>,
    mina_price: MinaPrice,
    works_per_hour: Throughput,
}

/// The price of electricity.
#[derive(Clone, Debug, PartialEq)]
pub enum Electricity {
    /// The same at all times.
    Flat(EnergyPrice),
    /// By the time of day, the day of the week and the month.
    Tariff(Tariff),
    /// By the hour, from a document.
    Listed(Box<EnergySource>),
}

impl Electricity {
    /// The price at the time of the inputs.
    pub(super) fn price(&self, inputs: &CostInputs) -> Result<EnergyPrice, CostUnknown> {
        let source = match self {
            Self::Flat(price) => return Ok(*price),
            Self::Tariff(tariff) => return Ok(tariff.window_at(inputs.at).price),
            Self::Listed(source) => source,
        };
        let of_now = |quote: &EnergyQuote| quote.from <= inputs.at && inputs.at < quote.to;
        let quote = inputs.quotes.energy.filter(of_now).ok_or(CostUnknown::NoElectricityPrice)?;
        let age = inputs.at.duration_since(quote.read).unsigned_abs();
        if age > source.max_age {
            return Err(CostUnknown::ElectricityPriceTooOld { age, limit: source.max_age });
        }
        if quote.price.currency() != source.currency() {
            let currencies = [quote.price.currency(), source.currency()];
            let [price, expenses] = currencies.map(|currency| currency.to_string());
            return Err(CostUnknown::Currency { price, expenses });
        }
        Ok(quote.price)
    }

    /// The currency of its prices.
    pub fn currency(&self) -> Currency {
        match self {
            Self::Flat(price) => price.currency(),
            Self::Tariff(tariff) => tariff.currency(),
            Self::Listed(source) => source.currency(),
        }
    }
}

/// The price of one MINA.
#[derive(Clone, Debug, PartialEq)]
pub enum MinaPrice {
    /// A fixed price.
    Static(Fiat),
    /// Read from a JSON document.
    Quoted(PriceSource),
}

/// How many works the machine makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Throughput {
    /// A fixed rate.
    Fixed(WorkRate),
    /// Measured; until then within what is believed.
    Measured(PacePrior),
}

impl Throughput {
    /// The rate at which energy is spent and that at which time is, and where they are from.
    fn rates(self, pace: &Pace, of: fn(&Pace) -> f64) -> Result<(WorkRate, u32), CostUnknown> {
        match self {
            Self::Fixed(rate) => Ok((rate, 1)),
            Self::Measured(_) => {
                let rate = WorkRate::measured(of(pace)).ok_or(CostUnknown::TooLarge)?;
                Ok((rate, pace.provers))
            }
        }
    }
}

/// A price of one MINA at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceQuote {
    /// The price.
    pub price: Fiat,
    /// When it was read.
    pub at: Timestamp,
}

/// Prices as last read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotes {
    /// The price of MINA.
    pub mina: Option<PriceQuote>,
    /// The price of electricity, where it is read from a list.
    pub energy: Option<EnergyQuote>,
}

/// The inputs of a cost that are not settings.
#[derive(Clone, Copy, Debug)]
pub struct CostInputs {
    /// The time at which the cost applies.
    pub at: Timestamp,
    /// How fast works are made, as far as measured.
    pub pace: Pace,
    /// The last prices read, if any.
    pub quotes: Quotes,
}

/// Why parts do not form a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCostParts {
    /// Neither energy nor a machine price.
    #[error("needs power with electricity, or machine, or both")]
    NoExpense,
    /// Prices in different currencies.
    #[error("prices in {0} and {1}; use one currency")]
    Currencies(Currency, Currency),
    /// A price of MINA of zero.
    #[error("the price of MINA must be above zero")]
    PriceOfNothing,
}

impl CostParts {
    /// Takes power with its price, and the rent of the machine, in one currency.
    ///
    /// # Errors
    ///
    /// If there is no expense, if currencies differ, or if the price of MINA is zero.
    pub fn try_new(
        energy: Option<(Power, Electricity)>,
        machine: Option<HourlyPrice>,
        mina_price: MinaPrice,
        works_per_hour: Throughput,
    ) -> Result<Self, InvalidCostParts> {
        let price = match &mina_price {
            MinaPrice::Static(price) if price.nanos() == 0 => {
                return Err(InvalidCostParts::PriceOfNothing);
            }
            MinaPrice::Static(price) => price.currency(),
            MinaPrice::Quoted(feed) => feed.currency,
        };
        let expenses = [
            energy.as_ref().map(|(_, price)| price.currency()),
            machine.map(|price| price.0.currency()),
        ];
        let mut expenses = expenses.into_iter().flatten().peekable();
        if expenses.peek().is_none() {
            return Err(InvalidCostParts::NoExpense);
        }
        match expenses.find(|currency| *currency != price) {
            Some(other) => Err(InvalidCostParts::Currencies(other, price)),
            None => {
                let idle_power = Power::ZERO;
                Ok(Self { energy, idle_power, machine, mina_price, works_per_hour })
            }
        }
    }

    /// The power that the machine draws, and its price.
    pub const fn energy(&self) -> Option<&(Power, Electricity)> {
        self.energy.as_ref()
    }

    /// With the power that the machine draws while its prover has nothing to do; zero if not set.
    #[must_use]
    pub fn with_idle_power(self, idle_power: Power) -> Self {
        Self { idle_power, ..self }
    }

    /// The power that the machine draws while its prover has nothing to do.
    pub const fn idle_power(&self) -> Power {
        self.idle_power
    }

    /// The rent of the machine.
    pub const fn machine(&self) -> Option<HourlyPrice> {
        self.machine
    }

    /// The price of one MINA.
    pub const fn mina_price(&self) -> &MinaPrice {
        &self.mina_price
    }

    /// How many works the machine makes.
    pub const fn works_per_hour(&self) -> Throughput {
        self.works_per_hour
    }

    pub(super) fn price_of_mina(&self, inputs: &CostInputs) -> Result<Fiat, CostUnknown> {
        let feed = match &self.mina_price {
            MinaPrice::Static(price) => return Ok(*price),
            MinaPrice::Quoted(feed) => feed,
        };
        let quote = inputs.quotes.mina.ok_or(CostUnknown::NoPrice)?;
        // Either direction: after the clock was set back, a quote from the future is as useless as an
        // old one.
        let age = inputs.at.duration_since(quote.at).unsigned_abs();
        if age > feed.max_age {
            return Err(CostUnknown::PriceTooOld { age, limit: feed.max_age });
        }
        if quote.price.currency() != feed.currency {
            let (price, expenses) = (quote.price.currency().to_string(), feed.currency.to_string());
            return Err(CostUnknown::Currency { price, expenses });
        }
        if quote.price.nanos() == 0 { Err(CostUnknown::PriceOfNothing) } else { Ok(quote.price) }
    }

    fn estimate(&self, inputs: &CostInputs) -> Result<CostEstimate, CostUnknown> {
        let at = |of: fn(&Pace) -> f64| {
            let (rate, provers) = self.works_per_hour.rates(&inputs.pace, of)?;
            self.per_work(rate, provers, inputs)
        };
        let source = match self.works_per_hour {
            Throughput::Fixed(_) => CostSource::Set,
            Throughput::Measured(_) => inputs.pace.source.into(),
        };
        Ok(CostEstimate {
            per_work: at(|pace| pace.per_prover)?,
            low: at(|pace| pace.high)?,
            high: at(|pace| pace.low).or_else(or_most)?,
            idle_hour: self.idle_hour(inputs).or_else(or_most)?,
            source,
        })
    }

    /// `(power * electricity + machine / provers) / rate / mina_price`, rounded up at the end: the
    /// power of one prover for the time that it takes, and its share of the rent.
    fn per_work(
        &self,
        rate: WorkRate,
        provers: u32,
        inputs: &CostInputs,
    ) -> Result<Nanomina, CostUnknown> {
        let power = self.energy.as_ref().map_or(Power::ZERO, |(power, _)| *power);
        let provers = provers.max(1);
        let price = self.price_of_mina(inputs)?;
        // The rate counts 1e-6 works.
        let expense = self.hourly_expense(power, provers, inputs)?;
        let divisor = (u128::from(rate.micros()) * u128::from(price.nanos()))
            .checked_mul(u128::from(provers))
            .ok_or(CostUnknown::TooLarge)?;
        to_nanomina(expense.div_ceil(divisor))
    }

    /// `(power * provers * electricity + machine) * 1e15`, in the currency of the prices; where more
    /// is paid for using the energy than the rest costs, nothing.
    fn hourly_expense(
        &self,
        power: Power,
        provers: u32,
        inputs: &CostInputs,
    ) -> Result<u128, CostUnknown> {
        // Milliwatts times nanos per kWh are 1e-6 nanos per hour.
        let energy = match &self.energy {
            Some((_, electricity)) => {
                let price = i128::from(electricity.price(inputs)?.nanos());
                (i128::from(power.milliwatts()) * price).checked_mul(i128::from(provers))
            }
            None => Some(0),
        };
        let machine = self.machine.map_or(0, |price| u128::from(price.0.nanos()) * 1_000_000);
        energy
            .and_then(|energy| {
                machine.saturating_add_signed(energy).checked_mul(u128::from(NANOMINA_PER_MINA))
            })
            .ok_or(CostUnknown::TooLarge)
    }

    /// `(idle_power * electricity + machine) / mina_price`, rounded up.
    fn idle_hour(&self, inputs: &CostInputs) -> Result<Nanomina, CostUnknown> {
        let price = self.price_of_mina(inputs)?;
        let expense = self.hourly_expense(self.idle_power, 1, inputs)?;
        to_nanomina(expense.div_ceil(u128::from(price.nanos()) * 1_000_000))
    }
}

/// The largest amount where a cost that only informs is too large.
fn or_most(cause: CostUnknown) -> Result<Nanomina, CostUnknown> {
    match cause {
        CostUnknown::TooLarge => Ok(Nanomina::MAX),
        cause => Err(cause),
    }
}

pub(super) fn to_nanomina(amount: u128) -> Result<Nanomina, CostUnknown> {
    let amount = u64::try_from(amount).ok().and_then(|amount| Nanomina::try_new(amount).ok());
    amount.ok_or(CostUnknown::TooLarge)
}

impl From<CostParts> for CostModel {
    fn from(parts: CostParts) -> Self {
        Self::Parts(Box::new(parts))
    }
}

impl CostModel {
    /// The cost of one work, rounded up to the nanomina.
    ///
    /// # Errors
    ///
    /// If an input that the cost needs is missing, out of date or in another currency.
    pub fn estimate(&self, inputs: &CostInputs) -> Result<CostEstimate, CostUnknown> {
        match self {
            Self::PerWork(cost) => Ok(CostEstimate::set(*cost)),
            Self::Parts(parts) => parts.estimate(inputs),
            Self::Recorded { cost, .. } => {
                cost.clone().map(|ChargedCost { per_work, idle_hour }| CostEstimate {
                    idle_hour,
                    ..CostEstimate::set(per_work)
                })
            }
            Self::Unknown => Err(CostUnknown::NotConfigured),
        }
    }

    /// The price of one MINA at the time of the inputs.
    ///
    /// # Errors
    ///
    /// If none is configured, or it is missing, out of date or in another currency.
    pub fn price_of_mina(&self, inputs: &CostInputs) -> Result<Fiat, CostUnknown> {
        match self {
            Self::Parts(parts) => parts.price_of_mina(inputs),
            Self::Recorded { mina_price, .. } => mina_price.clone(),
            Self::PerWork(_) | Self::Unknown => Err(CostUnknown::NoPrice),
        }
    }

    /// Works made per hour, if set by the operator or recorded.
    pub fn works_per_hour(&self) -> Option<f64> {
        match self {
            Self::Parts(parts) => match parts.works_per_hour {
                Throughput::Fixed(rate) => Some(rate.to_f64()),
                Throughput::Measured(_) => None,
            },
            Self::Recorded { works_per_hour, .. } => *works_per_hour,
            Self::PerWork(_) | Self::Unknown => None,
        }
    }

    /// What is believed of the pace before it is measured.
    pub fn pace_prior(&self) -> PacePrior {
        match self {
            Self::Parts(parts) => match parts.works_per_hour {
                Throughput::Measured(prior) => prior,
                Throughput::Fixed(_) => PacePrior::default(),
            },
            Self::PerWork(_) | Self::Recorded { .. } | Self::Unknown => PacePrior::default(),
        }
    }

    /// The list of prices of electricity that it needs, if any.
    pub fn energy_source(&self) -> Option<&EnergySource> {
        match self {
            Self::Parts(parts) => match &parts.energy {
                Some((_, Electricity::Listed(source))) => Some(source),
                _ => None,
            },
            Self::PerWork(_) | Self::Recorded { .. } | Self::Unknown => None,
        }
    }

    /// The currency of its price of MINA, if it has one.
    pub fn currency(&self) -> Option<Currency> {
        let Self::Parts(parts) = self else {
            return None;
        };
        Some(match &parts.mina_price {
            MinaPrice::Quoted(feed) => feed.currency,
            MinaPrice::Static(price) => price.currency(),
        })
    }

    /// The source whose price it needs, if any.
    pub fn feed(&self) -> Option<&PriceSource> {
        let Self::Parts(parts) = self else {
            return None;
        };
        match &parts.mina_price {
            MinaPrice::Quoted(feed) => Some(feed),
            MinaPrice::Static(_) => None,
        }
    }
}
