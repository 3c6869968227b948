//! The market as a table for people.

use snarkfee_core::{
    fault::Fault,
    market::MarketSummary,
    policy::{Action, Pricing},
    record::{Record, Role},
    units::{Nanomina, four_digits, percent},
};

use super::fees::{Row, rows};
use crate::service::Glance;

/// Label column.
const LABEL: usize = 16;

/// One daemon's market, what fees would bring, and what is recommended.
pub(super) fn table(glance: &Glance, pricing: &Pricing) -> String {
    let record = &glance.record;
    let mut text = head(record);
    let mut line = |label: &str, words: &str| text.push_str(&format!("  {label:LABEL$}{words}\n"));
    if let Some(market) = record.market.as_ref().filter(|_| record.look.status.is_ok()) {
        for (label, words) in market_lines(market, glance) {
            line(label, &words);
        }
        line(
            "cost of a work",
            &record
                .cost
                .map_or("not known: counted as 0 below".to_owned(), |cost| cost.to_string()),
        );
    }
    match &glance.appraisal {
        Ok(appraisal) => {
            if record.look.account == Some(Ok(false)) {
                line(
                    "worker key",
                    "has no ledger account: no pool takes a fee below 1 MINA, the account-creation fee",
                );
            }
            text.push('\n');
            text.push_str(&forecasts(&rows(&glance.view, appraisal, pricing)));
            text.push_str(
                "  P(sold): of a work made at the fee; [ ]: its 80 % band; at its lower end the profit that decides\n",
            );
            if record.market.as_ref().is_some_and(|market| market.own_works_per_hour.is_none()) {
                text.push_str(
                    "  works/h: all that would be handed out, since your own pace is not known after one look; set works_per_hour\n",
                );
            }
        }
        Err(reason) => text.push_str(&format!(
            "\n  no fee can be compared: {}\n",
            Fault::excerpt(&reason.to_string())
        )),
    }
    text.push_str(&format!("\n  recommended: {}\n", recommendation(record)));
    text
}

fn head(record: &Record) -> String {
    let state = match (record.enabled_after(), record.fee_after(), record.role) {
        (Some(true), Some(fee), _) => format!("on, asking {fee}"),
        (Some(false), Some(fee), _) => format!("off, fee {fee}"),
        (None, Some(fee), Role::Coordinator) => format!("coordinator, asking {fee}"),
        (None, Some(fee), _) => format!("no worker key shown (off, or a coordinator), fee {fee}"),
        (_, None, _) => "state not known".to_owned(),
    };
    let era =
        record.era.as_deref().map(|era| format!(" ({})", Fault::excerpt(era))).unwrap_or_default();
    format!(
        "{}{era}: {state}\n  one look at {}, as a dry run: nothing was changed\n\n",
        record.daemon,
        record.at.strftime("%Y-%m-%d %H:%M:%S UTC")
    )
}

fn market_lines(market: &MarketSummary, glance: &Glance) -> Vec<(&'static str, String)> {
    let price = |price: Option<Nanomina>| {
        price.map_or("not identified".to_owned(), |price| price.to_string())
    };
    let quantiles: Vec<String> = MarketSummary::QUANTILES
        .iter()
        .zip(market.quantiles)
        .map(|(level, found)| format!("{}: {}", percent(*level), price(found)))
        .collect();
    let between = market.works_bought_per_hour_interval.map_or_else(String::new, |[low, high]| {
        format!(", between {} and {} with probability 80 %", four_digits(low), four_digits(high))
    });
    let demand = market
        .works_bought_per_hour
        .map_or("not known".to_owned(), |rate| format!("{} works/h{between}", four_digits(rate)));
    let resolves = match market.histogram_resolves {
        Some(true) => "; the fee histogram tells prices apart",
        Some(false) => "; the fee histogram cannot tell prices apart and is not used",
        None => "",
    };
    let lowest = glance.view.lowest_offer().map_or("none".to_owned(), |fee| fee.to_string());
    vec![
        ("bought at most", quantiles.join(", ")),
        ("bought for 0", format!("{} of works", percent(market.zero_fee_ratio))),
        ("demand", demand),
        (
            "open works",
            glance.record.book().map_or("not known".to_owned(), |book| {
                let (open, uncovered, ours) = (book.open_works, book.uncovered_works, book.own_open_works);
                format!(
                    "{open}, of them {uncovered} without a proof, {ours} with ours; lowest competing offer {lowest}"
                )
            }),
        ),
        (
            "seen",
            format!(
                "{} sales and offers, worth {} independent ones; {}{resolves}",
                market.samples,
                four_digits(market.effective_samples),
                Fault::excerpt(&market.method)
            ),
        ),
    ]
}

/// The fees in columns, amounts in MINA.
fn forecasts(rows: &[Row]) -> String {
    let mut text = format!(
        "  {:>13}  {:>8}  {:>17}  {:>8}  {:>11}  {:>11}\n",
        "fee, MINA", "P(sold)", "band", "works/h", "MINA/h", "lower end"
    );
    for Row { forecast, notes } in rows {
        let fee = forecast.fee.to_string();
        let band = format!("[{}, {}]", percent(forecast.low), percent(forecast.high));
        let line = format!(
            "  {:>13}  {:>8}  {band:>17}  {:>8}  {:>11}  {:>11}  {}",
            fee.trim_end_matches(" MINA"),
            percent(forecast.sale_probability),
            four_digits(forecast.works_per_hour),
            four_digits(forecast.profit.to_mina_per_hour()),
            four_digits(forecast.cautious_profit.to_mina_per_hour()),
            notes.join(", "),
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn recommendation(record: &Record) -> String {
    let decision = &record.decision;
    let what = match &decision.action {
        Action::Hold => "leave it as it is".to_owned(),
        Action::SetFee { fee } => format!("set the fee to {fee}"),
        Action::SwitchOn { fee, .. } => format!("switch on at {fee}"),
        Action::SwitchOff => "switch off".to_owned(),
        Action::Park { fee } => format!("park at {fee}"),
    };
    let code = decision.reason.code();
    format!("{what} ({code}): {}", Fault::excerpt(&decision.reason.to_string()))
}
