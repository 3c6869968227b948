//! What is sent, in which order, and what came of it.

use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::{
    clocks::MachineTime,
    cycle::{Context, CycleState, Unrecorded},
    fault::{Fault, JournalFault},
    fixtures::{
        fee, key, poll_once,
        script::{Answer, ScriptedDaemon},
    },
    ledger::DecisionInputs,
    market::Look,
    policy::{Action, Basis, Decision, ImaginedSettings, Mode, Withdrawal},
    record::Record,
};

fn from() -> DaemonSettings {
    DaemonSettings { worker: None, fee: fee(5) }
}

fn on() -> Action {
    Action::SwitchOn { key: key("us"), fee: fee(7) }
}

fn act(daemon: &ScriptedDaemon, mode: Mode, action: &Action) -> Outcome {
    let from = match mode {
        Mode::Live => Basis::Real(from()),
        Mode::DryRun => Basis::Imagined(ImaginedSettings::begin(from())),
    };
    let permit = Permit::for_tests(from, action.clone());
    poll_once(carry_out(daemon, &mut Unrecorded, permit))
}

fn fault() -> Fault {
    Fault::TimedOut { limit: std::time::Duration::from_secs(1) }
}

#[test]
fn dry_run_sends_nothing() {
    let daemon = ScriptedDaemon::with_settings(from());
    assert_eq!(act(&daemon, Mode::DryRun, &on()), Outcome::DryRun);
    assert_eq!(daemon.sent(), []);
}

#[test]
fn the_fee_is_set_before_the_key() {
    let daemon = ScriptedDaemon::with_settings(from());
    assert_eq!(act(&daemon, Mode::Live, &on()), Outcome::Confirmed);
    assert_eq!(
        daemon.sent(),
        [Mutation::SetFee { fee: fee(7) }, Mutation::SwitchOn { key: key("us") }]
    );
}

#[test]
fn a_rejected_fee_keeps_the_worker_off() {
    let daemon = ScriptedDaemon::with_settings(from()).with_answers([Answer::Reject]);
    assert!(matches!(act(&daemon, Mode::Live, &on()), Outcome::Rejected { .. }));
    assert_eq!(daemon.settings(), from());
}

#[test]
fn a_rejection_says_what_was_set_before_it() {
    let reached = Some(DaemonSettings { fee: fee(7), ..from() });
    for first in [Answer::Apply, Answer::ApplyAndLose(fault())] {
        let daemon = ScriptedDaemon::with_settings(from()).with_answers([first, Answer::Reject]);
        let outcome = act(&daemon, Mode::Live, &on());
        assert!(
            matches!(&outcome, Outcome::Rejected { reached: told, .. } if *told == reached),
            "{outcome:?}"
        );
        assert_eq!(Some(daemon.settings()), reached);
    }
    let daemon = ScriptedDaemon::with_settings(from()).with_answers([Answer::Reject]);
    assert!(matches!(act(&daemon, Mode::Live, &on()), Outcome::Rejected { reached: None, .. }));
}

fn overtook(found: DaemonSettings, left: DaemonSettings) -> Outcome {
    Outcome::Applied { unread: None, overtook: Some(Overtaken { found, left }) }
}

#[test]
fn a_change_between_look_and_act_is_noticed_and_ends_the_act() {
    let theirs = DaemonSettings { worker: None, fee: fee(6) };
    let daemon =
        ScriptedDaemon::with_settings(from()).with_answers([Answer::ApplyAfter(theirs.clone())]);
    let left = DaemonSettings { fee: fee(7), ..from() };
    assert_eq!(act(&daemon, Mode::Live, &on()), overtook(theirs, left.clone()));
    assert_eq!((daemon.settings(), daemon.sent().len()), (left, 1), "the key is not set any more");
    let theirs = DaemonSettings { worker: Some(key("they")), fee: fee(7) };
    let daemon = ScriptedDaemon::with_settings(from())
        .with_answers([Answer::Apply, Answer::ApplyAfter(theirs.clone())]);
    let left = DaemonSettings { worker: Some(key("us")), fee: fee(7) };
    assert_eq!(act(&daemon, Mode::Live, &on()), overtook(theirs, left));
}

