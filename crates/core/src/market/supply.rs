//! What our own provers do: the time that they are on and prove, and how fast they make works.
//!
//! The pace is works over time in which there was work. Where the daemon sums the time of its
//! provers, that is this time. Elsewhere it is the time between two books of which more works than
//! were made in between stood open to the worker in both, so that it never waited for one. Time
//! without work says nothing.
//!
//! Not here: what the daemon counts (`worker_counts`), and how many works were made (`made`).

use std::{sync::Arc, time::Duration};

use hashbrown::HashSet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    effort::Effort,
    look::{DaemonStatus, Look, OpenWork, SyncState},
    pace::{Pace, PaceEvidence, PacePrior, PaceSource},
    worker_counts::{CountsGained, WorkerCounts, WorksOfJobs},
};
use crate::units::{Nanomina, WorkId};

/// What our own provers did.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct OwnSupply {
    seen: Option<WorkerReading>,
    /// The daemon's counts as last read.
    counts: WorkerCounts,
    /// Time on that no proof explains yet.
    unexplained: Duration,
    /// What was done since the last book.
    since_book: SinceBook,
    /// When the evidence was last discounted.
    discounted: Option<Timestamp>,
    /// Jobs over the works seen made.
    seen_jobs: WorksOfJobs,
    /// Works over prover time.
    proved: PaceEvidence,
    /// Works over time in which there was work.
    busy: PaceEvidence,
    /// Prover hours within that time.
    busy_prover_hours: f64,
    /// The time since the last book, if the worker was on at one fee all along.
    #[serde(skip)]
    stretch: Option<Stretch>,
}

/// Whether the worker was on, as last read.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct WorkerReading {
    at: Timestamp,
    on: bool,
}

/// What was done since the last book.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct SinceBook {
    /// Whether it is all that was done: not before the first book, nor over a restart.
    whole: bool,
    made: u64,
    /// Of them, what this daemon counted; `None` where it counts no works.
    counted: Option<u64>,
    delivered: Option<f64>,
    proving: Option<Duration>,
}

/// A time in which the worker asked one fee.
#[derive(Clone, Debug)]
struct Stretch {
    from: Timestamp,
    fee: Nanomina,
    book: Arc<[OpenWork]>,
}

impl SinceBook {
    fn add(&mut self, made: u64, gained: &CountsGained) {
        self.made = self.made.saturating_add(made);
        let sum = |one: u64, more: u64| one.saturating_add(more);
        self.counted = either(self.counted, gained.works, sum);
        self.delivered = either(self.delivered, gained.delivered, |one, more| one + more);
        self.proving = either(self.proving, gained.proving, Duration::saturating_add);
    }

    /// Works made by the provers of this daemon. Each was delivered in one piece or more: beyond
    /// that, another daemon works for the same key.
    fn works(&self) -> f64 {
        let made = self.made as f64;
        let counted = self.counted.map(|counted| counted as f64);
        counted.or(self.delivered).map_or(made, |counted| counted.min(made))
    }
}

/// The sum where both are known, else the one that is.
fn either<T>(one: Option<T>, more: Option<T>, sum: impl FnOnce(T, T) -> T) -> Option<T> {
    match (one, more) {
        (Some(one), Some(more)) => Some(sum(one, more)),
        (one, more) => one.or(more),
    }
}

impl Stretch {
    /// Whether there was something to prove all along: of the works open to the worker at the
    /// beginning more are left than were made meanwhile, those in its hands among them.
    fn was_busy(&self, book: &[OpenWork], made: u64) -> bool {
        let open =
            |work: &&OpenWork| work.standing.as_ref().is_none_or(|offer| offer.fee > self.fee);
        let before: HashSet<WorkId> = self.book.iter().filter(open).map(|open| open.work).collect();
        let left = book.iter().filter(open).filter(|open| before.contains(&open.work)).count();
        left as u64 > made.max(1)
    }
}

impl OwnSupply {
    /// Age at which evidence of the pace counts half, whether the worker is on or off: after days
    /// off it is uncertain again, and may be tried.
    const HALF_LIFE: Duration = Duration::from_secs(12 * 3600);
    /// Longest time between two looks in which a worker counts as on that was not on before, and
    /// between two books of which time is measured.
    const MAX_GAP: Duration = Duration::from_secs(3600);
    /// Longest time that a proof takes to show up: eleven proofs in a row, the most of a work
    /// before Mesa, at 56 s each, which 2020's machines took (Mina MIP-6).
    const LONGEST_PROOF: Duration = Duration::from_secs(616);
    /// Hours of busy time that count as evidence: the time between two books.
    const LEAST_BUSY_HOURS: f64 = 0.05;
    /// Hours of busy time from which the number of provers is told.
    const MIN_BUSY_HOURS: f64 = 0.25;

    /// Reads what the daemon counted since the look before, in which these works were `seen` to have
    /// been made.
    pub(super) fn read_counts(&mut self, look: &Look, seen: &[WorkId]) -> CountsGained {
        self.seen_jobs.add_seen(seen);
        match &look.metrics {
            None => {
                self.counts = WorkerCounts::default();
                CountsGained::default()
            }
            Some(Err(_)) => self.counts.unread(),
            Some(Ok(metrics)) => {
                let now = WorkerCounts::read(metrics);
                now.since(&std::mem::replace(&mut self.counts, now), &mut self.seen_jobs)
            }
        }
    }

