//! Policies on the service's own journal: the looks that it took down, shown to others.
//!
//! What the recorded worker did is taken out of what they are shown: a work that it sold counts as
//! sold by somebody else at that price, a proof of it that stands in the pool as none, and what its
//! provers made is not counted.

use std::{collections::BTreeMap, num::NonZero, sync::Arc, time::Duration};

use jiff::Timestamp;
use snarkfee_core::{
    cost::CostModel,
    market::{Block, Look},
    policy::{Params, Pricing},
    units::{DaemonId, Nanomina, PublicKey},
};
use snarkfee_journal::{JournalError, JournalReader, LookFilter, RecordedLook};

use super::{
    Terms,
    recorded::RecordedMarket,
    replay::{Replay, replay},
    report::{Report, Score, Stretch},
};
use crate::simulate::{Contestant, Entrant, Portrait, Progress, Run, World, in_parallel};

/// A journal gone through once: whether its decisions are met again, and what later passes need to
/// know beforehand.
#[derive(Debug)]
pub struct JournalTest {
    replay: Replay,
    daemons: BTreeMap<DaemonId, Gathered>,
}

/// What one daemon's looks tell.
#[derive(Debug, Default)]
struct Gathered {
    chain: BTreeMap<u32, Arc<Block>>,
    blocks: Arc<[Arc<Block>]>,
    looks: u64,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    slot: Option<Duration>,
    actual: Actual,
}

/// What the recorded worker did.
#[derive(Debug, Default)]
struct Actual {
    first: Option<(u64, u64, Nanomina)>,
    last: (u64, u64, Nanomina),
    spent: u128,
    changes: u64,
    predicted: f64,
    judged: u64,
    prediction: Option<f64>,
}

impl JournalTest {
    /// Goes through a journal.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn of(archive: &JournalReader, filter: &LookFilter) -> Result<Self, JournalError> {
        let mut daemons: BTreeMap<DaemonId, Gathered> = BTreeMap::new();
        let replay = replay(archive, filter, |moment| {
            daemons.entry(moment.record.daemon.clone()).or_default().take(moment);
        })?;
        for gathered in daemons.values_mut() {
            gathered.blocks = std::mem::take(&mut gathered.chain).into_values().collect();
        }
        Ok(Self { replay, daemons })
    }

    /// Beginning and end of its looks.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let from = self.daemons.values().filter_map(|gathered| gathered.from).min()?;
        Some((from, self.daemons.values().filter_map(|gathered| gathered.to).max()?))
    }
}

impl Gathered {
    fn take(&mut self, moment: &RecordedLook) {
        let record = &moment.record;
        self.looks += 1;
        self.from.get_or_insert(record.at);
        self.to = Some(self.to.map_or(record.at, |to| to.max(record.at)));
        if let Some(Ok(chain)) = &record.look.chain
            && let Some(lowest) = chain.blocks.first().map(|block| block.height)
        {
            self.chain.split_off(&lowest);
            self.chain.extend(chain.blocks.iter().map(|block| (block.height, block.clone())));
        }
        if let Ok(status) = &record.look.status {
            self.slot = Some(status.slot_duration);
        }
        self.actual.take(moment);
    }
}

impl Actual {
    fn take(&mut self, moment: &RecordedLook) {
        let record = &moment.record;
        self.changes += u64::from(matches!(record.outcome.code(), "confirmed" | "applied"));
        if let Some(market) = &record.market {
            let now = (market.own_made, market.own_sold, market.own_earned);
            let before = if self.first.is_some() { self.last } else { now };
            self.first.get_or_insert(now);
            let made = now.0.saturating_sub(before.0);
            let cost = record.cost.unwrap_or(Nanomina::ZERO);
            self.spent += u128::from(made) * u128::from(cost.get());
            if let Some(prediction) = self.prediction {
                self.predicted += prediction * made as f64;
                self.judged += made;
            }
            self.last = now;
        }
        let asked = record.look.status.as_ref().ok().map(|status| status.fee);
        let current = record.decision.appraisal.as_ref().map(|appraisal| appraisal.current);
        self.prediction = current
            .filter(|current| Some(current.fee) == asked)
            .map(|current| current.sale_probability);
    }

