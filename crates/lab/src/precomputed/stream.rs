//! A stream that limits the length of strings. A parser keeps the string that it reads, so this
//! bounds its memory.

use std::io::{self, Read};

/// Longest string, in bytes. The longest strings of real blocks are proofs of about 60 kB.
pub(super) const LONGEST: usize = 8 << 20;

/// Passes bytes through, and fails when more than [`LONGEST`] come without a quotation mark.
#[derive(Debug)]
pub(super) struct BoundedStrings<R> {
    source: R,
    /// Bytes since the last quotation mark.
    run: usize,
}

impl<R> BoundedStrings<R> {
    pub(super) const fn new(source: R) -> Self {
        Self { source, run: 0 }
    }
}

impl<R: Read> Read for BoundedStrings<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        for part in buffer.get(..count).unwrap_or_default().split_inclusive(|byte| *byte == b'"') {
            self.run += part.len();
            if self.run > LONGEST {
                let why = format!("a string of more than {LONGEST} bytes");
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
            if part.ends_with(b"\"") {
                self.run = 0;
            }
        }
        Ok(count)
    }
}