    /// Adds a look in which works were found to have been `made`. `book` are the open works,
    /// if they were read.
    pub(super) fn record_look(
        &mut self,
        look: &Look,
        book: Option<&Arc<[OpenWork]>>,
        gained: &CountsGained,
        made: u64,
    ) -> Effort {
        let on = self.time_on(look, gained.delivered.is_some_and(|more| more > 0.0));
        let proving = gained.proving;
        self.since_book.add(made, gained);
        if look.metrics.as_ref().is_none_or(Result::is_ok)
            && let Some(book) = book
        {
            self.measure(look, book);
        }
        let idle = self.release_idle(look.at, on, proving, made);
        Effort { made, on, proving, idle }
    }

    /// Time on since the look before. The state at the end counts for all of it, since a switch
    /// follows upon a look.
    fn time_on(&mut self, look: &Look, delivered: bool) -> Duration {
        let Ok(status) = &look.status else { return Duration::ZERO };
        // A coordinator shows no key and works all the same.
        let on = status.worker.is_some() || delivered;
        let before = self.seen.replace(WorkerReading { at: look.at, on });
        let passed = before.map_or(Duration::ZERO, |before| {
            let passed = look.at.duration_since(before.at) - look.clock_set.unwrap_or_default();
            Duration::try_from(passed).unwrap_or(Duration::ZERO)
        });
        let restarted = status.uptime < passed;
        self.since_book.whole &= !restarted;
        let same = |stretch: &Stretch| {
            on && stretch.fee == status.fee && !restarted && look.clock_set.is_none()
        };
        self.stretch = self.stretch.take().filter(same);
        let counts = on && before.is_some_and(|before| before.on || passed <= Self::MAX_GAP);
        if counts { passed } else { Duration::ZERO }
    }

    /// Takes what was done since the last book as evidence of the pace.
    fn measure(&mut self, look: &Look, book: &Arc<[OpenWork]>) {
        self.discount(look.at);
        let since = std::mem::replace(
            &mut self.since_book,
            SinceBook { whole: true, ..SinceBook::default() },
        );
        let works = since.works();
        let prover_hours = since.proving.map(hours);
        if let Some(hours) = prover_hours.filter(|_| since.whole) {
            self.proved.works += works;
            self.proved.hours += hours;
        }
        if let Some(stretch) = self.stretch.take() {
            let passed =
                Duration::try_from(look.at.duration_since(stretch.from)).unwrap_or_default();
            if since.whole && passed <= Self::MAX_GAP && stretch.was_busy(book, since.made) {
                self.busy.works += works;
                self.busy.hours += hours(passed);
                self.busy_prover_hours += prover_hours.unwrap_or_default();
            }
        }
        let hands_out = |status: &&DaemonStatus| {
            status.sync == SyncState::Synced && self.seen.is_some_and(|seen| seen.on)
        };
        let status = look.status.as_ref().ok().filter(hands_out);
        self.stretch =
            status.map(|status| Stretch { from: look.at, fee: status.fee, book: Arc::clone(book) });
    }

    fn discount(&mut self, at: Timestamp) {
        let keep = self.kept_share(at);
        self.discounted = Some(at);
        self.proved = self.proved.scaled(keep);
        self.busy = self.busy.scaled(keep);
        self.busy_prover_hours *= keep;
        self.seen_jobs.scale(keep);
    }

    /// The share of the evidence that still counts.
    fn kept_share(&self, at: Timestamp) -> f64 {
        let passed = self.discounted.map_or(0.0, |from| at.duration_since(from).as_secs_f64());
        (-passed.max(0.0) / Self::HALF_LIFE.as_secs_f64()).exp2()
    }

    /// Time on that no proof explains any more.
    fn release_idle(
        &mut self,
        at: Timestamp,
        on: Duration,
        proving: Option<Duration>,
        made: u64,
    ) -> Duration {
        let explained = proving.unwrap_or_else(|| {
            let pace = self.pace(at, PacePrior::default());
            Duration::try_from_secs_f64(made as f64 * 3600.0 / pace.per_prover).unwrap_or_default()
        });
        self.unexplained = self.unexplained.saturating_add(on).saturating_sub(explained);
        let idle = self.unexplained.saturating_sub(Self::LONGEST_PROOF);
        self.unexplained -= idle;
        idle
    }

    /// How fast our provers make works while they have something to do.
    pub(crate) fn pace(&self, at: Timestamp, prior: PacePrior) -> Pace {
        let keep = self.kept_share(at);
        let (proved, busy) = (self.proved.scaled(keep), self.busy.scaled(keep));
        if proved.works >= 1.0 {
            Pace::estimate(prior, proved, self.provers(), PaceSource::ProverTime)
        } else if busy.hours >= Self::LEAST_BUSY_HOURS {
            Pace::estimate(prior, busy, 1, PaceSource::BusyTime)
        } else {
            Pace::unmeasured(prior)
        }
    }

    /// Provers that work at once; one while that is not known.
    fn provers(&self) -> u32 {
        self.known_provers().unwrap_or(1)
    }

    /// Provers that work at once: their time over the time in which all had work; `None` until
    /// there was enough of it.
    pub(super) fn known_provers(&self) -> Option<u32> {
        if self.busy.hours < Self::MIN_BUSY_HOURS {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to what it can hold"
        )]
        let provers = (self.busy_prover_hours / self.busy.hours).round().clamp(1.0, 1e6) as u32;
        Some(provers)
    }
}

fn hours(time: Duration) -> f64 {
    time.as_secs_f64() / 3600.0
}

#[cfg(test)]
mod tests;
