//! What one policy did in one market, measured in figures that can be compared pair by pair with
//! those of another version on the same seed.

use snarkfee_core::{
    cost::CostModel,
    market::Book,
    policy::{Action, Outcome},
    record::Record,
};

use super::{open_price_score::OpenPriceScore, setup::Tournament};
use crate::{
    market_sim::World,
    policy_run::{Market, PolicyRun, PolicySpec},
};

/// Slots after a change of regime that count as soon after it.
const SOON: u64 = 20;

/// What one policy did in the market of one seed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyMeasure {
    /// Profit in MINA.
    pub profit: f64,
    /// Hours that provers were at work.
    pub prover_hours: f64,
    /// Changes of the fee.
    pub fee_moves: u64,
    /// Switches of the worker.
    pub switches: u64,
    /// Changes of the regime.
    pub regime_changes: u64,
    /// Changes of the fee within 20 slots after a change of the regime.
    pub moves_soon: u64,
    /// The most within the 20 slots after one change.
    pub most_moves_soon: u64,
    /// Slots from each change of regime to the first action, where there was one before the next.
    pub slots_to_action: Vec<u64>,
    /// Mean natural log of the probability given to the price at which works nobody had proved went;
    /// `None` if there were none.
    pub open_price_score: Option<f64>,
    /// The same for predictions of the 20 slots after a change of the regime.
    pub open_price_score_soon: Option<f64>,
}

/// Where the regime changed last.
#[derive(Debug, Default)]
struct RegimeWatch {
    regime: usize,
    changed: Option<u64>,
    moves: u64,
    acted: bool,
}

impl RegimeWatch {
    fn enter(&mut self, regime: usize, slot: u64, measure: &mut PolicyMeasure) {
        if regime != self.regime {
            *self = Self { regime, changed: Some(slot), moves: 0, acted: false };
            measure.regime_changes += 1;
        }
    }

    fn is_soon(&self, slot: u64) -> bool {
        self.changed.is_some_and(|changed| slot - changed < SOON)
    }

    fn record(&mut self, record: &Record, slot: u64, measure: &mut PolicyMeasure) {
        if record.outcome == Outcome::Held {
            return;
        }
        let moves = matches!(
            record.decision.action,
            Action::SetFee { .. } | Action::Park { .. } | Action::SwitchOn { .. }
        );
        measure.fee_moves += u64::from(moves);
        if let Some(changed) = self.changed.filter(|_| !self.acted) {
            measure.slots_to_action.push(slot - changed);
            self.acted = true;
        }
        if moves && self.is_soon(slot) {
            self.moves += 1;
            measure.moves_soon += 1;
            measure.most_moves_soon = measure.most_moves_soon.max(self.moves);
        }
    }
}

impl Tournament {
    /// Measures a controlled policy in the market of one seed.
    pub fn measure(&self, spec: PolicySpec, seed: u64) -> PolicyMeasure {
        let plan = self.plan();
        let market = self.market(seed, &plan);
        let cost = CostModel::PerWork(self.cost);
        let world = World::new(&self.scenario, seed, self.start);
        let mut run = PolicyRun::new(world, spec, &plan, seed, self.start);
        let (mut measure, mut score) = (PolicyMeasure::default(), OpenPriceScore::new());
        let mut watch = RegimeWatch::default();
        let mut counted = 0_u64;
        let (mut now, end) = (self.start, market.end());
        while now < end {
            let mut looked = None;
            run.step(now, &cost, &mut |record, view| looked = Some((record.clone(), view.clone())));
            {
                let world = run.market();
                let slot = world.truth().slots;
                watch.enter(Market::regime(&*world), slot, &mut measure);
                let new = world.truth().works_bought - counted;
                counted = world.truth().works_bought;
                let new = usize::try_from(new).unwrap_or(usize::MAX);
                let sales = &world.truth().sales;
                score.settle(sales.iter().skip(sales.len().saturating_sub(new)));
                if let Some((record, view)) = &looked {
                    watch.record(record, slot, &mut measure);
                    if let Some(Ok(Book { works, .. })) = &record.look.book {
                        score.predict(view, works, watch.is_soon(slot));
                    }
                }
            }
            now = now.checked_add(plan.interval).unwrap_or(end);
        }
        let summary = run.finish(end, &cost);
        measure.profit = summary.profits.total();
        measure.prover_hours = summary.own.busy.as_secs_f64() / 3600.0;
        measure.switches = summary.own.toggles;
        [measure.open_price_score, measure.open_price_score_soon] = score.means();
        measure
    }
}
