//! One daemon's session with the journal.
//!
//! Invariants: what earlier runs left is taken over before anything is written, and never
//! overwritten unread; while the last look is not recorded, or orders could not be read, nothing is
//! done; a command takes effect once, also across restarts; nothing is sent by settings that others
//! replaced, or against an order given meanwhile.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use snarkfee_clock::Clock;
use snarkfee_core::{
    clocks::MachineTime,
    control::OperatorCommand,
    cycle::{Context, CycleState, Plan, Recorder, resolve_intent},
    fault::JournalFault,
    ledger::{
        DecisionInputs, Directive, Intent, IntentId, IntentOutcome, Ledger, LookEntry, OpenIntent,
        OrderId, PersistedState, RecoveredOutcome, RestoredState,
    },
    market::Look,
    policy::{Basis, DaemonSettings, Decision, Permit, Reason, Withdrawal},
    record::Record,
    units::DaemonId,
};
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::{
    ending::{EndReceiver, LoopEnd},
    send_gate::{SendGate, WithinGate},
};

/// One daemon's session with the journal.
pub(super) struct JournalSession {
    ledger: Arc<dyn Ledger>,
    daemon: DaemonId,
    restored: bool,
    orders_seen: OrderId,
    /// The intent of an earlier process whose end is not known.
    open: Option<OpenIntent>,
    /// The intent of this look, until its end is known.
    pending: Option<IntentId>,
    /// Intents whose end is known but not yet recorded.
    ended: Vec<(IntentId, IntentOutcome)>,
    /// What the daemon was set to at the beginning.
    baseline: Option<DaemonSettings>,
    snapshot: Snapshot,
    fault: Option<JournalFault>,
    mandate: Mandate,
    /// Whether other settings are in force than those by which writes failed.
    retries_writes: bool,
}

/// By what the loop may act, and how it learns that it may not any more.
pub(super) struct Mandate {
    /// The settings in force.
    pub(super) plan: watch::Receiver<Arc<Plan>>,
    /// Those that the look under way decides by.
    pub(super) decided_by: Arc<Plan>,
    /// Whether another loop takes over; `None` for a loop that none replaces.
    pub(super) ending: Option<EndReceiver>,
    /// What every mutation passes.
    pub(super) gate: SendGate,
    pub(super) clock: Clock,
    /// When the look under way began: time since the machine booted.
    pub(super) look_began: Duration,
}

impl Mandate {
    fn is_in_force(&self) -> bool {
        let replaced = self.ending.as_ref().and_then(EndReceiver::requested);
        replaced != Some(LoopEnd::Replaced) && Arc::ptr_eq(&self.plan.borrow(), &self.decided_by)
    }

    /// Whether what was read in this look still counts. Between two steps of a look the machine may
    /// have slept.
    fn check_age(&self) -> Result<(), Withdrawal> {
        let age = self.clock.uptime().saturating_sub(self.look_began);
        let limit = self.decided_by.params.safety.max_age;
        if age > limit { Err(Withdrawal::Stale { age, limit }) } else { Ok(()) }
    }
}

/// What was remembered before the look under way, where that does not follow from the looks
/// recorded before it.
#[derive(Default)]
struct Snapshot {
    /// Whether it does; at the start it does not.
    follows: bool,
    /// When one was last taken.
    taken: Option<Timestamp>,
    of_this_look: Option<PersistedState>,
}

/// One is taken at least so often: with it go the market's sales, which a start takes up.
const SNAPSHOT_PERIOD: Duration = Duration::from_secs(3600);

impl JournalSession {
    pub(super) fn new(ledger: Arc<dyn Ledger>, daemon: DaemonId, mandate: Mandate) -> Self {
        Self {
            ledger,
            daemon,
            restored: false,
            orders_seen: OrderId::default(),
            open: None,
            pending: None,
            ended: Vec::new(),
            baseline: None,
            snapshot: Snapshot::default(),
            fault: None,
            mandate,
            retries_writes: false,
        }
    }

