//! Why a decision is what it is: a closed list, each entry with the numbers that led to it and a
//! stable code.

use std::{fmt, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    cost::CostUnknown,
    fault::{Fault, JournalFault},
    market::SyncState,
    units::{FeeRate, Nanomina, PublicKey},
};

/// Why a decision is what it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// The operator holds the worker.
    Paused {
        /// When the pause ends; `None` is until `resume`.
        until: Option<Timestamp>,
    },
    /// Too many failures in a row: observing only.
    BreakerOpen {
        /// Failures in a row that opened it.
        failures: u32,
    },
    /// The daemon's status could not be read.
    StatusFault {
        /// What was wrong.
        fault: Fault,
    },
    /// The sales could not be read.
    ChainFault {
        /// What was wrong.
        fault: Fault,
    },
    /// The order book could not be read.
    BookFault {
        /// What was wrong.
        fault: Fault,
    },
    /// The daemon's metrics are configured, and cannot be true, or could not be read for longer
    /// than `safety.max_age`.
    MetricsFault {
        /// What was wrong.
        fault: Fault,
    },
    /// The look is older than `safety.max_age`.
    Stale {
        /// Its age.
        age: Duration,
        /// The limit.
        limit: Duration,
    },
    /// The clock was set since the look before: what it says of ages is not trusted in this look.
    ClockSet {
        /// How far, backwards if negative.
        by: SignedDuration,
    },
    /// The daemon does not follow the chain.
    Unsynced {
        /// Its state.
        state: SyncState,
    },
    /// The daemon calls itself synced but its best tip is old.
    TipBehind {
        /// Age of the best tip's slot.
        age: Duration,
        /// The limit.
        limit: Duration,
    },
    /// Too few peers to trust the daemon's view of the chain.
    FewPeers {
        /// Connected peers.
        have: u32,
        /// `safety.min_peers`.
        need: u32,
    },
    /// Someone else changed fee or key.
    ExternalChange {
        /// When the hold ends.
        until: Timestamp,
    },
    /// Someone else keeps undoing what we set: another controller, most likely.
    Contested {
        /// How often within a week.
        rounds: u32,
        /// When the hold ends.
        until: Timestamp,
    },
    /// The daemon works for a key that is neither `worker_key` nor one of `own_provers`.
    ForeignKey {
        /// The key found.
        found: PublicKey,
    },
    /// Whether the daemon is a worker that is off or a coordinator cannot be told; set `role`.
    RoleUnsure,
    /// Switching would be right, but without a `worker_key` work that was switched off could not be
    /// switched on again.
    NoWorkerKey,
    /// The cost of a work is not known, so nothing can be called profitable.
    CostUnknown {
        /// Why not.
        cause: CostUnknown,
    },
    /// The daemon produces a block soon.
    OwnBlockAhead {
        /// Start of its slot.
        slot: Timestamp,
    },
    /// The daemon's own block is over.
    OwnBlockPassed,
    /// Sales and offers seen so far do not tell a price.
    TooFewSamples {
        /// Sales and offers seen, by count.
        have: u32,
        /// `policy.min_samples`.
        need: u32,
    },
    /// The expected profit is below `policy.stop_below`.
    Uneconomical {
        /// Expected profit at the best fee, on the cautious side.
        expected: FeeRate,
        /// The threshold.
        threshold: FeeRate,
    },
    /// The expected profit is at or above `policy.resume_above`.
    Profitable {
        /// Expected profit at the best fee, on the cautious side.
        expected: FeeRate,
        /// The threshold.
        threshold: FeeRate,
    },
    /// A switch is due but not yet seen in enough looks.
    Confirming {
        /// Looks in a row that agree.
        have: u32,
        /// `policy.confirm`.
        need: u32,
    },
    /// A better fee was found.
    PriceMove {
        /// The fee before.
        from: Nanomina,
        /// The fee after.
        to: Nanomina,
    },
    /// A better fee was found, but the change or its gain is too small.
    InsideDeadband {
        /// The fee asked now.
        at: Nanomina,
        /// The better fee.
        better: Nanomina,
    },
    /// The last fee change was too recent.
    Cooldown {
        /// Time left.
        remaining: Duration,
    },
    /// The worker was switched on too recently to be switched off.
    MinOn {
        /// Time left.
        remaining: Duration,
    },
    /// The worker was switched off too recently to be switched on.
    MinOff {
        /// Time left.
        remaining: Duration,
    },
    /// Computing does not pay: new work is kept away by the fee until the running proof is
    /// finished, then the key is removed.
    WindingDown {
        /// Time left for the proof.
        remaining: Duration,
    },
    /// Too soon after the last switch for the daemon to survive another.
    SwitchHazard {
        /// Time left.
        remaining: Duration,
    },
    /// The day's budget of changes is used up.
    DailyBudget {
        /// `policy.max_changes_per_day`.
        limit: u32,
    },
    /// The daemon asks the best fee.
    AtTarget,
    /// The service stops and leaves the daemon as `controller.on_exit` says.
    ServiceStops,
    /// An action was due but could not be recorded.
    JournalFault {
        /// What was wrong.
        fault: JournalFault,
    },
    /// The worker is off and computing would not pay.
    StaysOff {
        /// Expected profit at the best fee, on the cautious side.
        expected: FeeRate,
        /// `policy.resume_above`.
        threshold: FeeRate,
    },
}

