//! `snarkfee run`.

use std::{io::Write, sync::Arc, time::Duration};

use snarkfee_clock::Clock;
use snarkfee_config::{Controller, Source};
use snarkfee_core::units::duration;
use snarkfee_journal::Journal;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{args::RunArgs, exit::Failure, signals};
use crate::{
    service::{Publisher, Service},
    telemetry::LogQueue,
};

/// Runs the service until a signal ends it, or looks once.
pub(super) async fn run(options: RunArgs, log: &LogQueue) -> Result<(), Failure> {
    let source = settings_source(&options)?;
    let settings = source.load().map_err(Failure::config)?;
    for warning in settings.warnings() {
        warn!("{warning}");
    }
    let cancel = CancellationToken::new();
    let reloads = signals::watch_signals(&cancel, log)?;
    let clock = Clock::system();
    let journal = Arc::new(open_journal(&settings.controller, clock).await?);
    let folder = settings.controller.state_dir.clone();
    let service = Service::new(settings, clock, journal.clone()).with_archive(folder);
    service.publisher().metrics.watch_log(log.lost_lines());
    let result = if options.once {
        let publisher = service.publisher().clone();
        service
            .once(&cancel)
            .await
            .map_err(Failure::running)
            .and_then(|()| print_decisions(&publisher))
    } else {
        serve(service, source, reloads, cancel).await
    };
    close_journal(journal).await;
    result
}

async fn serve(
    service: Service,
    source: Source,
    reloads: mpsc::Receiver<()>,
    cancel: CancellationToken,
) -> Result<(), Failure> {
    let started = service.start().await.map_err(Failure::running)?;
    info!(
        version = env!("CARGO_PKG_VERSION"),
        mode = started.settings().controller.mode.as_str(),
        daemons = started.settings().daemons.len(),
        page = started.address.map(|address| tracing::field::display(format!("http://{address}/"))),
        "started"
    );
    started.run(Some(Box::new(source)), reloads, cancel).await.map_err(Failure::running)?;
    info!("ended");
    Ok(())
}

/// Opens the journal on a thread that may wait for the disk.
async fn open_journal(controller: &Controller, clock: Clock) -> Result<Journal, Failure> {
    let (folder, retention) = (controller.state_dir.clone(), controller.retention);
    let opened =
        tokio::task::spawn_blocking(move || Journal::open(&folder, retention, clock.now())).await;
    opened.map_err(Failure::running)?.map_err(Failure::journal)
}

/// Closes the journal after its last use; a disk that hangs does not keep the program running.
async fn close_journal(journal: Arc<Journal>) {
    const LIMIT: Duration = Duration::from_secs(10);
    let Some(journal) = Arc::into_inner(journal) else { return };
    let closed = tokio::task::spawn_blocking(move || journal.close());
    if tokio::time::timeout(LIMIT, closed).await.is_err() {
        warn!(limit = %duration::show(LIMIT), "the journal was not closed in time; it is complete up to the last look");
    }
}

fn settings_source(options: &RunArgs) -> Result<Source, Failure> {
    let source = Source::new(Some(options.config.find()?), std::env::vars_os());
    Ok(match (options.dry_run, options.live) {
        (true, _) => source.with_flag("controller.mode", "dry-run", "--dry-run"),
        (_, true) => source.with_flag("controller.mode", "live", "--live"),
        _ => source,
    })
}

/// Prints one line for each daemon; fails if a daemon could not be observed.
fn print_decisions(publisher: &Publisher) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let mut unobserved = Vec::new();
    for overview in publisher.board.daemons() {
        let (daemon, Some(record)) = (overview.daemon, overview.latest) else { continue };
        let decision = &record.decision;
        writeln!(
            out,
            "{daemon}: {} ({}): {}",
            decision.action.code(),
            decision.reason.code(),
            record.reason_text()
        )?;
        if record.look.status.is_err() {
            unobserved.push(daemon.to_string());
        }
    }
    if unobserved.is_empty() {
        return Ok(());
    }
    Err(Failure::running(anyhow::anyhow!("could not observe {}", unobserved.join(", "))))
}
