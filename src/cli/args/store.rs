//! `snarkfee store`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ConfigArg;

/// What to do with the store that replicas share.
#[derive(Debug, Args)]
pub struct StoreArgs {
    #[command(flatten)]
    pub config: ConfigArg,
    /// What to do.
    #[command(subcommand)]
    pub command: StoreCommand,
}

/// What to do with the store.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Show its layout, the replicas that run, and who works which daemon.
    Status,
    /// Bring its layout up to date, as a start of the service does.
    Migrate,
    /// Copy the journal of a state directory into a store that holds none yet.
    Copy {
        /// The state directory [default: controller.state_dir].
        #[arg(long, value_name = "FOLDER")]
        from: Option<PathBuf>,
    },
}
