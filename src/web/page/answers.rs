//! The answers in tiles: does it earn, what is asked and why, what was saved.

use jiff::Timestamp;
use maud::{Markup, html};
use snarkfee_core::{
    account::{Money, Tally},
    policy::Appraisal,
    record::Record,
    units::{FeeUnit, Nanomina, four_digits, percent},
};

use super::format::{
    show_brief_amount, show_brief_rate, show_rate, show_sum, show_time, value_or_unknown,
};
use crate::telemetry::{CostDocument, signed_mina, whole};

pub(super) fn answers(record: &Record, now: Timestamp) -> Markup {
    html! {
        section.answers aria-labelledby="answers" {
            h3 #answers { "Profit" }
            @match &record.money {
                Some(money) => (profit_tiles(money, record.fee_unit(), now)),
                None => p.empty { "The account begins with the first check that reads the daemon." },
            }
            (fee_tiles(record, now))
        }
    }
}

/// Profit of four spans of time, with what was made and sold.
fn profit_tiles(money: &Money, unit: FeeUnit, now: Timestamp) -> Markup {
    let spans = [
        (html! { "Today" }, &money.today),
        (html! { "7 days" }, &money.week),
        (html! { "30 days" }, &money.month),
        (html! { "Since " (show_time(money.since, now)) }, &money.all),
    ];
    html! {
        dl.tiles.profit {
            @for (name, tally) in spans {
                (tile(&name, profit(tally, unit), Some(&work_done(tally))))
            }
        }
    }
}

fn profit(tally: &Tally, unit: FeeUnit) -> Option<Markup> {
    tally.knows_cost().then(|| show_sum(signed_mina(tally.real.profit()), unit))
}

fn work_done(tally: &Tally) -> Markup {
    let (made, sold) = (whole(tally.real.made), whole(tally.real.sold));
    html! {
        @if made == 0 && sold == 0 { "nothing made or sold" } @else {
            (made) " made, " (sold) " sold"
        }
        @if !tally.knows_cost() { "; cost not known" }
    }
}

/// What is asked, and what it is expected to bring; what was saved and missed.
fn fee_tiles(record: &Record, now: Timestamp) -> Markup {
    let unit = record.fee_unit();
    let appraisal = record.decision.appraisal.as_ref();
    let best = appraisal.map(|all| all.best);
    html! {
        dl.tiles {
            (asked_tile(record, appraisal, unit))
            @if record.imagines() { (imagined_tile(record, now, unit)) }
            (wanted_tile(record, unit))
            (tile(
                &html! { "Sells" },
                best.map(|best| html! { data value=(best.sale_probability) { (percent(best.sale_probability)) } " " span.unit { "of works made" } }),
                best.map(|best| html! { (percent(best.low)) " to " (percent(best.high)) " at the fee wanted" }).as_ref(),
            ))
            (tile(
                &html! { "Expected profit" },
                best.map(|best| show_brief_rate(best.cautious_profit, unit)),
                best.map(|best| html! { "cautiously; mean " (show_rate(best.profit, unit)) }).as_ref(),
            ))
            (cost_tile(record, unit))
            @if let Some(money) = &record.money { (saved_tiles(&money.all, unit)) }
        }
    }
}

fn asked_tile(record: &Record, appraisal: Option<&Appraisal>, unit: FeeUnit) -> Markup {
    let fee = record.fee_after();
    let asked = appraisal.map(Appraisal::asked).filter(|asked| Some(asked.fee) == fee);
    let note = match (record.enabled_after(), asked) {
        (Some(false), _) => Some(html! { "the worker is off" }),
        (_, Some(asked)) => Some(html! { (percent(asked.sale_probability)) " sell at it" }),
        _ => None,
    };
    tile(&html! { "The daemon asks" }, fee.map(|fee| show_brief_amount(fee, unit)), note.as_ref())
}

fn imagined_tile(record: &Record, now: Timestamp, unit: FeeUnit) -> Markup {
    let wanted = record.wanted.as_ref();
    let note = html! {
        @match record.wanted_enabled() {
            Some(true) => "worker on", Some(false) => "worker off", None => "nothing sent",
        }
        @if let Some(since) = wanted.and_then(|wanted| wanted.since) { ", since " (show_time(since, now)) }
    };
    let fee = wanted.map(|wanted| show_brief_amount(wanted.fee, unit));
    tile(&html! { "Would ask" }, fee, Some(&note))
}

fn wanted_tile(record: &Record, unit: FeeUnit) -> Markup {
    let target = record.decision.target;
    let note = target.map(|target| {
        html! { @if target.enabled { "with the worker on" } @else { "but the worker off" } }
    });
    let fee = target.map(|target| show_brief_amount(target.fee, unit));
    tile(&html! { "Best fee now" }, fee, note.as_ref())
}

fn cost_tile(record: &Record, unit: FeeUnit) -> Markup {
    let range = record.cost_estimate.as_ref().map(CostDocument::from);
    let range = range.and_then(|cost| cost.describe_range(unit)).map(|range| html! { (range) });
    tile(
        &html! { "Cost of a work" },
        record.cost.map(|cost| show_brief_amount(cost, unit)),
        range.as_ref(),
    )
}

fn saved_tiles(all: &Tally, unit: FeeUnit) -> Markup {
    let energy = html! {
        @match all.saved_kwh() {
            Some(saved) => { (four_digits(saved)) " kWh saved" },
            None => "energy not known: no power is set",
        }
    };
    html! {
        (tile(&html! { "Against always on" }, Some(show_sum(signed_mina(all.gain_on_always_on()), unit)), Some(&energy)))
        (tile(&html! { "Earned" }, Some(show_sum(all.real.earned.to_mina(), unit)), Some(&html! {
            (whole(all.real.sold)) " works sold"
            @if all.sold_found > 0 { ", " (all.sold_found) " of them made before" }
        })))
        @if all.foregone > Nanomina::ZERO {
            (tile(&html! { "Missed" }, Some(show_sum(all.foregone.to_mina(), unit)), Some(&html! { "while off or asking too much" })))
        }
        @if let Some(dry) = &all.dry_run {
            (tile(&html! { "This dry run would have" }, Some(show_sum(signed_mina(dry.imagined.profit()), unit)), Some(&html! {
                (four_digits(dry.imagined.made)) " made, " (four_digits(dry.imagined.sold))
                " sold; the daemon really " (show_sum(signed_mina(dry.real.profit()), unit))
            })))
        }
    }
}

fn tile(name: &Markup, value: Option<Markup>, note: Option<&Markup>) -> Markup {
    html! {
        div {
            dt { (name) }
            dd.value { (value_or_unknown(value)) }
            @if let Some(note) = note { dd.note { (note) } }
        }
    }
}
