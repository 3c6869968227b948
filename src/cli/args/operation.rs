//! The arguments of the commands that work with configured daemons.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use snarkfee_config::find_file;
use snarkfee_core::units::Endpoint;

use crate::cli::{exit::Failure, values::parse_duration};

/// Where a configuration file is looked for, in words.
pub(in crate::cli) const SEARCHED: &str =
    "./snarkfee.toml, $XDG_CONFIG_HOME/snarkfee/snarkfee.toml and /etc/snarkfee/snarkfee.toml";

/// The configuration file of a command.
#[derive(Clone, Debug, Args)]
pub struct ConfigArg {
    /// The configuration file [default: the first of ./snarkfee.toml,
    /// $XDG_CONFIG_HOME/snarkfee/snarkfee.toml and /etc/snarkfee/snarkfee.toml].
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// No configuration file was named, and none is where one is looked for.
#[derive(Debug, thiserror::Error)]
#[error(
    "no configuration file: none is named with -c, and there is none at {SEARCHED}; `snarkfee \
     init` writes one"
)]
struct NoConfigFile;

impl ConfigArg {
    /// The file that is named, else the first that exists where one is looked for.
    pub(in crate::cli) fn find(&self) -> Result<PathBuf, Failure> {
        self.find_any().ok_or_else(|| Failure::usage(NoConfigFile))
    }

    /// The same for commands that do without a file. A file that was not named is told of.
    pub(in crate::cli) fn find_any(&self) -> Option<PathBuf> {
        self.config.clone().or_else(|| {
            let found = find_file(std::env::vars_os())?;
            tracing::info!(file = %found.display(), "reading the configuration");
            Some(found)
        })
    }
}

/// Options of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub config: ConfigArg,
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
    #[command(flatten)]
    pub config: ConfigArg,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Options of `estimate`.
#[derive(Debug, Args)]
pub struct EstimateArgs {
    #[command(flatten)]
    pub config: ConfigArg,
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

/// Options of `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    #[command(flatten)]
    pub config: ConfigArg,
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
pub(in crate::cli) enum HistoryFormat {
    Text,
    Json,
    Csv,
}

impl HistoryArgs {
    pub(in crate::cli) fn format(&self) -> HistoryFormat {
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
    #[command(flatten)]
    pub config: ConfigArg,
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
    #[command(flatten)]
    pub config: ConfigArg,
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
    #[command(flatten)]
    pub config: ConfigArg,
    /// Print the settings in force: file, environment and defaults merged, secrets hidden.
    #[arg(long)]
    pub effective: bool,
}
