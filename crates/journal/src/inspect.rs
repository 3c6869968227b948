//! The journal's files as they are, read without SQLite: opening a foreign or later file with it
//! could already change it.

use std::{
    fs::{self, File},
    io::{self, Read},
    ops::Range,
    os::unix::fs::FileExt,
    path::Path,
};

use crate::{error::JournalError, folder::sidecar, schema};

/// Length of the file header, and where its fields are (SQLite, "Database File Format", 1.3).
const HEADER: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";
const PAGE_SIZE: Range<usize> = 16..18;
const CHANGES: Range<usize> = 24..28;
const PAGES: Range<usize> = 28..32;
const USER_VERSION: Range<usize> = 60..64;
const APPLICATION_ID: Range<usize> = 68..72;
const PAGES_VALID_FOR: Range<usize> = 92..96;

/// The headers of a write-ahead log and of a frame in it ("Database File Format", 4.1 and 4.2).
const LOG_HEADER: usize = 32;
const LOG_PAGE_SIZE: Range<usize> = 8..12;
const LOG_SALT: Range<usize> = 16..24;
const FRAME_HEADER: usize = 24;
const FRAME_PAGE: Range<usize> = 0..4;
const FRAME_SALT: Range<usize> = 8..16;

/// The layout of the journal at `path`, or `None` where there is none.
///
/// # Errors
///
/// Where the file is not a journal of ours, damaged as far as its header shows, or of a later
/// layout.
pub(crate) fn find_layout(path: &Path) -> Result<Option<i64>, JournalError> {
    let foreign =
        |why: &str| Err(JournalError::Foreign { path: path.to_owned(), why: why.to_owned() });
    let corrupt =
        |why: &str| Err(JournalError::Corrupt { path: path.to_owned(), why: why.to_owned() });
    let unusable = |source| JournalError::Folder { path: path.to_owned(), source };
    let length = match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => metadata.len(),
        Ok(_) => return foreign("not a file"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(error)),
    };
    let mut header = Vec::with_capacity(HEADER);
    let limit = u64::try_from(HEADER).unwrap_or(u64::MAX);
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut header))
        .map_err(unusable)?;
    // A journal appears under its name only when it is whole, so that an empty one was cut off.
    if header.is_empty() {
        return corrupt("the file is empty");
    }
    if !header.starts_with(MAGIC) {
        return foreign("not an SQLite database");
    }
    match number_at(&header, APPLICATION_ID).map(u32::cast_signed) {
        None => return corrupt("the file ends within its header"),
        Some(schema::APPLICATION_ID) => {}
        Some(id) => return foreign(&format!("application id {id:#010x}")),
    }
    let log = sidecar(path, "-wal");
    // What is missing at the end may still be in the write-ahead log.
    let logged = fs::metadata(&log).is_ok_and(|log| log.len() > 0);
    if let Some(whole) = expected_length(&header).filter(|whole| length < *whole && !logged) {
        return corrupt(&format!("{length} of {whole} bytes are there"));
    }
    let in_header = number_at(&header, USER_VERSION).map_or(0, u32::cast_signed);
    let in_log = find_latest_layout_in_log(&log).map_err(unusable)?;
    let found = i64::from(in_log.map_or(in_header, |in_log| in_log.max(in_header)));
    let known = schema::version(&schema::MIGRATIONS);
    if found > known {
        return Err(JournalError::Newer { path: path.to_owned(), found, known });
    }
    Ok(Some(i64::from(in_header)))
}

/// The latest layout that a write-ahead log could bring: whether a frame is committed and whole is
/// SQLite's business, so that this may be too late, and never too early.
fn find_latest_layout_in_log(path: &Path) -> io::Result<Option<i32>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    let mut header = [0; LOG_HEADER];
    if file.read_exact_at(&mut header, 0).is_err() {
        return Ok(None);
    }
    let Some(page_size) = number_at(&header, LOG_PAGE_SIZE).filter(|size| *size >= 512) else {
        return Ok(None);
    };
    let step = widen(FRAME_HEADER) + u64::from(page_size);
    let mut frame = [0; FRAME_HEADER + USER_VERSION.end];
    let mut offset = widen(LOG_HEADER);
    let mut latest = None;
    while offset + step <= length {
        file.read_exact_at(&mut frame, offset)?;
        offset += step;
        let is_first = number_at(&frame, FRAME_PAGE) == Some(1);
        if is_first && frame.get(FRAME_SALT) == header.get(LOG_SALT) {
            let Range { start, end } = USER_VERSION;
            let version = number_at(&frame, FRAME_HEADER + start..FRAME_HEADER + end);
            latest = latest.max(version.map(u32::cast_signed));
        }
    }
    Ok(latest)
}

/// The length of a file with this header, where the header says.
fn expected_length(header: &[u8]) -> Option<u64> {
    let page = match u16::from_be_bytes(header.get(PAGE_SIZE)?.try_into().ok()?) {
        1 => 65_536,
        size => u64::from(size),
    };
    (number_at(header, CHANGES)? == number_at(header, PAGES_VALID_FOR)?)
        .then_some(u64::from(number_at(header, PAGES)?) * page)
}

fn number_at(bytes: &[u8], range: Range<usize>) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(range)?.try_into().ok()?))
}

fn widen(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
