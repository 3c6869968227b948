//! One daemon's dealings with the journal.
//!
//! Invariants: what earlier runs left is taken over before anything is written, and never
//! overwritten unread; while the last look is not taken down, or orders could not be read, nothing
//! is done; a command takes effect once, also across restarts.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use snarkfee_core::{
    control::OperatorCommand,
    cycle::{State, find_out},
    fault::JournalFault,
    ledger::{
        DecisionInputs, Intent, IntentId, IntentOutcome, Ledger, LookEntry, OpenIntent, OrderId,
        PersistedState, RecoveredOutcome, RestoredState,
    },
    market::Look,
    policy::{DaemonSettings, Decision, Mode, Params},
    record::Record,
    units::DaemonId,
};
use tracing::{error, info, warn};

/// One daemon's dealings with the journal.
pub(super) struct Logbook {
    ledger: Arc<dyn Ledger>,
    daemon: DaemonId,
    restored: bool,
    orders_seen: OrderId,
    /// The intent of an earlier process whose end is not known.
    open: Option<OpenIntent>,
    /// The intent of this look, until its end is known.
    pending: Option<IntentId>,
    /// Intents whose end is known but not yet taken down.
    ended: Vec<(IntentId, IntentOutcome)>,
    /// What the daemon was set to at the beginning.
    baseline: Option<DaemonSettings>,
    origin: Origin,
    fault: Option<JournalFault>,
}

/// What was remembered before the look under way, where that does not follow from the looks taken
/// down before it.
#[derive(Default)]
struct Origin {
    /// Whether it does; at the start it does not.
    follows: bool,
    /// When one was last taken.
    taken: Option<Timestamp>,
    of_this_look: Option<PersistedState>,
}

/// One is taken at least so often: with it go the market's sales, which a start takes up.
const ORIGIN_PERIOD: Duration = Duration::from_secs(3600);

impl Logbook {
    pub(super) fn new(ledger: Arc<dyn Ledger>, daemon: DaemonId) -> Self {
        Self {
            ledger,
            daemon,
            restored: false,
            orders_seen: OrderId::default(),
            open: None,
            pending: None,
            ended: Vec::new(),
            baseline: None,
            origin: Origin::default(),
            fault: None,
        }
    }

    /// Takes over what earlier runs left, if that is not done yet, and the operator's orders.
    pub(super) async fn begin(&mut self, state: &mut State) {
        if let Err(fault) = self.try_begin(state).await {
            self.failed(fault, "nothing can be read from the journal, observing only");
        }
    }

    async fn try_begin(&mut self, state: &mut State) -> Result<(), JournalFault> {
        if !self.restored {
            let RestoredState { state: stored, orders_seen, open_intent } =
                self.ledger.restore(&self.daemon).await?;
            if let Some(stored) = stored {
                self.baseline.clone_from(&stored.baseline);
                *state = State::restored(stored);
                info!(daemon = %self.daemon, "going on from what the journal keeps");
            }
            (self.orders_seen, self.open, self.restored) = (orders_seen, open_intent, true);
        }
        for order in self.ledger.load_orders(&self.daemon, self.orders_seen).await? {
            info!(daemon = %self.daemon, command = ?order.command, "operator's command");
            match order.command {
                OperatorCommand::Pause { until, .. } => state.pause(until),
                OperatorCommand::Resume { .. } => state.resume(),
            }
            self.orders_seen = order.id;
            self.origin.follows = false;
        }
        Ok(())
    }

    /// Takes in what the daemon is set to: finds out what became of an intent during which an
    /// earlier process ended, and notes the settings found at the beginning.
    pub(super) fn observe(&mut self, look: &Look, state: &mut State) {
        self.take_up(look, state);
        let due = |taken| look.at.duration_since(taken).unsigned_abs() >= ORIGIN_PERIOD;
        if !self.origin.follows || self.origin.taken.is_none_or(due) {
            self.origin =
                Origin { follows: true, taken: Some(look.at), of_this_look: Some(state.whole()) };
        }
    }

