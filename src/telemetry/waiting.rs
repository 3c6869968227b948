//! What a decision that is not about the market waits for, and for how long.

use std::time::Duration;

use jiff::Timestamp;
use snarkfee_core::policy::Reason;

/// How long a reason lasts, if that is known.
pub(super) fn remaining_wait(reason: &Reason, at: Timestamp) -> Option<Duration> {
    match reason {
        Reason::Cooldown { remaining }
        | Reason::MinOn { remaining }
        | Reason::MinOff { remaining }
        | Reason::WindingDown { remaining }
        | Reason::SwitchHazard { remaining }
        | Reason::AwaitingTurn { remaining } => Some(*remaining),
        Reason::Paused { until: Some(end) }
        | Reason::ExternalChange { until: end }
        | Reason::Contested { until: end, .. }
        | Reason::WriteRefused { until: end, .. }
        | Reason::WriteIneffective { until: end, .. }
        | Reason::OwnBlockAhead { slot: end, begun: false } => {
            Duration::try_from(end.duration_since(at)).ok()
        }
        _ => None,
    }
}

/// What ends a reason that is not about the market; completes "until ..". `None` for a reason that
/// is about the market.
pub(super) fn describe_end(reason: &Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::JournalDoubt { .. } => "`snarkfee resume`, once the daemon is set as it should be",
        Reason::Paused { .. } => "the operator's pause ends, by itself or by `snarkfee resume`",
        Reason::BreakerOpen { .. } => {
            "enough looks in a row succeed, or `snarkfee resume` closes the breaker"
        }
        Reason::StatusFault { .. } | Reason::ChainFault { .. } | Reason::BookFault { .. } => {
            "the daemon answers; `snarkfee check` says what is wrong"
        }
        Reason::MetricsFault { .. } => {
            "the daemon's metrics can be read and are consistent, or metrics_url is removed"
        }
        Reason::Stale { .. } => "a look takes less than safety.max_age",
        Reason::ClockSet { .. } => "the clock runs forwards from one look to the next",
        Reason::Unsynced { .. } | Reason::TipBehind { .. } => {
            "the daemon has caught up with the chain"
        }
        Reason::DaemonClock { .. } => {
            "the daemon's clock and this machine's agree; `snarkfee check` says by how much they differ"
        }
        Reason::NoTip | Reason::HeightBehind { .. } => "the daemon has caught up with the chain",
        Reason::UptimeStands { .. } => {
            "the daemon's answers are of now: a cache before it, or a machine that stands still?"
        }
        Reason::WriteRefused { .. } => {
            "what the fault names is mended: then `snarkfee resume`. By itself it is sent again \
             once the wait is over, the daemon restarts or is set otherwise, or other settings are \
             loaded"
        }
        Reason::WriteIneffective { .. } => {
            "the daemon heeds what it accepts: look for a proxy, a cache or a replica behind \
             graphql_url, then `snarkfee resume`. By itself it is sent again once the wait is \
             over, the daemon restarts or is set otherwise, or other settings are loaded"
        }
        Reason::NoMutations => {
            "graphql_url leads to a port that offers setSnarkWorkFee and setSnarkWorker"
        }
        Reason::AccountRefuses { .. } => {
            "the account's permissions are none, or worker_key is another key"
        }
        Reason::ReserveAboveCeiling { .. } => {
            "the key has a ledger account, or policy.ceiling is at least the account creation fee"
        }
        Reason::BoundsUnknown { .. } => {
            "the price of MINA is known again: see mina_price, or set floor and ceiling in MINA"
        }
        Reason::BoundsCrossed { .. } => {
            "the price of MINA brings the floor below the ceiling again, or other bounds are set"
        }
        Reason::SharedReading { .. } => "the next look reads this daemon's own blocks and book",
        Reason::FewPeers { .. } => "the daemon has more peers, or safety.min_peers is lower",
        Reason::ExternalChange { .. } => {
            "safety.external_hold is over, or `snarkfee resume` ends it"
        }
        Reason::Contested { .. } => {
            "the hold is over or `snarkfee resume` ends it; find out who else controls the daemon"
        }
        Reason::ForeignKey { .. } => {
            "the daemon works for worker_key, or own_provers has the key that it works for"
        }
        Reason::RoleUnsure => {
            "role is set, the daemon shows a worker key, or its metrics show work handed out without one"
        }
        Reason::NoWorkerKey => "worker_key is set",
        Reason::CostUnknown { .. } => "the cost of a work is known: see [daemons.NAME.cost]",
        Reason::OwnBlockAhead { .. } | Reason::OwnBlockPassed => "the daemon's own block is over",
        Reason::TooFewSamples { .. } => "more sales are seen, or policy.min_samples is lower",
        Reason::Confirming { .. } => "further looks agree (policy.confirm)",
        Reason::Cooldown { .. } => "policy.cooldown is over",
        Reason::MinOn { .. } => "policy.min_on is over",
        Reason::MinOff { .. } => "policy.min_off is over",
        Reason::WindingDown { .. } => "what was handed out has had time to be finished",
        Reason::SwitchHazard { .. } => "the daemon can survive another switch",
        Reason::DailyBudget { .. } => "the oldest change of the last 24 hours is a day old",
        Reason::AwaitingTurn { .. } => "it is this operator's turn and still needed",
        Reason::BookUnknown => "the order book is read and the daemon's pool has filled",
        Reason::ServiceStops => "the service is started again",
        Reason::JournalFault { .. } => "the journal in controller.state_dir can be written again",
        Reason::Uneconomical { .. }
        | Reason::Profitable { .. }
        | Reason::PriceMove { .. }
        | Reason::InsideDeadband { .. }
        | Reason::AtTarget
        | Reason::Covering { .. }
        | Reason::ProofsLacking { .. }
        | Reason::CoverageThinning { .. }
        | Reason::Covered { .. }
        | Reason::StandsBy { .. }
        | Reason::StaysOff { .. } => return None,
    })
}
