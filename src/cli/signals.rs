//! The signals of the process.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::telemetry::LogQueue;

/// A flag set by the first SIGINT, so that work ends with what it has; the second one ends the process
/// at once.
pub(super) fn watch_interrupt() -> std::io::Result<Arc<AtomicBool>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let interrupted = Arc::new(AtomicBool::new(false));
    let mut interrupt = {
        let _within = runtime.enter();
        signal(SignalKind::interrupt())?
    };
    let flag = Arc::clone(&interrupted);
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            interrupt.recv().await;
            flag.store(true, Ordering::Relaxed);
            interrupt.recv().await;
            std::process::exit(1);
        });
    })?;
    Ok(interrupted)
}

/// Cancels on SIGTERM and SIGINT, the second of which ends the process at once, and reports each
/// SIGHUP, which reloads.
pub(super) fn watch_signals(
    cancel: &CancellationToken,
    log: &LogQueue,
) -> std::io::Result<mpsc::Receiver<()>> {
    let (reload, reloads) = mpsc::channel(1);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let (cancel, log) = (cancel.clone(), log.clone());
    #[expect(clippy::disallowed_methods, reason = "listens for signals until the process ends")]
    tokio::spawn(async move {
        loop {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
                _ = hang_up.recv() => {
                    // One pending reload covers every change until it runs.
                    let _ = reload.try_send(());
                    continue;
                }
            };
            if cancel.is_cancelled() {
                warn!(
                    signal = name,
                    "second signal: ending at once, daemons may not be left as controller.on_exit says"
                );
                log.finish();
                std::process::exit(1);
            }
            info!(signal = name, "ending");
            cancel.cancel();
        }
    });
    Ok(reloads)
}
