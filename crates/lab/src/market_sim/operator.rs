//! The operator's worker: provers that ask the daemon for work, prove it, and deliver.
//!
//! Rules of Mina `snark_worker` and `mina_lib.ml`: key and fee are fixed when a work leaves the
//! selector. Removing the key kills the provers at once, and what they were proving is lost. A
//! coordinator's provers work under its own key whenever no other is set. Before the partitioner
//! (3.0.3) a prover proves whole works, and a work whose result does not come back within the
//! reassignment wait is open to the selector again; with it a prover proves pieces, and a piece
//! that does not come back is handed out again.
//!
//! Not here: which work is next (`selector`), and its pieces (`partitioner`).

use std::time::Duration;

use snarkfee_core::units::Nanomina;

use super::{
    draws::{Draws, Subject},
    event_queue::{Event, EventQueue},
    partitioner::{Job, Partitioner, Piece, ProvedWork, REASSIGNMENT_WAIT},
    pool::{JobKind, Pool, ProverId, Serial, Work},
    scenario::{OperatorRole, OperatorSetup},
    seat_id::SeatId,
    selector::{Picker, Selector},
    snapshot::HandOut,
    time::{Millis, millis},
};

/// From the start of a worker process to its first request.
const START_SECONDS: f64 = 8.0;
/// Longest pause of an idle worker.
const NAP_SECONDS: f64 = 6.0;

/// What a prover proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    /// All of a work.
    Whole(Job, [JobKind; 2]),
    /// A piece of one.
    Part(Piece),
}

/// The worker of the operator's daemon, and its settings.
#[derive(Debug)]
pub(super) struct OperatorWorker {
    setup: OperatorSetup,
    seat: SeatId,
    home: ProverId,
    /// The worker key that the daemon shows.
    shown: Option<ProverId>,
    fee: Nanomina,
    provers: Vec<Prover>,
    selector: Selector,
    partitioner: Partitioner,
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
    task: Option<Task>,
    /// When the running proof began.
    since: Millis,
}