impl Reason {
    /// The stable code: metric label, log field, journal column, API value and documentation
    /// heading.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Paused { .. } => "paused",
            Self::BreakerOpen { .. } => "breaker_open",
            Self::StatusFault { .. } => "status_fault",
            Self::ChainFault { .. } => "chain_fault",
            Self::BookFault { .. } => "book_fault",
            Self::MetricsFault { .. } => "metrics_fault",
            Self::Stale { .. } => "stale",
            Self::ClockSet { .. } => "clock_set",
            Self::Unsynced { .. } => "unsynced",
            Self::TipBehind { .. } => "tip_behind",
            Self::FewPeers { .. } => "few_peers",
            Self::ExternalChange { .. } => "external_change",
            Self::Contested { .. } => "contested",
            Self::ForeignKey { .. } => "foreign_key",
            Self::RoleUnsure => "role_unsure",
            Self::NoWorkerKey => "no_worker_key",
            Self::CostUnknown { .. } => "cost_unknown",
            Self::OwnBlockAhead { .. } => "own_block_ahead",
            Self::OwnBlockPassed => "own_block_passed",
            Self::TooFewSamples { .. } => "too_few_samples",
            Self::Uneconomical { .. } => "uneconomical",
            Self::Profitable { .. } => "profitable",
            Self::Confirming { .. } => "confirming",
            Self::PriceMove { .. } => "price_move",
            Self::InsideDeadband { .. } => "inside_deadband",
            Self::Cooldown { .. } => "cooldown",
            Self::MinOn { .. } => "min_on",
            Self::MinOff { .. } => "min_off",
            Self::WindingDown { .. } => "winding_down",
            Self::SwitchHazard { .. } => "switch_hazard",
            Self::DailyBudget { .. } => "daily_budget",
            Self::AtTarget => "at_target",
            Self::ServiceStops => "service_stops",
            Self::JournalFault { .. } => "journal_fault",
            Self::StaysOff { .. } => "stays_off",
        }
    }
}

