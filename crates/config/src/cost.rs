//! Reads `[daemons.NAME.cost]`.

use jiff::tz::TimeZone;
use snarkfee_core::{
    cost::{
        CostModel, CostParts, Electricity, InvalidCostParts, MinaPrice, PriceSource, Tariff,
        TariffWindow, Throughput, TimeOfDay,
    },
    units::{Currency, Endpoint, EnergyPrice, Fiat, HourlyPrice, Nanomina, Power},
};

use super::{
    Place,
    policy::MOMENT,
    section::{Located, Section},
};

/// The parts of a cost as written.
struct Written {
    power: Option<Located<Power>>,
    electricity: Option<Located<Electricity>>,
    machine: Option<Located<HourlyPrice>>,
    mina_price: Option<Located<MinaPrice>>,
    works_per_hour: Option<Located<Throughput>>,
}

/// Reads the section; without anything in it the cost is unknown.
pub(super) fn read(section: Section<'_>) -> CostModel {
    let failures = section.reader().failures();
    let given = section.quantity::<Nanomina>("per_work");
    let power = section.quantity::<Power>("power");
    let machine = section.quantity::<HourlyPrice>("machine");
    let zone = read_zone(&section);
    let electricity = read_electricity(&section, zone);
    let works_per_hour = section.parse("works_per_hour", |text| match text {
        "measured" => Ok(Throughput::Measured),
        number => number.parse().map(Throughput::Fixed),
    });
    // The expenses' currency stands for a feed that names none.
    let expenses = machine.as_ref().map(|price| price.value.0.currency());
    let expenses = expenses.or(electricity.as_ref().map(|price| price.value.currency()));
    let mina_price = read_mina_price(&section, expenses);
    let written = Written { power, electricity, machine, mina_price, works_per_hour };
    // Only settings that read well are held against each other.
    let clean = section.reader().failures() == failures;
    let model = match (given, written.first()) {
        (None, None) => None,
        (Some(cost), None) => Some(CostModel::PerWork(cost.value)),
        (Some(_), Some((key, place))) => {
            section.fail(place, key, "either per_work or the parts of a cost, not both");
            None
        }
        (None, Some(_)) if clean => written.combine(&section),
        (None, Some(_)) => None,
    };
    section.finish();
    model.unwrap_or(CostModel::Unknown)
}

impl Written {
    /// The first part that is there, with its key.
    fn first(&self) -> Option<(&'static str, &Place)> {
        let power = self.power.as_ref().map(|part| ("power", &part.place));
        let electricity = self.electricity.as_ref().map(|part| ("electricity", &part.place));
        let machine = self.machine.as_ref().map(|part| ("machine", &part.place));
        let mina_price = self.mina_price.as_ref().map(|part| ("mina_price", &part.place));
        let works_per_hour =
            self.works_per_hour.as_ref().map(|part| ("works_per_hour", &part.place));
        power.or(electricity).or(machine).or(mina_price).or(works_per_hour)
    }

    /// Makes a cost of the parts, or names every part that is missing.
    fn combine(self, section: &Section<'_>) -> Option<CostModel> {
        let (power, electricity) = (self.power.is_some(), self.electricity.is_some());
        let expense = power || electricity || self.machine.is_some();
        let wanted = [
            (power && !electricity, "electricity", "\"0.18 USD/kWh\""),
            (electricity && !power, "power", "\"350 W\""),
            (!expense, "power", "\"350 W\" with electricity, or machine = \"0.40 USD/h\""),
            (self.mina_price.is_none(), "mina_price", "\"0.31 USD\""),
            (self.works_per_hour.is_none(), "works_per_hour", "90 or \"measured\""),
        ];
        for (_, key, how) in wanted.into_iter().filter(|(absent, ..)| *absent) {
            section.missing(key, how);
        }
        let energy =
            self.power.zip(self.electricity).map(|(power, price)| (power.value, price.value));
        let machine = self.machine.map(|price| price.value);
        let (mina_price, works_per_hour) = (self.mina_price?, self.works_per_hour?);
        match CostParts::try_new(energy, machine, mina_price.value, works_per_hour.value) {
            Ok(parts) => Some(CostModel::from(parts)),
            // Named above already.
            Err(InvalidCostParts::NoExpense) => None,
            Err(error) => {
                section.fail(&mina_price.place, "mina_price", error);
                None
            }
        }
    }
}

