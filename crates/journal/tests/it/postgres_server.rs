//! A PostgreSQL server of a test's own, on loopback.

use std::{
    ffi::OsStr,
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

/// Set by the one test command of the project, which installs what is missing.
const REQUIRED: &str = "SNARKFEE_TEST_TOOLS";
/// A server refuses to run as root, so it runs as the user that Debian's package makes.
const USER: &str = "postgres";
/// How often a server that starts is asked whether it is ready, and the pause before each time.
const ATTEMPTS: u32 = 2_000;
const PAUSE: Duration = Duration::from_millis(30);

/// A running server. It ends when this is dropped.
pub(crate) struct PostgresServer {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    child: Option<Child>,
}

impl PostgresServer {
    /// Starts a server; `None`, with a word about it, where PostgreSQL is not installed.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = find_programs() else {
            assert!(
                std::env::var_os(REQUIRED).is_none(),
                "PostgreSQL is not installed, and {REQUIRED} says that it must be"
            );
            println!("skipped: PostgreSQL is not installed; tests/run.sh installs it");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        if is_root() {
            let (user, group) = user_of("postgres");
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut server = Self { programs, folder, port, child: None };
        let made = server
            .command("initdb")
            .args(["--auth=trust", "--username=snarkfee", "--no-sync", "--encoding=UTF8"])
            .args(["--locale=C", "-D"])
            .arg(server.data())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "initdb failed");
        server.run();
        Some(server)
    }

    /// Address of the database that every server has.
    pub(crate) fn url(&self) -> String {
        format!("postgres://snarkfee@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts the server again after [`PostgresServer::kill`].
    pub(crate) fn run(&mut self) {
        let log = fs::File::create(self.folder.path().join("log")).unwrap();
        let child = self
            .command("postgres")
            .arg("-D")
            .arg(self.data())
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string()])
            .args(["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=40"])
            .arg("-k")
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        let ready = (0..ATTEMPTS).any(|_| {
            std::thread::sleep(PAUSE);
            self.is_ready()
        });
        assert!(ready, "the server did not start: {}", self.log());
    }

    /// Ends the server at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // The child may be a program that switched the user; the server's own process is in its file.
        let pid = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        if let Some(pid) = pid.lines().next() {
            let _ = Command::new("kill").args(["-QUIT", pid]).stderr(Stdio::null()).status();
        }
        let _ = child.wait();
    }

    /// Runs statements as the owner of the database, and gives what they print.
    pub(crate) fn sql(&self, statements: &str) -> String {
        let ran = self
            .command("psql")
            .args(["-qtA", "-v", "ON_ERROR_STOP=1", "-d", &self.url(), "-c", statements])
            .output()
            .unwrap();
        assert!(ran.status.success(), "{statements}");
        String::from_utf8(ran.stdout).unwrap()
    }

    fn is_ready(&self) -> bool {
        self.command("pg_isready")
            .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
            .status()
            .is_ok_and(|status| status.success())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            let (user, group) = user_of(USER);
            command.args([format!("--reuid={user}"), format!("--regid={group}")]);
            command.args([OsStr::new("--clear-groups"), program.as_os_str()]);
            command
        } else {
            Command::new(program)
        };
        command.current_dir("/").env("LC_ALL", "C");
        command
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The newest of Debian's folders of programs, else the one that the path leads to.
fn find_programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .max()
        .map(|version| Path::new("/usr/lib/postgresql").join(version.to_string()).join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    newest
        .into_iter()
        .chain(std::env::split_paths(&path))
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

fn user_of(name: &str) -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let fields = users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&name))
        .unwrap_or_else(|| panic!("there is no user {name}"));
    (fields[2].parse().unwrap(), fields[3].parse().unwrap())
}
