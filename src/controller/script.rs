//! A daemon for tests that answers from a script, in process and without time.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Notify;

use super::actuate::apply;
use crate::{
    daemon::{DaemonPort, LookPlan, Mutation, Replaced, SendError},
    fault::Fault,
    market::{Look, Status, fixtures},
    policy::Settings,
};

/// How a scripted daemon answers one mutation.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Applies it and says so.
    Apply,
    /// Someone else sets this first; then applies it and says so.
    ApplyAfter(Settings),
    /// Says so without applying it.
    Ignore,
    /// Refuses it.
    Reject,
    /// Applies it; the answer gets lost.
    ApplyAndLose(Fault),
    /// Loses it.
    Lose(Fault),
    /// Says that it came, and never answers.
    Hang(Arc<Notify>),
}

/// A daemon that shows given looks and answers mutations by script, after its end by applying them.
pub(crate) struct ScriptedDaemon(Mutex<State>);

struct State {
    settings: Settings,
    answers: VecDeque<Answer>,
    looks: VecDeque<Look>,
    sent: Vec<Mutation>,
}

impl ScriptedDaemon {
    pub(crate) fn set_to(settings: Settings) -> Self {
        Self(Mutex::new(State { settings, answers: VecDeque::new(), looks: VecDeque::new(), sent: Vec::new() }))
    }

    pub(crate) fn answering(self, answers: impl IntoIterator<Item = Answer>) -> Self {
        self.state().answers.extend(answers);
        self
    }

    /// Shows these looks, with its own settings in place of theirs, and after the last one that one again.
    pub(crate) fn showing(self, looks: impl IntoIterator<Item = Look>) -> Self {
        self.state().looks.extend(looks);
        self
    }

    /// Takes in a mutation and says how it is answered, and what it replaced.
    fn take(&self, mutation: &Mutation) -> (Answer, Replaced) {
        let mut state = self.state();
        state.sent.push(mutation.clone());
        let answer = state.answers.pop_front().unwrap_or(Answer::Apply);
        if let Answer::ApplyAfter(theirs) = &answer {
            state.settings = theirs.clone();
        }
        let replaced = match mutation {
            Mutation::SetFee { .. } => Replaced::Fee(state.settings.fee),
            Mutation::SwitchOn { .. } | Mutation::SwitchOff => Replaced::Worker(state.settings.worker.clone()),
        };
        if matches!(answer, Answer::Apply | Answer::ApplyAfter(_) | Answer::ApplyAndLose(_)) {
            apply(mutation, &mut state.settings);
        }
        (answer, replaced)
    }

    pub(crate) fn sent(&self) -> Vec<Mutation> {
        self.state().sent.clone()
    }

    pub(crate) fn settings(&self) -> Settings {
        self.state().settings.clone()
    }

    /// Changes the settings as someone else would.
    pub(crate) fn meddle(&self, settings: Settings) {
        self.state().settings = settings;
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown(&self, mut look: Look) -> Look {
        let settings = self.settings();
        if let Ok(status) = &mut look.status {
            status.worker = settings.worker;
            status.fee = settings.fee;
        }
        look
    }
}

impl DaemonPort for ScriptedDaemon {
    async fn look(&self, _plan: &LookPlan) -> Look {
        let look = {
            let mut state = self.state();
            let next = if state.looks.len() > 1 { state.looks.pop_front() } else { state.looks.front().cloned() };
            next.unwrap_or_else(|| fixtures::look(0, Vec::new(), Vec::new()))
        };
        self.shown(look)
    }

    async fn status(&self) -> Result<Status, Fault> {
        self.shown(fixtures::look(0, Vec::new(), Vec::new())).status
    }

    async fn send(&self, mutation: &Mutation) -> Result<Replaced, SendError> {
        let (answer, replaced) = self.take(mutation);
        match answer {
            Answer::Hang(came) => {
                came.notify_one();
                std::future::pending().await
            }
            Answer::Apply | Answer::ApplyAfter(_) | Answer::Ignore => Ok(replaced),
            Answer::Reject => Err(SendError::Rejected(Fault::Refused { message: "no".into() })),
            Answer::ApplyAndLose(fault) | Answer::Lose(fault) => Err(SendError::Lost(fault)),
        }
    }

    fn era(&self) -> Option<String> {
        Some("scripted".into())
    }
}
