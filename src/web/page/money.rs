//! What own work earned and cost, as tiles and by time.

use jiff::Timestamp;
use maud::{Markup, html};
use snarkfee_core::{
    account::{Money, Tally},
    record::Record,
    units::{FeeUnit, four_digits, percent},
};

use super::format::show_time;
use crate::telemetry::{signed_mina, whole};

/// Earnings, cost and profit since the account began, and by days of UTC.
pub(super) fn money(record: &Record, now: Timestamp) -> Markup {
    let unit = record.fee_unit();
    html! {
        section.money aria-labelledby="money" {
            @match &record.money {
                Some(money) => {
                    h3 #money { "Money since " (show_time(money.since, now)) }
                    (tiles(money, unit))
                    (by_time(money, unit))
                }
                None => {
                    h3 #money { "Money" }
                    p.empty { "The account begins with the first look that reads the daemon." }
                }
            }
        }
    }
}

fn tiles(money: &Money, unit: FeeUnit) -> Markup {
    let Money { all, today, .. } = money;
    let profit = |tally: &Tally| {
        tally.knows_cost().then(|| show_signed(signed_mina(tally.real.profit()), unit))
    };
    let cost = show_signed(all.real.cost.to_mina(), unit);
    let (made, sold) = (whole(all.real.made), whole(all.real.sold));
    html! {
        dl.tiles {
            (tile("Profit", profit(all), &html! {
                "today " @match profit(today) { Some(profit) => (profit), None => "not known" }
            }))
            (tile("Earned", Some(show_signed(all.real.earned.to_mina(), unit)), &html! {
                (sold) " works sold"
                @if all.sold_found > 0 { ", " (all.sold_found) " of them made before" }
            }))
            (tile("Cost", all.knows_cost().then_some(cost), &html! {
                (made) " works made"
                @if made > 0 {
                    @let since = sold.saturating_sub(all.sold_found) as f64 / made as f64;
                    ", " (percent(since.min(1.0))) " of them sold so far"
                }
            }))
            (tile("Missed", Some(show_signed(all.foregone.to_mina(), unit)), &html! {
                "while off or asking too much"
            }))
            (tile("Against always on", Some(show_signed(signed_mina(all.gain_on_always_on()), unit)), &html! {
                @match all.saved_kwh() {
                    Some(saved) => { (four_digits(saved)) " kWh saved" },
                    None => "energy not known: no power is set",
                }
            }))
            @if let Some(dry) = &all.dry_run {
                (tile("This dry run would have", Some(show_signed(signed_mina(dry.imagined.profit()), unit)), &html! {
                    (four_digits(dry.imagined.made)) " made, " (four_digits(dry.imagined.sold))
                    " sold; the daemon really "
                    (show_signed(signed_mina(dry.real.profit()), unit))
                }))
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
        div.scroll role="region" aria-labelledby="money" tabindex="0" {
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
                    td.number { (show_signed(tally.real.earned.to_mina(), unit)) }
                    @if tally.knows_cost() {
                        td.number { (show_signed(tally.real.cost.to_mina(), unit)) }
                        td.number { (show_signed(signed_mina(tally.real.profit()), unit)) }
                    } @else {
                        td.number { span.unknown { "not known" } }
                        td.number { span.unknown { "not known" } }
                    }
                    td.number { (show_signed(tally.foregone.to_mina(), unit)) }
                } } }
            }
        }
    }
}

fn tile(name: &str, value: Option<Markup>, note: &Markup) -> Markup {
    html! {
        div {
            dt { (name) }
            dd.value { @match value { Some(value) => (value), None => span.unknown { "not known" } } }
            dd.note { (note) }
        }
    }
}

/// An amount to four digits for people, exact for machines.
fn show_signed(mina: f64, unit: FeeUnit) -> Markup {
    html! { data value=(mina) { (unit.show_short_number(mina)) " " (unit.name()) } }
}
