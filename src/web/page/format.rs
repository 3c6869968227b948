//! Times, amounts and numbers as markup: rounded for people, exact for machines.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use maud::{Markup, html};
use snarkfee_core::units::{FeeRate, FeeUnit, Nanomina, four_digits};

/// A time of day, with the date unless it is the date of `now`.
pub(super) fn show_time(at: Timestamp, now: Timestamp) -> Markup {
    let (zoned, today) = (at.to_zoned(TimeZone::UTC), now.to_zoned(TimeZone::UTC));
    let form =
        if zoned.date() == today.date() && at != now { "%H:%M:%S" } else { "%-d %b %Y %H:%M:%S" };
    html! { time datetime=(at) { (zoned.strftime(form)) } }
}

/// The two greatest units of a duration.
pub(super) fn show_duration(length: Duration) -> String {
    let minutes = length.as_secs() / 60;
    if minutes == 0 {
        return format!("{} s", length.as_secs());
    }
    match (minutes / 1440, minutes % 1440 / 60, minutes % 60) {
        (0, 0, m) => format!("{m} min"),
        (0, h, m) => format!("{h} h {m} min"),
        (d, h, _) => format!("{d} d {h} h"),
    }
}

/// How long ago something was.
pub(super) fn show_age(at: Timestamp, now: Timestamp) -> Markup {
    let age = Duration::try_from(now.duration_since(at)).unwrap_or_default();
    html! { time datetime=(at) { (show_duration(age)) } }
}

pub(super) fn show_rate(rate: FeeRate, unit: FeeUnit) -> Markup {
    html! { data value=(rate.to_mina_per_hour()) { (unit.show_rate(rate)) } }
}

pub(super) fn show_amount(amount: Nanomina, unit: FeeUnit) -> Markup {
    html! { data value=(amount.to_mina()) { (unit.show(amount)) } }
}

/// A fee as it stands in a tile: a short number, its unit smaller beside it.
pub(super) fn show_brief_amount(amount: Nanomina, unit: FeeUnit) -> Markup {
    let (number, name) = unit.show_in_brief(amount);
    show_with_unit(amount.to_mina(), &number, &name)
}

/// A sum, which may be negative, to four digits.
pub(super) fn show_sum(mina: f64, unit: FeeUnit) -> Markup {
    show_with_unit(mina, &unit.show_short_number(mina), unit.name())
}

/// A rate to four digits.
pub(super) fn show_brief_rate(rate: FeeRate, unit: FeeUnit) -> Markup {
    let mina = rate.to_mina_per_hour();
    show_with_unit(mina, &unit.show_short_number(mina), &format!("{}/h", unit.name()))
}

fn show_with_unit(exact: f64, number: &str, unit: &str) -> Markup {
    html! { data value=(exact) { (number) } " " span.unit { (unit) } }
}

/// A value, or that it is not known.
pub(super) fn value_or_unknown(value: Option<Markup>) -> Markup {
    value.unwrap_or_else(|| html! { span.unknown { "not known" } })
}

pub(super) fn show_number(value: f64) -> Markup {
    html! { data value=(value) { (four_digits(value)) } }
}
