//! The network's snark pool: for every work the cheapest proof, and more expensive ones that
//! producers who have not heard of it may still use.
//!
//! Rules of Mina `snark_pool.ml` (3.0.3): only a strictly lower fee replaces the standing proof, so
//! ties go to the first. An entry stays while any block of the frontier has its work outstanding,
//! so bought works stay for long.

use std::collections::VecDeque;

use snarkfee_core::units::{Nanomina, WorkId};

use super::{seat_id::SeatId, time::Millis};

/// The number of a work in order of appearance.
pub(super) type Serial = u64;

/// Blocks of the frontier (`k` of mainnet).
pub(super) const FRONTIER: u32 = 290;

/// A prover key, as its place in the run's keyring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ProverId(pub(super) u32);

/// A proof that is or was in the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bid {
    pub(super) fee: Nanomina,
    pub(super) prover: ProverId,
    /// When it was first gossiped.
    pub(super) at: Millis,
}

/// One of the two jobs of a work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JobKind {
    /// A transaction that is no zkApp.
    Base,
    /// A zkApp transaction, proved segment by segment.
    ZkappBase { segments: u32 },
    /// Two proofs merged.
    Merge,
}

impl JobKind {
    /// Segments; 1 for what is proved at once.
    pub(super) const fn segments(self) -> u32 {
        match self {
            Self::ZkappBase { segments } => {
                if segments > 0 {
                    segments
                } else {
                    1
                }
            }
            Self::Base | Self::Merge => 1,
        }
    }

    /// Proofs that it takes: one for each segment, and merges of them all.
    pub(super) const fn pieces(self) -> u32 {
        2 * self.segments() - 1
    }
}

/// What a work is.
#[derive(Clone, Copy, Debug)]
pub(super) struct WorkNature {
    pub(super) jobs: [JobKind; 2],
    /// Multiplies the time of each of its proofs.
    pub(super) slowness: f64,
    /// Its place in the order of purchase, among all works ever.
    pub(super) place: u64,
}

#[cfg(test)]
impl WorkNature {
    /// Two plain jobs.
    pub(super) const PLAIN: Self = Self { jobs: [JobKind::Base; 2], slowness: 1.0, place: 0 };
}

/// A work and the proofs of it.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) id: WorkId,
    /// Height of the block in which it appeared.
    pub(super) appeared: u32,
    pub(super) nature: WorkNature,
    /// Height of the block that bought it.
    pub(super) bought: Option<u32>,
    /// Whether the first operator's daemon has restarted and not yet heard of the proof again.
    pub(super) hidden: bool,
    /// Lowest fee that anybody but the first operator has gossiped for it, accepted or not.
    pub(super) best_rival: Option<Nanomina>,
    /// Competitors that are proving it now, one bit for each.
    pub(super) in_hand: u64,
    /// Each strictly cheaper than the one before.
    bids: Vec<Bid>,
}

/// Proofs kept of a work, for producers that have not heard of the cheapest.
const BIDS_KEPT: usize = 6;

impl Work {
    pub(super) fn new(id: WorkId, appeared: u32, nature: WorkNature) -> Self {
        Self {
            id,
            appeared,
            nature,
            bought: None,
            hidden: false,
            best_rival: None,
            in_hand: 0,
            bids: Vec::new(),
        }
    }

    /// How many times longer it takes than a work of two plain jobs.
    pub(super) fn effort(&self) -> f64 {
        let [one, other] = self.nature.jobs;
        f64::from(one.pieces() + other.pieces()) * self.piece_effort()
    }

    /// The same of each of its pieces.
    pub(super) const fn piece_effort(&self) -> f64 {
        self.nature.slowness / 2.0
    }

    /// The cheapest proof.
    pub(super) fn standing(&self) -> Option<Bid> {
        self.bids.last().copied()
    }

    /// The cheapest proof as an operator's daemon knows it.
    pub(super) fn shown_to(&self, seat: SeatId) -> Option<Bid> {
        if self.hidden && seat.is_first() { None } else { self.standing() }
    }

    /// The cheapest proof of which `heard` is true.
    pub(super) fn cheapest_known(&self, mut heard: impl FnMut(Bid) -> bool) -> Option<Bid> {
        self.bids.iter().rev().copied().find(|bid| heard(*bid))
    }

    /// Accepts a proof if it is strictly cheaper than the standing one.
    pub(super) fn accept_bid(&mut self, bid: Bid) -> bool {
        if self.standing().is_some_and(|standing| standing.fee <= bid.fee) {
            return false;
        }
        if self.bids.len() == BIDS_KEPT {
            self.bids.remove(0);
        }
        self.bids.push(bid);
        self.hidden = false;
        true
    }

