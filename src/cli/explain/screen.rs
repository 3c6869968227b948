//! One screen of an explanation for people.

use snarkfee_core::{
    record::Mode,
    units::{FeeUnit, four_digits, percent},
};

use crate::{
    cli::table::{Align, render_table},
    telemetry::{Explanation, FeeSales, ForecastArithmetic, ForecastFee, MovingCost},
};

/// Describes why a daemon is as it is. Text of a service is shown without control characters.
pub(super) fn describe(daemon: &str, explanation: &Explanation) -> String {
    let mut lines = vec![
        format!("{daemon}: {}", explanation.headline),
        format!(
            "  checked at {}, mode {}",
            explanation.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            explanation.mode.as_str()
        ),
        String::new(),
    ];
    let facts = list_facts(explanation).into_iter().map(|[label, text]| {
        // A row of the table is one line.
        [label, text.replace(char::is_control, " ")]
    });
    let table = render_table([Align::Left; 2], facts);
    lines.extend(table.lines().map(|line| format!("  {line}")));
    if let Some(outlook) = explanation.outlook {
        lines.push(String::new());
        if explanation.changes.is_empty() {
            lines.push(format!("  {}", outlook.no_change()));
        } else {
            let imagined = match explanation.mode {
                Mode::DryRun => "if its decisions were carried out, ",
                Mode::Live => "",
            };
            lines.push(format!("  {imagined}{}", outlook.introduction()));
            lines.extend(explanation.changes.iter().map(|change| format!("    {}", change.text)));
        }
    }
    lines.into_iter().map(|line| line.replace(char::is_control, " ") + "\n").collect()
}

/// The decision and what it rests on, as label and text.
fn list_facts(explanation: &Explanation) -> Vec<[String; 2]> {
    let unit = explanation.unit;
    let mut facts = Vec::new();
    let mut add = |label: &str, text: String| facts.push([label.to_owned(), text]);
    add("daemon", describe_side(explanation.has.worker_enabled, explanation.has.fee_mina, unit));
    if explanation.mode == Mode::DryRun {
        let wanted = &explanation.wanted;
        let since = wanted.since.map(|at| format!(" since {}", at.strftime("%F %T UTC")));
        let would = describe_side(wanted.worker_enabled, wanted.fee_mina, unit);
        let since = since.unwrap_or(", as it is: nothing would have been changed".to_owned());
        add("would be", format!("{would}{since}"));
    }
    let Explanation { action, reason, text, .. } = explanation;
    add("decided", format!("{action} ({reason}): {text}"));
    if let Some(until) = &explanation.waits_until {
        let left = explanation
            .wait_seconds
            .map(|left| format!(", {} left", show_seconds(left)))
            .unwrap_or_default();
        add("waits", format!("until {until}{left}"));
    }
    for forecast in &explanation.forecasts {
        let label = match forecast.of {
            ForecastFee::Best => "best fee",
            ForecastFee::WouldAsk => "would ask",
            ForecastFee::Asked => "asked fee",
        };
        let [arithmetic, band] = describe_forecast(forecast, unit);
        add(label, arithmetic);
        add("", band);
    }
    if let Some(MovingCost { works, forgone_mina, lost_mina_per_hour }) = explanation.moving {
        let worth = unit.show_short_number(forgone_mina);
        let lost = unit.show_short_number(lost_mina_per_hour);
        let unit = unit.name();
        add(
            "moving",
            format!(
                "a lower fee offers {works} of our unsold works again, now worth {worth} {unit}: \
                 {lost} {unit}/h less"
            ),
        );
    }
    if let Some(selection) = &explanation.selection {
        add("selection", selection.describe(unit));
    }
    if let Some(rate) = explanation.works_bought_per_hour {
        let limits =
            explanation.works_bought_per_hour_low.zip(explanation.works_bought_per_hour_high);
        let between = limits.map_or("with unknown accuracy".to_owned(), |(low, high)| {
            format!("{} to {} with probability 80 %", four_digits(low), four_digits(high))
        });
        add("demand", format!("{} works/h bought from everyone; {between}", four_digits(rate)));
    }
    for (place, sales) in explanation.own_sales_by_fee.iter().enumerate() {
        add(if place == 0 { "own sales" } else { "" }, describe_sales(sales, unit));
    }
    if let Some(range) = explanation.cost.and_then(|cost| {
        let shown = unit.show_short_number(cost.per_work_mina);
        Some(format!("{shown} {} a work, {}", unit.name(), cost.describe_range(unit)?))
    }) {
        add("cost", range);
        add("", "decisions count the lower end, since only work can measure it".to_owned());
    }
    if !explanation.cost_known && !explanation.forecasts.is_empty() {
        add("cost", "not known, counted as 0: see [daemons.NAME.cost]".to_owned());
    }
    if let (Some(stop), Some(resume)) =
        (explanation.stop_below_mina_per_hour, explanation.resume_above_mina_per_hour)
    {
        add(
            "limits",
            format!(
                "stops below {} {name}/h, resumes at {} {name}/h, both by the lower end of the band",
                unit.show_short_number(stop),
                unit.show_short_number(resume),
                name = unit.name()
            ),
        );
    }
    facts
}

fn describe_side(enabled: Option<bool>, fee_mina: Option<f64>, unit: FeeUnit) -> String {
    let state = match enabled {
        Some(true) => "on",
        Some(false) => "off",
        None => "no worker key known",
    };
    let fee = fee_mina.map(|fee| format!(", fee {} {}", unit.show_short_number(fee), unit.name()));
    format!("{state}{}", fee.unwrap_or_default())
}

fn describe_sales(sales: &FeeSales, unit: FeeUnit) -> String {
    let FeeSales { fee_from_mina, works, sold: _, predicted, realised, factor } = *sales;
    format!(
        "from {} {}: {} of {works} works sold, {} predicted; P(sold) is multiplied by {}",
        unit.show_short_number(fee_from_mina),
        unit.name(),
        percent(realised),
        percent(predicted),
        four_digits(factor)
    )
}

/// The arithmetic of a forecast, and its band.
fn describe_forecast(forecast: &ForecastArithmetic, unit: FeeUnit) -> [String; 2] {
    let (number, name) = (|mina| unit.show_short_number(mina), unit.name());
    let idle = match forecast.idle_cost_mina_per_hour {
        0.0 => String::new(),
        idle => format!(" - {} idle", number(idle)),
    };
    [
        format!(
            "({} sold x {} - {} {name} cost) x {} works/h{idle} = {} {name}/h",
            percent(forecast.sale_probability),
            number(forecast.fee_mina),
            number(forecast.cost_per_work_mina),
            four_digits(forecast.works_per_hour),
            number(forecast.profit_mina_per_hour)
        ),
        format!(
            "band: {} to {} sold, {} to {} {name}/h",
            percent(forecast.low),
            percent(forecast.high),
            number(forecast.low_profit_mina_per_hour),
            number(forecast.high_profit_mina_per_hour)
        ),
    ]
}

fn show_seconds(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}
