//! Slots and blocks.

use snarkfee_core::{
    market::{Block, Sale},
    units::Nanomina,
};

use super::World;
use crate::market_sim::{
    draws::{Draws, Subject},
    event_queue::Event,
    names,
    pool::{Bid, FRONTIER, JobKind, Serial, Work, WorkNature},
    producer::{Producer, ProposedBlock},
    scan_state::NewWork,
    scenario::TransactionSetup,
    seat_id::SeatId,
    time::{Millis, millis},
    truth::SoldWork,
};

impl World {
    pub(super) fn begin_slot(&mut self, slot: i64, now: Millis) {
        self.queue.push(now + self.slot_millis(), Event::Slot(slot + 1));
        self.truth.slots += 1;
        self.mempool.add_arrivals(slot, &self.scenario.transactions, self.draws);
        self.enter_regime(slot, now);
        if u32::try_from(slot).is_ok_and(|slot| self.scenario.restarts.binary_search(&slot).is_ok())
        {
            self.restart(now);
        }
        if u32::try_from(slot).is_ok_and(|slot| self.scenario.resets.binary_search(&slot).is_ok()) {
            self.seats.first_mut().worker.reset_to_flags(now, &mut self.queue, self.draws);
        }
        let mut draw = self.draws.draw_for_slot(Subject::Block, slot);
        let filled = draw.happens(self.scenario.chain.fill);
        let arrives = now
            + millis((0.15 + 0.35 * draw.uniform()) * f64::from(self.scenario.chain.slot_seconds));
        let own = self.produces_block(slot, now);
        if filled || own {
            let plan = self.producer(slot, now, own).plan_block();
            self.proposed = Some(ProposedBlock { plan, slot, own });
            self.queue.push(arrives, Event::BlockArrives);
        }
    }

    /// Whether the operator's daemon produces the block of a slot that begins now.
    fn produces_block(&mut self, slot: i64, now: Millis) -> bool {
        if !self.wins_slot(slot) || !self.seats.first().process.is_synced(now) {
            return false;
        }
        let missed = self
            .scenario
            .operator
            .blocks
            .as_ref()
            .map_or(0.0, |blocks| blocks.missed_while_proving);
        let mut draw = self.draws.draw_for(Subject::OwnSlot, slot.cast_unsigned(), 1);
        if self.seats.first().worker.is_proving() && draw.happens(missed) {
            self.truth.own.blocks_missed += 1;
            return false;
        }
        true
    }

    /// Whether the operator's daemon has the right to produce the block of a slot of the run.
    pub(crate) fn wins_slot(&self, slot: i64) -> bool {
        let share = self.scenario.operator.blocks.as_ref().map_or(0.0, |blocks| blocks.share);
        slot >= 0 && share > 0.0 && self.draws.draw_for_slot(Subject::OwnSlot, slot).happens(share)
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
            own: own.then(|| self.seats.first().worker.home()),
        }
    }

    /// Adds the proposed block to the chain.
    pub(super) fn add_proposed_block(&mut self, now: Millis) {
        let Some(ProposedBlock { plan, slot, own }) = self.proposed.take() else { return };
        self.height += 1;
        self.mempool.remove_included(plan.commands);
        let works: Vec<Sale> = plan
            .sold
            .iter()
            .filter_map(|(serial, bid)| self.sell_work(*serial, *bid, slot, own))
            .collect();
        let first_new = self.pool.next_serial();
        for (slots, bought) in &plan.parts {
            self.truth.transaction_slots += u64::from(*slots);
            let (pool, draws, height) = (&mut self.pool, self.draws, self.height);
            let transactions = &self.scenario.transactions;
            self.scan.apply_block(*slots, *bought, |new| {
                let serial = pool.next_serial();
                let nature = draw_nature(transactions, draws, serial, new);
                pool.add(Work::new(names::work_id(draws, serial, 2), height, nature))
            });
        }
        self.truth.blocks += 1;
        self.truth.buying_blocks += u64::from(!works.is_empty());
        self.truth.coverage.record_block(plan.held_up, plan.wanted);
        let first = self.seats.first_mut();
        self.truth.own.blocks += u64::from(own);
        first.process.counters.blocks_produced += u64::from(own);
        let paid = works.iter().fold(Nanomina::ZERO, |sum, sale| sum.saturating_add(sale.fee));
        for counters in self.seats.iter_mut().map(|seat| &mut seat.process.counters) {
            counters.purchased_in_last_block = works.len() as u64;
            counters.snark_fees_in_last_block = paid.get();
            counters.transaction_fees_in_last_block = plan.command_fees;
        }
        if self.chain.len() == FRONTIER as usize {
            self.chain.pop_front();
        }
        let at = self.timestamp(slot * self.slot_millis());
        let state_hash = names::state_hash(self.draws, self.height);
        let block =
            Block { height: self.height, state_hash: state_hash.into(), at, works: works.into() };
        self.chain.push_back(block.into());
        self.pool.remove_unreferenced(self.height);
        self.announce_works(first_new..self.pool.next_serial());
        for index in 0..self.competitors.len() {
            self.take_works(index, now);
        }
        for seat in self.seats.iter_mut() {
            seat.worker.wake_idle(now, &mut self.queue, self.draws);
        }
    }

    fn sell_work(
        &mut self,
        serial: Serial,
        bid: Bid,
        slot: i64,
        to_own_block: bool,
    ) -> Option<Sale> {
        let seller = self.keyring.operator(bid.prover);
        let prover = self.key(bid.prover)?.clone();
        let work = self.pool.get_mut(serial)?;
        work.bought = Some(self.height);
        let slot = u64::try_from(slot).unwrap_or(0);
        let own = seller == Some(SeatId::FIRST);
        let (work, rival) = (work.id, work.best_rival);
        self.truth.record_sale(SoldWork { slot, work, fee: bid.fee, own, rival });
        if let Some(seller) = seller {
            self.truth.totals_mut(seller).add_sale(bid.fee, own && to_own_block);
        }
        if bid.fee >= Nanomina::ONE_MINA {
            self.accounts.insert(bid.prover);
        }
        Some(Sale { work, fee: bid.fee, prover })
    }
}

/// Which jobs a work has, and how slow they are.
fn draw_nature(
    transactions: &TransactionSetup,
    draws: Draws,
    serial: Serial,
    new: NewWork,
) -> WorkNature {
    let slow = draws.draw_for(Subject::Work, serial, 0).happens(transactions.slow_share);
    let slowness = if slow { transactions.slow_factor } else { 1.0 };
    let mut zkapps = draws.draw_for(Subject::Work, serial, 2);
    let [fewest, most] = transactions.zkapp_segments;
    let mut job = || {
        let zkapp = zkapps.happens(transactions.zkapp_share);
        let more = zkapps.below(most.saturating_sub(fewest) as usize + 1);
        if zkapp {
            JobKind::ZkappBase { segments: fewest + u32::try_from(more).unwrap_or(0) }
        } else {
            JobKind::Base
        }
    };
    let jobs = if new.base { [job(), job()] } else { [JobKind::Merge; 2] };
    WorkNature { jobs, slowness, place: new.place }
}
