//! The operator's worker: provers that ask the daemon for work, prove it, and deliver.
//!
//! Rules of Mina `snark_worker` and `work_selector` (3.0.3): the daemon assigns a random work among
//! those without a proof and those whose proof, own proofs included, costs more than the current
//! fee. Key and fee are fixed at the assignment. The work stays reserved until its result comes back
//! or the reassignment wait ends. Removing the key kills the provers at once, and what they were
//! proving is lost. A coordinator's provers work under its own key whenever no other is set.

use std::{collections::BTreeMap, time::Duration};

use snarkfee_core::units::Nanomina;

use super::{
    draws::{Draws, Subject},
    event_queue::{Event, EventQueue},
    pool::{Pool, ProverId, Serial},
    scenario::{OperatorRole, OperatorSetup},
    time::{Millis, millis},
};

/// `--work-reassignment-wait`, its default.
const REASSIGNMENT_WAIT: Millis = 420_000;
/// From the start of a worker process to its first request.
const START_SECONDS: f64 = 8.0;
/// Longest pause of an idle worker.
const NAP_SECONDS: f64 = 6.0;

/// A work assigned to a prover, with the key and fee of the assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) serial: Serial,
    pub(super) key: ProverId,
    pub(super) fee: Nanomina,
}

/// The worker of the operator's daemon, and its settings.
#[derive(Debug)]
pub(super) struct OperatorWorker {
    setup: OperatorSetup,
    home: ProverId,
    /// The worker key that the daemon shows.
    shown: Option<ProverId>,
    fee: Nanomina,
    provers: Vec<Prover>,
    reserved: BTreeMap<Serial, u64>,
    assignments: u64,
    naps: u64,
    started: Option<Millis>,
    busy: Millis,
}

#[derive(Debug, Default)]
struct Prover {
    /// Number of process starts and ends, so that events of an earlier process can be ignored.
    life: u32,
    alive: bool,
    /// Idle, with no request scheduled.
    waiting: bool,
    job: Option<Job>,
    /// When the running proof began.
    since: Millis,
}

/// Effects of setting the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WorkerSwitch {
    /// Whether provers started or stopped.
    pub(super) toggled: bool,
    /// Whether they stopped before their signal handler was installed.
    pub(super) too_fast: bool,
    /// Proofs lost.
    pub(super) lost: u64,
}

impl OperatorWorker {
    /// A worker that has not been started.
    pub(super) fn new(setup: OperatorSetup, home: ProverId) -> Self {
        // The last prover is the one that starts next to a coordinator when a key is set.
        let provers = (0..=setup.provers).map(|_| Prover::default()).collect();
        Self {
            fee: setup.fee_nanomina,
            setup,
            home,
            shown: None,
            provers,
            reserved: BTreeMap::new(),
            assignments: 0,
            naps: 0,
            started: None,
            busy: 0,
        }
    }

    /// Starts with the daemon's flags.
    pub(super) fn start(&mut self, now: Millis, queue: &mut EventQueue, draws: Draws) {
        self.fee = self.setup.fee_nanomina;
        self.shown =
            (self.setup.role == OperatorRole::Worker && self.setup.on).then_some(self.home);
        if self.key().is_some() {
            self.start_provers(0..self.setup.provers as usize, now, queue, draws);
        }
    }

    /// Stops with its daemon. Returns the number of proofs lost.
    pub(super) fn stop(&mut self, now: Millis) -> u64 {
        self.reserved.clear();
        self.kill_provers(0..self.provers.len(), now)
    }

    /// Sets fee and key to the daemon's flags, as another controller does. This stops no prover and
    /// loses no proof.
    pub(super) fn reset_to_flags(&mut self, now: Millis, queue: &mut EventQueue, draws: Draws) {
        self.set_fee(self.setup.fee_nanomina, now, queue, draws);
        if self.setup.role == OperatorRole::Worker && self.setup.on && self.shown.is_none() {
            self.set_key(Some(self.home), now, queue, draws);
        }
    }

    /// The key that the daemon shows.
    pub(super) const fn shown(&self) -> Option<ProverId> {
        self.shown
    }

    /// The key under which works are assigned.
    fn key(&self) -> Option<ProverId> {
        self.shown.or((self.setup.role == OperatorRole::Coordinator).then_some(self.home))
    }

    pub(super) const fn fee(&self) -> Nanomina {
        self.fee
    }

    /// Sets the fee of future assignments.
    pub(super) fn set_fee(
        &mut self,
        fee: Nanomina,
        now: Millis,
        queue: &mut EventQueue,
        draws: Draws,
    ) {
        self.fee = fee;
        self.wake_idle(now, queue, draws);
    }

    /// Sets or removes the worker key.
    pub(super) fn set_key(
        &mut self,
        key: Option<ProverId>,
        now: Millis,
        queue: &mut EventQueue,
        draws: Draws,
    ) -> WorkerSwitch {
        let before = self.shown;
        self.shown = key;
        let all = self.setup.provers as usize;
        let local = match self.setup.role {
            OperatorRole::Worker => 0..all,
            OperatorRole::Coordinator => all..all + 1,
        };
        match (before, key) {
            (None, Some(_)) => {
                self.start_provers(local, now, queue, draws);
                WorkerSwitch { toggled: true, too_fast: false, lost: 0 }
            }
            (Some(_), None) => {
                let too_fast = self.started.is_some_and(|at| now < at + millis(START_SECONDS));
                WorkerSwitch { toggled: true, too_fast, lost: self.kill_provers(local, now) }
            }
            (None, None) | (Some(_), Some(_)) => {
                WorkerSwitch { toggled: false, too_fast: false, lost: 0 }
            }
        }
    }

