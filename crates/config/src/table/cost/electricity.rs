//! `electricity`: a price, or prices by the time of day, the day of the week and the month.

use std::{convert::Infallible, time::Duration};

use jiff::tz::TimeZone;
use snarkfee_core::{
    cost::{Days, Electricity, EnergySource, Months, Tariff, TariffWindow, TimeOfDay},
    units::{Currency, Endpoint, EnergyPrice, WrittenEnergyPrice},
};

use super::WrittenCost;
use crate::{
    item::Node,
    kind::{Kind, duration_from, endpoint, quantity, quote},
    reading::Reported,
    section::Entry,
    setting::{Group, Setting, table},
    table::policy::MOMENT,
};

/// Billionths of a unit of a currency.
const BILLION: i64 = 1_000_000_000;

/// Either a flat price or windows.
#[derive(Clone, Default)]
pub(super) struct WrittenElectricity {
    flat: Option<WrittenEnergyPrice>,
    windows: Vec<WrittenWindow>,
    list: Option<WrittenList>,
}

/// Where a list by the hour is read from.
#[derive(Clone, Default)]
struct WrittenList {
    url: Option<Endpoint>,
    pointer: Option<String>,
    price: Option<String>,
    unit: Option<WrittenEnergyPrice>,
    surcharge: Option<WrittenEnergyPrice>,
    max_age: Option<Duration>,
}

#[derive(Clone, Default)]
struct WrittenWindow {
    from: Option<TimeOfDay>,
    to: Option<TimeOfDay>,
    days: Option<Days>,
    months: Option<Months>,
    price: Option<WrittenEnergyPrice>,
}

pub(super) fn electricity() -> Setting<WrittenCost> {
    type Row = Setting<WrittenWindow>;
    let windows = Group::within(
        "daemons.NAME.cost.electricity[]",
        vec![
            Row::optional("from", quantity(), |w| &mut w.from).required("\"22:00\"", ""),
            Row::optional("to", quantity(), |w| &mut w.to).required("\"06:00\"", ""),
            Row::optional("days", Kind::text(str::parse::<Days>, quote), |w| &mut w.days),
            Row::optional("months", Kind::text(str::parse::<Months>, quote), |w| &mut w.months),
            Row::optional("price", quantity(), |w| &mut w.price).required("\"0.09 USD/kWh\"", ""),
        ],
    );
    let Kind { read: read_window, show: show_window, within, .. } = table(windows);
    let Kind { read: read_source, show: show_source, within: source_keys, .. } = table(list());
    let read = move |entry: &Entry<'_>| {
        if let Node::Table(_) = entry.item.node {
            let list = read_source(entry)?;
            return Ok(Some(WrittenElectricity { list, ..WrittenElectricity::default() }));
        }
        let mut windows = Vec::new();
        let items = entry.items("a list of tables")?;
        for item in &items {
            if let Ok(Some(window)) = read_window(item) {
                windows.push(window);
            }
        }
        let good = windows.len() == items.len();
        let written = WrittenElectricity { windows, ..WrittenElectricity::default() };
        if good { Ok(Some(written)) } else { Err(Reported) }
    };
    let show = move |electricity: &WrittenElectricity| {
        if let Some(list) = &electricity.list {
            return show_source(list);
        }
        let show = |window: &WrittenWindow| format!("  {},\n", show_window(window));
        format!("[\n{}]", electricity.windows.iter().map(show).collect::<String>())
    };
    let within = within.into_iter().chain(source_keys).collect();
    let tariff = Kind { within, ..Kind::new(read, show) };
    let is_nested = |node: &Node| matches!(node, Node::List(_) | Node::Table(_));
    let kind = quantity().or_nested(tariff, |e| &mut e.flat, is_nested);
    Setting::optional("electricity", kind, |c: &mut WrittenCost| &mut c.electricity)
        .page(
            "`\"0.18 USD/kWh\"`, `\"18 ct/kWh\"` (cents of the currency of the other prices) or \
             `\"180 USD/MWh\"`, also below zero; or a list of `{ from, to, days, months, price }` that \
             covers each minute of each day once. `days = \"mon-fri\"` and `months = \"nov-mar\"` may be \
             left out; which day it is, is told by the moment: from 22:00 to 06:00 on `mon` are the \
             first six and the last two hours of Monday. Or `{ url, pointer, max_age, unit }`: prices by \
             the hour, read from a JSON document that is a list of `{ start, end, price }` (the keys \
             of aWATTar, Tibber, Nord Pool mirrors, spot-hinta.fi and Octopus are known; `price` \
             names another one) or a map from times to prices, at `pointer` or the whole document. \
             `unit` is what the number 1 in it is, `\"1 EUR/kWh\"` if left out, `surcharge` what is \
             paid on top. Older than `max_age`, or without a price for now, the cost is unknown.",
        )
        .example("\"0.18 USD/kWh\"")
        .or_example(
            "or by the hour, from a JSON document; `unit` is what the number 1 in it is, \
             `surcharge` is paid on top:",
            "{ url = \"https://api.awattar.de/v1/marketdata\", pointer = \"/data\", price = \
             \"marketprice\", unit = \"1 EUR/MWh\", surcharge = \"0.15 EUR/kWh\", max_age = \"36h\" }",
        )
        .or_example(
            "or by the time of day, every minute once, `from` included and `to` not:",
            "[{ from = \"22:00\", to = \"06:00\", price = \"0.09 USD/kWh\" }, { from = \"06:00\", to = \
             \"22:00\", price = \"0.18 USD/kWh\" }]",
        )
        .or_example(
            "and by the day of the week and the month, in cents where that is easier:",
            "[{ from = \"00:00\", to = \"24:00\", months = \"apr-oct\", price = \"15 ct/kWh\" }, { from = \
             \"00:00\", to = \"24:00\", days = \"sat,sun\", months = \"nov-mar\", price = \"16 ct/kWh\" }, { \
             from = \"06:00\", to = \"22:00\", days = \"mon-fri\", months = \"nov-mar\", price = \"30 ct/kWh\" \
             }, { from = \"22:00\", to = \"06:00\", days = \"mon-fri\", months = \"nov-mar\", price = \"9 \
             ct/kWh\" }]",
        )
}

