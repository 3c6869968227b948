//! What an operator can tell a running controller, and the channel that carries it.

use std::{future::Future, pin::Pin};

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::units::DaemonId;

/// What an operator tells a running controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Leave the worker to the operator.
    Pause {
        /// The daemon; `None` is every one.
        daemon: Option<DaemonId>,
        /// When the pause ends by itself; `None` is until [`Command::Resume`].
        until: Option<Timestamp>,
    },
    /// Take the worker back and close the breaker.
    Resume {
        /// The daemon; `None` is every one.
        daemon: Option<DaemonId>,
    },
}

impl Command {
    /// Whether it is meant for a daemon.
    pub fn concerns(&self, daemon: &DaemonId) -> bool {
        let (Self::Pause { daemon: meant, .. } | Self::Resume { daemon: meant }) = self;
        meant.as_ref().is_none_or(|meant| meant == daemon)
    }
}

/// The controller did not take a command: it is stopping, has too many waiting, or cannot take it down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the controller does not take commands now")]
pub struct NotTaken;

/// Where commands go.
pub trait Controls: Send + Sync {
    /// Hands a command over; once that is acknowledged it is not forgotten, and takes effect at the daemon's next look.
    fn send(&self, command: Command) -> Pin<Box<dyn Future<Output = Result<(), NotTaken>> + Send + '_>>;
}

impl Controls for mpsc::Sender<Command> {
    fn send(&self, command: Command) -> Pin<Box<dyn Future<Output = Result<(), NotTaken>> + Send + '_>> {
        let taken = self.try_send(command).map_err(|_| NotTaken);
        Box::pin(async move { taken })
    }
}
