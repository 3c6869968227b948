//! The state folder: made, locked for one instance, and its file checked before SQLite touches it.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    ops::Range,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use crate::{error::JournalError, schema};

/// Name of the journal within the folder of state.
pub const JOURNAL_FILE: &str = "journal.sqlite";
/// Name of the file within the folder of state on which the running service holds a lock.
pub const LOCK_FILE: &str = "lock";

/// Path of the journal within a folder of state.
pub(crate) fn journal_path(folder: &Path) -> PathBuf {
    folder.join(JOURNAL_FILE)
}

/// The lock on a folder; released when dropped and when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Makes the folder, readable by its owner alone, if there is none, and locks it.
    pub(crate) fn take(folder: &Path) -> Result<Self, JournalError> {
        let unusable = |source| JournalError::Folder { path: folder.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unusable)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(folder.join(LOCK_FILE)).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(JournalError::InUse {
                    path: folder.to_owned(),
                    pid: read_holder(&mut file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        // The process id only helps people; the lock holds without it.
        let _ = write_holder(&mut file);
        Ok(Self { _file: file })
    }
}

fn write_holder(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())
}

/// The process that holds the lock on a folder or last held it, where the folder records one.
pub fn last_holder(folder: &Path) -> Option<u32> {
    read_holder(&mut File::open(folder.join(LOCK_FILE)).ok()?)
}

fn read_holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Length of the file header, and where its fields are (SQLite, "Database File Format", 1.3).
const HEADER: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";
const PAGE_SIZE: Range<usize> = 16..18;
const CHANGES: Range<usize> = 24..28;
const PAGES: Range<usize> = 28..32;
const APPLICATION_ID: Range<usize> = 68..72;
const PAGES_VALID_FOR: Range<usize> = 92..96;

/// Whether there is a journal at `path`. SQLite only opens a file with our application id, because
/// opening a foreign one could already change it.
pub(crate) fn journal_exists(path: &Path) -> Result<bool, JournalError> {
    let foreign =
        |why: &str| Err(JournalError::Foreign { path: path.to_owned(), why: why.to_owned() });
    let corrupt =
        |why: &str| Err(JournalError::Corrupt { path: path.to_owned(), why: why.to_owned() });
    let unusable = |source| JournalError::Folder { path: path.to_owned(), source };
    let length = match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => metadata.len(),
        Ok(_) => return foreign("not a file"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
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
    match header.get(APPLICATION_ID).and_then(|id| id.try_into().ok()).map(i32::from_be_bytes) {
        None => return corrupt("the file ends within its header"),
        Some(schema::APPLICATION_ID) => {}
        Some(id) => return foreign(&format!("application id {id:#010x}")),
    }
    // What is missing at the end may still be in the write-ahead log.
    let logged = fs::metadata(sidecar(path, "-wal")).is_ok_and(|log| log.len() > 0);
    match expected_length(&header) {
        Some(whole) if length < whole && !logged => {
            corrupt(&format!("{length} of {whole} bytes are there"))
        }
        _ => Ok(true),
    }
}

/// The length of a file with this header, where the header says.
fn expected_length(header: &[u8]) -> Option<u64> {
    let number =
        |range| Some(u32::from_be_bytes(header.get::<Range<usize>>(range)?.try_into().ok()?));
    let page = match u16::from_be_bytes(header.get(PAGE_SIZE)?.try_into().ok()?) {
        1 => 65_536,
        size => u64::from(size),
    };
    (number(CHANGES)? == number(PAGES_VALID_FOR)?).then_some(u64::from(number(PAGES)?) * page)
}

/// Makes a journal with `build` and gives it its name when it is whole. An existing file of that
/// name is left alone.
pub(crate) fn create_journal(
    path: &Path,
    build: impl FnOnce(&Path) -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    let unusable = |source| JournalError::Folder { path: path.to_owned(), source };
    let draft = path.with_extension("new");
    for left in [
        draft.clone(),
        sidecar(&draft, "-wal"),
        sidecar(&draft, "-shm"),
        sidecar(&draft, "-journal"),
    ] {
        match fs::remove_file(&left) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(error)),
            _ => {}
        }
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).map_err(unusable)?;
    build(&draft)?;
    File::open(&draft).and_then(|file| file.sync_all()).map_err(unusable)?;
    fs::hard_link(&draft, path).map_err(unusable)?;
    fs::remove_file(&draft).map_err(unusable)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all()).map_err(unusable)
}

fn sidecar(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
