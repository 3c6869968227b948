//! The built binary as a child process: its lines as events, signals, and how it ended.

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use serde_json::Value;
use tokio::sync::watch;

/// Longer than anything waited for takes on a busy machine; running out of it fails the test.
const AMPLE: Duration = Duration::from_secs(90);

/// What a process has written so far, line by line.
pub(crate) type Lines = watch::Receiver<Vec<String>>;

/// A running child. Dropping it kills it.
pub(crate) struct Process {
    running: Running,
    out: Lines,
    log: Lines,
    /// Stays until the process has ended.
    _configured: Option<Configured>,
}

impl Process {
    /// Starts `snarkfee` with these arguments.
    pub(crate) fn start<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Self {
        Self::start_with(arguments, &[])
    }

    /// The same with these variables in its environment.
    pub(crate) fn start_with<S: AsRef<OsStr>>(
        arguments: impl IntoIterator<Item = S>,
        variables: &[(&str, &OsStr)],
    ) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_snarkfee"))
            .args(arguments)
            .env_remove("RUST_LOG")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (out, out_thread) = follow(child.stdout.take().unwrap());
        let (log, log_thread) = follow(child.stderr.take().unwrap());
        let id = child.id();
        let (end, ended) = watch::channel(None);
        thread::spawn(move || {
            // Whoever sees the end may rely on having every line.
            out_thread.join().unwrap();
            log_thread.join().unwrap();
            end.send_replace(Some(child.wait().unwrap()));
        });
        Self { running: Running { id, ended }, out, log, _configured: None }
    }

    /// Starts `snarkfee run` with this configuration and a log in JSON.
    pub(crate) fn run(configured: Configured, arguments: &[&str]) -> Self {
        Self::run_in(configured, arguments, &[])
    }

    /// The same, with these variables set.
    pub(crate) fn run_in(
        configured: Configured,
        arguments: &[&str],
        variables: &[(&str, &OsStr)],
    ) -> Self {
        let file = configured.file();
        let given = ["--log-format", "json", "run", "-c", file.to_str().unwrap()];
        Self {
            _configured: Some(configured),
            ..Self::start_with(given.iter().chain(arguments), variables)
        }
    }

    /// Waits for a line on standard output from which `wanted` makes something.
    pub(crate) async fn printed<T>(&self, wanted: impl Fn(&str) -> Option<T>) -> T {
        self.first(self.out.clone(), 0, wanted).await.1
    }

    /// Waits for a line of the log, from the `from`-th on, from which `wanted` makes something;
    /// which line that is, too.
    pub(crate) async fn logged<T>(
        &self,
        from: usize,
        wanted: impl Fn(&Value) -> Option<T>,
    ) -> (usize, T) {
        let parsed = |line: &str| {
            wanted(&serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        };
        self.first(self.log.clone(), from, parsed).await
    }

    /// Waits until the `from`-th line of the log or a later one is a decision that `wanted`
    /// accepts.
    pub(crate) async fn decided(
        &self,
        from: usize,
        wanted: impl Fn(&Value) -> bool,
    ) -> (usize, Value) {
        self.logged(from, |line| (is_decision(line) && wanted(line)).then(|| line.clone())).await
    }

    async fn first<T>(
        &self,
        lines: Lines,
        from: usize,
        wanted: impl Fn(&str) -> Option<T>,
    ) -> (usize, T) {
        first(lines, from, wanted, || self.told()).await
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("sh")
            .arg("-c")
            .arg(format!("kill -{name} {}", self.running.id))
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Waits for the end and returns the exit code.
    pub(crate) async fn exit_code(&self) -> i32 {
        let mut ended = self.running.ended.clone();
        let status = tokio::time::timeout(AMPLE, ended.wait_for(Option::is_some)).await;
        let status =
            status.unwrap_or_else(|_| panic!("still running: {}", self.told())).unwrap().unwrap();
        status.code().unwrap_or_else(|| panic!("ended by a signal: {status}"))
    }

    /// Everything written to standard output so far.
    pub(crate) fn output(&self) -> String {
        self.out.borrow().join("\n")
    }

    /// Everything written to standard error so far.
    pub(crate) fn errors(&self) -> String {
        self.log.borrow().join("\n")
    }

    /// The decisions logged so far.
    pub(crate) fn decisions(&self) -> Vec<Value> {
        let lines = self.log.borrow();
        lines
            .iter()
            .filter_map(|line| serde_json::from_str(line).ok())
            .filter(is_decision)
            .collect()
    }

    fn told(&self) -> String {
        format!("\nstandard output:\n{}\nstandard error:\n{}", self.output(), self.errors())
    }
}

/// A child until it has ended.
struct Running {
    id: u32,
    ended: watch::Receiver<Option<ExitStatus>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended.borrow().is_none() {
            drop(Command::new("sh").arg("-c").arg(format!("kill -KILL {}", self.id)).status());
        }
    }
}

fn is_decision(line: &Value) -> bool {
    line["target"] == "snarkfee::decision"
}

/// Waits for a line, from the `from`-th on, from which `wanted` makes something; which line that
/// is, too. `told` is shown where there is none.
pub(crate) async fn first<T>(
    mut lines: Lines,
    from: usize,
    wanted: impl Fn(&str) -> Option<T>,
    told: impl Fn() -> String,
) -> (usize, T) {
    let mut read = from;
    let found = async {
        loop {
            let fresh: Vec<String> = lines.borrow_and_update().iter().skip(read).cloned().collect();
            for line in fresh {
                if let Some(found) = wanted(&line) {
                    return (read, found);
                }
                read += 1;
            }
            // Fails when the process has closed the stream.
            lines
                .changed()
                .await
                .unwrap_or_else(|_| panic!("ended without the line waited for: {}", told()));
        }
    };
    tokio::time::timeout(AMPLE, found).await.unwrap_or_else(|_| panic!("no such line: {}", told()))
}

/// Takes what a process writes, to its end.
pub(crate) fn follow(stream: impl Read + Send + 'static) -> (Lines, thread::JoinHandle<()>) {
    let (lines, followed) = watch::channel(Vec::new());
    let reading = thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            lines.send_modify(|lines| lines.push(line));
        }
    });
    (followed, reading)
}

/// A folder with a configuration file, gone when dropped.
pub(crate) struct Configured {
    folder: tempfile::TempDir,
}

impl Configured {
    /// Writes `text` into a file.
    pub(crate) fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("snarkfee.toml"), text).unwrap();
        Self { folder }
    }

    /// The file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("snarkfee.toml")
    }
}
