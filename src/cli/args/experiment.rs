//! The arguments of the commands that run on simulated or recorded markets.

use std::{net::SocketAddr, num::NonZero, path::PathBuf, time::Duration};

use clap::Args;
use snarkfee_core::{
    market::{Selection, SelectionMethod},
    units::Nanomina,
};
use snarkfee_lab::{
    daemon_sim,
    policy_run::{PolicyCount, PolicySpec},
};

use crate::cli::values::{
    SeedList, era_parser, parse_duration, parse_speed, parse_works_per_hour, scenario_names,
    selection_method_parser, selection_parser,
};

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    #[command(flatten)]
    pub(in crate::cli) market: MarketArgs,
    /// Address of page, API and metrics [default: 127.0.0.1:9527, or a free port if that is taken].
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Real time to run, such as 60s or 10m [default: until interrupted].
    #[arg(long, value_name = "D", value_parser = parse_duration)]
    pub duration: Option<Duration>,
    /// Decide and record, but send nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Options of `simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// The market: a name of the library, or a scenario file.
    #[arg(long, value_name = "NAME|FILE", required_unless_present = "list")]
    pub scenario: Option<String>,
    /// List the markets of the library, with what happens in each.
    #[arg(long, conflicts_with = "scenario")]
    pub list: bool,
    /// The policies: profit, undercut, quantile:0.25, fixed:0.001MINA, cover, always-on:0MINA, off,
    /// stopper:0.1MINA, random:0.001-1MINA; cover*10 is ten of one.
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "profit,undercut,quantile:0.25,always-on:0.1MINA,always-on:0MINA,off,stopper:0.1MINA,random:0.0001-0.1MINA"
    )]
    pub policies: Vec<PolicyCount>,
    /// Run the policies in one market, as operators of their own, rather than one after another.
    #[arg(long, conflicts_with = "without_hindsight")]
    pub together: bool,
    /// Seeds, one market each: 7, 1..20, 3,5,8.
    #[arg(long, value_name = "SEEDS", default_value = "1..20")]
    pub seeds: SeedList,
    /// Slots of each run.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub slots: u64,
    /// Cost of one work; with --together a list is dealt out to the operators in turn.
    #[arg(long, value_name = "FEE", value_delimiter = ',', default_value = "0.0001 MINA")]
    pub cost: Vec<Nanomina>,
    /// Time between two readings of the order book.
    #[arg(long, value_name = "D", default_value = "3m", value_parser = parse_duration)]
    pub book_interval: Duration,
    /// How the daemon selects works: rand, seq or roffset [default: as the scenario says].
    #[arg(long, value_name = "METHOD", value_parser = selection_method_parser())]
    pub selection: Option<SelectionMethod>,
    /// How the daemons of all competitors do [default: as the scenario says].
    #[arg(long, value_name = "METHOD", value_parser = selection_method_parser())]
    pub rivals: Option<SelectionMethod>,
    /// What the policies are told of the daemon's selection: auto, rand, seq or roffset.
    #[arg(long, value_name = "SELECTION", default_value = "auto", value_parser = selection_parser())]
    pub told: Selection,
    /// Skip the best fees in hindsight, which take most of the time, and the ratios to them.
    #[arg(long)]
    pub without_hindsight: bool,
    #[command(flatten)]
    pub(in crate::cli) results: ResultArgs,
}

/// How to run the experiment, and where to write its results.
#[derive(Debug, Args)]
pub(in crate::cli) struct ResultArgs {
    /// Number of threads; results do not depend on it [default: one per core].
    #[arg(long, value_name = "N")]
    pub(in crate::cli) threads: Option<NonZero<usize>>,
    /// Print one JSON document.
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Also write the results with plots to one HTML file.
    #[arg(long, value_name = "FILE.html")]
    pub(in crate::cli) report: Option<PathBuf>,
}

