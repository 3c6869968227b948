//! The command line: arguments, signals, output and exit codes.
//!
//! Results go to standard output, the log and errors to standard error.

mod args;
mod backtest;
mod check;
mod config_file;
mod daemon_sim;
mod demo;
mod estimate;
mod examples;
mod exit;
mod experiment;
mod explain;
mod history;
mod init;
mod journal_location;
mod json;
mod manual;
mod open_journal;
mod order_route;
mod pause;
mod preview;
mod progress;
mod run;
mod signals;
mod simulate;
mod store;
mod table;
mod tune;
mod values;
mod wrap;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

pub use args::Arguments;

use self::{args::CliCommand, exit::Failure};
use crate::telemetry::LogQueue;

/// The command line, each command with its examples.
pub fn command() -> clap::Command {
    Arguments::command().mut_subcommands(|command| {
        let examples = examples::describe_examples(command.get_name());
        command.after_help(examples)
    })
}

fn parse_arguments() -> Result<Arguments, clap::Error> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Runs the program with the arguments and environment of the process.
pub fn main() -> ExitCode {
    let arguments = match parse_arguments() {
        Ok(arguments) => arguments,
        Err(error) => {
            // There is no other place to report that this message cannot be printed.
            drop(error.print());
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(exit::USAGE));
        }
    };
    let log = match arguments.init_log() {
        Ok(log) => log,
        Err(failure) => {
            failure.print(&mut std::io::stderr());
            return failure.code();
        }
    };
    report_panics(log.clone());
    let code = match run_command(arguments, &log) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print(&mut log.clone());
            failure.code()
        }
    };
    log.finish();
    code
}

/// Logs a panic before it ends what it ends.
fn report_panics(log: LogQueue) {
    std::panic::set_hook(Box::new(move |panic| {
        tracing::error!("this is a bug in snarkfee: {panic}");
        log.finish();
    }));
}

fn run_command(arguments: Arguments, log: &LogQueue) -> Result<(), Failure> {
    match arguments.command {
        CliCommand::Init(options) => init::run(&options),
        CliCommand::Run(options) => block_on(run::run(options, log)),
        CliCommand::Check(options) => block_on(check::run(options)),
        CliCommand::Estimate(options) => block_on(estimate::run(options)),
        CliCommand::Explain(options) => block_on(explain::run(options)),
        CliCommand::Demo(options) => block_on(demo::run(options, log)),
        CliCommand::DaemonSim(options) => block_on(daemon_sim::run(options, log)),
        CliCommand::History(options) => history::run(&options),
        CliCommand::Pause(options) => block_on(pause::pause(options)),
        CliCommand::Resume(options) => block_on(pause::resume(options)),
        CliCommand::Store(options) => block_on(store::run(options)),
        CliCommand::Simulate(options) => simulate::run(&options),
        CliCommand::Backtest(options) => backtest::run(&options),
        CliCommand::Tune(options) => tune::run(&options),
        CliCommand::Config(options) => config_file::show(&options),
        CliCommand::Completions { shell } => {
            clap_complete::generate(shell, &mut command(), "snarkfee", &mut std::io::stdout());
            Ok(())
        }
        CliCommand::Man(options) => manual::run(&options),
    }
}

/// Runs on one worker thread: looks mostly wait for daemons, the provers need the cores, and each
/// further thread keeps half a megabyte of freed memory.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}
