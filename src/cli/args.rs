//! What can be given on the command line.

use std::{net::SocketAddr, num::NonZero, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use snarkfee_core::units::{Endpoint, Nanomina, duration};
use snarkfee_lab::{
    daemon_sim,
    simulate::{Entrant, library},
};

use super::Failure;
use crate::telemetry::{self, LogFormat};

/// Sets the fee of Mina SNARK workers by the market, and turns snark work off while it does not
/// pay.
#[derive(Debug, Parser)]
#[command(name = "snarkfee", version, max_term_width = 100)]
pub struct Arguments {
    /// How the log is written.
    #[arg(long, global = true, value_enum, default_value = "text")]
    log_format: Format,
    /// What is logged: error, warn, info, debug, trace, or a filter such as "warn,snarkfee=debug".
    #[arg(long, global = true, env = "RUST_LOG", value_name = "LEVEL")]
    log_level: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Observe, estimate, decide and act for every configured daemon.
    Run(Run),
    /// Check settings, daemons and this machine, and say what to do. Changes nothing.
    Check(Check),
    /// Look once and show the market, what fees would bring, and the fee to ask. Changes nothing.
    Estimate(Estimate),
    /// Say why a worker is on or off at its fee, with the numbers, and what would change it.
    /// Changes nothing.
    Explain(Explain),
    /// The same service against an embedded simulated daemon, over real HTTP, in accelerated time.
    Demo(Demo),
    /// Policies side by side in the market simulator.
    Simulate(Simulate),
    /// Policies on recorded data: real blocks, or the service's own journal, whose decisions are
    /// made again.
    Backtest(Backtest),
    /// Which settings of the policy earn most on given data, as TOML with a reason for each.
    Tune(Tune),
    /// The simulated daemon alone, for anyone's tests.
    DaemonSim(DaemonSim),
    /// Show decisions and their outcomes, from the journal.
    History(History),
    /// Hand the worker to the operator; the service goes on observing.
    Pause(Pause),
    /// Take the worker back, and close the breaker.
    Resume(Resume),
    /// Show the commented default file, or the settings in force with secrets hidden.
    Config(Config),
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
pub struct Run {
    /// The configuration file.
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// Decide and record, but send nothing, whatever the file says.
    #[arg(long, conflicts_with = "live")]
    pub dry_run: bool,
    /// Act, whatever the file says.
    #[arg(long)]
    pub live: bool,
    /// Look once at every daemon and exit.
    #[arg(long)]
    pub once: bool,
}

/// Options of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The configuration file.
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Options of `estimate`.
#[derive(Debug, Args)]
pub struct Estimate {
    /// The configuration file.
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// Look at this daemon only [default: at every one].
    #[arg(long, value_name = "NAME")]
    pub daemon: Option<String>,
    /// Print one JSON document: an object, or of several daemons a list of them.
    #[arg(long)]
    pub json: bool,
    /// Draw the market of one daemon: S(f), standing quotes and expected profit over fees.
    #[arg(long, value_name = "FILE.svg")]
    pub plot: Option<PathBuf>,
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// Look afresh at the daemons of this configuration file.
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Ask the running service whose page is here.
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:9527",
        conflicts_with = "config"
    )]
    pub url: Endpoint,
    /// Explain this daemon only [default: every one].
    #[arg(long, value_name = "NAME")]
    pub daemon: Option<String>,
    /// Print one JSON document: an object, or of several daemons a list of them.
    #[arg(long)]
    pub json: bool,
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    #[command(flatten)]
    pub(super) market: Market,
    /// Where page, API and metrics are served [default: 127.0.0.1:9527, or a free port if that is
    /// taken].
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// How long to run, in real time, such as 60s or 10m [default: until interrupted].
    #[arg(long, value_name = "D", value_parser = parse_duration)]
    pub duration: Option<Duration>,
    /// Decide and record, but send nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Options of `simulate`.
#[derive(Debug, Args)]
pub struct Simulate {
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
    pub policies: Vec<Entrant>,
    /// The seeds, one market each: 7, 1..20, 3,5,8.
    #[arg(long, value_name = "SEEDS", default_value = "1..20")]
    pub seeds: Seeds,
    /// Length of each run in slots.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub slots: u64,
    /// Cost of one work.
    #[arg(long, value_name = "FEE", default_value = "0.0001 MINA")]
    pub cost: Nanomina,
    /// Leave out the best fees in hindsight, which take most of the time, and all that is relative
    /// to them.
    #[arg(long)]
    pub without_hindsight: bool,
    #[command(flatten)]
    pub(super) results: Results,
}

/// How policies are tried, and where it goes how they did.
#[derive(Debug, Args)]
pub(super) struct Results {
    /// Work on so many cores; results do not depend on it [default: all].
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZero<usize>>,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
    /// Write the results with plots to one HTML file.
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
}

/// Recorded data.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct Data {
    /// The service's own journal: its file, or the folder of state.
    #[arg(long, value_name = "PATH")]
    pub journal: Option<PathBuf>,
    /// Precomputed-block files (NETWORK-HEIGHT-HASH.json), folders of them, or patterns.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub blocks: Vec<PathBuf>,
}

