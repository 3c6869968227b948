//! A daemon's state in one line of plain words.

use jiff::{Timestamp, tz::TimeZone};
use snarkfee_core::{
    fault::Fault,
    policy::Reason,
    record::{Record, Role},
    units::{FeeRate, four_digits, percent},
};

use super::board::{Entry, Standing};

/// Why the worker is as it is, in one line: `off since 14:02: free work covers 98 % of demand;
/// would resume at an expected 0.001 MINA/h`. Times of day are UTC; one of another day than `now`
/// has its date.
pub fn headline(entry: &Entry, now: Timestamp) -> String {
    match (&entry.latest, &entry.standing) {
        (Some(record), Some(standing)) => {
            format!("{}: {}", state(record, standing, now), because(record))
        }
        _ => "not looked at yet".to_owned(),
    }
}

fn rate(rate: FeeRate) -> String {
    format!("{} MINA/h", four_digits(rate.to_mina_per_hour()))
}

fn state(record: &Record, standing: &Standing, now: Timestamp) -> String {
    let since = if standing.from_start { "since at least" } else { "since" };
    let since = format!("{since} {}", time_of_day(standing.since, now));
    let asking = record.fee_after().map(|fee| format!(", asking {fee}")).unwrap_or_default();
    match (standing.enabled, record.role) {
        (Some(true), _) => format!("on {since}{asking}"),
        (Some(false), _) => format!("off {since}"),
        (None, Role::Coordinator) if record.look.status.is_ok() => format!("coordinator{asking}"),
        (None, _) => {
            let before = match standing.before {
                Some(true) => ", last seen on",
                Some(false) => ", last seen off",
                None => "",
            };
            format!("state not known {since}{before}")
        }
    }
}

fn because(record: &Record) -> String {
    let free =
        record.market.as_ref().filter(|market| market.samples > 0 && market.zero_fee_ratio >= 0.5);
    let free = free
        .map(|market| format!("free work covers {} of demand; ", percent(market.zero_fee_ratio)));
    let free = free.unwrap_or_default();
    let best = record.decision.appraisal.as_ref().map(|appraisal| appraisal.best);
    match (&record.decision.reason, best) {
        (Reason::StaysOff { expected, threshold }, _) => {
            let expected = rate(*expected);
            format!(
                "{free}{expected} expected at the best fee; would resume at an expected {threshold}"
            )
        }
        (Reason::Uneconomical { expected, threshold }, _) => {
            let expected = rate(*expected);
            format!("{free}{expected} expected at the best fee, below the limit of {threshold}")
        }
        (Reason::AtTarget, Some(best)) => format!(
            "the best fee; {} of works expected to sell, {} expected",
            percent(best.sale_probability),
            rate(best.cautious_profit)
        ),
        (reason, _) => Fault::excerpt(&reason.to_string()),
    }
}

/// `14:02`, or `21 Nov 14:02` for another day.
fn time_of_day(at: Timestamp, now: Timestamp) -> String {
    let (at, now) = (at.to_zoned(TimeZone::UTC), now.to_zoned(TimeZone::UTC));
    let form = if at.date() == now.date() { "%H:%M" } else { "%-d %b %H:%M" };
    at.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::telemetry::board::Board;
    use snarkfee_core::{
        fixtures::sample,
        policy::Action,
        record::{Mode, Outcome},
        units::FeeRate,
    };

    fn line(records: impl IntoIterator<Item = Record>) -> String {
        let records: Vec<_> = records.into_iter().collect();
        let daemon = records[0].daemon.clone();
        let now = records[records.len() - 1].at;
        let board = Board::new(Mode::Live, [daemon.clone()]);
        records.into_iter().for_each(|record| board.publish(&Arc::new(record)));
        headline(&board.entry(&daemon).unwrap(), now)
    }

    fn off_record() -> Record {
        let mut off = sample::record();
        off.at = "2026-11-23T09:00:00Z".parse().unwrap();
        off.look.status.as_mut().unwrap().worker = None;
        off.market.as_mut().unwrap().zero_fee_ratio = 0.98;
        off.outcome = Outcome::Held;
        off.decision.action = Action::Hold;
        off.decision.reason = Reason::StaysOff {
            expected: FeeRate::new(-200_000),
            threshold: FeeRate::new(1_000_000),
        };
        off
    }

    #[test]
    fn an_idle_worker_says_since_when_why_and_when_it_resumes() {
        assert_eq!(
            line([sample::record(), off_record()]),
            "off since 09:00: free work covers 98 % of demand; -0.0002 MINA/h expected at the best fee; would resume at an \
             expected 0.001 MINA/h"
        );
    }

    #[test]
    fn what_began_before_the_first_look_is_not_dated_exactly() {
        let mut on = sample::record();
        on.outcome = Outcome::Held;
        on.decision.reason = Reason::AtTarget;
        let mut later = on.clone();
        later.at = "2026-11-23T09:00:00Z".parse().unwrap();
        assert_eq!(
            line([on, later]),
            "on since at least 22 Nov 14:02, asking 0.001 MINA: the best fee; 42 % of works expected to sell, 0.021 MINA/h expected"
        );
    }

    #[test]
    fn a_silent_daemon_says_what_was_last_seen() {
        let mut silent = off_record();
        let fault =
            snarkfee_core::fault::Fault::TimedOut { limit: std::time::Duration::from_secs(30) };
        silent.look.status = Err(fault.clone());
        silent.decision.reason = Reason::StatusFault { fault };
        assert_eq!(
            line([sample::record(), silent]),
            "state not known since 09:00, last seen on: daemon status: no answer within 30s"
        );
    }

    #[test]
    fn numbers_for_people_have_four_digits() {
        let shown: Vec<_> = [0.0, 0.020_873_412, -0.000_213_877, 12_345.678, 1.0, 1e-12, -1e-12]
            .into_iter()
            .map(four_digits)
            .collect();
        assert_eq!(shown, ["0", "0.02087", "-0.0002139", "12346", "1", "0", "0"]);
    }

    #[test]
    fn shares_near_the_ends_are_not_rounded_to_them() {
        let shown: Vec<_> =
            [0.0, 0.0001, 0.004, 0.5, 0.98, 0.996, 0.9999, 1.0].into_iter().map(percent).collect();
        assert_eq!(shown, ["0 %", "0.1 %", "0.4 %", "50 %", "98 %", "99.6 %", "99.9 %", "100 %"]);
    }
}
