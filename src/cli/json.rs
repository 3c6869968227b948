//! Results as one JSON document.

use std::io::Write;

use serde::Serialize;

use super::exit::Failure;

/// Writes a document.
pub(super) fn write(out: &mut impl Write, document: &impl Serialize) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *out, document).map_err(Failure::running)?;
    Ok(writeln!(out)?)
}

/// Writes one document as an object, several as a list.
pub(super) fn write_one_or_list(
    out: &mut impl Write,
    documents: &[impl Serialize],
) -> Result<(), Failure> {
    match documents {
        [only] => write(out, only),
        several => write(out, &several),
    }
}
