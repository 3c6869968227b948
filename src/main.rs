//! The `snarkfee` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    snarkfee::cli::main()
}
