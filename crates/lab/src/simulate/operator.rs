//! The operator's worker: provers that ask the daemon for work, prove it, and deliver.
//!
//! Rules of Mina `snark_worker` and `work_selector` (3.0.3): a work is handed out at random among
//! those without a proof and those dearer than the current fee, own proofs included; key and fee
//! are fixed as it is handed out; it stays reserved until its result comes back or the reassignment
//! wait ends; removing the key kills the provers at once and loses what they had. A coordinator's
//! provers work under its own key whenever no other is set.

use std::{collections::BTreeMap, time::Duration};

use snarkfee_core::units::Nanomina;

use super::{
    agenda::{Agenda, Event, Millis},
    draws::{Draws, Subject, millis},
    pool::{Pool, ProverId, Serial},
    scenario::{OperatorSetup, Role},
};

/// `--work-reassignment-wait`, its default.
const REASSIGNMENT_WAIT: Millis = 420_000;
/// From the start of a worker process to its first request.
const START_SECONDS: f64 = 8.0;
/// Longest pause of an idle worker.
const NAP_SECONDS: f64 = 6.0;

/// A work in the hands of a prover, with the key and fee it was handed out under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) serial: Serial,
    pub(super) key: ProverId,
    pub(super) fee: Nanomina,
}

/// The worker and its settings.
#[derive(Debug)]
pub(super) struct Operator {
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
    /// Raised whenever the process ends: events of earlier lives are void.
    life: u32,
    alive: bool,
    /// Idle and not about to ask.
    waiting: bool,
    job: Option<Job>,
    /// Since when the running proof's time has not been counted.
    since: Millis,
}

/// What changed when a key was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Switched {
    /// Whether provers started or stopped.
    pub(super) toggled: bool,
    /// Whether they stopped before their signal handler stood.
    pub(super) too_fast: bool,
    /// Proofs lost.
    pub(super) lost: u64,
}

