//! Prices of MINA and of electricity as they can be written.

use snarkfee_core::cost::{CostModel, Electricity, MinaPrice, PriceSource};

use super::*;

const RENTED: &str = "machine = \"1 USD/h\"\nworks_per_hour = 90\n";

fn with_cost(cost: &str) -> String {
    format!("{LEAST}[daemons.main.cost]\n{RENTED}{cost}\n")
}

fn feed(price: &str) -> PriceSource {
    let settings = load(&with_cost(&format!("mina_price = {price}")));
    let CostModel::Parts(parts) = &settings.daemons[0].cost else { panic!("a cost of parts") };
    let MinaPrice::Quoted(source) = parts.mina_price() else { panic!("a price from a feed") };
    source.clone()
}

#[test]
fn a_price_of_one_document_has_the_usual_bounds() {
    let source =
        feed("{ url = \"https://h/p\", pointer = \"/usd\", max_age = \"1h\", currency = \"USD\" }");
    assert_eq!((source.urls.len(), source.min_sources), (1, 1));
    assert_eq!((source.time_pointer, source.max_jump), (None, PriceSource::MAX_JUMP));
    let bounds = source.bounds.unwrap().to_string();
    assert_eq!(bounds, "0.001 USD to 100 USD");
}

#[test]
fn a_price_of_several_documents_is_read_as_written() {
    let source = feed(
        "{ urls = [\"https://a/p\", \"https://b/p\", \"https://c/p\"], pointer = \"/usd\", max_age = \
         \"1h\", at = \"/t\", bounds = [\"0.01 USD\", \"10 USD\"], max_jump = 2.0 }",
    );
    assert_eq!((source.urls.len(), source.min_sources), (3, 2), "more than half");
    assert_eq!((source.time_pointer.as_deref(), source.max_jump), (Some("/t"), 2.0));
    assert_eq!(source.bounds.unwrap().to_string(), "0.01 USD to 10 USD");
    assert_eq!(source.currency.to_string(), "USD", "that of the expenses");
}

#[test]
fn every_bad_feed_names_its_place_and_how_to_write_it() {
    let rest = "pointer = \"/usd\", max_age = \"1h\"";
    for (written, key, message) in [
        ("", "url", "missing, write \"https://example.org/prices.json\""),
        ("url = \"http://a/\", urls = [\"http://b/\"], ", "urls", "either url or urls, not both"),
        ("urls = [\"b\"], ", "urls", "not an address"),
        ("urls = [\"http://b/\"], min_sources = 2, ", "min_sources", "there are only 1 documents"),
        ("url = \"http://b/\", min_sources = 0, ", "min_sources", "from 1 to 8"),
        ("url = \"http://b/\", bounds = [\"1 USD\"], ", "bounds", "must be two prices"),
        ("url = \"http://b/\", bounds = [\"1 USD\", \"1 USD\"], ", "bounds", "below the second"),
        ("url = \"http://b/\", bounds = [\"1 EUR\", \"2 EUR\"], ", "bounds", "must be in USD"),
        ("url = \"http://b/\", max_jump = 1.0, ", "max_jump", "from 1.1 to 1000"),
        ("url = \"http://b/\", at = \"t\", ", "at", "must begin with a slash"),
    ] {
        let found = errors(&with_cost(&format!("mina_price = {{ {written}{rest} }}")));
        let place = format!("daemons.main.cost.mina_price.{key}");
        assert!(found.len() == 1 && found[0].contains(&place), "{written}: {found:?}");
        assert!(found[0].contains(message), "{written}: {found:?}");
    }
}

#[test]
fn bounds_of_the_fee_may_be_in_the_currency_of_the_price() {
    let with = |policy: &str, cost: &str| {
        format!("[policy]\n{policy}\n{LEAST}[daemons.main.cost]\n{cost}")
    };
    let parts = format!("{RENTED}mina_price = \"0.31 USD\"\n");
    let settings = load(&with("floor = \"0.001 USD\"\nceiling = \"0.05 USD\"", &parts));
    let pricing = &settings.daemons[0].params.pricing;
    assert_eq!(pricing.floor.to_string(), "0.001 USD");
    assert!(pricing.has_fiat_bounds());
    assert_eq!(load(&settings.effective()).daemons, settings.daemons);
    let per_work = "per_work = \"0.0004 MINA\"";
    for (policy, cost, message) in [
        (
            "floor = \"1 EUR\"",
            parts.as_str(),
            "floor: 1 EUR: mina_price is in USD; use one currency",
        ),
        ("ceiling = \"1 USD\"", per_work, "ceiling: 1 USD needs a cost with mina_price, or"),
        (
            "floor = \"2 USD\"\nceiling = \"1 USD\"",
            parts.as_str(),
            "floor: 2 USD is above ceiling, 1 USD",
        ),
        ("floor = \"1 US\"", parts.as_str(), "floor: \"1 US\": "),
    ] {
        let found = errors(&with(policy, cost));
        assert!(!found.is_empty() && found.iter().all(|it| it.contains(message)), "{found:?}");
    }
}

