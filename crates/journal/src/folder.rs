//! The state folder: made, locked for one instance, and a new journal in it.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use crate::error::JournalError;

/// Name of the journal within the folder of state.
pub const JOURNAL_FILE: &str = "journal.sqlite";
/// Name of the file within the folder of state on which the running service holds a lock.
pub const LOCK_FILE: &str = "lock";

/// Path of the journal within a folder of state.
pub(crate) fn journal_path(folder: &Path) -> PathBuf {
    folder.join(JOURNAL_FILE)
}

/// How often a start tries to take the lock, which an order of the operator holds for a moment.
const LOCK_ATTEMPTS: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(25);

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
        let mut attempts = 1;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if attempts < LOCK_ATTEMPTS => {
                    attempts += 1;
                    thread::sleep(LOCK_PAUSE);
                }
                Err(TryLockError::WouldBlock) => {
                    let pid = read_holder(&mut file);
                    return Err(JournalError::InUse { path: folder.to_owned(), pid });
                }
                Err(TryLockError::Error(source)) => return Err(unusable(source)),
            }
        }
        // The process id only helps people; the lock holds without it.
        let _ = write_holder(&mut file);
        Ok(Self { _file: file })
    }

    /// Takes the lock if nobody has it, and says who has it. Nothing is made or written: what another
    /// user makes the service could not use.
    pub(crate) fn find_holder(folder: &Path) -> Result<Holder, JournalError> {
        let unusable = |source| JournalError::Folder { path: folder.to_owned(), source };
        let file = match File::open(folder.join(LOCK_FILE)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Holder::Nobody),
            Err(error) => return Err(unusable(error)),
        };
        match file.try_lock() {
            Ok(()) => Ok(Holder::Us(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(Holder::Other),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }
}

/// Who holds the lock on a folder.
#[derive(Debug)]
pub(crate) enum Holder {
    /// This process, from now on.
    Us(#[expect(dead_code, reason = "held until dropped")] FolderLock),
    /// A running service.
    Other,
    /// There is no lock: no service ever ran here.
    Nobody,
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

pub(crate) fn sidecar(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
