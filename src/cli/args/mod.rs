//! The arguments of the command line.

mod experiment;
mod operation;
mod setup;
mod store;

use clap::{Parser, Subcommand, ValueEnum};

pub(super) use self::{
    experiment::{
        BacktestArgs, DaemonSimArgs, DataArgs, DemoArgs, MarketArgs, PolicyArgs, ResultArgs,
        SimulateArgs, TuneArgs,
    },
    operation::{
        CheckArgs, ConfigArg, ConfigArgs, EstimateArgs, ExplainArgs, HistoryArgs, HistoryFormat,
        PauseArgs, ResumeArgs, RunArgs, SEARCHED,
    },
    setup::{InitArgs, ManArgs},
    store::{StoreArgs, StoreCommand},
};
use super::exit::Failure;
use crate::telemetry::{LogFormat, LogQueue, init_logging};

/// Heading of the options that every command takes.
const GLOBAL: &str = "Global options";

/// Sets the fee of Mina SNARK workers by the market, and turns snark work off while it does not
/// pay.
#[derive(Debug, Parser)]
#[command(name = "snarkfee", version, max_term_width = 100)]
pub struct Arguments {
    /// Format of the log.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = GLOBAL
    )]
    log_format: LogFormatArg,
    /// Level of the log: error, warn, info, debug, trace, or a filter such as "warn,snarkfee=debug".
    #[arg(
        long,
        global = true,
        env = "RUST_LOG",
        hide_env_values = true,
        value_name = "LEVEL",
        help_heading = GLOBAL
    )]
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
    /// Write a checked configuration for a running daemon: finds it, asks what it cannot know, and
    /// says what to do next. Changes nothing on the daemon.
    Init(InitArgs),
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
    /// Look at the store that replicas share, bring it up to date, or copy a journal into it.
    Store(StoreArgs),
    /// Print the commented default file, or the settings in force with secrets hidden.
    Config(ConfigArgs),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print a manual page, of the program or of a command, or write all of them.
    Man(ManArgs),
}

impl Arguments {
    pub(super) fn init_log(&self) -> Result<LogQueue, Failure> {
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
