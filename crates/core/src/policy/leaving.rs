//! What to leave behind when the service stops.

use serde::{Deserialize, Serialize};

use super::daemon_settings::{Action, DaemonSettings};

/// What to leave behind when the service stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnExit {
    /// The settings as they are.
    #[default]
    Keep,
    /// The settings found at start.
    Baseline,
    /// The worker off.
    Off,
}

impl OnExit {
    /// The name used in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Baseline => "baseline",
            Self::Off => "off",
        }
    }

    /// The next thing to do to a daemon with settings `now` that had `baseline` at the beginning;
    /// `None` once it is as configured. A worker is never on at a fee that is not meant for it.
    pub(super) fn next_action(
        self,
        baseline: Option<&DaemonSettings>,
        now: &DaemonSettings,
    ) -> Option<Action> {
        let off = || now.worker.as_ref().map(|_| Action::SwitchOff);
        match (self, baseline) {
            (Self::Keep, _) | (Self::Baseline, None) => None,
            (Self::Off, _) => off(),
            (Self::Baseline, Some(before)) => match &before.worker {
                Some(key) if now.worker.is_none() => {
                    Some(Action::SwitchOn { key: key.clone(), fee: before.fee })
                }
                _ if now.fee != before.fee => Some(Action::SetFee { fee: before.fee }),
                None => off(),
                Some(_) => None,
            },
        }
    }
}

#[cfg(test)]
mod tests;
