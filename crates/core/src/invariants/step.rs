//! One look, as the controller reports it and as the daemon knows it.

use jiff::Timestamp;

use crate::{
    market::SyncState,
    policy::{Decision, Outcome},
    units::{Nanomina, PublicKey},
};

/// A daemon setting and its new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingChange {
    /// `setSnarkWorkFee`.
    Fee(Nanomina),
    /// `setSnarkWorker`; `None` switched the worker off.
    Worker(Option<PublicKey>),
}

/// Who changed a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeAuthor {
    /// The controller, in the current look.
    Controller,
    /// The controller, by a request it had given up on.
    Straggler,
    /// Someone else.
    Stranger,
}

/// A change that the daemon applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedChange {
    /// When it was applied.
    pub at: Timestamp,
    /// The setting.
    pub change: SettingChange,
    /// Whether the value differs from the one before.
    pub differs: bool,
    /// Who changed it.
    pub by: ChangeAuthor,
}

/// Counts of the mutations that the controller sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SentMutations {
    /// Fees set.
    pub fee: usize,
    /// Keys set.
    pub on: usize,
    /// Keys removed.
    pub off: usize,
}

impl SentMutations {
    /// Whether any was sent.
    pub(super) const fn is_any(self) -> bool {
        self.fee + self.on + self.off > 0
    }
}

/// One look, what it sent and what was set since the one before.
#[derive(Clone, Copy, Debug)]
pub struct CheckedLook<'a> {
    /// Its number.
    pub sequence: u64,
    /// When it began.
    pub at: Timestamp,
    /// Sync state of the daemon when it began.
    pub sync: &'a SyncState,
    /// Whether the operator had paused it.
    pub paused: bool,
    /// Whether the operator had resumed it, which closes the breaker.
    pub resumed: bool,
    /// Mutations that the controller sent.
    pub sent: SentMutations,
    /// Intents that were recorded in the journal; `None` if there is no journal.
    pub intended: Option<usize>,
    /// When the daemon, and its prover with it, restarted since the previous look, in order.
    pub restarts: &'a [Timestamp],
    /// Changes that the daemon applied since the previous look, in order.
    pub applied: &'a [AppliedChange],
    /// Whether the controller could read the daemon's status.
    pub seen: bool,
    /// What was decided.
    pub decision: &'a Decision,
    /// What the decision led to.
    pub outcome: &'a Outcome,
    /// Whether the breaker was open afterwards.
    pub breaker_open: bool,
}
