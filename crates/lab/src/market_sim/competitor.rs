//! A prover key that others run: which works it takes, and what fee it asks.
//!
//! As the daemon does (Mina `work_selector`), it takes a random work that it is not already proving
//! and that has no proof, or only one above its own fee. The fee is fixed when it takes the work.
//! Each work gets its random rank once, so what a competitor does next depends on the works that
//! are left, not on how many it tried before.

use std::{cmp::Reverse, collections::BinaryHeap};

use snarkfee_core::units::Nanomina;

use super::{
    draws::{Draws, Subject},
    pool::{Pool, ProverId, Serial},
    scenario::{CompetitorSetup, FeeRule},
    time::{Millis, millis},
};

/// One competitor.
#[derive(Debug)]
pub(super) struct Competitor {
    index: u32,
    rule: FeeRule,
    fee: Nanomina,
    proof_seconds: f64,
    proof_spread: f64,
    /// Works that it can prove at once, and works that it proves now.
    provers: u32,
    busy: u32,
    /// Works that it may still take, by random rank. Those that no longer qualify are dropped when
    /// their turn comes.
    candidates: BinaryHeap<Reverse<(u64, Serial)>>,
    reviews: u64,
}

impl Competitor {
    pub(super) fn new(index: u32, setup: &CompetitorSetup, draws: Draws) -> Self {
        let mut competitor = Self {
            index,
            rule: setup.fee.clone(),
            fee: Nanomina::ZERO,
            proof_seconds: setup.proof_seconds,
            proof_spread: setup.proof_spread,
            provers: 0,
            busy: 0,
            candidates: BinaryHeap::new(),
            reviews: 0,
        };
        competitor.fee = match &setup.fee {
            FeeRule::FixedNanomina(fee) => *fee,
            FeeRule::Undercut { ask_nanomina, .. } => *ask_nanomina,
            FeeRule::Reprice { fees_nanomina, .. } => {
                competitor.draw_listed_fee(fees_nanomina, draws)
            }
        };
        competitor
    }

    pub(super) const fn prover(&self) -> ProverId {
        ProverId(self.index)
    }

    pub(super) const fn set_provers(&mut self, provers: u32) {
        self.provers = provers;
    }

    /// Time between reviews of its fee; `None` when it never reviews it.
    pub(super) fn review_interval(&self) -> Option<Millis> {
        match &self.rule {
            FeeRule::FixedNanomina(_) => None,
            FeeRule::Undercut { every_seconds, .. } | FeeRule::Reprice { every_seconds, .. } => {
                Some(Millis::from(*every_seconds) * 1000)
            }
        }
    }

    /// Adds a work to its candidates, with its random rank.
    pub(super) fn add_candidate(&mut self, rank: u64, serial: Serial) {
        if self.provers > 0 {
            self.candidates.push(Reverse((rank, serial)));
        }
    }

    /// Drops candidates that have been bought, so that their number stays bounded.
    pub(super) fn prune_candidates(&mut self, pool: &Pool) {
        const LONG: usize = 4096;
        if self.candidates.len() > LONG {
            self.candidates.retain(|Reverse((_, serial))| {
                pool.get(*serial).is_some_and(|work| work.bought.is_none())
            });
        }
    }

    /// Drops all candidates.
    pub(super) fn clear_candidates(&mut self) {
        self.candidates.clear();
    }

    /// Takes a work if it has an idle prover: which work, at what fee, and how long the proof takes.
    pub(super) fn take_work(
        &mut self,
        pool: &mut Pool,
        draws: Draws,
    ) -> Option<(Serial, Nanomina, Millis)> {
        let bit = 1_u64.checked_shl(self.index).unwrap_or(0);
        while self.busy < self.provers {
            let Reverse((_, serial)) = self.candidates.pop()?;
            let Some(work) = pool.get_mut(serial) else { continue };
            let wanted = work.standing().is_none_or(|standing| standing.fee > self.fee);
            if work.bought.is_some() || work.in_hand & bit != 0 || !wanted {
                continue;
            }
            work.in_hand |= bit;
            self.busy += 1;
            let mut draw = draws.draw_for(Subject::CompetitorProof, u64::from(self.index), serial);
            let seconds = draw.log_normal(self.proof_seconds, self.proof_spread) * work.effort;
            return Some((serial, self.fee, millis(seconds)));
        }
        None
    }

    /// Frees the prover that has finished a proof.
    pub(super) fn finish_proof(&mut self, serial: Serial, pool: &mut Pool) {
        self.busy = self.busy.saturating_sub(1);
        if let Some(work) = pool.get_mut(serial) {
            work.in_hand &= !1_u64.checked_shl(self.index).unwrap_or(0);
        }
    }