    async fn try_begin(
        &mut self,
        state: &mut CycleState,
        machine: MachineTime,
    ) -> Result<(), JournalFault> {
        if !self.restored {
            let RestoredState { state: stored, orders_seen, open_intent } =
                self.ledger.restore(&self.daemon).await?;
            if let Some(stored) = stored {
                self.baseline.clone_from(&stored.baseline);
                *state = CycleState::restored(stored);
                info!(daemon = %self.daemon, "going on from what the journal keeps");
            }
            (self.orders_seen, self.open, self.restored) = (orders_seen, open_intent, true);
        }
        for order in self.ledger.load_orders(&self.daemon, self.orders_seen).await? {
            match order.directive {
                Directive::Command(command) => {
                    info!(daemon = %self.daemon, %command, "operator's command");
                    match command {
                        OperatorCommand::Pause { until, .. } => {
                            state.pause(order.at, until, machine)
                        }
                        OperatorCommand::Resume { .. } => state.resume(),
                    }
                }
                Directive::Distrust(doubt) => {
                    error!(daemon = %self.daemon, doubt = doubt.code(), "{}", Reason::JournalDoubt { doubt });
                    state.distrust(doubt);
                }
            }
            self.orders_seen = order.id;
            self.snapshot.follows = false;
        }
        if std::mem::take(&mut self.retries_writes) {
            state.retry_writes();
            self.snapshot.follows = false;
        }
        Ok(())
    }

    fn resolve_open_intent(&mut self, look: &Look, state: &mut CycleState) {
        let Ok(status) = &look.status else { return };
        let found = DaemonSettings::from(status);
        if let Some(open) = self.open.take() {
            let (finding, meant) = match &open.from {
                Basis::Real(from) => {
                    let finding = resolve_intent(from, &open.action, &found);
                    (finding, Some(from.after(&open.action)))
                }
                Basis::Imagined(_) => (RecoveredOutcome::DryRun, None),
            };
            let ending = IntentOutcome::Recovered(finding);
            warn!(
                daemon = %self.daemon,
                action = open.action.code(),
                at = %open.at,
                found = ending.code(),
                "the process had ended while it was acting; the daemon's settings tell what became of it"
            );
            if let (RecoveredOutcome::Otherwise, Some(meant)) = (finding, meant) {
                self.snapshot.follows = false;
                state.expect(meant);
            }
            self.ended.push((open.id, ending));
        }
        self.baseline.get_or_insert(found);
    }

    /// The look that begins decides by these settings.
    pub(super) fn decide_by(&mut self, plan: Arc<Plan>) {
        self.retries_writes |= !Arc::ptr_eq(&plan, &self.mandate.decided_by);
        self.mandate.decided_by = plan;
    }

    /// Lets what failed by other settings be tried again.
    pub(super) fn retry_writes(&mut self) {
        self.retries_writes = true;
    }

    /// Hears from now on when another loop takes over.
    pub(super) fn heed(&mut self, ending: EndReceiver) {
        self.mandate.ending = Some(ending);
    }

    /// What orders given since the look began forbid.
    async fn read_orders_again(&mut self) -> Result<(), Withdrawal> {
        match self.ledger.load_orders(&self.daemon, self.orders_seen).await {
            Ok(orders) => match orders.last().map(|order| &order.directive) {
                Some(Directive::Command(OperatorCommand::Pause { until, .. })) => {
                    Err(Withdrawal::Paused { until: *until })
                }
                Some(Directive::Distrust(_)) => Err(Withdrawal::Paused { until: None }),
                Some(Directive::Command(OperatorCommand::Resume { .. })) | None => Ok(()),
            },
            Err(fault) => {
                self.fail(
                    fault.clone(),
                    "nothing can be read from the journal, so nothing is sent",
                );
                Err(Withdrawal::OrdersUnread { fault })
            }
        }
    }

    /// Settings found at the beginning.
    pub(super) fn baseline(&self) -> Option<&DaemonSettings> {
        self.baseline.as_ref()
    }

