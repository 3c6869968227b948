use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::{
    market::{Pace, PacePrior, PaceSource},
    units::{Currency, EnergyPrice, Fiat, Nanomina},
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn inputs(time: &str) -> CostInputs {
    CostInputs {
        at: at(time),
        pace: Pace::unmeasured(PacePrior::default()),
        quotes: Default::default(),
    }
}

fn per_work(model: &CostModel, inputs: &CostInputs) -> Result<Nanomina, CostUnknown> {
    model.estimate(inputs).map(|cost| cost.per_work)
}

const NOON: &str = "2026-06-01T12:00:00Z";

fn flat(price: &str) -> Electricity {
    Electricity::Flat(price.parse().unwrap())
}

fn fixed(rate: &str) -> Throughput {
    Throughput::Fixed(rate.parse().unwrap())
}

fn fiat(text: &str) -> Fiat {
    text.parse().unwrap()
}

#[test]
fn the_cost_of_a_work_by_hand() {
    // 350 W at 0.18 USD/kWh are 0.063 USD/h, with 0.40 USD/h of rent 0.463 USD/h; over 90 works at
    // 0.31 USD per MINA that is 0.463 / 27.9 MINA = 0.016594982078.. MINA, rounded up.
    let parts = CostParts::try_new(
        Some(("350 W".parse().unwrap(), flat("0.18 USD/kWh"))),
        Some("0.40 USD/h".parse().unwrap()),
        MinaPrice::Static(fiat("0.31 USD")),
        fixed("90"),
    );
    let cost = per_work(&CostModel::from(parts.unwrap()), &inputs(NOON)).unwrap();
    assert_eq!(cost.to_string(), "0.016594983 MINA");
    let given = CostModel::PerWork("0.0004 MINA".parse().unwrap());
    assert_eq!(per_work(&given, &inputs(NOON)).unwrap().get(), 400_000);
    assert_eq!(per_work(&CostModel::Unknown, &inputs(NOON)), Err(CostUnknown::NotConfigured));
}

#[test]
fn a_cost_that_divides_evenly_is_not_rounded() {
    let rent = Some("1 EUR/h".parse().unwrap());
    let parts =
        CostParts::try_new(None, rent, MinaPrice::Static(fiat("0.5 EUR")), fixed("2.5")).unwrap();
    assert_eq!(per_work(&CostModel::from(parts), &inputs(NOON)).unwrap().to_string(), "0.8 MINA");
}

#[test]
fn parts_must_agree() {
    let energy = || Some(("350 W".parse().unwrap(), flat("0.18 EUR/kWh")));
    let usd = || MinaPrice::Static(fiat("0.31 USD"));
    let text = |parts: Result<CostParts, InvalidCostParts>| parts.unwrap_err().to_string();
    assert_eq!(
        text(CostParts::try_new(energy(), None, usd(), fixed("1"))),
        "prices in EUR and USD; use one currency"
    );
    assert_eq!(
        text(CostParts::try_new(None, None, usd(), fixed("1"))),
        "needs power with electricity, or machine, or both"
    );
    let nothing = MinaPrice::Static(fiat("0 EUR"));
    assert_eq!(
        text(CostParts::try_new(energy(), None, nothing, fixed("1"))),
        "the price of MINA must be above zero"
    );
}

/// A pace of one prover that was measured.
fn measured(per_prover: f64) -> Pace {
    let unmeasured = Pace::unmeasured(PacePrior::default());
    let (low, high) = (per_prover * 0.8, per_prover * 1.25);
    Pace { per_prover, low, high, source: PaceSource::ProverTime, ..unmeasured }
}

#[test]
fn prices_are_needed_and_age() {
    let feed = PriceSource::single(
        "http://127.0.0.1/price".parse().unwrap(),
        "/mina/usd".to_owned(),
        Currency::try_new("USD").unwrap(),
        Duration::from_secs(3600),
    );
    let rent = Some("1 USD/h".parse().unwrap());
    let pace = Throughput::Measured(PacePrior::default());
    let model = CostModel::from(
        CostParts::try_new(None, rent, MinaPrice::Quoted(feed.clone()), pace).unwrap(),
    );
    assert_eq!(model.feed(), Some(&feed));
    let mut now = CostInputs { pace: measured(4.0), ..inputs(NOON) };
    assert_eq!(per_work(&model, &now), Err(CostUnknown::NoPrice));
    let quote = |time: &str, price: &str| Some(PriceQuote { price: fiat(price), at: at(time) });
    now.quotes.mina = quote("2026-06-01T11:00:00Z", "0.25 USD");
    assert_eq!(per_work(&model, &now).unwrap(), Nanomina::ONE_MINA);
    for time in ["2026-06-01T10:59:59Z", "2026-06-01T13:00:01Z"] {
        now.quotes.mina = quote(time, "0.25 USD");
        let age = Duration::from_secs(3601);
        assert_eq!(
            per_work(&model, &now),
            Err(CostUnknown::PriceTooOld { age, limit: Duration::from_secs(3600) })
        );
    }
    now.quotes.mina = quote(NOON, "0.25 EUR");
    assert!(matches!(per_work(&model, &now), Err(CostUnknown::Currency { .. })));
    now.quotes.mina = quote(NOON, "0 USD");
    assert_eq!(per_work(&model, &now), Err(CostUnknown::PriceOfNothing));
    now.quotes.mina = quote(NOON, "0.000000001 USD");
    now.pace = measured(0.000_002);
    assert_eq!(per_work(&model, &now), Err(CostUnknown::TooLarge));
}

#[test]
fn a_measured_cost_has_a_range_and_is_charged_at_its_lower_end() {
    // 360 W at 0.5 USD/kWh are 0.18 USD an hour, 0.72 MINA; rent is 0.40 USD or 1.6 MINA.
    let model = |rent: Option<&str>| -> CostModel {
        let energy = Some(("360 W".parse().unwrap(), flat("0.5 USD/kWh")));
        let pace = Throughput::Measured(PacePrior::default());
        let rent = rent.map(|rent| rent.parse().unwrap());
        let parts = CostParts::try_new(energy, rent, MinaPrice::Static(fiat("0.25 USD")), pace);
        parts.unwrap().with_idle_power("36 W".parse().unwrap()).into()
    };
    let shown = |model: CostModel, pace: Pace| {
        let cost = model.estimate(&CostInputs { pace, ..inputs(NOON) }).unwrap();
        assert_eq!(cost.charged().per_work, cost.low);
        assert!(cost.low < cost.per_work && cost.per_work < cost.high);
        (cost.per_work.to_string(), cost.idle_hour.to_string(), cost.source.code())
    };
    let energy = shown(model(None), measured(60.0));
    assert_eq!(energy, ("0.012 MINA".into(), "0.072 MINA".into(), "prover_time"));
    let prior = shown(model(None), Pace::unmeasured(PacePrior::default()));
    assert_eq!((prior.1.as_str(), prior.2), ("0.072 MINA", "prior"));
    // Four provers share the rent, and each draws its own power.
    let four = Pace { provers: 4, ..measured(60.0) };
    let rented = shown(model(Some("0.40 USD/h")), four);
    assert_eq!(rented, ("0.018666667 MINA".into(), "1.672 MINA".into(), "prover_time"));
}

#[test]
fn sources_have_unique_codes() {
    let all = [CostSource::Set, CostSource::ProverTime, CostSource::BusyTime, CostSource::Prior];
    assert_eq!(all.map(CostSource::code), CostSource::CODES);
    for source in all {
        assert_eq!(serde_json::to_value(source).unwrap(), source.code());
    }
}

#[test]
fn a_listed_price_of_electricity_counts_within_its_span_and_age() {
    let source = EnergySource {
        url: "http://127.0.0.1/list".parse().unwrap(),
        pointer: None,
        price_key: None,
        unit: "1 USD/kWh".parse().unwrap(),
        surcharge: None,
        max_age: Duration::from_secs(7200),
    };
    let energy = Some(("1 kW".parse().unwrap(), Electricity::Listed(Box::new(source))));
    let price = MinaPrice::Static(fiat("1 USD"));
    let model = CostModel::from(CostParts::try_new(energy, None, price, fixed("1")).unwrap());
    let quote = |price: &str, read: &str| EnergyQuote {
        price: price.parse().unwrap(),
        from: at("2026-06-01T12:00:00Z"),
        to: at("2026-06-01T13:00:00Z"),
        read: at(read),
    };
    let cost = |time: &str, energy: Option<EnergyQuote>| {
        let quotes = Quotes { energy, ..Quotes::default() };
        per_work(&model, &CostInputs { quotes, ..inputs(time) }).map(|cost| cost.to_string())
    };
    let read = quote("0.2 USD/kWh", "2026-06-01T11:00:00Z");
    assert_eq!(cost(NOON, Some(read)).as_deref(), Ok("0.2 MINA"));
    assert_eq!(cost("2026-06-01T12:59:59Z", Some(read)).as_deref(), Ok("0.2 MINA"));
    let unknown = Err(CostUnknown::NoElectricityPrice);
    assert_eq!(cost("2026-06-01T13:00:00Z", Some(read)), unknown);
    assert_eq!(cost("2026-06-01T11:59:59Z", Some(read)), unknown);
    assert_eq!(cost(NOON, None), unknown);
    let old = quote("0.2 USD/kWh", "2026-06-01T09:59:59Z");
    assert_eq!(cost(NOON, Some(old)).unwrap_err().code(), "electricity_price_too_old");
    let paid = quote("-0.2 USD/kWh", "2026-06-01T11:00:00Z");
    assert_eq!(cost(NOON, Some(paid)).as_deref(), Ok("0 MINA"), "paid for using it");
    let other = quote("0.2 EUR/kWh", "2026-06-01T11:00:00Z");
    assert_eq!(cost(NOON, Some(other)).unwrap_err().code(), "mina_price_currency");
}

#[test]
fn codes_are_listed_and_unique() {
    let second = Duration::from_secs(1);
    let all = [
        CostUnknown::NotConfigured,
        CostUnknown::NoPrice,
        CostUnknown::PriceTooOld { age: second, limit: second },
        CostUnknown::Currency { price: "USD".to_owned(), expenses: "EUR".to_owned() },
        CostUnknown::PriceOfNothing,
        CostUnknown::NoElectricityPrice,
        CostUnknown::ElectricityPriceTooOld { age: second, limit: second },
        CostUnknown::NotMeasured,
        CostUnknown::TooLarge,
    ];
    let codes: Vec<_> = all.iter().map(CostUnknown::code).collect();
    assert_eq!(codes, CostUnknown::CODES);
    let unique: std::collections::BTreeSet<_> = codes.iter().collect();
    assert_eq!(unique.len(), codes.len());
}

proptest! {
    /// The rounded cost covers the expense, and one nanomina less does not.
    #[test]
    fn the_cost_is_the_smallest_that_covers_the_expense(
        milliwatts in 0..10_000_000_u64,
        energy in -1_000_000_000..10_000_000_000_i64,
        rent in 0..100_000_000_000_u64,
        price in 1..10_000_000_000_u64,
        micros in 1..10_000_000_000_u64,
    ) {
        let usd = Currency::try_new("USD").unwrap();
        let nanos = |n| Fiat::try_new(n, usd).unwrap();
        let parts = CostParts::try_new(
            Some((format!("{milliwatts} mW").parse().unwrap(), Electricity::Flat(EnergyPrice::try_new(energy, usd).unwrap()))),
            Some(crate::units::HourlyPrice(nanos(rent))),
            MinaPrice::Static(nanos(price)),
            Throughput::Fixed(format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000).parse().unwrap()),
        );
        let earned = |fee: u128| fee * u128::from(micros) * u128::from(price);
        let spent = i128::from(milliwatts) * i128::from(energy) + i128::from(rent) * 1_000_000;
        let spent = u128::try_from(spent).unwrap_or(0) * 1_000_000_000;
        match per_work(&CostModel::from(parts.unwrap()), &inputs(NOON)) {
            Ok(cost) => {
                let cost = u128::from(cost.get());
                prop_assert!(earned(cost) >= spent);
                prop_assert!(cost == 0 || earned(cost - 1) < spent);
            }
            Err(error) => {
                prop_assert_eq!(error, CostUnknown::TooLarge);
                prop_assert!(earned(u128::from(Nanomina::MAX.get())) < spent);
            }
        }
    }
}
