use proptest::prelude::*;
use reqwest::StatusCode;

use super::*;

fn opened(status: u16, body: &str) -> Result<Value, (&'static str, Reach)> {
    let answer = Answer {
        status: StatusCode::from_u16(status).unwrap(),
        body: body.as_bytes().to_vec(),
        simulated_speed: None,
    };
    open::<Value>(answer).map_err(|failure| (failure.fault.code(), failure.reach))
}

#[test]
fn errors_come_before_data() {
    assert_eq!(opened(200, r#"{"data": {"a": 1}}"#), Ok(serde_json::json!({"a": 1})));
    assert_eq!(opened(200, r#"{"errors": [], "data": {"a": 1}}"#), Ok(serde_json::json!({"a": 1})));
    assert_eq!(opened(200, r#"{"errors": null, "data": {}}"#), Ok(serde_json::json!({})));
    let refused = Err(("refused", Reach::Declined));
    assert_eq!(opened(200, r#"{"errors": [{"message": "no"}], "data": null}"#), refused);
    assert_eq!(
        opened(200, r#"{"data": null, "errors": [{"message": "no", "path": ["x"]}]}"#),
        refused
    );
    assert_eq!(opened(200, r#"{"errors": [{"message": "no"}]}"#), refused);
    assert_eq!(opened(200, r#"{"errors": "no"}"#), refused);
    assert_eq!(opened(400, r#"{"errors": [{"message": "no"}]}"#), refused);
    assert_eq!(
        opened(200, r#"{"errors": [{"message": "no"}], "data": {"a": null}}"#),
        Err(("refused", Reach::Unclear))
    );
}

#[test]
fn other_fields_of_an_answer_say_nothing() {
    for body in [
        r#"{"extensions": {"cost": [1]}, "data": {"a": 1}}"#,
        r#"{"data": {"a": 1}, "errors": null, "extensions": {}}"#,
        r#" { "data" : {"a": 1} } "#,
    ] {
        assert_eq!(opened(200, body), Ok(serde_json::json!({"a": 1})), "{body}");
    }
}

#[test]
fn a_missing_field_is_told_from_other_refusals() {
    for message in [
        "Field 'snarkWorkRange' is not defined on type 'query'",
        "Schema is not configured for mutations",
        "Unknown field \\\"x\\\" on type \\\"query\\\".",
    ] {
        let body = format!(r#"{{"errors": [{{"message": "{message}"}}]}}"#);
        assert_eq!(opened(200, &body), Err(("unsupported", Reach::Declined)), "{message}");
    }
}

#[test]
fn what_is_no_envelope_is_malformed() {
    for body in [
        "{\"data\": {}, \"data\": {}}",
        "{\"data\": {}} x",
        "{\"data\": {}",
        "\"syntax error\"",
        "<html></html>",
        "",
        "[]",
        "7",
        "{",
        "{}",
        "{\"data\": null}",
        "\u{feff}{}",
    ] {
        assert_eq!(opened(200, body), Err(("malformed", Reach::Unclear)), "{body}");
    }
}

#[test]
fn client_errors_decline_and_others_leave_open() {
    assert_eq!(opened(400, "Must provide query string"), Err(("http_status", Reach::Declined)));
    assert_eq!(opened(401, ""), Err(("http_status", Reach::Declined)));
    for status in [302, 408, 500, 502, 504] {
        assert_eq!(opened(status, "x"), Err(("http_status", Reach::Unclear)), "{status}");
    }
}

proptest! {
    #[test]
    fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200), status in 200_u16..600) {
        let answer = Answer { status: StatusCode::from_u16(status).unwrap(), body, simulated_speed: None };
        drop(open::<Value>(answer));
    }
}
