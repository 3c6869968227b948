//! What dry-run decisions would have led to, apart from what the daemon is set to.
//!
//! Invariants: imagined settings are a type of their own, which nothing that sends takes; what is
//! imagined begins with what is real and ends with dry-run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    daemon_settings::{Action, DaemonSettings, Mutation},
    decision::Decision,
    pacing::Pacing,
    state::Mode,
};
use crate::{
    clocks::SteadyTime,
    units::{Nanomina, PublicKey},
};

/// What a daemon would be set to if dry-run decisions had been carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImaginedSettings(DaemonSettings);

impl ImaginedSettings {
    /// Before anything is imagined: what the daemon is set to.
    pub const fn begin(found: DaemonSettings) -> Self {
        Self(found)
    }

    /// The key that snark work would be done for.
    pub const fn worker(&self) -> Option<&PublicKey> {
        self.0.worker.as_ref()
    }

    /// The fee that would be asked.
    pub const fn fee(&self) -> Nanomina {
        self.0.fee
    }
}

/// What is remembered of a dry run from look to look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DryRunState {
    /// What the daemon would be set to.
    pub settings: ImaginedSettings,
    /// When the last change would have been made; `None` while nothing would have been changed.
    pub since: Option<SteadyTime>,
    /// What paces further changes: the real ones before the dry run, then those that would have
    /// been made.
    pub pacing: Pacing,
}

impl DryRunState {
    pub(super) fn begin(found: &DaemonSettings, pacing: &Pacing) -> Self {
        let settings = ImaginedSettings::begin(found.clone());
        Self { settings, since: None, pacing: pacing.clone() }
    }

    /// The daemon restarted or was set by someone else, which would have replaced what dry-run
    /// decisions set too.
    pub(super) fn follow(&mut self, found: &DaemonSettings, real: &Pacing) {
        (self.settings, self.since) = (ImaginedSettings::begin(found.clone()), None);
        self.pacing.switched = real.switched;
    }

    pub(super) fn carry_out(&mut self, at: SteadyTime, decision: &Decision) {
        let after = self.settings.0.after(&decision.action);
        self.pacing.count_change(at, &self.settings.0, &after, &decision.reason);
        (self.settings, self.since) = (ImaginedSettings(after), Some(at));
    }
}

/// What a decision starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// What the daemon is set to, as just read.
    Real(DaemonSettings),
    /// What it would be set to.
    Imagined(ImaginedSettings),
}

impl Basis {
    /// Whether what is decided is sent.
    pub const fn mode(&self) -> Mode {
        match self {
            Self::Real(_) => Mode::Live,
            Self::Imagined(_) => Mode::DryRun,
        }
    }

    /// The settings, whichever they are.
    pub(super) const fn settings(&self) -> &DaemonSettings {
        match self {
            Self::Real(settings) | Self::Imagined(ImaginedSettings(settings)) => settings,
        }
    }

    /// Whether an action leads nowhere else.
    pub(super) fn stays_with(&self, action: &Action) -> bool {
        Mutation::plan(self.settings(), action).is_empty()
    }
}

/// What decisions so far ask a daemon to be set to, sent or not. What the daemon is set to is
/// [`DaemonSettings`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The key that snark work is or would be done for.
    pub worker: Option<PublicKey>,
    /// The fee that is or would be asked.
    pub fee: Nanomina,
    /// When that was decided; `None` while nothing was decided to be changed.
    pub since: Option<Timestamp>,
}

impl Wanted {
    pub(super) fn imagined(state: &DryRunState, since: Option<Timestamp>) -> Self {
        let DaemonSettings { worker, fee } = state.settings.0.clone();
        Self { worker, fee, since }
    }

    pub(super) fn real(settings: &DaemonSettings, since: Option<Timestamp>) -> Self {
        let DaemonSettings { worker, fee } = settings.clone();
        Self { worker, fee, since }
    }
}
