//! The arguments of the commands that set up the service.

use std::path::PathBuf;

use clap::Args;
use snarkfee_core::{
    policy::RoleSetting,
    units::{Endpoint, Fiat, Nanomina, Power, WrittenEnergyPrice},
};

use crate::{
    cli::values::role_parser,
    setup::{parse_address, parse_electricity, parse_metrics_address, parse_power},
};

/// Options of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The daemon's GraphQL address, such as 127.0.0.1:3085 [default: found on this machine].
    #[arg(value_name = "URL", value_parser = parse_address)]
    pub url: Option<Endpoint>,
    /// The file to write.
    #[arg(short, long, value_name = "FILE", default_value = "snarkfee.toml")]
    pub output: PathBuf,
    /// Ask nothing: take the default of whatever no option gives.
    #[arg(short, long)]
    pub yes: bool,
    /// Replace the file if it exists.
    #[arg(long)]
    pub force: bool,
    /// Address of the daemon's metrics [default: found].
    #[arg(long, value_name = "URL", value_parser = parse_metrics_address)]
    pub metrics: Option<Endpoint>,
    /// Public key that the worker proves for [default: the one that the daemon shows].
    // A text: the parser's error would repeat it, and it may be a private key.
    #[arg(long, value_name = "KEY")]
    pub worker_key: Option<String>,
    /// What the daemon is: auto, worker or coordinator [default: found, else auto].
    #[arg(long, value_name = "ROLE", value_parser = role_parser())]
    pub role: Option<RoleSetting>,
    /// What the machine draws more while it proves, such as 150W.
    #[arg(long, value_name = "W", value_parser = parse_power, help_heading = "Cost of a work")]
    pub power: Option<Power>,
    /// Price of a kWh with its currency, such as 0.20USD or 30ct.
    #[arg(
        long,
        value_name = "PRICE",
        value_parser = parse_electricity,
        help_heading = "Cost of a work"
    )]
    pub electricity: Option<WrittenEnergyPrice>,
    /// Price of a MINA with its currency, such as 0.10USD.
    #[arg(long, value_name = "PRICE", help_heading = "Cost of a work")]
    pub mina_price: Option<Fiat>,
    /// The cost of a work itself, such as 0.0004MINA, in place of its parts.
    #[arg(
        long,
        value_name = "FEE",
        conflicts_with_all = ["power", "electricity", "mina_price"],
        help_heading = "Cost of a work"
    )]
    pub per_work: Option<Nanomina>,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Options of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The command [default: the program].
    pub command: Option<String>,
    /// Write the page of the program and of each command into this folder.
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    pub folder: Option<PathBuf>,
}
