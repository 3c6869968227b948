//! What configurations become, and what is said about bad ones.

use std::{ffi::OsString, path::PathBuf};

use jiff::tz::TimeZone;
use snarkfee_core::units::PublicKey;

use super::*;

mod bad;
mod files;
mod hints;
mod layers;
mod prices;

/// The least that loads: everything else is a default.
const LEAST: &str = "[daemons.main]\ngraphql_url = \"http://127.0.0.1:3085/graphql\"\n";

fn environment(variables: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    let home = [("HOME", "/home/ann")];
    home.iter().chain(variables).map(|(name, value)| (name.into(), value.into())).collect()
}

fn source(variables: &[(&str, &str)]) -> Source {
    Source::new(Some(PathBuf::from("conf/s.toml")), environment(variables))
        .with_time_zone(TimeZone::UTC)
}

fn load(text: &str) -> Settings {
    source(&[]).load_text(text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn errors(text: &str) -> Vec<String> {
    errors_with(text, &[])
}

fn errors_with(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    match source(variables).load_text(text) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.to_string().lines().map(str::to_owned).collect(),
    }
}

/// A valid public key, another for each number.
fn key(number: u8) -> PublicKey {
    PublicKey::from_coordinate([number; 32], false)
}

/// The problems of `LEAST` with `text` below its table, whose first line is line 3.
fn in_daemon(text: &str) -> Vec<String> {
    errors(&format!("{LEAST}{text}"))
}
