//! The state of a daemon in one line for people.

use jiff::{Timestamp, tz::TimeZone};
use snarkfee_core::{
    policy::Reason,
    record::{Record, Role},
    units::percent,
};

use super::status_board::{DaemonOverview, WorkerState};

/// The worker's state and the reason for it, in one line: `off since 14:02: free work covers 98 %
/// of demand; would resume at an expected 0.001 MINA/h`. Times are UTC, with the date unless it is
/// the date of `now`.
pub(crate) fn headline(daemon: &DaemonOverview, now: Timestamp) -> String {
    match (&daemon.latest, &daemon.worker) {
        (Some(record), Some(_)) if record.imagines() => describe_dry_run(record, now),
        (Some(record), Some(worker)) => {
            format!("{}: {}", describe_worker(record, worker, now), describe_reason(record))
        }
        _ => "not checked yet".to_owned(),
    }
}

fn describe_worker(record: &Record, worker: &WorkerState, now: Timestamp) -> String {
    let since = if worker.from_first_look { "since at least" } else { "since" };
    let since = format!("{since} {}", show_time(worker.since, now));
    let asking = record
        .fee_after()
        .map(|fee| format!(", asking {}", record.fee_unit().show(fee)))
        .unwrap_or_default();
    match (worker.enabled, record.role) {
        (Some(true), _) => format!("on {since}{asking}"),
        (Some(false), _) => format!("off {since}"),
        (None, Role::Coordinator) if record.look.status.is_ok() => format!("coordinator{asking}"),
        (None, _) => {
            let last_known = match worker.last_known {
                Some(true) => ", last seen on",
                Some(false) => ", last seen off",
                None => "",
            };
            format!("state not known {since}{last_known}")
        }
    }
}

/// What would be asked, since when and why; then what the daemon has, and what that brings.
fn describe_dry_run(record: &Record, now: Timestamp) -> String {
    let unit = record.fee_unit();
    let wanted = record.wanted.as_ref();
    let since = wanted.and_then(|wanted| wanted.since);
    let since = since.map(|at| format!(" since {}", show_time(at, now))).unwrap_or_default();
    let fee = wanted.map(|wanted| unit.show(wanted.fee)).unwrap_or_default();
    let would = match (record.wanted_enabled(), record.enabled_after()) {
        (Some(false), _) => format!("would be off{since}"),
        (Some(true), Some(false)) => format!("would be on{since}, asking {fee}"),
        _ => format!("would ask {fee}{since}"),
    };
    let asks = record.fee_after().map(|fee| unit.show(fee)).unwrap_or_default();
    let daemon = match record.enabled_after() {
        Some(false) => "the daemon is off".to_owned(),
        _ => format!("the daemon asks {asks}{}", describe_asked(record)),
    };
    format!("{would}: {}; {daemon}", describe_reason(record))
}

/// What the fee that the daemon asks is expected to bring.
fn describe_asked(record: &Record) -> String {
    let Some(appraisal) = &record.decision.appraisal else { return String::new() };
    let asked = appraisal.asked();
    if percent(asked.sale_probability) == percent(0.0) {
        return ", at which nothing sells".to_owned();
    }
    let profit = record.fee_unit().show_rate(asked.cautious_profit);
    let sells = percent(asked.sale_probability);
    format!(", at which {sells} of works are expected to sell, {profit} expected")
}

fn describe_reason(record: &Record) -> String {
    let unit = record.fee_unit();
    let free =
        record.market.as_ref().filter(|market| market.samples > 0 && market.zero_fee_ratio >= 0.5);
    let free = free
        .map(|market| format!("free work covers {} of demand; ", percent(market.zero_fee_ratio)));
    let free = free.unwrap_or_default();
    let best = record.decision.appraisal.as_ref().map(|appraisal| appraisal.best);
    match (&record.decision.reason, best) {
        (Reason::StaysOff { expected, threshold }, _) => {
            let expected = unit.show_rate(*expected);
            format!(
                "{free}{expected} expected at the best fee; would resume at an expected {}",
                unit.show_rate(*threshold)
            )
        }
        (Reason::Uneconomical { expected, threshold }, _) => {
            let expected = unit.show_rate(*expected);
            let threshold = unit.show_rate(*threshold);
            format!("{free}{expected} expected at the best fee, below the limit of {threshold}")
        }
        (Reason::AtTarget, Some(best)) => format!(
            "the best fee; {} of works expected to sell, {} expected",
            percent(best.sale_probability),
            unit.show_rate(best.cautious_profit)
        ),
        _ => record.reason_text(),
    }
}

/// `14:02`, or `21 Nov 14:02` for another day.
fn show_time(at: Timestamp, now: Timestamp) -> String {
    let (at, now) = (at.to_zoned(TimeZone::UTC), now.to_zoned(TimeZone::UTC));
    let form = if at.date() == now.date() { "%H:%M" } else { "%-d %b %H:%M" };
    at.strftime(form).to_string()
}

#[cfg(test)]
mod tests;
