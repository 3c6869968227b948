//! The facts about the machine: the state directory, and other programs that set fees.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use rustix::fs::{Access, AtFlags, CWD, accessat, statvfs};
use snarkfee_core::{fault::Fault, policy::Reason, units::DaemonId};
use snarkfee_journal::{
    JOURNAL_FILE, JournalError, JournalReader, LOCK_FILE, LookFilter, LookSummary, last_holder,
};

use super::{
    examination::{ControllerProcess, Machine, StateFolder},
    processes::list_commands,
};

/// How long an external change counts as a sign of another controller.
const CHANGE_MEMORY: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);
/// Parts of the names of other programs that switch workers: mina-snark-stopper, snarkstopper.sh.
const OTHER_CONTROLLERS: [&str; 3] = ["snark-stopper", "snarkstopper", "snark_stopper"];
const OWN_NAME: &str = "snarkfee";

/// Examines the machine, and reads the last external change of each daemon from the journal. Blocks
/// on the disk.
pub(super) fn examine_machine(
    folder: &Path,
    now: Timestamp,
) -> (Machine, BTreeMap<DaemonId, Timestamp>) {
    let controllers = find_controllers(Path::new("/proc"));
    let holder =
        last_holder(folder).filter(|id| controllers.iter().any(|process| process.id == *id));
    let (unreadable, changes) = match read_external_changes(folder, now) {
        Ok(changes) => (None, changes),
        Err(JournalError::Missing { .. }) => (None, BTreeMap::new()),
        Err(error) => (Some(error_chain(&error)), BTreeMap::new()),
    };
    let nearest = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/"));
    let state = StateFolder {
        nearest: if folder.exists() { folder.to_owned() } else { nearest.to_owned() },
        exists: folder.exists(),
        access: check_access(if folder.exists() { folder } else { nearest }),
        read_only_file: find_read_only_file(folder),
        free: statvfs(nearest).ok().map(|system| system.f_bavail.saturating_mul(system.f_frsize)),
        unreadable,
        held_by: holder,
    };
    let controllers =
        controllers.into_iter().filter(|process| Some(process.id) != holder).collect();
    (Machine { state, controllers }, changes)
}

/// Whether files may be created in a directory; nothing is created.
fn check_access(folder: &Path) -> Result<(), String> {
    if !folder.is_dir() {
        return Err("it is not a directory".to_owned());
    }
    accessat(CWD, folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)
        .map_err(|error| std::io::Error::from(error).to_string())
}

/// A file of the journal that is there and may not be written, as after a start as another user.
fn find_read_only_file(folder: &Path) -> Option<(String, String)> {
    let files =
        fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut ours: Vec<String> =
        files.filter(|name| name.starts_with(JOURNAL_FILE) || name == LOCK_FILE).collect();
    ours.sort();
    ours.into_iter().find_map(|name| {
        let access = Access::READ_OK | Access::WRITE_OK;
        let refused = accessat(CWD, folder.join(&name), access, AtFlags::EACCESS).err()?;
        Some((name, std::io::Error::from(refused).to_string()))
    })
}

/// When someone else last changed fee or key of each daemon.
fn read_external_changes(
    folder: &Path,
    now: Timestamp,
) -> Result<BTreeMap<DaemonId, Timestamp>, JournalError> {
    let since = now.checked_sub(CHANGE_MEMORY).ok();
    let mut found = BTreeMap::new();
    JournalReader::open(folder)?.for_each_summary(
        &LookFilter { since, ..LookFilter::default() },
        |row: LookSummary| -> Result<(), JournalError> {
            if row.reason == (Reason::ExternalChange { until: row.at }).code()
                && let Ok(daemon) = DaemonId::try_new(&row.daemon)
            {
                found.insert(daemon, row.at);
            }
            Ok(())
        },
    )?;
    Ok(found)
}

/// An error with its causes, on one line.
fn error_chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// The programs that set fees, among the processes that this user may see.
fn find_controllers(processes: &Path) -> Vec<ControllerProcess> {
    let recognised = |(id, command): (u32, Vec<String>)| {
        Some(ControllerProcess { id, name: recognise_controller(&command)? })
    };
    let mut found: Vec<_> = list_commands(processes).filter_map(recognised).collect();
    found.sort_by_key(|process| process.id);
    found
}

/// The name of a program that sets fees: the program itself, or the script of an interpreter.
fn recognise_controller(command: &[String]) -> Option<String> {
    let name = |word: &String| {
        PathBuf::from(word).file_name().map(|name| name.to_string_lossy().into_owned())
    };
    let names: Vec<String> = command.iter().take(3).filter_map(name).collect();
    if names.first().is_some_and(|name| name == OWN_NAME)
        && command.iter().skip(1).any(|word| word == "run")
    {
        return names.first().cloned();
    }
    let other = names
        .iter()
        .find(|name| OTHER_CONTROLLERS.iter().any(|other| name.to_lowercase().contains(other)));
    other.map(|name| Fault::excerpt(name))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn line(words: &[&str]) -> Option<String> {
        recognise_controller(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn programs_that_set_fees_are_recognised_by_name() {
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
    fn the_running_processes_can_be_examined() {
        assert!(
            find_controllers(Path::new("/proc"))
                .iter()
                .all(|process| process.id != std::process::id())
        );
        assert!(find_controllers(Path::new("/nowhere")).is_empty());
    }

    #[test]
    fn a_directory_is_judged_without_creating_it() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("a/b");
        let (machine, changes) = examine_machine(&missing, Timestamp::UNIX_EPOCH);
        assert_eq!((machine.state.access, machine.state.exists), (Ok(()), false));
        assert_eq!(
            (machine.state.nearest.as_path(), machine.state.unreadable),
            (folder.path(), None)
        );
        assert!(machine.state.free.is_some_and(|free| free > 0) && changes.is_empty());
        assert!(!missing.exists());

        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(examine_machine(&file, Timestamp::UNIX_EPOCH).0.state.access.is_err());

        fs::write(folder.path().join("journal.sqlite"), "something else").unwrap();
        let (machine, _) = examine_machine(folder.path(), Timestamp::UNIX_EPOCH);
        assert!(machine.state.unreadable.is_some_and(|why| why.contains("not an SQLite database")));

        let closed = folder.path().join("closed");
        fs::create_dir(&closed).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).unwrap();
        // Root may write everywhere.
        let root = fs::write(closed.join("probe"), "").is_ok();
        assert_eq!(check_access(&closed).is_ok(), root);
    }
}
