//! The charts with their captions and keys.

use maud::{Markup, PreEscaped, html};
use snarkfee_charts as charts;
use snarkfee_core::{record::Record, units::percent};

use crate::web::state::WebState;

/// Most points of a chart; more than two per pixel would not be visible.
const MAX_POINTS: usize = 360;

/// One chart.
struct Figure {
    title: &'static str,
    /// Text for readers who cannot see the chart.
    label: String,
    /// Colour class and meaning of each mark.
    key: &'static [(&'static str, &'static str)],
    svg: Option<String>,
    /// Text in its place while there is nothing to draw.
    empty: &'static str,
}

/// Every chart of a daemon.
pub(super) fn figures(state: &WebState, record: &Record) -> Markup {
    let unit = record.fee_unit();
    let history = state.board.trend(&record.daemon, MAX_POINTS);
    let appraisal = record.decision.appraisal.as_ref();
    let best = appraisal.map(|appraisal| appraisal.best);
    let fee = record.fee_after().map_or("not known".to_owned(), |fee| unit.show(fee));
    let best_words = best.map_or("no price yet".to_owned(), |best| {
        format!(
            "best fee {}, {} expected to sell, {} expected by the lower end of the band",
            unit.show(best.fee),
            percent(best.sale_probability),
            unit.show_rate(best.cautious_profit)
        )
    });
    let soon = "This chart needs two checks.";
    let no_price = match &record.look.status {
        Err(_) => "The daemon could not be read, so there is no forecast.",
        Ok(_) if record.hold.paused.is_some() => {
            "No forecast while the operator controls the worker."
        }
        Ok(_) if record.hold.breaker_open => "No forecast while the breaker is open.",
        Ok(_) => "No price is known yet, so fees cannot be compared.",
    };
    let all = [
        Figure {
            title: "Fee and market",
            label: format!(
                "Fee asked and price at which work is bought, over time; the fee is now {fee}"
            ),
            key: &[
                ("ours", "fee asked"),
                ("gain", "fee wanted"),
                ("market", "market median, middle half"),
                ("idle", "off"),
            ],
            svg: charts::fee_and_market(&history, &[]),
            empty: soon,
        },
        Figure {
            title: "Expected profit, MINA/h",
            label: format!("Expected profit per hour at the best fee over time; now {best_words}"),
            key: &[("gain", "cautious side"), ("idle", "off")],
            svg: charts::expected_profit(&history),
            empty: soon,
        },
        Figure {
            title: "Share sold at each fee",
            label: format!(
                "Probability that a work is sold, against the fee in MINA; {best_words}"
            ),
            key: &[
                ("ink", "P(sold)"),
                ("market", "its band"),
                ("ours", "fee asked"),
                ("gain", "fee wanted"),
                ("cost", "cost of a work"),
            ],
            svg: appraisal.and_then(charts::sale_probability),
            empty: no_price,
        },
        Figure {
            title: "Expected profit at each fee, MINA/h",
            label: format!("Expected profit per hour against the fee in MINA; {best_words}"),
            key: &[
                ("ink", "cautious side"),
                ("market", "up to the mean"),
                ("ours", "fee asked"),
                ("gain", "fee wanted"),
                ("cost", "cost of a work"),
            ],
            svg: appraisal.and_then(charts::profit_by_fee),
            empty: no_price,
        },
        Figure {
            title: "Order book, works",
            label: "Works still to be bought over time, and how many of them have no proof"
                .to_owned(),
            key: &[("ink", "open"), ("cost", "without a proof")],
            svg: charts::coverage(&history),
            empty: soon,
        },
        Figure {
            title: "Earned, MINA",
            label: "Earnings from own sales seen on chain, over time".to_owned(),
            key: &[("gain", "earned"), ("idle", "off")],
            svg: charts::earned(&history),
            empty: soon,
        },
    ];
    html! {
        section.figures aria-label="Charts" {
            @for figure in all { (render_figure(figure)) }
        }
    }
}

fn render_figure(figure: Figure) -> Markup {
    html! {
        figure {
            figcaption {
                h3 { (figure.title) }
                ul.key { @for (class, meaning) in figure.key {
                    li { span.swatch.(*class) aria-hidden="true" {} (meaning) }
                } }
            }
            @match figure.svg {
                Some(svg) => div.chart role="img" aria-label=(figure.label) { (PreEscaped(svg)) },
                None => p.empty { (figure.empty) },
            }
        }
    }
}