    /// Reviews its fee; true when it changed.
    pub(super) fn review_fee(
        &mut self,
        open: impl Iterator<Item = Serial>,
        pool: &Pool,
        draws: Draws,
    ) -> bool {
        let before = self.fee;
        self.reviews += 1;
        self.fee = match &self.rule {
            FeeRule::FixedNanomina(fee) => *fee,
            FeeRule::Reprice { fees_nanomina, .. } => self.draw_listed_fee(fees_nanomina, draws),
            FeeRule::Undercut { floor_nanomina, ask_nanomina, tick_nanomina, .. } => {
                let lowest = open
                    .filter_map(|serial| pool.get(serial)?.standing())
                    .filter(|bid| bid.prover != self.prover() && bid.fee > *floor_nanomina)
                    .map(|bid| bid.fee)
                    .min();
                let below = |fee: Nanomina| fee.saturating_sub(*tick_nanomina).max(*floor_nanomina);
                lowest.map_or(*ask_nanomina, |fee| below(fee).min(*ask_nanomina))
            }
        };
        self.fee != before
    }

    fn draw_listed_fee(&self, fees: &[Nanomina], draws: Draws) -> Nanomina {
        let mut draw = draws.draw_for(Subject::Reprice, u64::from(self.index), self.reviews);
        fees.get(draw.below(fees.len())).copied().unwrap_or(self.fee)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market_sim::pool::{Bid, Work};
    use snarkfee_core::units::WorkId;

    const DRAWS: Draws = Draws::new(1);

    fn fee(nanomina: u64) -> Nanomina {
        Nanomina::try_new(nanomina).unwrap()
    }

    fn competitor(rule: FeeRule, provers: u32) -> Competitor {
        let setup =
            CompetitorSetup { name: "a".into(), fee: rule, proof_seconds: 60.0, proof_spread: 0.2 };
        let mut competitor = Competitor::new(0, &setup, DRAWS);
        competitor.set_provers(provers);
        competitor
    }

    /// A pool of works with these standing fees of prover 9.
    fn pool(standing: &[Option<u64>]) -> Pool {
        let mut pool = Pool::default();
        for (id, price) in (0..).zip(standing) {
            let mut work = Work::new(WorkId::one(id), 1, 1.0);
            if let Some(price) = price {
                work.accept_bid(Bid { fee: fee(*price), prover: ProverId(9), at: 0 });
            }
            pool.add(work);
        }
        pool
    }

    #[test]
    fn it_takes_each_work_once_without_a_proof_or_with_a_more_expensive_one() {
        let mut pool = pool(&[None, Some(10), Some(5), Some(4)]);
        let mut five = competitor(FeeRule::FixedNanomina(fee(5)), 10);
        for serial in 0..4 {
            five.add_candidate(serial, serial);
            five.add_candidate(serial, serial);
        }
        let taken: Vec<Serial> =
            std::iter::from_fn(|| five.take_work(&mut pool, DRAWS)).map(|taken| taken.0).collect();
        assert_eq!(taken, [0, 1]);
    }

    #[test]
    fn it_proves_no_more_works_at_once_than_it_has_provers() {
        let mut pool = pool(&[None, None]);
        let mut one = competitor(FeeRule::FixedNanomina(fee(0)), 1);
        one.add_candidate(0, 0);
        one.add_candidate(1, 1);
        let (first, _, _) = one.take_work(&mut pool, DRAWS).unwrap();
        assert!(one.take_work(&mut pool, DRAWS).is_none());
        one.finish_proof(first, &mut pool);
        assert_eq!(one.take_work(&mut pool, DRAWS).unwrap().0, 1 - first);
    }

    #[test]
    fn an_undercutter_goes_a_tick_below_the_lowest_above_its_floor() {
        let rule = |floor| FeeRule::Undercut {
            floor_nanomina: fee(floor),
            ask_nanomina: fee(1000),
            tick_nanomina: fee(1),
            every_seconds: 60,
        };
        let pool = pool(&[Some(0), Some(300), Some(200), None]);
        for (floor, expected) in [(50, 199), (199, 199), (200, 299), (300, 1000), (0, 199)] {
            let mut bot = competitor(rule(floor), 1);
            bot.review_fee(0..4, &pool, DRAWS);
            assert_eq!(bot.fee, fee(expected), "floor {floor}");
        }
    }

    #[test]
    fn a_fixed_list_price_never_moves_and_a_repricer_keeps_to_its_list() {
        let pool = pool(&[Some(300)]);
        let mut fixed = competitor(FeeRule::FixedNanomina(fee(5)), 1);
        assert!(!fixed.review_fee(0..1, &pool, DRAWS));
        let list = vec![fee(1), fee(2), fee(3)];
        let mut rare =
            competitor(FeeRule::Reprice { fees_nanomina: list.clone(), every_seconds: 60 }, 1);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..50 {
            rare.review_fee(0..1, &pool, DRAWS);
            seen.insert(rare.fee);
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), list);
    }
}
