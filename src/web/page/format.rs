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
    match (minutes / 1440, minutes % 1440 / 60, minutes % 60) {
        (0, 0, m) => format!("{m} min"),
        (0, h, m) => format!("{h} h {m} min"),
        (d, h, _) => format!("{d} d {h} h"),
    }
}

pub(super) fn show_rate(rate: FeeRate, unit: FeeUnit) -> Markup {
    html! { data value=(rate.to_mina_per_hour()) { (unit.show_rate(rate)) } }
}

pub(super) fn show_amount(amount: Nanomina, unit: FeeUnit) -> Markup {
    html! { data value=(amount.to_mina()) { (unit.show(amount)) } }
}

pub(super) fn show_number(value: f64) -> Markup {
    html! { data value=(value) { (four_digits(value)) } }
}
