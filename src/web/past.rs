//! What was seen and decided before, from the journal. Where none is kept, or it cannot be read, the
//! memory of the running service answers.
//!
//! Invariants: an answer is bounded in size and time, however long the service ran and the journal
//! goes back; a restart changes nothing of it.

use snarkfee_core::{
    decision_log::{DecisionFilter, DecisionPage},
    record::Record,
    trend::{TrendPoint, TrendRange, mark_gaps},
};

use super::state::WebState;

/// What was read of the past.
#[derive(Clone, Debug, Default)]
pub(super) struct Past<T> {
    pub(super) found: T,
    /// Whether the journal could not be read, so that this begins with the service's start.
    pub(super) cut_short: bool,
}

/// The decisions that match.
pub(super) async fn load_decisions(state: &WebState, filter: DecisionFilter) -> Past<DecisionPage> {
    let Some(archive) = &state.archive else {
        return Past { found: state.board.decisions(&filter), cut_short: false };
    };
    match archive.read_decisions(filter.clone()).await {
        Ok(found) => Past { found, cut_short: false },
        Err(error) => {
            tracing::warn!(%error, "decisions could not be read from the journal");
            Past { found: state.board.decisions(&filter), cut_short: true }
        }
    }
}

/// The history of a daemon up to a record, at most some 360 points in order of time.
pub(super) async fn load_trend(
    state: &WebState,
    range: TrendRange,
    record: &Record,
) -> Past<Vec<TrendPoint>> {
    let daemon = &record.daemon;
    let read = match &state.archive {
        Some(archive) => archive.read_trend(daemon, range, record.at).await.map(Some),
        None => Ok(None),
    };
    let cut_short = read.is_err();
    let mut points = match read {
        Ok(Some(points)) => points,
        Ok(None) => remembered(state, range, record),
        Err(error) => {
            tracing::warn!(%daemon, %error, "a history could not be read from the journal");
            remembered(state, range, record)
        }
    };
    if points.last().is_none_or(|last| last.at < record.at) {
        points.push(TrendPoint::new(record));
    }
    Past { found: mark_gaps(points), cut_short }
}

/// What is still in memory.
fn remembered(state: &WebState, range: TrendRange, record: &Record) -> Vec<TrendPoint> {
    let most = usize::try_from(TrendRange::POINTS).unwrap_or(usize::MAX);
    let mut points = state.board.trend(&record.daemon, usize::MAX);
    let from = range.begin(record.at);
    points.retain(|point| point.at >= from);
    let step = points.len().div_ceil(most).max(1);
    let mut newest_first: Vec<_> = points.into_iter().rev().step_by(step).collect();
    newest_first.reverse();
    newest_first
}
