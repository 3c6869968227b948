//! A prover key that others run: which works it takes, and what fee it asks.
//!
//! As the daemon does (Mina `work_selector`), it takes a work that it is not already proving and
//! that has no proof, or only one above its own fee: a random one, or with `seq` the first in order
//! of purchase. The fee is fixed when it takes the work. Each work gets its random rank once, so
//! what a competitor does next depends on the works that are left, not on how many it tried before.
//! `roffset` draws its place in the list again whenever others proved a work, so that here it is
//! taken as random.
//!
//! It may fail now and then, and lose what it proves; and it may stand for a stream of newcomers,
//! each with a key of its own that sells a few works and is not seen again.

use std::{cmp::Reverse, collections::BinaryHeap};

use snarkfee_core::{market::SelectionMethod, units::Nanomina};

use super::{
    draws::{Draws, Subject},
    pool::{Pool, ProverId, Serial},
    scenario::{CompetitorSetup, FailureSetup, FeeRule},
    time::{Millis, millis},
};

/// One competitor.
#[derive(Debug)]
pub(super) struct Competitor {
    index: u32,
    /// The key under which it proves now.
    prover: ProverId,
    rule: FeeRule,
    selection: SelectionMethod,
    fee: Nanomina,
    proof_seconds: f64,
    proof_spread: f64,
    /// Works that it can prove at once, and works that it proves now.
    provers: u32,
    busy: u32,
    /// Works that it may still take, by random rank or place. Those that no longer qualify are dropped when
    /// their turn comes.
    candidates: BinaryHeap<Reverse<(u64, Serial)>>,
    reviews: u64,
    failures: Option<FailureSetup>,
    /// Failures so far.
    life: u32,
    down: bool,
    /// Proofs made under one key; `None` for all.
    works_per_key: Option<u32>,
    made: u64,
}

impl Competitor {
    /// A competitor that proves under `prover` first.
    pub(super) fn new(index: u32, prover: ProverId, setup: &CompetitorSetup, draws: Draws) -> Self {
        let mut competitor = Self {
            index,
            prover,
            rule: setup.fee.clone(),
            selection: setup.selection,
            fee: Nanomina::ZERO,
            proof_seconds: setup.proof_seconds,
            proof_spread: setup.proof_spread,
            provers: 0,
            busy: 0,
            candidates: BinaryHeap::new(),
            reviews: 0,
            failures: setup.failures.clone(),
            life: 0,
            down: false,
            works_per_key: setup.works_per_key,
            made: 0,
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
        self.prover
    }

    /// What it asks now, and the works that it makes per hour while it has something to do.
    #[cfg(test)]
    pub(super) fn fee_and_pace(&self) -> (Nanomina, f64) {
        (self.fee, f64::from(self.provers) * 3600.0 / self.proof_seconds)
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

    /// Adds a work to its candidates, with its random rank and its place in order of purchase.
    pub(super) fn add_candidate(&mut self, rank: u64, place: u64, serial: Serial) {
        if self.provers > 0 {
            let rank = match self.selection {
                SelectionMethod::Seq => place,
                SelectionMethod::Rand | SelectionMethod::Roffset => rank,
            };
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
        while !self.down && self.busy < self.provers {
            let Reverse((_, serial)) = self.candidates.pop()?;
            let Some(work) = pool.get_mut(serial) else { continue };
            let wanted = work.standing().is_none_or(|standing| standing.fee > self.fee);
            if work.bought.is_some() || work.in_hand & bit != 0 || !wanted {
                continue;
            }
            work.in_hand |= bit;
            self.busy += 1;
            let mut draw = draws.draw_for(Subject::CompetitorProof, u64::from(self.index), serial);
            let seconds = draw.log_normal(self.proof_seconds, self.proof_spread) * work.effort();
            return Some((serial, self.fee, millis(seconds)));
        }
        None
    }

    /// Frees the prover that has finished a proof, which it began in its `life`. Whether there is a
    /// proof: not of what it began before it failed.
    pub(super) fn finish_proof(&mut self, serial: Serial, life: u32, pool: &mut Pool) -> bool {
        self.busy = self.busy.saturating_sub(1);
        if let Some(work) = pool.get_mut(serial) {
            work.in_hand &= !1_u64.checked_shl(self.index).unwrap_or(0);
        }
        let counts = life == self.life;
        self.made += u64::from(counts);
        counts
    }

    /// The number of its next key, if it is to prove under another from now on.
    pub(super) fn due_key(&self) -> Option<u64> {
        let each = u64::from(self.works_per_key?);
        (self.made > 0 && self.made.is_multiple_of(each)).then_some(self.made / each)
    }

    /// Proves under another key.
    pub(super) const fn set_prover(&mut self, prover: ProverId) {
        self.prover = prover;
    }

    /// Failures so far: what was begun in an earlier life is lost.
    pub(super) const fn life(&self) -> u32 {
        self.life
    }

    /// Time until it fails next; `None` if it never does.
    pub(super) fn time_to_failure(&self, draws: Draws) -> Option<Millis> {
        let FailureSetup { every_seconds, .. } = self.failures.as_ref()?;
        let mut draw = draws.draw_for(Subject::Failure, u64::from(self.index), self.life.into());
        Some(millis(draw.exponential(*every_seconds)))
    }

    /// Fails. Returns for how long.
    pub(super) fn fail(&mut self, draws: Draws) -> Millis {
        self.down = true;
        self.life += 1;
        let lengths = self.failures.as_ref().map_or(&[][..], |failures| &failures.for_seconds);
        let mut draw =
            draws.draw_for(Subject::Failure, u64::from(self.index), u64::from(self.life) << 32);
        let length = lengths.get(draw.below(lengths.len())).copied().unwrap_or_default();
        millis(draw.exponential(length))
    }

    /// Proves again after a failure.
    pub(super) const fn return_to_work(&mut self) {
        self.down = false;
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
mod tests;
