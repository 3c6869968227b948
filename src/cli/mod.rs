//! The command line: arguments, signals, what is printed, and exit codes.
//!
//! Results go to standard output, the log and errors to standard error.

mod args;
mod backtest;
mod check;
mod config_file;
mod daemon_sim;
mod demo;
mod document;
mod estimate;
mod exit;
mod explain;
mod history;
mod look;
mod pause;
mod progress;
mod run;
mod signals;
mod simulate;
mod state;
mod trial;
mod tune;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

pub use args::{Arguments, Command};
pub use exit::Failure;

/// Runs the program with the process's arguments and environment.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!("this is a fault of the program: {panic}")
    }));
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nothing can be done about a terminal that does not take the message.
            drop(error.print());
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(exit::USAGE));
        }
    };
    match perform(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            failure.code()
        }
    }
}

fn perform(arguments: Arguments) -> Result<(), Failure> {
    arguments.init_log()?;
    match arguments.command {
        Command::Run(options) => in_runtime(run::run(options)),
        Command::Check(options) => in_runtime(check::run(options)),
        Command::Estimate(options) => in_runtime(estimate::run(options)),
        Command::Explain(options) => in_runtime(explain::run(options)),
        Command::Demo(options) => in_runtime(demo::run(options)),
        Command::DaemonSim(options) => in_runtime(daemon_sim::run(options)),
        Command::History(options) => history::show(&options),
        Command::Pause(options) => pause::pause(&options),
        Command::Resume(options) => pause::resume(&options),
        Command::Simulate(options) => simulate::run(&options),
        Command::Backtest(options) => backtest::run(&options),
        Command::Tune(options) => tune::run(&options),
        Command::Config(options) => config_file::show(&options),
        Command::Completions { shell } => {
            clap_complete::generate(
                shell,
                &mut Arguments::command(),
                "snarkfee",
                &mut std::io::stdout(),
            );
            Ok(())
        }
        Command::Man => {
            Ok(clap_mangen::Man::new(Arguments::command()).render(&mut std::io::stdout())?)
        }
    }
}

/// One thread does for all loops: looks wait for daemons, and the provers beside the service want
/// the cores. Each thread more keeps half a megabyte of memory that others freed.
fn in_runtime(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}
