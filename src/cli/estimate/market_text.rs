//! The market of one look, for people.

use snarkfee_core::{
    fault::Fault,
    market::{LedgerAccount, MarketSummary},
    policy::{Action, Pricing},
    record::{Mode, Record, Role},
    units::{FeeUnit, Nanomina, four_digits, percent},
};

use super::{
    compared_fees::{ComparedFee, compare_fees},
    seller_table::describe_sellers,
};
use crate::{
    cli::table::{Align, render_table},
    service::Preview,
    telemetry::CostDocument,
};

/// One daemon's market, the profit expected at each fee, and the recommendation.
pub(super) fn describe_market(preview: &Preview, pricing: &Pricing) -> String {
    let record = &preview.record;
    let unit = record.fee_unit();
    let mut text = describe_daemon(record, unit);
    text.push_str(&indent(&render_table([Align::Left; 2], market_facts(preview, unit))));
    let sellers = describe_sellers(record, unit);
    if !sellers.is_empty() {
        text.push('\n');
        text.push_str(&indent(&sellers));
    }
    match &preview.appraisal {
        Ok(appraisal) => {
            text.push('\n');
            let fees = compare_fees(preview, appraisal, pricing, unit);
            text.push_str(&indent(&fee_table(&fees, unit)));
            text.push_str(
                "\n  P(sold) is the probability that a work made at the fee is sold, band its 80 % \
                 interval.\n  Decisions use the profit at the lower end of the band.\n",
            );
            if record.market.as_ref().is_some_and(|market| market.own_works_per_hour.is_none()) {
                text.push_str(
                    "  works/h counts all works the daemon would hand out, since one look cannot \
                     measure your pace;\n  set works_per_hour to use it.\n",
                );
            }
        }
        Err(reason) => text.push_str(&format!(
            "\n  fees cannot be compared: {}\n",
            Fault::excerpt(&reason.show(unit, Mode::DryRun).to_string())
        )),
    }
    text.push_str(&format!("\n  recommended: {}\n", recommend(record, unit)));
    text
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

fn describe_daemon(record: &Record, unit: FeeUnit) -> String {
    let fee = record.fee_after().map(|fee| unit.show(fee));
    let state = match (record.enabled_after(), fee, record.role) {
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

/// What is known of the market, as label and text.
fn market_facts(preview: &Preview, unit: FeeUnit) -> Vec<[String; 2]> {
    let record = &preview.record;
    let Some(market) = record.market.as_ref().filter(|_| record.look.status.is_ok()) else {
        return Vec::new();
    };
    let price = |price: Option<Nanomina>| {
        price.map_or("not identified".to_owned(), |price| unit.show(price))
    };
    let quantiles: Vec<String> = MarketSummary::QUANTILES
        .iter()
        .zip(market.quantiles)
        .map(|(level, found)| format!("{}: {}", percent(*level), price(found)))
        .collect();
    let resolves = match market.histogram_resolves {
        Some(true) => "; the fee histogram tells prices apart",
        Some(false) => "; the fee histogram cannot tell prices apart and is not used",
        None => "",
    };
    let cost = record.cost.map_or("not known, counted as 0 below".to_owned(), |cost| {
        let document = record.cost_estimate.as_ref().map(CostDocument::from);
        let range = document.and_then(|cost| cost.describe_range(unit));
        let range = range.map(|range| format!(", {range}; the lower counts below"));
        unit.show(cost) + &range.unwrap_or_default()
    });
    let mut facts = vec![
        ("bought at most", quantiles.join(", ")),
        ("bought for 0", format!("{} of works", percent(market.zero_fee_ratio))),
        ("demand", describe_demand(market)),
        ("open works", describe_open_works(preview, unit)),
        (
            "evidence",
            format!(
                "{} sales and offers, as good as {} independent ones; {}{resolves}",
                market.samples,
                four_digits(market.effective_samples),
                Fault::excerpt(&market.method)
            ),
        ),
        ("cost of a work", cost),
    ];
    if record.look.account == Some(Ok(LedgerAccount::Missing)) {
        facts.push((
            "worker key",
            "has no ledger account: no pool takes a fee below 1 MINA, the account-creation fee"
                .to_owned(),
        ));
    }
    facts.into_iter().map(|(label, text)| [label.to_owned(), text]).collect()
}

fn describe_demand(market: &MarketSummary) -> String {
    let Some(rate) = market.works_bought_per_hour else { return "not known".to_owned() };
    let between = market.works_bought_per_hour_interval.map_or_else(String::new, |[low, high]| {
        format!(", between {} and {} with probability 80 %", four_digits(low), four_digits(high))
    });
    format!("{} works/h{between}", four_digits(rate))
}

fn describe_open_works(preview: &Preview, unit: FeeUnit) -> String {
    let Some(book) = preview.record.book() else { return "not known".to_owned() };
    let lowest = preview.view.lowest_offer().map_or("none".to_owned(), |fee| unit.show(fee));
    let filling = match book.pool_filling {
        true => "; no evidence yet: the daemon's pool is filling since it started",
        false => "",
    };
    format!(
        "{}, of which {} have no proof and {} have ours; lowest competing offer {lowest}{filling}",
        book.open_works, book.uncovered_works, book.own_open_works
    )
}

/// The fees with their forecasts.
fn fee_table(fees: &[ComparedFee], unit: FeeUnit) -> String {
    let header = [
        format!("fee, {}", unit.name()),
        "P(sold)".to_owned(),
        "band".to_owned(),
        "works/h".to_owned(),
        format!("{}/h", unit.name()),
        "lower end".to_owned(),
        String::new(),
    ];
    let rows = fees.iter().map(|ComparedFee { forecast, notes }| {
        [
            unit.show_number(forecast.fee),
            percent(forecast.sale_probability),
            format!("[{}, {}]", percent(forecast.low), percent(forecast.high)),
            four_digits(forecast.works_per_hour),
            unit.show_short_number(forecast.profit.to_mina_per_hour()),
            unit.show_short_number(forecast.cautious_profit.to_mina_per_hour()),
            notes.join(", "),
        ]
    });
    let mut columns = [Align::Right; 7];
    columns[6] = Align::Left;
    render_table(columns, std::iter::once(header).chain(rows))
}

fn recommend(record: &Record, unit: FeeUnit) -> String {
    let decision = &record.decision;
    let what = match &decision.action {
        Action::Hold => "change nothing".to_owned(),
        Action::SetFee { fee } => format!("set the fee to {}", unit.show(*fee)),
        Action::SwitchOn { fee, .. } => format!("switch on at {}", unit.show(*fee)),
        Action::SwitchOff => "switch off".to_owned(),
        Action::Park { fee } => format!("park at {}", unit.show(*fee)),
    };
    format!("{what} ({}): {}", decision.reason.code(), record.reason_text())
}
