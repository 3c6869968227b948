//! Why a decision is what it is: a closed list, each entry with the numbers that led to it and a
//! stable code.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::daemon_settings::{Action, DaemonSettings};
use crate::{
    cost::CostUnknown,
    fault::{Fault, JournalDoubt, JournalFault},
    market::{Demand, ProofNeed, SyncState},
    units::{DaemonId, FeeRate, Nanomina, PublicKey},
};

/// Why a decision is what it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// The journal may have lost orders or memory: hold until `resume`.
    JournalDoubt {
        /// What speaks for a loss.
        doubt: JournalDoubt,
    },
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
    /// The look is older than `safety.max_age`, or the order book that it kept too old.
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
    /// The daemon's clock and ours disagree.
    DaemonClock {
        /// By how much the daemon's is ahead at least, negative if behind.
        by: SignedDuration,
        /// The limit.
        limit: Duration,
    },
    /// The daemon calls itself synced but has no best tip.
    NoTip,
    /// The daemon calls itself synced but lacks many blocks that its peers sent.
    HeightBehind {
        /// Its height.
        height: u32,
        /// The highest received.
        received: u32,
    },
    /// The daemon's uptime stands still: its answers are not of now.
    UptimeStands {
        /// The uptime.
        uptime: Duration,
        /// For how long it has been the same.
        stands: Duration,
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
    /// The daemon refused what is due, and nothing that it depends on has changed.
    WriteRefused {
        /// What it refused.
        action: Action,
        /// What was wrong.
        fault: Fault,
        /// How often in a row.
        tries: u32,
        /// When it may be sent again.
        until: Timestamp,
    },
    /// The daemon accepted what is due without heeding it, and nothing that it depends on has
    /// changed.
    WriteIneffective {
        /// What had no effect.
        action: Action,
        /// What the daemon showed afterwards.
        shown: DaemonSettings,
        /// How often in a row.
        tries: u32,
        /// When it may be sent again.
        until: Timestamp,
    },
    /// The schema has no mutations: the daemon cannot be set.
    NoMutations,
    /// The account of the worker key demands authorisation: no pool takes its works.
    AccountRefuses {
        /// What for.
        demand: Demand,
    },
    /// The worker key has no account, and what a pool wants of such a key is above
    /// `policy.ceiling`.
    ReserveAboveCeiling {
        /// The account-creation fee.
        reserve: Nanomina,
        /// `policy.ceiling`.
        ceiling: Nanomina,
    },
    /// A bound of the fee is in a currency, and the price of MINA is not known.
    BoundsUnknown {
        /// Why not.
        cause: CostUnknown,
    },
    /// At the price of MINA the floor is above the ceiling.
    BoundsCrossed {
        /// `policy.floor`.
        floor: Nanomina,
        /// `policy.ceiling`.
        ceiling: Nanomina,
    },
    /// A change is due by blocks and order book that another daemon of the fleet read; the next look
    /// reads this one's own.
    SharedReading {
        /// The daemon that read them.
        by: DaemonId,
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
    /// The daemon produces a block soon, or now.
    OwnBlockAhead {
        /// Start of its slot.
        slot: Timestamp,
        /// Whether the slot has begun.
        #[serde(default)]
        begun: bool,
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
    /// Strategy `cover`: the worker proves what is due, or what others would prove too late.
    Covering {
        /// Which works lack proofs.
        need: ProofNeed,
    },
    /// Strategy `cover`: works that the next purchase takes lack proofs.
    ProofsLacking {
        /// Which works lack proofs.
        need: ProofNeed,
    },
    /// Strategy `cover`: what is due has proofs, but others would prove later works too late.
    CoverageThinning {
        /// Which works lack proofs.
        need: ProofNeed,
    },
    /// Strategy `cover`: the worker is on and the network does without it.
    Covered {
        /// Which works lack proofs.
        need: ProofNeed,
    },
    /// Strategy `cover`: the worker is off and the network does without it.
    StandsBy {
        /// Which works lack proofs.
        need: ProofNeed,
    },
    /// Strategy `cover`: a switch is due, after those of other operators whose turn is earlier.
    AwaitingTurn {
        /// Time left.
        remaining: Duration,
    },
    /// The order book is not known, or the daemon's pool still fills: which works lack proofs cannot
    /// be told.
    BookUnknown,
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
            Self::JournalDoubt { .. } => "journal_doubt",
            Self::Paused { .. } => "paused",
            Self::BreakerOpen { .. } => "breaker_open",
            Self::StatusFault { .. } => "status_fault",
            Self::ChainFault { .. } => "chain_fault",
            Self::BookFault { .. } => "book_fault",
            Self::MetricsFault { .. } => "metrics_fault",
            Self::Stale { .. } => "stale",
            Self::ClockSet { .. } => "clock_set",
            Self::Unsynced { .. } => "unsynced",
            Self::DaemonClock { .. } => "daemon_clock",
            Self::NoTip => "no_tip",
            Self::HeightBehind { .. } => "height_behind",
            Self::UptimeStands { .. } => "uptime_stands",
            Self::WriteRefused { .. } => "write_refused",
            Self::WriteIneffective { .. } => "write_ineffective",
            Self::NoMutations => "no_mutations",
            Self::AccountRefuses { .. } => "account_refuses",
            Self::ReserveAboveCeiling { .. } => "reserve_above_ceiling",
            Self::BoundsUnknown { .. } => "bounds_unknown",
            Self::BoundsCrossed { .. } => "bounds_crossed",
            Self::SharedReading { .. } => "shared_reading",
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
            Self::Covering { .. } => "covering",
            Self::ProofsLacking { .. } => "proofs_lacking",
            Self::CoverageThinning { .. } => "coverage_thinning",
            Self::Covered { .. } => "covered",
            Self::StandsBy { .. } => "stands_by",
            Self::AwaitingTurn { .. } => "awaiting_turn",
            Self::BookUnknown => "book_unknown",
            Self::JournalFault { .. } => "journal_fault",
            Self::StaysOff { .. } => "stays_off",
        }
    }
}