/// What policies are given beside the data.
#[derive(Debug, Args)]
pub(super) struct Economics {
    /// Take the policy's settings and the cost of a work from this configuration file [default: the
    /// default settings].
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The daemon whose settings are taken, and of a journal whose looks [default: the first, and
    /// all].
    #[arg(long, value_name = "NAME")]
    pub daemon: Option<String>,
    /// Cost of one work [default: as configured, else as recorded, else 0.0001 MINA].
    #[arg(long, value_name = "FEE")]
    pub cost: Option<Nanomina>,
    /// Works that the provers make in an hour [default: as configured, else as recorded, else 120].
    #[arg(long, value_name = "N", value_parser = parse_pace)]
    pub works_per_hour: Option<f64>,
}

/// Options of `backtest`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("recorded").required(true).args(["journal", "blocks"]))]
pub struct Backtest {
    #[command(flatten)]
    pub(super) data: Data,
    /// The policies: profit, undercut, quantile:0.25, fixed:0.001MINA, always-on:0MINA, off,
    /// stopper:0.1MINA, random:0.001-1MINA.
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "profit,undercut,quantile:0.25,always-on:0.1MINA,always-on:0.001MINA,always-on:0MINA,off"
    )]
    pub policies: Vec<Entrant>,
    #[command(flatten)]
    pub(super) economics: Economics,
    #[command(flatten)]
    pub(super) results: Results,
}

/// Options of `tune`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("ground").required(true).args(["scenario", "journal", "blocks"]))]
pub struct Tune {
    /// A simulated market: a name of the library, or a scenario file.
    #[arg(long, value_name = "NAME|FILE")]
    pub scenario: Option<String>,
    #[command(flatten)]
    pub(super) data: Data,
    /// Seeds of the simulated market; every second one is kept for validation.
    #[arg(long, value_name = "SEEDS", default_value = "1..12")]
    pub seeds: Seeds,
    /// Slots of each simulated run.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub slots: u64,
    #[command(flatten)]
    pub(super) economics: Economics,
    /// Work on so many cores; results do not depend on it [default: all].
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZero<usize>>,
    /// Write the recommendation to a file too.
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Seeds of a contest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeds(pub Vec<u64>);

impl std::str::FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        /// Most markets in one contest.
        const MOST: u64 = 10_000;
        let number = |text: &str| {
            text.trim().parse::<u64>().map_err(|_| "seeds are written 7, 1..20 or 3,5,8".to_owned())
        };
        let mut seeds = Vec::new();
        for part in text.split(',') {
            match part.split_once("..") {
                None => seeds.push(number(part)?),
                Some((first, last)) => {
                    let (first, last) = (number(first)?, number(last.trim_start_matches('='))?);
                    if first > last || last - first >= MOST {
                        return Err(format!("a range of seeds ascends and holds at most {MOST}"));
                    }
                    seeds.extend(first..=last);
                }
            }
        }
        Ok(Self(seeds))
    }
}

