//! The board: what the controller has published, as the page and the API read it.
//!
//! Invariants: bounded in memory, whatever the uptime and however many daemons there are; a reader
//! never waits for a look.
//!
//! Not here: the journal, which keeps everything (`journal`), and how it is shown (`web`).

mod row;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use jiff::Timestamp;
use snarkfee_core::{
    record::{Mode, Record},
    trend::{ThinnedSeries, TrendPoint},
    units::DaemonId,
};

pub use self::row::{DecisionFilter, DecisionRow, Slice};

/// How much the board keeps of a daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Room {
    decisions: usize,
    points: usize,
}

impl Room {
    /// A day and a half, and two days, at a look a minute.
    const ONE: Self = Self { decisions: 2_000, points: 2_880 };
    /// Of a large fleet all daemons have so much together, 20 to 30 MB: each one's decisions lie in
    /// the journal.
    const ALL: Self = Self { decisions: 32_000, points: 64_000 };

    fn among(daemons: usize) -> Self {
        let share = |all: usize, one: usize| (all / daemons.max(1)).clamp(2, one);
        Self {
            decisions: share(Self::ALL.decisions, Self::ONE.decisions),
            points: share(Self::ALL.points, Self::ONE.points),
        }
    }
}

/// What the controller has published.
#[derive(Debug)]
pub struct Board(RwLock<Inner>);

#[derive(Debug)]
struct Inner {
    mode: Mode,
    shelves: BTreeMap<DaemonId, Shelf>,
}

/// What is kept of one daemon.
#[derive(Debug)]
struct Shelf {
    latest: Option<Arc<Record>>,
    standing: Option<Standing>,
    read_in_full: Option<Timestamp>,
    room: Room,
    decisions: VecDeque<DecisionRow>,
    history: ThinnedSeries<TrendPoint>,
}

/// Since when the worker is in its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether the daemon works; `None` while that cannot be told.
    pub enabled: Option<bool>,
    /// When that was first seen.
    pub since: Timestamp,
    /// Whether it was so at the first look already, and so began earlier.
    pub from_start: bool,
    /// What was last known before it could not be told.
    pub before: Option<bool>,
}

/// One daemon as it stands.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The daemon.
    pub daemon: DaemonId,
    /// Its last look; `None` before the first.
    pub latest: Option<Arc<Record>>,
    /// Since when the worker is in its state; `None` before the first look.
    pub standing: Option<Standing>,
    /// When everything asked of the daemon was last read.
    pub read_in_full: Option<Timestamp>,
}

impl Board {
    /// A board for these daemons, nothing published yet.
    pub fn new(mode: Mode, daemons: impl IntoIterator<Item = DaemonId>) -> Self {
        let board = Self(RwLock::new(Inner { mode, shelves: BTreeMap::new() }));
        board.retain(daemons);
        board
    }

    /// Takes over the daemons of a reloaded configuration: those no longer there are dropped.
    pub fn retain(&self, daemons: impl IntoIterator<Item = DaemonId>) {
        let daemons: Vec<DaemonId> = daemons.into_iter().collect();
        let room = Room::among(daemons.len());
        let mut inner = self.write();
        let mut old = std::mem::take(&mut inner.shelves);
        let kept = |daemon: DaemonId| {
            let shelf =
                old.remove(&daemon).map_or_else(|| Shelf::new(room), |shelf| shelf.within(room));
            (daemon, shelf)
        };
        inner.shelves = daemons.into_iter().map(kept).collect();
    }

    /// Publishes a record. One of a daemon that the board does not know is dropped.
    pub fn publish(&self, record: &Arc<Record>) {
        let mut inner = self.write();
        inner.mode = record.mode;
        if let Some(shelf) = inner.shelves.get_mut(&record.daemon) {
            shelf.take(record);
        }
    }

    /// Whether decisions are carried out.
    pub fn mode(&self) -> Mode {
        self.read().mode
    }

    /// Every daemon, in order of name.
    pub fn entries(&self) -> Vec<Entry> {
        self.read().shelves.iter().map(|(daemon, shelf)| shelf.entry(daemon)).collect()
    }

    /// One daemon.
    pub fn entry(&self, daemon: &DaemonId) -> Option<Entry> {
        self.read().shelves.get(daemon).map(|shelf| shelf.entry(daemon))
    }

    /// The daemons that were not looked at yet.
    pub fn waiting(&self) -> Vec<DaemonId> {
        let inner = self.read();
        let waiting = inner.shelves.iter().filter(|(_, shelf)| shelf.latest.is_none());
        waiting.map(|(daemon, _)| daemon.clone()).collect()
    }

    /// Decisions, newest first.
    pub fn decisions(&self, filter: &DecisionFilter) -> Slice {
        let inner = self.read();
        let shelves = inner
            .shelves
            .iter()
            .filter(|(daemon, _)| filter.daemon.as_ref().is_none_or(|only| only == *daemon));
        let mut rows: Vec<&DecisionRow> = shelves
            .flat_map(|(_, shelf)| {
                let newest_first = shelf.decisions.iter().rev();
                newest_first.filter(|row| filter.takes(row)).take(filter.limit.saturating_add(1))
            })
            .collect();
        rows.sort_by_key(|row| (std::cmp::Reverse(row.at), std::cmp::Reverse(row.sequence)));
        let more = rows.len() > filter.limit;
        Slice { rows: rows.into_iter().take(filter.limit).cloned().collect(), more }
    }

    /// A daemon's history, oldest first, at most `most` points.
    pub fn history(&self, daemon: &DaemonId, most: usize) -> Vec<TrendPoint> {
        self.read().shelves.get(daemon).map(|shelf| shelf.history.thin_to(most)).unwrap_or_default()
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn new(room: Room) -> Self {
        Self {
            latest: None,
            standing: None,
            read_in_full: None,
            room,
            decisions: VecDeque::new(),
            history: ThinnedSeries::new(room.points),
        }
    }

    fn within(mut self, room: Room) -> Self {
        self.room = room;
        self.decisions.drain(..self.decisions.len().saturating_sub(room.decisions));
        self.decisions.shrink_to_fit();
        self.history.set_limit(room.points);
        self
    }

    fn take(&mut self, record: &Arc<Record>) {
        self.standing = Some(Standing::after(self.standing, record.enabled_after(), record.at));
        if record.read_in_full() {
            self.read_in_full = Some(record.at);
        }
        if self.decisions.len() >= self.room.decisions {
            self.forget_one();
        }
        self.decisions.push_back(DecisionRow::new(record));
        self.history.push(TrendPoint::new(record));
        self.latest = Some(Arc::clone(record));
    }

    /// Forgets the oldest decision; in the older half rather one that changed nothing, since they
    /// are many and say little.
    fn forget_one(&mut self) {
        let older = self.decisions.iter().take(self.room.decisions / 2);
        let held = older.enumerate().find(|(_, row)| row.is_hold()).map_or(0, |(place, _)| place);
        self.decisions.remove(held);
    }

    fn entry(&self, daemon: &DaemonId) -> Entry {
        Entry {
            daemon: daemon.clone(),
            latest: self.latest.clone(),
            standing: self.standing,
            read_in_full: self.read_in_full,
        }
    }
}

impl Standing {
    fn after(earlier: Option<Self>, enabled: Option<bool>, at: Timestamp) -> Self {
        match earlier {
            None => Self { enabled, since: at, from_start: true, before: None },
            Some(same) if same.enabled == enabled => same,
            Some(other) => Self {
                enabled,
                since: at,
                from_start: false,
                before: other.enabled.or(other.before),
            },
        }
    }
}
