//! Where the operator's commands go.

use std::{future::Future, pin::Pin};

use snarkfee_core::{control::OperatorCommand, units::DaemonId};
use tokio::sync::mpsc;

/// Why a command is not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandRefused {
    /// The service is stopping, has too many waiting, or cannot record it.
    #[error("the service cannot take commands now; its log says why")]
    Unrecorded,
    /// It is recorded and nothing more is sent, but what was sent before it has not been answered.
    #[error(
        "the command is recorded and nothing more is sent, but {} has not yet answered what was \
         sent before; `snarkfee history` will show what came of it",
        join(.daemons)
    )]
    UnderWay {
        /// The daemons that have not answered.
        daemons: Vec<DaemonId>,
    },
}

fn join(daemons: &[DaemonId]) -> String {
    daemons.iter().map(DaemonId::as_str).collect::<Vec<_>>().join(", ")
}

/// Takes the operator's commands.
pub trait CommandSink: Send + Sync {
    /// Hands over a command. Once this succeeds the command is not lost, nothing is sent that it
    /// forbids, and it shows in the daemon's next look.
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
        let sent = self.try_send(command).map_err(|_| CommandRefused::Unrecorded);
        Box::pin(async move { sent })
    }
}
