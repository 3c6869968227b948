use proptest::prelude::*;

use super::*;

fn price(body: &str, pointer: &str) -> Result<String, Fault> {
    let usd = Currency::try_new("USD").unwrap();
    read_price(body.as_bytes(), pointer, usd).map(|price| price.to_string())
}

#[test]
fn numbers_and_strings_are_read_exactly() {
    let cases = [
        (r#"{"mina":{"usd":0.31}}"#, "/mina/usd", "0.31 USD"),
        (r#"{"mina":{"usd":"0.31"}}"#, "/mina/usd", "0.31 USD"),
        (r#"{"a/b":{"m~n":[7, 3.1e-1]}}"#, "/a~1b/m~0n/1", "0.31 USD"),
        ("12", "", "12 USD"),
        ("0.123456789123456789", "", "0.123456789 USD"),
        ("9007199.254740993", "", "9007199.254740993 USD"),
        ("1.5E+2", "", "150 USD"),
        ("0.00005e4", "", "0.5 USD"),
        (r#"{"p":1,"p":2}"#, "/p", "2 USD"),
    ];
    for (body, pointer, expected) in cases {
        assert_eq!(price(body, pointer), Ok(expected.to_owned()), "{body}");
    }
}

#[test]
fn what_is_no_price_is_a_fault() {
    let code = |body: &str, pointer: &str| price(body, pointer).unwrap_err().code();
    assert_eq!(code("<html>", "/p"), "malformed");
    assert_eq!(code(r#"{"p":"#, "/p"), "malformed");
    assert_eq!(code("{}", "/p"), "unsupported");
    assert_eq!(code(r#"{"p":1}"#, "p"), "unsupported");
    assert_eq!(code("[1]", "/x"), "unsupported");
    for body in [
        "-0.31",
        "0",
        "0.0000000001",
        "null",
        "true",
        "[]",
        "\"NaN\"",
        "\"\"",
        "\"1,5\"",
        "1e400",
        "\"1.\"",
        "1e99999999999",
        "\"\\u0000\"",
        "10000000000",
    ] {
        assert_eq!(code(body, ""), "invalid_value", "{body}");
    }
}

#[test]
fn a_document_that_lacks_the_value_is_shown() {
    let fault = price(r#"{"code":-1121,"msg":"Invalid symbol."}"#, "/price").unwrap_err();
    assert!(fault.to_string().contains("Invalid symbol"), "{fault}");
    assert!(!fault.to_string().contains("daemon"), "{fault}");
}

#[test]
fn times_are_seconds_milliseconds_or_rfc_3339() {
    let time = |body: &str| read_time(body.as_bytes(), "/t").map(|time| time.to_string());
    for body in [
        r#"{"t":1700000000}"#,
        r#"{"t":"1700000000"}"#,
        r#"{"t":1700000000.5}"#,
        r#"{"t":1700000000000}"#,
        r#"{"t":"2023-11-14T22:13:20Z"}"#,
        r#"{"t":"2023-11-15T00:13:20+02:00"}"#,
    ] {
        assert_eq!(time(body).as_deref(), Ok("2023-11-14T22:13:20Z"), "{body}");
    }
    for body in [r#"{"t":null}"#, r#"{"t":"yesterday"}"#, r#"{"t":[]}"#, r#"{"t":1e400}"#] {
        assert_eq!(time(body).unwrap_err().code(), "invalid_value", "{body}");
    }
    assert_eq!(time("{}").unwrap_err().code(), "unsupported");
}

proptest! {
    #[test]
    fn no_document_panics(body in "\\PC{0,80}|[0-9eE.+-]{0,30}|[\\[\\]{}\",:0-9a]{0,60}", pointer in "\\PC{0,20}|(/[a0-9]){0,3}") {
        drop(price(&body, &pointer));
    }

    #[test]
    fn shifting_the_point_back_by_an_exponent_changes_nothing(nanos in 1..Fiat::MAX_NANOS, zeros in 0..40_usize) {
        let expected = price(&format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000), "");
        let padding = "0".repeat(zeros);
        prop_assert_eq!(&price(&format!("{nanos}{padding}e-{}", zeros + 9), ""), &expected);
        prop_assert_eq!(price(&format!("0.{padding}{nanos:018}E+{}", zeros + 9), ""), expected);
    }
}
