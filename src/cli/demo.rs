//! `snarkfee demo`: the service against an embedded simulated daemon.

mod comparison;
mod tale;

use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use snarkfee_clock::Clock;
use snarkfee_config::{Controller, Daemon, MetricsSource, Settings};
use snarkfee_core::{
    cost::CostModel,
    ledger::NoJournal,
    policy::{OnExit, RoleSetting},
    record::Mode,
    units::{DaemonId, Endpoint, Nanomina},
};
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, SimDaemonServer},
    market_sim::{OperatorRole, World, library},
};
use tokio_util::sync::CancellationToken;

use self::{comparison::WatchedMarket, tale::Tale};
use super::{
    args::{DemoArgs, MarketArgs},
    exit::Failure,
    signals,
};
use crate::{
    service::{Narrator, RunningService, Service, ServiceError},
    telemetry::{LogQueue, log_record},
};

/// What a work costs in the demo: 0.0001 MINA, about a minute of a 350 W machine at the prices of
/// 2026.
const COST: u64 = 100_000;
/// Real time that a look may take on a busy machine.
const SLOW_LOOK: Duration = Duration::from_secs(5);
/// A free port of this machine.
const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Runs until the duration is over or a signal ends it.
pub(super) async fn run(options: DemoArgs, log: &LogQueue) -> Result<(), Failure> {
    let (world, clock) = build_market(&options.market)?;
    let role = world.scenario().role();
    let world = Arc::new(Mutex::new(world));
    let cancel = CancellationToken::new();
    let stop_daemon = CancellationToken::new();
    let reloads = signals::watch_signals(&cancel, log)?;
    let server = SimDaemonServer::bind(
        ANY_PORT,
        ANY_PORT,
        world.clone(),
        clock,
        DaemonSimOptions::default(),
        &stop_daemon,
    )
    .await;
    let server = server.map_err(Failure::running)?;
    let mode = if options.dry_run { Mode::DryRun } else { Mode::Live };
    let tale = Arc::new(Tale::begin(Arc::clone(&world)));
    let (logs, teller) = (tracing::enabled!(tracing::Level::INFO), Arc::clone(&tale));
    let narrator: Narrator = Arc::new(move |record| {
        if logs {
            log_record(record);
        } else {
            teller.tell(record);
        }
    });
    let started = start_service(&server, mode, role, options.listen, clock, &narrator).await?;
    {
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "market:  {} (seed {}, {} times real time)",
            options.market.scenario, options.market.seed, options.market.speed
        )?;
        writeln!(out, "daemon:  {} (metrics {})", server.graphql_url(), server.metrics_url())?;
        if let Some(address) = started.address {
            writeln!(out, "page:    http://{address}/")?;
            writeln!(out, "metrics: http://{address}/metrics")?;
        }
        writeln!(out, "what changes, by the clock of the market; Ctrl-C ends it and compares:")?;
        out.flush()?;
    }
    if let Some(duration) = options.duration {
        let cancel = cancel.clone();
        #[expect(clippy::disallowed_methods, reason = "ends when `cancel` is cancelled")]
        tokio::spawn(async move {
            let _ = cancel.run_until_cancelled(tokio::time::sleep(duration)).await;
            cancel.cancel();
        });
    }
    started.run(None, reloads, cancel).await.map_err(Failure::running)?;
    let mutations = server.mutation_count();
    stop_daemon.cancel();
    server.shut_down().await;
    tale.end();
    print_summary(&world, options.market.seed, mutations)
}

/// The market named on the command line, and a clock for it.
pub(super) fn build_market(options: &MarketArgs) -> Result<(World, Clock), Failure> {
    let scenario = library::scenario(&options.scenario).map_err(Failure::usage)?;
    let start = Clock::wall();
    let world = World::new(&scenario, options.seed, start);
    Ok((world, Clock::accelerated(start, options.speed)))
}

/// Starts the service on the usual port, or on a free one if the usual one is taken and no port was
/// given.
async fn start_service(
    server: &SimDaemonServer,
    mode: Mode,
    role: OperatorRole,
    listen: Option<SocketAddr>,
    clock: Clock,
    narrator: &Narrator,
) -> Result<RunningService, Failure> {
    let start = async |listen| {
        let settings =
            demo_settings(server, mode, role, listen, clock).map_err(Failure::running)?;
        let journal = Arc::new(NoJournal::default());
        let service = Service::told_by(Arc::clone(narrator), settings, clock, journal);
        Ok::<_, Failure>(service.start().await)
    };
    match start(listen).await? {
        Err(ServiceError::Listen { .. }) if listen.is_none() => start(Some(ANY_PORT)).await?,
        other => other,
    }
    .map_err(Failure::running)
}

fn demo_settings(
    server: &SimDaemonServer,
    mode: Mode,
    role: OperatorRole,
    listen: Option<SocketAddr>,
    clock: Clock,
) -> anyhow::Result<Settings> {
    let defaults = Controller::in_dir(PathBuf::new());
    let controller =
        Controller { mode, listen: listen.or(defaults.listen), on_exit: OnExit::Keep, ..defaults };
    let graphql: Endpoint = server.graphql_url().parse()?;
    let mut daemon = Daemon::new(DaemonId::try_new("demo")?, graphql);
    daemon.metrics = Some(MetricsSource::Direct(server.metrics_url().parse()?));
    daemon.timeout = Duration::from_secs(10);
    daemon.cost = CostModel::PerWork(Nanomina::try_new(COST)?);
    daemon.params.worker.key = Some(World::operator_key());
    daemon.params.worker.role = match role {
        OperatorRole::Worker => RoleSetting::Auto,
        OperatorRole::Coordinator => RoleSetting::Coordinator,
    };
    // A second of real time is minutes in this market: a slow look must not count as stale.
    let slow_look = SLOW_LOOK.mul_f64(clock.speed());
    daemon.params.safety.max_age = daemon.params.safety.max_age.max(slow_look);
    Ok(Settings::new(controller, vec![daemon]))
}

/// Prints what really happened in the market, which the service cannot see.
fn print_summary(world: &Mutex<World>, seed: u64, mutations: u64) -> Result<(), Failure> {
    let world = world.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let truth = world.truth();
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "in {} slots {} works were bought; ours: {} made, {} sold for {}; mutations received: {}",
        truth.slots,
        truth.works_bought,
        truth.own.made,
        truth.own.sold,
        tale::earned(truth),
        mutations,
    )?;
    let cost = Nanomina::try_new(COST).map_err(Failure::running)?;
    let watched = WatchedMarket { scenario: world.scenario(), seed, truth, cost };
    write!(out, "{}", watched.compare())?;
    Ok(())
}