/// A proof that a prover delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delivery {
    /// The work, if no proof of it is missing now.
    pub(super) work: Option<ProvedWork>,
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
    pub(super) fn new(setup: OperatorSetup, seat: SeatId, home: ProverId) -> Self {
        // The last prover is the one that starts next to a coordinator when a key is set.
        let provers = (0..=setup.provers).map(|_| Prover::default()).collect();
        Self {
            fee: setup.fee_nanomina,
            setup,
            seat,
            home,
            shown: None,
            provers,
            selector: Selector::default(),
            partitioner: Partitioner::default(),
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
        (self.selector, self.partitioner) = Default::default();
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

    /// The key under which it proves unless another is set.
    pub(super) const fn home(&self) -> ProverId {
        self.home
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

    /// How works are handed out: set before any is.
    pub(super) const fn set_hand_out(&mut self, hand_out: HandOut) {
        self.setup.hand_out = hand_out;
    }

    /// How works are handed out.
    pub(super) const fn hand_out(&self) -> HandOut {
        self.setup.hand_out
    }

    /// Handles a prover's request for work. `open` yields the works that can be assigned in order
    /// of purchase: none while the daemon is not in sync. True when it got one, or a piece of one.
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
        if asking.task.is_some() {
            return false;
        }
        let inside = match self.setup.hand_out {
            HandOut::Bundles => None,
            HandOut::Pieces => self.partitioner.next_piece(now),
        };
        let inside = inside.map(|(piece, job)| (Task::Part(piece), job.serial));
        let new = inside.or_else(|| {
            let serial = self.selector.pick(
                self.setup.selection,
                (open, pool),
                Picker { seat: self.seat, fee: self.fee, assignment: self.assignments },
                draws,
            )?;
            let (job, jobs) = (Job { serial, key, fee: self.fee }, pool.get(serial)?.nature.jobs);
            let task = match self.setup.hand_out {
                HandOut::Bundles => Task::Whole(job, jobs),
                HandOut::Pieces => Task::Part(self.partitioner.take_in(job, jobs, now)),
            };
            Some((task, serial))
        });
        let Some((task, serial)) = new else {
            if let Some(asking) = self.provers.get_mut(prover) {
                asking.waiting = true;
            }
            return false;
        };
        let effort = match task {
            Task::Whole(..) => pool.get(serial).map_or(1.0, Work::effort),
            Task::Part(_) => pool.get(serial).map_or(0.5, Work::piece_effort),
        };
        let mut draw = draws.draw_for(Subject::OwnProof, self.assignments, self.seat.draw_index());
        let takes =
            millis(draw.log_normal(self.setup.proof_seconds, self.setup.proof_spread) * effort);
        queue.push(
            // The daemon asks whether a piece is older than the wait.
            now + REASSIGNMENT_WAIT + 1,
            Event::ReservationEnds { seat: self.seat, serial, assignment: self.assignments },
        );
        queue.push(now + takes, Event::OwnProved { seat: self.seat, prover, life });
        if let Some(asking) = self.provers.get_mut(prover) {
            asking.task = Some(task);
            asking.since = now;
        }
        self.assignments += 1;
        true
    }

    /// Takes the proof of a prover; `None` if the prover has been stopped.
    pub(super) fn finish_proof(
        &mut self,
        prover: usize,
        life: u32,
        now: Millis,
    ) -> Option<Delivery> {
        let done = self.provers.get_mut(prover).filter(|done| done.life == life)?;
        let task = done.task.take()?;
        let took = now - done.since;
        self.busy += took;
        let work = match task {
            Task::Whole(job, jobs) => {
                Some(ProvedWork { job, jobs: jobs.map(|kind| (kind, took / 2)) })
            }
            Task::Part(piece) => self.partitioner.deliver(piece, took),
        };
        if let Some(work) = &work {
            self.selector.free(work.job.serial);
        }
        Some(Delivery { work })
    }

    /// The reassignment wait of an assignment ends. True when its work or piece can be handed out
    /// again.
    pub(super) fn end_reservation(&mut self, serial: Serial, assignment: u64, now: Millis) -> bool {
        match self.setup.hand_out {
            HandOut::Bundles => self.selector.expire(serial, assignment),
            HandOut::Pieces => self.partitioner.has_overdue(now),
        }
    }

    /// Has idle provers ask again, each after a pause.
    pub(super) fn wake_idle(&mut self, now: Millis, queue: &mut EventQueue, draws: Draws) {
        for (prover, idle) in
            self.provers.iter_mut().enumerate().filter(|(_, prover)| prover.waiting)
        {
            idle.waiting = false;
            let pause =
                draws.draw_for(Subject::OwnNap, self.naps, self.seat.draw_index()).uniform()
                    * NAP_SECONDS;
            self.naps += 1;
            queue.push(
                now + millis(pause),
                Event::OwnAsks { seat: self.seat, prover, life: idle.life },
            );
        }
    }

    /// Works handed out at a fee and not finished.
    #[cfg(test)]
    pub(super) fn count_begun_at(&self, fee: Nanomina) -> usize {
        let whole =
            |prover: &&Prover| matches!(&prover.task, Some(Task::Whole(job, _)) if job.fee == fee);
        self.provers.iter().filter(whole).count() + self.partitioner.count_inside_at(fee)
    }

    /// Whether any prover is proving.
    pub(super) fn is_proving(&self) -> bool {
        self.provers.iter().any(|prover| prover.task.is_some())
    }

    /// Time spent proving up to now.
    pub(super) fn busy(&self, now: Millis) -> Duration {
        let running = self
            .provers
            .iter()
            .filter(|prover| prover.task.is_some())
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
            let pause =
                draws.draw_for(Subject::OwnNap, self.naps, self.seat.draw_index()).uniform()
                    * NAP_SECONDS;
            self.naps += 1;
            queue.push(
                now + millis(START_SECONDS + pause),
                Event::OwnAsks { seat: self.seat, prover, life: started.life },
            );
        }
    }

    fn kill_provers(&mut self, which: std::ops::Range<usize>, now: Millis) -> u64 {
        let mut lost = 0;
        for killed in self.provers.get_mut(which).unwrap_or_default() {
            killed.life += 1;
            (killed.alive, killed.waiting) = (false, false);
            if killed.task.take().is_some() {
                self.busy += now - killed.since;
                lost += 1;
            }
        }
        lost
    }
}

#[cfg(test)]
mod tests;
