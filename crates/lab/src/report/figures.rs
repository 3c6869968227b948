//! The runs as charts.

use maud::{Markup, PreEscaped, html};
use snarkfee_charts as charts;

use crate::simulate::Portrait;

/// For each policy its fee in the market, with its decisions, and its profit over time, all profits
/// on one scale.
pub(super) fn all(shown: &str, portraits: &[Portrait]) -> Markup {
    let profits: Vec<_> = portraits.iter().map(Portrait::profit).collect();
    let range = || profits.iter().flatten().map(|(_, profit)| *profit);
    html! {
        @if !portraits.is_empty() {
            h3 { "Over time" }
            p { (shown) }
            section.figures aria-label="Charts" {
                @for (portrait, profit) in portraits.iter().zip(&profits) {
                    (fee_and_market(portrait))
                    (figure(
                        &format!("{}: profit, MINA", portrait.policy),
                        &[("gain", "earned less spent")],
                        charts::profit(profit, range()),
                    ))
                }
            }
        }
    }
}

/// Only of a policy that looks at the market there is one to be drawn.
fn fee_and_market(portrait: &Portrait) -> Markup {
    let points = portrait.points();
    let decisions: Vec<_> = portrait.decisions().iter().map(|(at, _)| *at).collect();
    let key = [
        ("ours", "fee asked"),
        ("gain", "fee wanted"),
        ("decision", "decision"),
        ("market", "market median, middle half"),
        ("idle", "off"),
    ];
    html! {
        @if !points.is_empty() {
            (figure(&format!("{}: fee and market, MINA", portrait.policy), &key, charts::fee_and_market(&points, &decisions)))
        }
    }
}

fn figure(title: &str, key: &[(&str, &str)], svg: Option<String>) -> Markup {
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
