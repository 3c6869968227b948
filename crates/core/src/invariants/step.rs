//! One look, as the controller tells it and as the daemon knows it.

use jiff::Timestamp;

use crate::{
    market::SyncState,
    policy::{Decision, Outcome},
    units::{Nanomina, PublicKey},
};

/// A setting of a daemon, as it is from then on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingChange {
    /// `setSnarkWorkFee`.
    Fee(Nanomina),
    /// `setSnarkWorker`; `None` switched the worker off.
    Worker(Option<PublicKey>),
}

/// Who set something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeAuthor {
    /// The look under way.
    Controller,
    /// A request that the controller had given up.
    Straggler,
    /// Someone else.
    Stranger,
}

/// Something that was really set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedChange {
    /// When.
    pub at: Timestamp,
    /// What.
    pub change: SettingChange,
    /// Whether anything became different by it.
    pub differs: bool,
    /// By whom.
    pub by: ChangeAuthor,
}

/// Mutations that left the controller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SentMutations {
    /// Fees.
    pub fee: usize,
    /// Keys.
    pub on: usize,
    /// Removals of the key.
    pub off: usize,
}

impl SentMutations {
    /// Whether there was any.
    pub const fn any(self) -> bool {
        self.fee + self.on + self.off > 0
    }
}

/// One look and what was really asked and set by it.
#[derive(Clone, Copy, Debug)]
pub struct CheckedLook<'a> {
    /// Its number.
    pub sequence: u64,
    /// When it began.
    pub at: Timestamp,
    /// What the daemon showed of itself as it began.
    pub sync: &'a SyncState,
    /// Whether the operator had paused it.
    pub paused: bool,
    /// Whether the operator's `resume` came before it, which closes the breaker.
    pub resumed: bool,
    /// Mutations that left the controller.
    pub sent: SentMutations,
    /// Intents that the journal took down; `None` where none is kept.
    pub intended: Option<usize>,
    /// When the daemon's process began anew since the look before, its prover with it, in order.
    pub restarts: &'a [Timestamp],
    /// What was set at the daemon since the look before, in order.
    pub applied: &'a [AppliedChange],
    /// Whether the controller could read the daemon's status.
    pub seen: bool,
    /// What was decided.
    pub decision: &'a Decision,
    /// What came of it.
    pub outcome: &'a Outcome,
    /// Whether the breaker was open afterwards.
    pub breaker_open: bool,
}
