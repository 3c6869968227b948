//! The operator's daemon hands out work, restarts, and hears of the network's proofs again.

use crate::simulate::{
    agenda::{Event, Millis},
    draws::{Subject, millis},
    pool::Serial,
};

use super::World;

/// A restarted daemon hears of the standing proofs again within so long: everybody gossips his own
/// every ten minutes.
const REBROADCAST_SECONDS: f64 = 600.0;

impl World {
    pub(super) fn own_asks(&mut self, prover: usize, life: u32, now: Millis) {
        let synced = self.process.is_synced(now);
        let open = self.scan.open().filter(|_| synced);
        if self.operator.ask((prover, life), now, (open, &self.pool), &mut self.agenda, self.draws)
        {
            self.process.counters.assigned += 1;
        }
    }

    pub(super) fn restart(&mut self, now: Millis) {
        self.truth.own.lost += self.operator.end(now);
        let synced = self.process.restart(now);
        for work in self.pool.iter_mut() {
            work.hidden = true;
        }
        self.agenda.push(synced, Event::Synced { restart: self.process.restarts() });
        self.operator.start(now, &mut self.agenda, self.draws);
    }

    pub(super) fn synced(&mut self, restart: u64, now: Millis) {
        if restart != self.process.restarts() {
            return;
        }
        for serial in self.scan.open() {
            let pause =
                self.draws.at(Subject::Refill, restart, serial).uniform() * REBROADCAST_SECONDS;
            self.agenda.push(now + millis(pause), Event::Refill { serial, restart });
        }
        self.operator.wake(now, &mut self.agenda, self.draws);
    }

    pub(super) fn refill(&mut self, serial: Serial, restart: u64) {
        let current = restart == self.process.restarts();
        let Some(work) = self
            .pool
            .get_mut(serial)
            .filter(|work| current && work.hidden && work.bought.is_none())
        else {
            return;
        };
        work.hidden = false;
        if let Some(bid) = work.standing() {
            self.process.counters.fees_added.observe(bid.fee);
        }
    }
}
