//! The command lines of the processes that this user may see.

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

/// Most processes examined, and most bytes read of each command line.
const MAX_PROCESSES: usize = 20_000;
const MAX_COMMAND: u64 = 16 << 10;

/// Process IDs and the words of their command lines, but for this process; `processes` is `/proc`,
/// and where there is none, there are none.
pub(crate) fn list_commands(processes: &Path) -> impl Iterator<Item = (u32, Vec<String>)> {
    let own = std::process::id();
    let entries = fs::read_dir(processes).into_iter().flatten();
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    numbers
        .take(MAX_PROCESSES)
        .filter(move |id| *id != own)
        .filter_map(|id| Some((id, read_command(&processes.join(id.to_string()))?)))
}

fn read_command(process: &Path) -> Option<Vec<String>> {
    let mut line = Vec::new();
    File::open(process.join("cmdline")).ok()?.take(MAX_COMMAND).read_to_end(&mut line).ok()?;
    Some(
        line.split(|byte| *byte == 0)
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect(),
    )
}
