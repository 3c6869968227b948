//! The service file for systemd, judged by systemd's own tools where they are installed.

use std::{fs, path::Path, process::Command};

use crate::tools::tool;

/// The unit with the built program in place of the installed one, alone in a folder.
fn unit() -> (tempfile::TempDir, std::path::PathBuf) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/systemd/snarkfee.service");
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains("ExecStart=/usr/bin/snarkfee run "));
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("snarkfee.service");
    fs::write(&unit, text.replace("/usr/bin/snarkfee", env!("CARGO_BIN_EXE_snarkfee"))).unwrap();
    (folder, unit)
}

fn analyze(arguments: &[&str]) -> Option<(bool, String)> {
    let (_folder, unit) = unit();
    let output = Command::new(tool("systemd-analyze")?).args(arguments).arg(unit).output().unwrap();
    let told = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    Some((output.status.success(), told))
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let Some((well, told)) = analyze(&["verify", "--man=no"]) else { return };
    assert!(well, "{told}");
    // Of units of the machine it may speak as well.
    let about: Vec<_> = told.lines().filter(|line| line.contains("snarkfee.service:")).collect();
    assert!(about.is_empty(), "{about:?}");
}

#[test]
fn the_unit_leaves_little_to_an_intruder() {
    // In tenths: a service without any hardening has 96, the limit of what systemd calls "OK" is 50.
    let Some((well, told)) = analyze(&["security", "--offline=yes", "--no-pager", "--threshold=15"]) else { return };
    assert!(well, "{told}");
}
