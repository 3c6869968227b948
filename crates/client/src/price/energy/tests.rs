use super::*;

fn source(unit: &str) -> EnergySource {
    EnergySource {
        url: "http://127.0.0.1/".parse().unwrap(),
        pointer: None,
        price_key: None,
        unit: unit.parse().unwrap(),
        surcharge: None,
        max_age: Duration::from_secs(86_400),
    }
}

fn price(body: &str, source: &EnergySource, time: &str) -> Result<Option<String>, Fault> {
    let list = read_list(body.as_bytes(), source, Timestamp::UNIX_EPOCH)?;
    Ok(list.quote(time.parse().unwrap()).map(|quote| quote.price.to_string()))
}

#[test]
fn the_shapes_of_public_documents_are_understood() {
    let awattar = r#"{"object":"list","data":[
        {"start_timestamp":1700000000000,"end_timestamp":1700003600000,"marketprice":94.57,"unit":"Eur/MWh"},
        {"start_timestamp":1700003600000,"end_timestamp":1700007200000,"marketprice":-12.3,"unit":"Eur/MWh"}]}"#;
    let data = EnergySource { pointer: Some("/data".to_owned()), ..source("1 EUR/MWh") };
    let read = |time| price(awattar, &data, time).unwrap();
    assert_eq!(read("2023-11-14T22:13:20Z").as_deref(), Some("0.09457 EUR/kWh"));
    assert_eq!(read("2023-11-14T23:13:20Z").as_deref(), Some("-0.0123 EUR/kWh"));
    assert_eq!(read("2023-11-15T00:13:20Z"), None);

    let nordic = r#"[{"SEK_per_kWh":0.29817,"EUR_per_kWh":0.02602,
        "time_start":"2026-11-28T00:00:00+01:00","time_end":"2026-11-28T01:00:00+01:00"}]"#;
    let sek = EnergySource { price_key: Some("SEK_per_kWh".to_owned()), ..source("1 SEK/kWh") };
    let read = price(nordic, &sek, "2026-11-27T23:30:00Z").unwrap();
    assert_eq!(read.as_deref(), Some("0.29817 SEK/kWh"));

    let british = r#"{"results":[{"value_exc_vat":18.5,"value_inc_vat":19.425,
        "valid_from":"2026-11-28T00:30:00Z","valid_to":null}]}"#;
    let pence = EnergySource { pointer: Some("/results".to_owned()), ..source("0.01 GBP/kWh") };
    let read = price(british, &pence, "2026-11-28T01:00:00Z").unwrap();
    assert_eq!(read.as_deref(), Some("0.19425 GBP/kWh"));

    let tibber = r#"[{"total":0.2512,"startsAt":"2026-11-28T00:00:00.000+01:00"}]"#;
    let read = price(tibber, &source("1 EUR/kWh"), "2026-11-27T23:59:59Z").unwrap();
    assert_eq!(read.as_deref(), Some("0.2512 EUR/kWh"));

    let map = r#"{"2026-11-28T12:00:00Z":"0.1","2026-11-28T13:00:00Z":2e-1}"#;
    let with_grid =
        EnergySource { surcharge: Some("0.12 EUR/kWh".parse().unwrap()), ..source("1 EUR/kWh") };
    let read = price(map, &with_grid, "2026-11-28T13:30:00Z").unwrap();
    assert_eq!(read.as_deref(), Some("0.32 EUR/kWh"));
}

#[test]
fn what_is_no_list_of_prices_is_a_fault() {
    let code = |body: &str| price(body, &source("1 EUR/kWh"), "2026-01-01T00:00:00Z").unwrap_err();
    for (body, expected) in [
        ("<html>", "malformed"),
        ("[1,2]", "malformed"),
        ("[]", "invalid_value"),
        ("{}", "invalid_value"),
        ("[{\"start\":1700000000}]", "unsupported"),
        ("[{\"price\":1}]", "unsupported"),
        ("[{\"start\":\"soon\",\"price\":1}]", "invalid_value"),
        ("[{\"start\":1700000000,\"price\":null}]", "invalid_value"),
        ("[{\"start\":1700000000,\"price\":1e40}]", "invalid_value"),
        ("{\"soon\":1}", "invalid_value"),
        (
            "[{\"start\":1700000000,\"price\":1},{\"start\":1700000000,\"price\":2}]",
            "invalid_value",
        ),
    ] {
        assert_eq!(code(body).code(), expected, "{body}");
    }
    let pointed = EnergySource { pointer: Some("/data".to_owned()), ..source("1 EUR/kWh") };
    let fault = price(r#"{"error":"no key"}"#, &pointed, "2026-01-01T00:00:00Z").unwrap_err();
    assert!(fault.to_string().contains("no key"), "{fault}");
    let many = format!("[{}]", vec!["{\"start\":1,\"price\":1}"; MOST_SPANS + 1].join(","));
    assert_eq!(code(&many).code(), "oversized");
}
