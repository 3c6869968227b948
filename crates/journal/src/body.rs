//! Large values as they are stored: compact JSON, compressed with zlib (RFC 1950). A look at a busy
//! market is some 200 kB of JSON, mostly keys of provers that repeat.

use std::{
    cell::RefCell,
    io::{Read, Write},
};

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use serde::{Serialize, de::DeserializeOwned};

use super::JournalError;

/// Largest JSON read back: above the largest answer that the daemon client takes by default,
/// several times.
const LARGEST: u64 = 512 << 20;

thread_local! {
    /// Making a compressor anew costs as much as packing a small look.
    static ENCODER: RefCell<ZlibEncoder<Vec<u8>>> = RefCell::new(ZlibEncoder::new(Vec::new(), Compression::fast()));
}

pub(super) fn pack(what: &'static str, value: &impl Serialize) -> Result<Vec<u8>, JournalError> {
    let unwritable = |source: Box<dyn std::error::Error + Send + Sync>| JournalError::Unwritable {
        what,
        source,
    };
    let text = serde_json::to_vec(value).map_err(|error| unwritable(error.into()))?;
    let packed = ENCODER.with_borrow_mut(|encoder| {
        encoder.write_all(&text)?;
        encoder.reset(Vec::new())
    });
    packed.map_err(|error| unwritable(error.into()))
}

pub(super) fn unpack<T: DeserializeOwned>(
    what: &'static str,
    bytes: &[u8],
) -> Result<T, JournalError> {
    let unreadable = |source: Box<dyn std::error::Error + Send + Sync>| JournalError::Unreadable {
        what,
        source,
    };
    let mut text = Vec::new();
    ZlibDecoder::new(bytes)
        .take(LARGEST)
        .read_to_end(&mut text)
        .map_err(|error| unreadable(error.into()))?;
    serde_json::from_slice(&text).map_err(|error| unreadable(error.into()))
}

pub(super) fn to_json(what: &'static str, value: &impl Serialize) -> Result<String, JournalError> {
    serde_json::to_string(value)
        .map_err(|error| JournalError::Unwritable { what, source: error.into() })
}

pub(super) fn from_json<T: DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, JournalError> {
    serde_json::from_str(text)
        .map_err(|error| JournalError::Unreadable { what, source: error.into() })
}
