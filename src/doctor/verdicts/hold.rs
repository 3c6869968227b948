//! Which check answers for a reason to hold: what the service would hold for, `check` must say.

use snarkfee_core::{fault::Fault, policy::Reason};

use super::{
    super::check::{Check, Verdict},
    reach::is_in_answer,
};

/// The check that a hold with this reason belongs to, and the least that it then is; `None` for
/// what is no fault of a setup: orders, waits and the market's verdicts.
pub(super) const fn answers_for(reason: &Reason) -> Option<(Check, Verdict)> {
    Some(match reason {
        Reason::StatusFault { fault } if is_in_answer(fault) => (Check::Schema, Verdict::Fail),
        Reason::ChainFault { fault: Fault::Unsupported { .. } }
        | Reason::BookFault { fault: Fault::Unsupported { .. } } => (Check::Schema, Verdict::Fail),
        Reason::StatusFault { .. } | Reason::Stale { .. } => (Check::Reachability, Verdict::Fail),
        Reason::ChainFault { .. } => (Check::Chain, Verdict::Fail),
        Reason::BookFault { .. } => (Check::Book, Verdict::Fail),
        Reason::TooFewSamples { .. } => (Check::Chain, Verdict::Warn),
        Reason::MetricsFault { .. } => (Check::Metrics, Verdict::Fail),
        Reason::Unsynced { .. }
        | Reason::NoTip
        | Reason::TipBehind { .. }
        | Reason::HeightBehind { .. }
        | Reason::FewPeers { .. } => (Check::Sync, Verdict::Fail),
        Reason::UptimeStands { .. } => (Check::Reachability, Verdict::Fail),
        Reason::DaemonClock { .. } => (Check::Clock, Verdict::Fail),
        Reason::NoMutations => (Check::Mutations, Verdict::Fail),
        Reason::AccountRefuses { .. } | Reason::ReserveAboveCeiling { .. } => {
            (Check::Account, Verdict::Fail)
        }
        Reason::ClockSet { .. } => (Check::Clock, Verdict::Warn),
        Reason::ForeignKey { .. } => (Check::WorkerKey, Verdict::Fail),
        Reason::NoWorkerKey => (Check::WorkerKey, Verdict::Warn),
        Reason::RoleUnsure => (Check::Role, Verdict::Warn),
        Reason::CostUnknown { .. } => (Check::Cost, Verdict::Warn),
        Reason::BookUnknown => (Check::Book, Verdict::Warn),
        Reason::BoundsUnknown { .. } | Reason::BoundsCrossed { .. } => {
            (Check::Price, Verdict::Fail)
        }
        Reason::OwnBlockAhead { .. } => (Check::OwnSlot, Verdict::Warn),
        Reason::JournalDoubt { .. } | Reason::JournalFault { .. } => (Check::Store, Verdict::Fail),
        Reason::Paused { .. }
        | Reason::BreakerOpen { .. }
        | Reason::ExternalChange { .. }
        | Reason::Contested { .. }
        | Reason::WriteRefused { .. }
        | Reason::WriteIneffective { .. }
        | Reason::OwnBlockPassed
        | Reason::Uneconomical { .. }
        | Reason::Profitable { .. }
        | Reason::Confirming { .. }
        | Reason::PriceMove { .. }
        | Reason::InsideDeadband { .. }
        | Reason::Cooldown { .. }
        | Reason::MinOn { .. }
        | Reason::MinOff { .. }
        | Reason::WindingDown { .. }
        | Reason::SwitchHazard { .. }
        | Reason::DailyBudget { .. }
        | Reason::AtTarget
        | Reason::Covering { .. }
        | Reason::ProofsLacking { .. }
        | Reason::CoverageThinning { .. }
        | Reason::Covered { .. }
        | Reason::StandsBy { .. }
        | Reason::AwaitingTurn { .. }
        | Reason::ServiceStops
        | Reason::SharedReading { .. }
        | Reason::StaysOff { .. } => return None,
    })
}
