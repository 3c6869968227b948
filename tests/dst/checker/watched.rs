//! One daemon: what it showed, what was set, and what is under way.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use snarkfee_core::{
    market::{DaemonStatus, LedgerAccount},
    policy::{Action, DaemonSettings, Mode, Mutation},
};

use super::{Moment, Process, memory::Memory, orders::Orders};
use crate::history::{Answer, Asked, Shown};

/// One daemon.
#[derive(Default)]
pub(super) struct Watched {
    pub(super) newest_port: u64,
    /// The settings no longer name it.
    pub(super) removed: bool,
    pub(super) clock: LookClock,
    pub(super) orders: Orders,
    pub(super) decision: Option<Decided>,
    pub(super) intent: Option<Intent>,
    /// Actions in this process.
    pub(super) actions: u32,
    pub(super) memory: Memory,
    pub(super) saved: Memory,
    /// When the service last sent a change of the fee that was made.
    pub(super) fee_changed: Option<Duration>,
    /// When it last sent a switch that was made.
    pub(super) switched: Option<Duration>,
    /// Whether that made room for an own block.
    pub(super) stepped_aside: bool,
    /// When its changes of the last day were made.
    pub(super) changes: VecDeque<Duration>,
    pub(super) switched_by_others: Option<OthersSwitch>,
    /// When its process last began, in truth.
    pub(super) restarted: Option<Duration>,
    pub(super) metrics_read: Option<Duration>,
    pub(super) account: Option<LedgerAccount>,
    /// The uptime it last showed, since when, and when it was last shown.
    pub(super) uptime: Option<(Duration, Duration, Duration)>,
    /// Own slots that it showed.
    pub(super) slots: Vec<Timestamp>,
}

/// The clocks of the service as its memory knows them. Across a start of the machine only the time
/// of day tells how much time passed, so a clock that is then ahead of where it was lets time pass.
#[derive(Default)]
pub(super) struct LookClock {
    pub(super) booted: bool,
    gained: Duration,
    /// The least and the most that it was ahead since the last look.
    least: Option<SignedDuration>,
    most: Option<SignedDuration>,
    least_before: SignedDuration,
    last_look: Duration,
}

impl LookClock {
    pub(super) fn sample(&mut self, ahead: SignedDuration) {
        self.least = Some(self.least.map_or(ahead, |least| least.min(ahead)));
        self.most = Some(self.most.map_or(ahead, |most| most.max(ahead)));
    }
}

/// A switch by someone else.
#[derive(Clone, Copy)]
pub(super) struct OthersSwitch {
    pub(super) at: Duration,
    pub(super) on: bool,
    /// Whether it was the only one since a look.
    pub(super) noticeable: bool,
}

/// What the service decided by.
#[derive(Clone)]
pub(super) struct Decided {
    pub(super) began: Duration,
    pub(super) at: Duration,
    pub(super) asked: Asked,
    pub(super) shown: Shown,
}

/// An action that is under way.
pub(super) struct Intent {
    pub(super) action: Action,
    /// What it may send.
    pub(super) planned: Vec<Mutation>,
    pub(super) sent: Vec<Mutation>,
    /// Whether it leaves the daemon.
    pub(super) leaves: bool,
    /// Other settings came into force since.
    pub(super) outdated: bool,
    /// Why nothing further of it may be sent.
    pub(super) dropped: Option<&'static str>,
    /// A mutation whose answer was lost.
    pub(super) lost: Option<Mutation>,
    /// What the daemon must be set to, by what was answered.
    expected: DaemonSettings,
    /// What reading back showed last.
    read_back: Option<DaemonSettings>,
    failed: bool,
    counted: bool,
}

impl Decided {
    pub(super) fn status(&self) -> Option<&Arc<DaemonStatus>> {
        self.shown.status.as_ref()
    }
}

impl Watched {
    /// A time on the timeline of its memory.
    pub(super) fn line(&self, at: Duration) -> Duration {
        at + self.clock.gained
    }

    /// The process that looked after it is gone.
    pub(super) fn end_process(&mut self) {
        self.memory = self.saved.clone();
        self.memory.believed = None;
        (self.intent, self.decision, self.actions) = (None, None, 0);
    }

    /// What was remembered may be lost.
    pub(super) fn forget_pacing(&mut self) {
        (self.memory, self.saved) = (Memory::default(), Memory::default());
        (self.fee_changed, self.switched, self.stepped_aside) = (None, None, false);
        self.changes.clear();
        (self.restarted, self.switched_by_others, self.uptime) = (None, None, None);
    }

    /// The journal has what was remembered.
    pub(super) fn save_memory(&mut self) {
        self.saved = self.memory.clone();
        if let Some(decision) = &self.decision {
            self.orders.obey(decision.began);
        }
    }

    pub(super) fn take_served(
        &mut self,
        process: &Process,
        now: Moment,
        began: Duration,
        asked: Asked,
        shown: &Shown,
    ) {
        if let Some(intent) = self.intent.as_mut().filter(|_| asked == Asked::Alone) {
            let settings = shown.status.as_deref().map(DaemonSettings::from);
            if let Some(lost) = intent.lost.take() {
                if settings.as_ref().is_some_and(|settings| settings.shows(&lost)) {
                    intent.expected.apply(&lost);
                } else {
                    (intent.dropped, intent.failed) = (Some("its answer was lost"), true);
                }
            }
            intent.read_back = settings;
            return;
        }
        self.follow_clock(began);
        self.intent = None;
        if let Some(status) = &shown.status {
            self.observe(process, now, status, shown);
        }
        let (at, shown) = (now.at, shown.clone());
        self.decision = Some(Decided { began, at, asked, shown });
    }

