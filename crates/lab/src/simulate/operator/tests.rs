use snarkfee_core::units::WorkId;

use super::*;
use crate::simulate::pool::{Bid, Work};

const DRAWS: Draws = Draws::new(1);
const HOME: ProverId = ProverId(3);
const OTHER: ProverId = ProverId(4);

fn fee(nanomina: u64) -> Nanomina {
    Nanomina::try_new(nanomina).unwrap()
}

/// A pool of works with these standing fees, and a started operator of one prover that asks 100.
struct Bench {
    pool: Pool,
    operator: Operator,
    agenda: Agenda,
}

impl Bench {
    fn new(role: Role, standing: &[Option<u64>]) -> Self {
        let mut pool = Pool::default();
        for (id, price) in (0..).zip(standing) {
            let mut work = Work::new(WorkId::one(id), 1, 1.0);
            if let Some(price) = price {
                work.offer(Bid { fee: fee(*price), prover: HOME, at: 0 });
            }
            pool.add(work);
        }
        let setup =
            OperatorSetup { role, provers: 1, fee_nanomina: fee(100), ..OperatorSetup::default() };
        let mut operator = Operator::new(setup, HOME);
        let mut agenda = Agenda::default();
        operator.start(0, &mut agenda, DRAWS);
        Self { pool, operator, agenda }
    }

    /// The next event before `end`.
    fn next(&mut self, end: Millis) -> Option<(Millis, Event)> {
        self.agenda.pop_before(end)
    }

    fn ask(&mut self, prover: usize, life: u32, now: Millis) -> bool {
        let open = 0..self.pool.next_serial();
        self.operator.ask((prover, life), now, (open, &self.pool), &mut self.agenda, DRAWS)
    }

    /// Lets the only prover ask, as its next event says.
    fn first_ask(&mut self) -> (Millis, bool) {
        match self.next(Millis::MAX) {
            Some((now, Event::OwnAsks { prover, life })) => (now, self.ask(prover, life, now)),
            other => panic!("{other:?}"),
        }
    }

    fn job(&self) -> Option<Job> {
        self.operator.provers[0].job
    }

    fn set_key(&mut self, key: Option<ProverId>, now: Millis) -> Switched {
        self.operator.set_key(key, now, &mut self.agenda, DRAWS)
    }
}

#[test]
fn works_without_a_proof_and_dearer_ones_are_handed_out_ties_and_cheaper_ones_are_not() {
    for (standing, given) in
        [(None, true), (Some(101), true), (Some(100), false), (Some(99), false)]
    {
        let mut bench = Bench::new(Role::Worker, &[standing]);
        assert_eq!(bench.first_ask().1, given, "{standing:?}");
    }
}

#[test]
fn lowering_the_fee_makes_own_dearer_proofs_eligible_again() {
    let mut bench = Bench::new(Role::Worker, &[Some(100)]);
    let (now, given) = bench.first_ask();
    assert!(!given);
    bench.operator.set_fee(fee(50), now, &mut bench.agenda, DRAWS);
    let (later, given) = bench.first_ask();
    assert!(given && later > now);
}

#[test]
fn key_and_fee_are_fixed_when_a_work_is_handed_out() {
    let mut bench = Bench::new(Role::Worker, &[None]);
    let (now, _) = bench.first_ask();
    bench.operator.set_fee(fee(7), now, &mut bench.agenda, DRAWS);
    assert_eq!(
        bench.set_key(Some(OTHER), now),
        Switched { toggled: false, too_fast: false, lost: 0 }
    );
    let Some((done, Event::OwnProved { prover, life })) = bench.next(Millis::MAX) else { panic!() };
    let job = bench.operator.deliver(prover, life, done).unwrap();
    assert_eq!((job.key, job.fee), (HOME, fee(100)));
    assert!(!bench.operator.expire(job.serial, 0), "a result ends the reservation");
    assert_eq!(bench.operator.busy(done).as_millis(), u128::try_from(done - now).unwrap());
    assert_eq!(bench.operator.shown(), Some(OTHER));
}

#[test]
fn a_work_is_not_handed_out_twice_while_it_is_reserved() {
    let mut bench = Bench::new(Role::Coordinator, &[None]);
    let (now, given) = bench.first_ask();
    assert!(given);
    bench.set_key(Some(OTHER), now);
    let life = bench.operator.provers[1].life;
    assert!(!bench.ask(1, life, now + 20_000), "the local prover finds nothing else");
    assert!(bench.operator.expire(0, 0));
    assert!(bench.ask(1, life, now + REASSIGNMENT_WAIT));
    assert!(!bench.operator.expire(0, 0), "that assignment was replaced");
}

#[test]
fn switching_off_loses_the_proof_at_once_and_keeps_its_work_reserved() {
    let mut bench = Bench::new(Role::Worker, &[None]);
    let (now, _) = bench.first_ask();
    assert_eq!(
        bench.set_key(None, now + 5000),
        Switched { toggled: true, too_fast: false, lost: 1 }
    );
    assert_eq!((bench.job(), bench.operator.shown()), (None, None));
    assert_eq!(bench.operator.busy(now + 99_000).as_millis(), 5000);
    bench.set_key(Some(HOME), now + 6000);
    let (mut handed, mut freed) = (None, None);
    while let Some((at, event)) = bench.next(now + REASSIGNMENT_WAIT + 60_000) {
        match event {
            Event::OwnAsks { prover, life } if bench.ask(prover, life, at) => {
                handed = handed.or(Some(at))
            }
            Event::OwnProved { prover, life } => {
                assert!(
                    freed.is_some() || bench.operator.deliver(prover, life, at).is_none(),
                    "the killed prover delivers"
                );
            }
            Event::ReservationEnds { serial, assignment }
                if bench.operator.expire(serial, assignment) =>
            {
                freed = freed.or(Some(at));
                bench.operator.wake(at, &mut bench.agenda, DRAWS);
            }
            _ => {}
        }
    }
    assert_eq!(freed, Some(now + REASSIGNMENT_WAIT));
    assert!(handed >= freed && handed.is_some());
}

#[test]
fn a_stop_before_the_signal_handler_stands_is_told() {
    let mut bench = Bench::new(Role::Worker, &[None]);
    assert!(bench.set_key(None, 1000).too_fast);
    bench.set_key(Some(HOME), 2000);
    assert!(!bench.set_key(None, 2000 + 8000).too_fast);
}

#[test]
fn a_coordinator_works_without_a_key_and_a_key_adds_a_local_prover() {
    let mut bench = Bench::new(Role::Coordinator, &[None, None]);
    assert_eq!(bench.operator.shown(), None);
    assert!(bench.first_ask().1);
    assert_eq!(bench.job().unwrap().key, HOME);
    assert!(!bench.set_key(None, 20_000).toggled);
    assert!(bench.job().is_some());
    bench.set_key(Some(OTHER), 21_000);
    let life = bench.operator.provers[1].life;
    assert!(bench.ask(1, life, 40_000));
    assert_eq!(bench.operator.provers[1].job.unwrap().key, OTHER);
    assert_eq!(bench.set_key(None, 41_000).lost, 1, "only the local prover ends");
    assert!(bench.job().is_some());
}
