//! Takes the operator's commands from HTTP.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use snarkfee_clock::Clock;
use snarkfee_core::{control::OperatorCommand, ledger::Ledger};
use tokio::sync::mpsc;

use crate::{
    controller::SendGates,
    web::{CommandRefused, CommandSink},
};

/// How long an answer waits for a mutation that was under way when the command came: less than a
/// request may take.
const UNDER_WAY: Duration = Duration::from_secs(6);

/// Records commands in the journal, where the loops find them, wakes the service, and waits until no
/// mutation is under way that the command forbids.
pub(super) struct CommandRecorder {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) clock: Clock,
    pub(super) gates: Arc<SendGates>,
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
                    class = fault.class.code(), %fault, %command,
                    "the journal cannot record the command, so it was refused: free or repair the \
                     disk of controller.state_dir",
                );
                return Err(CommandRefused::Unrecorded);
            }
            // A full channel only delays the command to the next look.
            let _ = self.recorded.try_send(command.clone());
            if let OperatorCommand::Resume { .. } = command {
                return Ok(());
            }
            let meant = |daemon: &_| command.concerns(daemon);
            match self.gates.wait_until_clear(meant, UNDER_WAY).await {
                under_way if under_way.is_empty() => Ok(()),
                daemons => Err(CommandRefused::UnderWay { daemons }),
            }
        })
    }
}
