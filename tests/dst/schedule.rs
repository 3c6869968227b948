//! What goes wrong, and when: drawn from a seed, before anything runs.

use std::time::Duration;

use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

/// Something that goes wrong, or that the operator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    // A daemon's answers.
    Unreachable,
    TimesOut,
    Garbled,
    Late,
    StatusRefused,
    ChainRefused,
    BookRefused,
    MetricsDown,
    MetricsContradict,
    AnswersFrozen,
    // A daemon itself.
    Unsynced,
    FewPeers,
    TipOld,
    TipMissing,
    HeightBehind,
    DaemonClockOff,
    UptimeStands,
    NoMutations,
    Restarts,
    AccountMissing,
    AccountRefuses,
    // Mutations.
    MutationUnsent,
    MutationRefused,
    MutationLost,
    MutationAnswerLost,
    MutationLate,
    MutationWithoutEffect,
    StrangerJustBefore,
    StrangerJustAfter,
    // Others.
    StrangerSetsFee,
    StrangerSwitches,
    ForeignKey,
    // The process.
    Killed,
    KilledWhileActing,
    Terminated,
    RunOnce,
    Reboots,
    // The disk.
    DiskFull,
    DiskReadOnly,
    DiskFails,
    DiskSlow,
    DiskAnswersLost,
    WriteTorn,
    BitsFlipped,
    WalLost,
    SealLost,
    JournalLost,
    JournalDeleted,
    OlderJournal,
    OlderFolder,
    // Clocks.
    ClockForward,
    ClockBack,
    ClockMomentarilyWrong,
    ClockStops,
    MachineSleeps,
    // The operator.
    PausedOverHttp,
    PausedInJournal,
    ResumedOverHttp,
    ResumedInJournal,
    ModeReloaded,
    BoundsReloaded,
    ExitReloaded,
    LoopReplaced,
    DaemonRemoved,
    FileBroken,
    // The feed.
    PriceJumps,
    PriceFails,
}

impl Fault {
    /// Every fault.
    pub(crate) const ALL: [Self; 67] = [
        Self::Unreachable,
        Self::TimesOut,
        Self::Garbled,
        Self::Late,
        Self::StatusRefused,
        Self::ChainRefused,
        Self::BookRefused,
        Self::MetricsDown,
        Self::MetricsContradict,
        Self::AnswersFrozen,
        Self::Unsynced,
        Self::FewPeers,
        Self::TipOld,
        Self::TipMissing,
        Self::HeightBehind,
        Self::DaemonClockOff,
        Self::UptimeStands,
        Self::NoMutations,
        Self::Restarts,
        Self::AccountMissing,
        Self::AccountRefuses,
        Self::MutationUnsent,
        Self::MutationRefused,
        Self::MutationLost,
        Self::MutationAnswerLost,
        Self::MutationLate,
        Self::MutationWithoutEffect,
        Self::StrangerJustBefore,
        Self::StrangerJustAfter,
        Self::StrangerSetsFee,
        Self::StrangerSwitches,
        Self::ForeignKey,
        Self::Killed,
        Self::KilledWhileActing,
        Self::Terminated,
        Self::RunOnce,
        Self::Reboots,
        Self::DiskFull,
        Self::DiskReadOnly,
        Self::DiskFails,
        Self::DiskSlow,
        Self::DiskAnswersLost,
        Self::WriteTorn,
        Self::BitsFlipped,
        Self::WalLost,
        Self::SealLost,
        Self::JournalLost,
        Self::JournalDeleted,
        Self::OlderJournal,
        Self::OlderFolder,
        Self::ClockForward,
        Self::ClockBack,
        Self::ClockMomentarilyWrong,
        Self::ClockStops,
        Self::MachineSleeps,
        Self::PausedOverHttp,
        Self::PausedInJournal,
        Self::ResumedOverHttp,
        Self::ResumedInJournal,
        Self::ModeReloaded,
        Self::BoundsReloaded,
        Self::ExitReloaded,
        Self::LoopReplaced,
        Self::DaemonRemoved,
        Self::FileBroken,
        Self::PriceJumps,
        Self::PriceFails,
    ];

    /// How often it is drawn, beside others.
    const fn weight(self) -> u32 {
        match self {
            // What keeps the service from acting at all, or costs memory.
            Self::JournalLost
            | Self::OlderJournal
            | Self::OlderFolder
            | Self::WalLost
            | Self::SealLost
            | Self::BitsFlipped
            | Self::JournalDeleted
            | Self::Reboots => 1,
            Self::ModeReloaded | Self::DaemonRemoved | Self::NoMutations => 2,
            // What concerns an action under way shows only in those.
            Self::KilledWhileActing
            | Self::StrangerJustBefore
            | Self::StrangerJustAfter
            | Self::MutationLost
            | Self::MutationAnswerLost
            | Self::MutationLate => 6,
            Self::PausedOverHttp | Self::PausedInJournal => 4,
            _ => 3,
        }
    }
}

/// What the operator orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// `None` is until resumed.
    Pause(Option<Duration>),
    Resume,
}

/// A fault at its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    /// Time since the beginning.
    pub(crate) at: Duration,
    /// For how long.
    pub(crate) lasts: Duration,
    pub(crate) fault: Fault,
    /// The daemon that it is about, where it is about one.
    pub(crate) daemon: usize,
    /// What else is drawn for it.
    pub(crate) seed: u64,
}

/// Draws the schedule of an episode: a calm beginning, then one fault in `gap` on average.
pub(crate) fn draw_schedule(seed: u64, length: Duration, gap: Duration) -> Vec<Planned> {
    let mut draw = ChaCha8Rng::seed_from_u64(seed);
    let mut planned = Vec::new();
    let mut at = Duration::from_secs(600);
    while at < length {
        let fault = draw_fault(&mut draw);
        // Of every order of magnitude: within an action, a look, several looks.
        let lasts = Duration::from_secs_f64(10_f64.powf(draw.random_range(0.0..3.2)));
        let daemon = usize::from(draw.random_bool(0.3));
        planned.push(Planned { at, lasts, fault, daemon, seed: draw.random() });
        // Often several at once.
        let pause = if draw.random_bool(0.3) { 0.02 } else { 1.4 };
        at += gap.mul_f64(draw.random_range(0.0..2.0) * pause);
    }
    planned
}

fn draw_fault(draw: &mut ChaCha8Rng) -> Fault {
    *Fault::ALL.choose_weighted(draw, |fault| fault.weight()).unwrap()
}
