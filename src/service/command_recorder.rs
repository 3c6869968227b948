//! Takes the operator's commands from HTTP.

use std::{future::Future, pin::Pin, sync::Arc};

use snarkfee_clock::Clock;
use snarkfee_core::{control::OperatorCommand, ledger::Ledger};
use tokio::sync::mpsc;

use crate::web::{CommandRefused, CommandSink};

/// Records commands in the journal, where the loops find them, and wakes the service.
pub(super) struct CommandRecorder {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) clock: Clock,
    pub(super) recorded: mpsc::Sender<OperatorCommand>,
}

impl CommandSink for CommandRecorder {
    fn send(
        &self,
        command: OperatorCommand,
    ) -> Pin<Box<dyn Future<Output = Result<(), CommandRefused>> + Send + '_>> {
        Box::pin(async move {
            if let Err(fault) = self.ledger.record_order(self.clock.now(), command.clone()).await {
                tracing::error!(
                    class = fault.class.code(), %fault, ?command,
                    "the journal cannot record the command, so it was refused: free or repair the \
                     disk of controller.state_dir",
                );
                return Err(CommandRefused);
            }
            // A full channel only delays the command to the next look.
            let _ = self.recorded.try_send(command);
            Ok(())
        })
    }
}
