//! Slots begin, blocks arrive.

use snarkfee_core::{
    market::{Block, Sale},
    units::Nanomina,
};

use crate::simulate::{
    agenda::{Event, Millis},
    draws::{Subject, millis},
    names,
    pool::{Bid, FRONTIER, Serial, Work},
    producer::{Plan, Producer},
    truth::SoldWork,
};

use super::World;

/// A block decided on and not yet heard of.
#[derive(Debug)]
pub(super) struct Proposed {
    plan: Plan,
    slot: i64,
    own: bool,
}

impl World {
    pub(super) fn begin_slot(&mut self, slot: i64, now: Millis) {
        self.agenda.push(now + self.slot_millis(), Event::Slot(slot + 1));
        self.truth.slots += 1;
        self.mempool.arrive(slot, &self.scenario.transactions, self.draws);
        self.enter_regime(slot, now);
        if u32::try_from(slot).is_ok_and(|slot| self.scenario.restarts.binary_search(&slot).is_ok())
        {
            self.restart(now);
        }
        if u32::try_from(slot).is_ok_and(|slot| self.scenario.resets.binary_search(&slot).is_ok()) {
            self.operator.reset(now, &mut self.agenda, self.draws);
        }
        let mut draw = self.draws.at_slot(Subject::Block, slot);
        let filled = draw.happens(self.scenario.chain.fill);
        let arrives = now
            + millis((0.15 + 0.35 * draw.uniform()) * f64::from(self.scenario.chain.slot_seconds));
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
        let missed = self
            .scenario
            .operator
            .blocks
            .as_ref()
            .map_or(0.0, |blocks| blocks.missed_while_proving);
        let mut draw = self.draws.at(Subject::OwnSlot, slot.cast_unsigned(), 1);
        if self.operator.proving() && draw.happens(missed) {
            self.truth.own.blocks_missed += 1;
            return false;
        }
        true
    }

    /// Whether the operator's daemon holds the right to a slot of the run.
    pub(in crate::simulate) fn wins(&self, slot: i64) -> bool {
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

    pub(super) fn block_arrives(&mut self, now: Millis) {
        let Some(Proposed { plan, slot, own }) = self.planned.take() else { return };
        self.height += 1;
        self.mempool.include(plan.commands);
        let works: Vec<Sale> = plan
            .sold
            .iter()
            .filter_map(|(serial, bid)| self.sell(*serial, *bid, slot, own))
            .collect();
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
        let block =
            Block { height: self.height, state_hash: state_hash.into(), at, works: works.into() };
        self.chain.push_back(block.into());
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
        self.truth.sell(
            SoldWork { slot, work: work.id, fee: bid.fee, own, rival: work.best_rival },
            to_own_block,
        );
        if bid.fee >= Nanomina::ONE_MINA {
            self.accounts.insert(bid.prover);
        }
        Some(Sale { work: work.id, fee: bid.fee, prover })
    }
}
