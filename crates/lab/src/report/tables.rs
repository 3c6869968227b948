//! Figures as tables.

use maud::{Markup, html};

use snarkfee_core::units::decimals;

use crate::{
    backtest::{BacktestReport, Replay},
    precomputed::SkipKind,
    tournament::{MarketReport, TogetherReport, TournamentReport},
};

/// Four decimals; a dash for `None`.
fn format_figure(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| decimals(value, 4))
}

fn render_violations(count: u64) -> Markup {
    html! { @if count == 0 { td { "0" } } @else { td.wrong { (count) } } }
}

/// A table that scrolls by itself where it is wide, also by keyboard.
fn render_table(title: &str, heads: &[&str], rows: &Markup) -> Markup {
    html! {
        div.results role="region" aria-label=(title) tabindex="0" {
            table {
                caption.hidden { (title) }
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { (rows) }
            }
        }
    }
}

/// What the columns mean.
fn render_meanings(meanings: &[(&str, &str)]) -> Markup {
    html! {
        details.meanings open {
            summary { "What the columns mean" }
            dl { @for (name, meaning) in meanings { div { dt { (name) } dd { (meaning) } } } }
        }
    }
}

/// What the results rest on.
pub(super) fn render_assumptions(assumptions: &[(&str, String)]) -> Markup {
    html! {
        @if !assumptions.is_empty() {
            dl.assumptions aria-label="Assumptions" {
                @for (name, value) in assumptions { div { dt { (name) } dd { (value) } } }
            }
        }
    }
}

const TOURNAMENT_COLUMNS: [(&str, &str); 11] = [
    (
        "profit",
        "what works sold brought less what works made cost, in MINA: median, least and most over the seeds",
    ),
    (
        "/ best fixed fee",
        "relative to the one fee that would have earned most, known only afterwards",
    ),
    ("/ best fee per regime", "the same with the best fee, or off, for each regime of the market"),
    (
        "/ clairvoyant",
        "relative to one who knows every sale beforehand: a bound that nobody reaches",
    ),
    ("energy / always on", "time spent proving, relative to a worker always on at 0.1 MINA"),
    ("switches in 4 h", "times that the worker was switched on or off"),
    ("fee changes in 1 h", "times that its fee was set"),
    ("prediction error", "predicted less realised share of works sold"),
    ("violations", "broken promises of the program, which must be 0"),
    ("profit of all seeds", "their sum, with its standard error"),
    (
        "/ best fixed fee ex ante",
        "relative to the fee that earned most on all other seeds, chosen for each seed",
    ),
];

const BACKTEST_COLUMNS: [(&str, &str); 5] = [
    ("profit", "what works sold would have brought less what works made would have cost, in MINA"),
    ("works made, sold", "what a worker of the assumed pace would have made and sold"),
    (
        "share sold, predicted and realised",
        "what the estimate said of works made, and what came of them",
    ),
    ("changes", "fee changes and switches"),
    ("violations", "broken promises of the program, which must be 0"),
];

/// The policies of a tournament.
pub(super) fn render_tournament(report: &TournamentReport) -> Markup {
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
        "profit of all seeds, MINA",
        "standard error",
        "/ best fixed fee ex ante",
    ];
    let rows = html! {
        @for row in &report.policies {
            tr {
                th scope="row" { (row.policy) }
                @for value in [row.profit_mina.median, row.profit_mina.min, row.profit_mina.max] { td { (format_figure(Some(value))) } }
                @for value in [row.ratio_best_fixed, row.ratio_best_per_regime, row.ratio_clairvoyant] { td { (format_figure(value)) } }
                @for value in [row.energy_vs_always_on, row.toggles_per_4h, row.fee_changes_per_hour] { td { (format_figure(Some(value))) } }
                td { (format_figure(row.prediction_error)) }
                (render_violations(row.violations))
                @let total = row.profit_total_mina;
                @for value in [Some(total.total), total.standard_error, row.ratio_ex_ante] { td { (format_figure(value)) } }
            }
        }
    };
    html! {
        (render_table("Policies", &heads, &rows))
        (render_meanings(&TOURNAMENT_COLUMNS))
    }
}

