//! The markets of the library, and what happens in each.

use std::io::Write;

use serde::Serialize;
use snarkfee_lab::market_sim::library;

use crate::cli::{
    exit::Failure,
    json,
    table::{Align, render_table},
};

/// A market of the library in JSON.
#[derive(Serialize)]
struct ScenarioDocument {
    name: &'static str,
    about: String,
}

/// Prints the markets as a table or as JSON.
pub(super) fn list_scenarios(json: bool) -> Result<(), Failure> {
    let scenario = |name: &'static str| {
        let about = library::scenario(name).map_err(Failure::running)?.about().to_owned();
        Ok::<_, Failure>(ScenarioDocument { name, about })
    };
    let scenarios = library::names().map(scenario).collect::<Result<Vec<_>, Failure>>()?;
    let mut out = std::io::stdout().lock();
    if json {
        return json::write(&mut out, &scenarios);
    }
    let rows = scenarios.into_iter().map(|found| [found.name.to_owned(), found.about]);
    Ok(write!(out, "{}", render_table([Align::Left; 2], rows))?)
}
