//! The arguments of the command line.

use std::{net::SocketAddr, num::NonZero, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use snarkfee_core::{
    market::{Selection, SelectionMethod},
    units::{Endpoint, Nanomina},
};
use snarkfee_lab::{daemon_sim, policy_run::PolicySpec};

use super::{
    exit::Failure,
    values::{
        SeedList, era_parser, parse_duration, parse_speed, parse_works_per_hour, scenario_names,
        selection_method_parser, selection_parser,
    },
};
use crate::telemetry::{LogFormat, init_logging};

/// Sets the fee of Mina SNARK workers by the market, and turns snark work off while it does not
/// pay.
#[derive(Debug, Parser)]
#[command(name = "snarkfee", version, max_term_width = 100)]
pub struct Arguments {
    /// Format of the log.
    #[arg(long, global = true, value_enum, default_value = "text")]
    log_format: LogFormatArg,
    /// Level of the log: error, warn, info, debug, trace, or a filter such as "warn,snarkfee=debug".
    #[arg(long, global = true, env = "RUST_LOG", value_name = "LEVEL")]
    log_level: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: CliCommand,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormatArg {
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum CliCommand {
    /// Observe, estimate, decide and act for every configured daemon.
    Run(RunArgs),
    /// Check settings, daemons and this machine, and say how to fix what is wrong. Changes nothing.
    Check(CheckArgs),
    /// Show the market as it is now, the profit expected at each fee, and the recommended fee.
    /// Changes nothing.
    Estimate(EstimateArgs),
    /// Explain why a worker is on or off at its fee, and what would change that. Changes nothing.
    Explain(ExplainArgs),
    /// Run the service against an embedded simulated daemon, over real HTTP, in accelerated time.
    Demo(DemoArgs),
    /// Compare policies in the market simulator.
    Simulate(SimulateArgs),
    /// Compare policies on recorded data: blocks of the network, or the service's own journal, whose
    /// decisions are replayed.
    Backtest(BacktestArgs),
    /// Find the policy settings that earn most on given data, as TOML with a reason for each.
    Tune(TuneArgs),
    /// Run the simulated daemon alone, for tests of other clients.
    DaemonSim(DaemonSimArgs),
    /// Show decisions and their outcomes from the journal.
    History(HistoryArgs),
    /// Leave the worker to the operator; the service goes on observing.
    Pause(PauseArgs),
    /// Let the service control the worker again, and close the breaker.
    Resume(ResumeArgs),
    /// Print the commented default file, or the settings in force with secrets hidden.
    Config(ConfigArgs),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

/// Options of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The configuration file.
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// Decide and record, but send nothing; overrides the file.
    #[arg(long, conflicts_with = "live")]
    pub dry_run: bool,
    /// Carry out decisions; overrides the file.
    #[arg(long)]
    pub live: bool,
    /// Look once at every daemon, decide, act, and exit.
    #[arg(long)]
    pub once: bool,
}

/// Options of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The configuration file.
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Options of `estimate`.
#[derive(Debug, Args)]
pub struct EstimateArgs {
    /// The configuration file.
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// Only this daemon [default: all].
    #[arg(long, value_name = "NAME")]
    pub daemon: Option<String>,
    /// Print one JSON document: an object, or a list of them for several daemons.
    #[arg(long)]
    pub json: bool,
    /// Draw the market of one daemon: S(f), standing quotes and expected profit by fee.
    #[arg(long, value_name = "FILE.svg")]
    pub plot: Option<PathBuf>,
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Look at the daemons of this configuration file now.
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Ask the running service with its page at this address.
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:9527",
        conflicts_with = "config"
    )]
    pub url: Endpoint,
    /// Only this daemon [default: all].
    #[arg(long, value_name = "NAME")]
    pub daemon: Option<String>,
    /// Print one JSON document: an object, or a list of them for several daemons.
    #[arg(long)]
    pub json: bool,
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    #[command(flatten)]
    pub(super) market: MarketArgs,
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
    #[arg(long, value_name = "NAME|FILE")]
    pub scenario: String,
    /// The policies: profit, undercut, quantile:0.25, fixed:0.001MINA, always-on:0MINA, off,
    /// stopper:0.1MINA, random:0.001-1MINA.
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "profit,undercut,quantile:0.25,always-on:0.1MINA,always-on:0MINA,off,stopper:0.1MINA,random:0.0001-0.1MINA"
    )]
    pub policies: Vec<PolicySpec>,
    /// Seeds, one market each: 7, 1..20, 3,5,8.
    #[arg(long, value_name = "SEEDS", default_value = "1..20")]
    pub seeds: SeedList,
    /// Slots of each run.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub slots: u64,
    /// Cost of one work.
    #[arg(long, value_name = "FEE", default_value = "0.0001 MINA")]
    pub cost: Nanomina,
    /// Longest time between two readings of the order book at one best tip.
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
    pub(super) results: ResultArgs,
}

/// How to run the experiment, and where to write its results.
#[derive(Debug, Args)]
pub(super) struct ResultArgs {
    /// Number of threads; results do not depend on it [default: one per core].
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<NonZero<usize>>,
    /// Print one JSON document.
    #[arg(long)]
    pub(super) json: bool,
    /// Also write the results with plots to one HTML file.
    #[arg(long, value_name = "FILE.html")]
    pub(super) report: Option<PathBuf>,
}

