//! What a work costs, in documents and words.

use serde::{Deserialize, Serialize};
use snarkfee_core::{
    cost::{CostEstimate, CostSource},
    units::FeeUnit,
};

/// The cost of a work, with its range. Amounts are numbers of MINA.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CostDocument {
    /// What is expected.
    pub(crate) per_work_mina: f64,
    /// One time in ten it is less. Decisions are charged this end.
    pub(crate) low_mina: f64,
    /// One time in ten it is more.
    pub(crate) high_mina: f64,
    /// What an hour costs in which the worker is on and has nothing to do.
    pub(crate) idle_mina_per_hour: f64,
    /// Where it is from.
    pub(crate) source: CostSource,
}

impl From<&CostEstimate> for CostDocument {
    fn from(cost: &CostEstimate) -> Self {
        Self {
            per_work_mina: cost.per_work.to_mina(),
            low_mina: cost.low.to_mina(),
            high_mina: cost.high.to_mina(),
            idle_mina_per_hour: cost.idle_hour.to_mina(),
            source: cost.source,
        }
    }
}

impl CostDocument {
    /// The range and where it is from; `None` for a cost that is set.
    pub(crate) fn describe_range(&self, unit: FeeUnit) -> Option<String> {
        let number = |mina| unit.show_short_number(mina);
        (self.source != CostSource::Set).then(|| {
            format!(
                "{} to {} with probability 80 %; {}",
                number(self.low_mina),
                number(self.high_mina),
                self.source.text()
            )
        })
    }
}
