use proptest::prelude::*;

use super::*;

fn price(text: &str) -> Result<String, String> {
    let written: WrittenEnergyPrice = text.parse().map_err(|e: QuantityError| e.to_string())?;
    let eur = Currency::try_new("EUR").unwrap();
    Ok(written.in_currency(eur).unwrap().to_string())
}

#[test]
fn all_notations_of_a_price_are_the_same_price() {
    for same in [
        "0.09 EUR/kWh",
        "9 ct/kWh",
        "9ct/kWh",
        "9 cents/kWh",
        "90 EUR/MWh",
        "9000 ct/MWh",
        "0.0900 eur/kWh",
    ] {
        assert_eq!(price(same).as_deref(), Ok("0.09 EUR/kWh"), "{same}");
    }
    assert_eq!(price("-12.34 EUR/MWh").as_deref(), Ok("-0.01234 EUR/kWh"));
    assert_eq!(price("-0.5 ct/kWh").as_deref(), Ok("-0.005 EUR/kWh"));
    assert_eq!(price("0 USD/kWh").as_deref(), Ok("0 USD/kWh"));
    assert_eq!(price("-0 USD/kWh").as_deref(), Ok("0 USD/kWh"));
    assert_eq!("9 ct/kWh".parse::<WrittenEnergyPrice>().unwrap().to_string(), "9 ct/kWh");
}

#[test]
fn what_is_no_price_of_energy_says_how_to_write_one() {
    for (text, part) in [
        ("0.18", "needs a unit"),
        ("0.18 USD", "needs a unit"),
        ("9 ct", "needs a unit"),
        ("0.18 USD/kwh", "did you mean \"/kWh\""),
        ("0.18 USD/h", "unknown unit"),
        ("9 dollars/kWh", "three letters"),
        ("0.0000001 EUR/MWh", "finer"),
        ("2000000000 EUR/kWh", "more than"),
        ("nan EUR/kWh", "not a decimal number"),
    ] {
        let told = price(text).unwrap_err();
        assert!(told.contains(part), "{text}: {told}");
        assert!(told.contains("ct/kWh") || told.contains("finer") || told.contains("more"));
    }
    assert!("9 ct/kWh".parse::<EnergyPrice>().unwrap_err().to_string().contains("currency"));
}

proptest! {
    #[test]
    fn a_price_reads_back_as_itself(nanos in -MOST..=MOST) {
        let price = EnergyPrice::try_new(nanos, Currency::try_new("CHF").unwrap()).unwrap();
        prop_assert_eq!(price.to_string().parse(), Ok(price));
    }

    /// A thousandth of a price per megawatt-hour is the price per kilowatt-hour.
    #[test]
    fn megawatt_hours_and_cents_are_exact(micros in -1_000_000_000_i64..1_000_000_000) {
        let sign = if micros < 0 { "-" } else { "" };
        let (whole, rest) = (micros.abs() / 1_000_000, micros.abs() % 1_000_000);
        let read = |unit: &str| {
            format!("{sign}{whole}.{rest:06} {unit}").parse::<WrittenEnergyPrice>().unwrap().nanos
        };
        prop_assert_eq!(read("EUR/MWh"), micros);
        prop_assert_eq!(read("EUR/kWh"), micros * 1_000);
        prop_assert_eq!(read("ct/kWh"), micros * 10);
    }
}
