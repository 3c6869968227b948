//! `snarkfee explain`: why a worker is on or off at its fee, and what would change it.

use std::{io::Write, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use snarkfee_client::fetch;
use snarkfee_core::{
    record::Mode,
    units::{Endpoint, four_digits, percent},
};
use url::Url;

use super::{
    Failure,
    args::Explain,
    document,
    look::{UnknownDaemon, all_seen, chosen, look_at, settings},
};
use crate::{
    service::Glance,
    telemetry::{Arithmetic, Board, Explanation, FeeSales, MovingCost, headline},
};

/// What a service on this machine may take to answer, and how much it may say.
const TIME_LIMIT: Duration = Duration::from_secs(10);
const SIZE_LIMIT: u64 = 16 << 20;

/// A daemon and why it is as it is.
#[derive(Clone, Debug, Serialize)]
struct Explained {
    daemon: String,
    #[serde(flatten)]
    explanation: Explanation,
}

/// Explains from one fresh look, or from what a running service last saw.
pub(super) async fn run(options: Explain) -> Result<(), Failure> {
    let name = options.daemon.as_deref();
    let Some(config) = &options.config else {
        return print(&of_service(&options.url, name).await?, options.json);
    };
    let daemons = chosen(settings(config, "explain")?, name)?;
    let glances = look_at(&daemons).await?;
    print(&glances.iter().filter_map(of_glance).collect::<Vec<_>>(), options.json)?;
    all_seen(&glances)
}

fn of_glance(glance: &Glance) -> Option<Explained> {
    let record = &glance.record;
    let board = Board::new(Mode::DryRun, [record.daemon.clone()]);
    board.publish(&Arc::new(record.clone()));
    let headline = headline(&board.entry(&record.daemon)?, record.at);
    let explanation = Explanation::new(record, headline, glance.appraisal.as_ref().ok());
    Some(Explained { daemon: record.daemon.to_string(), explanation })
}

/// The part of `/api/v1/status` that is read here.
#[derive(Deserialize)]
struct Status {
    daemons: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    name: String,
    explanation: Option<Explanation>,
}

async fn of_service(service: &Endpoint, name: Option<&str>) -> Result<Vec<Explained>, Failure> {
    let context =
        |words: String| move |error: anyhow::Error| Failure::running(error.context(words));
    let silent = format!(
        "no running service answers at {service}; start `snarkfee run`, or look afresh with -c FILE"
    );
    let address = status_address(service.expose());
    let answer = fetch(&address, TIME_LIMIT, SIZE_LIMIT)
        .await
        .map_err(anyhow::Error::new)
        .map_err(context(silent))?;
    let foreign = format!("what answers at {service} is no snarkfee of this version");
    let status: Status =
        serde_json::from_slice(&answer).map_err(anyhow::Error::new).map_err(context(foreign))?;
    let known = status.daemons.iter().map(|row| row.name.as_str());
    if let Some(name) = name.filter(|name| !known.clone().any(|known| known == *name)) {
        return Err(Failure::usage(UnknownDaemon::new(name, known)));
    }
    let mut found = Vec::new();
    for Row { name: daemon, explanation } in status.daemons {
        match explanation {
            _ if name.is_some_and(|name| name != daemon) => {}
            Some(explanation) => found.push(Explained { daemon, explanation }),
            None => {
                return Err(Failure::running(anyhow::anyhow!(
                    "daemon {daemon} was not looked at yet; ask again"
                )));
            }
        }
    }
    Ok(found)
}

/// The status document of the service at `base`, which may be below a path of a proxy.
fn status_address(base: &Url) -> Url {
    let mut address = base.clone();
    address.set_path(&format!("{}/api/v1/status", base.path().trim_end_matches('/')));
    address.set_query(None);
    address.set_fragment(None);
    address
}

fn print(found: &[Explained], json: bool) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if json {
        return document::write_each(&mut out, found);
    }
    for (place, explained) in found.iter().enumerate() {
        let between = if place == 0 { "" } else { "\n" };
        write!(out, "{between}{}", screen(explained))?;
    }
    Ok(())
}

