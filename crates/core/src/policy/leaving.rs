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
mod tests {
    use super::*;
    use crate::fixtures::{fee, key};

    fn leave(
        on_exit: OnExit,
        baseline: Option<&DaemonSettings>,
        now: &DaemonSettings,
    ) -> Vec<Action> {
        let (mut now, mut actions) = (now.clone(), Vec::new());
        while let Some(action) = on_exit.next_action(baseline, &now) {
            now = now.after(&action);
            actions.push(action);
            assert!(actions.len() < 4, "{actions:?}");
        }
        actions
    }

    #[test]
    fn what_was_found_at_start_is_put_back_with_the_least_change() {
        let on = DaemonSettings { worker: Some(key("us")), fee: fee(5) };
        let off = DaemonSettings { worker: None, fee: fee(5) };
        let higher = DaemonSettings { fee: fee(9), ..on.clone() };
        assert_eq!(leave(OnExit::Keep, Some(&off), &on), []);
        assert_eq!(leave(OnExit::Off, Some(&on), &higher), [Action::SwitchOff]);
        assert_eq!(leave(OnExit::Off, Some(&on), &off), []);
        assert_eq!(leave(OnExit::Baseline, Some(&on), &higher), [Action::SetFee { fee: fee(5) }]);
        assert_eq!(
            leave(OnExit::Baseline, Some(&on), &off),
            [Action::SwitchOn { key: key("us"), fee: fee(5) }]
        );
        assert_eq!(
            leave(OnExit::Baseline, Some(&off), &higher),
            [Action::SetFee { fee: fee(5) }, Action::SwitchOff]
        );
        assert_eq!(leave(OnExit::Baseline, None, &higher), []);
    }
}