impl Operator {
    /// A worker that does nothing yet.
    pub(super) fn new(setup: OperatorSetup, home: ProverId) -> Self {
        // The last prover is the one that a key set on a coordinator starts beside the daemon.
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

    /// Starts as the daemon's flags say.
    pub(super) fn start(&mut self, now: Millis, agenda: &mut Agenda, draws: Draws) {
        self.fee = self.setup.fee_nanomina;
        self.shown = (self.setup.role == Role::Worker && self.setup.on).then_some(self.home);
        if self.key().is_some() {
            self.spawn(0..self.setup.provers as usize, now, agenda, draws);
        }
    }

    /// Ends with its daemon; how many proofs that loses.
    pub(super) fn end(&mut self, now: Millis) -> u64 {
        self.reserved.clear();
        self.kill(0..self.provers.len(), now)
    }

    /// Another controller sets fee and key as the daemon's flags say. Stopping nothing, it loses no
    /// proof.
    pub(super) fn reset(&mut self, now: Millis, agenda: &mut Agenda, draws: Draws) {
        self.set_fee(self.setup.fee_nanomina, now, agenda, draws);
        if self.setup.role == Role::Worker && self.setup.on && self.shown.is_none() {
            self.set_key(Some(self.home), now, agenda, draws);
        }
    }

    /// The key that the daemon shows.
    pub(super) const fn shown(&self) -> Option<ProverId> {
        self.shown
    }

    /// The key that works are handed out under.
    fn key(&self) -> Option<ProverId> {
        self.shown.or((self.setup.role == Role::Coordinator).then_some(self.home))
    }

    pub(super) const fn fee(&self) -> Nanomina {
        self.fee
    }

    /// Sets the fee for works handed out from now on.
    pub(super) fn set_fee(
        &mut self,
        fee: Nanomina,
        now: Millis,
        agenda: &mut Agenda,
        draws: Draws,
    ) {
        self.fee = fee;
        self.wake(now, agenda, draws);
    }

    /// Sets or removes the worker key.
    pub(super) fn set_key(
        &mut self,
        key: Option<ProverId>,
        now: Millis,
        agenda: &mut Agenda,
        draws: Draws,
    ) -> Switched {
        let before = self.shown;
        self.shown = key;
        let all = self.setup.provers as usize;
        let local = match self.setup.role {
            Role::Worker => 0..all,
            Role::Coordinator => all..all + 1,
        };
        match (before, key) {
            (None, Some(_)) => {
                self.spawn(local, now, agenda, draws);
                Switched { toggled: true, too_fast: false, lost: 0 }
            }
            (Some(_), None) => {
                let too_fast = self.started.is_some_and(|at| now < at + millis(START_SECONDS));
                Switched { toggled: true, too_fast, lost: self.kill(local, now) }
            }
            (None, None) | (Some(_), Some(_)) => {
                Switched { toggled: false, too_fast: false, lost: 0 }
            }
        }
    }

    /// A prover asks for work; `open` yields the works it may have, none while the daemon does not
    /// follow the chain. True when it got one.
    pub(super) fn ask(
        &mut self,
        (prover, life): (usize, u32),
        now: Millis,
        (open, pool): (impl Iterator<Item = Serial>, &Pool),
        agenda: &mut Agenda,
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
        let dearer = |serial: &Serial| {
            let work = pool.get(*serial);
            work.is_some_and(|work| work.shown().is_none_or(|standing| standing.fee > self.fee))
        };
        let mut offered: Vec<Serial> =
            open.filter(|serial| !self.reserved.contains_key(serial)).filter(dearer).collect();
        if offered.is_empty() {
            if let Some(asking) = self.provers.get_mut(prover) {
                asking.waiting = true;
            }
            return false;
        }
        let picked = draws.at(Subject::OwnPick, self.assignments, 0).below(offered.len());
        let serial = offered.swap_remove(picked);
        let effort = pool.get(serial).map_or(1.0, |work| work.effort);
        let mut draw = draws.at(Subject::OwnProof, self.assignments, 0);
        let takes =
            millis(draw.log_normal(self.setup.proof_seconds, self.setup.proof_spread) * effort);
        self.reserved.insert(serial, self.assignments);
        agenda.push(
            now + REASSIGNMENT_WAIT,
            Event::ReservationEnds { serial, assignment: self.assignments },
        );
        agenda.push(now + takes, Event::OwnProved { prover, life });
        self.assignments += 1;
        if let Some(asking) = self.provers.get_mut(prover) {
            asking.job = Some(Job { serial, key, fee: self.fee });
            asking.since = now;
        }
        true
    }

    /// A prover delivers, unless it was stopped since.
    pub(super) fn deliver(&mut self, prover: usize, life: u32, now: Millis) -> Option<Job> {
        let done = self.provers.get_mut(prover).filter(|done| done.life == life)?;
        let job = done.job.take()?;
        self.busy += now - done.since;
        self.reserved.remove(&job.serial);
        Some(job)
    }

    /// Frees a work whose result has not come back; false when it has, or when the work was handed
    /// out anew.
    pub(super) fn expire(&mut self, serial: Serial, assignment: u64) -> bool {
        if self.reserved.get(&serial) != Some(&assignment) {
            return false;
        }
        self.reserved.remove(&serial);
        true
    }

    /// Lets idle provers ask again, each after a pause.
    pub(super) fn wake(&mut self, now: Millis, agenda: &mut Agenda, draws: Draws) {
        for (prover, idle) in
            self.provers.iter_mut().enumerate().filter(|(_, prover)| prover.waiting)
        {
            idle.waiting = false;
            let pause = draws.at(Subject::OwnNap, self.naps, 0).uniform() * NAP_SECONDS;
            self.naps += 1;
            agenda.push(now + millis(pause), Event::OwnAsks { prover, life: idle.life });
        }
    }

    /// Whether a proof is being made.
    pub(super) fn proving(&self) -> bool {
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

    fn spawn(
        &mut self,
        which: std::ops::Range<usize>,
        now: Millis,
        agenda: &mut Agenda,
        draws: Draws,
    ) {
        self.started = Some(now);
        for prover in which {
            let Some(started) = self.provers.get_mut(prover) else { continue };
            started.life += 1;
            (started.alive, started.waiting) = (true, false);
            let pause = draws.at(Subject::OwnNap, self.naps, 0).uniform() * NAP_SECONDS;
            self.naps += 1;
            agenda.push(
                now + millis(START_SECONDS + pause),
                Event::OwnAsks { prover, life: started.life },
            );
        }
    }

    fn kill(&mut self, which: std::ops::Range<usize>, now: Millis) -> u64 {
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
