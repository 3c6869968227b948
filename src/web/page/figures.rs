//! The charts with their captions, keys and the numbers behind them.

use jiff::{Timestamp, tz::TimeZone};
use maud::{Markup, PreEscaped, html};
use snarkfee_charts as charts;
use snarkfee_core::{
    decision_log::DecisionLine,
    policy::Appraisal,
    record::Record,
    trend::TrendPoint,
    units::{FeeUnit, Nanomina, percent},
};

use super::context::ShownDaemon;

/// Rows of the table behind a chart.
const MOST_ROWS: usize = 12;

/// One chart.
struct Figure {
    /// Name within the page, so that what is open stays open.
    id: &'static str,
    title: &'static str,
    /// Text for readers who cannot see the chart.
    label: String,
    /// Colour class and meaning of each mark.
    key: &'static [(&'static str, &'static str)],
    svg: Option<String>,
    /// Text in its place while there is nothing to draw.
    empty: &'static str,
    numbers: Numbers,
}

/// What a chart shows, in numbers.
struct Numbers {
    heads: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

/// Every chart of a daemon.
pub(super) fn figures(shown: &ShownDaemon, record: &Record) -> Markup {
    let appraisal = record.decision.appraisal.as_ref();
    let history = &shown.trend.found;
    let all = [
        fee_over_time(shown, record),
        expected_over_time(history, record),
        share_by_fee(appraisal, record),
        profit_by_fee(appraisal, record),
        book_over_time(history),
        earned_over_time(history, record.fee_unit()),
    ];
    html! {
        section.figures aria-label="Charts" {
            @for figure in all { (render_figure(figure)) }
        }
    }
}

const SOON: &str = "This chart needs two checks.";

fn fee_over_time(shown: &ShownDaemon, record: &Record) -> Figure {
    let (history, unit) = (&shown.trend.found, record.fee_unit());
    let changes = shown.decisions.found.lines.iter().filter(|line| !line.newest.is_hold());
    let changes: Vec<_> = changes.map(|line: &DecisionLine| line.newest.at).collect();
    let fee = record.fee_after().map_or("not known".to_owned(), |fee| unit.show(fee));
    Figure {
        id: "fee-over-time",
        title: "Fee and market",
        label: format!(
            "Fee asked and price at which work is bought, over time; the fee is now {fee}"
        ),
        key: &[
            ("ours", "fee asked"),
            ("gain", "fee wanted"),
            ("decision", "change"),
            ("market", "market median, middle half"),
            ("idle", "off"),
        ],
        svg: charts::fee_and_market(history, &changes),
        empty: if history.len() < 2 { SOON } else { "No fee and no price was read in this time." },
        numbers: over_time(&["Time", "Asked", "Wanted", "Market median"], history, |point| {
            let median = point.quantiles.get(2).copied().flatten();
            [point.fee, point.target_fee, median].map(|fee| show_fee(fee, unit)).into()
        }),
    }
}

fn expected_over_time(history: &[TrendPoint], record: &Record) -> Figure {
    let unit = record.fee_unit();
    Figure {
        id: "expected-over-time",
        title: "Expected profit, MINA/h",
        label: format!(
            "Expected profit per hour at the best fee over time; now {}",
            describe_best(record)
        ),
        key: &[("gain", "cautious side"), ("idle", "off")],
        svg: charts::expected_profit(history),
        empty: if history.len() < 2 { SOON } else { "No profit could be forecast in this time." },
        numbers: over_time(&["Time", "Expected per hour"], history, |point| {
            vec![point.expected_profit.map_or_else(dash, |profit| unit.show_rate(profit))]
        }),
    }
}

fn book_over_time(history: &[TrendPoint]) -> Figure {
    Figure {
        id: "book-over-time",
        title: "Order book, works",
        label: "Works still to be bought over time, and how many of them have no proof".to_owned(),
        key: &[("ink", "open"), ("cost", "without a proof")],
        svg: charts::coverage(history),
        empty: if history.len() < 2 { SOON } else { "No order book was read in this time." },
        numbers: over_time(
            &["Time", "Open works", "Without a proof"],
            history,
            |point| match point.open_works {
                Some((open, uncovered)) => vec![open.to_string(), uncovered.to_string()],
                None => vec![dash(), dash()],
            },
        ),
    }
}

fn earned_over_time(history: &[TrendPoint], unit: FeeUnit) -> Figure {
    Figure {
        id: "earned-over-time",
        title: "Earned, MINA",
        label: "Earnings from own sales seen on chain, over time".to_owned(),
        key: &[("gain", "earned"), ("idle", "off")],
        svg: charts::earned(history),
        empty: if history.len() < 2 { SOON } else { "Nothing was sold yet." },
        numbers: over_time(&["Time", "Earned so far"], history, |point| {
            vec![show_fee(point.earned, unit)]
        }),
    }
}

fn share_by_fee(appraisal: Option<&Appraisal>, record: &Record) -> Figure {
    let unit = record.fee_unit();
    Figure {
        id: "share-by-fee",
        title: "Share sold at each fee",
        label: format!(
            "Probability that a work is sold, against the fee in MINA; {}",
            describe_best(record)
        ),
        key: &[
            ("ink", "P(sold)"),
            ("market", "its band"),
            ("ours", "fee asked"),
            ("gain", "best fee"),
            ("cost", "cost of a work"),
        ],
        svg: appraisal.and_then(charts::sale_probability),
        empty: why_no_forecast(record),
        numbers: by_fee(&["Fee", "P(sold)", "From", "To"], appraisal, |point| {
            let shares = [point.sale_probability, point.low, point.high].map(percent);
            [unit.show(point.fee)].into_iter().chain(shares).collect()
        }),
    }
}

fn profit_by_fee(appraisal: Option<&Appraisal>, record: &Record) -> Figure {
    let unit = record.fee_unit();
    Figure {
        id: "profit-by-fee",
        title: "Expected profit at each fee, MINA/h",
        label: format!(
            "Expected profit per hour against the fee in MINA; {}",
            describe_best(record)
        ),
        key: &[
            ("ink", "cautious side"),
            ("market", "up to the mean"),
            ("ours", "fee asked"),
            ("gain", "best fee"),
            ("cost", "cost of a work"),
        ],
        svg: appraisal.and_then(charts::profit_by_fee),
        empty: why_no_forecast(record),
        numbers: by_fee(&["Fee", "Cautiously, per hour", "Mean, per hour"], appraisal, |point| {
            let profits = [point.cautious_profit, point.profit].map(|rate| unit.show_rate(rate));
            [unit.show(point.fee)].into_iter().chain(profits).collect()
        }),
    }
}

fn describe_best(record: &Record) -> String {
    let Some(appraisal) = &record.decision.appraisal else { return "no price yet".to_owned() };
    let (best, unit) = (appraisal.best, record.fee_unit());
    format!(
        "best fee {}, {} expected to sell, {} expected by the lower end of the band",
        unit.show(best.fee),
        percent(best.sale_probability),
        unit.show_rate(best.cautious_profit)
    )
}

fn why_no_forecast(record: &Record) -> &'static str {
    match &record.look.status {
        Err(_) => "The daemon could not be read, so there is no forecast.",
        Ok(_) if record.hold.paused.is_some() => {
            "No forecast while the operator controls the worker."
        }
        Ok(_) if record.hold.breaker_open => "No forecast while the breaker is open.",
        Ok(_) => "No price is known yet, so fees cannot be compared.",
    }
}

