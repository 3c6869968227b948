//! Time that nobody can set: what waits, holds and pauses are measured by.
//!
//! The time of day is what the market's and the operator's times are given in, and it can be wrong
//! for a moment or set at any time. What is waited for is therefore kept on a timeline that starts
//! as the time of day and goes on by the time since the machine booted, across restarts of the
//! process too.

use std::{fmt, str::FromStr, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Smaller settings are those by which time services keep a clock right. Nothing that is waited for
/// is so short.
const TOLERANCE: Duration = Duration::from_secs(1);

/// A time on the timeline that nobody can set. It is stored as a time of day, which it was until a
/// clock was first set, and shown as one by [`ClockReading::wall_of`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SteadyTime(Timestamp);

impl SteadyTime {
    /// The beginning of a timeline, at this time of day.
    pub const fn begin(wall: Timestamp) -> Self {
        Self(wall)
    }

    /// The time `span` later.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.checked_add(span).unwrap_or(Timestamp::MAX))
    }

    /// The time `span` earlier.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        Self(self.0.checked_sub(span).unwrap_or(Timestamp::MIN))
    }

    /// Time that passed since `earlier`; zero where that is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        positive(self.0.duration_since(earlier.0))
    }
}

/// A start of the machine, or of whatever else a clock counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct BootId(pub u128);

impl fmt::Display for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for BootId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(text, 16).map(Self)
    }
}

impl From<BootId> for String {
    fn from(boot: BootId) -> Self {
        boot.to_string()
    }
}

impl TryFrom<String> for BootId {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// What the clocks of a machine show at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineTime {
    /// The time of day.
    pub wall: Timestamp,
    /// What `uptime` counts from; `None` where time is what the time of day says, as in a
    /// simulation.
    pub boot: Option<BootId>,
    /// Time since then.
    pub uptime: Duration,
}

impl MachineTime {
    /// Clocks of which only the time of day is known.
    pub const fn of_wall(wall: Timestamp) -> Self {
        Self { wall, boot: None, uptime: Duration::ZERO }
    }
}

/// What the clocks showed, and the time that nobody can set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockReading {
    #[serde(flatten)]
    machine: MachineTime,
    steady: SteadyTime,
}

impl ClockReading {
    /// The first reading.
    pub const fn first(machine: MachineTime) -> Self {
        Self { machine, steady: SteadyTime::begin(machine.wall) }
    }

    /// The reading after this one.
    ///
    /// Since the same boot, the machine counted the time that passed. Across a boot only the time
    /// of day tells; where it shows less than the time since the boot, it was set back, and that
    /// time counts.
    #[must_use]
    pub fn next(&self, machine: MachineTime) -> Self {
        let shown = positive(machine.wall.duration_since(self.machine.wall));
        let passed = match self.counted_by(&machine) {
            Some(counted) => counted,
            None => shown.max(machine.uptime),
        };
        Self { machine, steady: self.steady.after(passed) }
    }

    /// The reading after this one by a time of day that was set by `set` meanwhile.
    #[must_use]
    pub fn next_by_wall(&self, wall: Timestamp, set: SignedDuration) -> Self {
        let shown = wall.duration_since(self.machine.wall);
        let passed = positive(shown.checked_sub(set).unwrap_or(shown));
        Self { machine: MachineTime::of_wall(wall), steady: self.steady.after(passed) }
    }

    /// How far the time of day was set since this reading, backwards if negative.
    pub fn set_since(&self, machine: &MachineTime) -> Option<SignedDuration> {
        let counted = SignedDuration::try_from(self.counted_by(machine)?).ok()?;
        let shown = machine.wall.duration_since(self.machine.wall);
        let set = shown.checked_sub(counted)?;
        (set.unsigned_abs() >= TOLERANCE).then_some(set)
    }

    /// The time that nobody can set.
    pub const fn steady(&self) -> SteadyTime {
        self.steady
    }

    /// The steady time of a time of day that is read by the same clock, later in the same look.
    pub fn steady_at(&self, wall: Timestamp) -> SteadyTime {
        self.steady.after(positive(wall.duration_since(self.machine.wall)))
    }

    /// The time of day at a steady time, by the clock as it is set now.
    pub fn wall_of(&self, steady: SteadyTime) -> Timestamp {
        let away = steady.0.duration_since(self.steady.0);
        let bound = if away.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
        self.machine.wall.checked_add(away).unwrap_or(bound)
    }

    fn counted_by(&self, machine: &MachineTime) -> Option<Duration> {
        let same = self.machine.boot.is_some() && self.machine.boot == machine.boot;
        same.then(|| machine.uptime.saturating_sub(self.machine.uptime))
    }
}

fn positive(span: SignedDuration) -> Duration {
    Duration::try_from(span).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::time;

    const HOUR: i64 = 3_600;

    /// Clocks that show `wall` seconds, `uptime` seconds after a boot.
    fn machine(wall: i64, boot: u128, uptime: u64) -> MachineTime {
        let uptime = Duration::from_secs(uptime);
        MachineTime { wall: time(wall), boot: Some(BootId(boot)), uptime }
    }

    #[test]
    fn a_clock_that_is_set_changes_no_steady_time() {
        let mut reading = ClockReading::first(machine(0, 1, 100));
        let begun = reading.steady();
        let deadline = begun.after(Duration::from_secs(7_200));
        for (number, set) in [(1, 3 * HOUR), (2, 0), (3, -20 * 365 * 24 * HOUR), (4, 0)] {
            let seconds = u64::try_from(number).unwrap();
            let next = machine(number + set, 1, 100 + seconds);
            let by = reading.set_since(&next).unwrap();
            assert_eq!(by.as_secs(), next.wall.duration_since(reading.machine.wall).as_secs() - 1);
            reading = reading.next(next);
            assert_eq!(reading.steady().since(begun), Duration::from_secs(seconds));
            assert_eq!(reading.wall_of(deadline), time(set + 7_200));
            assert_eq!(reading.steady_at(reading.wall_of(deadline)), deadline);
        }
        let slewed = MachineTime { wall: reading.machine.wall, ..machine(0, 1, 104) };
        assert_eq!(reading.set_since(&slewed), None);
    }

    #[test]
    fn across_a_boot_the_time_of_day_counts_unless_it_went_back() {
        let before = ClockReading::first(machine(0, 1, 1_000_000));
        for (next, passed) in [
            (machine(HOUR, 2, 60), 3_600),
            (machine(-HOUR, 2, 60), 60),
            (machine(10, 2, 60), 60),
            (MachineTime::of_wall(time(HOUR)), 3_600),
            (MachineTime::of_wall(time(-HOUR)), 0),
        ] {
            assert_eq!(before.set_since(&next), None);
            let passed = Duration::from_secs(passed);
            assert_eq!(before.next(next).steady().since(before.steady()), passed, "{next:?}");
        }
        // A machine put back to an earlier moment has counted nothing.
        let resumed = machine(HOUR, 1, 500);
        assert_eq!(before.next(resumed).steady(), before.steady());
    }

    #[test]
    fn readings_are_stored_by_field_name() {
        let reading = ClockReading::first(machine(0, 255, 3)).next(machine(9, 255, 10));
        let text = serde_json::to_string(&reading).unwrap();
        let begin = r#"{"wall":"#;
        assert!(
            text.starts_with(begin)
                && text.contains(r#""boot":"000000000000000000000000000000ff""#)
        );
        assert_eq!(serde_json::from_str::<ClockReading>(&text).unwrap(), reading);
    }
}
