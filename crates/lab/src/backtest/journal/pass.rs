//! Policies on the looks of a journal.
//!
//! The recorded worker is removed from what the policies see: a work that it sold counts as sold by
//! somebody else at that price, its standing proofs count as none, and the works that its provers
//! made do not count.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use snarkfee_core::{
    cost::{ChargedCost, CostModel},
    market::{LedgerAccount, Look},
    policy::{Params, Pricing},
    units::{DaemonId, Nanomina, PublicKey},
};
use snarkfee_journal::{JournalError, JournalReader, LookFilter, RecordedLook};

use super::scan::{DaemonData, ScannedJournal};
use crate::{
    backtest::{recorded::RecordedMarket, settings::BacktestSettings},
    market_sim::World,
    policy_run::{PolicyRun, PolicySpec, RunHistory, RunSummary},
};

/// A policy with its settings.
#[derive(Clone, Debug)]
pub(in crate::backtest) struct PolicyVariant {
    pub(in crate::backtest) spec: PolicySpec,
    pub(in crate::backtest) pricing: Pricing,
}

impl PolicyVariant {
    pub(in crate::backtest) fn new(spec: PolicySpec, pricing: &Pricing) -> Self {
        Self { spec, pricing: pricing.clone() }
    }
}

/// A run on the looks at one daemon, with its history if that was asked for.
pub(in crate::backtest) type RunWithHistory = (RunSummary, Option<RunHistory>);

/// A policy that runs on the looks at one daemon.
struct DaemonRun {
    run: PolicyRun<RecordedMarket>,
    history: Option<RunHistory>,
    cost: CostModel,
    now: Timestamp,
}

/// Runs several variants at once on the looks that `filter` selects. For each variant it returns
/// the runs on all daemons. `with_history` asks for the histories of the first daemon.
///
/// # Errors
///
/// The journal cannot be read.
pub(in crate::backtest) fn run_variants(
    journal: &ScannedJournal,
    archive: &JournalReader,
    filter: &LookFilter,
    variants: &[PolicyVariant],
    settings: &BacktestSettings,
    with_history: bool,
) -> Result<Vec<Vec<RunWithHistory>>, JournalError> {
    let first = journal.daemons.keys().next();
    let mut running: BTreeMap<DaemonId, Vec<DaemonRun>> = BTreeMap::new();
    archive.for_each_look(filter, |moment: RecordedLook| -> Result<(), JournalError> {
        let daemon = moment.record.daemon.clone();
        let Some(data) = journal.daemons.get(&daemon) else { return Ok(()) };
        let with_history = with_history && first == Some(&daemon);
        let runs = running.entry(daemon).or_insert_with(|| {
            let start = |variant| DaemonRun::new(data, variant, &moment, settings, with_history);
            variants.iter().map(start).collect()
        });
        let shown = ShownMoment::new(&moment, settings);
        for run in runs {
            run.step(&shown);
        }
        Ok(())
    })?;
    let mut finished: Vec<Vec<RunWithHistory>> = variants.iter().map(|_| Vec::new()).collect();
    for runs in running.into_values() {
        for (of_variant, run) in finished.iter_mut().zip(runs) {
            of_variant.push((run.run.finish(run.now, &run.cost), run.history));
        }
    }
    Ok(finished)
}

impl DaemonRun {
    fn new(
        data: &DaemonData,
        variant: &PolicyVariant,
        moment: &RecordedLook,
        settings: &BacktestSettings,
        with_history: bool,
    ) -> Self {
        let now = moment.record.at;
        let slot = data.slot.unwrap_or(Duration::from_secs(180));
        let market = RecordedMarket::new(
            Arc::clone(&data.blocks),
            slot,
            BacktestSettings::WORKS_PER_HOUR,
            now,
        );
        let plan = BacktestSettings { pricing: variant.pricing.clone(), ..settings.clone() }.plan();
        Self {
            run: PolicyRun::new(market, variant.spec, &plan, 1, now),
            history: with_history.then(|| RunHistory::new(variant.spec.to_string())),
            cost: CostModel::Unknown,
            now,
        }
    }

    fn step(&mut self, shown: &ShownMoment) {
        // A clock that was set back does not turn time back.
        self.now = self.now.max(shown.look.at);
        self.cost = shown.cost.clone();
        {
            let mut market = self.run.market();
            market.show_look(shown.look.clone());
            market.set_pace(shown.works_per_hour);
        }
        self.run.step_with_history(self.now, &self.cost, self.history.as_mut());
    }
}

/// What every variant sees of one look.
struct ShownMoment {
    look: Look,
    cost: CostModel,
    works_per_hour: f64,
}

impl ShownMoment {
    fn new(moment: &RecordedLook, settings: &BacktestSettings) -> Self {
        let RecordedLook { record, inputs, params, .. } = moment;
        let measured = record.market.as_ref().and_then(|market| market.own_works_per_hour);
        let works_per_hour = settings
            .works_per_hour
            .or(inputs.works_per_hour)
            .or(measured)
            .unwrap_or(BacktestSettings::WORKS_PER_HOUR);
        // A dry run may have started before any cost was known.
        let recorded = || inputs.charged_cost().unwrap_or(Nanomina::ZERO.into());
        let cost = Ok(settings.cost.map_or_else(recorded, ChargedCost::from));
        Self {
            look: without_worker(&record.look, params),
            cost: CostModel::Recorded {
                cost,
                works_per_hour: Some(works_per_hour),
                mina_price: inputs.price_of_mina(),
            },
            works_per_hour,
        }
    }
}

/// The look without the recorded worker.
fn without_worker(look: &Look, params: &Params) -> Look {
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
        look.account = Some(Ok(LedgerAccount::Open));
    }
    look
}
