//! Carrying a decision out: the only place that can send a mutation.
//!
//! Invariants: dry-run and live share everything but one match arm; nothing is sent that was not
//! taken down first; a mutation is sent once and then read back; after a failure, or where someone
//! else set something meanwhile, nothing further of the same decision is sent.

use crate::{
    fault::JournalFault,
    ledger::RecoveredOutcome,
    policy::{Action, DaemonSettings, Mode, Outcome, Overtaken},
    port::{DaemonPort, Mutation, Replaced, SendError},
};

/// Carries out `action` on a daemon that is set to `from`.
///
/// `taken_down` is awaited only where there is something to send, and before it is sent.
///
/// # Errors
/// What was to be done could not be taken down: nothing was sent.
pub async fn actuate<P: DaemonPort>(
    port: &P,
    mode: Mode,
    from: &DaemonSettings,
    action: &Action,
    taken_down: impl Future<Output = Result<(), JournalFault>>,
) -> Result<Outcome, JournalFault> {
    let mutations = mutations(from, action);
    if mutations.is_empty() {
        return Ok(Outcome::Held);
    }
    taken_down.await?;
    match mode {
        Mode::DryRun => Ok(Outcome::DryRun),
        Mode::Live => Ok(send(port, &mutations, from, &from.after(action)).await),
    }
}

/// What became of an action that was taken down in an earlier process, whose end is not known, when
/// the daemon now is set to `found`.
pub fn find_out(
    from: &DaemonSettings,
    action: &Action,
    found: &DaemonSettings,
) -> RecoveredOutcome {
    if *found == from.after(action) {
        return RecoveredOutcome::Applied;
    }
    if found == from {
        return RecoveredOutcome::NotApplied;
    }
    let mut reached = from.clone();
    let partly = mutations(from, action).iter().any(|mutation| {
        apply(mutation, &mut reached);
        reached == *found
    });
    if partly { RecoveredOutcome::PartlyApplied } else { RecoveredOutcome::Otherwise }
}

/// What an action needs to be sent, in an order in which stopping half-way is harmless: a worker is
/// never on at a fee not meant for it.
fn mutations(from: &DaemonSettings, action: &Action) -> Vec<Mutation> {
    let fee_change = |fee| (from.fee != fee).then_some(Mutation::SetFee { fee });
    match action {
        Action::Hold => Vec::new(),
        Action::SetFee { fee } | Action::Park { fee } => fee_change(*fee).into_iter().collect(),
        Action::SwitchOn { key, fee } => {
            fee_change(*fee).into_iter().chain([Mutation::SwitchOn { key: key.clone() }]).collect()
        }
        Action::SwitchOff => vec![Mutation::SwitchOff],
    }
}

async fn send<P: DaemonPort>(
    port: &P,
    mutations: &[Mutation],
    from: &DaemonSettings,
    wanted: &DaemonSettings,
) -> Outcome {
    let mut reached = from.clone();
    for mutation in mutations {
        match port.send(mutation).await {
            Ok(replaced) => {
                if let Some(found) = overtaken(&reached, &replaced, mutation) {
                    apply(mutation, &mut reached);
                    let shown = port.status().await;
                    let left = shown.as_ref().map_or(reached, DaemonSettings::from);
                    return Outcome::Applied {
                        unread: shown.err(),
                        overtook: Some(Overtaken { found, left }),
                    };
                }
            }
            Err(SendError::NotSent(fault) | SendError::Rejected(fault)) => {
                return Outcome::Rejected { fault, reached: (reached != *from).then_some(reached) };
            }
            Err(SendError::Lost(fault)) => {
                let shown = port
                    .status()
                    .await
                    .ok()
                    .is_some_and(|status| shows(&DaemonSettings::from(&status), mutation));
                if !shown {
                    return Outcome::Unknown { fault };
                }
            }
        }
        apply(mutation, &mut reached);
    }
    match port.status().await {
        Ok(status) if DaemonSettings::from(&status) == *wanted => Outcome::Confirmed,
        Ok(_) => Outcome::Applied { unread: None, overtook: None },
        Err(fault) => Outcome::Applied { unread: Some(fault), overtook: None },
    }
}

