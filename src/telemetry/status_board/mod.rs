//! The latest records, decisions and trends of every daemon, as the page and the API read them.
//!
//! Invariants: memory is bounded, whatever the uptime and the number of daemons; a reader never
//! waits for a look.
//!
//! Not here: the journal, which keeps everything (`journal`), and presentation (`web`).

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use jiff::Timestamp;
use snarkfee_core::{
    decision_log::{DecisionFilter, DecisionPage, DecisionRow, LineBuilder},
    record::{Mode, Record},
    trend::{ThinnedSeries, TrendPoint},
    units::DaemonId,
};

/// How many decisions and trend points are kept of a daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Capacity {
    decisions: usize,
    points: usize,
}

impl Capacity {
    /// One daemon: a day and a half of decisions and two days of points, at a look a minute.
    const ONE: Self = Self { decisions: 2_000, points: 2_880 };
    /// All daemons of a large fleet together, 20 to 30 MB: the journal has every decision.
    const ALL: Self = Self { decisions: 32_000, points: 64_000 };

    fn shared_by(daemons: usize) -> Self {
        let share = |all: usize, one: usize| (all / daemons.max(1)).clamp(2, one);
        Self {
            decisions: share(Self::ALL.decisions, Self::ONE.decisions),
            points: share(Self::ALL.points, Self::ONE.points),
        }
    }
}

/// What the controller has published.
#[derive(Debug)]
pub struct StatusBoard(RwLock<BoardState>);

#[derive(Debug)]
struct BoardState {
    mode: Mode,
    daemons: BTreeMap<DaemonId, DaemonHistory>,
}

/// What is kept of one daemon.
#[derive(Debug)]
struct DaemonHistory {
    latest: Option<Arc<Record>>,
    worker: Option<WorkerState>,
    read_in_full: Option<Timestamp>,
    capacity: Capacity,
    decisions: VecDeque<DecisionRow>,
    trend: ThinnedSeries<TrendPoint>,
}

/// Whether the worker is on, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerState {
    /// Whether the worker is on; `None` while that is not known.
    pub enabled: Option<bool>,
    /// When this state was first seen.
    pub since: Timestamp,
    /// Whether the first look already found it, so that it began earlier.
    pub from_first_look: bool,
    /// The last known state before it became unknown.
    pub last_known: Option<bool>,
}

/// The current state of one daemon.
#[derive(Clone, Debug)]
pub struct DaemonOverview {
    /// The daemon.
    pub daemon: DaemonId,
    /// The record of its last look; `None` before the first.
    pub latest: Option<Arc<Record>>,
    /// Whether the worker is on, and since when; `None` before the first look.
    pub worker: Option<WorkerState>,
    /// When everything asked of the daemon was last read.
    pub read_in_full: Option<Timestamp>,
}

impl StatusBoard {
    /// An empty board for these daemons.
    pub fn new(mode: Mode, daemons: impl IntoIterator<Item = DaemonId>) -> Self {
        let board = Self(RwLock::new(BoardState { mode, daemons: BTreeMap::new() }));
        board.set_daemons(daemons);
        board
    }

    /// Adds and drops daemons to match a reloaded configuration.
    pub(crate) fn set_daemons(&self, daemons: impl IntoIterator<Item = DaemonId>) {
        let daemons: Vec<DaemonId> = daemons.into_iter().collect();
        let capacity = Capacity::shared_by(daemons.len());
        let mut state = self.write();
        let mut old = std::mem::take(&mut state.daemons);
        state.daemons = daemons
            .into_iter()
            .map(|daemon| {
                let history = old.remove(&daemon).map_or_else(
                    || DaemonHistory::new(capacity),
                    |history| history.resized(capacity),
                );
                (daemon, history)
            })
            .collect();
    }

    /// Publishes a record; one of an unknown daemon is dropped.
    pub fn publish(&self, record: &Arc<Record>) {
        let mut state = self.write();
        state.mode = record.mode;
        if let Some(history) = state.daemons.get_mut(&record.daemon) {
            history.add_record(record);
        }
    }

    /// Whether decisions are carried out.
    pub fn mode(&self) -> Mode {
        self.read().mode
    }

