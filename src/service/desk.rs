//! Takes the operator's commands over HTTP.

use std::{future::Future, pin::Pin, sync::Arc};

use snarkfee_clock::Clock;
use snarkfee_core::{control::OperatorCommand, ledger::Ledger};
use tokio::sync::mpsc;

use crate::controls::{Controls, NotTaken};

/// Takes commands down in the journal, where the loops find them, and says so to the service.
pub(super) struct Desk {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) clock: Clock,
    pub(super) taken: mpsc::Sender<OperatorCommand>,
}

impl Controls for Desk {
    fn send(
        &self,
        command: OperatorCommand,
    ) -> Pin<Box<dyn Future<Output = Result<(), NotTaken>> + Send + '_>> {
        Box::pin(async move {
            if let Err(fault) = self.ledger.record_order(self.clock.now(), command.clone()).await {
                tracing::error!(class = fault.class.code(), %fault, ?command, "the journal does not take down a command");
                return Err(NotTaken);
            }
            // Without this word it takes effect at the next look all the same.
            let _ = self.taken.try_send(command);
            Ok(())
        })
    }
}