    /// Whether a block of the frontier that ends at this height has the work outstanding.
    fn referenced(&self, height: u32) -> bool {
        self.bought.is_none_or(|bought| bought + FRONTIER > height + 1)
    }
}

/// All works that some block of the frontier refers to.
#[derive(Debug, Default)]
pub(super) struct Pool {
    first: Serial,
    works: VecDeque<Work>,
}

impl Pool {
    /// The number that the next work will get.
    pub(super) fn next_serial(&self) -> Serial {
        self.first + self.works.len() as u64
    }

    /// Adds a work.
    pub(super) fn add(&mut self, work: Work) -> Serial {
        let serial = self.next_serial();
        self.works.push_back(work);
        serial
    }

    pub(super) fn get(&self, serial: Serial) -> Option<&Work> {
        let index = usize::try_from(serial.checked_sub(self.first)?).ok()?;
        self.works.get(index)
    }

    pub(super) fn get_mut(&mut self, serial: Serial) -> Option<&mut Work> {
        let index = usize::try_from(serial.checked_sub(self.first)?).ok()?;
        self.works.get_mut(index)
    }

    /// Removes works that no block of the frontier ending at this height refers to.
    pub(super) fn remove_unreferenced(&mut self, height: u32) {
        while self.works.front().is_some_and(|work| !work.referenced(height)) {
            self.works.pop_front();
            self.first += 1;
        }
    }

    /// Works that the frontier ending at this height refers to, in order of appearance.
    pub(super) fn referenced(&self, height: u32) -> impl Iterator<Item = &Work> {
        self.works.iter().filter(move |work| work.referenced(height))
    }

    /// Every work in the pool.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Work> {
        self.works.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bid(fee: u64, prover: u32, at: Millis) -> Bid {
        Bid { fee: Nanomina::try_new(fee).unwrap(), prover: ProverId(prover), at }
    }

    fn work() -> Work {
        Work::new(WorkId::two(1, 2), 10, WorkNature::PLAIN)
    }

    #[test]
    fn a_zkapp_takes_a_proof_for_each_segment_and_merges_of_them() {
        let jobs = [JobKind::Base, JobKind::ZkappBase { segments: 6 }];
        let nature = WorkNature { jobs, slowness: 2.0, place: 0 };
        let work = Work::new(WorkId::two(1, 2), 10, nature);
        assert!((work.effort() - 12.0).abs() < 1e-12 && (work.piece_effort() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn only_a_strictly_lower_fee_replaces_and_a_tie_loses() {
        let mut work = work();
        assert!(work.accept_bid(bid(5, 0, 0)));
        assert!(!work.accept_bid(bid(5, 1, 1)));
        assert!(!work.accept_bid(bid(6, 1, 2)));
        assert_eq!(work.standing(), Some(bid(5, 0, 0)));
        assert!(work.accept_bid(bid(4, 1, 3)));
        assert_eq!(work.standing(), Some(bid(4, 1, 3)));
    }

    #[test]
    fn who_has_not_heard_of_the_cheaper_proof_knows_the_more_expensive_one() {
        let mut work = work();
        work.accept_bid(bid(9, 0, 0));
        work.accept_bid(bid(0, 1, 50));
        assert_eq!(work.cheapest_known(|bid| bid.at < 50), Some(bid(9, 0, 0)));
        assert_eq!(work.cheapest_known(|_| true), Some(bid(0, 1, 50)));
        assert_eq!(work.cheapest_known(|_| false), None);
    }

    #[test]
    fn proofs_of_one_work_are_bounded_and_the_cheapest_stays() {
        let mut work = work();
        for fee in (0..100).rev() {
            assert!(work.accept_bid(bid(fee, 0, 0)));
        }
        assert_eq!(work.bids.len(), BIDS_KEPT);
        assert_eq!(work.standing().unwrap().fee, Nanomina::ZERO);
    }

    #[test]
    fn a_bought_work_stays_while_a_block_of_the_frontier_had_it_outstanding() {
        let mut pool = Pool::default();
        let serial = pool.add(work());
        pool.get_mut(serial).unwrap().bought = Some(1000);
        // The oldest of 290 blocks ending at 1288 is 999, the parent of the buyer.
        assert_eq!(pool.referenced(1288).count(), 1);
        pool.remove_unreferenced(1288);
        assert!(pool.get(serial).is_some());
        assert_eq!(pool.referenced(1289).count(), 0);
        pool.remove_unreferenced(1289);
        assert!(pool.get(serial).is_none());
        assert_eq!(pool.add(work()), serial + 1);
        assert!(pool.get(serial + 1).is_some());
    }

    #[test]
    fn an_outstanding_work_is_never_removed() {
        let mut pool = Pool::default();
        let serial = pool.add(work());
        pool.remove_unreferenced(u32::MAX - FRONTIER);
        assert!(pool.get(serial).is_some());
    }
}
