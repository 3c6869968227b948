//! The envelope of a GraphQL answer: `data`, `errors`, and all that is neither.
//!
//! The daemon answers 200 with `errors` for execution, validation and argument errors, and 200 with
//! a bare JSON string for a document it cannot parse (Mina `graphql_internal.ml`, 1.0.0 to 3.0.3).
//! Other servers and proxies answer 400 with the same `errors`.
//!
//! Invariants: `data` is used only when there is no error.

use serde::{
    Deserialize,
    de::{DeserializeOwned, Error as _},
};
use serde_json::{Error, Value, value::RawValue};
use snarkfee_core::fault::Fault;

use super::cursor::{Cursor, once};
use crate::transport::{Answer, Failure, Reach};

/// An answer whose data is yet to be read.
#[derive(Deserialize)]
struct Sealed<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    errors: Option<Value>,
}

/// Takes the data out of an answer.
pub(super) fn open<T: DeserializeOwned>(answer: Answer) -> Result<T, Failure> {
    open_with(answer, |cursor| cursor.value())
}

/// The same, with data that is read as `read` does.
pub(super) fn open_with<T>(
    answer: Answer,
    read: impl Fn(&mut Cursor<'_>) -> Result<T, Error>,
) -> Result<T, Failure> {
    if !answer.status.is_success() {
        let errors = envelope(&answer.body).ok().and_then(|envelope| refusal(&envelope));
        return match errors {
            Some(failure) => Err(failure),
            None => Err(match answer.success() {
                Err(failure) => failure,
                Ok(_) => malformed("an answer without a status"),
            }),
        };
    }
    // An answer with which all is well is read in one pass; any other part by part, to say what is
    // wrong with it.
    if let Ok(text) = std::str::from_utf8(&answer.body)
        && let Some(data) = sound(text, &read)
    {
        return Ok(data);
    }
    let envelope = envelope(&answer.body)?;
    if let Some(failure) = refusal(&envelope) {
        return Err(failure);
    }
    let data = envelope.data.ok_or_else(|| malformed("neither data nor errors"))?;
    read(&mut Cursor::new(data.get())).map_err(|error| malformed(&error.to_string()))
}

/// The data of an answer with which all is well.
fn sound<T>(text: &str, read: impl Fn(&mut Cursor<'_>) -> Result<T, Error>) -> Option<T> {
    let (mut cursor, mut data) = (Cursor::new(text), None);
    let whole = cursor.object(|cursor, name| match name {
        "data" if !cursor.null() => once(&mut data, name, read(cursor)?),
        "data" => Err(Error::custom("no data")),
        "errors" if !cursor.null() => Err(Error::custom("errors")),
        "errors" => Ok(()),
        _ => cursor.skip(),
    });
    whole.and_then(|()| cursor.end()).ok().and(data)
}

fn envelope(body: &[u8]) -> Result<Sealed<'_>, Failure> {
    let text = std::str::from_utf8(body).map_err(|error| malformed(&error.to_string()))?;
    match text.trim_start().chars().next() {
        Some('{') => serde_json::from_str(text).map_err(|error| malformed(&error.to_string())),
        Some('"') => Err(malformed(&format!("a bare JSON string: {text}"))),
        Some('<') => Err(malformed(&format!("HTML or XML: {text}"))),
        Some(_) => Err(malformed(&format!("no JSON object: {text}"))),
        None => Err(malformed("an empty body")),
    }
}

/// The errors of an answer, if there are any.
fn refusal(envelope: &Sealed<'_>) -> Option<Failure> {
    let first = match envelope.errors.as_ref()? {
        Value::Null => return None,
        Value::Array(errors) => errors.first()?,
        other => other,
    };
    let message = match first.get("message").unwrap_or(first) {
        Value::String(message) => Fault::excerpt(message),
        other => Fault::excerpt(&other.to_string()),
    };
    // With data beside the error, some of the document was carried out.
    let partly = envelope.data.is_some_and(|data| data.get() != "null");
    let reach = if partly { Reach::Unclear } else { Reach::Declined };
    let fault = if names_a_missing_field(&message) {
        Fault::Unsupported { missing: message }
    } else {
        Fault::Refused { message }
    };
    Some(Failure { fault, reach })
}

/// Whether a message says that the schema lacks something: the words of ocaml-graphql-server
/// (fields, arguments, the root of mutations), async-graphql and graphql-js.
fn names_a_missing_field(message: &str) -> bool {
    [
        "is not defined on",
        "not configured for mutations",
        "utations not configured",
        "Unknown field",
        "Cannot query field",
    ]
    .iter()
    .any(|words| message.contains(words))
}

fn malformed(cause: &str) -> Failure {
    Failure::unclear(Fault::Malformed { cause: Fault::excerpt(cause) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::StatusCode;

    use super::*;

    fn opened(status: u16, body: &str) -> Result<Value, (&'static str, Reach)> {
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            body: body.as_bytes().to_vec(),
        };
        open::<Value>(answer).map_err(|failure| (failure.fault.code(), failure.reach))
    }

    #[test]
    fn errors_come_before_data() {
        assert_eq!(opened(200, r#"{"data": {"a": 1}}"#), Ok(serde_json::json!({"a": 1})));
        assert_eq!(
            opened(200, r#"{"errors": [], "data": {"a": 1}}"#),
            Ok(serde_json::json!({"a": 1}))
        );
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
            assert_eq!(
                sound(body, |cursor| cursor.value()),
                Some(serde_json::json!({"a": 1})),
                "in one pass: {body}"
            );
        }
        let refused = r#"{"data": {"a": 1}, "errors": [{"message": "no"}]}"#;
        assert_eq!(sound(refused, |cursor| cursor.value::<Value>()), None);
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
            let answer = Answer { status: StatusCode::from_u16(status).unwrap(), body };
            drop(open::<Value>(answer));
        }
    }
}
