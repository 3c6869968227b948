//! The channel that carries an operator's commands to the controller.

use std::{future::Future, pin::Pin};

use snarkfee_core::control::OperatorCommand;
use tokio::sync::mpsc;

/// The controller did not take a command: it is stopping, has too many waiting, or cannot take it
/// down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the controller does not take commands now")]
pub struct NotTaken;

/// Where commands go.
pub trait Controls: Send + Sync {
    /// Hands a command over; once that is acknowledged it is not forgotten, and takes effect at the
    /// daemon's next look.
    fn send(
        &self,
        command: OperatorCommand,
    ) -> Pin<Box<dyn Future<Output = Result<(), NotTaken>> + Send + '_>>;
}

impl Controls for mpsc::Sender<OperatorCommand> {
    fn send(
        &self,
        command: OperatorCommand,
    ) -> Pin<Box<dyn Future<Output = Result<(), NotTaken>> + Send + '_>> {
        let taken = self.try_send(command).map_err(|_| NotTaken);
        Box::pin(async move { taken })
    }
}