const PRICED: &str = "mina_price = \"0.31 EUR\"\nworks_per_hour = 90\npower = \"350 W\"\n";

fn with_electricity(electricity: &str) -> String {
    format!("{LEAST}[daemons.main.cost]\n{PRICED}electricity = {electricity}\n")
}

#[test]
fn electricity_is_priced_in_cents_megawatt_hours_and_below_zero() {
    let flat = |price: &str| {
        let settings = load(&with_electricity(&format!("\"{price}\"")));
        let CostModel::Parts(parts) = &settings.daemons[0].cost else { panic!("parts") };
        let Some((_, Electricity::Flat(price))) = parts.energy() else { panic!("a flat price") };
        price.to_string()
    };
    for (written, read) in [
        ("9 ct/kWh", "0.09 EUR/kWh"),
        ("-12.5 EUR/MWh", "-0.0125 EUR/kWh"),
        ("0.18 EUR/kWh", "0.18 EUR/kWh"),
    ] {
        assert_eq!(flat(written), read);
    }
}

#[test]
fn windows_of_days_and_months_read_back_as_written() {
    let text = with_electricity(
        "[{ from = \"00:00\", to = \"24:00\", months = \"apr-oct\", price = \"-1 ct/kWh\" }, \
         { from = \"00:00\", to = \"24:00\", days = \"sat,sun\", months = \"nov-mar\", price = \"16 ct/kWh\" }, \
         { from = \"06:00\", to = \"22:00\", days = \"mon-fri\", months = \"nov-mar\", price = \"30 ct/kWh\" }, \
         { from = \"22:00\", to = \"06:00\", days = \"mon-fri\", months = \"nov-mar\", price = \"9 ct/kWh\" }]",
    );
    let settings = load(&text);
    let effective = settings.effective();
    assert_eq!(load(&effective).daemons, settings.daemons, "{effective}");
    assert!(effective.contains("days = \"sat-sun\", months = \"nov-mar\""), "{effective}");
}

#[test]
fn a_list_by_the_hour_reads_back_and_has_a_unit() {
    let list = |rest: &str| {
        let text =
            with_electricity(&format!("{{ url = \"https://h/p\", max_age = \"36h\"{rest} }}"));
        let settings = load(&text);
        assert_eq!(load(&settings.effective()).daemons, settings.daemons, "{rest}");
        let source = settings.daemons[0].cost.energy_source().cloned();
        source.unwrap_or_else(|| panic!("a list: {rest}"))
    };
    let plain = list("");
    assert_eq!((plain.unit.to_string().as_str(), &plain.pointer), ("1 EUR/kWh", &None));
    let full = list(
        ", pointer = \"/data\", price = \"marketprice\", unit = \"1 EUR/MWh\", surcharge = \"15 ct/kWh\"",
    );
    assert_eq!(full.unit.to_string(), "0.001 EUR/kWh");
    assert_eq!(full.surcharge.map(|price| price.to_string()).as_deref(), Some("0.15 EUR/kWh"));
    for (rest, message) in [
        ("", "max_age: missing"),
        (
            ", max_age = \"1h\", surcharge = \"1 USD/kWh\", unit = \"1 EUR/kWh\"",
            "prices in EUR and USD",
        ),
        (", max_age = \"1h\", unit = \"1 USD/kWh\"", "prices in USD and EUR"),
        (", max_age = \"1h\", pointer = \"data\"", "must begin with a slash"),
        (", max_age = \"1h\", key = \"x\"", "unknown key"),
    ] {
        let found = errors(&with_electricity(&format!("{{ url = \"https://h/p\"{rest} }}")));
        assert!(found.len() == 1 && found[0].contains(message), "{rest}: {found:?}");
    }
}

#[test]
fn bad_windows_name_what_is_wrong() {
    for (written, message) in [
        (
            "[{ from = \"00:00\", to = \"24:00\", days = \"workdays\", price = \"1 ct/kWh\" }]",
            "\"workdays\" is none of mon",
        ),
        (
            "[{ from = \"00:00\", to = \"24:00\", months = \"winter\", price = \"1 ct/kWh\" }]",
            "write \"nov-mar\"",
        ),
        (
            "[{ from = \"00:00\", to = \"24:00\", days = \"mon-fri\", price = \"1 ct/kWh\" }]",
            "on sat in jan",
        ),
        ("[{ from = \"00:00\", to = \"24:00\", price = \"1 USD/kWh\" }]", "prices in USD and EUR"),
        ("\"1 ct/kwh\"", "did you mean \"/kWh\""),
    ] {
        let found = errors(&with_electricity(written));
        assert!(found.len() == 1 && found[0].contains(message), "{written}: {found:?}");
    }
    let unnamed = "power = \"350 W\"\nworks_per_hour = 90\nelectricity = \"9 ct/kWh\"\nmina_price = { url = \"http://h/\", pointer = \"/p\", max_age = \"1h\" }";
    let found = errors(&format!("{LEAST}[daemons.main.cost]\n{unnamed}\n"));
    assert!(found.concat().contains("cents of which currency"), "{found:?}");
}
