//! The history of a daemon in a bounded number of points.

mod gaps;
mod range;
mod thinned;

use jiff::Timestamp;

pub use gaps::mark_gaps;
pub use range::TrendRange;
pub use thinned::ThinnedSeries;

use crate::{
    market::MarketSummary,
    record::Record,
    units::{FeeRate, Nanomina},
};

/// One point of a daemon's history.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendPoint {
    /// When the look began.
    pub at: Timestamp,
    /// The fee the daemon asks.
    pub fee: Option<Nanomina>,
    /// The fee the policy wants.
    pub target_fee: Option<Nanomina>,
    /// Whether the worker is on.
    pub enabled: Option<bool>,
    /// Price at which work is bought, at [`MarketSummary::QUANTILES`].
    pub quantiles: [Option<Nanomina>; MarketSummary::QUANTILES.len()],
    /// Works still to be bought, and how many of these nobody has proved.
    pub open_works: Option<(u64, u64)>,
    /// Fees received for own sales so far.
    pub earned: Option<Nanomina>,
    /// Cautious estimate of the profit at the target fee.
    pub expected_profit: Option<FeeRate>,
}

impl TrendPoint {
    /// A point at which nothing is known.
    pub const fn unknown(at: Timestamp) -> Self {
        Self {
            at,
            fee: None,
            target_fee: None,
            enabled: None,
            quantiles: [None; MarketSummary::QUANTILES.len()],
            open_works: None,
            earned: None,
            expected_profit: None,
        }
    }

    /// The point of a look.
    pub fn new(record: &Record) -> Self {
        let market = record.market.as_ref();
        Self {
            at: record.at,
            fee: record.fee_after(),
            target_fee: record.decision.target.map(|target| target.fee),
            enabled: record.enabled_after(),
            quantiles: market
                .map_or([None; MarketSummary::QUANTILES.len()], |market| market.quantiles),
            open_works: record.book().map(|book| (book.open_works, book.uncovered_works)),
            earned: record.money.as_ref().map(|money| money.all.real.earned),
            expected_profit: record
                .decision
                .appraisal
                .as_ref()
                .map(|appraisal| appraisal.best.cautious_profit),
        }
    }
}