fn read_zone(section: &Section<'_>) -> TimeZone {
    let get = |name: &str| {
        let known = TimeZone::get(name);
        known.map_err(|_| {
            format!("{name:?} is not in this machine's time zone database, write \"Europe/Berlin\"")
        })
    };
    section
        .parse_text("time_zone", get)
        .map_or_else(|| section.reader().zone.clone(), |zone| zone.value)
}

fn read_electricity(section: &Section<'_>, zone: TimeZone) -> Option<Located<Electricity>> {
    const KEY: &str = "electricity";
    let windows = section.list_of_sections(KEY);
    if !section.holds_list(KEY) {
        let price = section.quantity::<EnergyPrice>(KEY)?;
        return Some(Located { value: Electricity::Flat(price.value), place: price.place });
    }
    let place = windows.first().map_or(section.place(), Section::place).clone();
    let count = windows.len();
    let read: Vec<TariffWindow> = windows.into_iter().filter_map(read_window).collect();
    if read.len() < count {
        return None;
    }
    match Tariff::try_new(&read, zone) {
        Ok(tariff) => Some(Located { value: Electricity::Tariff(tariff), place }),
        Err(error) => {
            section.fail(&place, KEY, error);
            None
        }
    }
}

fn read_window(window: Section<'_>) -> Option<TariffWindow> {
    let failures = window.reader().failures();
    let from = window.quantity::<TimeOfDay>("from");
    let to = window.quantity::<TimeOfDay>("to");
    let price = window.quantity::<EnergyPrice>("price");
    if window.reader().failures() == failures {
        let wanted = [
            (from.is_none(), "from", "\"22:00\""),
            (to.is_none(), "to", "\"06:00\""),
            (price.is_none(), "price", "\"0.09 USD/kWh\""),
        ];
        for (_, key, how) in wanted.into_iter().filter(|(absent, ..)| *absent) {
            window.missing(key, how);
        }
    }
    window.finish();
    Some(TariffWindow { from: from?.value, to: to?.value, price: price?.value })
}

/// A price in quotes, or a table that says where to read it.
fn read_mina_price(
    section: &Section<'_>,
    expenses: Option<Currency>,
) -> Option<Located<MinaPrice>> {
    const KEY: &str = "mina_price";
    if !section.holds_table(KEY) {
        let price = section.quantity::<Fiat>(KEY)?;
        return Some(Located { value: MinaPrice::Static(price.value), place: price.place });
    }
    let feed = section.section(KEY);
    let failures = feed.reader().failures();
    let url = feed.parse_text("url", str::parse::<Endpoint>);
    let pointer = feed.parse_text("pointer", |text| {
        let valid = text.starts_with('/');
        if valid {
            Ok(text.to_owned())
        } else {
            Err("must begin with a slash, write \"/mina/usd\"")
        }
    });
    let max_age = feed.duration("max_age", MOMENT);
    let currency = feed.parse_text("currency", Currency::try_new);
    if feed.reader().failures() == failures {
        let wanted = [
            (url.is_none(), "url", "\"https://example.org/prices.json\""),
            (pointer.is_none(), "pointer", "\"/mina/usd\", the JSON pointer to the price"),
            (max_age.is_none(), "max_age", "\"1h\""),
            (currency.is_none() && expenses.is_none(), "currency", "\"USD\""),
        ];
        for (_, key, how) in wanted.into_iter().filter(|(absent, ..)| *absent) {
            feed.missing(key, how);
        }
    }
    let place: Place = feed.place().clone();
    feed.finish();
    let currency = currency.map(|currency| currency.value).or(expenses)?;
    let quoted =
        PriceSource { url: url?.value, pointer: pointer?.value, currency, max_age: max_age?.value };
    Some(Located { value: MinaPrice::Quoted(quoted), place })
}

/// What to do about a cost that is not known.
pub(super) const UNKNOWN_COST: &str = "what a work costs is not known, and unknown is not zero: set per_work, or power, electricity, mina_price and works_per_hour";
