//! The envelope of a GraphQL answer: `data`, `errors`, and all that is neither.
//!
//! The daemon answers 200 with `errors` for execution, validation and argument errors, and 200 with
//! a bare JSON string for a document it cannot parse (Mina `graphql_internal.ml`, 1.0.0 to 3.0.3).
//! Other servers and proxies answer 400 with the same `errors`.
//!
//! Invariants: `data` is used only when there is no error.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Error, Value};
use snarkfee_core::fault::Fault;

use crate::transport::{Answer, Failure, Reach};

/// Takes the data out of an answer.
pub(super) fn open<T: DeserializeOwned>(answer: Answer) -> Result<T, Failure> {
    open_with(answer, PhantomData::<T>)
}

/// The same, with data that `reader` reads.
pub(super) fn open_with<T>(
    answer: Answer,
    reader: impl for<'de> DeserializeSeed<'de, Value = T>,
) -> Result<T, Failure> {
    if !answer.status.is_success() {
        let refusal = std::str::from_utf8(&answer.body).ok().and_then(refusal_beside_any_data);
        return Err(match (refusal, answer.success()) {
            (Some(failure), _) | (None, Err(failure)) => failure,
            (None, Ok(_)) => malformed("an answer without a status"),
        });
    }
    let text = std::str::from_utf8(&answer.body).map_err(|error| malformed(&error.to_string()))?;
    match text.trim_start().chars().next() {
        Some('{') => {}
        Some('"') => return Err(malformed(&format!("a bare JSON string: {text}"))),
        Some('<') => return Err(malformed(&format!("HTML or XML: {text}"))),
        Some(_) => return Err(malformed(&format!("no JSON object: {text}"))),
        None => return Err(malformed("an empty body")),
    }
    match read(text, reader) {
        Ok(envelope) => match envelope.refusal() {
            Some(failure) => Err(failure),
            None => envelope.data.ok_or_else(|| malformed("neither data nor errors")),
        },
        // An answer with errors may hold data of any form.
        Err(error) => {
            Err(refusal_beside_any_data(text).unwrap_or_else(|| malformed(&error.to_string())))
        }
    }
}

/// What an answer's data says, and its errors.
struct Envelope<T> {
    data: Option<T>,
    errors: Option<Value>,
}

fn read<'de, S: DeserializeSeed<'de>>(
    text: &'de str,
    data: S,
) -> Result<Envelope<S::Value>, Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let envelope = EnvelopeReader(data).deserialize(&mut deserializer)?;
    deserializer.end().map(|()| envelope)
}

struct EnvelopeReader<S>(S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for EnvelopeReader<S> {
    type Value = Envelope<S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    Data,
    Errors,
    #[serde(other)]
    Other,
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for EnvelopeReader<S> {
    type Value = Envelope<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let (mut reader, mut data, mut errors) = (Some(self.0), None, None);
        while let Some(field) = fields.next_key()? {
            match field {
                Field::Data => {
                    let reader = reader.take().ok_or_else(|| A::Error::duplicate_field("data"))?;
                    data = fields.next_value_seed(Nullable(reader))?;
                }
                Field::Errors if errors.is_some() => {
                    return Err(A::Error::duplicate_field("errors"));
                }
                Field::Errors => errors = Some(fields.next_value()?),
                Field::Other => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Envelope { data, errors })
    }
}

/// Reads what may be null.
struct Nullable<S>(S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Nullable<S> {
    type Value = Option<S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Nullable<S> {
    type Value = Option<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("data")
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.deserialize(deserializer).map(Some)
    }
}

fn refusal_beside_any_data(text: &str) -> Option<Failure> {
    read(text, PhantomData::<IgnoredAny>).ok()?.refusal()
}

impl<T> Envelope<T> {
    /// The errors of an answer, if there are any.
    fn refusal(&self) -> Option<Failure> {
        let first = match self.errors.as_ref()? {
            Value::Null => return None,
            Value::Array(errors) => errors.first()?,
            other => other,
        };
        let message = match first.get("message").unwrap_or(first) {
            Value::String(message) => Fault::excerpt(message),
            other => Fault::excerpt(&other.to_string()),
        };
        // An error with data means that some of the document was carried out.
        let reach = if self.data.is_some() { Reach::Unclear } else { Reach::Declined };
        let fault = if names_a_missing_field(&message) {
            Fault::Unsupported { missing: message }
        } else {
            Fault::Refused { message }
        };
        Some(Failure { fault, reach })
    }
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
mod tests;
