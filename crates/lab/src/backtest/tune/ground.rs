//! What settings are tried on, in parts that are taken for training and for validation.

use std::{
    num::NonZero,
    sync::atomic::{AtomicBool, Ordering},
};

use jiff::Timestamp;
use snarkfee_core::policy::Pricing;
use snarkfee_journal::{JournalError, JournalReader, LookFilter};

use crate::{
    backtest::{
        Terms,
        blocks::Part,
        journal::{JournalTest, Variant},
    },
    precomputed::Collection,
    simulate::{Contest, Entrant, Progress, Run, in_parallel},
};

/// Stretches that recorded data is cut into; of each run of six, the first four are for training
/// and the last two for validation, so that what is validated comes later than what was chosen on.
const STRETCHES: u32 = 6;
const TRAINING: u32 = 4;
/// Shorter stretches say nothing of a policy that waits minutes and looks back hours.
const SHORTEST_HOURS: f64 = 1.0;

/// How it is worked out.
pub struct Proof<'a> {
    /// Threads.
    pub threads: NonZero<usize>,
    /// Told of every case done, and of how many there are.
    pub progress: &'a Progress<'a>,
    /// Set from outside to end early.
    pub cancelled: &'a AtomicBool,
}

/// What settings are tried on.
pub struct Ground<'a>(Kind<'a>);

enum Kind<'a> {
    Scenario(&'a Contest),
    Blocks {
        parts: [Vec<Part>; 2],
        terms: Terms,
    },
    Journal {
        open: &'a (dyn Fn() -> Result<JournalReader, JournalError> + Sync),
        test: JournalTest,
        cuts: [Vec<LookFilter>; 2],
        terms: Terms,
    },
}

impl<'a> Ground<'a> {
    /// A simulated market: every second seed is for validation.
    pub const fn scenario(contest: &'a Contest) -> Self {
        Self(Kind::Scenario(contest))
    }

    /// Real blocks.
    pub fn blocks(collection: &Collection, terms: Terms) -> Self {
        let mut parts = [Vec::new(), Vec::new()];
        for whole in collection.series.iter().filter_map(Part::whole) {
            if whole.hours() < SHORTEST_HOURS * f64::from(STRETCHES) {
                continue;
            }
            for (index, part) in (0..).zip(whole.cut(STRETCHES)) {
                let [training, validation] = &mut parts;
                if index < TRAINING { training.push(part) } else { validation.push(part) }
            }
        }
        Self(Kind::Blocks { parts, terms })
    }

    /// The service's own journal.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn journal(
        open: &'a (dyn Fn() -> Result<JournalReader, JournalError> + Sync),
        filter: &LookFilter,
        terms: Terms,
    ) -> Result<Self, JournalError> {
        let test = JournalTest::of(&open()?, filter)?;
        let mut cuts = [Vec::new(), Vec::new()];
        if let Some((from, to)) = test.span() {
            let whole = to.duration_since(from).unsigned_abs();
            let border =
                |index: u32| from.checked_add(whole * index / STRETCHES).unwrap_or(Timestamp::MAX);
            if whole.as_secs_f64() >= SHORTEST_HOURS * 3600.0 * f64::from(STRETCHES) {
                for index in 0..STRETCHES {
                    let cut = LookFilter {
                        since: Some(border(index)),
                        until: Some(border(index + 1)),
                        ..filter.clone()
                    };
                    let [training, validation] = &mut cuts;
                    if index < TRAINING { training.push(cut) } else { validation.push(cut) }
                }
            }
        }
        Ok(Self(Kind::Journal { open, test, cuts, terms }))
    }

    /// `scenario`, `blocks` or `journal`.
    pub(super) const fn name(&self) -> &'static str {
        match &self.0 {
            Kind::Scenario(_) => "scenario",
            Kind::Blocks { .. } => "blocks",
            Kind::Journal { .. } => "journal",
        }
    }

    /// Cases for training or for validation.
    pub(super) fn cases(&self, validation: bool) -> usize {
        let which = usize::from(validation);
        match &self.0 {
            Kind::Scenario(contest) => contest.seeds.iter().skip(which).step_by(2).count(),
            Kind::Blocks { parts, .. } => parts.get(which).map_or(0, Vec::len),
            Kind::Journal { cuts, .. } => cuts.get(which).map_or(0, Vec::len),
        }
    }

    /// Profit in MINA of each choice of settings in each case; `None` when it was ended early.
    /// `choices` is how many there will be in all.
    pub(super) fn profits(
        &self,
        pricing: &[Pricing],
        validation: bool,
        choices: u64,
        proof: &Proof<'_>,
    ) -> anyhow::Result<Option<Vec<Vec<f64>>>> {
        let cases = self.cases(validation);
        let all = choices * self.cases(false).max(1) as u64;
        let results = in_parallel(proof.threads, pricing.len() * cases, |task| {
            if proof.cancelled.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let (choice, case) = (task / cases.max(1), task % cases.max(1));
            let profit = pricing
                .get(choice)
                .map(|pricing| self.profit(pricing, validation, case))
                .transpose();
            (proof.progress)(all);
            profit
        });
        let mut rows = vec![Vec::with_capacity(cases); pricing.len()];
        for (task, result) in results.into_iter().enumerate() {
            let Some(profit) = result? else { return Ok(None) };
            if let Some(row) = rows.get_mut(task / cases.max(1)) {
                row.push(profit);
            }
        }
        Ok((!proof.cancelled.load(Ordering::Relaxed)).then_some(rows))
    }

    fn profit(
        &self,
        pricing: &Pricing,
        validation: bool,
        case: usize,
    ) -> Result<f64, JournalError> {
        let which = usize::from(validation);
        let entrant = Entrant::Controlled(pricing.strategy);
        let with = |terms: &Terms| Terms { pricing: pricing.clone(), ..terms.clone() };
        match &self.0 {
            Kind::Scenario(contest) => {
                let seed = contest.seeds.iter().skip(which).step_by(2).nth(case).copied();
                Ok(contest.profit(seed.unwrap_or_default(), pricing))
            }
            Kind::Blocks { parts, terms } => {
                let part = parts.get(which).and_then(|parts| parts.get(case));
                Ok(part.map_or(0.0, |part| part.run(entrant, &with(terms), None).tally.profit()))
            }
            Kind::Journal { open, test, cuts, terms } => {
                let Some(filter) = cuts.get(which).and_then(|cuts| cuts.get(case)) else {
                    return Ok(0.0);
                };
                let runs = test.pass(
                    &open()?,
                    filter,
                    &[Variant::of(entrant, pricing)],
                    &with(terms),
                    false,
                )?;
                let profit = |(run, _): (Run, _)| run.tally.profit();
                Ok(runs.into_iter().flatten().map(profit).sum())
            }
        }
    }
}
