//! How many works our own provers make, from the daemon's counters.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::look::PoolMetrics;

/// Works that our own provers made, and their rate while the worker is on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct OwnSupply {
    last: Option<CompletedReading>,
    made: f64,
    on_made: f64,
    on_hours: f64,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct CompletedReading {
    at: Timestamp,
    completed: f64,
    on: bool,
}

impl OwnSupply {
    /// Hours on before there is a rate: in less time, one slow proof would decide it.
    const MIN_HOURS: f64 = 0.25;
    /// Time constant, in hours on, of the exponential average of the rate.
    const MEMORY_HOURS: f64 = 12.0;
    /// Longest time between two readings that still count towards the rate.
    const MAX_GAP: Duration = Duration::from_secs(3600);

    pub(super) fn record_reading(&mut self, at: Timestamp, metrics: &PoolMetrics, on: bool) {
        let Some(completed) =
            metrics.completed_by_own.filter(|count| count.is_finite() && *count >= 0.0)
        else {
            return;
        };
        let before = self.last.replace(CompletedReading { at, completed, on });
        let Some(before) = before else { return };
        // If the count fell, the daemon restarted and made all of it since.
        let made =
            if completed < before.completed { completed } else { completed - before.completed };
        self.made += made;
        let gap = Duration::try_from(at.duration_since(before.at)).unwrap_or(Duration::ZERO);
        if before.on
            && on
            && completed >= before.completed
            && !gap.is_zero()
            && gap <= Self::MAX_GAP
        {
            let hours = gap.as_secs_f64() / 3600.0;
            let keep = (-hours / Self::MEMORY_HOURS).exp();
            self.on_made = self.on_made * keep + made;
            self.on_hours = self.on_hours * keep + hours;
        }
    }

    /// Works made since the controller first saw the daemon.
    pub(crate) fn made(&self) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a sum of finite non-negative counts"
        )]
        let made = self.made.min(u64::MAX as f64) as u64;
        made
    }

    /// Works made per hour while on; `None` until the worker was on long enough.
    pub(crate) fn per_hour(&self) -> Option<f64> {
        (self.on_hours >= Self::MIN_HOURS).then(|| self.on_made / self.on_hours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::time;

    fn completed(count: f64) -> PoolMetrics {
        PoolMetrics { completed_by_own: Some(count), ..PoolMetrics::default() }
    }

    #[test]
    fn the_rate_counts_only_time_on() {
        let mut supply = OwnSupply::default();
        for minute in 0..=30 {
            supply.record_reading(time(minute * 60), &completed(minute as f64), true);
        }
        let rate = supply.per_hour().unwrap();
        assert!((rate - 60.0).abs() < 1e-6, "{rate}");
        for minute in 31..600 {
            supply.record_reading(time(minute * 60), &completed(30.0), false);
        }
        assert!((supply.per_hour().unwrap() - rate).abs() < 1e-6);
    }

    #[test]
    fn a_restart_does_not_count_backwards() {
        let mut supply = OwnSupply::default();
        supply.record_reading(time(0), &completed(10.0), true);
        supply.record_reading(time(60), &completed(12.0), true);
        supply.record_reading(time(120), &completed(1.0), true);
        assert_eq!(supply.made(), 3);
        assert_eq!(supply.per_hour(), None);
    }
}