fn over_time(
    heads: &'static [&'static str],
    history: &[TrendPoint],
    cells: impl Fn(&TrendPoint) -> Vec<String>,
) -> Numbers {
    let rows = spread(history).map(|point| {
        let mut row = vec![show_moment(point.at)];
        row.extend(cells(point));
        row
    });
    Numbers { heads, rows: rows.collect() }
}

fn by_fee(
    heads: &'static [&'static str],
    appraisal: Option<&Appraisal>,
    cells: impl Fn(&snarkfee_core::policy::Forecast) -> Vec<String>,
) -> Numbers {
    let curve = appraisal.map(|appraisal| appraisal.curve.as_slice()).unwrap_or_default();
    Numbers { heads, rows: spread(curve).map(cells).collect() }
}

/// Some of many, evenly spread, the last among them.
fn spread<T>(all: &[T]) -> impl Iterator<Item = &T> {
    let step = all.len().div_ceil(MOST_ROWS).max(1);
    let first = all.len().saturating_sub(1) % step;
    all.iter().skip(first).step_by(step)
}

fn show_moment(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%-d %b %H:%M").to_string()
}

fn show_fee(fee: Option<Nanomina>, unit: FeeUnit) -> String {
    fee.map_or_else(dash, |fee| unit.show(fee))
}

fn dash() -> String {
    "–".to_owned()
}

fn render_figure(figure: Figure) -> Markup {
    html! {
        figure {
            figcaption {
                h3 { (figure.title) }
                @if figure.svg.is_some() {
                    ul.key { @for (class, meaning) in figure.key {
                        li { span.swatch.(*class) aria-hidden="true" {} (meaning) }
                    } }
                }
            }
            @match figure.svg {
                Some(svg) => {
                    div.chart role="img" aria-label=(figure.label) { (PreEscaped(svg)) }
                    (render_numbers(figure.id, figure.title, &figure.numbers))
                }
                None => p.empty { (figure.empty) },
            }
        }
    }
}

fn render_numbers(id: &str, title: &str, numbers: &Numbers) -> Markup {
    html! {
        details.numbers id=(id) {
            summary { "Numbers" span.hidden { " of " (title) } }
            div.scroll role="region" aria-label=(format!("{title}: numbers")) tabindex="0" {
                table {
                    thead { tr { @for head in numbers.heads { th scope="col" { (head) } } } }
                    tbody { @for row in &numbers.rows { tr {
                        @for (column, cell) in row.iter().enumerate() {
                            @if column == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                        }
                    } } }
                }
            }
        }
    }
}