    /// The daemon has been left in good order: what it was set to at the beginning is forgotten,
    /// all else kept.
    pub(super) async fn close(&mut self, at: Timestamp, state: &CycleState) {
        if !self.restored {
            return;
        }
        self.baseline = None;
        if let Err(fault) = self.ledger.save_state(&self.daemon, at, state.persisted(None)).await {
            self.fail(fault, "the journal cannot record what is to be remembered");
        }
    }

    fn fail(&mut self, fault: JournalFault, consequence: &'static str) {
        if self.fault.as_ref().is_none_or(|before| before.class != fault.class) {
            error!(daemon = %self.daemon, class = fault.class.code(), %fault, "{consequence}");
        }
        self.fault = Some(fault);
    }
}

impl Recorder for JournalSession {
    type Clearance = WithinGate;

    async fn begin(&mut self, state: &mut CycleState, machine: MachineTime) {
        self.mandate.look_began = machine.uptime;
        if let Err(fault) = self.try_begin(state, machine).await {
            self.fail(fault, "nothing can be read from the journal, observing only");
        }
    }

    fn observe(&mut self, look: &Look, state: &mut CycleState) {
        self.resolve_open_intent(look, state);
        let due = |taken| look.at.duration_since(taken).unsigned_abs() >= SNAPSHOT_PERIOD;
        if !self.snapshot.follows || self.snapshot.taken.is_none_or(due) {
            self.snapshot = Snapshot {
                follows: true,
                taken: Some(look.at),
                of_this_look: Some(state.snapshot()),
            };
        }
    }

    async fn record_intent(
        &mut self,
        at: Timestamp,
        permit: &Permit,
        decision: &Decision,
        state: &CycleState,
    ) -> Result<(), JournalFault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let from = permit.from().clone();
        let mut memory = state.memory().clone();
        memory.anticipate(at, &from, decision);
        let (daemon, decision, ended) = (self.daemon.clone(), decision.clone(), self.ended.clone());
        let intent = Intent { daemon, at, from, decision, memory, ended };
        match self.ledger.record_intent(intent).await {
            Ok(id) => {
                self.ended.clear();
                self.pending = Some(id);
                Ok(())
            }
            Err(fault) => {
                self.fail(
                    fault.clone(),
                    "the journal cannot record what is due, so it is not done",
                );
                Err(fault)
            }
        }
    }

    async fn clear_to_send(&mut self) -> Result<WithinGate, Withdrawal> {
        let within = self.mandate.gate.enter().await;
        self.read_orders_again().await?;
        self.mandate.check_age()?;
        if self.mandate.is_in_force() { Ok(within) } else { Err(Withdrawal::Reloaded) }
    }

    async fn record_look(
        &mut self,
        record: &Arc<Record>,
        inputs: DecisionInputs,
        context: &Context<'_>,
        state: &CycleState,
    ) -> Result<(), JournalFault> {
        // What is kept of a daemon and could not be read must not be written over.
        if !self.restored {
            self.snapshot = Snapshot::default();
            return self.fault.clone().map_or(Ok(()), Err);
        }
        if let Some(id) = self.pending.take() {
            self.ended.push((id, IntentOutcome::Reported(record.outcome.clone())));
        }
        let entry = LookEntry {
            record: Arc::clone(record),
            inputs,
            params: context.params.clone(),
            state: state.persisted(self.baseline.clone()),
            snapshot: self.snapshot.of_this_look.take(),
            orders_seen: self.orders_seen,
            ended: self.ended.clone(),
        };
        match self.ledger.record_look(entry).await {
            Ok(()) => {
                self.ended.clear();
                if self.fault.take().is_some() {
                    info!(daemon = %self.daemon, "the journal works again");
                }
                Ok(())
            }
            Err(fault) => {
                self.snapshot = Snapshot::default();
                self.fail(
                    fault.clone(),
                    "the journal cannot record looks: observing only until it can",
                );
                Err(fault)
            }
        }
    }
}
