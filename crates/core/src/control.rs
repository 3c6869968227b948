//! The operator's commands.

use std::fmt;

use jiff::Timestamp;

use crate::units::DaemonId;

/// A command of the operator to a running controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperatorCommand {
    /// Leave the worker to the operator.
    Pause {
        /// The daemon; `None` is every one.
        daemon: Option<DaemonId>,
        /// When the pause ends by itself; `None` is until [`OperatorCommand::Resume`].
        until: Option<Timestamp>,
    },
    /// Take the worker back and close the breaker.
    Resume {
        /// The daemon; `None` is every one.
        daemon: Option<DaemonId>,
    },
}

impl fmt::Display for OperatorCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Pause { daemon, .. } | Self::Resume { daemon }) = self;
        let whose = daemon.as_ref().map_or("every daemon", DaemonId::as_str);
        match self {
            Self::Pause { until: Some(until), .. } => write!(f, "pause {whose} until {until}"),
            Self::Pause { until: None, .. } => write!(f, "pause {whose} until resumed"),
            Self::Resume { .. } => write!(f, "resume {whose}"),
        }
    }
}

impl OperatorCommand {
    /// Whether it is meant for a daemon.
    pub fn concerns(&self, daemon: &DaemonId) -> bool {
        let (Self::Pause { daemon: meant, .. } | Self::Resume { daemon: meant }) = self;
        meant.as_ref().is_none_or(|meant| meant == daemon)
    }
}