    /// Handles a prover's request for work. `open` yields the works that can be assigned: none while
    /// the daemon is not in sync. True when it got one.
    pub(super) fn request_work(
        &mut self,
        (prover, life): (usize, u32),
        now: Millis,
        (open, pool): (impl Iterator<Item = Serial>, &Pool),
        queue: &mut EventQueue,
        draws: Draws,
    ) -> bool {
        let Some(key) = self.key() else { return false };
        let Some(asking) =
            self.provers.get(prover).filter(|asking| asking.life == life && asking.alive)
        else {
            return false;
        };
        if asking.job.is_some() {
            return false;
        }
        let wanted = |serial: &Serial| {
            let work = pool.get(*serial);
            work.is_some_and(|work| work.shown().is_none_or(|standing| standing.fee > self.fee))
        };
        let mut offered: Vec<Serial> =
            open.filter(|serial| !self.reserved.contains_key(serial)).filter(wanted).collect();
        if offered.is_empty() {
            if let Some(asking) = self.provers.get_mut(prover) {
                asking.waiting = true;
            }
            return false;
        }
        let picked = draws.draw_for(Subject::OwnPick, self.assignments, 0).below(offered.len());
        let serial = offered.swap_remove(picked);
        let effort = pool.get(serial).map_or(1.0, |work| work.effort);
        let mut draw = draws.draw_for(Subject::OwnProof, self.assignments, 0);
        let takes =
            millis(draw.log_normal(self.setup.proof_seconds, self.setup.proof_spread) * effort);
        self.reserved.insert(serial, self.assignments);
        queue.push(
            now + REASSIGNMENT_WAIT,
            Event::ReservationEnds { serial, assignment: self.assignments },
        );
        queue.push(now + takes, Event::OwnProved { prover, life });
        self.assignments += 1;
        if let Some(asking) = self.provers.get_mut(prover) {
            asking.job = Some(Job { serial, key, fee: self.fee });
            asking.since = now;
        }
        true
    }

    /// Takes the finished work of a prover; `None` if the prover has been stopped.
    pub(super) fn finish_work(&mut self, prover: usize, life: u32, now: Millis) -> Option<Job> {
        let done = self.provers.get_mut(prover).filter(|done| done.life == life)?;
        let job = done.job.take()?;
        self.busy += now - done.since;
        self.reserved.remove(&job.serial);
        Some(job)
    }

    /// Ends the reservation of a work whose result has not come back; false when it has, or when
    /// the work has been assigned again.
    pub(super) fn end_reservation(&mut self, serial: Serial, assignment: u64) -> bool {
        if self.reserved.get(&serial) != Some(&assignment) {
            return false;
        }
        self.reserved.remove(&serial);
        true
    }

    /// Has idle provers ask again, each after a pause.
    pub(super) fn wake_idle(&mut self, now: Millis, queue: &mut EventQueue, draws: Draws) {
        for (prover, idle) in
            self.provers.iter_mut().enumerate().filter(|(_, prover)| prover.waiting)
        {
            idle.waiting = false;
            let pause = draws.draw_for(Subject::OwnNap, self.naps, 0).uniform() * NAP_SECONDS;
            self.naps += 1;
            queue.push(now + millis(pause), Event::OwnAsks { prover, life: idle.life });
        }
    }

    /// Whether any prover is proving.
    pub(super) fn is_proving(&self) -> bool {
        self.provers.iter().any(|prover| prover.job.is_some())
    }

    /// Time spent proving up to now.
    pub(super) fn busy(&self, now: Millis) -> Duration {
        let running = self
            .provers
            .iter()
            .filter(|prover| prover.job.is_some())
            .map(|prover| now - prover.since);
        let total = self.busy + running.sum::<Millis>();
        Duration::from_millis(u64::try_from(total).unwrap_or(0))
    }

    fn start_provers(
        &mut self,
        which: std::ops::Range<usize>,
        now: Millis,
        queue: &mut EventQueue,
        draws: Draws,
    ) {
        self.started = Some(now);
        for prover in which {
            let Some(started) = self.provers.get_mut(prover) else { continue };
            started.life += 1;
            (started.alive, started.waiting) = (true, false);
            let pause = draws.draw_for(Subject::OwnNap, self.naps, 0).uniform() * NAP_SECONDS;
            self.naps += 1;
            queue.push(
                now + millis(START_SECONDS + pause),
                Event::OwnAsks { prover, life: started.life },
            );
        }
    }

    fn kill_provers(&mut self, which: std::ops::Range<usize>, now: Millis) -> u64 {
        let mut lost = 0;
        for killed in self.provers.get_mut(which).unwrap_or_default() {
            killed.life += 1;
            (killed.alive, killed.waiting) = (false, false);
            if killed.job.take().is_some() {
                self.busy += now - killed.since;
                lost += 1;
            }
        }
        lost
    }
}

#[cfg(test)]
mod tests;
