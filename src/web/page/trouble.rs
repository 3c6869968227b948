//! Whether anything is wrong: what could not be read, sent or kept up to date.

use std::time::Duration;

use maud::{Markup, html};
use snarkfee_core::{decision_log::describe_failure, fault::Fault, policy::Reason, record::Record};

use super::{
    context::PageContext,
    format::{show_duration, show_time},
};

/// So many intervals without a look are too long: a failing daemon is asked less often.
const LATE: u32 = 12;

/// Everything that is wrong with a daemon, or that nothing is.
pub(super) fn troubles(page: &PageContext<'_>, record: &Record) -> Markup {
    let faults = record.faults();
    let failure = describe_failure(record);
    let age = Duration::try_from(page.now.duration_since(record.at)).unwrap_or_default();
    let late = age > page.state.interval * LATE + Duration::from_secs(60);
    let guard = guard_in_words(record);
    let well = faults.is_empty() && failure.is_none() && !late && guard.is_none();
    let held = record.hold.breaker_open
        || record.hold.journal_doubt.is_some()
        || record.hold.paused.is_some();
    html! {
        @if well && !held {
            p.well { "Nothing is wrong. Last check " (show_time(record.at, page.now)) "." }
        } @else if !well {
            section.faults aria-labelledby="faults" {
                h3 #faults { @if faults.is_empty() { "What is wrong" } @else { "What could not be read" } }
                ul {
                    @for (source, fault) in faults {
                        li { strong { (source) } ": " (Fault::excerpt(&fault.to_string())) }
                    }
                    @if let Some(failure) = failure {
                        li { strong { (record.decision.action.code().replace('_', " ")) } ": " (failure) }
                    }
                    @if let Some(guard) = guard { li { strong { "held" } ": " (guard) } }
                    @if late { li { strong { "late" } ": the last check was " (show_duration(age)) " ago" } }
                }
            }
        }
    }
}

/// Why nothing can be done although everything was read; `None` where that is as it should be.
fn guard_in_words(record: &Record) -> Option<String> {
    let wrong = matches!(
        record.decision.reason,
        Reason::Stale { .. }
            | Reason::ClockSet { .. }
            | Reason::Unsynced { .. }
            | Reason::TipBehind { .. }
            | Reason::DaemonClock { .. }
            | Reason::NoTip
            | Reason::HeightBehind { .. }
            | Reason::UptimeStands { .. }
            | Reason::NoMutations
            | Reason::WriteRefused { .. }
            | Reason::WriteIneffective { .. }
            | Reason::BoundsUnknown { .. }
            | Reason::BoundsCrossed { .. }
            | Reason::AccountRefuses { .. }
            | Reason::ReserveAboveCeiling { .. }
            | Reason::FewPeers { .. }
            | Reason::Contested { .. }
            | Reason::ForeignKey { .. }
            | Reason::RoleUnsure
            | Reason::NoWorkerKey
            | Reason::CostUnknown { .. }
            | Reason::JournalFault { .. }
    );
    wrong.then(|| record.reason_text())
}