/// Recorded data.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(in crate::cli) struct DataArgs {
    /// The service's own journal: its file, or its state directory.
    #[arg(long, value_name = "PATH")]
    pub(in crate::cli) journal: Option<PathBuf>,
    /// Precomputed-block files (NETWORK-HEIGHT-HASH.json, also without height or with .gz), folders of them, or patterns.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub(in crate::cli) blocks: Vec<PathBuf>,
}

/// Settings of the policies, and costs.
#[derive(Debug, Args)]
pub(in crate::cli) struct PolicyArgs {
    /// Take policy settings and the cost of a work from this configuration file [default: the
    /// default settings].
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// The daemon whose settings, and looks of a journal, are used [default: settings of the first,
    /// looks of all].
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) daemon: Option<String>,
    /// Cost of one work [default: as configured, else as recorded, else 0.0001 MINA].
    #[arg(long, value_name = "FEE")]
    pub(in crate::cli) cost: Option<Nanomina>,
    /// Works made per hour [default: as configured, else as recorded, else 120].
    #[arg(long, value_name = "N", value_parser = parse_works_per_hour)]
    pub(in crate::cli) works_per_hour: Option<f64>,
}

/// Options of `backtest`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("recorded").required(true).args(["journal", "blocks"]))]
pub struct BacktestArgs {
    #[command(flatten)]
    pub(in crate::cli) data: DataArgs,
    /// The policies: profit, undercut, quantile:0.25, fixed:0.001MINA, always-on:0MINA, off,
    /// stopper:0.1MINA, random:0.001-1MINA.
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "profit,undercut,quantile:0.25,always-on:0.1MINA,always-on:0.001MINA,always-on:0MINA,off"
    )]
    pub policies: Vec<PolicySpec>,
    /// List every file that is not used, those of forks too.
    #[arg(long)]
    pub(in crate::cli) verbose: bool,
    #[command(flatten)]
    pub(in crate::cli) policy: PolicyArgs,
    #[command(flatten)]
    pub(in crate::cli) results: ResultArgs,
}

/// Options of `tune`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("ground").required(true).args(["scenario", "journal", "blocks"]))]
pub struct TuneArgs {
    /// A simulated market: a name of the library, or a scenario file.
    #[arg(long, value_name = "NAME|FILE")]
    pub scenario: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) data: DataArgs,
    /// Seeds of the simulated market; every second one is kept for validation.
    #[arg(long, value_name = "SEEDS", default_value = "1..12")]
    pub seeds: SeedList,
    /// Slots of each simulated run.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub slots: u64,
    #[command(flatten)]
    pub(in crate::cli) policy: PolicyArgs,
    /// Number of threads; results do not depend on it [default: one per core].
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZero<usize>>,
    /// Also write the recommendation to a file.
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Options of `daemon-sim`.
#[derive(Debug, Args)]
pub struct DaemonSimArgs {
    #[command(flatten)]
    pub(in crate::cli) market: MarketArgs,
    /// Daemon version whose schema is served.
    #[arg(long, value_name = "ERA", default_value_t, value_parser = era_parser())]
    pub schema_era: daemon_sim::Era,
    /// Address of GraphQL.
    #[arg(long, value_name = "ADDR", default_value_t = daemon_sim::GRAPHQL_ADDRESS)]
    pub graphql: SocketAddr,
    /// Address of the metrics.
    #[arg(long, value_name = "ADDR", default_value_t = daemon_sim::METRICS_ADDRESS)]
    pub metrics: SocketAddr,
}

/// The simulated market.
#[derive(Debug, Args)]
pub(in crate::cli) struct MarketArgs {
    /// The market: a name of the library.
    #[arg(long, value_name = "NAME", default_value = "tour", value_parser = scenario_names())]
    pub(in crate::cli) scenario: String,
    /// Simulated seconds per real second.
    #[arg(long, value_name = "N", default_value_t = 240.0, value_parser = parse_speed)]
    pub(in crate::cli) speed: f64,
    /// Seed of the market.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(in crate::cli) seed: u64,
}
