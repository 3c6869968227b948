//! Days of the week and months of the year, as a tariff names them.

use std::{fmt, str::FromStr};

/// Days of the week, Monday first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(u16);

/// Months of the year, January first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Months(u16);

/// Their names, in order.
pub(super) const DAY_NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Their names, in order.
pub(super) const MONTH_NAMES: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The error for text that names no days or months.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is none of {}; write \"{example}\"", .names.join(", "))]
pub struct InvalidCalendar {
    word: String,
    names: &'static [&'static str],
    example: &'static str,
}

impl Days {
    /// Every day.
    pub const ALL: Self = Self((1 << DAY_NAMES.len()) - 1);

    /// Whether a day is among them, 0 being Monday.
    pub(super) const fn contains(self, day: usize) -> bool {
        self.0 >> day & 1 == 1
    }
}

impl Months {
    /// Every month.
    pub const ALL: Self = Self((1 << MONTH_NAMES.len()) - 1);

    /// Whether a month is among them, 0 being January.
    pub(super) const fn contains(self, month: usize) -> bool {
        self.0 >> month & 1 == 1
    }
}

impl FromStr for Days {
    type Err = InvalidCalendar;

    /// Takes `"mon-fri"`, `"sat,sun"` or `"fri-mon"`.
    fn from_str(text: &str) -> Result<Self, InvalidCalendar> {
        parse_names(text, &DAY_NAMES, "mon-fri").map(Self)
    }
}

impl FromStr for Months {
    type Err = InvalidCalendar;

    /// Takes `"nov-mar"` or `"jan,jul"`.
    fn from_str(text: &str) -> Result<Self, InvalidCalendar> {
        parse_names(text, &MONTH_NAMES, "nov-mar").map(Self)
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&show_names(self.0, &DAY_NAMES))
    }
}

impl fmt::Display for Months {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&show_names(self.0, &MONTH_NAMES))
    }
}

/// One bit for each name: ranges that may go over the end, separated by commas.
fn parse_names(
    text: &str,
    names: &'static [&'static str],
    example: &'static str,
) -> Result<u16, InvalidCalendar> {
    let place = |word: &str| {
        let word = word.trim();
        names.iter().position(|name| name.eq_ignore_ascii_case(word)).ok_or_else(|| {
            InvalidCalendar { word: word.chars().take(20).collect(), names, example }
        })
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (first, last) = match part.split_once('-') {
            Some((first, last)) => (place(first)?, place(last)?),
            None => (place(part)?, place(part)?),
        };
        let length = (last + names.len() - first) % names.len();
        for step in 0..=length {
            bits |= 1 << ((first + step) % names.len());
        }
    }
    Ok(bits)
}

/// The shortest way to write them.
fn show_names(bits: u16, names: &[&str]) -> String {
    let has = |place: usize| bits >> (place % names.len()) & 1 == 1;
    let name = |place: usize| names.get(place % names.len()).copied().unwrap_or_default();
    if (0..names.len()).all(has) {
        return [name(0), "-", name(names.len() - 1)].concat();
    }
    let begins = (0..names.len()).filter(|place| has(*place) && !has(place + names.len() - 1));
    let ranges = begins.map(|first| {
        let last = (first..first + names.len()).find(|place| !has(place + 1)).unwrap_or(first);
        match last == first {
            true => name(first).to_owned(),
            false => [name(first), "-", name(last)].concat(),
        }
    });
    ranges.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_go_over_the_end_of_week_and_year() {
        for (text, shown) in [
            ("mon-fri", "mon-fri"),
            ("Sat, Sun", "sat-sun"),
            ("fri-mon", "fri-mon"),
            ("mon,tue,wed,thu,fri,sat,sun", "mon-sun"),
            ("wed,mon", "mon,wed"),
        ] {
            assert_eq!(text.parse::<Days>().unwrap().to_string(), shown);
        }
        let winter: Months = "nov-mar".parse().unwrap();
        let within: Vec<usize> = (0..12).filter(|month| winter.contains(*month)).collect();
        assert_eq!(within, [0, 1, 2, 10, 11]);
        assert_eq!("jan-dec".parse::<Months>().unwrap(), Months::ALL);
    }

    #[test]
    fn other_words_are_refused_with_the_names() {
        for text in ["", "monday", "mon-", "1-5", "mon;tue", "jan"] {
            let told = text.parse::<Days>().unwrap_err().to_string();
            assert!(told.contains("mon, tue") && told.contains("\"mon-fri\""), "{told}");
        }
        assert!("mon".parse::<Months>().unwrap_err().to_string().contains("nov-mar"));
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(bits in 1..128_u16, months in 1..4096_u16) {
            prop_assert_eq!(Days(bits).to_string().parse(), Ok(Days(bits)));
            prop_assert_eq!(Months(months).to_string().parse(), Ok(Months(months)));
        }
    }
}
