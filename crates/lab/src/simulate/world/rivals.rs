//! The network's pool takes proofs, and competitors take works.

use snarkfee_core::units::Nanomina;

use crate::simulate::{
    agenda::{Event, Millis},
    draws::Subject,
    pool::{Bid, Serial},
};

use super::World;

impl World {
    /// Gossips a proof; whether the pool took it.
    pub(super) fn submit(&mut self, serial: Serial, bid: Bid) -> bool {
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

    pub(super) fn take_works(&mut self, index: usize, now: Millis) {
        let Some(competitor) = self.competitors.get_mut(index) else { return };
        while let Some((serial, fee, takes)) = competitor.take(&mut self.pool, self.draws) {
            self.agenda
                .push(now + takes, Event::CompetitorProved { competitor: index, serial, fee });
        }
    }

    /// Tells every competitor of new works.
    pub(super) fn announce(&mut self, new: std::ops::Range<Serial>) {
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

    pub(super) fn review(&mut self, index: usize, now: Millis) {
        let Some(competitor) = self.competitors.get_mut(index) else { return };
        if let Some(every) = competitor.review_every() {
            self.agenda.push(now + every, Event::CompetitorReviews(index));
        }
        if competitor.review(self.scan.open(), &self.pool, self.draws) {
            self.relist(index);
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
            self.relist(index);
            self.take_works(index, now);
        }
    }
}