    fn score(&self) -> Score {
        let first = self.first.unwrap_or_default();
        let (made, sold) =
            (self.last.0.saturating_sub(first.0), self.last.1.saturating_sub(first.1));
        let earned = self.last.2.saturating_sub(first.2).get();
        Score {
            policy: "as recorded".to_owned(),
            profit_mina: (earned as f64 - self.spent as f64) / 1e9,
            works_made: made,
            works_sold: sold,
            share_sold_predicted: (self.judged > 0).then(|| self.predicted / self.judged as f64),
            share_sold_realised: (made > 0).then(|| sold as f64 / made as f64),
            changes: self.changes,
            violations: 0,
        }
    }
}

/// Tries policies on a journal, beside what the recorded worker did of itself. The portraits show
/// the first daemon.
///
/// # Errors
///
/// The journal cannot be read.
pub fn on_journal(
    open: &(dyn Fn() -> Result<JournalReader, JournalError> + Sync),
    filter: &LookFilter,
    entrants: &[Entrant],
    terms: &Terms,
    threads: NonZero<usize>,
    progress: &Progress<'_>,
) -> Result<(Report, Vec<Portrait>), JournalError> {
    let test = JournalTest::of(&open()?, filter)?;
    progress(entrants.len() as u64 + 1);
    let variants: Vec<Variant> =
        entrants.iter().map(|entrant| Variant::of(*entrant, &terms.pricing)).collect();
    let done = in_parallel(threads, variants.len(), |index| {
        let variant = variants.get(index..=index).unwrap_or_default();
        let runs = test.pass(&open()?, filter, variant, terms, true);
        progress(entrants.len() as u64 + 1);
        runs
    });
    let mut policies: Vec<Score> =
        test.daemons.values().map(|gathered| gathered.actual.score()).collect();
    if let [_, _, ..] = policies.as_slice() {
        for (score, daemon) in policies.iter_mut().zip(test.daemons.keys()) {
            score.policy = format!("as recorded, {daemon}");
        }
    }
    let mut portraits = Vec::new();
    for (variant, runs) in variants.iter().zip(done) {
        let runs = runs?;
        let all: Vec<Run> = runs.iter().flatten().map(|(run, _)| run.clone()).collect();
        policies.push(Score::of(variant.entrant.to_string(), &all));
        portraits.extend(runs.into_iter().flatten().find_map(|(_, portrait)| portrait));
    }
    let span = test.span();
    let report = Report {
        source: "journal",
        from: span.map(|(from, _)| from),
        to: span.map(|(_, to)| to),
        looks: Some(test.daemons.values().map(|gathered| gathered.looks).sum()),
        blocks: test.daemons.values().map(|gathered| gathered.blocks.len() as u64).sum(),
        series: test
            .daemons
            .iter()
            .filter_map(|(daemon, gathered)| gathered.stretch(daemon))
            .collect(),
        replay: Some(test.replay),
        policies,
        skipped: Vec::new(),
    };
    Ok((report, portraits))
}

impl Gathered {
    fn stretch(&self, daemon: &DaemonId) -> Option<Stretch> {
        let (from, to) = (self.from?, self.to?);
        let within = |block: &&Arc<Block>| block.at >= from;
        let sales = || self.blocks.iter().filter(within).flat_map(|block| &*block.works);
        Some(Stretch {
            name: daemon.to_string(),
            from,
            to,
            heights: self
                .blocks
                .first()
                .zip(self.blocks.last())
                .map(|(first, last)| (first.height, last.height)),
            works: sales().count() as u64,
            free_works: sales().filter(|sale| sale.fee == Nanomina::ZERO).count() as u64,
        })
    }
}

/// A policy with its settings.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    pub(super) entrant: Entrant,
    pub(super) pricing: Pricing,
}

impl Variant {
    pub(super) fn of(entrant: Entrant, pricing: &Pricing) -> Self {
        Self { entrant, pricing: pricing.clone() }
    }
}

/// A run on one daemon's looks, and what it looked like if that was wanted.
type Shown = (Run, Option<Portrait>);

/// A contestant on one daemon's looks.
struct Seat {
    contestant: Contestant<RecordedMarket>,
    portrait: Option<Portrait>,
    cost: CostModel,
    now: Timestamp,
}

