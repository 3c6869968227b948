//! What the process is told from outside.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Follows SIGTERM and SIGINT, which end the service in good order, the second one at once, and SIGHUP, which reloads.
pub(super) fn follow(cancel: &CancellationToken) -> std::io::Result<mpsc::Receiver<()>> {
    let (reload, reloads) = mpsc::channel(1);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let cancel = cancel.clone();
    tokio::spawn(async move {
        loop {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
                _ = hang_up.recv() => {
                    // One waiting reload covers all that changed until it runs.
                    let _ = reload.try_send(());
                    continue;
                }
            };
            if cancel.is_cancelled() {
                warn!(signal = name, "second signal, ending at once");
                std::process::exit(1);
            }
            info!(signal = name, "ending");
            cancel.cancel();
        }
    });
    Ok(reloads)
}