    fn follow_clock(&mut self, began: Duration) {
        let most = self.clock.most.unwrap_or_default();
        let since = self.line(began).saturating_sub(self.clock.last_look);
        if std::mem::take(&mut self.clock.booted) {
            let gained = most.saturating_sub(self.clock.least_before);
            self.clock.gained += Duration::try_from(gained).unwrap_or_default();
        }
        self.orders.shorten(most, since);
        self.clock.least_before = self.clock.least.take().unwrap_or_default();
        self.clock.most = None;
        self.clock.last_look = self.line(began);
    }

    fn observe(
        &mut self,
        process: &Process,
        now: Moment,
        status: &Arc<DaemonStatus>,
        shown: &Shown,
    ) {
        let line = self.line(now.at);
        let found = DaemonSettings::from(&**status);
        let before = self.uptime;
        let restarted = match before {
            None => true,
            Some((uptime, _, seen)) => {
                let passed = line.saturating_sub(seen);
                status.uptime < uptime || status.uptime + Duration::from_secs(4) < passed
            }
        };
        let since = match before {
            Some((uptime, since, _)) if uptime == status.uptime => since,
            _ => line,
        };
        self.uptime = Some((status.uptime, since, line));
        if shown.metrics {
            self.metrics_read = Some(line);
        }
        self.account = shown.account.or(self.account);
        let oldest = now.wall.min(status.now.starts) - SignedDuration::from_hours(30);
        self.slots.retain(|slot| *slot > oldest);
        for slot in status.own_slots.iter() {
            if !self.slots.contains(&slot) {
                self.slots.push(slot);
            }
        }
        let live = process.every(|config| config.live);
        match &self.memory.believed {
            Some(believed) if *believed != found && live && !restarted => {
                let reapplies = process.configs().any(|config| config.reapplies);
                self.memory.meet_stranger(line, reapplies);
            }
            Some(_) if !restarted => {}
            _ => self.memory.ours = false,
        }
        // Others may have switched it: then it is not off for an own block any more.
        if self.stepped_aside && found.worker.is_some() {
            self.stepped_aside = false;
        }
    }

    pub(super) fn take_intent(&mut self, action: &Action) {
        let Some(decision) = &self.decision else { return };
        let Some(status) = decision.status() else { return };
        let from = DaemonSettings::from(&**status);
        // With an intent goes what is remembered then.
        self.saved = self.memory.clone();
        self.saved.believed = None;
        self.intent = Some(Intent {
            action: action.clone(),
            planned: Mutation::plan(&from, action),
            sent: Vec::new(),
            leaves: decision.asked == Asked::Alone,
            outdated: false,
            dropped: None,
            lost: None,
            expected: from,
            read_back: None,
            failed: false,
            counted: false,
        });
    }

    pub(super) fn take_applied(
        &mut self,
        at: Duration,
        mutation: &Mutation,
        before: &DaemonSettings,
        sent: Option<Duration>,
    ) {
        let mut after = before.clone();
        after.apply(mutation);
        let switches = before.worker.is_some() != after.worker.is_some();
        let Some(sent) = sent.map(|sent| self.line(sent)) else {
            if switches {
                let looked = self.decision.as_ref().map(|decision| decision.began);
                let before = self.switched_by_others.map(|before| before.at);
                let noticeable = looked.is_some() && before.is_none_or(|at| Some(at) < looked);
                let on = after.worker.is_some();
                self.switched_by_others = Some(OthersSwitch { at, on, noticeable });
            }
            return;
        };
        if before.fee != after.fee {
            self.fee_changed = Some(sent);
        }
        if switches {
            self.switched = Some(sent);
        }
        let Some(intent) = self.intent.as_mut().filter(|intent| !intent.counted) else { return };
        if *before != after {
            intent.counted = true;
            self.changes.push_back(sent);
        }
    }

    pub(super) fn take_answer(&mut self, answer: &Answer) {
        let Some(intent) = &mut self.intent else { return };
        let Some(mutation) = intent.sent.last().cloned() else { return };
        match answer {
            Answer::Refused => (intent.dropped, intent.failed) = (Some("it was refused"), true),
            Answer::Lost => intent.lost = Some(mutation),
            Answer::Replaced(before) => {
                let replaced = match &mutation {
                    Mutation::SetFee { .. } => before.fee == intent.expected.fee,
                    _ => before.worker == intent.expected.worker,
                };
                if !replaced && !before.shows(&mutation) {
                    intent.dropped = Some("someone else had set the daemon");
                }
                intent.expected.apply(&mutation);
            }
        }
    }

    pub(super) fn complete_look(&mut self, mode: Mode) {
        let Some(decision) = &self.decision else { return };
        let unread = decision.status().is_none();
        let found = decision.status().map(|status| DaemonSettings::from(&**status));
        let intent = self.intent.take();
        self.memory.count_look(unread || intent.as_ref().is_some_and(|intent| intent.failed));
        let acted = intent.filter(|intent| !intent.sent.is_empty());
        match (mode, acted, found) {
            (Mode::DryRun, ..) => self.memory.believed = None,
            (Mode::Live, Some(acted), _) => {
                let sure = acted.dropped.is_none()
                    && acted.lost.is_none()
                    && acted.read_back.as_ref() == Some(&acted.expected)
                    && acted.sent.len() == acted.planned.len();
                self.memory.believed = acted.read_back.filter(|_| sure);
                self.memory.ours = sure;
            }
            (Mode::Live, None, Some(found)) => self.memory.believed = Some(found),
            (Mode::Live, None, None) => {}
        }
    }
}
