//! Judges what happened by what was promised. It knows what daemons really were and what they
//! really answered, which orders were acknowledged and what the operator wrote; nothing of what the
//! service says of itself but which look is over.
//!
//! It never claims more than was promised: where it cannot know what the service must have known
//! (after a crash, after a lost answer, where the journal was damaged), it expects less.

mod memory;
mod orders;
mod sending;
mod watched;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};

use crate::{
    config::SimConfig,
    history::{Damage, Fact},
    promises::{Promise, Violation},
};
use watched::Watched;

/// What was promised and what happened.
#[derive(Default)]
pub(crate) struct Checker {
    pub(crate) violations: Vec<Violation>,
    /// How often each promise was put to the test.
    pub(crate) tested: BTreeMap<Promise, u64>,
    process: Process,
    daemons: [Watched; 2],
}

/// The process that runs.
#[derive(Default)]
struct Process {
    once: bool,
    stopping: bool,
    /// The settings that it goes by.
    in_force: Arc<SimConfig>,
    /// Those that it read, and may go by already.
    read: Option<Arc<SimConfig>>,
    /// The price was read since it began.
    priced: bool,
    /// Files of its journal were deleted.
    journal_deleted: bool,
}

impl Process {
    /// All settings that it may go by.
    fn configs(&self) -> impl Iterator<Item = &Arc<SimConfig>> {
        std::iter::once(&self.in_force).chain(&self.read)
    }

    fn every(&self, holds: impl Fn(&SimConfig) -> bool) -> bool {
        self.configs().all(|config| holds(config))
    }
}

/// The time at which something happened, and what the clock of the service showed.
#[derive(Clone, Copy, Debug)]
struct Moment {
    at: Duration,
    wall: Timestamp,
    ahead: SignedDuration,
}

impl Checker {
    /// Takes in what happened next.
    pub(crate) fn take(
        &mut self,
        at: Duration,
        wall: Timestamp,
        ahead: SignedDuration,
        fact: &Fact,
    ) {
        let now = Moment { at, wall, ahead };
        for daemon in &mut self.daemons {
            daemon.clock.sample(ahead);
        }
        match fact {
            Fact::Started { once, config } => {
                let in_force = Arc::clone(config);
                self.process = Process { once: *once, in_force, ..Process::default() };
            }
            Fact::Stopping => self.process.stopping = true,
            Fact::Ended => {
                self.process.stopping = false;
                self.daemons.iter_mut().for_each(Watched::end_process);
            }
            Fact::Booted => self.daemons.iter_mut().for_each(|daemon| daemon.clock.booted = true),
            Fact::ConfigRead { config } => self.process.read = Some(Arc::clone(config)),
            Fact::ReloadLogged => {
                if let Some(read) = self.process.read.take() {
                    let before = std::mem::replace(&mut self.process.in_force, read);
                    self.mark_reloaded(&before);
                }
            }
            Fact::OrderTried { order, daemon } => {
                for each in self.meant(*daemon) {
                    each.try_order(*order, now);
                }
            }
            Fact::OrderAcknowledged { order, daemon } => {
                for each in self.meant(*daemon) {
                    each.acknowledge_order(*order);
                }
            }
            Fact::Damaged { damage } => self.take_damage(*damage),
            Fact::Priced => self.process.priced = true,
            Fact::Connected { daemon, port } => self.daemons[*daemon].newest_port = *port,
            Fact::Served { daemon, began, asked, shown, .. } => {
                let process = &self.process;
                self.daemons[*daemon].take_served(process, now, *began, *asked, shown);
            }
            Fact::Intended { daemon, action } => {
                if self.process.journal_deleted {
                    self.violate(Promise::JournalLost, at, format!("{action:?} was recorded"));
                }
                self.daemons[*daemon].take_intent(action);
            }
            Fact::OrdersRead { .. } => {
                if self.process.journal_deleted {
                    self.violate(Promise::JournalLost, at, "orders were read".to_owned());
                }
            }
            Fact::Sent { daemon, port, mutation } => self.check_sent(now, *daemon, *port, mutation),
            Fact::Applied { daemon, mutation, before, sent } => {
                self.daemons[*daemon].take_applied(at, mutation, before, *sent);
            }
            Fact::Answered { daemon, answer } => self.daemons[*daemon].take_answer(answer),
            Fact::Restarted { daemon, at } => self.daemons[*daemon].restarted = Some(*at),
            Fact::Looked { daemon, mode, .. } => self.daemons[*daemon].complete_look(*mode),
            Fact::Remembered { daemon } => self.daemons[*daemon].save_memory(),
            Fact::Struck { .. } => {}
        }
    }

    fn meant(&mut self, daemon: Option<usize>) -> impl Iterator<Item = &mut Watched> {
        let all = self.daemons.iter_mut().enumerate();
        all.filter(move |(number, _)| daemon.is_none_or(|meant| meant == *number))
            .map(|(_, daemon)| daemon)
    }

    /// What was decided by other settings may not be sent any more.
    fn mark_reloaded(&mut self, before: &SimConfig) {
        let now = Arc::clone(&self.process.in_force);
        for (number, daemon) in self.daemons.iter_mut().enumerate() {
            if *before != *now
                && let Some(intent) = daemon.intent.as_mut().filter(|intent| !intent.leaves)
            {
                intent.outdated = true;
            }
            daemon.removed = !now.names(number);
        }
    }

    fn take_damage(&mut self, damage: Damage) {
        match damage {
            Damage::Deleted => self.process.journal_deleted = true,
            Damage::Changed | Damage::Shows => {
                for daemon in &mut self.daemons {
                    daemon.forget_pacing();
                    daemon.orders.doubt |= damage == Damage::Shows;
                }
            }
            Damage::Hidden => {
                for daemon in &mut self.daemons {
                    daemon.forget_pacing();
                    daemon.orders = Default::default();
                }
            }
        }
    }

    fn violate(&mut self, promise: Promise, at: Duration, what: String) {
        self.violations.push(Violation { promise, at, what });
    }
}
