//! Every command in the documentation is run, but for those that are marked with what they need.
//!
//! They run one after another, as a reader would, in a folder and a network of their own, where a
//! simulated daemon has the usual ports. Experiments run with fewer policies, seeds and slots than
//! shown, and what runs for long is interrupted.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{backtest::blocks, project::root, tools::tool};

/// What a block may need that a test does not have; it is written above the block, as in
/// `<!-- not run: docker -->`.
const NEEDS: [&str; 6] = ["cargo", "docker", "hours", "internet", "itself", "root"];
const MARK: &str = "<!-- not run: ";
/// Seconds after which a command is interrupted that does not end by itself.
const PATIENCE: u32 = 120;
const INTERRUPTED_AFTER: u32 = 4;

/// A command line of the documentation.
struct Documented {
    place: String,
    line: String,
    /// What it needs, where it is not run.
    needs: Option<String>,
}

fn documents() -> Vec<PathBuf> {
    let folders = ["", "docs", "docs/runbooks"].map(|folder| root().join(folder));
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut paths: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    // The README first: what it sets up, the others use.
    paths.sort_by_key(|path| (!path.ends_with("README.md"), path.clone()));
    paths
}

fn documented_commands() -> Vec<Documented> {
    documents().iter().flat_map(|path| commands_of(path)).collect()
}

fn commands_of(path: &Path) -> Vec<Documented> {
    let name = path.strip_prefix(root()).unwrap().display().to_string();
    let text = fs::read_to_string(path).unwrap();
    let (mut found, mut before, mut needs, mut fenced) = (Vec::new(), "", None, false);
    for (number, written) in text.lines().enumerate() {
        let line = written.trim();
        if line.starts_with("```") {
            fenced = matches!(line, "```console" | "```sh" | "```bash");
            let mark = before.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(" -->"));
            needs = mark.map(str::to_owned);
        } else if fenced && !line.is_empty() {
            let line = line.trim_start_matches("$ ").to_owned();
            let place = format!("{name}:{}", number + 1);
            found.push(Documented { place, line, needs: needs.clone() });
        }
        before = line;
    }
    found
}

#[test]
fn what_is_not_run_says_what_it_needs() {
    let commands = documented_commands();
    for Documented { place, needs, .. } in &commands {
        let known = needs.as_deref().is_none_or(|needs| NEEDS.contains(&needs));
        assert!(known, "{place}: {needs:?}");
    }
    let run = commands.iter().filter(|command| command.needs.is_none()).count();
    assert!(run >= 15, "only {run} are run");
}

/// The line as it is run.
fn shorten(line: &str) -> String {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    if words.starts_with(&["cargo", "run", "--"]) {
        drop(words.splice(..3, ["snarkfee"]));
    }
    for (option, value) in [("--seeds", "1"), ("--slots", "40"), ("--policies", "profit,off")] {
        if let Some(at) = words.iter().position(|word| *word == option) {
            words[at + 1] = value;
        }
    }
    let is = |command: &[&str]| words.starts_with(command);
    let has = |option: &str| words.contains(&option);
    let mut more = Vec::new();
    if is(&["snarkfee", "simulate"]) && !has("--list") {
        more.extend(["--slots", "40"].into_iter().filter(|_| !has("--slots")));
        more.extend(["--seeds", "1"].into_iter().filter(|_| !has("--seeds")));
        let hindsight = !has("--without-hindsight") && !has("--together");
        more.extend(["--without-hindsight"].into_iter().filter(|_| hindsight));
    }
    words.extend(more);
    words.join(" ")
}

/// Whether a command runs until it is interrupted, or may be: `tune` then prints the best so far.
fn is_endless(line: &str) -> bool {
    let endless = ["snarkfee run", "snarkfee demo", "snarkfee daemon-sim", "snarkfee tune"];
    endless.iter().any(|command| line.starts_with(command)) && !line.contains("--once")
}

/// A script that runs each command, and prints its number and its exit code.
fn write_script(commands: &[Documented], program: &Path, folder: &Path) -> String {
    let mut script = format!(
        "ip link set lo up\ncd '{home}'\nmkdir bin && ln -s '{program}' bin/snarkfee\n\
         export HOME='{home}' PATH=\"{home}/bin:$PATH\"\nunset XDG_CONFIG_HOME XDG_STATE_HOME RUST_LOG\n\
         export TOKEN=0123456789abcdef-token\nprintf %s \"$TOKEN\" >token\n\
         export SNARKFEE__CONTROLLER__ADMIN_TOKEN_FILE='{home}/token'\n\
         wait_for() {{ for _ in $(seq 300); do curl -fs \"$1\" >answer && return; sleep 0.1; done; }}\n\
         snarkfee daemon-sim --scenario scarce --speed 1 >daemon.log 2>&1 &\ndaemon=$!\n\
         wait_for http://127.0.0.1:10000/metrics\n",
        home = folder.display(),
        program = program.display(),
    );
    for (number, Documented { line, .. }) in commands.iter().enumerate() {
        let line = shorten(line);
        let limit = if is_endless(&line) { INTERRUPTED_AFTER } else { PATIENCE };
        let asks_service = line.starts_with("curl ") || line == "snarkfee explain";
        if asks_service {
            script.push_str(
                "snarkfee run >service.log 2>&1 &\nservice=$!\nwait_for http://127.0.0.1:9527/readyz\n",
            );
        }
        let quoted = line.replace('\'', r"'\''");
        writeln!(
            script,
            "[ -e new-settings.toml ] || cp snarkfee.toml new-settings.toml 2>/dev/null\n\
             yes '' | timeout --foreground --preserve-status -k 60 -s INT {limit} bash -c '{quoted}' >out 2>&1\n\
             code=$?\necho \"== {number} $code\"; [ $code = 0 ] || tail -n 5 out"
        )
        .unwrap();
        if asks_service {
            script.push_str("kill -INT $service; wait $service\n");
        }
    }
    script.push_str("kill -INT $daemon; wait $daemon\n");
    script
}

#[test]
fn every_command_of_the_documentation_runs() {
    let (Some(unshare), Some(_), Some(_)) = (tool("unshare"), tool("ip"), tool("curl")) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let blocks_folder = folder.path().join("blocks");
    fs::create_dir(&blocks_folder).unwrap();
    blocks(&blocks_folder);
    let commands: Vec<_> =
        documented_commands().into_iter().filter(|command| command.needs.is_none()).collect();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_snarkfee"));
    let script = write_script(&commands, &program, folder.path());
    let output = Command::new(unshare)
        .args(["--user", "--map-root-user", "--net", "bash", "-c", &script])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    if text.is_empty() && errors.contains("unshare") {
        println!("skipped: no network of one's own may be made here: {errors}");
        return;
    }
    for (number, Documented { place, line, .. }) in commands.iter().enumerate() {
        let ran = text.lines().find_map(|told| told.strip_prefix(&format!("== {number} ")));
        assert_eq!(ran, Some("0"), "{place}: {line}\n{text}\n{errors}");
    }
    println!("{} commands of the documentation were run", commands.len());
}
