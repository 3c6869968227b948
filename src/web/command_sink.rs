//! Where the operator's commands go.

use std::{future::Future, pin::Pin};

use snarkfee_core::control::OperatorCommand;
use tokio::sync::mpsc;

/// A command was not accepted: the service is stopping, has too many waiting, or cannot record it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the service cannot take commands now; its log says why")]
pub struct CommandRefused;

/// Takes the operator's commands.
pub trait CommandSink: Send + Sync {
    /// Hands over a command. Once this succeeds the command is not lost, and it takes effect at the
    /// daemon's next look.
    fn send(
        &self,
        command: OperatorCommand,
    ) -> Pin<Box<dyn Future<Output = Result<(), CommandRefused>> + Send + '_>>;
}

impl CommandSink for mpsc::Sender<OperatorCommand> {
    fn send(
        &self,
        command: OperatorCommand,
    ) -> Pin<Box<dyn Future<Output = Result<(), CommandRefused>> + Send + '_>> {
        let sent = self.try_send(command).map_err(|_| CommandRefused);
        Box::pin(async move { sent })
    }
}
