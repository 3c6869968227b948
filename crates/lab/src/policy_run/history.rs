//! The course of a run over time, for charts.

use jiff::Timestamp;
use snarkfee_core::{
    policy::Outcome,
    record::Record,
    trend::{ThinnedSeries, TrendPoint},
};

/// Points kept of each line: about two for each pixel of a chart.
const POINTS: usize = 1_200;
/// Decisions kept; more would overlap in a chart.
const DECISIONS: usize = 2_000;

/// The course of one policy's run.
#[derive(Clone, Debug)]
pub struct RunHistory {
    /// Name of the policy.
    pub(crate) policy: String,
    points: ThinnedSeries<TrendPoint>,
    profit: ThinnedSeries<(Timestamp, f64)>,
    decisions: Vec<(Timestamp, &'static str)>,
}

impl RunHistory {
    /// A history without entries.
    pub(crate) fn new(policy: String) -> Self {
        Self {
            policy,
            points: ThinnedSeries::new(POINTS),
            profit: ThinnedSeries::new(POINTS),
            decisions: Vec::new(),
        }
    }

    /// Records one look.
    pub(super) fn record_look(&mut self, record: &Record) {
        self.points.push(TrendPoint::new(record));
        if record.outcome != Outcome::Held && self.decisions.len() < DECISIONS {
            self.decisions.push((record.at, record.decision.action.code()));
        }
    }

    /// Records the profit up to `at`, in MINA.
    pub(super) fn record_profit(&mut self, at: Timestamp, profit: f64) {
        self.profit.push((at, profit));
    }

    /// Fee and market over time; empty for a script.
    pub(crate) fn points(&self) -> Vec<TrendPoint> {
        self.points.thin_to(usize::MAX)
    }

    /// Profit over time, in MINA.
    pub(crate) fn profit(&self) -> Vec<(Timestamp, f64)> {
        self.profit.thin_to(usize::MAX)
    }

    /// Decisions that changed something, with the code of the action.
    pub(crate) fn decisions(&self) -> &[(Timestamp, &'static str)] {
        &self.decisions
    }
}