    fn take_up(&mut self, look: &Look, state: &mut State) {
        let Ok(status) = &look.status else { return };
        let found = DaemonSettings::from(status);
        if let Some(open) = self.open.take() {
            let finding = match open.mode {
                Mode::Live => find_out(&open.from, &open.action, &found),
                Mode::DryRun => RecoveredOutcome::DryRun,
            };
            let ending = IntentOutcome::Recovered(finding);
            warn!(
                daemon = %self.daemon,
                action = open.action.code(),
                at = %open.at,
                found = ending.code(),
                "the process had ended while it was acting; the daemon's settings tell what became of it"
            );
            if finding == RecoveredOutcome::Otherwise {
                self.origin.follows = false;
                state.expect(open.from.after(&open.action));
            }
            self.ended.push((open.id, ending));
        }
        self.baseline.get_or_insert(found);
    }

    /// DaemonSettings found at the beginning.
    pub(super) fn baseline(&self) -> Option<&DaemonSettings> {
        self.baseline.as_ref()
    }

    /// The daemon has been left in good order: what it was set to at the beginning is forgotten,
    /// all else kept.
    pub(super) async fn close(&mut self, at: Timestamp, state: &State) {
        if !self.restored {
            return;
        }
        self.baseline = None;
        if let Err(fault) = self.ledger.save_state(&self.daemon, at, state.kept(None)).await {
            self.failed(fault, "the journal does not take down what is to be remembered");
        }
    }

    /// Takes down what is about to be done. Until its end is noted, a later process takes it as
    /// done.
    pub(super) async fn intend(
        &mut self,
        at: Timestamp,
        mode: Mode,
        from: &DaemonSettings,
        decision: &Decision,
        state: &State,
    ) -> Result<(), JournalFault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let mut memory = state.memory().clone();
        memory.anticipate(at, from, decision);
        let (daemon, from, decision) = (self.daemon.clone(), from.clone(), decision.clone());
        let intent = Intent { daemon, at, mode, from, decision, memory, ended: self.ended.clone() };
        match self.ledger.record_intent(intent).await {
            Ok(id) => {
                self.ended.clear();
                self.pending = Some(id);
                Ok(())
            }
            Err(fault) => {
                self.failed(
                    fault.clone(),
                    "the journal does not take down what is due, so it is not done",
                );
                Err(fault)
            }
        }
    }

    /// Takes down a look and what is to be remembered after it. The fault, if it does not.
    pub(super) async fn note(
        &mut self,
        record: &Arc<Record>,
        inputs: DecisionInputs,
        params: &Params,
        state: &State,
    ) -> Option<JournalFault> {
        // What is kept of a daemon and could not be read must not be written over.
        if !self.restored {
            self.origin = Origin::default();
            return self.fault.clone();
        }
        if let Some(id) = self.pending.take() {
            self.ended.push((id, IntentOutcome::Reported(record.outcome.clone())));
        }
        let entry = LookEntry {
            record: Arc::clone(record),
            inputs,
            params: params.clone(),
            state: state.kept(self.baseline.clone()),
            snapshot: self.origin.of_this_look.take(),
            orders_seen: self.orders_seen,
            ended: self.ended.clone(),
        };
        match self.ledger.record_look(entry).await {
            Ok(()) => {
                self.ended.clear();
                if self.fault.take().is_some() {
                    info!(daemon = %self.daemon, "the journal works again");
                }
                None
            }
            Err(fault) => {
                self.origin = Origin::default();
                self.failed(
                    fault.clone(),
                    "the journal does not take down looks: observing only until it does",
                );
                Some(fault)
            }
        }
    }

    fn failed(&mut self, fault: JournalFault, consequence: &'static str) {
        if self.fault.as_ref().is_none_or(|before| before.class != fault.class) {
            error!(daemon = %self.daemon, class = fault.class.code(), %fault, "{consequence}");
        }
        self.fault = Some(fault);
    }
}
