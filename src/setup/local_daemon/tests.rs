//! Command lines of daemons and of what is none.

use std::fs;

use super::*;

#[test]
fn a_daemon_is_recognised_with_its_flags() {
    let folder = tempfile::tempdir().unwrap();
    let key = PublicKey::of_simulated_operator();
    let lines = [
        format!(
            "/usr/local/bin/mina\0daemon\0--rest-port\x003101\0-metrics-port=3103\0\
             --run-snark-coordinator\0{key}\0-work-selection\0seq\0"
        ),
        "mina\0daemon\0--run-snark-worker\0".to_owned(),
        "mina\0client\0status\0--rest-port\x009\0".to_owned(),
        "less\0mina\0daemon\0".to_owned(),
        String::new(),
    ];
    for (id, line) in lines.iter().enumerate() {
        // Longer than any ID of a process, so that none is this one.
        let process = folder.path().join(format!("400000000{id}"));
        fs::create_dir(&process).unwrap();
        fs::write(process.join("cmdline"), line).unwrap();
    }
    let found = find_local_daemons(folder.path());
    let plain = LocalDaemon {
        rest_port: 3085,
        metrics_port: None,
        worker: None,
        coordinator: None,
        selection: None,
    };
    let coordinator = LocalDaemon {
        rest_port: 3101,
        metrics_port: Some(3103),
        coordinator: Some(key),
        selection: Some(SelectionMethod::Seq),
        ..plain.clone()
    };
    assert_eq!(found, [plain, coordinator]);
}
