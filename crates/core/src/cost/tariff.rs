//! A price of electricity that depends on the time of day.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, tz::TimeZone};

use crate::units::{Currency, EnergyPrice};

/// Minutes in a day on the clock.
const DAY: u16 = 24 * 60;

/// A time of day to the minute, from `00:00` to `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(u16);

/// The error for text that is not a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time of day, write \"22:00\"")]
pub struct InvalidTime;

impl FromStr for TimeOfDay {
    type Err = InvalidTime;

    /// Takes `HH:MM`.
    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        let (hours, minutes) = text.split_once(':').ok_or(InvalidTime)?;
        let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        if !two_digits(hours) || !two_digits(minutes) {
            return Err(InvalidTime);
        }
        let (hours, minutes): (u16, u16) =
            (hours.parse().or(Err(InvalidTime))?, minutes.parse().or(Err(InvalidTime))?);
        let at = hours * 60 + minutes;
        if minutes < 60 && at <= DAY { Ok(Self(at)) } else { Err(InvalidTime) }
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// A price for part of each day, from `from` up to but not including `to`. It spans midnight if `to`
/// is earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TariffWindow {
    /// First minute.
    pub from: TimeOfDay,
    /// The minute after the last.
    pub to: TimeOfDay,
    /// The price in this part of the day.
    pub price: EnergyPrice,
}

impl fmt::Display for TariffWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {} to {}", self.from, self.to)
    }
}

impl TariffWindow {
    fn contains(&self, minute: u16) -> bool {
        if self.from < self.to {
            (self.from.0..self.to.0).contains(&minute)
        } else {
            minute >= self.from.0 || minute < self.to.0
        }
    }
}

/// Why windows do not form a tariff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTariff {
    /// No windows, or more than a day has minutes.
    #[error("a tariff needs between 1 and 1440 windows")]
    Count,
    /// A window that ends when it begins.
    #[error("a window from {0} to {0} holds nothing; the whole day is from \"00:00\" to \"24:00\"")]
    EmptyWindow(TimeOfDay),
    /// A time without a price.
    #[error("no price from {from} to {to}")]
    Gap {
        /// First minute without a price.
        from: TimeOfDay,
        /// The minute after the last.
        to: TimeOfDay,
    },
    /// A time with two prices.
    #[error("two prices at {0}")]
    Overlap(TimeOfDay),
    /// Prices in different currencies.
    #[error("prices in {0} and {1}; use one currency")]
    Currencies(Currency, Currency),
}

/// Prices that cover every minute of the day exactly once, in the operator's time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tariff {
    first: TariffWindow,
    others: Vec<TariffWindow>,
    zone: TimeZone,
}

impl Tariff {
    /// Takes windows in one currency that together cover each minute of the day once.
    ///
    /// # Errors
    ///
    /// If the windows leave a gap, overlap, or differ in currency.
    pub fn try_new(windows: &[TariffWindow], zone: TimeZone) -> Result<Self, InvalidTariff> {
        let Some((first, others)) =
            windows.split_first().filter(|_| windows.len() <= usize::from(DAY))
        else {
            return Err(InvalidTariff::Count);
        };
        let currency = first.price.0.currency();
        for window in windows {
            // A window from 24:00 begins at 00:00 of the next day.
            if window.from.0 % DAY == window.to.0 % DAY
                && !(window.from.0 == 0 && window.to.0 == DAY)
            {
                return Err(InvalidTariff::EmptyWindow(window.from));
            }
            if window.price.0.currency() != currency {
                return Err(InvalidTariff::Currencies(currency, window.price.0.currency()));
            }
        }
        let prices = |minute: u16| windows.iter().filter(|window| window.contains(minute)).count();
        for minute in 0..DAY {
            match prices(minute) {
                1 => {}
                0 => {
                    let end = (minute..DAY).find(|later| prices(*later) > 0).unwrap_or(DAY);
                    return Err(InvalidTariff::Gap { from: TimeOfDay(minute), to: TimeOfDay(end) });
                }
                _ => return Err(InvalidTariff::Overlap(TimeOfDay(minute))),
            }
        }
        Ok(Self { first: *first, others: others.to_vec(), zone })
    }

    /// The window at a moment, by local time including daylight saving.
    pub fn window_at(&self, at: Timestamp) -> &TariffWindow {
        let time = self.zone.to_datetime(at);
        let minute =
            u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs());
        self.others.iter().find(|window| window.contains(minute)).unwrap_or(&self.first)
    }

    /// The windows as configured.
    pub fn windows(&self) -> impl Iterator<Item = &TariffWindow> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The name of the time zone, or what it is where it has none.
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("of this machine, which has no name")
    }

    /// The time zone of the windows.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The currency of every window.
    pub fn currency(&self) -> Currency {
        self.first.price.0.currency()
    }
}
