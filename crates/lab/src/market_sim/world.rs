//! The simulated market event by event: slots, blocks, competitors and the operator's daemon.
//!
//! Invariants: the state at an instant depends on the scenario, the seed and what the operator did
//! until then, not on the steps in which time advanced. Memory is bounded.
//!
//! Not here: what the operator's daemon shows of the market (`view`).

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use snarkfee_core::{
    market::Block,
    units::{Nanomina, PublicKey},
};

use super::{
    competitor::Competitor,
    draws::Draws,
    event_queue::{Event, EventQueue},
    keyring::{KeyOwner, Keyring},
    mempool::Mempool,
    names,
    operator::OperatorWorker,
    pool::{FRONTIER, Pool, ProverId},
    process::DaemonProcess,
    producer::ProposedBlock,
    scan_state::ScanState,
    scenario::Scenario,
    seat::{Seat, Seats},
    seat_id::SeatId,
    snapshot::HandOut,
    time::{Millis, millis},
    truth::{GroundTruth, SoldWork},
};

mod blocks;
mod competitors;
mod daemon;

/// Blocks before the start of the run, so that the frontier is full from the first look on.
const WARM_UP_BLOCKS: f64 = 330.0;
/// Height of the first block of the warm-up.
const FIRST_HEIGHT: u32 = 480_000;
/// Time from a delivery by an own worker to its next request.
const TURNAROUND: Millis = 300;

/// A simulated market with operators in it.
#[derive(Debug)]
pub struct World {
    pub(super) scenario: Scenario,
    pub(super) draws: Draws,
    pub(super) origin: Timestamp,
    pub(super) at: Timestamp,
    queue: EventQueue,
    pub(super) pool: Pool,
    pub(super) scan: ScanState,
    mempool: Mempool,
    /// The frontier, oldest first.
    pub(super) chain: VecDeque<Arc<Block>>,
    pub(super) height: u32,
    /// The block of the current slot, until it arrives.
    proposed: Option<ProposedBlock>,
    competitors: Vec<Competitor>,
    regime: Option<usize>,
    keyring: Keyring,
    pub(super) accounts: BTreeSet<ProverId>,
    pub(super) seats: Seats,
    truth: GroundTruth,
}

impl World {
    /// A market that begins at `start`, after a warm-up in which the operator's worker did nothing.
    pub fn new(scenario: &Scenario, seed: u64, start: Timestamp) -> Self {
        Self::with_operators(scenario, seed, start, 1)
    }

    /// The same market with an operator that has no provers.
    pub fn without_operator(scenario: &Scenario, seed: u64, start: Timestamp) -> Self {
        let mut scenario = scenario.clone();
        scenario.operator.provers = 0;
        Self::new(&scenario, seed, start)
    }

    /// The same market with `operators` operators, at least one, each with the provers that the
    /// scenario gives to its own.
    pub fn with_operators(
        scenario: &Scenario,
        seed: u64,
        start: Timestamp,
        operators: usize,
    ) -> Self {
        let draws = Draws::new(seed);
        let mut keyring = Keyring::default();
        let mut competitors = Vec::new();
        for (index, setup) in scenario.competitors.iter().enumerate() {
            let owner = KeyOwner::Competitor(index);
            let prover = keyring.add(names::public_key(&setup.name), owner);
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            competitors.push(Competitor::new(index, prover, setup, draws));
        }
        let mut accounts: BTreeSet<ProverId> = competitors.iter().map(Competitor::prover).collect();
        let warm_up = -slots_for_blocks(WARM_UP_BLOCKS, scenario.chain.fill);
        let mut take_seat = |number: usize| {
            let seat = SeatId::new(number);
            let home = keyring.add(Self::key_of(seat), KeyOwner::Operator(seat));
            if scenario.operator.account {
                accounts.insert(home);
            }
            Seat {
                worker: OperatorWorker::new(scenario.operator.clone(), seat, home),
                process: DaemonProcess::new(warm_up * slot_millis(scenario)),
            }
        };
        let seats = Seats::new(take_seat(0), (1..operators).map(&mut take_seat).collect());
        let mut world = Self {
            draws,
            origin: start,
            at: start,
            queue: EventQueue::default(),
            pool: Pool::default(),
            scan: ScanState::new(scenario.chain.tree_shape()),
            mempool: Mempool::default(),
            chain: VecDeque::with_capacity(FRONTIER as usize),
            height: FIRST_HEIGHT,
            proposed: None,
            competitors,
            regime: None,
            keyring,
            accounts,
            seats,
            truth: GroundTruth::begin(operators.saturating_sub(1)),
            scenario: scenario.clone(),
        };
        world.warm_up_from(warm_up);
        world
    }

    fn warm_up_from(&mut self, slot: i64) {
        let first = slot * slot_millis(&self.scenario);
        self.queue.push(first, Event::Slot(slot));
        for (index, competitor) in self.competitors.iter().enumerate() {
            if let Some(interval) = competitor.review_interval() {
                self.queue.push(first + interval, Event::CompetitorReviews(index));
            }
        }
        for index in 0..self.competitors.len() {
            self.schedule_failure(index, first);
        }
        self.run_before(0);
        let seats: Vec<_> = self.seats.iter_mut().collect();
        self.truth = GroundTruth::begin(seats.len().saturating_sub(1));
        for seat in seats {
            seat.worker.start(0, &mut self.queue, self.draws);
        }
    }

    /// The key, the fee and the works per hour of each competitor as they are now; 0 works of one
    /// that is away.
    #[cfg(test)]
    pub(crate) fn true_sellers(&self) -> impl Iterator<Item = (&PublicKey, Nanomina, f64)> {
        self.competitors.iter().filter_map(|competitor| {
            let (fee, pace) = competitor.fee_and_pace();
            Some((self.key(competitor.prover())?, fee, pace))
        })
    }

