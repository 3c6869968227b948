//! Finds and reads block files by path, folder or pattern.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{
    chain::{BlockSeries, RecordedBlock, longest_chains},
    layout,
    name::{BlockName, BlockNameError},
};

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
}

/// A path or pattern that matches no file.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub struct PathError {
    path: String,
    why: String,
}

/// Reads all blocks under `paths`. A path is a file, a folder, whose direct files are read, or a
/// pattern with `*`, `?` and `[..]`. Calls `progress` with the number of files read and the total.
///
/// # Errors
///
/// A path matches nothing. A file with a defect is no error; it is in `skipped`.
pub fn collect_blocks(
    paths: &[PathBuf],
    progress: &dyn Fn(u64, u64),
) -> Result<BlockCollection, PathError> {
    let mut files = BTreeSet::new();
    for path in paths {
        add_files(path, &mut files)?;
    }
    let all = files.len() as u64;
    let (mut recorded, mut skipped) = (Vec::new(), Vec::new());
    let mut places = std::collections::BTreeMap::new();
    for (read, file) in (1..).zip(&files) {
        match read_file(file) {
            Ok(block) => {
                if let Some(before) = places.insert(block.name.clone(), file.display().to_string())
                {
                    skipped.push(SkippedFile {
                        file: file.display().to_string(),
                        why: format!("the same block as {before}"),
                    });
                    places.insert(block.name, before);
                } else {
                    recorded.push(block);
                }
            }
            Err(why) => skipped.push(SkippedFile { file: file.display().to_string(), why }),
        }
        progress(read, all);
    }
    let (series, left) = longest_chains(recorded);
    let off_chain = left
        .into_iter()
        .filter_map(|(name, why)| Some(SkippedFile { file: places.remove(&name)?, why }));
    skipped.extend(off_chain);
    skipped.sort_unstable();
    Ok(BlockCollection { series, skipped })
}

fn add_files(path: &Path, files: &mut BTreeSet<PathBuf>) -> Result<(), PathError> {
    let wrong = |why: String| PathError { path: path.display().to_string(), why };
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

fn read_file(path: &Path) -> Result<RecordedBlock, String> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name: BlockName = name.parse().map_err(|error: BlockNameError| error.to_string())?;
    let file = File::open(path).map_err(|error| error.to_string())?;
    let content = layout::read_block(file).map_err(|error| error.to_string())?;
    if content.height != name.height {
        return Err(format!(
            "its name says height {}, the block in it {}",
            name.height, content.height
        ));
    }
    Ok(RecordedBlock { name, content })
}