    /// Every daemon, in order of name.
    pub fn daemons(&self) -> Vec<DaemonOverview> {
        self.read().daemons.iter().map(|(daemon, history)| history.overview(daemon)).collect()
    }

    /// One daemon; `None` where none has this name.
    pub fn daemon(&self, daemon: &DaemonId) -> Option<DaemonOverview> {
        self.read().daemons.get(daemon).map(|history| history.overview(daemon))
    }

    /// The daemons whose first look is not over yet.
    pub(crate) fn unobserved(&self) -> Vec<DaemonId> {
        let state = self.read();
        let unobserved = state.daemons.iter().filter(|(_, history)| history.latest.is_none());
        unobserved.map(|(daemon, _)| daemon.clone()).collect()
    }

    /// Decisions that match, newest first, of those that are still in memory.
    pub fn decisions(&self, filter: &DecisionFilter) -> DecisionPage {
        let state = self.read();
        let mut rows: Vec<&DecisionRow> = state
            .daemons
            .iter()
            .filter(|(daemon, _)| filter.daemon.as_ref().is_none_or(|only| only == *daemon))
            .flat_map(|(_, history)| history.decisions.iter())
            .collect();
        rows.sort_by_key(|row| (std::cmp::Reverse(row.at), std::cmp::Reverse(row.sequence)));
        let mut builder = LineBuilder::new(filter);
        for row in rows {
            if !builder.add(row.key(), row.at, row) {
                break;
            }
        }
        let (lines, more) = builder.finish();
        DecisionPage {
            lines: lines.into_iter().map(|line| line.map(DecisionRow::clone)).collect(),
            more,
        }
    }

    /// A daemon's trend, oldest first, thinned to at most `most` points.
    pub(crate) fn trend(&self, daemon: &DaemonId, most: usize) -> Vec<TrendPoint> {
        self.read()
            .daemons
            .get(daemon)
            .map(|history| history.trend.thin_to(most))
            .unwrap_or_default()
    }

    fn read(&self) -> RwLockReadGuard<'_, BoardState> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BoardState> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DaemonHistory {
    fn new(capacity: Capacity) -> Self {
        Self {
            latest: None,
            worker: None,
            read_in_full: None,
            capacity,
            decisions: VecDeque::new(),
            trend: ThinnedSeries::new(capacity.points),
        }
    }

    fn resized(mut self, capacity: Capacity) -> Self {
        self.capacity = capacity;
        self.decisions.drain(..self.decisions.len().saturating_sub(capacity.decisions));
        self.decisions.shrink_to_fit();
        self.trend.set_limit(capacity.points);
        self
    }

    fn add_record(&mut self, record: &Arc<Record>) {
        self.worker = Some(WorkerState::after(self.worker, record.enabled_after(), record.at));
        if record.read_in_full() {
            self.read_in_full = Some(record.at);
        }
        if self.decisions.len() >= self.capacity.decisions {
            self.evict_decision();
        }
        self.decisions.push_back(DecisionRow::new(record));
        self.trend.push(TrendPoint::new(record));
        self.latest = Some(Arc::clone(record));
    }

    /// Drops the oldest hold among the older half, or the oldest decision if that has none: holds
    /// are many and say little.
    fn evict_decision(&mut self) {
        let older = self.decisions.iter().take(self.capacity.decisions / 2);
        let held = older.enumerate().find(|(_, row)| row.is_hold()).map_or(0, |(place, _)| place);
        self.decisions.remove(held);
    }

    fn overview(&self, daemon: &DaemonId) -> DaemonOverview {
        DaemonOverview {
            daemon: daemon.clone(),
            latest: self.latest.clone(),
            worker: self.worker,
            read_in_full: self.read_in_full,
        }
    }
}

impl WorkerState {
    fn after(earlier: Option<Self>, enabled: Option<bool>, at: Timestamp) -> Self {
        match earlier {
            None => Self { enabled, since: at, from_first_look: true, last_known: None },
            Some(same) if same.enabled == enabled => same,
            Some(other) => Self {
                enabled,
                since: at,
                from_first_look: false,
                last_known: other.enabled.or(other.last_known),
            },
        }
    }
}