/// Operators in one market, and the market with and without them.
pub(super) fn render_together(report: &TogetherReport) -> Markup {
    let heads = [
        "operators",
        "cost of a work, MINA",
        "profit, MINA",
        "standard error",
        "profit alone",
        "fee, MINA",
        "fee alone",
        "fee changes in 1 h",
        "fee changes alone",
        "switches in 4 h",
        "prover hours",
        "prover hours alone",
        "violations",
    ];
    let rows = html! {
        @for row in &report.operators {
            tr {
                th scope="row" { (row.operators) " × " (row.policy) }
                @for value in [
                    Some(row.cost_mina),
                    Some(row.profit_mina.mean),
                    row.profit_mina.standard_error,
                    Some(row.profit_alone_mina.mean),
                    row.settled_fee_mina,
                    row.settled_fee_alone_mina,
                    Some(row.fee_changes_per_hour),
                    Some(row.fee_changes_alone_per_hour),
                    Some(row.toggles_per_4h),
                    Some(row.prover_hours),
                    Some(row.prover_hours_alone),
                ] { td { (format_figure(value)) } }
                (render_violations(row.violations))
            }
        }
    };
    let markets = [("with all of them", report.market), ("without them", report.without)];
    let market_rows = html! { @for (name, market) in markets { (render_market(name, &market)) } };
    let market_heads = [
        "market",
        "works bought in 1 h",
        "price of a work, MINA",
        "blocks held up, %",
        "due works proved",
        "in the worst hundredth",
    ];
    html! {
        (render_table("Operators", &heads, &rows))
        (render_table("Market", &market_heads, &market_rows))
    }
}

fn render_market(name: &str, market: &MarketReport) -> Markup {
    html! {
        tr {
            th scope="row" { (name) }
            @for value in [
                market.works_bought_per_hour,
                market.price_mina,
                market.held_up_blocks_percent,
                market.due_proved_mean,
                market.due_proved_p01,
            ] { td { (format_figure(Some(value))) } }
        }
    }
}

/// The data of a backtest, and the policies on it.
pub(super) fn render_backtest(report: &BacktestReport) -> Markup {
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
        @for row in &report.policies {
            tr {
                th scope="row" { (row.policy) }
                td { (format_figure(Some(row.profit_mina))) }
                td { (row.works_made) }
                td { (row.works_sold) }
                td { (format_figure(row.share_sold_predicted)) }
                td { (format_figure(row.share_sold_realised)) }
                td { (row.changes) }
                (render_violations(row.violations))
            }
        }
    };
    html! {
        (render_table("Data", &["data", "from", "to", "heights", "works bought", "for 0"], &stretches))
        (render_table("Policies", &heads, &rows))
        (render_meanings(&BACKTEST_COLUMNS))
        @if let Some(replay) = &report.replay { (render_replay(replay)) }
    }
}

/// Files that were not used.
pub(super) fn render_skipped_files(report: &BacktestReport) -> Markup {
    html! {
        @if !report.skipped.is_empty() {
            h3 { "Files not used" }
            @for kind in SkipKind::ALL {
                @let of_kind = || report.skipped.iter().filter(move |skipped| skipped.kind == kind);
                @if of_kind().next().is_some() {
                    details open[kind == SkipKind::Defect] {
                        summary { (of_kind().count()) " " (kind.phrase()) }
                        ul.named { @for skipped in of_kind() { li { code { (skipped.file) } " " (skipped.why) } } }
                    }
                }
            }
        }
    }
}

fn render_replay(replay: &Replay) -> Markup {
    html! {
        h3 { "Recorded decisions, decided again" }
        p {
            (replay.same) " of " (replay.looks) " looks led to the same decision, to the last bit"
            @if replay.without_origin > 0 {
                "; the journal does not hold the state before " (replay.without_origin) " more"
            }
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
