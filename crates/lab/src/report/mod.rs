//! Results of policies as one self-contained HTML file: no script, no request, light and dark.
//!
//! Invariants: the same results give the same bytes. Every text is escaped as it is written, and
//! charts contain no text from outside.

mod figures;
mod tables;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{
    backtest::BacktestReport,
    policy_run::RunHistory,
    tournament::{TogetherReport, TournamentReport},
};

/// The style of the status page, and that of tables of figures.
const STYLE: [&str; 2] = [snarkfee_charts::STYLE, include_str!("style.css")];

/// Renders the report of a tournament. The histories are those of the runs with `seed`; `assumptions`
/// are what the results rest on, by name.
pub fn render_tournament(
    report: &TournamentReport,
    seed: Option<u64>,
    histories: &[RunHistory],
    assumptions: &[(&str, String)],
) -> String {
    let seeds = report.seeds.len();
    let title = format!(
        "{}: {} slots, {} seed{}",
        report.scenario,
        report.slots,
        seeds,
        if seeds == 1 { "" } else { "s" }
    );
    let shown = seed.map_or_else(String::new, |seed| format!("The run with seed {seed}."));
    render_document(
        &title,
        &html! { (tables::render_assumptions(assumptions)) (tables::render_tournament(report)) },
        &figures::render_histories(&shown, histories),
        &html! {},
    )
}

/// Renders the report of operators in one market.
pub fn render_together(report: &TogetherReport) -> String {
    let TogetherReport { scenario, slots, seeds, .. } = report;
    let title = format!("{scenario}: operators together, {slots} slots, {} seeds", seeds.len());
    render_document(&title, &tables::render_together(report), &html! {}, &html! {})
}

/// Renders the report of a backtest. The histories are those of the longest stretch of blocks, or of
/// the first daemon of a journal.
pub fn render_backtest(
    report: &BacktestReport,
    histories: &[RunHistory],
    assumptions: &[(&str, String)],
) -> String {
    let title = format!("Policies on a recorded market, from {}", report.source);
    let shown = match report.source {
        "blocks" => "The longest stretch of blocks without a gap.",
        _ => "The first daemon of the journal.",
    };
    render_document(
        &title,
        &html! { (tables::render_assumptions(assumptions)) (tables::render_backtest(report)) },
        &figures::render_histories(shown, histories),
        &tables::render_skipped_files(report),
    )
}

fn render_document(title: &str, tables: &Markup, figures: &Markup, rest: &Markup) -> String {
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
