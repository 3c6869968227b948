//! Large values as they are stored: compact JSON, compressed with zlib (RFC 1950). A look at a busy market is some 200 kB of JSON,
//! mostly keys of provers that repeat.

use std::{cell::RefCell, io::Read};

use flate2::{Compress, Compression, FlushCompress, Status, read::ZlibDecoder};
use serde::{Serialize, de::DeserializeOwned};

use super::JournalError;

/// Largest JSON read back: above the largest answer that the daemon client takes by default, several times.
const LARGEST: u64 = 512 << 20;

/// Room made at once for what a text becomes.
const ROOM: usize = 16 << 10;

thread_local! {
    /// Making a compressor anew costs as much as packing a small look.
    static COMPRESSOR: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), true));
}

pub(super) fn pack(what: &'static str, value: &impl Serialize) -> Result<Vec<u8>, JournalError> {
    let unwritable = |source: Box<dyn std::error::Error + Send + Sync>| JournalError::Unwritable { what, source };
    let text = serde_json::to_vec(value).map_err(|error| unwritable(error.into()))?;
    let mut packed = Vec::new();
    COMPRESSOR.with_borrow_mut(|compressor| {
        compressor.reset();
        loop {
            packed.reserve(ROOM.max(text.len() / 8));
            let taken = usize::try_from(compressor.total_in()).unwrap_or(usize::MAX);
            let rest = text.get(taken..).unwrap_or_default();
            let status = compressor.compress_vec(rest, &mut packed, FlushCompress::Finish);
            if status.map_err(|error| unwritable(error.into()))? == Status::StreamEnd {
                packed.shrink_to_fit();
                return Ok(packed);
            }
        }
    })
}

pub(super) fn unpack<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T, JournalError> {
    let unreadable = |source: Box<dyn std::error::Error + Send + Sync>| JournalError::Unreadable { what, source };
    let mut text = Vec::new();
    ZlibDecoder::new(bytes).take(LARGEST).read_to_end(&mut text).map_err(|error| unreadable(error.into()))?;
    serde_json::from_slice(&text).map_err(|error| unreadable(error.into()))
}

pub(super) fn to_json(what: &'static str, value: &impl Serialize) -> Result<String, JournalError> {
    serde_json::to_string(value).map_err(|error| JournalError::Unwritable { what, source: error.into() })
}

pub(super) fn from_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, JournalError> {
    serde_json::from_str(text).map_err(|error| JournalError::Unreadable { what, source: error.into() })
}
