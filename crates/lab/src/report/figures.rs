//! Runs as charts.

use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};
use snarkfee_charts as charts;
use snarkfee_core::units::decimals;

use crate::policy_run::RunHistory;

/// Charts of each policy: its fee and decisions in the market, and its profit over time. All profits
/// have the same scale.
pub(super) fn render_histories(shown: &str, histories: &[RunHistory]) -> Markup {
    let profits: Vec<_> = histories.iter().map(RunHistory::profit).collect();
    let range = || profits.iter().flatten().map(|(_, profit)| *profit);
    html! {
        @if !histories.is_empty() {
            h3 { "Over time" }
            p { (shown) }
            (render_overlay(histories, &profits))
            section.figures aria-label="Charts" {
                @for (history, profit) in histories.iter().zip(&profits) {
                    (render_fee_and_market(history))
                    (render_figure(
                        &format!("{}: profit, MINA", history.policy),
                        &[("gain", "earned less spent")],
                        charts::profit(profit, range()),
                    ))
                }
            }
        }
    }
}

/// The profits of all policies in one picture.
fn render_overlay(histories: &[RunHistory], profits: &[Vec<(Timestamp, f64)>]) -> Markup {
    let drawn = histories.iter().zip(profits).filter(|(_, profit)| profit.len() > 1);
    let key: Vec<_> = charts::SERIES
        .iter()
        .cycle()
        .zip(drawn)
        .map(|(class, (history, profit))| {
            let last = profit.last().map_or(0.0, |(_, profit)| *profit);
            (*class, format!("{} {}", history.policy, decimals(last, 4)))
        })
        .collect();
    let key: Vec<_> = key.iter().map(|(class, words)| (*class, words.as_str())).collect();
    let series: Vec<_> = profits.iter().map(Vec::as_slice).collect();
    html! {
        section.figures.overlay aria-label="All policies" {
            (render_figure("Profit of all policies, MINA, and where it ended", &key, charts::profits(&series)))
        }
    }
}

/// Fee and market over time; empty for a script, which does not look at the market.
fn render_fee_and_market(history: &RunHistory) -> Markup {
    let points = history.points();
    let decisions: Vec<_> = history.decisions().iter().map(|(at, _)| *at).collect();
    let key = [
        ("ours", "fee asked"),
        ("gain", "fee wanted"),
        ("decision", "decision"),
        ("market", "market median, middle half"),
        ("idle", "off"),
    ];
    html! {
        @if !points.is_empty() {
            (render_figure(&format!("{}: fee and market, MINA", history.policy), &key, charts::fee_and_market(&points, &decisions)))
        }
    }
}

fn render_figure(title: &str, key: &[(&str, &str)], svg: Option<String>) -> Markup {
    html! {
        figure {
            figcaption {
                h3 { (title) }
                ul.key { @for (class, meaning) in key { li { span.swatch.(*class) aria-hidden="true" {} (meaning) } } }
            }
            @match svg {
                Some(svg) => div.chart role="img" aria-label=(title) { (PreEscaped(svg)) },
                None => p.empty { "Too short to draw." },
            }
        }
    }
}