#[test]
fn whoever_set_the_same_before_is_no_opponent() {
    let same = DaemonSettings { worker: None, fee: fee(7) };
    let daemon = ScriptedDaemon::with_settings(from()).with_answers([Answer::ApplyAfter(same)]);
    assert_eq!(act(&daemon, Mode::Live, &on()), Outcome::Confirmed);
}

#[test]
fn a_lost_answer_is_resolved_by_reading() {
    let applied =
        ScriptedDaemon::with_settings(from()).with_answers([Answer::ApplyAndLose(fault())]);
    let action = Action::SetFee { fee: fee(9) };
    assert_eq!(act(&applied, Mode::Live, &action), Outcome::Confirmed);
    let ignored = ScriptedDaemon::with_settings(from()).with_answers([Answer::Lose(fault())]);
    assert_eq!(act(&ignored, Mode::Live, &action), Outcome::Unknown { fault: fault() });
    assert_eq!(ignored.sent().len(), 1, "never sent again by itself");
}

#[test]
fn an_answer_that_reading_back_does_not_show_was_without_effect() {
    let daemon = ScriptedDaemon::with_settings(from()).with_answers([Answer::Ignore]);
    let action = Action::SwitchOn { key: key("us"), fee: fee(5) };
    let outcome = act(&daemon, Mode::Live, &action);
    assert_eq!(outcome, Outcome::Ineffective { shown: from() });
    assert_eq!(outcome.left(&from(), &action), None, "it may still take effect");
}

#[test]
fn the_key_is_not_set_while_the_fee_is_not_seen_to_be() {
    let daemon = ScriptedDaemon::with_settings(from()).with_answers([Answer::Ignore]);
    assert_eq!(act(&daemon, Mode::Live, &on()), Outcome::Ineffective { shown: from() });
    assert_eq!(daemon.sent(), [Mutation::SetFee { fee: fee(7) }]);
    let daemon =
        ScriptedDaemon::with_settings(from()).with_answers([Answer::Apply, Answer::Ignore]);
    let shown = DaemonSettings { fee: fee(7), ..from() };
    assert_eq!(act(&daemon, Mode::Live, &on()), Outcome::Ineffective { shown });
}

/// Clears so many mutations, and then no more.
struct Clears(usize);

impl Recorder for Clears {
    type Clearance = ();

    async fn begin(&mut self, _: &mut CycleState, _: MachineTime) {}

    fn observe(&mut self, _: &Look, _: &mut CycleState) {}

    async fn record_intent(
        &mut self,
        _: Timestamp,
        _: &Permit,
        _: &Decision,
        _: &CycleState,
    ) -> Result<(), JournalFault> {
        Ok(())
    }

    async fn clear_to_send(&mut self) -> Result<(), Withdrawal> {
        self.0 = self.0.checked_sub(1).ok_or(Withdrawal::Reloaded)?;
        Ok(())
    }

    async fn record_look(
        &mut self,
        _: &Arc<Record>,
        _: DecisionInputs,
        _: &Context<'_>,
        _: &CycleState,
    ) -> Result<(), JournalFault> {
        Ok(())
    }
}

#[test]
fn nothing_is_sent_once_the_permission_is_taken_back() {
    let by = Withdrawal::Reloaded;
    for (cleared, reached) in [(0, None), (1, Some(DaemonSettings { fee: fee(7), ..from() }))] {
        let daemon = ScriptedDaemon::with_settings(from());
        let permit = Permit::for_tests(Basis::Real(from()), on());
        let outcome = poll_once(carry_out(&daemon, &mut Clears(cleared), permit));
        let left = reached.clone().unwrap_or_else(from);
        assert_eq!(outcome.left(&from(), &on()), Some(left.clone()), "what is set is known");
        assert_eq!(outcome, Outcome::Withdrawn { by: by.clone(), reached });
        assert_eq!((daemon.sent().len(), daemon.settings()), (cleared, left));
    }
}
