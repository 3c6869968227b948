//! `[daemons.NAME.cost]`.

mod electricity;
mod price;

use jiff::tz::TimeZone;
use snarkfee_core::{
    cost::{CostModel, CostParts, Electricity, InvalidCostParts, Throughput},
    market::PacePrior,
    units::{HourlyPrice, Nanomina, Power, WorkRate},
};

use self::{
    electricity::{WrittenElectricity, electricity},
    price::{WrittenPrice, mina_price},
};
use crate::{
    kind::{Kind, quantity, quote},
    section::Section,
    setting::{Group, Setting},
};

/// A cost as written.
#[derive(Clone, Default)]
pub(crate) struct WrittenCost {
    per_work: Option<Nanomina>,
    power: Option<Power>,
    idle_power: Option<Power>,
    electricity: Option<WrittenElectricity>,
    time_zone: Option<TimeZone>,
    machine: Option<HourlyPrice>,
    mina_price: Option<WrittenPrice>,
    works_per_hour: Option<Throughput>,
    believed: Option<PacePrior>,
}

pub(super) fn cost() -> Group<WrittenCost> {
    type Row = Setting<WrittenCost>;
    let parse_rate = |text: &str| match text {
        "measured" => Ok(Throughput::Measured(PacePrior::default())),
        number => number.parse().map(Throughput::Fixed),
    };
    let show_rate = |throughput: &Throughput| match throughput {
        Throughput::Fixed(rate) => rate.to_string(),
        Throughput::Measured(_) => quote(&"measured"),
    };
    let settings = vec![
        Row::optional("per_work", quantity(), |c| &mut c.per_work)
            .comment("Either directly, per work:")
            .page("Cost of a work, directly; or from the parts below.")
            .example("\"0.0004 MINA\""),
        Row::optional("power", quantity(), |c| &mut c.power)
            .comment(
                "or from its parts. What the machine draws while it proves, \"W\", \"kW\" or \
                 \"mW\", with the price of electricity:",
            )
            .page("What the machine draws more while it proves: `\"350 W\"`, `\"0.35 kW\"`.")
            .example("\"350 W\""),
        Row::optional("idle_power", quantity(), |c| &mut c.idle_power)
            .comment(
                "What it draws while the worker is on and has nothing to prove. Unset: nothing.",
            )
            .page("What the machine draws while the worker is on and has nothing to prove.")
            .example("\"60 W\""),
        electricity(),
        Row::optional("time_zone", time_zone(), |c| &mut c.time_zone)
            .comment("Time zone of those hours. Unset: the machine's.")
            .example("\"Europe/Berlin\""),
        Row::optional("machine", quantity(), |c| &mut c.machine)
            .comment(
                "Rented hardware, and only if it is given back when work stops; else it is spent \
                 either way.",
            )
            .example("\"0.40 USD/h\""),
        mina_price(),
        Row::optional("works_per_hour", Kind::parsed(parse_rate, show_rate), |c| {
            &mut c.works_per_hour
        })
        .comment(
            "Works the machine makes in an hour, above 0 with up to 6 decimals, or \"measured\".",
        )
        .more(
            "Measured by the daemon's sums of prover time (from 3.0, with metrics), else by the \
             works made while there was something to prove. Power is then that of one prover.",
        )
        .example("90")
        .or_example("or measured:", "\"measured\""),
        Row::optional("believed_works_per_hour", believed(), |c| &mut c.believed)
            .comment(
                "Works that one prover makes in an hour, from .. to, as believed until enough are \
                 measured. Unset: 15 to 240.",
            )
            .page(
                "Works that one prover makes in an hour, as believed with probability 80 % until \
                 enough are measured; only with `works_per_hour = \"measured\"`. Decisions count \
                 the cost at the higher end: work alone can correct it. Unset: `\"15..240\"`.",
            )
            .example("\"60..180\""),
    ];
    Group {
        name: "daemons.NAME.cost",
        comment: "What one work costs to make. Nothing set: unknown, which is an error in live \
                  mode, since unknown is not zero.",
        intro: "Nothing set: unknown. Live mode then does not start; a dry-run computes with zero.",
        settings,
        tables: &[],
    }
}

fn believed() -> Kind<PacePrior> {
    let parse = |text: &str| {
        let (low, high) = text.split_once("..").ok_or("must be two rates, write \"60..180\"")?;
        let rate = |text: &str| text.parse::<WorkRate>().map_err(|error| error.to_string());
        PacePrior::try_new(rate(low)?, rate(high)?).map_err(|error| error.to_string())
    };
    Kind::text(parse, |prior: &PacePrior| quote(&format!("{}..{}", prior.low(), prior.high())))
}

fn time_zone() -> Kind<TimeZone> {
    let parse = |name: &str| {
        TimeZone::get(name).map_err(|_| {
            format!("{name:?} is not in this machine's time zone database, write \"Europe/Berlin\"")
        })
    };
    Kind::text(parse, |zone: &TimeZone| quote(&zone.iana_name().unwrap_or_default()))
}

