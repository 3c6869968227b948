//! Values as they are stored: JSON text, and for large values the same compressed with zlib
//! (RFC 1950). A look at a busy market is some 200 kB of JSON, mostly repeated keys of provers.

use std::{
    fmt,
    io::{Read, Write},
};

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::error::JournalError;

/// Largest JSON read back: several times the largest answer that the daemon client takes by
/// default.
const LARGEST: u64 = 512 << 20;

/// Packs one value after the other. It is kept because making a compressor costs as much as packing
/// a small look.
pub(crate) struct Packer(ZlibEncoder<Vec<u8>>);

impl Default for Packer {
    fn default() -> Self {
        Self(ZlibEncoder::new(Vec::new(), Compression::fast()))
    }
}

impl fmt::Debug for Packer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packer").finish_non_exhaustive()
    }
}

impl Packer {
    pub(crate) fn pack(
        &mut self,
        what: &'static str,
        value: &impl Serialize,
    ) -> Result<Vec<u8>, JournalError> {
        let text = serde_json::to_vec(value).map_err(|error| unwritable(what, error))?;
        let packed = self.0.write_all(&text).and_then(|()| self.0.reset(Vec::new()));
        packed.map_err(|error| unwritable(what, error))
    }
}

pub(crate) fn unpack<T: DeserializeOwned>(
    what: &'static str,
    bytes: &[u8],
) -> Result<T, JournalError> {
    let mut text = Vec::new();
    let read = ZlibDecoder::new(bytes).take(LARGEST).read_to_end(&mut text);
    read.map_err(|error| unreadable(what, error))?;
    serde_json::from_slice(&text).map_err(|error| unreadable(what, error))
}

pub(crate) fn to_json(what: &'static str, value: &impl Serialize) -> Result<String, JournalError> {
    serde_json::to_string(value).map_err(|error| unwritable(what, error))
}

pub(crate) fn from_json<T: DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, JournalError> {
    serde_json::from_str(text).map_err(|error| unreadable(what, error))
}

/// Reads a value of which no field is unknown or missing: nothing that protects a daemon is dropped
/// or taken for its default.
pub(crate) fn from_json_exactly<T: Serialize + DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, JournalError> {
    let value: T = from_json(what, text)?;
    let again = serde_json::to_value(&value).map_err(|error| unwritable(what, error))?;
    match find_difference(&from_json(what, text)?, &again) {
        None => Ok(value),
        Some(field) => Err(unreadable(what, format!("the field {field:?} is unknown or missing"))),
    }
}

/// The first field that only one of two values has.
fn find_difference(stored: &Value, known: &Value) -> Option<String> {
    match (stored, known) {
        (Value::Object(stored), Value::Object(known)) => {
            let lacks = |of: &Map<String, Value>, field: &&String| !of.contains_key(*field);
            let one_sided = stored
                .keys()
                .find(|field| lacks(known, field))
                .or_else(|| known.keys().find(|field| lacks(stored, field)));
            one_sided.cloned().or_else(|| {
                stored.iter().find_map(|(field, value)| find_difference(value, known.get(field)?))
            })
        }
        (Value::Array(stored), Value::Array(known)) => {
            stored.iter().zip(known).find_map(|(stored, known)| find_difference(stored, known))
        }
        _ => None,
    }
}

fn unwritable(
    what: &'static str,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> JournalError {
    JournalError::Unwritable { what, source: error.into() }
}

fn unreadable(
    what: &'static str,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> JournalError {
    JournalError::Unreadable { what, source: error.into() }
}
