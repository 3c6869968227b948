//! The simulated market in motion: slots, blocks, competitors and the operator's daemon, event by event.
//!
//! Invariants: the state at an instant depends on the scenario, the seed and what the operator did until then, not on how often or
//! in what steps time was advanced; memory is bounded.
//!
//! Not here: what the operator's daemon shows of it (`view`).

use std::collections::{BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::{
    market::{Block, Sale},
    units::{Nanomina, PublicKey},
};

use super::{
    agenda::{Agenda, Event, Millis},
    competitor::Competitor,
    draws::{Draws, Subject, millis},
    mempool::Mempool,
    names,
    operator::Operator,
    pool::{Bid, FRONTIER, Pool, ProverId, Serial, Work},
    process::Process,
    producer::{Plan, Producer},
    scan_state::ScanState,
    scenario::Scenario,
    truth::{SoldWork, Truth},
};

/// Blocks before the start of the run, so that the first look finds a full frontier.
const WARM_UP_BLOCKS: f64 = 330.0;
/// Height of the first block of the warm-up.
const FIRST_HEIGHT: u32 = 480_000;
/// A restarted daemon hears of the standing proofs again within so long: everybody gossips his own every ten minutes.
const REBROADCAST_SECONDS: f64 = 600.0;
/// An own worker asks for its next work so long after delivering one.
const TURNAROUND: Millis = 300;

/// A simulated market with one operator in it.
#[derive(Debug)]
pub struct World {
    pub(super) scenario: Scenario,
    pub(super) draws: Draws,
    pub(super) origin: Timestamp,
    pub(super) at: Timestamp,
    agenda: Agenda,
    pub(super) pool: Pool,
    pub(super) scan: ScanState,
    mempool: Mempool,
    /// The frontier, oldest first.
    pub(super) chain: VecDeque<Block>,
    pub(super) height: u32,
    /// The block decided on in this slot, not yet heard of.
    planned: Option<Proposed>,
    competitors: Vec<Competitor>,
    regime: Option<usize>,
    /// Everybody's keys: competitors, then the operator's.
    pub(super) keys: Vec<PublicKey>,
    pub(super) accounts: BTreeSet<ProverId>,
    pub(super) operator: Operator,
    pub(super) process: Process,
    truth: Truth,
}

#[derive(Debug)]
struct Proposed {
    plan: Plan,
    slot: i64,
    own: bool,
}

impl World {
    /// A market that begins at `start`, after a warm-up in which the operator's worker did nothing.
    pub fn new(scenario: &Scenario, seed: u64, start: Timestamp) -> Self {
        let draws = Draws::new(seed);
        let setups = &scenario.competitors;
        let indices = 0_u32..;
        let competitors: Vec<Competitor> =
            indices.zip(setups).map(|(index, setup)| Competitor::new(index, setup, draws)).collect();
        let home = ProverId(u32::try_from(competitors.len()).unwrap_or(u32::MAX));
        let mut accounts: BTreeSet<ProverId> = competitors.iter().map(Competitor::prover).collect();
        if scenario.operator.account {
            accounts.insert(home);
        }
        let mut keys: Vec<PublicKey> = setups.iter().map(|setup| names::public_key(&setup.name)).collect();
        keys.push(Self::operator_key());
        let warm_up = -slots_for_blocks(WARM_UP_BLOCKS, scenario.chain.fill);
        let mut world = Self {
            draws,
            origin: start,
            at: start,
            agenda: Agenda::default(),
            pool: Pool::default(),
            scan: ScanState::new(scenario.chain.tree_shape()),
            mempool: Mempool::default(),
            chain: VecDeque::with_capacity(FRONTIER as usize),
            height: FIRST_HEIGHT,
            planned: None,
            competitors,
            regime: None,
            keys,
            accounts,
            operator: Operator::new(scenario.operator.clone(), home),
            process: Process::new(warm_up * slot_millis(scenario)),
            truth: Truth::default(),
            scenario: scenario.clone(),
        };
        world.begin(warm_up);
        world
    }

    /// The same market with an operator that has no provers: what everybody else does by themselves.
    pub fn without_operator(scenario: &Scenario, seed: u64, start: Timestamp) -> Self {
        let mut scenario = scenario.clone();
        scenario.operator.provers = 0;
        Self::new(&scenario, seed, start)
    }

    fn begin(&mut self, warm_up: i64) {
        let first = warm_up * slot_millis(&self.scenario);
        self.agenda.push(first, Event::Slot(warm_up));
        for (index, competitor) in self.competitors.iter().enumerate() {
            if let Some(every) = competitor.review_every() {
                self.agenda.push(first + every, Event::CompetitorReviews(index));
            }
        }
        self.run_before(0);
        self.truth = Truth::default();
        self.operator.start(0, &mut self.agenda, self.draws);
    }

    /// The key of the operator's worker in every scenario.
    pub fn operator_key() -> PublicKey {
        names::public_key("operator")
    }

    /// What really happened so far.
    pub const fn truth(&self) -> &Truth {
        &self.truth
    }

    /// Takes the list of sales out of [`World::truth`], totals staying as they are.
    pub fn take_sales(&mut self) -> VecDeque<SoldWork> {
        std::mem::take(&mut self.truth.sales)
    }

    /// The scenario that this is.
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
        self.operator.set_fee(fee, self.now(), &mut self.agenda, self.draws);
        before
    }

    pub(super) fn change_worker(&mut self, key: Option<PublicKey>) -> Option<PublicKey> {
        let before = self.operator.shown().and_then(|shown| self.key(shown)).cloned();
        let key = key.map(|key| self.own_prover(key));
        let switched = self.operator.set_key(key, self.now(), &mut self.agenda, self.draws);
        self.truth.own.toggles += u64::from(switched.toggled);
        self.truth.own.fast_toggles += u64::from(switched.too_fast);
        self.truth.own.lost += switched.lost;
        before
    }

    /// The instant shown, in whole milliseconds since the start.
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

    /// The operator's key as a prover; one that it has not used before has an account exactly if its first one has.
    fn own_prover(&mut self, key: PublicKey) -> ProverId {
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
        while let Some((now, event)) = self.agenda.pop_before(end) {
            self.happen(now, event);
        }
    }

    fn happen(&mut self, now: Millis, event: Event) {
        match event {
            Event::Slot(slot) => self.begin_slot(slot, now),
            Event::BlockArrives => self.block_arrives(now),
            Event::CompetitorProved { competitor, serial, fee } => {
                let Some(prover) = self.competitors.get_mut(competitor) else { return };
                prover.finish(serial, &mut self.pool);
                let bid = Bid { fee, prover: prover.prover(), at: now };
                self.submit(serial, bid);
                self.take_works(competitor, now);
            }
            Event::CompetitorReviews(index) => self.review(index, now),
            Event::OwnAsks { prover, life } => self.own_asks(prover, life, now),
            Event::OwnProved { prover, life } => {
                let Some(job) = self.operator.deliver(prover, life, now) else { return };
                self.process.counters.completed += 1;
                self.truth.own.made += 1;
                let bid = Bid { fee: job.fee, prover: job.key, at: now };
                self.truth.own.accepted += u64::from(self.submit(job.serial, bid));
                self.agenda.push(now + TURNAROUND, Event::OwnAsks { prover, life });
            }
            Event::ReservationEnds { serial, assignment } => {
                if self.operator.expire(serial, assignment) {
                    self.process.counters.timed_out += 1;
                    self.operator.wake(now, &mut self.agenda, self.draws);
                }
            }
            Event::Refill { serial, restart } => self.refill(serial, restart),
            Event::Synced { restart } => self.synced(restart, now),
        }
    }

    fn begin_slot(&mut self, slot: i64, now: Millis) {
        self.agenda.push(now + self.slot_millis(), Event::Slot(slot + 1));
        self.truth.slots += 1;
        self.mempool.arrive(slot, &self.scenario.transactions, self.draws);
        self.enter_regime(slot, now);
        if u32::try_from(slot).is_ok_and(|slot| self.scenario.restarts.binary_search(&slot).is_ok()) {
            self.restart(now);
        }
        let mut draw = self.draws.at_slot(Subject::Block, slot);
        let filled = draw.happens(self.scenario.chain.fill);
        let arrives = now + millis((0.15 + 0.35 * draw.uniform()) * f64::from(self.scenario.chain.slot_seconds));
        let own = self.produces_own(slot, now);
        if filled || own {
            let plan = self.producer(slot, now, own).plan();
            self.planned = Some(Proposed { plan, slot, own });
            self.agenda.push(arrives, Event::BlockArrives);
        }
    }

    /// Whether the operator's daemon makes the block of a slot that begins now.
    fn produces_own(&mut self, slot: i64, now: Millis) -> bool {
        if !self.wins(slot) || !self.process.is_synced(now) {
            return false;
        }
        let missed = self.scenario.operator.blocks.as_ref().map_or(0.0, |blocks| blocks.missed_while_proving);
        let mut draw = self.draws.at(Subject::OwnSlot, slot.cast_unsigned(), 1);
        if self.operator.proving() && draw.happens(missed) {
            self.truth.own.blocks_missed += 1;
            return false;
        }
        true
    }

    /// Whether the operator's daemon holds the right to a slot of the run.
    pub(super) fn wins(&self, slot: i64) -> bool {
        let share = self.scenario.operator.blocks.as_ref().map_or(0.0, |blocks| blocks.share);
        slot >= 0 && share > 0.0 && self.draws.at_slot(Subject::OwnSlot, slot).happens(share)
    }

    fn producer(&self, slot: i64, at: Millis, own: bool) -> Producer<'_> {
        Producer {
            pool: &self.pool,
            scan: &self.scan,
            mempool: &self.mempool,
            chain: &self.scenario.chain,
            gossip: &self.scenario.gossip,
            accounts: &self.accounts,
            draws: self.draws,
            slot,
            at,
            height: self.height + 1,
            own: own.then(|| self.home()),
        }
    }

    fn block_arrives(&mut self, now: Millis) {
        let Some(Proposed { plan, slot, own }) = self.planned.take() else { return };
        self.height += 1;
        self.mempool.include(plan.commands);
        let works: Vec<Sale> =
            plan.sold.iter().filter_map(|(serial, bid)| self.sell(*serial, *bid, slot, own)).collect();
        let first_new = self.pool.next_serial();
        for (slots, bought) in &plan.parts {
            self.truth.transaction_slots += u64::from(*slots);
            let (pool, draws, height) = (&mut self.pool, self.draws, self.height);
            let heavy = &self.scenario.transactions;
            self.scan.apply(*slots, *bought, || {
                let serial = pool.next_serial();
                let slow = draws.at(Subject::Work, serial, 0).happens(heavy.slow_share);
                let effort = if slow { heavy.slow_factor } else { 1.0 };
                pool.add(Work::new(names::work_id(draws, serial, 2), height, effort))
            });
        }
        self.truth.blocks += 1;
        self.truth.buying_blocks += u64::from(!works.is_empty());
        self.truth.own.blocks += u64::from(own);
        let counters = &mut self.process.counters;
        counters.blocks_produced += u64::from(own);
        counters.purchased_in_last_block = works.len() as u64;
        counters.snark_fees_in_last_block =
            works.iter().fold(Nanomina::ZERO, |sum, sale| sum.saturating_add(sale.fee)).get();
        counters.transaction_fees_in_last_block = plan.command_fees;
        if self.chain.len() == FRONTIER as usize {
            self.chain.pop_front();
        }
        let at = self.timestamp(slot * self.slot_millis());
        let state_hash = names::state_hash(self.draws, self.height);
        self.chain.push_back(Block { height: self.height, state_hash, at, works });
        self.pool.forget(self.height);
        self.announce(first_new..self.pool.next_serial());
        for index in 0..self.competitors.len() {
            self.take_works(index, now);
        }
        self.operator.wake(now, &mut self.agenda, self.draws);
    }

    fn sell(&mut self, serial: Serial, bid: Bid, slot: i64, to_own_block: bool) -> Option<Sale> {
        let own = self.is_own(bid.prover);
        let prover = self.key(bid.prover)?.clone();
        let work = self.pool.get_mut(serial)?;
        work.bought = Some(self.height);
        let slot = u64::try_from(slot).unwrap_or(0);
        self.truth.sell(SoldWork { slot, work: work.id, fee: bid.fee, own, rival: work.best_rival }, to_own_block);
        if bid.fee >= Nanomina::ONE_MINA {
            self.accounts.insert(bid.prover);
        }
        Some(Sale { work: work.id, fee: bid.fee, prover })
    }

    /// Gossips a proof; whether the pool took it.
    fn submit(&mut self, serial: Serial, bid: Bid) -> bool {
        let own = self.is_own(bid.prover);
        // `snark_pool.ml`: no exception for free work.
        if bid.fee < Nanomina::ONE_MINA && !self.accounts.contains(&bid.prover) {
            return false;
        }
        let synced = self.process.is_synced(bid.at);
        let Some(work) = self.pool.get_mut(serial) else { return false };
        if !own {
            work.best_rival = Some(work.best_rival.map_or(bid.fee, |best| best.min(bid.fee)));
        }
        if !work.offer(bid) {
            return false;
        }
        if synced {
            self.process.counters.fees_added.observe(bid.fee);
        } else {
            work.hidden = true;
        }
        true
    }

    fn take_works(&mut self, index: usize, now: Millis) {
        let Some(competitor) = self.competitors.get_mut(index) else { return };
        while let Some((serial, fee, takes)) = competitor.take(&mut self.pool, self.draws) {
            self.agenda.push(now + takes, Event::CompetitorProved { competitor: index, serial, fee });
        }
    }

    /// Tells every competitor of new works.
    fn announce(&mut self, new: std::ops::Range<Serial>) {
        for serial in new {
            let mut ranks = self.draws.at(Subject::Work, serial, 1);
            for competitor in &mut self.competitors {
                competitor.hear(ranks.bits(), serial);
            }
        }
        for competitor in &mut self.competitors {
            competitor.prune(&self.pool);
        }
    }

    /// Tells one competitor of all open works anew.
    fn relist(&mut self, index: usize) {
        let Some(competitor) = self.competitors.get_mut(index) else { return };
        competitor.forget();
        for serial in self.scan.open() {
            let mut ranks = self.draws.at(Subject::Work, serial, 1);
            for _ in 0..index {
                ranks.bits();
            }
            competitor.hear(ranks.bits(), serial);
        }
    }

    fn review(&mut self, index: usize, now: Millis) {
        let Some(competitor) = self.competitors.get_mut(index) else { return };
        if let Some(every) = competitor.review_every() {
            self.agenda.push(now + every, Event::CompetitorReviews(index));
        }
        if competitor.review(self.scan.open(), &self.pool, self.draws) {
            self.relist(index);
            self.take_works(index, now);
        }
    }

    fn enter_regime(&mut self, slot: i64, now: Millis) {
        let regime = self.scenario.regime_index(slot);
        if self.regime == Some(regime) {
            return;
        }
        self.regime = Some(regime);
        for index in 0..self.competitors.len() {
            let name = self.scenario.competitors.get(index).map_or("", |setup| &setup.name);
            let provers = self.scenario.regimes.get(regime).and_then(|regime| regime.provers.get(name)).copied();
            if let Some(competitor) = self.competitors.get_mut(index) {
                competitor.set_provers(provers.unwrap_or(0));
            }
            self.relist(index);
            self.take_works(index, now);
        }
    }

    fn own_asks(&mut self, prover: usize, life: u32, now: Millis) {
        let synced = self.process.is_synced(now);
        let open = self.scan.open().filter(|_| synced);
        if self.operator.ask((prover, life), now, (open, &self.pool), &mut self.agenda, self.draws) {
            self.process.counters.assigned += 1;
        }
    }

    fn restart(&mut self, now: Millis) {
        self.truth.own.lost += self.operator.end(now);
        let synced = self.process.restart(now);
        for work in self.pool.iter_mut() {
            work.hidden = true;
        }
        self.agenda.push(synced, Event::Synced { restart: self.process.restarts() });
        self.operator.start(now, &mut self.agenda, self.draws);
    }

    fn synced(&mut self, restart: u64, now: Millis) {
        if restart != self.process.restarts() {
            return;
        }
        for serial in self.scan.open() {
            let pause = self.draws.at(Subject::Refill, restart, serial).uniform() * REBROADCAST_SECONDS;
            self.agenda.push(now + millis(pause), Event::Refill { serial, restart });
        }
        self.operator.wake(now, &mut self.agenda, self.draws);
    }

    fn refill(&mut self, serial: Serial, restart: u64) {
        let current = restart == self.process.restarts();
        let Some(work) = self.pool.get_mut(serial).filter(|work| current && work.hidden && work.bought.is_none())
        else {
            return;
        };
        work.hidden = false;
        if let Some(bid) = work.standing() {
            self.process.counters.fees_added.observe(bid.fee);
        }
    }
}

fn slot_millis(scenario: &Scenario) -> Millis {
    Millis::from(scenario.chain.slot_seconds) * 1000
}

/// Slots in which so many blocks are to be expected, rounded up.
fn slots_for_blocks(blocks: f64, fill: f64) -> i64 {
    millis(blocks / fill / 1000.0)
}

#[cfg(test)]
mod tests;