/// Options of `daemon-sim`.
#[derive(Debug, Args)]
pub struct DaemonSim {
    #[command(flatten)]
    pub(super) market: Market,
    /// The daemon version whose schema is served.
    #[arg(long, value_name = "ERA", default_value_t, value_parser = eras())]
    pub schema_era: daemon_sim::Era,
    /// Where GraphQL is served.
    #[arg(long, value_name = "ADDR", default_value_t = daemon_sim::GRAPHQL_ADDRESS)]
    pub graphql: SocketAddr,
    /// Where metrics are served.
    #[arg(long, value_name = "ADDR", default_value_t = daemon_sim::METRICS_ADDRESS)]
    pub metrics: SocketAddr,
}

/// Which simulated market.
#[derive(Debug, Args)]
pub(super) struct Market {
    /// The market: a name of the library.
    #[arg(long, value_name = "NAME", default_value = "regime-switch", value_parser = scenarios())]
    pub(super) scenario: String,
    /// Simulated seconds per real second.
    #[arg(long, value_name = "N", default_value_t = 240.0, value_parser = parse_speed)]
    pub(super) speed: f64,
    /// Seed of everything random in the market.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
}

/// Options of `history`.
#[derive(Debug, Args)]
pub struct History {
    /// The configuration file, which says where the journal is [default: the journal of this
    /// machine].
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How far back, such as 90m or 7d.
    #[arg(long, value_name = "D", default_value = "24h", value_parser = parse_duration)]
    pub since: Duration,
    /// One daemon only.
    #[arg(long, value_name = "NAME")]
    pub daemon: Option<String>,
    /// One JSON document, every look an entry.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Comma-separated values (RFC 4180), every look a line.
    #[arg(long)]
    csv: bool,
}

/// How a list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Json,
    Csv,
}

impl History {
    pub(super) fn shape(&self) -> Shape {
        match (self.json, self.csv) {
            (true, _) => Shape::Json,
            (_, true) => Shape::Csv,
            _ => Shape::Text,
        }
    }
}

/// Options of `pause`.
#[derive(Debug, Args)]
pub struct Pause {
    /// The configuration file, which says where the journal is [default: the journal of this
    /// machine].
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// One daemon only.
    #[arg(long, value_name = "NAME")]
    pub daemon: Option<String>,
    /// How long, such as 90m or 24h [default: until resumed].
    #[arg(long = "for", value_name = "D", value_parser = parse_duration)]
    pub lasting: Option<Duration>,
}

/// Options of `resume`.
#[derive(Debug, Args)]
pub struct Resume {
    /// The configuration file, which says where the journal is [default: the journal of this
    /// machine].
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// One daemon only.
    #[arg(long, value_name = "NAME")]
    pub daemon: Option<String>,
}

/// Options of `config`.
#[derive(Debug, Args)]
pub struct Config {
    /// Print the commented default file.
    #[arg(long, conflicts_with_all = ["config", "effective"])]
    pub default: bool,
    /// The configuration file to check.
    #[arg(short, long, value_name = "FILE", required_unless_present = "default")]
    pub config: Option<PathBuf>,
    /// Print the settings in force: file, environment and defaults merged, secrets hidden.
    #[arg(long)]
    pub effective: bool,
}

impl Arguments {
    pub(super) fn init_log(&self) -> Result<(), Failure> {
        let format = match self.log_format {
            Format::Text => LogFormat::Text,
            Format::Json => LogFormat::Json,
        };
        let level = self.log_level.as_deref().unwrap_or("info");
        telemetry::init(format, level).map_err(Failure::usage)
    }
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    duration::parse(text).map_err(|error| error.to_string())
}

fn parse_speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.01..=10_000.0).contains(&speed) => Ok(speed),
        _ => Err("a speed is a number from 0.01 to 10000".to_owned()),
    }
}

fn parse_pace(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(pace) if (0.01..=100_000.0).contains(&pace) => Ok(pace),
        _ => Err("a pace is a number of works from 0.01 to 100000".to_owned()),
    }
}

fn scenarios() -> clap::builder::PossibleValuesParser {
    library::names().collect::<Vec<_>>().into()
}

fn eras() -> impl clap::builder::TypedValueParser<Value = daemon_sim::Era> {
    use clap::builder::TypedValueParser as _;
    let names: clap::builder::PossibleValuesParser =
        daemon_sim::Era::ALL.map(daemon_sim::Era::code).into();
    names.try_map(|name| name.parse())
}
