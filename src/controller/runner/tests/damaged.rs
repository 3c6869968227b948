//! Random damages to the journal of a service that was killed: whatever they are, what protected the
//! daemon before protects it still, or nothing is sent.
//!
//! `SNARKFEE_DAMAGES` says how many (60); they follow from `SNARKFEE_SEED` (1).

use std::{collections::BTreeMap, fs, path::Path};

use rand::seq::IndexedRandom;
use snarkfee_journal::JOURNAL_FILE;

use super::{journalled::Runs, *};

/// The files of a state folder.
type Files = BTreeMap<String, Vec<u8>>;

const LOG: &str = "journal.sqlite-wal";
const INDEX: &str = "journal.sqlite-shm";
const SEAL: &str = "journal.seal";

/// Something that protects a daemon.
#[derive(Clone, Copy, Debug)]
enum Protection {
    /// A pause that was acknowledged and not obeyed yet.
    GivenPause,
    /// A pause that was obeyed.
    Pause,
    Breaker,
    Cooldown,
    OpenIntent,
}

/// A journal that protects its daemon, as a kill leaves it.
struct Protected {
    runs: Runs,
    by: Protection,
    settings: DaemonSettings,
    files: Files,
    /// As it was before it did.
    earlier: Files,
}

fn read_files(folder: &Path) -> Files {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()));
    files.filter(|(name, _)| name != "lock").collect()
}

/// A service that has nothing to do is protected, and then ends; the next one would change the fee.
async fn protect(by: Protection) -> Protected {
    let mut runs = Runs::new(OnExit::Keep);
    let at_target = DaemonSettings { fee: fee(4_999_999), ..on() };
    let mut killed = runs.begin(at_target.clone(), false);
    killed.runner.run_cycle().await;
    assert_eq!(killed.kept.codes(), [("hold", "at_target", "held")]);
    let earlier = read_files(runs.folder.path());
    let lower = |ceiling| {
        let mut lower = runs.plan.clone();
        lower.params.pricing.ceiling = fee(ceiling).into();
        lower
    };
    match by {
        Protection::GivenPause | Protection::Pause => {
            killed.order(OperatorCommand::Pause { daemon: None, until: None }).await;
            if let Protection::Pause = by {
                killed.runner.run_cycle().await;
            }
        }
        Protection::Breaker => {
            let mut down = looks(1, false);
            down[0].status = Err(Fault::Unreachable { cause: "refused".into() });
            killed.runner.wiring.port = ScriptedDaemon::with_settings(at_target).with_looks(down);
            killed.runner.run_cycle().await;
            killed.runner.run_cycle().await;
        }
        Protection::Cooldown => {
            killed.plan.send_replace(Arc::new(lower(4_500_000)));
            killed.runner.run_cycle().await;
        }
        Protection::OpenIntent => {
            killed.plan.send_replace(Arc::new(lower(4_500_000)));
            let came = Arc::new(Notify::new());
            let heard = Arc::clone(&came);
            let daemon = ScriptedDaemon::with_settings(at_target).with_looks(looks(1, false));
            killed.runner.wiring.port =
                daemon.with_answers([Answer::Hang(Arc::new(move || heard.notify_one()))]);
            tokio::select! {
                _ = killed.runner.run_cycle() => panic!("no answer comes"),
                () = came.notified() => {}
            }
        }
    }
    let settings = killed.runner.wiring.port.settings();
    let files = read_files(runs.folder.path());
    runs.plan = lower(4_000_000);
    Protected { runs, by, settings, files, earlier }
}

impl Protected {
    /// The next process on these files. `None` where it refuses them, else what it sends and why it
    /// holds.
    async fn try_on(&self, files: &Files) -> Option<(usize, &'static str)> {
        let runs = Runs { folder: tempfile::tempdir().unwrap(), plan: self.runs.plan.clone() };
        for (name, bytes) in files {
            fs::write(runs.folder.path().join(name), bytes).unwrap();
        }
        let mut next = runs.try_begin(self.settings.clone(), false).ok()?;
        next.runner.run_cycle().await;
        next.runner.run_cycle().await;
        let held = next.kept.codes().last().map_or("", |(_, reason, _)| *reason);
        Some((next.runner.wiring.port.sent().len(), held))
    }
}

