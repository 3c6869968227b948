//! What must hold in every run of the controller: the program's own checker, over a whole trace.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use snarkfee_core::{
    invariants::{self, AppliedChange, Checker, SentMutations},
    market::SyncState,
    policy::Params,
    record::{Mode, Record},
};

pub(crate) use snarkfee_core::invariants::{Invariant, Violation};

use crate::faulty_proxy::RequestKind;

/// A run, as the controller tells it and as the daemon knows it.
#[derive(Clone)]
pub(crate) struct Trace {
    pub(crate) mode: Mode,
    pub(crate) params: Params,
    /// When the daemon's process began anew, its prover with it.
    pub(crate) restarts: Vec<Timestamp>,
    pub(crate) steps: Vec<Step>,
}

/// One look and what was really asked and set by it.
#[derive(Clone)]
pub(crate) struct Step {
    /// When it began, by the market's time.
    pub(crate) at: Timestamp,
    /// When it began, by the controller's clock.
    pub(crate) believed: Timestamp,
    /// What the daemon showed of itself as it began.
    pub(crate) sync: SyncState,
    /// Whether the operator had paused it.
    pub(crate) paused: bool,
    /// Whether the operator's `resume` came before it, which closes the breaker.
    pub(crate) resumed: bool,
    /// What was wrong.
    pub(crate) faults: Vec<&'static str>,
    /// Requests that left the controller.
    pub(crate) asked: Vec<RequestKind>,
    /// Intents that the journal took down in it.
    pub(crate) intended: usize,
    /// What was set at the daemon since the look before, in order.
    pub(crate) applied: Vec<AppliedChange>,
    pub(crate) record: Arc<Record>,
}

impl Step {
    pub(crate) fn mutates(&self) -> bool {
        self.asked.iter().any(|kind| kind.is_mutation())
    }
}

/// Everything that did not hold.
pub(crate) fn violations(trace: &Trace) -> Vec<Violation> {
    let mut checker = Checker::new(trace.mode, trace.params.clone());
    let mut restarts = trace.restarts.clone();
    restarts.sort_unstable();
    for step in &trace.steps {
        let later = restarts.split_off(restarts.partition_point(|restart| *restart <= step.at));
        let since_the_last = std::mem::replace(&mut restarts, later);
        let count = |wanted: RequestKind| step.asked.iter().filter(|kind| **kind == wanted).count();
        checker.check_look(&invariants::CheckedLook {
            sequence: step.record.sequence,
            at: step.at,
            sync: &step.sync,
            paused: step.paused,
            resumed: step.resumed,
            sent: SentMutations {
                fee: count(RequestKind::SetFee),
                on: count(RequestKind::SwitchOn),
                off: count(RequestKind::SwitchOff),
            },
            intended: Some(step.intended),
            restarts: &since_the_last,
            applied: &step.applied,
            seen: step.record.look.status.is_ok(),
            decision: &step.record.decision,
            outcome: &step.record.outcome,
            breaker_open: step.record.hold.breaker_open,
        });
    }
    checker.violations().to_vec()
}

/// Violations by invariant, for a table.
pub(crate) fn counted(violations: &[Violation]) -> BTreeMap<Invariant, usize> {
    let mut counts = BTreeMap::new();
    for violation in violations {
        *counts.entry(violation.invariant).or_default() += 1;
    }
    counts
}
