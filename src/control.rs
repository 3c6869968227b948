//! What an operator can tell a running controller, and the channel that carries it.

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

/// The controller did not take a command: it is stopping, or has too many waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the controller does not take commands now")]
pub struct NotTaken;

/// Where commands go. Handing one over never waits.
pub trait Controls: Send + Sync {
    /// Hands a command over; it takes effect at the daemon's next look.
    fn send(&self, command: Command) -> Result<(), NotTaken>;
}

impl Controls for mpsc::Sender<Command> {
    fn send(&self, command: Command) -> Result<(), NotTaken> {
        self.try_send(command).map_err(|_| NotTaken)
    }
}
