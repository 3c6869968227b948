//! Prices of MINA and of electricity as they can be written.

use snarkfee_core::cost::{CostModel, MinaPrice, PriceSource};

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
