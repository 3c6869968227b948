//! The figures as tables.

use maud::{Markup, html};

use crate::{backtest, simulate};

/// Four decimals, or a dash for none.
fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"))
}

fn violations(count: u64) -> Markup {
    html! { @if count == 0 { td { "0" } } @else { td.wrong { (count) } } }
}

fn table(heads: &[&str], rows: &Markup) -> Markup {
    html! {
        div.results {
            table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { (rows) }
            }
        }
    }
}

/// The policies of a contest.
pub(super) fn contest(report: &simulate::Report) -> Markup {
    let heads = [
        "policy",
        "profit, MINA (median)",
        "least",
        "most",
        "/ best fixed fee",
        "/ best fee per regime",
        "/ clairvoyant",
        "energy / always on",
        "switches in 4 h",
        "fee changes in 1 h",
        "prediction error",
        "violations",
    ];
    let rows = html! {
        @for row in &report.policies {
            tr {
                th scope="row" { (row.policy) }
                @for value in [row.profit_mina.median, row.profit_mina.min, row.profit_mina.max] { td { (figure(Some(value))) } }
                @for value in [row.ratio_best_fixed, row.ratio_best_per_regime, row.ratio_clairvoyant] { td { (figure(value)) } }
                @for value in [row.energy_vs_always_on, row.toggles_per_4h, row.fee_changes_per_hour] { td { (figure(Some(value))) } }
                td { (figure(row.prediction_error)) }
                (violations(row.violations))
            }
        }
    };
    table(&heads, &rows)
}

/// The data, and the policies on it.
pub(super) fn recorded(report: &backtest::Report) -> Markup {
    let stretches = html! {
        @for stretch in &report.series {
            tr {
                th scope="row" { (stretch.name) }
                td { (stretch.from) }
                td { (stretch.to) }
                td { @match stretch.heights { Some((low, high)) => (format!("{low}–{high}")), None => "–" } }
                td { (stretch.works) }
                td { (stretch.free_works) }
            }
        }
    };
    let heads = [
        "policy",
        "profit, MINA",
        "works made",
        "works sold",
        "share sold, predicted",
        "share sold, realised",
        "changes",
        "violations",
    ];
    let rows = html! {
        @for score in &report.policies {
            tr {
                th scope="row" { (score.policy) }
                td { (figure(Some(score.profit_mina))) }
                td { (score.works_made) }
                td { (score.works_sold) }
                td { (figure(score.share_sold_predicted)) }
                td { (figure(score.share_sold_realised)) }
                td { (score.changes) }
                (violations(score.violations))
            }
        }
    };
    html! {
        (table(&["data", "from", "to", "heights", "works bought", "for nothing"], &stretches))
        (table(&heads, &rows))
        @if let Some(replay) = &report.replay { (decided_again(replay)) }
    }
}

/// What did not count.
pub(super) fn skipped(report: &backtest::Report) -> Markup {
    html! {
        @if !report.skipped.is_empty() {
            h3 { "Files that did not count" }
            ul.named { @for skipped in &report.skipped { li { code { (skipped.file) } " " (skipped.why) } } }
        }
    }
}

fn decided_again(replay: &backtest::Replay) -> Markup {
    html! {
        h3 { "The recorded decisions made again" }
        p {
            (replay.same) " of " (replay.looks) " looks led to the same decision, to the last bit"
            @if replay.without_origin > 0 { "; before " (replay.without_origin) " more it is not kept what was remembered" }
            "."
        }
        @if !replay.different.is_empty() {
            ul.named { @for difference in &replay.different {
                li {
                    code { (difference.daemon) ", look " (difference.look) ", " (difference.at) }
                    " recorded: " (difference.recorded) "; now: " (difference.replayed)
                }
            } }
        }
    }
}
