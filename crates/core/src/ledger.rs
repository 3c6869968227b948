//! The port through which the controller keeps a journal, and a stand-in that keeps nothing on
//! disk.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    account::Account,
    control::OperatorCommand,
    cost::{BelievedPrice, ChargedCost, CostUnknown},
    fault::{JournalDoubt, JournalFault},
    market::{MarketHistory, Prediction},
    policy::{Action, Basis, DaemonSettings, Decision, Memory, OnExit, Outcome, Params},
    record::Record,
    units::{DaemonId, Fiat, Nanomina},
};

/// What a journal answers, within a limit of time.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, JournalFault>> + Send + 'a>>;

/// A journal as the controller sees it. What an `Ok` acknowledges survives a kill.
pub trait Ledger: Send + Sync {
    /// Loads what earlier runs left of a daemon.
    fn restore(&self, daemon: &DaemonId) -> Reply<'_, RestoredState>;

    /// Loads the orders for a daemon after `seen`, in the order in which they were given.
    fn load_orders(&self, daemon: &DaemonId, seen: OrderId) -> Reply<'_, Vec<Order>>;

    /// Records an order; it takes effect at the daemon's next look.
    fn record_order(&self, at: Timestamp, command: OperatorCommand) -> Reply<'_, OrderId>;

    /// Records what is about to be done, before it is done.
    fn record_intent(&self, intent: Intent) -> Reply<'_, IntentId>;

    /// Records a look, what came of it, and the state after it.
    fn record_look(&self, entry: LookEntry) -> Reply<'_, ()>;

    /// Saves the state of a daemon that is left.
    fn save_state(&self, daemon: &DaemonId, at: Timestamp, state: PersistedState) -> Reply<'_, ()>;
}

/// The number of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IntentId(pub i64);

/// The number of an order; later ones are larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderId(pub i64);

/// What is about to be done to a daemon.
#[derive(Clone, Debug)]
pub struct Intent {
    /// The daemon.
    pub daemon: DaemonId,
    /// When.
    pub at: Timestamp,
    /// What the daemon is or would be set to; it will be sent or not accordingly.
    pub from: Basis,
    /// What was decided.
    pub decision: Decision,
    /// The memory that counts if nothing further is heard.
    pub memory: Memory,
    /// Earlier intents that ended, and how.
    pub ended: Vec<(IntentId, IntentOutcome)>,
}

/// How an intent ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntentOutcome {
    /// It was carried out as far as the outcome says.
    Reported(Outcome),
    /// The process ended in between; a later one read the daemon's settings.
    Recovered(RecoveredOutcome),
}

/// What a later process found of an intent whose end was not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveredOutcome {
    /// The daemon is set as intended.
    Applied,
    /// Some of it is set.
    PartlyApplied,
    /// The daemon is set as before.
    NotApplied,
    /// The daemon is set to something else.
    Otherwise,
    /// It was a dry run: nothing was sent.
    DryRun,
}

impl IntentOutcome {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Reported(outcome) => outcome.code(),
            Self::Recovered(RecoveredOutcome::Applied) => "found_applied",
            Self::Recovered(RecoveredOutcome::PartlyApplied) => "found_partly_applied",
            Self::Recovered(RecoveredOutcome::NotApplied) => "found_not_applied",
            Self::Recovered(RecoveredOutcome::Otherwise) => "found_otherwise",
            Self::Recovered(RecoveredOutcome::DryRun) => "found_dry_run",
        }
    }
}

/// An intent whose end was not recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenIntent {
    /// Its number.
    pub id: IntentId,
    /// When it was recorded.
    pub at: Timestamp,
    /// What the daemon was or would have been set to; it was to be sent or not accordingly.
    pub from: Basis,
    /// What was to be done.
    pub action: Action,
}

/// The fields of [`Memory`] as this version writes them; it grows when one is added, removed or
/// renamed (a test of the journal compares). Memory of the same format has exactly these fields,
/// that of an earlier one may lack some, and that of a later one is refused.
pub const MEMORY_FORMAT: i64 = 4;

/// What is remembered of one daemon beyond the life of the process. It is stored by field name: a
/// new field needs a default, and one whose meaning changes needs another name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PersistedState {
    /// What the policy remembers.
    pub memory: Memory,
    /// Our own works, totals and pace. Blocks are not written with each look; as restored, those
    /// known within the last hour are there.
    pub history: MarketHistory,
    /// Length of a slot.
    pub slot: Option<Duration>,
    /// P(sold) at the fee the daemon asks, as last estimated.
    pub predicted: Option<Prediction>,
    /// What our work earned and cost.
    #[serde(default)]
    pub account: Account,
    /// The last price of MINA that was believed.
    #[serde(default)]
    pub price: Option<BelievedPrice>,
    /// What the daemon was set to when the service began with it; `None` once the service has left
    /// it in good order.
    pub baseline: Option<DaemonSettings>,
}

