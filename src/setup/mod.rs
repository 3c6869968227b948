//! A first configuration for a daemon that runs: where it is, what it is, and the file for it.
//!
//! Invariants: daemons get only queries; only the addresses that were given, and ports of this
//! machine, are asked; a file is written whole or not at all, and replaces none unless told to.
//!
//! Not here: questions, output and exit codes (`cli::init`); what is wrong with a setup (`doctor`).

mod address;
mod cost;
mod find;
mod first_file;
mod local_daemon;
mod write;

pub use address::{parse_address, parse_metrics_address};

pub(crate) use cost::{
    Answered, DEFAULT_ELECTRICITY, DEFAULT_MINA_PRICE, DEFAULT_POWER, Expense, FirstCost,
    parse_electricity, parse_expense, parse_mina_price, parse_power,
};
pub(crate) use find::{FoundDaemon, NoDaemon, find_daemons, usual_addresses};
pub(crate) use first_file::{FirstFile, role_name};
pub(crate) use local_daemon::find_local_daemons;
pub(crate) use write::{WriteError, write_file};
