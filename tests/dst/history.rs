//! What really happened, in the order in which it did: the only thing that the checker judges by.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::{self, Write},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use snarkfee_clock::Timepiece;
use snarkfee_core::{
    market::{DaemonStatus, LedgerAccount},
    policy::{Action, DaemonSettings, Mode, Mutation},
    units::PublicKey,
};

use crate::{
    checker::Checker,
    config::SimConfig,
    machine::Machine,
    promises::Violation,
    schedule::{Fault, Order},
};

/// Something that happened. Daemons are numbered.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "all of it is shown and hashed")]
pub(crate) enum Fact {
    /// The machine started anew.
    Booted,
    /// A process of the service began.
    Started { once: bool, config: Arc<SimConfig> },
    /// It was told to end.
    Stopping,
    /// It ended.
    Ended,
    /// It read the configuration again.
    ConfigRead { config: Arc<SimConfig> },
    /// It logged that it goes by what it read.
    ReloadLogged,
    /// The operator gave an order, which may or may not be recorded.
    OrderTried { order: Order, daemon: Option<usize> },
    /// He was told that it is in force.
    OrderAcknowledged { order: Order, daemon: Option<usize> },
    /// A loop began to talk to a daemon.
    Connected { daemon: usize, port: u64 },
    /// A daemon's status was asked for; metrics and account only in a look.
    Served { daemon: usize, port: u64, began: Duration, asked: Asked, shown: Shown },
    /// The journal acknowledged what is about to be done.
    Intended { daemon: usize, action: Action },
    /// The journal said which orders there are.
    OrdersRead { daemon: usize },
    /// A mutation left the service.
    Sent { daemon: usize, port: u64, mutation: Mutation },
    /// A daemon was set. `sent` is when the service sent it; `None` for someone else's.
    Applied { daemon: usize, mutation: Mutation, before: DaemonSettings, sent: Option<Duration> },
    /// A mutation was answered.
    Answered { daemon: usize, answer: Answer },
    /// A daemon's process began anew, at this time.
    Restarted { daemon: usize, at: Duration },
    /// A look was completed.
    Looked { daemon: usize, mode: Mode, told: String },
    /// The journal acknowledged it, or the state of a daemon that was left.
    Remembered { daemon: usize },
    /// The price of MINA was read.
    Priced,
    /// Files of the journal were damaged or lost.
    Damaged { damage: Damage },
    /// A fault of the schedule began.
    Struck { fault: Fault, daemon: usize, lasts: Duration },
}

/// What a status was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A look.
    Look,
    /// To read back, or to leave the daemon.
    Alone,
}

/// What a daemon answered to a look.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) status: Option<Arc<DaemonStatus>>,
    /// Whether its metrics were read.
    pub(crate) metrics: bool,
    /// Whether they cannot be true.
    pub(crate) contradicts: bool,
    /// The account of the key, where that was answered.
    pub(crate) account: Option<LedgerAccount>,
    /// The time of day as the service's clock showed it when it asked, and the time since.
    pub(crate) wall: Timestamp,
}

/// What the service heard of a mutation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// What it replaced.
    Replaced(DaemonSettings),
    Refused,
    Lost,
}

/// What became of the files of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// Bits or bytes changed: recognised, or nothing that matters.
    Changed,
    /// Acknowledged writes are gone, which shows.
    Shows,
    /// Everything is as it was at an earlier time, or gone, which does not show.
    Hidden,
    /// A file was deleted under the running service.
    Deleted,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(status) = &self.status else { return f.write_str("nothing") };
        write!(
            f,
            "fee {} {} {} peers {:?} height {:?} of {} up {:?} now {} wall {}{}{}",
            status.fee,
            show_key(status.worker.as_ref()),
            status.sync.as_str(),
            status.peers,
            status.height,
            status.highest_received,
            status.uptime,
            status.now.starts,
            self.wall,
            if self.metrics { "" } else { " no metrics" },
            if status.read_only { " read-only" } else { "" },
        )?;
        let slots: Vec<String> = status.own_slots.iter().map(|slot| slot.to_string()).collect();
        if slots.is_empty() { Ok(()) } else { write!(f, " own {slots:?}") }
    }
}

fn show_key(key: Option<&PublicKey>) -> &str {
    key.map_or("off", |key| key.as_str().get(..12).unwrap_or_default())
}

/// Everything so far: its hash, its end, and what the checker makes of it.
pub(crate) struct History {
    machine: &'static Machine,
    pub(crate) checker: Checker,
    hash: u64,
    line: String,
    recent: VecDeque<String>,
    /// The faults that are there now, each with its end.
    active: Vec<(Fault, Duration)>,
    /// What happened while each fault was there.
    pub(crate) tallies: BTreeMap<Fault, Tally>,
    /// Looks completed.
    pub(crate) looks: u64,
    /// Mutations sent.
    pub(crate) sent: u64,
}

/// What happened while a fault was there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) times: u64,
    pub(crate) looks: u64,
    pub(crate) sent: u64,
    pub(crate) violations: u64,
}

/// Least time for which a fault counts as being there: an interval between looks.
const SHORTEST: Duration = Duration::from_secs(60);
/// Facts that are kept for people.
const RECENT: usize = 60;

impl History {
    pub(crate) fn begin(machine: &'static Machine) -> Self {
        Self {
            machine,
            checker: Checker::default(),
            hash: 0xcbf2_9ce4_8422_2325,
            line: String::new(),
            recent: VecDeque::new(),
            active: Vec::new(),
            tallies: BTreeMap::new(),
            looks: 0,
            sent: 0,
        }
    }

    /// Takes down a fact.
    #[expect(clippy::needless_pass_by_value, reason = "a fact is made where it happens")]
    pub(crate) fn note(&mut self, fact: Fact) {
        let at = self.machine.passed();
        self.line.clear();
        write!(self.line, "{:.3} {fact:?}", at.as_secs_f64()).unwrap();
        // FNV-1a: the same everywhere and for ever.
        for byte in self.line.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let mut kept = match self.recent.len() {
            RECENT => self.recent.pop_front().unwrap(),
            _ => String::new(),
        };
        kept.clone_from(&self.line);
        self.recent.push_back(kept);
        let wall = self.machine.now();
        let before = self.checker.violations.len();
        self.checker.take(at, wall, self.machine.ahead(), &fact);
        let violations = u64::try_from(self.checker.violations.len() - before).unwrap();
        let looks = u64::from(matches!(fact, Fact::Looked { .. }));
        let sent = u64::from(matches!(fact, Fact::Sent { .. }));
        (self.looks, self.sent) = (self.looks + looks, self.sent + sent);
        if looks + sent + violations > 0 {
            self.active.retain(|(_, until)| *until > at);
            for (fault, _) in &self.active {
                let tally = self.tallies.entry(*fault).or_default();
                tally.looks += looks;
                tally.sent += sent;
                tally.violations += violations;
            }
        }
        if let Fact::Struck { fault, lasts, .. } = fact {
            self.tallies.entry(fault).or_default().times += 1;
            self.active.retain(|(active, _)| *active != fault);
            self.active.push((fault, at + lasts.max(SHORTEST)));
        }
    }

    /// What did not hold.
    pub(crate) fn violations(&self) -> &[Violation] {
        &self.checker.violations
    }

    /// Stands for every byte of it.
    pub(crate) const fn hash(&self) -> u64 {
        self.hash
    }

    /// The last facts.
    pub(crate) fn recent(&self) -> Vec<String> {
        self.recent.iter().cloned().collect()
    }
}
