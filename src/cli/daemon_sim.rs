//! `snarkfee daemon-sim`: the simulated daemon alone.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use snarkfee_lab::daemon_sim::{Options, SimDaemonServer};
use tokio_util::sync::CancellationToken;

use super::{Failure, args::DaemonSim, demo, signals};

/// Serves until a signal ends it.
pub(super) async fn run(options: DaemonSim) -> Result<(), Failure> {
    let (world, clock) = demo::market(&options.market)?;
    let cancel = CancellationToken::new();
    let _reloads = signals::follow(&cancel)?;
    let face = Options { era: options.schema_era, ..Options::default() };
    let world = Arc::new(Mutex::new(world));
    let server =
        SimDaemonServer::bind(options.graphql, options.metrics, world, clock, face, &cancel).await;
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