/// Recorded data.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct DataArgs {
    /// The service's own journal: its file, or its state directory.
    #[arg(long, value_name = "PATH")]
    pub(super) journal: Option<PathBuf>,
    /// Precomputed-block files (NETWORK-HEIGHT-HASH.json, also without height or with .gz), folders of them, or patterns.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub(super) blocks: Vec<PathBuf>,
}

/// Settings of the policies, and costs.
#[derive(Debug, Args)]
pub(super) struct PolicyArgs {
    /// Take policy settings and the cost of a work from this configuration file [default: the
    /// default settings].
    #[arg(short, long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// The daemon whose settings, and looks of a journal, are used [default: settings of the first,
    /// looks of all].
    #[arg(long, value_name = "NAME")]
    pub(super) daemon: Option<String>,
    /// Cost of one work [default: as configured, else as recorded, else 0.0001 MINA].
    #[arg(long, value_name = "FEE")]
    pub(super) cost: Option<Nanomina>,
    /// Works made per hour [default: as configured, else as recorded, else 120].
    #[arg(long, value_name = "N", value_parser = parse_works_per_hour)]
    pub(super) works_per_hour: Option<f64>,
}

/// Options of `backtest`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("recorded").required(true).args(["journal", "blocks"]))]
pub struct BacktestArgs {
    #[command(flatten)]
    pub(super) data: DataArgs,
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
    pub(super) verbose: bool,
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    #[command(flatten)]
    pub(super) results: ResultArgs,
}

/// Options of `tune`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("ground").required(true).args(["scenario", "journal", "blocks"]))]
pub struct TuneArgs {
    /// A simulated market: a name of the library, or a scenario file.
    #[arg(long, value_name = "NAME|FILE")]
    pub scenario: Option<String>,
    #[command(flatten)]
    pub(super) data: DataArgs,
    /// Seeds of the simulated market; every second one is kept for validation.
    #[arg(long, value_name = "SEEDS", default_value = "1..12")]
    pub seeds: SeedList,
    /// Slots of each simulated run.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub slots: u64,
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
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
    pub(super) market: MarketArgs,
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
pub(super) struct MarketArgs {
    /// The market: a name of the library.
    #[arg(long, value_name = "NAME", default_value = "tour", value_parser = scenario_names())]
    pub(super) scenario: String,
    /// Simulated seconds per real second.
    #[arg(long, value_name = "N", default_value_t = 240.0, value_parser = parse_speed)]
    pub(super) speed: f64,
    /// Seed of the market.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
}

/// Options of `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// The configuration file [default: ./snarkfee.toml, else snarkfee/snarkfee.toml in
    /// $XDG_CONFIG_HOME, else /etc/snarkfee/snarkfee.toml].
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How far to look back, such as 90m or 7d.
    #[arg(long, value_name = "D", default_value = "24h", value_parser = parse_duration)]
    pub since: Duration,
    /// Only this daemon [default: all].
    #[arg(long, value_name = "NAME")]
    pub daemon: Option<String>,
    /// Money and works by day (UTC, at most 31) and in all.
    #[arg(long)]
    pub summary: bool,
    /// Print one JSON document with every look.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print comma-separated values (RFC 4180), one line for each look.
    #[arg(long)]
    csv: bool,
}

/// How the history is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HistoryFormat {
    Text,
    Json,
    Csv,
}

impl HistoryArgs {
    pub(super) fn format(&self) -> HistoryFormat {
        match (self.json, self.csv) {
            (true, _) => HistoryFormat::Json,
            (_, true) => HistoryFormat::Csv,
            _ => HistoryFormat::Text,
        }
    }
}

/// Options of `pause`.
#[derive(Debug, Args)]
pub struct PauseArgs {
    /// The configuration file [default: ./snarkfee.toml, else snarkfee/snarkfee.toml in
    /// $XDG_CONFIG_HOME, else /etc/snarkfee/snarkfee.toml].
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Only this daemon [default: all].
    #[arg(long, value_name = "NAME")]
    pub daemon: Option<String>,
    /// How long, such as 90m or 24h [default: until resumed].
    #[arg(long = "for", value_name = "D", value_parser = parse_duration)]
    pub lasting: Option<Duration>,
}

/// Options of `resume`.
#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// The configuration file [default: ./snarkfee.toml, else snarkfee/snarkfee.toml in
    /// $XDG_CONFIG_HOME, else /etc/snarkfee/snarkfee.toml].
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Only this daemon [default: all].
    #[arg(long, value_name = "NAME")]
    pub daemon: Option<String>,
}

/// Options of `config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// Print the commented default file.
    #[arg(long, conflicts_with_all = ["config", "effective"])]
    pub default: bool,
    /// The configuration file to validate.
    #[arg(short, long, value_name = "FILE", required_unless_present = "default")]
    pub config: Option<PathBuf>,
    /// Print the settings in force: file, environment and defaults merged, secrets hidden.
    #[arg(long)]
    pub effective: bool,
}

impl Arguments {
    pub(super) fn init_log(&self) -> Result<(), Failure> {
        let format = match self.log_format {
            LogFormatArg::Text => LogFormat::Text,
            LogFormatArg::Json => LogFormat::Json,
        };
        // The demo tells people what changes; the log would repeat each look.
        let told = matches!(self.command, CliCommand::Demo(_)) && format == LogFormat::Text;
        let level = self.log_level.as_deref().unwrap_or(if told { "warn" } else { "info" });
        init_logging(format, level).map_err(Failure::usage)
    }
}
