//! What a run looked like over time, for drawing.

use jiff::Timestamp;
use snarkfee_core::{
    policy::Outcome,
    record::Record,
    trend::{ThinnedSeries, TrendPoint},
};

/// Points kept of each line: about two for each pixel of a chart.
const POINTS: usize = 1_200;
/// Decisions kept: more would cover each other.
const DECISIONS: usize = 2_000;

/// What a policy's run looked like over time.
#[derive(Clone, Debug)]
pub struct Portrait {
    /// The policy.
    pub policy: String,
    points: ThinnedSeries<TrendPoint>,
    profit: ThinnedSeries<(Timestamp, f64)>,
    decisions: Vec<(Timestamp, &'static str)>,
}

impl Portrait {
    /// Of a run that has not begun.
    pub fn new(policy: String) -> Self {
        Self {
            policy,
            points: ThinnedSeries::new(POINTS),
            profit: ThinnedSeries::new(POINTS),
            decisions: Vec::new(),
        }
    }

    /// Takes in a look.
    pub(super) fn take(&mut self, record: &Record) {
        self.points.push(TrendPoint::new(record));
        if record.outcome != Outcome::Held && self.decisions.len() < DECISIONS {
            self.decisions.push((record.at, record.decision.action.code()));
        }
    }

    /// Takes in what had been earned less what had been spent, in MINA.
    pub(super) fn earned(&mut self, at: Timestamp, profit: f64) {
        self.profit.push((at, profit));
    }

    /// Fee and market over time; empty for a script.
    pub fn points(&self) -> Vec<TrendPoint> {
        self.points.thin_to(usize::MAX)
    }

    /// Profit over time, in MINA.
    pub fn profit(&self) -> Vec<(Timestamp, f64)> {
        self.profit.thin_to(usize::MAX)
    }

    /// Decisions that changed something, with the code of what they did.
    pub fn decisions(&self) -> &[(Timestamp, &'static str)] {
        &self.decisions
    }
}
