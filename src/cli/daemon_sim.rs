//! `snarkfee daemon-sim`: the simulated daemon alone.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use snarkfee_lab::daemon_sim::{DaemonSimOptions, SimDaemonServer};
use tokio_util::sync::CancellationToken;

use super::{args::DaemonSimArgs, demo, exit::Failure, signals};
use crate::telemetry::LogQueue;

/// Serves until a signal ends it.
pub(super) async fn run(options: DaemonSimArgs, log: &LogQueue) -> Result<(), Failure> {
    let (world, clock) = demo::build_market(&options.market)?;
    let cancel = CancellationToken::new();
    let _reloads = signals::watch_signals(&cancel, log)?;
    let daemon = DaemonSimOptions { era: options.schema_era, ..DaemonSimOptions::default() };
    let world = Arc::new(Mutex::new(world));
    let server =
        SimDaemonServer::bind(options.graphql, options.metrics, world, clock, daemon, &cancel)
            .await;
    let server = server.map_err(Failure::running)?;
    {
        let mut out = std::io::stdout().lock();
        writeln!(out, "graphql: {}", server.graphql_url())?;
        writeln!(out, "metrics: {}", server.metrics_url())?;
        out.flush()?;
    }
    cancel.cancelled().await;
    server.shut_down().await;
    Ok(())
}
