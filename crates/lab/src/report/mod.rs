//! How policies did, as one HTML file that needs nothing else: no script, no request, light and
//! dark.
//!
//! Invariants: the same results give the same bytes; every text is escaped as it is written, charts
//! hold none from outside.

mod figures;
mod tables;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{
    backtest,
    simulate::{self, Portrait},
};

/// The look of the status page, with what tables of figures need beside it.
const STYLE: [&str; 2] = [snarkfee_charts::STYLE, include_str!("style.css")];

/// The report of a contest in a simulated market. The charts show one of its runs, in the market of
/// `seed`.
pub fn contest(report: &simulate::Report, seed: Option<u64>, portraits: &[Portrait]) -> String {
    let seeds = report.seeds.len();
    let title = format!(
        "{}: {} slots, {} seed{}",
        report.scenario,
        report.slots,
        seeds,
        if seeds == 1 { "" } else { "s" }
    );
    let shown = seed.map_or_else(String::new, |seed| format!("The run with seed {seed}."));
    document(&title, &tables::contest(report), &figures::all(&shown, portraits), &html! {})
}

/// The report of policies on recorded data. The charts show its longest stretch, or its first
/// daemon.
pub fn recorded(report: &backtest::Report, portraits: &[Portrait]) -> String {
    let title = format!("Policies on a recorded market, from {}", report.source);
    let shown = match report.source {
        "blocks" => "The longest stretch of blocks without a gap.",
        _ => "The first daemon of the journal.",
    };
    document(
        &title,
        &tables::recorded(report),
        &figures::all(shown, portraits),
        &tables::skipped(report),
    )
}

fn document(title: &str, tables: &Markup, figures: &Markup, rest: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { @for part in STYLE { (PreEscaped(part)) } }
            }
            body {
                header.top { div.wide { h1 { "snarkfee" } } }
                main.wide {
                    article {
                        h2 { (title) }
                        (tables)
                        (figures)
                        (rest)
                    }
                }
                footer.wide { p { "snarkfee " (env!("CARGO_PKG_VERSION")) " · times are UTC" } }
            }
        }
    };
    page.into_string()
}

#[cfg(test)]
mod tests;
