//! What `docs/safety.md` promises, as the checker knows it.

use std::{fmt, time::Duration};

/// A promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Promise {
    DryRun,
    Paused,
    StatusRead,
    Trusted,
    SchemaLacks,
    ForeignKey,
    KeyUnset,
    ChangedByOthers,
    AnotherController,
    BreakerOpen,
    MetricsUnread,
    CostUnknown,
    FeeBounds,
    Cooldown,
    Dwell,
    DailyBudget,
    OppositeSwitches,
    RecordedFirst,
    NeverTwice,
    FeeFirst,
    RestDropped,
    ReloadLogged,
    LoopReplaced,
    OnExit,
    LooksOnce,
    JournalLost,
    JournalDoubt,
}

impl Promise {
    /// Every promise.
    pub(crate) const ALL: [Self; 27] = [
        Self::DryRun,
        Self::Paused,
        Self::StatusRead,
        Self::Trusted,
        Self::SchemaLacks,
        Self::ForeignKey,
        Self::KeyUnset,
        Self::ChangedByOthers,
        Self::AnotherController,
        Self::BreakerOpen,
        Self::MetricsUnread,
        Self::CostUnknown,
        Self::FeeBounds,
        Self::Cooldown,
        Self::Dwell,
        Self::DailyBudget,
        Self::OppositeSwitches,
        Self::RecordedFirst,
        Self::NeverTwice,
        Self::FeeFirst,
        Self::RestDropped,
        Self::ReloadLogged,
        Self::LoopReplaced,
        Self::OnExit,
        Self::LooksOnce,
        Self::JournalLost,
        Self::JournalDoubt,
    ];

    /// Words of `docs/safety.md` in which it is made; a test looks them up.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::DryRun => "In dry-run a permit sends nothing",
            Self::Paused => "A pause that was acknowledged is followed by no change of the daemon",
            Self::StatusRead => "a status just read",
            Self::Trusted => "The daemon is not synced, has few peers",
            Self::SchemaLacks => "The daemon's schema lacks the mutations",
            Self::ForeignKey => "the worker proves for another key",
            Self::KeyUnset => "work is never switched on or off",
            Self::ChangedByOthers => "Someone else changed fee or key",
            Self::AnotherController => "for the third time within a week",
            Self::BreakerOpen => "The breaker is open",
            Self::MetricsUnread => "cannot be true or were not read for longer than",
            Self::CostUnknown => "The cost of a work, or the market, is unknown",
            Self::FeeBounds => "apply to every fee that a strategy proposes",
            Self::Cooldown => "`cooldown`, `deadband`",
            Self::Dwell => "`min_on`, `min_off`",
            Self::DailyBudget => "at most `max_changes_per_day` changes",
            Self::OppositeSwitches => "At least a minute between opposite switches",
            Self::RecordedFirst => "An action is written there before it is sent",
            Self::NeverTwice => "No mutation is retried",
            Self::FeeFirst => "Switching on sets the fee before the key",
            Self::RestDropped => "the rest of that action is dropped",
            Self::ReloadLogged => "neither is a reload that was logged by a change",
            Self::LoopReplaced => "A reload does not run `on_exit`",
            Self::OnExit => "At exit the status is read again",
            Self::LooksOnce => "a status just read and for one action",
            Self::JournalLost => "holds when its files are deleted or replaced while it runs",
            Self::JournalDoubt => "the service observes and holds with `journal_doubt`",
        }
    }
}

/// A promise that was not kept.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) promise: Promise,
    /// Time since the beginning.
    pub(crate) at: Duration,
    pub(crate) what: String,
}

impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, words) = (self.at.as_secs_f64(), self.promise.words());
        write!(f, "{at:.3}: {:?} (\"{words}\"): {}", self.promise, self.what)
    }
}
