//! Electrical energy.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::{decimal::format_decimal, power::Power};

/// Electrical energy in milliwatt-hours.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Energy(u64);

impl Energy {
    /// None.
    pub const ZERO: Self = Self(0);

    /// What `power` takes in `time`, rounded up to a milliwatt-hour.
    pub fn of(power: Power, time: Duration) -> Self {
        const MILLISECONDS_PER_HOUR: u128 = 3_600_000;
        let product = u128::from(power.milliwatts()) * time.as_millis();
        Self(u64::try_from(product.div_ceil(MILLISECONDS_PER_HOUR)).unwrap_or(u64::MAX))
    }

    /// Milliwatt-hours.
    pub const fn milliwatt_hours(self) -> u64 {
        self.0
    }

    /// Watt-hours, for statistics.
    pub fn to_watt_hours(self) -> f64 {
        self.0 as f64 / 1_000.0
    }

    /// The sum, or the largest amount.
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Energy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} Wh", format_decimal(self.0.into(), 3)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energy_is_power_times_time() {
        let energy = |power: &str, seconds| {
            Energy::of(power.parse().unwrap(), Duration::from_secs(seconds)).to_string()
        };
        assert_eq!(energy("350 W", 3_600), "350 Wh");
        assert_eq!(energy("350 W", 60), "5.834 Wh");
        assert_eq!(energy("0 W", 3_600), "0 Wh");
    }
}
