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
    mempool::Mempool,
    names,
    operator::OperatorWorker,
    pool::{Bid, FRONTIER, Pool, ProverId},
    process::DaemonProcess,
    producer::ProposedBlock,
    scan_state::ScanState,
    scenario::Scenario,
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

/// A simulated market with one operator in it.
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
    /// All keys: the competitors', then the operator's.
    pub(super) keys: Vec<PublicKey>,
    pub(super) accounts: BTreeSet<ProverId>,
    pub(super) operator: OperatorWorker,
    pub(super) process: DaemonProcess,
    truth: GroundTruth,
}

impl World {
    /// A market that begins at `start`, after a warm-up in which the operator's worker did nothing.
    pub fn new(scenario: &Scenario, seed: u64, start: Timestamp) -> Self {
        let draws = Draws::new(seed);
        let setups = &scenario.competitors;
        let indices = 0_u32..;
        let competitors: Vec<Competitor> = indices
            .zip(setups)
            .map(|(index, setup)| Competitor::new(index, setup, draws))
            .collect();
        let home = ProverId(u32::try_from(competitors.len()).unwrap_or(u32::MAX));
        let mut accounts: BTreeSet<ProverId> = competitors.iter().map(Competitor::prover).collect();
        if scenario.operator.account {
            accounts.insert(home);
        }
        let mut keys: Vec<PublicKey> =
            setups.iter().map(|setup| names::public_key(&setup.name)).collect();
        keys.push(Self::operator_key());
        let warm_up = -slots_for_blocks(WARM_UP_BLOCKS, scenario.chain.fill);
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
            keys,
            accounts,
            operator: OperatorWorker::new(scenario.operator.clone(), home),
            process: DaemonProcess::new(warm_up * slot_millis(scenario)),
            truth: GroundTruth::default(),
            scenario: scenario.clone(),
        };
        world.warm_up_from(warm_up);
        world
    }

    /// The same market with an operator that has no provers.
    pub fn without_operator(scenario: &Scenario, seed: u64, start: Timestamp) -> Self {
        let mut scenario = scenario.clone();
        scenario.operator.provers = 0;
        Self::new(&scenario, seed, start)
    }

    fn warm_up_from(&mut self, slot: i64) {
        let first = slot * slot_millis(&self.scenario);
        self.queue.push(first, Event::Slot(slot));
        for (index, competitor) in self.competitors.iter().enumerate() {
            if let Some(interval) = competitor.review_interval() {
                self.queue.push(first + interval, Event::CompetitorReviews(index));
            }
        }
        self.run_before(0);
        self.truth = GroundTruth::default();
        self.operator.start(0, &mut self.queue, self.draws);
    }

    /// The key, the fee and the works per hour of each competitor as they are now; 0 works of one
    /// that is away.
    #[cfg(test)]
    pub(crate) fn true_sellers(&self) -> impl Iterator<Item = (&PublicKey, Nanomina, f64)> {
        self.competitors.iter().zip(&self.keys).map(|(competitor, key)| {
            let (fee, pace) = competitor.fee_and_pace();
            (key, fee, pace)
        })
    }

    /// Name of the regime that the market is in.
    pub fn regime(&self) -> &str {
        self.scenario.regime_at(self.truth.slots).1
    }

    /// The key of the operator's worker, the same in every scenario.
    pub fn operator_key() -> PublicKey {
        PublicKey::of_simulated_operator()
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
        self.truth.own.busy = self.operator.busy(now);
    }

    pub(super) fn change_fee(&mut self, fee: Nanomina) -> Nanomina {
        let before = self.operator.fee();
        self.operator.set_fee(fee, self.now(), &mut self.queue, self.draws);
        before
    }

    pub(super) fn change_worker(&mut self, key: Option<PublicKey>) -> Option<PublicKey> {
        let before = self.operator.shown().and_then(|shown| self.key(shown)).cloned();
        let key = key.map(|key| self.add_own_prover(key));
        let switched = self.operator.set_key(key, self.now(), &mut self.queue, self.draws);
        self.truth.own.toggles += u64::from(switched.toggled);
        self.truth.own.fast_toggles += u64::from(switched.too_fast);
        self.truth.own.lost += switched.lost;
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
        self.keys.get(prover.0 as usize)
    }

    fn home(&self) -> ProverId {
        ProverId(u32::try_from(self.competitors.len()).unwrap_or(u32::MAX))
    }

    fn is_own(&self, prover: ProverId) -> bool {
        prover >= self.home()
    }

    /// The operator's key as a prover. A key that it has not used before has an account if its
    /// first key has one.
    fn add_own_prover(&mut self, key: PublicKey) -> ProverId {
        let home = self.home();
        let own = self.keys.iter().skip(home.0 as usize).position(|known| *known == key);
        let index = own.map_or(self.keys.len(), |own| own + home.0 as usize);
        let prover = ProverId(u32::try_from(index).unwrap_or(u32::MAX));
        if own.is_none() {
            self.keys.push(key);
            if self.scenario.operator.account {
                self.accounts.insert(prover);
            }
        }
        prover
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
            Event::CompetitorProved { competitor, serial, fee } => {
                let Some(prover) = self.competitors.get_mut(competitor) else { return };
                prover.finish_proof(serial, &mut self.pool);
                let bid = Bid { fee, prover: prover.prover(), at: now };
                self.submit_proof(serial, bid);
                self.take_works(competitor, now);
            }
            Event::CompetitorReviews(index) => self.review_fee(index, now),
            Event::OwnAsks { prover, life } => self.assign_work(prover, life, now),
            Event::OwnProved { prover, life } => {
                let Some(delivery) = self.operator.finish_proof(prover, life, now) else { return };
                self.take_delivery(delivery, now);
                self.queue.push(now + TURNAROUND, Event::OwnAsks { prover, life });
            }
            Event::ReservationEnds { serial, assignment } => {
                if self.operator.end_reservation(serial, assignment, now) {
                    let counted = self.operator.hand_out() == HandOut::Bundles;
                    self.process.counters.timed_out += u64::from(counted);
                    self.operator.wake_idle(now, &mut self.queue, self.draws);
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
