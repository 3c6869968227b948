//! `snarkfee run`.

use std::io::Write;

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Failure, args::Run, signals};
use crate::{
    clock::Clock,
    config::Source,
    service::{Publisher, Service},
    telemetry::Entry,
};

/// Runs the service until a signal ends it, or looks once.
pub(super) async fn run(options: Run) -> Result<(), Failure> {
    let source = source(&options);
    let settings = source.load().map_err(Failure::config)?;
    for warning in settings.warnings() {
        warn!("{warning}");
    }
    let cancel = CancellationToken::new();
    let reloads = signals::follow(&cancel)?;
    let service = Service::new(settings, Clock::system());
    if options.once {
        let publisher = service.publisher().clone();
        tokio::select! {
            done = service.once() => done.map_err(Failure::running)?,
            () = cancel.cancelled() => return Err(Failure::running(anyhow::anyhow!("interrupted"))),
        }
        return report(&publisher);
    }
    let started = service.start().await.map_err(Failure::running)?;
    info!(
        version = env!("CARGO_PKG_VERSION"),
        mode = started.settings().controller.mode.as_str(),
        daemons = started.settings().daemons.len(),
        page = started.address.map(|address| tracing::field::display(format!("http://{address}/"))),
        "started"
    );
    started.run(Some(source), reloads, cancel).await.map_err(Failure::running)?;
    info!("ended");
    Ok(())
}

fn source(options: &Run) -> Source {
    let source = Source::new(Some(options.config.clone()), std::env::vars_os());
    match (options.dry_run, options.live) {
        (true, _) => source.with_flag("controller.mode", "dry-run", "--dry-run"),
        (_, true) => source.with_flag("controller.mode", "live", "--live"),
        _ => source,
    }
}

/// One line for each daemon; fails when a daemon could not be observed.
fn report(publisher: &Publisher) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let mut unseen = Vec::new();
    for Entry { daemon, latest, .. } in publisher.board.entries() {
        let Some(record) = latest else { continue };
        let decision = &record.decision;
        writeln!(out, "{daemon}: {} ({}): {}", decision.action.code(), decision.reason.code(), decision.reason)?;
        if record.look.status.is_err() {
            unseen.push(daemon.to_string());
        }
    }
    if unseen.is_empty() {
        return Ok(());
    }
    Err(Failure::running(anyhow::anyhow!("could not observe {}", unseen.join(", "))))
}