    /// Name of the regime that the market is in.
    pub fn regime(&self) -> &str {
        self.scenario.regime_at(self.truth.slots).1
    }

    /// The key of the first operator's worker, the same in every scenario.
    pub fn operator_key() -> PublicKey {
        PublicKey::of_simulated_operator()
    }

    /// The key of an operator's worker, the same in every scenario.
    pub(crate) fn key_of(seat: SeatId) -> PublicKey {
        match seat.place_among_others() {
            None => Self::operator_key(),
            Some(place) => names::public_key(&format!("operator {}", place + 2)),
        }
    }

    /// A key that nobody has in any scenario.
    pub(crate) fn stranger_key() -> PublicKey {
        names::public_key("stranger")
    }

    /// What has really happened so far.
    pub const fn truth(&self) -> &GroundTruth {
        &self.truth
    }

    /// Takes the list of sales out of [`World::truth`]. Totals do not change.
    pub(crate) fn take_sales(&mut self) -> VecDeque<SoldWork> {
        std::mem::take(&mut self.truth.sales)
    }

    /// The scenario.
    pub const fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    pub(super) fn run_to(&mut self, to: Timestamp) {
        if to <= self.at {
            return;
        }
        self.at = to;
        let now = self.now();
        self.run_before(now.saturating_add(1));
        for (number, seat) in self.seats.iter().enumerate() {
            self.truth.totals_mut(SeatId::new(number)).busy = seat.worker.busy(now);
        }
    }

    pub(super) fn change_fee(&mut self, seat: SeatId, fee: Nanomina) -> Nanomina {
        let now = self.now();
        let worker = &mut self.seats.get_mut(seat).worker;
        let before = worker.fee();
        worker.set_fee(fee, now, &mut self.queue, self.draws);
        before
    }

    pub(super) fn change_worker(
        &mut self,
        id: SeatId,
        key: Option<PublicKey>,
    ) -> Option<PublicKey> {
        let shown = self.seats.get(id).worker.shown();
        let before = shown.and_then(|shown| self.key(shown)).cloned();
        let key = key.map(|key| self.add_own_prover(id, key));
        let now = self.now();
        let worker = &mut self.seats.get_mut(id).worker;
        let switched = worker.set_key(key, now, &mut self.queue, self.draws);
        let totals = self.truth.totals_mut(id);
        totals.toggles += u64::from(switched.toggled);
        totals.fast_toggles += u64::from(switched.too_fast);
        totals.lost += switched.lost;
        before
    }

    /// The current time in whole milliseconds since the start.
    pub(super) fn now(&self) -> Millis {
        let since = self.at.duration_since(self.origin).as_millis();
        Millis::try_from(since).unwrap_or(Millis::MAX)
    }

    pub(super) fn timestamp(&self, at: Millis) -> Timestamp {
        let bound = if at < 0 { Timestamp::MIN } else { Timestamp::MAX };
        self.origin.checked_add(SignedDuration::from_millis(at)).unwrap_or(bound)
    }

    pub(super) fn slot_millis(&self) -> Millis {
        slot_millis(&self.scenario)
    }

    pub(super) fn key(&self, prover: ProverId) -> Option<&PublicKey> {
        self.keyring.key(prover)
    }

    /// An operator's key as a prover. A key that it has not used before has an account if its
    /// first key has one.
    fn add_own_prover(&mut self, seat: SeatId, key: PublicKey) -> ProverId {
        let owner = KeyOwner::Operator(seat);
        self.keyring.find(&key, owner).unwrap_or_else(|| {
            let prover = self.keyring.add(key, owner);
            if self.scenario.operator.account {
                self.accounts.insert(prover);
            }
            prover
        })
    }

    fn run_before(&mut self, end: Millis) {
        while let Some((now, event)) = self.queue.pop_before(end) {
            self.handle_event(now, event);
        }
    }

    fn handle_event(&mut self, now: Millis, event: Event) {
        match event {
            Event::Slot(slot) => self.begin_slot(slot, now),
            Event::BlockArrives => self.add_proposed_block(now),
            Event::CompetitorProved { competitor, life, serial, fee } => {
                self.finish_competitors_proof((competitor, life), (serial, fee), now);
            }
            Event::CompetitorReviews(index) => self.review_fee(index, now),
            Event::CompetitorFails(index) => self.fail_competitor(index, now),
            Event::CompetitorReturns(index) => self.return_competitor(index, now),
            Event::OwnAsks { seat, prover, life } => self.assign_work(seat, prover, life, now),
            Event::OwnProved { seat, prover, life } => {
                let worker = &mut self.seats.get_mut(seat).worker;
                let Some(delivery) = worker.finish_proof(prover, life, now) else { return };
                self.take_delivery(seat, delivery, now);
                self.queue.push(now + TURNAROUND, Event::OwnAsks { seat, prover, life });
            }
            Event::ReservationEnds { seat, serial, assignment } => {
                let Seat { worker, process } = self.seats.get_mut(seat);
                if worker.end_reservation(serial, assignment, now) {
                    process.counters.timed_out += u64::from(worker.hand_out() == HandOut::Bundles);
                    worker.wake_idle(now, &mut self.queue, self.draws);
                }
            }
            Event::Refill { serial, restart } => self.refill(serial, restart),
            Event::Synced { restart } => self.finish_sync(restart, now),
        }
    }
}

fn slot_millis(scenario: &Scenario) -> Millis {
    Millis::from(scenario.chain.slot_seconds) * 1000
}

/// Slots in which this many blocks are expected.
fn slots_for_blocks(blocks: f64, fill: f64) -> i64 {
    millis(blocks / fill / 1000.0)
}

#[cfg(test)]
mod tests;
