//! The simulated market of one seed, in which one policy after another runs from beginning to end.

use jiff::{SignedDuration, Timestamp};
use snarkfee_core::{cost::CostModel, cycle::Plan, units::Nanomina};

use crate::{
    market_sim::{Scenario, World},
    policy_run::{PolicyRun, PolicySpec, RunHistory, RunSummary},
};

/// A market that is the same for every policy.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeededMarket<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) seed: u64,
    pub(super) start: Timestamp,
    pub(super) slots: u64,
    pub(super) cost: Nanomina,
    pub(super) plan: &'a Plan,
}

impl SeededMarket<'_> {
    /// When it ends.
    pub(super) fn end(&self) -> Timestamp {
        self.slot_start(self.slots)
    }

    /// Runs one policy. A controlled policy looks at its interval, a script at each slot.
    pub(super) fn run(&self, spec: PolicySpec, mut history: Option<&mut RunHistory>) -> RunSummary {
        let cost = CostModel::PerWork(self.cost);
        let world = World::new(self.scenario, self.seed, self.start);
        let mut run = PolicyRun::new(world, spec, self.plan, self.seed, self.start);
        match spec {
            PolicySpec::Controlled(_) => {
                let (mut now, end) = (self.start, self.end());
                while now < end {
                    run.step_with_history(now, &cost, history.as_deref_mut());
                    now = now.checked_add(self.plan.interval).unwrap_or(Timestamp::MAX);
                }
            }
            _ => {
                for slot in 0..self.slots {
                    run.step_with_history(self.slot_start(slot), &cost, history.as_deref_mut());
                }
            }
        }
        run.finish(self.end(), &cost)
    }

    pub(super) fn slot_start(&self, number: u64) -> Timestamp {
        let slot = SignedDuration::from_secs(i64::from(self.scenario.slot_seconds()));
        let after = slot
            .checked_mul(i32::try_from(number).unwrap_or(i32::MAX))
            .unwrap_or(SignedDuration::MAX);
        self.start.checked_add(after).unwrap_or(Timestamp::MAX)
    }
}
