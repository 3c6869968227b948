use snarkfee_core::units::WorkId;

use super::*;
use crate::market_sim::pool::{Bid, WorkNature};

const DRAWS: Draws = Draws::new(1);
const HOME: ProverId = ProverId(3);
const OTHER: ProverId = ProverId(4);

fn fee(nanomina: u64) -> Nanomina {
    Nanomina::try_new(nanomina).unwrap()
}

/// A pool of works with these standing fees, and a started operator of one prover that asks 100.
struct WorkerScene {
    pool: Pool,
    operator: OperatorWorker,
    queue: EventQueue,
}

impl WorkerScene {
    fn new(role: OperatorRole, standing: &[Option<u64>]) -> Self {
        Self::handed(HandOut::Bundles, role, standing)
    }

    fn handed(hand_out: HandOut, role: OperatorRole, standing: &[Option<u64>]) -> Self {
        let mut pool = Pool::default();
        for (id, price) in (0..).zip(standing) {
            let mut work = Work::new(WorkId::one(id), 1, WorkNature::PLAIN);
            if let Some(price) = price {
                work.accept_bid(Bid { fee: fee(*price), prover: HOME, at: 0 });
            }
            pool.add(work);
        }
        let setup = OperatorSetup {
            role,
            hand_out,
            provers: 1,
            fee_nanomina: fee(100),
            ..OperatorSetup::default()
        };
        let mut operator = OperatorWorker::new(setup, SeatId::FIRST, HOME);
        let mut queue = EventQueue::default();
        operator.start(0, &mut queue, DRAWS);
        Self { pool, operator, queue }
    }

    /// The next event before `end`.
    fn next(&mut self, end: Millis) -> Option<(Millis, Event)> {
        self.queue.pop_before(end)
    }

    fn ask(&mut self, prover: usize, life: u32, now: Millis) -> bool {
        let open = 0..self.pool.next_serial();
        self.operator.request_work((prover, life), now, (open, &self.pool), &mut self.queue, DRAWS)
    }

    /// Lets the only prover ask, as its next event says.
    fn first_ask(&mut self) -> (Millis, bool) {
        match self.next(Millis::MAX) {
            Some((now, Event::OwnAsks { prover, life, .. })) => (now, self.ask(prover, life, now)),
            other => panic!("{other:?}"),
        }
    }

    /// The work that a prover proves whole.
    fn job(&self, prover: usize) -> Option<Job> {
        match self.operator.provers[prover].task {
            Some(Task::Whole(job, _)) => Some(job),
            Some(Task::Part(_)) | None => None,
        }
    }

    /// Lets everything happen before `end`. Returns the works delivered, with the time; the pool
    /// takes them.
    fn run(&mut self, end: Millis) -> Vec<(Millis, ProvedWork)> {
        let mut works = Vec::new();
        while let Some((now, event)) = self.next(end) {
            match event {
                Event::OwnAsks { prover, life, .. } => drop(self.ask(prover, life, now)),
                Event::OwnProved { seat, prover, life } => {
                    let delivered = self.operator.finish_proof(prover, life, now);
                    if let Some(Delivery { work }) = delivered {
                        self.queue.push(now + 1, Event::OwnAsks { seat, prover, life });
                        if let Some(ProvedWork { job, .. }) = work {
                            let bid = Bid { fee: job.fee, prover: job.key, at: now };
                            self.pool.get_mut(job.serial).unwrap().accept_bid(bid);
                        }
                        works.extend(work.map(|work| (now, work)));
                    }
                }
                Event::ReservationEnds { serial, assignment, .. }
                    if self.operator.end_reservation(serial, assignment, now) =>
                {
                    self.operator.wake_idle(now, &mut self.queue, DRAWS);
                }
                _ => {}
            }
        }
        works
    }

    fn set_key(&mut self, key: Option<ProverId>, now: Millis) -> WorkerSwitch {
        self.operator.set_key(key, now, &mut self.queue, DRAWS)
    }
}

#[test]
fn works_without_a_proof_or_with_a_more_expensive_one_are_assigned_and_ties_are_not() {
    for (standing, given) in
        [(None, true), (Some(101), true), (Some(100), false), (Some(99), false)]
    {
        let mut scene = WorkerScene::new(OperatorRole::Worker, &[standing]);
        assert_eq!(scene.first_ask().1, given, "{standing:?}");
    }
}

#[test]
fn lowering_the_fee_makes_works_with_own_more_expensive_proofs_eligible_again() {
    let mut scene = WorkerScene::new(OperatorRole::Worker, &[Some(100)]);
    let (now, given) = scene.first_ask();
    assert!(!given);
    scene.operator.set_fee(fee(50), now, &mut scene.queue, DRAWS);
    let (later, given) = scene.first_ask();
    assert!(given && later > now);
}

#[test]
fn key_and_fee_are_fixed_when_a_work_is_assigned() {
    let mut scene = WorkerScene::new(OperatorRole::Worker, &[None]);
    let (now, _) = scene.first_ask();
    scene.operator.set_fee(fee(7), now, &mut scene.queue, DRAWS);
    assert_eq!(
        scene.set_key(Some(OTHER), now),
        WorkerSwitch { toggled: false, too_fast: false, lost: 0 }
    );
    let Some((done, Event::OwnProved { prover, life, .. })) = scene.next(Millis::MAX) else {
        panic!()
    };
    let job = scene.operator.finish_proof(prover, life, done).unwrap().work.unwrap().job;
    assert_eq!((job.key, job.fee), (HOME, fee(100)));
    assert!(!scene.operator.end_reservation(job.serial, 0, done), "a result ends the reservation");
    assert_eq!(scene.operator.busy(done).as_millis(), u128::try_from(done - now).unwrap());
    assert_eq!(scene.operator.shown(), Some(OTHER));
}