/// Damages files and says how.
fn damage(files: &mut Files, earlier: &Files, foreign: &Files, random: &mut ChaCha8Rng) -> String {
    let names: Vec<String> = files.keys().cloned().collect();
    let name = names.choose(random).unwrap().clone();
    let bytes = files.get_mut(&name).unwrap();
    let at = random.random_range(0..bytes.len());
    match random.random_range(0..10) {
        0..4 => {
            bytes[at] ^= 1 << random.random_range(0..8);
            format!("a bit of {name} at {at}")
        }
        4 => {
            bytes.truncate(at);
            format!("{name} cut off at {at}")
        }
        5 => {
            let page = at / 4_096 * 4_096;
            let end = bytes.len().min(page + 4_096);
            bytes[page..end].fill(0);
            format!("zeros in {name} at {page}")
        }
        6 => {
            let end = bytes.len().min(at + random.random_range(1..600));
            bytes[at..end].fill_with(|| random.random());
            format!("noise in {name} at {at}..{end}")
        }
        7 => {
            files.remove(&name);
            format!("no {name}")
        }
        8 => {
            let (source, whose) = if random.random() {
                (earlier, "an earlier")
            } else {
                (foreign, "another journal's")
            };
            let all = random.random::<bool>() && name != SEAL;
            let swapped = if all { vec![JOURNAL_FILE, LOG, INDEX] } else { vec![&*name] };
            for name in &swapped {
                files.remove(*name);
                files.extend(
                    source.get_key_value(*name).map(|(name, bytes)| (name.clone(), bytes.clone())),
                );
            }
            format!("{whose} {swapped:?}")
        }
        _ => {
            let lost =
                if random.random() { vec![LOG, INDEX] } else { vec![JOURNAL_FILE, LOG, INDEX] };
            lost.iter().for_each(|name| drop(files.remove(*name)));
            format!("no {lost:?}")
        }
    }
}

fn read_number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |number| number.parse().unwrap())
}

#[tokio::test]
async fn no_damage_to_the_journal_sets_free_what_it_protected() {
    let (damages, seed) = (read_number("SNARKFEE_DAMAGES", 60), read_number("SNARKFEE_SEED", 1));
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut protected = Vec::new();
    for by in [
        Protection::GivenPause,
        Protection::Pause,
        Protection::Breaker,
        Protection::Cooldown,
        Protection::OpenIntent,
    ] {
        let whole = protect(by).await;
        for files in [whole.files.clone(), checkpoint(&whole.files)] {
            let (sent, held) = whole.try_on(&files).await.unwrap();
            assert!(sent == 0 && held != "journal_doubt", "{by:?}, undamaged: {held}");
        }
        protected.push(whole);
    }
    // What nothing protects is free to act.
    let (sent, held) = protected[0].try_on(&protected[0].earlier).await.unwrap();
    assert!(sent == 1, "{held}");
    let foreign = protect(Protection::Breaker).await.earlier;
    let mut counts: BTreeMap<(String, &str), u32> = BTreeMap::new();
    for number in 0..damages {
        let whole = protected.choose(&mut random).unwrap();
        let mut files = whole.files.clone();
        // Half of them as a clean end leaves them: all is in one file.
        if random.random() {
            files = checkpoint(&files);
        }
        let how = damage(&mut files, &whole.earlier, &foreign, &mut random);
        let found = whole.try_on(&files).await;
        let (sent, held) = found.unwrap_or((0, "refused"));
        assert_eq!(sent, 0, "seed {seed}, damage {number} to {:?}: {how}; {held}", whole.by);
        *counts.entry((format!("{:?}", whole.by), held)).or_default() += 1;
    }
    println!("{damages} damages, seed {seed}: nothing sent; {counts:?}");
}

/// The files after SQLite moved everything from the log into the journal.
fn checkpoint(files: &Files) -> Files {
    let folder = tempfile::tempdir().unwrap();
    for name in [JOURNAL_FILE, LOG] {
        fs::write(folder.path().join(name), &files[name]).unwrap();
    }
    let connection = rusqlite::Connection::open(folder.path().join(JOURNAL_FILE)).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    connection.close().unwrap();
    let mut moved = read_files(folder.path());
    moved.insert(SEAL.to_owned(), files[SEAL].clone());
    moved
}
