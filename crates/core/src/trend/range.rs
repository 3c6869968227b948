//! How far back charts and logs go.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How far back charts and logs go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TrendRange {
    /// An hour.
    Hour,
    /// A day.
    #[default]
    Day,
    /// Seven days.
    Week,
    /// 30 days.
    Month,
}

impl TrendRange {
    /// All ranges, the shortest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];
    /// Points of a chart: more than two per three pixels would not be visible.
    pub const POINTS: u32 = 360;

    /// The name in addresses and for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Its length.
    pub const fn length(self) -> Duration {
        const HOUR: u64 = 3_600;
        Duration::from_secs(match self {
            Self::Hour => HOUR,
            Self::Day => 24 * HOUR,
            Self::Week => 7 * 24 * HOUR,
            Self::Month => 30 * 24 * HOUR,
        })
    }

    /// The time that one point stands for, if there are looks enough.
    pub const fn step(self) -> Duration {
        Duration::from_secs(self.length().as_secs() / Self::POINTS as u64)
    }

    /// Its beginning, where it ends `now`.
    pub fn begin(self, now: Timestamp) -> Timestamp {
        let length = SignedDuration::try_from(self.length()).unwrap_or(SignedDuration::MAX);
        now.checked_sub(length).unwrap_or(Timestamp::MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::time;

    #[test]
    fn every_range_has_the_same_number_of_steps() {
        for range in TrendRange::ALL {
            assert_eq!(range.step() * TrendRange::POINTS, range.length());
            let back = time(0).duration_since(range.begin(time(0)));
            assert_eq!(Duration::try_from(back).unwrap(), range.length());
        }
    }
}