/// What earlier runs left of a daemon.
#[derive(Clone, Debug, Default)]
pub struct RestoredState {
    /// The state; `None` for a daemon never seen before.
    pub state: Option<PersistedState>,
    /// The last order that was obeyed.
    pub orders_seen: OrderId,
    /// The intent during which the process ended, if any.
    pub open_intent: Option<OpenIntent>,
}

/// An order that waits in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its number.
    pub id: OrderId,
    /// When it was given, by the clock of whoever gave it.
    pub at: Timestamp,
    /// The order.
    pub directive: Directive,
}

/// What an order says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directive {
    /// What the operator commanded.
    Command(OperatorCommand),
    /// The journal's own, for every daemon: earlier orders and memory may be lost, so hold until
    /// the operator resumes.
    Distrust(JournalDoubt),
}

impl Directive {
    /// Whether it is meant for a daemon.
    pub fn concerns(&self, daemon: &DaemonId) -> bool {
        match self {
            Self::Command(command) => command.concerns(daemon),
            Self::Distrust(_) => true,
        }
    }
}

/// What a decision depends on besides the look and what earlier looks left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionInputs {
    /// When it was decided.
    pub decided: Timestamp,
    /// When its outcome was accounted for.
    pub settled: Timestamp,
    /// Cost of one work, as charged.
    pub cost: Result<Nanomina, CostUnknown>,
    /// Cost of an hour without work.
    #[serde(default)]
    pub idle_hour: Nanomina,
    /// Works made per hour, where configured or measured.
    pub works_per_hour: Option<f64>,
    /// The price of MINA, where bounds of the fee depend on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mina_price: Option<Result<Fiat, CostUnknown>>,
    /// What the look was taken for.
    #[serde(default, skip_serializing_if = "LookPurpose::is_control")]
    pub purpose: LookPurpose,
}

/// What a look is taken for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookPurpose {
    /// To decide what the market asks for.
    #[default]
    Control,
    /// To leave the daemon as configured when the service stops.
    Leave {
        /// `controller.on_exit`.
        on_exit: OnExit,
        /// What the daemon was set to at the beginning.
        baseline: Option<DaemonSettings>,
    },
}

impl DecisionInputs {
    /// The price of MINA that the decision depended on.
    ///
    /// # Errors
    ///
    /// If it was unknown, or nothing depended on it.
    pub fn price_of_mina(&self) -> Result<Fiat, CostUnknown> {
        self.mina_price.clone().unwrap_or(Err(CostUnknown::NoPrice))
    }

    /// What the decision was charged.
    ///
    /// # Errors
    ///
    /// If the cost was unknown.
    pub fn charged_cost(&self) -> Result<ChargedCost, CostUnknown> {
        let charged = |per_work| ChargedCost { per_work, idle_hour: self.idle_hour };
        self.cost.clone().map(charged)
    }
}

impl LookPurpose {
    const fn is_control(&self) -> bool {
        matches!(self, Self::Control)
    }
}

/// A look as it is recorded.
#[derive(Clone, Debug)]
pub struct LookEntry {
    /// The look, the decision and the outcome.
    pub record: Arc<Record>,
    /// What else the decision depended on.
    pub inputs: DecisionInputs,
    /// The operator's settings.
    pub params: Params,
    /// The state after the look.
    pub state: PersistedState,
    /// The state before the look with the market's sales, where it does not follow from the looks
    /// recorded before.
    pub snapshot: Option<PersistedState>,
    /// The last order that was obeyed.
    pub orders_seen: OrderId,
    /// Intents that ended, and how.
    pub ended: Vec<(IntentId, IntentOutcome)>,
}

/// Keeps nothing beyond the process; only orders wait here until they are obeyed.
#[derive(Debug, Default)]
pub struct NoJournal(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    last: i64,
    orders: Vec<Order>,
}

impl NoJournal {
    /// Most orders that are kept; of each daemon only the newest has an effect.
    const MOST_ORDERS: usize = 256;

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger for NoJournal {
    fn restore(&self, _: &DaemonId) -> Reply<'_, RestoredState> {
        Box::pin(async { Ok(RestoredState::default()) })
    }

    fn load_orders(&self, daemon: &DaemonId, seen: OrderId) -> Reply<'_, Vec<Order>> {
        let concerns = |order: &&Order| order.id > seen && order.directive.concerns(daemon);
        let orders = self.waiting().orders.iter().filter(concerns).cloned().collect();
        Box::pin(async { Ok(orders) })
    }

    fn record_order(&self, at: Timestamp, command: OperatorCommand) -> Reply<'_, OrderId> {
        let mut waiting = self.waiting();
        waiting.last += 1;
        let id = OrderId(waiting.last);
        waiting.orders.push(Order { id, at, directive: Directive::Command(command) });
        if waiting.orders.len() > Self::MOST_ORDERS {
            waiting.orders.remove(0);
        }
        Box::pin(async move { Ok(id) })
    }

    fn record_intent(&self, _: Intent) -> Reply<'_, IntentId> {
        Box::pin(async { Ok(IntentId(0)) })
    }

    fn record_look(&self, _: LookEntry) -> Reply<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn save_state(&self, _: &DaemonId, _: Timestamp, _: PersistedState) -> Reply<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}