#[test]
fn a_work_is_not_assigned_twice_while_it_is_reserved() {
    let mut scene = WorkerScene::new(OperatorRole::Coordinator, &[None]);
    let (now, given) = scene.first_ask();
    assert!(given);
    scene.set_key(Some(OTHER), now);
    let life = scene.operator.provers[1].life;
    assert!(!scene.ask(1, life, now + 20_000), "the local prover finds nothing else");
    assert!(scene.operator.end_reservation(0, 0, now));
    assert!(scene.ask(1, life, now + REASSIGNMENT_WAIT));
    assert!(!scene.operator.end_reservation(0, 0, now), "that assignment was replaced");
}

#[test]
fn switching_off_loses_the_proof_at_once_and_keeps_its_work_reserved() {
    let mut scene = WorkerScene::new(OperatorRole::Worker, &[None]);
    let (now, _) = scene.first_ask();
    assert_eq!(
        scene.set_key(None, now + 5000),
        WorkerSwitch { toggled: true, too_fast: false, lost: 1 }
    );
    assert_eq!((scene.job(0), scene.operator.shown()), (None, None));
    assert_eq!(scene.operator.busy(now + 99_000).as_millis(), 5000);
    scene.set_key(Some(HOME), now + 6000);
    let (mut assigned, mut freed) = (None, None);
    while let Some((at, event)) = scene.next(now + REASSIGNMENT_WAIT + 60_000) {
        match event {
            Event::OwnAsks { prover, life, .. } if scene.ask(prover, life, at) => {
                assigned = assigned.or(Some(at))
            }
            Event::OwnProved { prover, life, .. } => {
                assert!(
                    freed.is_some() || scene.operator.finish_proof(prover, life, at).is_none(),
                    "the killed prover delivers"
                );
            }
            Event::ReservationEnds { serial, assignment, .. }
                if scene.operator.end_reservation(serial, assignment, at) =>
            {
                freed = freed.or(Some(at));
                scene.operator.wake_idle(at, &mut scene.queue, DRAWS);
            }
            _ => {}
        }
    }
    assert_eq!(freed, Some(now + REASSIGNMENT_WAIT + 1));
    assert!(assigned >= freed && assigned.is_some());
}

#[test]
fn a_stop_before_the_signal_handler_is_installed_is_reported() {
    let mut scene = WorkerScene::new(OperatorRole::Worker, &[None]);
    assert!(scene.set_key(None, 1000).too_fast);
    scene.set_key(Some(HOME), 2000);
    assert!(!scene.set_key(None, 2000 + 8000).too_fast);
}

#[test]
fn a_coordinator_works_without_a_key_and_a_key_adds_a_local_prover() {
    let mut scene = WorkerScene::new(OperatorRole::Coordinator, &[None, None]);
    assert_eq!(scene.operator.shown(), None);
    assert!(scene.first_ask().1);
    assert_eq!(scene.job(0).unwrap().key, HOME);
    assert!(!scene.set_key(None, 20_000).toggled);
    assert!(scene.job(0).is_some());
    scene.set_key(Some(OTHER), 21_000);
    let life = scene.operator.provers[1].life;
    assert!(scene.ask(1, life, 40_000));
    assert_eq!(scene.job(1).unwrap().key, OTHER);
    assert_eq!(scene.set_key(None, 41_000).lost, 1, "only the local prover ends");
    assert!(scene.job(0).is_some());
}

#[test]
fn with_the_partitioner_what_is_inside_is_finished_at_the_old_fee_and_for_the_old_key() {
    let mut scene = WorkerScene::handed(HandOut::Pieces, OperatorRole::Worker, &[None, None, None]);
    let (now, _) = scene.first_ask();
    scene.operator.set_fee(fee(7), now, &mut scene.queue, DRAWS);
    scene.set_key(Some(OTHER), now);
    let works = scene.run(now + 400_000);
    let bound: Vec<_> = works.iter().map(|(_, work)| (work.job.key, work.job.fee.get())).collect();
    assert_eq!(bound, [(HOME, 100), (OTHER, 7), (OTHER, 7), (OTHER, 7)], "the first one again");
    // Two pieces of half a work each.
    let spent: Millis = works[0].1.jobs.iter().map(|(_, spent)| spent).sum();
    assert!((40_000..90_000).contains(&spent), "{spent}");
}

#[test]
fn a_piece_lost_by_switching_off_is_proved_again_as_it_was_once_the_wait_is_over() {
    let mut scene = WorkerScene::handed(HandOut::Pieces, OperatorRole::Worker, &[None]);
    let (now, _) = scene.first_ask();
    assert_eq!(scene.set_key(None, now + 9000).lost, 1);
    assert_eq!(scene.run(now + 60_000), []);
    scene.operator.set_fee(fee(7), now + 60_000, &mut scene.queue, DRAWS);
    scene.set_key(Some(OTHER), now + 60_000);
    let works = scene.run(now + 2 * REASSIGNMENT_WAIT);
    let [(done, first), (_, again)] = works.as_slice() else { panic!("{works:?}") };
    assert!(*done > now + REASSIGNMENT_WAIT);
    let bound = |work: &ProvedWork| (work.job.key, work.job.fee.get());
    assert_eq!([bound(first), bound(again)], [(HOME, 100), (OTHER, 7)]);
}
