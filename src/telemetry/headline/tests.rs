use std::sync::Arc;

use super::*;
use crate::telemetry::status_board::StatusBoard;
use snarkfee_core::{
    fixtures::sample,
    policy::Action,
    record::{Mode, Outcome},
    units::{FeeRate, four_digits},
};

fn line(records: impl IntoIterator<Item = Record>) -> String {
    let records: Vec<_> = records.into_iter().collect();
    let daemon = records[0].daemon.clone();
    let now = records[records.len() - 1].at;
    let board = StatusBoard::new(Mode::Live, [daemon.clone()]);
    records.into_iter().for_each(|record| board.publish(&Arc::new(record)));
    headline(&board.daemon(&daemon).unwrap(), now)
}

fn off_record() -> Record {
    let mut off = sample::record();
    off.at = "2026-11-23T09:00:00Z".parse().unwrap();
    off.look.status.as_mut().unwrap().worker = None;
    off.market.as_mut().unwrap().zero_fee_ratio = 0.98;
    off.outcome = Outcome::Held;
    off.decision.action = Action::Hold;
    off.decision.reason =
        Reason::StaysOff { expected: FeeRate::new(-200_000), threshold: FeeRate::new(1_000_000) };
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
    let fault = snarkfee_core::fault::Fault::TimedOut { limit: std::time::Duration::from_secs(30) };
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