/// Reads the table; without anything in it the cost is unknown.
pub(super) fn read_cost(group: &Group<WrittenCost>, section: &Section<'_>) -> CostModel {
    let mut written = WrittenCost::default();
    let found = group.read(section, &mut written);
    match (written.per_work, found.first_beside(&["per_work", "time_zone"])) {
        (None, None) => CostModel::Unknown,
        (Some(cost), None) => CostModel::PerWork(cost),
        (Some(_), Some((key, place))) => {
            section.fail(place, key, "either per_work or the parts of a cost, not both");
            CostModel::Unknown
        }
        // Only settings that are each good are combined.
        (None, Some(_)) if found.clean => {
            let combined = written.combine(group, section, &|key, error| {
                let setting = key.split('.').next().unwrap_or_default();
                section.fail(found.place(setting).unwrap_or(&section.place), key, error);
            });
            combined.map_or(CostModel::Unknown, CostModel::from)
        }
        (None, Some(_)) => CostModel::Unknown,
    }
}

impl WrittenCost {
    /// Makes a cost of the parts, or reports every part that is missing.
    fn combine(
        self,
        group: &Group<Self>,
        section: &Section<'_>,
        fail: &dyn Fn(&str, String),
    ) -> Option<CostParts> {
        let zone = self.time_zone.unwrap_or_else(|| section.reading.zone.clone());
        // A currency that is named anywhere stands for cents, and for a feed that names none.
        let rent = self.machine.map(|price| price.0.currency());
        let named = rent
            .or(self.electricity.as_ref().and_then(WrittenElectricity::named_currency))
            .or(self.mina_price.as_ref().and_then(WrittenPrice::named_currency));
        let electricity = match self.electricity {
            None => None,
            Some(written) => Some(
                written.combine(zone, named).map_err(|error| fail("electricity", error)).ok()?,
            ),
        };
        let expenses = rent;
        let expenses = expenses.or(electricity.as_ref().map(Electricity::currency));
        let priced = self.mina_price.is_some();
        let mina_price = self.mina_price.and_then(|price| price.combine(expenses, fail));
        let machine_example = group.example("machine");
        let no_expense = format!(" with electricity, or machine = {machine_example}");
        let expense = self.power.is_some() || electricity.is_some() || self.machine.is_some();
        let wanted = [
            (self.power.is_some() && electricity.is_none(), "electricity", ""),
            (electricity.is_some() && self.power.is_none(), "power", ""),
            (self.idle_power.is_some() && self.power.is_none(), "power", ""),
            (!expense, "power", no_expense.as_str()),
            (!priced, "mina_price", ""),
            (self.works_per_hour.is_none(), "works_per_hour", " or \"measured\""),
        ];
        for (_, key, hint) in wanted.into_iter().filter(|(absent, ..)| *absent) {
            group.miss(section, key, hint);
        }
        let energy = self.power.zip(electricity);
        let idle_power = self.idle_power.unwrap_or(Power::ZERO);
        let works_per_hour = match (self.works_per_hour?, self.believed) {
            (Throughput::Measured(_), Some(prior)) => Throughput::Measured(prior),
            (Throughput::Fixed(_), Some(_)) => {
                let error = "only with works_per_hour = \"measured\"";
                fail("believed_works_per_hour", error.to_owned());
                return None;
            }
            (throughput, None) => throughput,
        };
        match CostParts::try_new(energy, self.machine, mina_price?, works_per_hour) {
            Ok(parts) => Some(parts.with_idle_power(idle_power)),
            // Reported above.
            Err(InvalidCostParts::NoExpense) => None,
            Err(error) => {
                fail("mina_price", error.to_string());
                None
            }
        }
    }
}

impl From<&CostModel> for WrittenCost {
    fn from(cost: &CostModel) -> Self {
        let parts = match cost {
            CostModel::PerWork(cost) => {
                return Self { per_work: Some(*cost), ..Self::default() };
            }
            CostModel::Parts(parts) => parts,
            // No file gives a recorded one.
            CostModel::Unknown | CostModel::Recorded { .. } => return Self::default(),
        };
        let electricity = parts.energy().map(|(_, electricity)| electricity.into());
        let time_zone = match parts.energy() {
            Some((_, Electricity::Tariff(tariff))) => Some(tariff.zone().clone()),
            _ => None,
        };
        Self {
            per_work: None,
            power: parts.energy().map(|(power, _)| *power),
            idle_power: Some(parts.idle_power()).filter(|power| *power != Power::ZERO),
            electricity,
            time_zone: time_zone.filter(|zone| zone.iana_name().is_some()),
            machine: parts.machine(),
            mina_price: Some(parts.mina_price().into()),
            works_per_hour: Some(parts.works_per_hour()),
            believed: match parts.works_per_hour() {
                Throughput::Measured(prior) => Some(prior).filter(|p| *p != PacePrior::default()),
                Throughput::Fixed(_) => None,
            },
        }
    }
}