/// What someone else had set meanwhile, by what a mutation of `expected` settings replaced. Whoever
/// set the same as the mutation is no opponent; and a daemon that answers with the new setting in
/// place of the last one is not taken for one.
fn overtaken(
    expected: &DaemonSettings,
    replaced: &Replaced,
    mutation: &Mutation,
) -> Option<DaemonSettings> {
    let mut found = expected.clone();
    match replaced {
        Replaced::Fee(fee) => found.fee = *fee,
        Replaced::Worker(key) => found.worker.clone_from(key),
    }
    (found != *expected && !shows(&found, mutation)).then_some(found)
}

/// Whether settings read back show that a mutation was applied.
fn shows(settings: &DaemonSettings, mutation: &Mutation) -> bool {
    let mut applied = settings.clone();
    apply(mutation, &mut applied);
    applied == *settings
}

/// Makes a mutation's change to settings.
pub fn apply(mutation: &Mutation, settings: &mut DaemonSettings) {
    match mutation {
        Mutation::SetFee { fee } => settings.fee = *fee,
        Mutation::SwitchOn { key } => settings.worker = Some(key.clone()),
        Mutation::SwitchOff => settings.worker = None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fault::Fault,
        fixtures::{
            fee, key, poll_once,
            script::{Answer, ScriptedDaemon},
        },
    };

    fn from() -> DaemonSettings {
        DaemonSettings { worker: None, fee: fee(5) }
    }

    fn on() -> Action {
        Action::SwitchOn { key: key("us"), fee: fee(7) }
    }

    fn act(daemon: &ScriptedDaemon, mode: Mode, action: &Action) -> Outcome {
        poll_once(actuate(daemon, mode, &from(), action, async { Ok(()) })).unwrap()
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
    fn nothing_is_sent_for_a_fee_that_is_already_asked() {
        let daemon = ScriptedDaemon::with_settings(from());
        let action = Action::SetFee { fee: fee(5) };
        assert_eq!(act(&daemon, Mode::Live, &action), Outcome::Held);
        assert_eq!(daemon.sent(), []);
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
            let daemon =
                ScriptedDaemon::with_settings(from()).with_answers([first, Answer::Reject]);
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
        let daemon = ScriptedDaemon::with_settings(from())
            .with_answers([Answer::ApplyAfter(theirs.clone())]);
        let left = DaemonSettings { fee: fee(7), ..from() };
        assert_eq!(act(&daemon, Mode::Live, &on()), overtook(theirs, left.clone()));
        assert_eq!(
            (daemon.settings(), daemon.sent().len()),
            (left, 1),
            "the key is not set any more"
        );
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
    fn an_answer_that_reading_back_contradicts_is_only_applied() {
        let daemon = ScriptedDaemon::with_settings(from()).with_answers([Answer::Ignore]);
        let action = Action::SwitchOn { key: key("us"), fee: fee(5) };
        assert_eq!(
            act(&daemon, Mode::Live, &action),
            Outcome::Applied { unread: None, overtook: None }
        );
    }

    #[test]
    fn nothing_is_sent_that_could_not_be_taken_down() {
        let daemon = ScriptedDaemon::with_settings(from());
        let full = JournalFault { class: crate::fault::JournalClass::Full, cause: "full".into() };
        for mode in [Mode::Live, Mode::DryRun] {
            let refused = async { Err(full.clone()) };
            assert_eq!(
                poll_once(actuate(&daemon, mode, &from(), &on(), refused)),
                Err(full.clone())
            );
            let unasked = async { panic!("there is nothing to take down") };
            assert_eq!(
                poll_once(actuate(&daemon, mode, &from(), &Action::Hold, unasked)),
                Ok(Outcome::Held)
            );
        }
        assert_eq!(daemon.sent(), []);
    }

    #[test]
    fn what_is_found_tells_what_became_of_an_action() {
        let (fee_only, all) = (
            DaemonSettings { fee: fee(7), ..from() },
            DaemonSettings { worker: Some(key("us")), fee: fee(7) },
        );
        assert_eq!(find_out(&from(), &on(), &from()), RecoveredOutcome::NotApplied);
        assert_eq!(find_out(&from(), &on(), &fee_only), RecoveredOutcome::PartlyApplied);
        assert_eq!(find_out(&from(), &on(), &all), RecoveredOutcome::Applied);
        assert_eq!(
            find_out(&from(), &on(), &DaemonSettings { fee: fee(9), ..from() }),
            RecoveredOutcome::Otherwise
        );
    }
}
