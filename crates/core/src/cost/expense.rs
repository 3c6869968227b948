//! What an effort of our provers cost, from what was spent.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    CostUnknown,
    model::{CostInputs, CostModel, CostParts, Throughput, to_nanomina},
};
use crate::{
    market::Effort,
    units::{Energy, NANOMINA_PER_MINA, Nanomina},
};

/// What an effort cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expense {
    /// Energy and rent, or the works at their set cost; rounded up to the nanomina.
    pub amount: Nanomina,
    /// Energy taken, while proving and while idle; `None` where no power is set.
    pub energy: Option<Energy>,
}

impl Expense {
    /// Both together; energy is known if either is.
    pub fn saturating_add(self, other: Self) -> Self {
        let energy = match (self.energy, other.energy) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        };
        Self { amount: self.amount.saturating_add(other.amount), energy }
    }
}

impl CostModel {
    /// What `effort` cost at the prices of `inputs.at`: prover time at `power`, idle time at
    /// `idle_power`, time on at the rent. Where the daemon does not say the prover time, it is that
    /// of the works made. With a cost set per work, it is that of the works made.
    ///
    /// # Errors
    ///
    /// If an input that the cost needs is missing, out of date or in another currency.
    pub fn expense(&self, effort: &Effort, inputs: &CostInputs) -> Result<Expense, CostUnknown> {
        match self {
            Self::Parts(parts) => parts.expense(effort, inputs),
            Self::PerWork(_) | Self::Recorded { .. } | Self::Unknown => {
                let per_work = self.estimate(inputs)?.per_work;
                Ok(Expense { amount: per_work.saturating_mul(effort.made), energy: None })
            }
        }
    }
}

impl CostModel {
    /// What a worker would have cost that was on for `on` and made `made` works.
    ///
    /// # Errors
    ///
    /// If an input that the cost needs is missing, out of date or in another currency.
    pub fn imagined_expense(
        &self,
        made: f64,
        on: Duration,
        inputs: &CostInputs,
    ) -> Result<Expense, CostUnknown> {
        let Self::Parts(parts) = self else {
            let amount = self.estimate(inputs)?.per_work.to_f64() * made;
            return Ok(Expense { amount: Nanomina::rounded(amount), energy: None });
        };
        let proving = parts.time_of_works(made, inputs)?;
        let (proving, idle) = (Some(proving), on.saturating_sub(proving));
        parts.expense(&Effort { made: 0, on, proving, idle }, inputs)
    }
}

impl CostParts {
    fn expense(&self, effort: &Effort, inputs: &CostInputs) -> Result<Expense, CostUnknown> {
        let price = self.price_of_mina(inputs)?;
        let proving = match effort.proving {
            Some(proving) => proving,
            None if effort.made == 0 => Duration::ZERO,
            None => self.time_of_works(effort.made as f64, inputs)?,
        };
        let energy = match self.energy() {
            Some((power, electricity)) => {
                let energy = Energy::of(*power, proving)
                    .saturating_add(Energy::of(self.idle_power(), effort.idle));
                Some((energy, i128::from(electricity.price(inputs)?.nanos())))
            }
            None => None,
        };
        // Milliwatt-hours times nanos per kWh are 1e-6 nanos.
        let spent = energy.map_or(0, |(energy, price)| {
            divide_up(i128::from(energy.milliwatt_hours()) * price, 1_000_000)
        });
        let rent = self.machine().map_or(0, |rent| {
            (u128::from(rent.0.nanos()) * effort.on.as_millis()).div_ceil(3_600_000)
        });
        let amount = rent
            .saturating_add_signed(spent)
            .checked_mul(u128::from(NANOMINA_PER_MINA))
            .ok_or(CostUnknown::TooLarge)?
            .div_ceil(u128::from(price.nanos()));
        Ok(Expense { amount: to_nanomina(amount)?, energy: energy.map(|(energy, _)| energy) })
    }

    /// The prover time of some works at the rate that is set or measured.
    fn time_of_works(&self, works: f64, inputs: &CostInputs) -> Result<Duration, CostUnknown> {
        let per_hour = match self.works_per_hour() {
            Throughput::Fixed(rate) => rate.to_f64(),
            Throughput::Measured(_) => inputs.pace.per_prover,
        };
        Duration::try_from_secs_f64(works * 3_600.0 / per_hour).map_err(|_| CostUnknown::TooLarge)
    }
}

/// The quotient, rounded up also where it is negative.
const fn divide_up(amount: i128, divisor: i128) -> i128 {
    let exact = amount.rem_euclid(divisor) == 0;
    amount.div_euclid(divisor) + if exact { 0 } else { 1 }
}

#[cfg(test)]
mod tests;
