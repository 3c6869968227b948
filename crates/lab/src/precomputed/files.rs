//! Finds and reads block files by path, folder or pattern.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    fs::{self, File},
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::bufread::MultiGzDecoder;
use serde::Serialize;

use super::{
    chain::{BlockIdentity, BlockSeries, RecordedBlock, longest_chains},
    layout::{self, BlockContent},
    name::{BlockName, BlockNameError},
};

/// How a file compressed by gzip begins (RFC 1952).
const GZIP: &[u8] = &[0x1f, 0x8b];
/// Most bytes of a file once decompressed: real blocks have up to some 20 MB.
const LARGEST: u64 = 1 << 30;

/// Blocks read from a number of paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlockCollection {
    /// Chains of each network, in order of network and height.
    pub series: Vec<BlockSeries>,
    /// Files not used, in order of path.
    pub skipped: Vec<SkippedFile>,
}

/// A file that was not used, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SkippedFile {
    /// Path of the file.
    pub file: String,
    /// Why it was not used.
    pub why: String,
    /// What kind of reason that is.
    #[serde(skip)]
    pub kind: SkipKind,
}

/// The kinds of reason for which a file is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkipKind {
    /// Its block is not on the longest chain.
    Fork,
    /// Another file has the same block.
    Double,
    /// Its name is not that of a block.
    OtherName,
    /// It has no block that can be used.
    Defect,
}

impl SkipKind {
    /// Every kind, those that are no fault of the data first.
    pub const ALL: [Self; 4] = [Self::Fork, Self::Double, Self::OtherName, Self::Defect];

    /// What the files of this kind are.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Fork => "of forks beside the longest chain",
            Self::Double => "with a block that another file has",
            Self::OtherName => "with a name that is not a block's",
            Self::Defect => "without a block that can be used",
        }
    }
}

/// Why there are no blocks.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// A path or pattern that matches no file.
    #[error("{path}: {why}")]
    Path {
        /// The path.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Folders without a file.
    #[error("{paths}: no files; a folder's own files are read, not those of folders in it")]
    NoFiles {
        /// The paths.
        paths: String,
    },
    /// None of the files could be used.
    #[error("no block in any of {files} files; {}: {}", .first.file, .first.why)]
    NoBlocks {
        /// Number of files.
        files: usize,
        /// One of them.
        first: SkippedFile,
    },
}

/// Reads all blocks under `paths`. A path is a file, a folder, whose direct files are read, or a
/// pattern with `*`, `?` and `[..]`. Calls `progress` with the number of files read and the total.
///
/// # Errors
///
/// A path matches nothing, or no file has a block. A single file with a defect is no error; it is
/// in `skipped`.
pub fn collect_blocks(
    paths: &[PathBuf],
    progress: &dyn Fn(u64, u64),
) -> Result<BlockCollection, CollectError> {
    let mut files = BTreeSet::new();
    for path in paths {
        add_files(path, &mut files)?;
    }
    let all = files.len() as u64;
    let (mut recorded, mut skipped) = (Vec::new(), Vec::new());
    let mut places: BTreeMap<BlockIdentity, String> = BTreeMap::new();
    for (read, path) in (1..).zip(&files) {
        let file = path.display().to_string();
        match read_file(path) {
            Ok(block) => match places.entry(block.identity.clone()) {
                Entry::Vacant(place) => {
                    place.insert(file);
                    recorded.push(block);
                }
                Entry::Occupied(before) => {
                    let why = format!("the same block as {}", before.get());
                    skipped.push(SkippedFile { file, why, kind: SkipKind::Double });
                }
            },
            Err((kind, why)) => skipped.push(SkippedFile { file, why, kind }),
        }
        progress(read, all);
    }
    let (series, left) = longest_chains(recorded);
    let off_chain = left.into_iter().filter_map(|(block, why)| {
        Some(SkippedFile { file: places.remove(&block)?, why, kind: SkipKind::Fork })
    });
    skipped.extend(off_chain);
    skipped.sort_unstable();
    if series.is_empty() {
        return Err(explain_nothing(paths, files.len(), skipped));
    }
    Ok(BlockCollection { series, skipped })
}

/// Why there is no block at all; a file that should have one tells more than one that should not.
fn explain_nothing(paths: &[PathBuf], files: usize, skipped: Vec<SkippedFile>) -> CollectError {
    match skipped.into_iter().max_by_key(|skipped| skipped.kind) {
        Some(first) => CollectError::NoBlocks { files, first },
        None => {
            let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            CollectError::NoFiles { paths: paths.join(", ") }
        }
    }
}

fn add_files(path: &Path, files: &mut BTreeSet<PathBuf>) -> Result<(), CollectError> {
    let wrong = |why: String| CollectError::Path { path: path.display().to_string(), why };
    if path.is_dir() {
        return add_folder(path, files).map_err(|error| wrong(error.to_string()));
    }
    if path.exists() {
        files.insert(path.to_owned());
        return Ok(());
    }
    let pattern = path.to_str().filter(|text| text.contains(['*', '?', '[']));
    let pattern = pattern.ok_or_else(|| wrong("no such file or folder".to_owned()))?;
    let mut any = false;
    for found in glob::glob(pattern).map_err(|error| wrong(error.to_string()))? {
        let found = found.map_err(|error| wrong(error.to_string()))?;
        any = true;
        if found.is_dir() {
            add_folder(&found, files).map_err(|error| wrong(error.to_string()))?;
        } else {
            files.insert(found);
        }
    }
    if any { Ok(()) } else { Err(wrong("no file matches this pattern".to_owned())) }
}

fn add_folder(path: &Path, files: &mut BTreeSet<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if !path.is_dir() {
            files.insert(path);
        }
    }
    Ok(())
}

/// A block, or why the file has none. Whatever its name, a compressed file shows by how it begins.
fn read_file(path: &Path) -> Result<RecordedBlock, (SkipKind, String)> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let BlockName { network, height, state_hash } =
        name.parse().map_err(|error: BlockNameError| (SkipKind::OtherName, error.to_string()))?;
    let content = read_content(path).map_err(|why| (SkipKind::Defect, why))?;
    match height.filter(|height| *height != content.height) {
        Some(height) => {
            let why = format!("its name says height {height}, the block in it {}", content.height);
            Err((SkipKind::Defect, why))
        }
        None => Ok(RecordedBlock { identity: BlockIdentity { network, state_hash }, content }),
    }
}

fn read_content(path: &Path) -> Result<BlockContent, String> {
    let failed = |error: io::Error| error.to_string();
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let compressed = file.fill_buf().map_err(failed)?.starts_with(GZIP);
    let read = match compressed {
        true => layout::read_block(MultiGzDecoder::new(file).take(LARGEST)),
        false => layout::read_block(file),
    };
    read.map_err(|error| error.to_string())
}
