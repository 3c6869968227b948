//! A price of electricity that depends on the time of day, the day of the week and the month.

use std::{fmt, ops::Range, str::FromStr};

use jiff::{Timestamp, tz::TimeZone};

use super::calendar::{DAY_NAMES, Days, MONTH_NAMES, Months};
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

/// A price for part of each day, from `from` up to but not including `to`, on some days and in some
/// months. It spans midnight if `to` is earlier; which day it is then is told by the moment itself:
/// of 22:00 to 06:00 on Mondays, the first six hours of Monday are part, those of Tuesday are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TariffWindow {
    /// First minute.
    pub from: TimeOfDay,
    /// The minute after the last.
    pub to: TimeOfDay,
    /// The days of the week.
    pub days: Days,
    /// The months of the year.
    pub months: Months,
    /// The price then.
    pub price: EnergyPrice,
}

impl fmt::Display for TariffWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {} to {}", self.from, self.to)?;
        if self.days != Days::ALL {
            write!(f, ", {}", self.days)?;
        }
        if self.months != Months::ALL {
            write!(f, ", {}", self.months)?;
        }
        Ok(())
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

    fn is_of(&self, day: usize, month: usize) -> bool {
        self.days.contains(day) && self.months.contains(month)
    }

    /// The minutes of a day that it holds, as one or two ranges.
    fn ranges(&self) -> [Range<u16>; 2] {
        match self.from < self.to {
            true => [self.from.0..self.to.0, 0..0],
            false => [0..self.to.0, self.from.0..DAY],
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
    #[error("no price from {from} to {to}{on}")]
    Gap {
        /// First minute without a price.
        from: TimeOfDay,
        /// The minute after the last.
        to: TimeOfDay,
        /// The first day on which this is so.
        on: DayOfYear,
    },
    /// A time with two prices.
    #[error("two prices at {at}{on}")]
    Overlap {
        /// The minute.
        at: TimeOfDay,
        /// The first day on which this is so.
        on: DayOfYear,
    },
    /// Prices in different currencies.
    #[error("prices in {0} and {1}; use one currency")]
    Currencies(Currency, Currency),
}

/// A day of the week in a month, where days and months matter to a tariff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayOfYear(Option<(usize, usize)>);

impl fmt::Display for DayOfYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((day, month)) = self.0 else { return Ok(()) };
        let name = |names: &[&'static str], place: usize| names.get(place).copied();
        let (day, month) = (name(&DAY_NAMES, day), name(&MONTH_NAMES, month));
        write!(f, " on {} in {}", day.unwrap_or_default(), month.unwrap_or_default())
    }
}

/// Prices that cover every minute of every day of the year exactly once, in the operator's time
/// zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tariff {
    first: TariffWindow,
    others: Vec<TariffWindow>,
    zone: TimeZone,
}

impl Tariff {
    /// Takes windows in one currency that together cover each minute of each day once.
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
        let currency = first.price.currency();
        for window in windows {
            // A window from 24:00 begins at 00:00 of the next day.
            if window.from.0 % DAY == window.to.0 % DAY
                && !(window.from.0 == 0 && window.to.0 == DAY)
            {
                return Err(InvalidTariff::EmptyWindow(window.from));
            }
            if window.price.currency() != currency {
                return Err(InvalidTariff::Currencies(currency, window.price.currency()));
            }
        }
        let daily =
            windows.iter().all(|window| window.days == Days::ALL && window.months == Months::ALL);
        let (days, months) = if daily { (1, 1) } else { (DAY_NAMES.len(), MONTH_NAMES.len()) };
        for (month, day) in (0..months).flat_map(|month| (0..days).map(move |day| (month, day))) {
            let on = DayOfYear((!daily).then_some((day, month)));
            cover_day(windows.iter().filter(|window| window.is_of(day, month)), on)?;
        }
        Ok(Self { first: *first, others: others.to_vec(), zone })
    }

    /// The window at a moment, by local time including daylight saving.
    pub fn window_at(&self, at: Timestamp) -> &TariffWindow {
        let time = self.zone.to_datetime(at);
        let minute =
            u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs());
        let day = usize::from(time.weekday().to_monday_zero_offset().unsigned_abs());
        let month = usize::from(time.month().unsigned_abs().saturating_sub(1));
        let holds = |window: &&TariffWindow| window.is_of(day, month) && window.contains(minute);
        self.others.iter().find(holds).unwrap_or(&self.first)
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
        self.first.price.currency()
    }
}

/// That windows cover each minute of a day once.
fn cover_day<'a>(
    windows: impl Iterator<Item = &'a TariffWindow>,
    on: DayOfYear,
) -> Result<(), InvalidTariff> {
    let mut ranges: Vec<Range<u16>> = windows.flat_map(TariffWindow::ranges).collect();
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| range.start);
    let mut covered = 0;
    for range in ranges.iter().chain(std::iter::once(&(DAY..DAY))) {
        if range.start > covered {
            let (from, to) = (TimeOfDay(covered), TimeOfDay(range.start));
            return Err(InvalidTariff::Gap { from, to, on });
        }
        if range.start < covered {
            return Err(InvalidTariff::Overlap { at: TimeOfDay(range.start), on });
        }
        covered = range.end;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
