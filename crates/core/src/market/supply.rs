//! What our own provers do: the time that they are on and prove, and their rate.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    effort::Effort,
    look::{Look, PoolMetrics},
};

/// What our own provers did, and their rate while the worker is on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct OwnSupply {
    seen: Option<WorkerReading>,
    /// The daemon's counts as last read.
    counts: WorkerCounts,
    /// Time on that no proof explains yet.
    unexplained: Duration,
    works: f64,
    hours: f64,
}

/// Whether the worker was on, as last read.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct WorkerReading {
    at: Timestamp,
    on: bool,
}

/// What the daemon counts of its own workers.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct WorkerCounts {
    /// What they delivered, in the unit of its era.
    delivered: Option<f64>,
    /// Seconds that they proved; `None` while the daemon has counted none.
    prover_seconds: Option<f64>,
}

impl WorkerCounts {
    fn read(metrics: &PoolMetrics) -> Self {
        let valid = |count: &f64| count.is_finite() && *count >= 0.0;
        Self {
            delivered: metrics.completed_by_own.filter(valid),
            // Where the prover's process keeps the count to itself, the daemon shows zero.
            prover_seconds: metrics.prover_seconds.filter(valid).filter(|sum| *sum > 0.0),
        }
    }
}

/// What a count gained; all of it if it fell, since then the daemon restarted.
fn gain(before: Option<f64>, now: Option<f64>) -> Option<f64> {
    let (before, now) = (before?, now?);
    Some(if now < before { now } else { now - before })
}

impl OwnSupply {
    /// Hours on before there is a rate: in less time, one slow proof would decide it.
    const MIN_HOURS: f64 = 0.25;
    /// Time constant, in hours on, of the exponential average of the rate.
    const MEMORY_HOURS: f64 = 12.0;
    /// Longest time between two looks in which a worker counts as on that was not on before.
    const MAX_GAP: Duration = Duration::from_secs(3600);
    /// Longest time that a proof takes to show up: eleven proofs in a row, the most of a work
    /// before Mesa, at 56 s each, which 2020's machines took (Mina MIP-6).
    const LONGEST_PROOF: Duration = Duration::from_secs(616);
    /// Prover time of a work where nothing is known: two proofs of a minute.
    const USUAL_WORK_TIME: Duration = Duration::from_secs(120);

    /// Adds a look in which `made` works were found to have been made.
    pub(super) fn record_look(&mut self, look: &Look, made: u64) -> Effort {
        let (proving, delivered) = self.read_counts(look);
        let on = self.time_on(look, delivered);
        let works = u32::try_from(made).unwrap_or(u32::MAX);
        let explained = proving.unwrap_or_else(|| Self::USUAL_WORK_TIME.saturating_mul(works));
        self.unexplained = self.unexplained.saturating_add(on).saturating_sub(explained);
        let idle = self.unexplained.saturating_sub(Self::LONGEST_PROOF);
        self.unexplained -= idle;
        let hours = on.as_secs_f64() / 3600.0;
        let keep = (-hours / Self::MEMORY_HOURS).exp();
        self.works = self.works * keep + made as f64;
        self.hours = self.hours * keep + hours;
        Effort { made, on, proving, idle }
    }

    /// Prover time since the counts were last read, and whether anything was delivered since.
    fn read_counts(&mut self, look: &Look) -> (Option<Duration>, bool) {
        match &look.metrics {
            None => {
                self.counts = WorkerCounts::default();
                (None, false)
            }
            // What happened meanwhile is in the next counts.
            Some(Err(_)) => (self.counts.prover_seconds.map(|_| Duration::ZERO), false),
            Some(Ok(metrics)) => {
                let now = WorkerCounts::read(metrics);
                let before = std::mem::replace(&mut self.counts, now);
                let proving = gain(before.prover_seconds, now.prover_seconds);
                // A count that begins at zero has no reading before: then all of it is new.
                let first = || match before.delivered {
                    Some(_) => now.prover_seconds,
                    None => now.prover_seconds.map(|_| 0.0),
                };
                let proving = proving.or_else(first);
                let delivered =
                    gain(before.delivered, now.delivered).is_some_and(|more| more > 0.0);
                (proving.and_then(|sum| Duration::try_from_secs_f64(sum).ok()), delivered)
            }
        }
    }

    /// Time on since the look before. The state at the end counts for all of it, since a switch
    /// follows upon a look.
    fn time_on(&mut self, look: &Look, delivered: bool) -> Duration {
        let Ok(status) = &look.status else { return Duration::ZERO };
        // A coordinator shows no key and works all the same.
        let on = status.worker.is_some() || delivered;
        let Some(before) = self.seen.replace(WorkerReading { at: look.at, on }) else {
            return Duration::ZERO;
        };
        let passed = look.at.duration_since(before.at) - look.clock_set.unwrap_or_default();
        let passed = Duration::try_from(passed).unwrap_or(Duration::ZERO);
        let counts = on && (before.on || passed <= Self::MAX_GAP);
        if counts { passed } else { Duration::ZERO }
    }

    /// Works made per hour while on; `None` until the worker was on long enough.
    pub(crate) fn per_hour(&self) -> Option<f64> {
        (self.hours >= Self::MIN_HOURS).then(|| self.works / self.hours)
    }
}

#[cfg(test)]
mod tests;
