//! Finding and reading block files: files, folders and patterns, each file on its own.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{
    chain::{Recorded, Series, longest_chains},
    layout,
    name::BlockName,
};

/// What a number of paths gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collection {
    /// Chains of each network, in order of network and height.
    pub series: Vec<Series>,
    /// Files that do not count, in order of name.
    pub skipped: Vec<Skipped>,
}

/// A file that does not count, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Skipped {
    /// Its path.
    pub file: String,
    /// What is wrong with it.
    pub why: String,
}

/// A path or pattern that leads to nothing.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub struct NoSuchFiles {
    path: String,
    why: String,
}

/// Reads all blocks that `paths` lead to: files, folders, whose files are taken and not those of
/// folders within, or patterns with `*`, `?` and `[..]`. `progress` is told how many files of how
/// many are read.
///
/// # Errors
///
/// One of the paths leads to nothing. What is wrong with a file that is there is no error.
pub fn collect(paths: &[PathBuf], progress: &dyn Fn(u64, u64)) -> Result<Collection, NoSuchFiles> {
    let mut files = BTreeSet::new();
    for path in paths {
        expand(path, &mut files)?;
    }
    let all = files.len() as u64;
    let (mut recorded, mut skipped) = (Vec::new(), Vec::new());
    let mut places = std::collections::BTreeMap::new();
    for (read, file) in (1..).zip(&files) {
        match read_file(file) {
            Ok(block) => {
                if let Some(before) = places.insert(block.name.clone(), file.display().to_string())
                {
                    skipped.push(Skipped {
                        file: file.display().to_string(),
                        why: format!("the same block as {before}"),
                    });
                    places.insert(block.name, before);
                } else {
                    recorded.push(block);
                }
            }
            Err(why) => skipped.push(Skipped { file: file.display().to_string(), why }),
        }
        progress(read, all);
    }
    let (series, left) = longest_chains(recorded);
    let told = left
        .into_iter()
        .filter_map(|(name, why)| Some(Skipped { file: places.remove(&name)?, why }));
    skipped.extend(told);
    skipped.sort_unstable();
    Ok(Collection { series, skipped })
}

fn expand(path: &Path, files: &mut BTreeSet<PathBuf>) -> Result<(), NoSuchFiles> {
    let wrong = |why: String| NoSuchFiles { path: path.display().to_string(), why };
    if path.is_dir() {
        return folder(path, files).map_err(|error| wrong(error.to_string()));
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
            folder(&found, files).map_err(|error| wrong(error.to_string()))?;
        } else {
            files.insert(found);
        }
    }
    if any { Ok(()) } else { Err(wrong("no file is called so".to_owned())) }
}

fn folder(path: &Path, files: &mut BTreeSet<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if !path.is_dir() {
            files.insert(path);
        }
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<Recorded, String> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name: BlockName = name.parse().map_err(|error: super::ForeignName| error.to_string())?;
    let file = File::open(path).map_err(|error| error.to_string())?;
    let content = layout::read(file).map_err(|error| error.to_string())?;
    if content.height != name.height {
        return Err(format!(
            "its name says height {}, the block in it {}",
            name.height, content.height
        ));
    }
    Ok(Recorded { name, content })
}