fn list() -> Group<WrittenList> {
    type Row = Setting<WrittenList>;
    let parse_pointer = |text: &str| match text {
        pointer if pointer.starts_with('/') => Ok(pointer.to_owned()),
        _ => Err("must begin with a slash, write \"/data\""),
    };
    let any = |text: &str| Ok::<_, Infallible>(text.to_owned());
    Group::within(
        "daemons.NAME.cost.electricity",
        vec![
            Row::optional("url", endpoint(), |l| &mut l.url)
                .required("\"https://example.org/prices.json\"", ""),
            Row::optional("pointer", Kind::text(parse_pointer, quote), |l| &mut l.pointer),
            Row::optional("price", Kind::text(any, quote), |l| &mut l.price),
            Row::optional("unit", quantity(), |l| &mut l.unit),
            Row::optional("surcharge", quantity(), |l| &mut l.surcharge),
            Row::optional("max_age", duration_from(MOMENT), |l| &mut l.max_age)
                .required("\"36h\"", ""),
        ],
    )
}

impl WrittenElectricity {
    /// The currency that it names; cents name none.
    pub(super) fn named_currency(&self) -> Option<Currency> {
        let windows = self.windows.iter().filter_map(|window| window.price);
        let list = self.list.iter().flat_map(|list| [list.unit, list.surcharge]).flatten();
        self.flat.into_iter().chain(windows).chain(list).find_map(WrittenEnergyPrice::currency)
    }

    /// Makes a price of it, or says what is wrong. Cents are those of `currency`.
    pub(super) fn combine(
        self,
        zone: TimeZone,
        currency: Option<Currency>,
    ) -> Result<Electricity, String> {
        let price = |written: WrittenEnergyPrice| {
            let currency = written.currency().or(currency);
            currency.and_then(|currency| written.in_currency(currency)).ok_or_else(|| {
                "cents of which currency? write \"0.09 USD/kWh\", or mina_price with its currency"
                    .to_owned()
            })
        };
        if let Some(flat) = self.flat {
            return price(flat).map(Electricity::Flat);
        }
        if let Some(WrittenList { url, pointer, price: price_key, unit, surcharge, max_age }) =
            self.list
        {
            let unit = match (unit, currency) {
                (Some(unit), _) => price(unit)?,
                (None, Some(currency)) => EnergyPrice::try_new(BILLION, currency)
                    .ok_or_else(|| "a unit out of range".to_owned())?,
                (None, None) => return Err("needs unit = \"1 EUR/kWh\"".to_owned()),
            };
            let surcharge = surcharge.map(price).transpose()?;
            if let Some(other) = surcharge.filter(|other| other.currency() != unit.currency()) {
                let (one, other) = (unit.currency(), other.currency());
                return Err(format!("prices in {one} and {other}; use one currency"));
            }
            let (Some(url), Some(max_age)) = (url, max_age) else {
                return Err("needs url and max_age".to_owned());
            };
            let source = EnergySource { url, pointer, price_key, unit, surcharge, max_age };
            return Ok(Electricity::Listed(Box::new(source)));
        }
        let mut windows = Vec::new();
        for WrittenWindow { from, to, days, months, price: written } in self.windows {
            // What is missing was reported where it was read.
            let Some(((from, to), written)) = from.zip(to).zip(written) else { continue };
            let (days, months) = (days.unwrap_or(Days::ALL), months.unwrap_or(Months::ALL));
            windows.push(TariffWindow { from, to, days, months, price: price(written)? });
        }
        Tariff::try_new(&windows, zone).map(Electricity::Tariff).map_err(|error| error.to_string())
    }
}

impl From<&Electricity> for WrittenElectricity {
    fn from(electricity: &Electricity) -> Self {
        match electricity {
            Electricity::Flat(price) => Self { flat: Some((*price).into()), ..Self::default() },
            Electricity::Tariff(tariff) => {
                let windows = tariff.windows().map(|window| WrittenWindow {
                    from: Some(window.from),
                    to: Some(window.to),
                    days: Some(window.days).filter(|days| *days != Days::ALL),
                    months: Some(window.months).filter(|months| *months != Months::ALL),
                    price: Some(window.price.into()),
                });
                Self { windows: windows.collect(), ..Self::default() }
            }
            Electricity::Listed(source) => {
                let list = WrittenList {
                    url: Some(source.url.clone()),
                    pointer: source.pointer.clone(),
                    price: source.price_key.clone(),
                    unit: Some(source.unit.into()),
                    surcharge: source.surcharge.map(Into::into),
                    max_age: Some(source.max_age),
                };
                Self { list: Some(list), ..Self::default() }
            }
        }
    }
}
