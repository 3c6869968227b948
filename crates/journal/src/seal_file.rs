//! The file `journal.seal`: how far the journal was acknowledged, apart from the journal.
//!
//! SQLite drops the end of a write-ahead log that is cut off or damaged, and a log that is missing,
//! without a word: the journal is then as it was earlier. This file shows it. After each commit,
//! and before anyone is told of it, the seal of the commit is written here and synced.
//!
//! Invariants: a journal is never behind this file, since a commit is on disk before its seal is
//! written; a process that ends in between leaves the journal ahead by what nobody was told of. The
//! file has two places, and a write goes to the one that does not hold the last seal, so that a
//! write cut off costs no more than what was being written. A cut off place is explained only by a
//! journal that is ahead of the other.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{error::JournalError, schema, seal::Seal};

/// Name of the file within the folder of state.
pub(crate) const SEAL_FILE: &str = "journal.seal";

/// Distance of the two places: in different blocks of any disk.
const PLACE: usize = 4_096;
/// Longest line that is looked for.
const LINE: usize = 160;
const MAGIC: &str = "snarkfee-journal-seal";
/// How often, and how long apart, a file that another process is writing is tried.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(10);

/// What the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SealReading {
    /// There is no file.
    Absent,
    /// Neither place can be read.
    Unreadable,
    /// The last seal; `cut_off` where the other place cannot be read.
    Acknowledged { seal: Seal, cut_off: bool },
}

impl SealReading {
    /// Whether nothing was ever acknowledged.
    pub(crate) const fn is_blank(&self) -> bool {
        matches!(
            self,
            Self::Absent | Self::Acknowledged { seal: Seal { sequence: 0, .. }, cut_off: false }
        )
    }
}

/// The file of seals.
#[derive(Debug)]
pub(crate) struct SealFile(PathBuf);

impl SealFile {
    pub(crate) fn new(folder: &Path) -> Self {
        Self(folder.join(SEAL_FILE))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Reads the file.
    ///
    /// # Errors
    ///
    /// Where it is of a later layout, or cannot be read at all.
    pub(crate) fn read(&self) -> Result<SealReading, JournalError> {
        let file = match File::open(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(SealReading::Absent);
            }
            Err(error) => return Err(self.unusable(error)),
        };
        let places = self.read_places(&file)?;
        Ok(match last_of(&places) {
            None => SealReading::Unreadable,
            Some((_, seal)) => {
                SealReading::Acknowledged { seal, cut_off: places.iter().any(Option::is_none) }
            }
        })
    }

    /// Makes the file, or replaces it whole.
    pub(crate) fn create(&self, seal: Seal) -> Result<(), JournalError> {
        let draft = self.0.with_extension("seal-new");
        let write = || {
            let mut options = OpenOptions::new();
            let file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
            for place in 0..2 {
                write_place(&file, place, seal)?;
            }
            file.sync_all()?;
            fs::rename(&draft, &self.0)?;
            self.0.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        };
        write().map_err(|error| self.unusable(error))
    }

    /// Writes the seal of a commit, unless a later one is there already.
    ///
    /// # Errors
    ///
    /// Where the file is gone, damaged or of another journal, or cannot be written.
    pub(crate) fn acknowledge(&self, seal: Seal) -> Result<(), JournalError> {
        let lost = |why: &str| JournalError::Lost { path: self.0.clone(), why: why.to_owned() };
        let file = match OpenOptions::new().read(true).write(true).open(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(lost("it is gone"));
            }
            Err(error) => return Err(self.unusable(error)),
        };
        self.lock(&file)?;
        let places = self.read_places(&file)?;
        let Some((place, last)) = last_of(&places) else { return Err(lost("it is damaged")) };
        if last.journal != seal.journal {
            return Err(lost("it is of another journal"));
        }
        if last.sequence >= seal.sequence {
            return Ok(());
        }
        let write = || write_place(&file, 1 - place, seal).and_then(|()| file.sync_data());
        write().map_err(|error| self.unusable(error))
    }

    /// Keeps others from writing until the file is closed. Who writes holds it for one write.
    fn lock(&self, file: &File) -> Result<(), JournalError> {
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Err(self.unusable(error)),
            }
        }
        Err(self
            .unusable(io::Error::new(io::ErrorKind::TimedOut, "another process keeps it locked")))
    }

    fn read_places(&self, file: &File) -> Result<[Option<Seal>; 2], JournalError> {
        let mut places = [None; 2];
        for (number, place) in places.iter_mut().enumerate() {
            let mut line = [0; LINE];
            let length = read_up_to(file, &mut line, number * PLACE)
                .map_err(|error| self.unusable(error))?;
            let Some((layout, seal)) = line.get(..length).and_then(parse_line) else { continue };
            let known = schema::version(&schema::MIGRATIONS);
            if layout > known {
                return Err(JournalError::Newer { path: self.0.clone(), found: layout, known });
            }
            *place = Some(seal);
        }
        Ok(places)
    }

    fn unusable(&self, source: io::Error) -> JournalError {
        JournalError::Folder { path: self.0.clone(), source }
    }
}

/// The place with the last seal.
fn last_of(places: &[Option<Seal>; 2]) -> Option<(usize, Seal)> {
    let held = places.iter().enumerate().filter_map(|(place, seal)| Some((place, (*seal)?)));
    held.max_by_key(|(_, seal)| seal.sequence)
}

fn write_place(file: &File, place: usize, seal: Seal) -> io::Result<()> {
    let layout = schema::version(&schema::MIGRATIONS);
    let Seal { journal, sequence, checksums } = seal;
    let text = format!(
        "{MAGIC} layout {layout} journal {journal} sequence {sequence} checksums {checksums}"
    );
    let line = format!("{text} crc {}\n", crc32fast::hash(text.as_bytes()));
    let offset = u64::try_from(place * PLACE).unwrap_or(u64::MAX);
    file.write_all_at(format!("{line:<LINE$}").as_bytes(), offset)
}

/// The layout and the seal of a line; `None` for anything that is not exactly one.
fn parse_line(bytes: &[u8]) -> Option<(i64, Seal)> {
    let line = std::str::from_utf8(bytes).ok()?.split_once('\n')?.0;
    let (text, crc) = line.rsplit_once(" crc ")?;
    if crc.parse() != Ok(crc32fast::hash(text.as_bytes())) {
        return None;
    }
    let words: Vec<&str> = text.split(' ').collect();
    let [MAGIC, "layout", layout, "journal", journal, "sequence", sequence, "checksums", checksums] =
        *words.as_slice()
    else {
        return None;
    };
    let seal = Seal {
        journal: journal.parse().ok()?,
        sequence: sequence.parse().ok()?,
        checksums: checksums.parse().ok()?,
    };
    Some((layout.parse().ok()?, seal))
}

fn read_up_to(file: &File, buffer: &mut [u8], offset: usize) -> io::Result<usize> {
    let mut length = 0;
    while let Some(rest) = buffer.get_mut(length..).filter(|rest| !rest.is_empty()) {
        let at = u64::try_from(offset + length).unwrap_or(u64::MAX);
        match file.read_at(rest, at) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}
