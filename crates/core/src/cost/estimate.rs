//! What a work costs, with its range and where that is from.
//!
//! A cost that rests on a measured pace is uncertain until enough works were made, and only work
//! can measure it. Decisions are charged its lower end: a high guess would keep the worker off,
//! where nothing can correct it. What that risks ends with the measuring, within an hour or so.

use serde::{Deserialize, Serialize};

use crate::{market::PaceSource, units::Nanomina};

/// What a work costs to make while there is work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostEstimate {
    /// What is expected.
    pub per_work: Nanomina,
    /// One time in ten it is less; the same where it does not rest on a measurement.
    pub low: Nanomina,
    /// One time in ten it is more.
    pub high: Nanomina,
    /// What an hour costs in which the worker is on and has nothing to do.
    pub idle_hour: Nanomina,
    /// Where it is from.
    pub source: CostSource,
}

impl CostEstimate {
    /// A cost that is set.
    pub const fn set(per_work: Nanomina) -> Self {
        Self {
            per_work,
            low: per_work,
            high: per_work,
            idle_hour: Nanomina::ZERO,
            source: CostSource::Set,
        }
    }

    /// What decisions are charged: the lower end.
    pub const fn charged(&self) -> ChargedCost {
        ChargedCost { per_work: self.low, idle_hour: self.idle_hour }
    }
}

/// The cost by which is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChargedCost {
    /// Of a work, while there is work.
    pub per_work: Nanomina,
    /// Of an hour without work.
    pub idle_hour: Nanomina,
}

impl From<Nanomina> for ChargedCost {
    /// The cost of a work where an idle hour costs nothing.
    fn from(per_work: Nanomina) -> Self {
        Self { per_work, idle_hour: Nanomina::ZERO }
    }
}

/// Where a cost is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostSource {
    /// The operator set it, or the pace that it rests on.
    Set,
    /// The daemon's own sums of prover time.
    ProverTime,
    /// Works made in time in which there was something to prove all along.
    BusyTime,
    /// Nothing was measured yet: the range of paces that is believed.
    Prior,
}

impl CostSource {
    /// All codes.
    pub const CODES: [&'static str; 4] = ["set", "prover_time", "busy_time", "prior"];

    /// The stable code in metrics, JSON and documentation.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::ProverTime => "prover_time",
            Self::BusyTime => "busy_time",
            Self::Prior => "prior",
        }
    }

    /// A few words for people.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Set => "as set",
            Self::ProverTime => "measured by the daemon's sums of prover time",
            Self::BusyTime => "measured while there was something to prove all along",
            Self::Prior => "not measured yet",
        }
    }
}

impl From<PaceSource> for CostSource {
    fn from(source: PaceSource) -> Self {
        match source {
            PaceSource::ProverTime => Self::ProverTime,
            PaceSource::BusyTime => Self::BusyTime,
            PaceSource::Prior => Self::Prior,
        }
    }
}
