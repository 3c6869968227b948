//! The operator's daemon assigns work, restarts, and hears of the network's proofs again.

use super::World;
use crate::market_sim::{
    draws::Subject,
    event_queue::Event,
    operator::Delivery,
    partitioner::ProvedWork,
    pool::{Bid, Serial},
    time::{Millis, millis},
};

/// Time within which a restarted daemon hears of all standing proofs again. Nodes gossip their own
/// proofs every ten minutes.
const REBROADCAST_SECONDS: f64 = 600.0;

impl World {
    pub(super) fn assign_work(&mut self, prover: usize, life: u32, now: Millis) {
        let synced = self.process.is_synced(now);
        let open = self.scan.open_works().filter(|_| synced);
        if self.operator.request_work(
            (prover, life),
            now,
            (open, &self.pool),
            &mut self.queue,
            self.draws,
        ) {
            self.process.counters.assigned += 1;
        }
    }

    /// Takes a proof from an own worker. The daemon counts it before it looks at it.
    pub(super) fn take_delivery(&mut self, delivery: Delivery, now: Millis) {
        self.process.counters.completed += 1;
        let Some(ProvedWork { job, jobs }) = delivery.work else {
            // It may be what a merge waited for.
            self.operator.wake_idle(now, &mut self.queue, self.draws);
            return;
        };
        for (kind, spent) in jobs {
            self.process.counters.proved.add(kind, spent);
        }
        self.truth.own.made += 1;
        let bid = Bid { fee: job.fee, prover: job.key, at: now };
        self.truth.own.accepted += u64::from(self.submit_proof(job.serial, bid));
    }

    pub(super) fn restart(&mut self, now: Millis) {
        self.truth.own.lost += self.operator.stop(now);
        let synced = self.process.restart(now);
        for work in self.pool.iter_mut() {
            work.hidden = true;
        }
        self.queue.push(synced, Event::Synced { restart: self.process.restarts() });
        self.operator.start(now, &mut self.queue, self.draws);
    }

    pub(super) fn finish_sync(&mut self, restart: u64, now: Millis) {
        if restart != self.process.restarts() {
            return;
        }
        for serial in self.scan.open_works() {
            let pause = self.draws.draw_for(Subject::Refill, restart, serial).uniform()
                * REBROADCAST_SECONDS;
            self.queue.push(now + millis(pause), Event::Refill { serial, restart });
        }
        self.operator.wake_idle(now, &mut self.queue, self.draws);
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