/// To the second: nobody waits for a fraction of it.
const TIME: &str = "%F %T UTC";

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paused { until: Some(until) } => write!(f, "paused by the operator until {}", until.strftime(TIME)),
            Self::Paused { until: None } => write!(f, "paused by the operator"),
            Self::BreakerOpen { failures } => {
                write!(f, "breaker open after {failures} failures in a row, observing only")
            }
            Self::StatusFault { fault } => write!(f, "daemon status: {fault}"),
            Self::ChainFault { fault } => write!(f, "best chain: {fault}"),
            Self::BookFault { fault } => write!(f, "order book: {fault}"),
            Self::MetricsFault { fault } => write!(f, "daemon metrics: {fault}"),
            Self::Stale { age, limit } => write!(f, "the look is {} old, limit {}", span(*age), span(*limit)),
            Self::ClockSet { by } => {
                let way = if by.is_negative() { "back" } else { "forward" };
                write!(f, "the clock was set {way} by {} since the last look", span(by.unsigned_abs()))
            }
            Self::Unsynced { state } => write!(f, "the daemon is not synced ({})", state.as_str()),
            Self::TipBehind { age, limit } => {
                write!(f, "the best tip is {} old, limit {}", span(*age), span(*limit))
            }
            Self::FewPeers { have, need } => write!(f, "{have} peers, at least {need} wanted"),
            Self::ExternalChange { until } => {
                write!(f, "someone else changed fee or key, holding until {}", until.strftime(TIME))
            }
            Self::Contested { rounds, until } => write!(
                f,
                "someone else undid what was set here {rounds} times within a week, another controller perhaps; holding until {}",
                until.strftime(TIME)
            ),
            Self::ForeignKey { found } => write!(f, "the daemon works for a key that is not ours, {}", found.short()),
            Self::RoleUnsure => {
                f.write_str("no worker key is shown and no work is handed out: off, or a coordinator; set role to tell")
            }
            Self::NoWorkerKey => {
                f.write_str("switching on or off would be right; it needs a worker_key in the settings")
            }
            Self::CostUnknown { cause } => write!(f, "the cost of a work is not known: {cause}"),
            Self::OwnBlockAhead { slot } => write!(f, "the daemon produces a block at {}", slot.strftime(TIME)),
            Self::OwnBlockPassed => f.write_str("the daemon's own block is over"),
            Self::TooFewSamples { have, need } => write!(f, "{have} sales seen, {need} wanted"),
            Self::Uneconomical { expected, threshold } => {
                write!(f, "computing does not pay: {expected} expected at the best fee, below {threshold}")
            }
            Self::Profitable { expected, threshold } => {
                write!(f, "computing pays: {expected} expected at the best fee, at least {threshold}")
            }
            Self::Confirming { have, need } => write!(f, "waiting for {need} looks in a row to agree, {have} so far"),
            Self::PriceMove { from, to } => write!(f, "the best fee moved from {from} to {to}"),
            Self::InsideDeadband { at, better } => write!(f, "{better} would be better than {at}, but not by enough"),
            Self::Cooldown { remaining } => write!(f, "the fee changed recently, {} to go", span(*remaining)),
            Self::MinOn { remaining } => write!(f, "switched on recently, {} to go", span(*remaining)),
            Self::MinOff { remaining } => write!(f, "switched off recently, {} to go", span(*remaining)),
            Self::WindingDown { remaining } => {
                write!(f, "computing does not pay: the running proof is finished, {} to go, then off", span(*remaining))
            }
            Self::SwitchHazard { remaining } => {
                write!(f, "too soon after the last switch, {} to go", span(*remaining))
            }
            Self::DailyBudget { limit } => write!(f, "all {limit} changes of the day are used"),
            Self::AtTarget => f.write_str("the daemon asks the best fee"),
            Self::ServiceStops => f.write_str("the service stops"),
            Self::JournalFault { fault } => write!(f, "an action was due but the journal cannot record it: {fault}"),
            Self::StaysOff { expected, threshold } => {
                write!(f, "off: {expected} expected at the best fee, resumes at {threshold}")
            }
        }
    }
}

/// A duration rounded to seconds, as people write it.
fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds % 3600 / 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, 0) => format!("{m} min"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, 0, _) => format!("{h} h"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}
