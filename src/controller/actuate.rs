//! Carrying a decision out: the only place that can send a mutation.
//!
//! Invariants: dry-run and live share everything but one match arm; a mutation is sent once and then read back; after a failure
//! nothing further of the same decision is sent.

use crate::{
    daemon::{DaemonPort, Mutation, SendError},
    policy::{Action, Mode, Outcome, Settings},
};

/// Carries out `action` on a daemon that is set to `from`.
pub async fn actuate<P: DaemonPort>(port: &P, mode: Mode, from: &Settings, action: &Action) -> Outcome {
    let mutations = mutations(from, action);
    if mutations.is_empty() {
        return Outcome::Held;
    }
    match mode {
        Mode::DryRun => Outcome::DryRun,
        Mode::Live => send(port, &mutations, &from.after(action)).await,
    }
}

/// What an action needs to be sent, in an order in which stopping half-way is harmless: a worker is never on at a fee not meant for it.
fn mutations(from: &Settings, action: &Action) -> Vec<Mutation> {
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

async fn send<P: DaemonPort>(port: &P, mutations: &[Mutation], wanted: &Settings) -> Outcome {
    for mutation in mutations {
        match port.send(mutation).await {
            Ok(()) => {}
            Err(SendError::NotSent(fault) | SendError::Rejected(fault)) => return Outcome::Rejected { fault },
            Err(SendError::Lost(fault)) => {
                let shown = port.status().await.ok().is_some_and(|status| shows(&Settings::from(&status), mutation));
                if !shown {
                    return Outcome::Unknown { fault };
                }
            }
        }
    }
    match port.status().await {
        Ok(status) if Settings::from(&status) == *wanted => Outcome::Confirmed,
        Ok(_) => Outcome::Applied { unread: None },
        Err(fault) => Outcome::Applied { unread: Some(fault) },
    }
}

/// Whether settings read back show that a mutation was applied.
fn shows(settings: &Settings, mutation: &Mutation) -> bool {
    match mutation {
        Mutation::SetFee { fee } => settings.fee == *fee,
        Mutation::SwitchOn { key } => settings.worker.as_ref() == Some(key),
        Mutation::SwitchOff => settings.worker.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        controller::script::{Answer, ScriptedDaemon},
        fault::Fault,
        market::fixtures::{fee, key},
    };

    fn from() -> Settings {
        Settings { worker: None, fee: fee(5) }
    }

    fn on() -> Action {
        Action::SwitchOn { key: key("us"), fee: fee(7) }
    }

    fn fault() -> Fault {
        Fault::TimedOut { limit: std::time::Duration::from_secs(1) }
    }

    #[tokio::test]
    async fn dry_run_sends_nothing() {
        let daemon = ScriptedDaemon::set_to(from());
        assert_eq!(actuate(&daemon, Mode::DryRun, &from(), &on()).await, Outcome::DryRun);
        assert_eq!(daemon.sent(), []);
    }

    #[tokio::test]
    async fn the_fee_is_set_before_the_key() {
        let daemon = ScriptedDaemon::set_to(from());
        assert_eq!(actuate(&daemon, Mode::Live, &from(), &on()).await, Outcome::Confirmed);
        assert_eq!(daemon.sent(), [Mutation::SetFee { fee: fee(7) }, Mutation::SwitchOn { key: key("us") }]);
    }

    #[tokio::test]
    async fn nothing_is_sent_for_a_fee_that_is_already_asked() {
        let daemon = ScriptedDaemon::set_to(from());
        let action = Action::SetFee { fee: fee(5) };
        assert_eq!(actuate(&daemon, Mode::Live, &from(), &action).await, Outcome::Held);
        assert_eq!(daemon.sent(), []);
    }

    #[tokio::test]
    async fn a_rejected_fee_keeps_the_worker_off() {
        let daemon = ScriptedDaemon::set_to(from()).answering([Answer::Reject]);
        assert!(matches!(actuate(&daemon, Mode::Live, &from(), &on()).await, Outcome::Rejected { .. }));
        assert_eq!(daemon.settings(), from());
    }

    #[tokio::test]
    async fn a_lost_answer_is_resolved_by_reading() {
        let applied = ScriptedDaemon::set_to(from()).answering([Answer::ApplyAndLose(fault())]);
        let action = Action::SetFee { fee: fee(9) };
        assert_eq!(actuate(&applied, Mode::Live, &from(), &action).await, Outcome::Confirmed);
        let ignored = ScriptedDaemon::set_to(from()).answering([Answer::Lose(fault())]);
        assert_eq!(actuate(&ignored, Mode::Live, &from(), &action).await, Outcome::Unknown { fault: fault() });
        assert_eq!(ignored.sent().len(), 1, "never sent again by itself");
    }

    #[tokio::test]
    async fn an_answer_that_reading_back_contradicts_is_only_applied() {
        let daemon = ScriptedDaemon::set_to(from()).answering([Answer::Ignore]);
        let action = Action::SwitchOn { key: key("us"), fee: fee(5) };
        assert_eq!(actuate(&daemon, Mode::Live, &from(), &action).await, Outcome::Applied { unread: None });
    }
}
