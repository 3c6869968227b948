//! `snarkfee run`.

use std::io::Write;

use snarkfee_clock::Clock;
use snarkfee_config::Source;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{args::RunArgs, exit::Failure, open_journal::OpenJournal, signals};
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
    let journal = OpenJournal::open(&settings, clock).await?;
    let service = journal.service(settings, clock);
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
    journal.close().await;
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