impl JournalTest {
    /// Shows the looks that `filter` takes to some variants at once: for each variant the runs on
    /// all daemons.
    pub(super) fn pass(
        &self,
        archive: &JournalReader,
        filter: &LookFilter,
        variants: &[Variant],
        terms: &Terms,
        portrayed: bool,
    ) -> Result<Vec<Vec<Shown>>, JournalError> {
        let first = self.daemons.keys().next();
        let mut seats: BTreeMap<DaemonId, Vec<Seat>> = BTreeMap::new();
        archive.for_each_look(filter, |moment: RecordedLook| -> Result<(), JournalError> {
            let daemon = moment.record.daemon.clone();
            let Some(gathered) = self.daemons.get(&daemon) else { return Ok(()) };
            let portrayed = portrayed && first == Some(&daemon);
            let seated = seats.entry(daemon).or_insert_with(|| {
                let seat = |variant: &Variant| gathered.seat(variant, &moment, terms, portrayed);
                variants.iter().map(seat).collect()
            });
            let (look, cost, pace) = shown(&moment, terms);
            for seat in seated {
                // A clock that was set back does not turn time back.
                seat.now = seat.now.max(look.at);
                seat.cost = cost.clone();
                {
                    let mut market = seat.contestant.market();
                    market.show(look.clone());
                    market.set_pace(pace);
                }
                seat.contestant.step_shown(seat.now, &seat.cost, seat.portrait.as_mut());
            }
            Ok(())
        })?;
        let mut runs: Vec<Vec<Shown>> = variants.iter().map(|_| Vec::new()).collect();
        for seated in seats.into_values() {
            for (of_variant, seat) in runs.iter_mut().zip(seated) {
                of_variant.push((seat.contestant.finish(seat.now, &seat.cost), seat.portrait));
            }
        }
        Ok(runs)
    }
}

impl Gathered {
    fn seat(
        &self,
        variant: &Variant,
        moment: &RecordedLook,
        terms: &Terms,
        portrayed: bool,
    ) -> Seat {
        let now = moment.record.at;
        let slot = self.slot.unwrap_or(Duration::from_secs(180));
        let market =
            RecordedMarket::new(Arc::clone(&self.blocks), slot, Terms::WORKS_PER_HOUR, now);
        let plan = Terms { pricing: variant.pricing.clone(), ..terms.clone() }.plan();
        Seat {
            contestant: Contestant::new(market, variant.entrant, &plan, 1, now),
            portrait: portrayed.then(|| Portrait::new(variant.entrant.to_string())),
            cost: CostModel::Unknown,
            now,
        }
    }
}

/// What a variant is shown of a look, what a work then costs, and the pace at which works are made.
fn shown(moment: &RecordedLook, terms: &Terms) -> (Look, CostModel, f64) {
    let RecordedLook { record, inputs, params, .. } = moment;
    let measured = record.market.as_ref().and_then(|market| market.own_works_per_hour);
    let pace = terms
        .works_per_hour
        .or(inputs.works_per_hour)
        .or(measured)
        .unwrap_or(Terms::WORKS_PER_HOUR);
    // A dry run may be started before anything is known of cost.
    let per_work = Ok(terms.cost.or(inputs.cost.as_ref().ok().copied()).unwrap_or(Nanomina::ZERO));
    (
        without_us(&record.look, params),
        CostModel::Recorded { per_work, works_per_hour: Some(pace) },
        pace,
    )
}

/// The look without what the recorded worker did.
fn without_us(look: &Look, params: &Params) -> Look {
    let mut look = look.clone();
    let shown = look.status.as_ref().ok().and_then(|status| status.worker.clone());
    let ours = |prover: &PublicKey| params.worker.owns(prover) || shown.as_ref() == Some(prover);
    let stranger = World::stranger_key();
    if let Some(Ok(chain)) = &mut look.chain {
        for block in &mut chain.blocks {
            if block.works.iter().any(|sale| ours(&sale.prover)) {
                let sales = Arc::make_mut(block).works.iter_mut();
                sales
                    .filter(|sale| ours(&sale.prover))
                    .for_each(|sale| sale.prover.clone_from(&stranger));
            }
        }
    }
    if let Some(Ok(book)) = &mut look.book {
        for open in Arc::make_mut(&mut book.works) {
            open.standing.take_if(|offer| ours(&offer.prover));
        }
    }
    if let Some(Ok(metrics)) = &mut look.metrics {
        (metrics.completed_by_own, metrics.assigned_to_own) = (None, None);
    }
    if look.account.is_some() {
        look.account = Some(Ok(true));
    }
    look
}
