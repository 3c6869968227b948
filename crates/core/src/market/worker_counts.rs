//! What the daemon counts of its own workers, and the works in it.
//!
//! Its counts of deliveries are bundles, which are works, before the work partitioner, and pieces of
//! works from it on (Mina `mina_run.ml`, `snark_work_lib/metrics.ml`). Since 3.0 it also counts
//! each single job, one or two of which are a work. Works that the pool refused, or that a rival
//! undercut at once, count too: they were made.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::look::{DeliveryUnit, PoolMetrics};
use crate::units::WorkId;

/// What the daemon counts of its own workers.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct WorkerCounts {
    /// What they delivered, in the unit of its era.
    delivered: Option<f64>,
    /// The same where the unit is a work.
    bundles: Option<f64>,
    /// Seconds that they proved; `None` while the daemon has counted none.
    prover_seconds: Option<f64>,
    jobs: Option<f64>,
}

/// What the daemon's counts gained between two looks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CountsGained {
    /// Deliveries, in the unit of its era.
    pub(super) delivered: Option<f64>,
    /// Works; `None` where the daemon counts none.
    pub(super) works: Option<u64>,
    /// Prover time; `None` where the daemon keeps none.
    pub(super) proving: Option<Duration>,
    /// Whether the daemon began to count anew.
    pub(super) restarted: bool,
}

impl WorkerCounts {
    pub(super) fn read(metrics: &PoolMetrics) -> Self {
        let valid = |count: &f64| count.is_finite() && *count >= 0.0;
        let delivered = metrics.completed_by_own.filter(valid);
        Self {
            delivered,
            bundles: delivered.filter(|_| metrics.delivery_unit == Some(DeliveryUnit::Bundle)),
            // Where the prover's process keeps the count to itself, the daemon shows zero.
            prover_seconds: metrics.prover_seconds.filter(valid).filter(|sum| *sum > 0.0),
            jobs: metrics.prover_jobs.filter(valid),
        }
    }

    /// What is gained where the counts could not be read: what happened is in the next ones.
    pub(super) fn unread(&self) -> CountsGained {
        CountsGained {
            works: self.counts_jobs().or(self.bundles).map(|_| 0),
            proving: self.prover_seconds.map(|_| Duration::ZERO),
            ..CountsGained::default()
        }
    }

    fn counts_jobs(&self) -> Option<f64> {
        self.jobs.filter(|_| self.prover_seconds.is_some())
    }

    /// What was delivered and proved since; all of a count that fell, since then the daemon
    /// restarted, and of one that began at zero.
    pub(super) fn since(&self, before: &Self, works: &mut WorksOfJobs) -> CountsGained {
        let gain = |before: f64, now: f64| if now < before { now } else { now - before };
        let gained = |before: Option<f64>, now: Option<f64>| {
            before.zip(now).map(|(before, now)| gain(before, now))
        };
        let proved = self.prover_seconds.map(|now| match before.prover_seconds {
            Some(before) => gain(before, now),
            None if before.delivered.is_some() => now,
            None => 0.0,
        });
        let jobs = gained(before.jobs, self.counts_jobs());
        let bundles = gained(before.bundles, self.bundles);
        let fell = before.delivered.zip(self.delivered).is_some_and(|(before, now)| now < before);
        CountsGained {
            delivered: gained(before.delivered, self.delivered),
            works: jobs.map(|jobs| works.take(jobs)).or(bundles.map(whole)),
            proving: proved.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            restarted: fell,
        }
    }
}

/// The works that counted jobs make, one or two of each, by the works that were seen.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct WorksOfJobs {
    /// Works seen, older ones counting less.
    works: f64,
    /// The jobs in them.
    jobs: f64,
    /// What is left of the jobs counted, as part of a work.
    rest: f64,
}

impl WorksOfJobs {
    /// Jobs in a work: two, but for the last of an odd number.
    const USUAL: f64 = 2.0;

    /// Adds works seen.
    pub(super) fn add_seen(&mut self, works: &[WorkId]) {
        self.works += works.len() as f64;
        self.jobs += works.iter().map(|work| work.ids().count() as f64).sum::<f64>();
    }

    /// Lets what was seen count less.
    pub(super) fn scale(&mut self, factor: f64) {
        self.works *= factor;
        self.jobs *= factor;
    }

    /// The whole works in these jobs and what was left of earlier ones.
    fn take(&mut self, jobs: f64) -> u64 {
        let ratio = if self.works > 0.0 { self.jobs / self.works } else { Self::USUAL };
        let works = self.rest + jobs / ratio.max(1.0);
        // A sum of halves may fall short of a whole one by its rounding.
        let taken = whole(works + 1e-6);
        self.rest = works - taken as f64;
        taken
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are finite and not negative; above the range it saturates"
)]
const fn whole(count: f64) -> u64 {
    count as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(unit: DeliveryUnit, delivered: f64, seconds: f64, jobs: f64) -> WorkerCounts {
        WorkerCounts::read(&PoolMetrics {
            completed_by_own: Some(delivered),
            delivery_unit: Some(unit),
            prover_seconds: Some(seconds),
            prover_jobs: Some(jobs),
            ..PoolMetrics::default()
        })
    }

    #[test]
    fn works_are_jobs_where_the_daemon_counts_them_else_bundles_and_never_pieces() {
        use DeliveryUnit::{Bundle, Piece};
        let gained = |unit, seconds: f64, jobs: f64| {
            let (before, now) = (read(unit, 10.0, 0.0, 0.0), read(unit, 30.0, seconds, jobs));
            now.since(&before, &mut WorksOfJobs::default()).works
        };
        assert_eq!(gained(Piece, 600.0, 20.0), Some(10), "3.0 and later count jobs");
        assert_eq!(gained(Bundle, 600.0, 40.0), Some(20));
        assert_eq!(gained(Bundle, 0.0, 0.0), Some(20), "1.x counts bundles alone");
        assert_eq!(gained(Piece, 0.0, 0.0), None);
    }

    #[test]
    fn jobs_are_works_by_the_works_seen_and_no_part_of_one_is_lost() {
        let mut works = WorksOfJobs::default();
        assert_eq!(
            (0..9).map(|_| works.take(1.0)).collect::<Vec<_>>(),
            [0, 1, 0, 1, 0, 1, 0, 1, 0]
        );
        works.add_seen(&[WorkId::one(1), WorkId::two(2, 3)]);
        assert_eq!((0..10).map(|_| works.take(1.5)).sum::<u64>(), 10);
    }

    #[test]
    fn a_restarted_daemon_counts_from_zero_and_an_unread_count_waits() {
        let counts = |delivered| read(DeliveryUnit::Bundle, delivered, 0.0, 0.0);
        let again = counts(4.0).since(&counts(30.0), &mut WorksOfJobs::default());
        assert_eq!((again.works, again.restarted), (Some(4), true));
        assert_eq!(counts(4.0).unread().works, Some(0));
        assert_eq!(WorkerCounts::default().unread().works, None);
    }
}
