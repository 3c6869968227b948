//! The program under a service manager: what it says on the socket, and that it ends in bounded
//! time.

use std::{ffi::OsStr, time::Duration};

use snarkfee_lab::market_sim::World;
use tokio::net::{TcpListener, UnixDatagram};

use crate::process::{Configured, Process};

/// Longer than anything waited for takes on a busy machine.
const AMPLE: Duration = Duration::from_secs(90);

/// A daemon that takes connections and never answers.
async fn hanging() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    (listener, url)
}

fn configured(url: &str, timeout: &str) -> Configured {
    Configured::new(&format!(
        "[controller]\nmode = \"live\"\ninterval = \"100ms\"\nlisten = \"\"\nstate_dir = \"state\"\n\
         [daemons.main]\ngraphql_url = \"{url}\"\nworker_key = \"{key}\"\ntimeout = \"{timeout}\"\n\
         cost = {{ per_work = \"0.0001 MINA\" }}\n",
        key = World::operator_key().as_str(),
    ))
}

/// The service manager's end of the socket.
struct Manager {
    socket: UnixDatagram,
    heard: Vec<String>,
}

impl Manager {
    /// Waits for a message that has this line, and gives the messages before it up.
    async fn hears(&mut self, line: &str) {
        let mut buffer = [0; 4096];
        let found = async {
            loop {
                let length = self.socket.recv(&mut buffer).await.unwrap();
                let said = String::from_utf8(buffer[..length].to_vec()).unwrap();
                let found = said.lines().any(|said| said.starts_with(line));
                self.heard.push(said);
                if found {
                    return;
                }
            }
        };
        if tokio::time::timeout(AMPLE, found).await.is_err() {
            panic!("no {line} in {:?}", self.heard);
        }
    }
}

#[tokio::test]
async fn the_service_manager_hears_of_readiness_progress_reloads_and_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let mut manager = Manager { socket: UnixDatagram::bind(&path).unwrap(), heard: Vec::new() };
    let (listener, url) = hanging().await;
    drop(listener);
    let configured = configured(&url, "5s");
    let file = configured.file();
    let variables = [("NOTIFY_SOCKET", path.as_os_str()), ("WATCHDOG_USEC", OsStr::new("300000"))];
    let process = Process::run_in(configured, &[], &variables);
    manager.hears("READY=1").await;
    manager.hears("WATCHDOG=1").await;
    manager.hears("STATUS=main (live): hold, status_fault").await;
    manager.hears("WATCHDOG=1").await;
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("100ms", "200ms")).unwrap();
    process.signal("HUP");
    manager.hears("RELOADING=1").await;
    assert!(
        manager.heard.last().unwrap().contains("MONOTONIC_USEC="),
        "{:?}",
        manager.heard.last()
    );
    manager.hears("READY=1").await;
    process.signal("TERM");
    manager.hears("STOPPING=1").await;
    assert_eq!(process.exit_code().await, 0, "{}", process.errors());
}

/// Not even with an answer that may take longer than anyone waits.
#[tokio::test]
async fn a_daemon_that_hangs_does_not_keep_the_service_from_ending() {
    let (listener, url) = hanging().await;
    let process = Process::run(configured(&url, "1h"), &[]);
    let (connection, _) =
        tokio::time::timeout(AMPLE, listener.accept()).await.expect("it looks").unwrap();
    process.signal("TERM");
    assert_eq!(process.exit_code().await, 0, "{}", process.errors());
    assert!(process.decisions().is_empty(), "the look was given up");
    assert!(!process.errors().contains("did not end in time"), "{}", process.errors());
    drop(connection);
}
