//! What can be found out about the machine by looking: the folder of state, and who else sets fees.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use rustix::fs::{Access, AtFlags, CWD, accessat, statvfs};
use snarkfee_core::{fault::Fault, policy::Reason, units::DaemonId};
use snarkfee_journal::{JournalError, JournalReader, LookFilter, LookSummary, last_holder};

use super::examination::{Journalled, Machine, Process, StateFolder, Usable};

/// How long an external change counts as a trace.
const MEMORY: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);
/// Most processes looked at, and bytes of each command line.
const MOST_PROCESSES: usize = 20_000;
const LONGEST_COMMAND: u64 = 4096;
/// What other programs that switch workers are called: mina-snark-stopper, snarkstopper.sh.
const OTHERS: [&str; 3] = ["snark-stopper", "snarkstopper", "snark_stopper"];
const OURS: &str = "snarkfee";

/// Looks at the machine, and at what the journal remembers of each daemon. May take as long as the
/// disk does.
pub(super) fn look(folder: &Path, now: Timestamp) -> (Machine, BTreeMap<DaemonId, Journalled>) {
    let controllers = controllers(Path::new("/proc"));
    let holder =
        last_holder(folder).filter(|id| controllers.iter().any(|process| process.id == *id));
    let (unreadable, journalled) = match remembered(folder, now) {
        Ok(journalled) => (None, journalled),
        Err(JournalError::Missing { .. }) => (None, BTreeMap::new()),
        Err(error) => (Some(words(&error)), BTreeMap::new()),
    };
    let nearest = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/"));
    let state = StateFolder {
        nearest: if folder.exists() { folder.to_owned() } else { nearest.to_owned() },
        exists: folder.exists(),
        usable: usable(if folder.exists() { folder } else { nearest }),
        free: statvfs(nearest).ok().map(|system| system.f_bavail.saturating_mul(system.f_frsize)),
        unreadable,
        held_by: holder,
    };
    let controllers =
        controllers.into_iter().filter(|process| Some(process.id) != holder).collect();
    (Machine { state, controllers }, journalled)
}

/// Asks the system; nothing is made.
fn usable(folder: &Path) -> Usable {
    if !folder.is_dir() {
        return Usable::No { why: "it is not a folder".to_owned() };
    }
    let asked = accessat(
        CWD,
        folder,
        Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK,
        AtFlags::EACCESS,
    );
    match asked {
        Ok(()) => Usable::Yes,
        Err(error) => Usable::No { why: std::io::Error::from(error).to_string() },
    }
}

fn remembered(
    folder: &Path,
    now: Timestamp,
) -> Result<BTreeMap<DaemonId, Journalled>, JournalError> {
    let since = now.checked_sub(MEMORY).ok();
    let mut found: BTreeMap<DaemonId, Journalled> = BTreeMap::new();
    JournalReader::open(folder)?.for_each_summary(
        &LookFilter { since, ..LookFilter::default() },
        |row: LookSummary| -> Result<(), JournalError> {
            if row.reason == (Reason::ExternalChange { until: row.at }).code()
                && let Ok(daemon) = DaemonId::try_new(&row.daemon)
            {
                found.entry(daemon).or_default().external_change = Some(row.at);
            }
            Ok(())
        },
    )?;
    Ok(found)
}

/// An error with its causes, on one line.
fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// The programs that set fees, among the processes that this user may see.
fn controllers(processes: &Path) -> Vec<Process> {
    let Ok(entries) = fs::read_dir(processes) else { return Vec::new() };
    let own = std::process::id();
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mut found: Vec<Process> = numbers
        .take(MOST_PROCESSES)
        .filter(|id| *id != own)
        .filter_map(|id| {
            Some(Process { id, name: controller(&command(&processes.join(id.to_string()))?)? })
        })
        .collect();
    found.sort_by_key(|process| process.id);
    found
}

/// The words of a command line.
fn command(process: &Path) -> Option<Vec<String>> {
    let mut line = Vec::new();
    File::open(process.join("cmdline")).ok()?.take(LONGEST_COMMAND).read_to_end(&mut line).ok()?;
    Some(
        line.split(|byte| *byte == 0)
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect(),
    )
}

/// The name of a program that sets fees: the program itself, or what an interpreter was told to
/// run.
fn controller(command: &[String]) -> Option<String> {
    let name = |word: &String| {
        PathBuf::from(word).file_name().map(|name| name.to_string_lossy().into_owned())
    };
    let names: Vec<String> = command.iter().take(3).filter_map(name).collect();
    if names.first().is_some_and(|name| name == OURS)
        && command.iter().skip(1).any(|word| word == "run")
    {
        return names.first().cloned();
    }
    let other =
        names.iter().find(|name| OTHERS.iter().any(|other| name.to_lowercase().contains(other)));
    other.map(|name| Fault::excerpt(name))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn line(words: &[&str]) -> Option<String> {
        controller(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn programs_that_set_fees_are_told_by_name() {
        assert_eq!(line(&["/usr/bin/snarkfee", "run", "-c", "x"]).as_deref(), Some("snarkfee"));
        assert_eq!(
            line(&["/usr/bin/snarkfee", "--log-format", "json", "run"]).as_deref(),
            Some("snarkfee")
        );
        assert_eq!(line(&["snarkfee", "check", "-c", "x"]), None);
        assert_eq!(
            line(&["/bin/bash", "/opt/snarkstopper.sh"]).as_deref(),
            Some("snarkstopper.sh")
        );
        assert_eq!(
            line(&["python3", "-u", "mina-snark-stopper.py"]).as_deref(),
            Some("mina-snark-stopper.py")
        );
        assert_eq!(line(&["mina", "daemon", "--run-snark-worker", "B62q"]), None);
        assert_eq!(line(&[""]), None);
        assert_eq!(line(&[]), None);
    }

    #[test]
    fn the_running_processes_can_be_looked_at() {
        assert!(
            controllers(Path::new("/proc")).iter().all(|process| process.id != std::process::id())
        );
        assert!(controllers(Path::new("/nowhere")).is_empty());
    }

    #[test]
    fn a_folder_is_judged_without_making_it() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("a/b");
        let (machine, journalled) = look(&missing, Timestamp::UNIX_EPOCH);
        assert_eq!((machine.state.usable, machine.state.exists), (Usable::Yes, false));
        assert_eq!(
            (machine.state.nearest.as_path(), machine.state.unreadable),
            (folder.path(), None)
        );
        assert!(machine.state.free.is_some_and(|free| free > 0) && journalled.is_empty());
        assert!(!missing.exists());

        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(look(&file, Timestamp::UNIX_EPOCH).0.state.usable, Usable::No { .. }));

        fs::write(folder.path().join("journal.sqlite"), "something else").unwrap();
        let (machine, _) = look(folder.path(), Timestamp::UNIX_EPOCH);
        assert!(machine.state.unreadable.is_some_and(|why| why.contains("not an SQLite database")));

        let closed = folder.path().join("closed");
        fs::create_dir(&closed).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).unwrap();
        // The rights of root end nowhere.
        let root = fs::write(closed.join("probe"), "").is_ok();
        assert_eq!(matches!(usable(&closed), Usable::Yes), root);
    }
}
