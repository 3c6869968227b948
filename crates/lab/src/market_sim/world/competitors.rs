//! Proofs reach the network's pool, and competitors take works.

use snarkfee_core::units::Nanomina;

use super::World;
use crate::market_sim::{
    draws::Subject,
    event_queue::Event,
    keyring::KeyOwner,
    names,
    pool::{Bid, Serial},
    seat_id::SeatId,
    time::Millis,
};

impl World {
    /// Gossips a proof. True when the pool accepted it.
    pub(super) fn submit_proof(&mut self, serial: Serial, bid: Bid) -> bool {
        let seller = self.keyring.operator(bid.prover);
        // `snark_pool.ml` makes no exception for free work.
        if bid.fee < Nanomina::ONE_MINA && !self.accounts.contains(&bid.prover) {
            return false;
        }
        let synced = self.seats.first().process.is_synced(bid.at);
        let Some(work) = self.pool.get_mut(serial) else { return false };
        if seller != Some(SeatId::FIRST) {
            work.best_rival = Some(work.best_rival.map_or(bid.fee, |best| best.min(bid.fee)));
        }
        if !work.accept_bid(bid) {
            return false;
        }
        work.hidden = !synced;
        for seat in self.seats.iter_mut().filter(|seat| seat.process.is_synced(bid.at)) {
            seat.process.counters.fees_added.observe(bid.fee);
        }
        true
    }

    pub(super) fn take_works(&mut self, index: usize, now: Millis) {
        let Some(competitor) = self.competitors.get_mut(index) else { return };
        while let Some((serial, fee, takes)) = competitor.take_work(&mut self.pool, self.draws) {
            let life = competitor.life();
            let proved = Event::CompetitorProved { competitor: index, life, serial, fee };
            self.queue.push(now + takes, proved);
        }
    }

    /// Announces new works to every competitor.
    pub(super) fn announce_works(&mut self, new: std::ops::Range<Serial>) {
        for serial in new {
            let mut ranks = self.draws.draw_for(Subject::Work, serial, 1);
            let place = self.pool.get(serial).map_or(serial, |work| work.nature.place);
            for competitor in &mut self.competitors {
                competitor.add_candidate(ranks.bits(), place, serial);
            }
        }
        for competitor in &mut self.competitors {
            competitor.prune_candidates(&self.pool);
        }
    }

    /// Replaces the candidates of one competitor by all open works.
    fn relist_works(&mut self, index: usize) {
        let Some(competitor) = self.competitors.get_mut(index) else { return };
        competitor.clear_candidates();
        for serial in self.scan.open_works() {
            let mut ranks = self.draws.draw_for(Subject::Work, serial, 1);
            for _ in 0..index {
                ranks.bits();
            }
            let place = self.pool.get(serial).map_or(serial, |work| work.nature.place);
            competitor.add_candidate(ranks.bits(), place, serial);
        }
    }

    /// A competitor's proof is finished.
    pub(super) fn finish_competitors_proof(
        &mut self,
        (index, life): (usize, u32),
        (serial, fee): (Serial, Nanomina),
        now: Millis,
    ) {
        let Some(competitor) = self.competitors.get_mut(index) else { return };
        let (prover, counts) =
            (competitor.prover(), competitor.finish_proof(serial, life, &mut self.pool));
        if counts {
            if let Some(number) = competitor.due_key() {
                let name = self.scenario.competitors.get(index).map_or("", |setup| &setup.name);
                let key = names::public_key(&format!("{name}, newcomer {number}"));
                let next = self.keyring.add(key, KeyOwner::Competitor(index));
                self.accounts.insert(next);
                competitor.set_prover(next);
            }
            self.submit_proof(serial, Bid { fee, prover, at: now });
        }
        self.take_works(index, now);
    }

    /// Schedules the next failure of a competitor, if it ever fails.
    pub(super) fn schedule_failure(&mut self, index: usize, now: Millis) {
        let time = self.competitors.get(index).and_then(|one| one.time_to_failure(self.draws));
        if let Some(time) = time {
            self.queue.push(now + time, Event::CompetitorFails(index));
        }
    }

    pub(super) fn fail_competitor(&mut self, index: usize, now: Millis) {
        let Some(competitor) = self.competitors.get_mut(index) else { return };
        let down = competitor.fail(self.draws);
        self.queue.push(now + down, Event::CompetitorReturns(index));
    }

    pub(super) fn return_competitor(&mut self, index: usize, now: Millis) {
        let Some(competitor) = self.competitors.get_mut(index) else { return };
        competitor.return_to_work();
        self.schedule_failure(index, now);
        self.relist_works(index);
        self.take_works(index, now);
    }

    pub(super) fn review_fee(&mut self, index: usize, now: Millis) {
        let Some(competitor) = self.competitors.get_mut(index) else { return };
        if let Some(interval) = competitor.review_interval() {
            self.queue.push(now + interval, Event::CompetitorReviews(index));
        }
        if competitor.review_fee(self.scan.open_works(), &self.pool, self.draws) {
            self.relist_works(index);
            self.take_works(index, now);
        }
    }

    pub(super) fn enter_regime(&mut self, slot: i64, now: Millis) {
        let regime = self.scenario.regime_index(slot);
        if self.regime == Some(regime) {
            return;
        }
        self.regime = Some(regime);
        for index in 0..self.competitors.len() {
            let name = self.scenario.competitors.get(index).map_or("", |setup| &setup.name);
            let provers = self
                .scenario
                .regimes
                .get(regime)
                .and_then(|regime| regime.provers.get(name))
                .copied();
            if let Some(competitor) = self.competitors.get_mut(index) {
                competitor.set_provers(provers.unwrap_or(0));
            }
            self.relist_works(index);
            self.take_works(index, now);
        }
    }
}
