//! One market with operators in it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use snarkfee_core::{
    cost::CostModel,
    cycle::Plan,
    policy::{BlockProduction, Mode, OnExit, Params, Safety, Worker},
    units::Nanomina,
};

use super::Together;
use crate::{
    market_sim::{CoverageTruth, SeatId, SharedMarket, World},
    policy_run::{Market as _, PolicyRun, PolicySpec, RunSummary},
    tournament::run::role_of,
};

/// Time between two looks of an operator.
const INTERVAL: Duration = Duration::from_secs(60);
/// Switches within this time count as made together.
const TOGETHER: SignedDuration = SignedDuration::from_mins(10);

/// What came of one market.
#[derive(Debug, Default)]
pub(super) struct MarketRun {
    pub(super) operators: Vec<OperatorRun>,
    pub(super) blocks: u64,
    pub(super) works_bought: u64,
    /// Nanomina paid for them.
    pub(super) spent: u128,
    pub(super) coverage: CoverageTruth,
    /// Most operators that started, and that stopped, within [`TOGETHER`].
    pub(super) most_starting: usize,
    pub(super) most_stopping: usize,
    /// Looks, and those at which all operators were off.
    pub(super) looks: u64,
    pub(super) looks_all_off: u64,
}

/// What one operator did.
#[derive(Debug)]
pub(super) struct OperatorRun {
    pub(super) summary: RunSummary,
    /// Looks, looks with the worker on, and of these those at which it asked less than its works
    /// cost.
    pub(super) looks: u64,
    pub(super) looks_on: u64,
    pub(super) looks_below_cost: u64,
    /// Looks in the second half of the run at which the worker was on, by the fee it asked.
    pub(super) settled: BTreeMap<Nanomina, u64>,
}

struct Operator {
    run: PolicyRun<SharedMarket>,
    cost: CostModel,
    cost_of_work: Nanomina,
    is_on: bool,
    seen: OperatorRun,
}

/// A start or a stop.
#[derive(Clone, Copy)]
struct Switch {
    at: Timestamp,
    operator: usize,
    on: bool,
}

impl Together {
    pub(super) fn run_market(&self, seed: u64, operators: &[(PolicySpec, Nanomina)]) -> MarketRun {
        let world = match operators {
            [] => World::without_operator(&self.scenario, seed, self.start),
            some => World::with_operators(&self.scenario, seed, self.start, some.len()),
        };
        let world = Arc::new(Mutex::new(world));
        let mut members: Vec<Operator> = operators
            .iter()
            .enumerate()
            .map(|(place, (policy, cost))| {
                let seat = SeatId::new(place);
                let market = SharedMarket::new(Arc::clone(&world), seat);
                let plan = self.plan_for(seat, *cost);
                let run = PolicyRun::new(market, *policy, &plan, seed, self.start);
                Operator::new(run, plan.cost, *cost)
            })
            .collect();
        let mut result = MarketRun::default();
        let mut switches = Vec::new();
        let count = u32::try_from(members.len().max(1)).unwrap_or(u32::MAX);
        let (mut begun, end) = (self.start, self.end());
        while begun < end && !members.is_empty() {
            for place in 0..members.len() {
                let phase = INTERVAL / count * u32::try_from(place).unwrap_or_default();
                let now = begun.saturating_add(phase).unwrap_or(end);
                let Some(member) = members.get_mut(place).filter(|_| now < end) else { continue };
                let late = now.duration_since(self.start) * 2 >= end.duration_since(self.start);
                if let Some(on) = member.look(now, late) {
                    switches.push(Switch { at: now, operator: place, on });
                }
                result.looks += 1;
                result.looks_all_off += u64::from(members.iter().all(|member| !member.is_on));
            }
            begun = begun.saturating_add(INTERVAL).unwrap_or(end);
        }
        result.operators = members.into_iter().map(|member| member.finish(end)).collect();
        (result.most_starting, result.most_stopping) =
            (count_together(&switches, true), count_together(&switches, false));
        let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
        world.advance(end);
        let truth = world.truth();
        (result.blocks, result.works_bought, result.spent) =
            (truth.blocks, truth.works_bought, truth.spent);
        result.coverage = truth.coverage.clone();
        result
    }

    fn end(&self) -> Timestamp {
        let slot = SignedDuration::from_secs(i64::from(self.scenario.slot_seconds()));
        let length = i32::try_from(self.slots).ok().and_then(|slots| slot.checked_mul(slots));
        let end = length.and_then(|length| self.start.checked_add(length).ok());
        end.unwrap_or(Timestamp::MAX)
    }

    fn plan_for(&self, seat: SeatId, cost: Nanomina) -> Plan {
        Plan {
            mode: Mode::Live,
            interval: INTERVAL,
            book_interval: self.book_interval,
            params: Params {
                pricing: self.pricing.clone(),
                worker: Worker {
                    key: Some(World::key_of(seat)),
                    role: role_of(&self.scenario),
                    selection: self.selection,
                    ..Worker::default()
                },
                block_production: BlockProduction::default(),
                safety: Safety::default(),
            },
            cost: CostModel::PerWork(cost),
            on_exit: OnExit::Keep,
        }
    }
}

impl Operator {
    fn new(run: PolicyRun<SharedMarket>, cost: CostModel, cost_of_work: Nanomina) -> Self {
        let is_on = run.market().settings().worker.is_some();
        let seen = OperatorRun {
            summary: RunSummary::default(),
            looks: 0,
            looks_on: 0,
            looks_below_cost: 0,
            settled: BTreeMap::new(),
        };
        Self { run, cost, cost_of_work, is_on, seen }
    }

    /// Has the policy look and act. Whether it is on now, if that changed.
    fn look(&mut self, now: Timestamp, late: bool) -> Option<bool> {
        self.run.step_with_history(now, &self.cost, None);
        let settings = self.run.market().settings();
        let on = settings.worker.is_some();
        self.seen.looks += 1;
        if on {
            self.seen.looks_on += 1;
            self.seen.looks_below_cost += u64::from(settings.fee < self.cost_of_work);
            if late {
                *self.seen.settled.entry(settings.fee).or_default() += 1;
            }
        }
        let before = std::mem::replace(&mut self.is_on, on);
        (before != on).then_some(on)
    }

    fn finish(self, end: Timestamp) -> OperatorRun {
        let summary = self.run.finish(end, &self.cost);
        OperatorRun { summary, ..self.seen }
    }
}

/// Most operators that switched one way within [`TOGETHER`].
fn count_together(switches: &[Switch], on: bool) -> usize {
    let same: Vec<&Switch> = switches.iter().filter(|switch| switch.on == on).collect();
    let within = |first: &Switch| {
        let near = same.iter().filter(|switch| {
            let passed = switch.at.duration_since(first.at);
            !passed.is_negative() && passed <= TOGETHER
        });
        near.map(|switch| switch.operator).collect::<std::collections::BTreeSet<_>>().len()
    };
    same.iter().map(|first| within(first)).max().unwrap_or_default()
}
