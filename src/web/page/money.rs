//! What own work earned and cost, by time.

use jiff::Timestamp;
use maud::{Markup, html};
use snarkfee_core::{account::Money, record::Record, units::FeeUnit};

use super::format::show_time;
use crate::telemetry::{signed_mina, whole};

/// Earnings, cost and profit since the account began, and by days of UTC; empty before.
pub(super) fn money(record: &Record, now: Timestamp) -> Markup {
    html! {
        @if let Some(money) = &record.money {
            section.money aria-labelledby="money" {
                h3 #money { "Money since " (show_time(money.since, now)) ", in " (record.fee_unit().name()) }
                (by_time(money, record.fee_unit()))
            }
        }
    }
}

fn by_time(money: &Money, unit: FeeUnit) -> Markup {
    let spans = [
        ("Today (UTC)", &money.today),
        ("7 days", &money.week),
        ("30 days", &money.month),
        ("In all", &money.all),
    ];
    html! {
        div.scroll role="region" aria-label="Table of money" tabindex="0" {
            table {
                thead { tr {
                    th scope="col" { "Time" }
                    @for name in ["Made", "Sold", "Earned", "Cost", "Profit", "Missed"] {
                        th.number scope="col" { (name) }
                    }
                } }
                tbody { @for (name, tally) in spans { tr {
                    th scope="row" { (name) }
                    td.number { (whole(tally.real.made)) }
                    td.number { (whole(tally.real.sold)) }
                    td.number { (show_sum(tally.real.earned.to_mina(), unit)) }
                    @if tally.knows_cost() {
                        td.number { (show_sum(tally.real.cost.to_mina(), unit)) }
                        td.number { (show_sum(signed_mina(tally.real.profit()), unit)) }
                    } @else {
                        td.number { span.unknown { "not known" } }
                        td.number { span.unknown { "not known" } }
                    }
                    td.number { (show_sum(tally.foregone.to_mina(), unit)) }
                } } }
            }
        }
    }
}

/// An amount to four digits for people, exact for machines.
fn show_sum(mina: f64, unit: FeeUnit) -> Markup {
    html! { data value=(mina) { (unit.show_short_number(mina)) } }
}