/// One screen for people. Text of a service is shown without control characters.
fn screen(Explained { daemon, explanation }: &Explained) -> String {
    let Explanation { at, mode, action, reason, text, forecasts, changes, .. } = explanation;
    let mut lines = vec![
        format!("{daemon}: {}", explanation.headline),
        format!("  looked at {}, mode {}", at.strftime("%Y-%m-%d %H:%M:%S UTC"), mode.as_str()),
        String::new(),
        format!("  decided    {action} ({reason}): {text}"),
    ];
    if let Some(until) = &explanation.waits_until {
        let left = explanation
            .wait_seconds
            .map(|left| format!(", {} to go", span(left)))
            .unwrap_or_default();
        lines.push(format!("  waits      until {until}{left}"));
    }
    for (place, forecast) in forecasts.iter().enumerate() {
        let label = if place == 0 { "best fee " } else { "asked fee" };
        lines.extend(arithmetic(label, forecast));
    }
    if let Some(MovingCost { works, forgone_mina, lost_mina_per_hour }) = explanation.moving {
        let (forgone, lost) = (four_digits(forgone_mina), four_digits(lost_mina_per_hour));
        lines.push(format!(
            "  moving     offers {works} of our unsold works again, worth {forgone} MINA as they stand: {lost} MINA/h less"
        ));
    }
    lines.extend(evidence(explanation));
    if !explanation.cost_known && !forecasts.is_empty() {
        lines.push(
            "             the cost of a work is not known: counted as 0, see [daemons.NAME.cost]"
                .to_owned(),
        );
    }
    if let (Some(stop), Some(resume)) =
        (explanation.stop_below_mina_per_hour, explanation.resume_above_mina_per_hour)
    {
        lines.push(format!(
            "  limits     stops below {} MINA/h, resumes at {} MINA/h, both by the lower end of the band",
            four_digits(stop),
            four_digits(resume)
        ));
    }
    if let Some(outlook) = explanation.outlook {
        lines.push(String::new());
        if changes.is_empty() {
            lines.push(format!("  {}", outlook.standstill()));
        } else {
            lines.push(format!("  {}", outlook.introduction()));
            lines.extend(changes.iter().map(|change| format!("    {}", change.text)));
        }
    }
    let clean = |line: String| line.replace(char::is_control, " ") + "\n";
    lines.into_iter().map(clean).collect()
}

/// What the forecasts rest on, as far as it is uncertain.
fn evidence(explanation: &Explanation) -> Vec<String> {
    let demand = explanation.works_bought_per_hour.map(|rate| {
        let limits =
            explanation.works_bought_per_hour_low.zip(explanation.works_bought_per_hour_high);
        let between = limits.map_or("how exactly is not known".to_owned(), |(low, high)| {
            format!("{} to {} with probability 80 %", four_digits(low), four_digits(high))
        });
        format!("  demand     {} works/h bought from everyone; {between}", four_digits(rate))
    });
    let sales = explanation.own_sales_by_fee.iter().enumerate().map(|(place, sales)| {
        let FeeSales { fee_from_mina, works, sold: _, predicted, realised, factor } = *sales;
        format!(
            "  {}  from {} MINA: {} of {works} works sold, {} predicted; P(sold) there is taken times {}",
            if place == 0 { "own sales" } else { "         " },
            four_digits(fee_from_mina),
            percent(realised),
            percent(predicted),
            four_digits(factor)
        )
    });
    demand.into_iter().chain(sales).collect()
}

fn arithmetic(label: &str, forecast: &Arithmetic) -> [String; 2] {
    [
        format!(
            "  {label}  ({} sold x {} - {} MINA cost) x {} works/h = {} MINA/h",
            percent(forecast.sale_probability),
            four_digits(forecast.fee_mina),
            four_digits(forecast.cost_per_work_mina),
            four_digits(forecast.works_per_hour),
            four_digits(forecast.profit_mina_per_hour)
        ),
        format!(
            "             band: {} to {} sold, {} to {} MINA/h",
            percent(forecast.low),
            percent(forecast.high),
            four_digits(forecast.low_profit_mina_per_hour),
            four_digits(forecast.high_profit_mina_per_hour)
        ),
    ]
}

fn span(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_asked_for_below_the_path_given() {
        let address = |base: &str| status_address(&base.parse().unwrap()).to_string();
        assert_eq!(address("http://127.0.0.1:9527"), "http://127.0.0.1:9527/api/v1/status");
        assert_eq!(
            address("http://127.0.0.1:9527/fees/?x=1#y"),
            "http://127.0.0.1:9527/fees/api/v1/status"
        );
    }
}
