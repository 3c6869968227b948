//! `electricity`: a price, or prices by the time of day, the day of the week and the month.

use jiff::tz::TimeZone;
use snarkfee_core::{
    cost::{Days, Electricity, Months, Tariff, TariffWindow, TimeOfDay},
    units::{Currency, WrittenEnergyPrice},
};

use super::WrittenCost;
use crate::{
    item::Node,
    kind::{Kind, quantity, quote},
    reading::Reported,
    section::Entry,
    setting::{Group, Setting, table},
};

/// Either a flat price or windows.
#[derive(Clone, Default)]
pub(super) struct WrittenElectricity {
    flat: Option<WrittenEnergyPrice>,
    windows: Vec<WrittenWindow>,
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
    let read = move |entry: &Entry<'_>| {
        let mut windows = Vec::new();
        let items = entry.items("a list of tables")?;
        for item in &items {
            if let Ok(Some(window)) = read_window(item) {
                windows.push(window);
            }
        }
        let good = windows.len() == items.len();
        if good { Ok(Some(WrittenElectricity { flat: None, windows })) } else { Err(Reported) }
    };
    let show = move |electricity: &WrittenElectricity| {
        let show = |window: &WrittenWindow| format!("  {},\n", show_window(window));
        format!("[\n{}]", electricity.windows.iter().map(show).collect::<String>())
    };
    let tariff = Kind { within, ..Kind::new(read, show) };
    let kind = quantity().or_nested(tariff, |e| &mut e.flat, |node| matches!(node, Node::List(_)));
    Setting::optional("electricity", kind, |c: &mut WrittenCost| &mut c.electricity)
        .page(
            "`\"0.18 USD/kWh\"`, `\"18 ct/kWh\"` (cents of the currency of the other prices) or \
             `\"180 USD/MWh\"`, also below zero; or a list of `{ from, to, days, months, price }` that \
             covers each minute of each day once. `days = \"mon-fri\"` and `months = \"nov-mar\"` may be \
             left out; which day it is, is told by the moment: from 22:00 to 06:00 on `mon` are the \
             first six and the last two hours of Monday.",
        )
        .example("\"0.18 USD/kWh\"")
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

impl WrittenElectricity {
    /// The currency that it names; cents name none.
    pub(super) fn named_currency(&self) -> Option<Currency> {
        let windows = self.windows.iter().filter_map(|window| window.price);
        self.flat.into_iter().chain(windows).find_map(WrittenEnergyPrice::currency)
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
            Electricity::Flat(price) => Self { flat: Some((*price).into()), windows: Vec::new() },
            Electricity::Tariff(tariff) => {
                let windows = tariff.windows().map(|window| WrittenWindow {
                    from: Some(window.from),
                    to: Some(window.to),
                    days: Some(window.days).filter(|days| *days != Days::ALL),
                    months: Some(window.months).filter(|months| *months != Months::ALL),
                    price: Some(window.price.into()),
                });
                Self { flat: None, windows: windows.collect() }
            }
        }
    }
}
