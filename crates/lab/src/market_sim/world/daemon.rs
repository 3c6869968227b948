//! Operators' daemons assign work; the first one restarts, and hears of the network's proofs again.

use super::World;
use crate::market_sim::{
    draws::Subject,
    event_queue::Event,
    operator::Delivery,
    partitioner::ProvedWork,
    pool::{Bid, Serial},
    seat_id::SeatId,
    time::{Millis, millis},
};

/// Time within which a restarted daemon hears of all standing proofs again. Nodes gossip their own
/// proofs every ten minutes.
const REBROADCAST_SECONDS: f64 = 600.0;

impl World {
    pub(super) fn assign_work(&mut self, id: SeatId, prover: usize, life: u32, now: Millis) {
        let seat = self.seats.get_mut(id);
        let synced = seat.process.is_synced(now);
        let open = self.scan.open_works().filter(|_| synced);
        if seat.worker.request_work(
            (prover, life),
            now,
            (open, &self.pool),
            &mut self.queue,
            self.draws,
        ) {
            seat.process.counters.assigned += 1;
        }
    }

    /// Takes a proof from an own worker. The daemon counts it before it looks at it.
    pub(super) fn take_delivery(&mut self, id: SeatId, delivery: Delivery, now: Millis) {
        let seat = self.seats.get_mut(id);
        seat.process.counters.completed += 1;
        let Some(ProvedWork { job, jobs }) = delivery.work else {
            // It may be what a merge waited for.
            seat.worker.wake_idle(now, &mut self.queue, self.draws);
            return;
        };
        for (kind, spent) in jobs {
            seat.process.counters.proved.add(kind, spent);
        }
        self.truth.totals_mut(id).made += 1;
        let bid = Bid { fee: job.fee, prover: job.key, at: now };
        let accepted = self.submit_proof(job.serial, bid);
        self.truth.totals_mut(id).accepted += u64::from(accepted);
    }

    pub(super) fn restart(&mut self, now: Millis) {
        let seat = self.seats.first_mut();
        self.truth.own.lost += seat.worker.stop(now);
        let synced = seat.process.restart(now);
        for work in self.pool.iter_mut() {
            work.hidden = true;
        }
        self.queue.push(synced, Event::Synced { restart: seat.process.restarts() });
        seat.worker.start(now, &mut self.queue, self.draws);
    }

    pub(super) fn finish_sync(&mut self, restart: u64, now: Millis) {
        if restart != self.seats.first().process.restarts() {
            return;
        }
        for serial in self.scan.open_works() {
            let pause = self.draws.draw_for(Subject::Refill, restart, serial).uniform()
                * REBROADCAST_SECONDS;
            self.queue.push(now + millis(pause), Event::Refill { serial, restart });
        }
        self.seats.first_mut().worker.wake_idle(now, &mut self.queue, self.draws);
    }

    pub(super) fn refill(&mut self, serial: Serial, restart: u64) {
        let process = &mut self.seats.first_mut().process;
        let current = restart == process.restarts();
        let Some(work) = self
            .pool
            .get_mut(serial)
            .filter(|work| current && work.hidden && work.bought.is_none())
        else {
            return;
        };
        work.hidden = false;
        if let Some(bid) = work.standing() {
            process.counters.fees_added.observe(bid.fee);
        }
    }
}
