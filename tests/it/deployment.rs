//! What `config/` has for running the service: the unit, the image, the files of the package and of
//! the composition.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use snarkfee_config::Source;
use snarkfee_core::record::Mode;

use crate::tools::tool;

fn config(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name)
}

fn told(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat()
}

/// The unit with the built program in place of the installed one, alone in a folder.
fn unit() -> (tempfile::TempDir, std::path::PathBuf) {
    let text = fs::read_to_string(config("systemd/snarkfee.service")).unwrap();
    assert!(text.contains("ExecStart=/usr/bin/snarkfee run "));
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("snarkfee.service");
    fs::write(&unit, text.replace("/usr/bin/snarkfee", env!("CARGO_BIN_EXE_snarkfee"))).unwrap();
    (folder, unit)
}

fn analyze(arguments: &[&str]) -> Option<(bool, String)> {
    let (_folder, unit) = unit();
    let output = Command::new(tool("systemd-analyze")?).args(arguments).arg(unit).output().unwrap();
    Some((output.status.success(), told(&output)))
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
    // In tenths: a service without any hardening has 96, the limit of what systemd calls "OK" is
    // 50.
    let Some((well, told)) =
        analyze(&["security", "--offline=yes", "--no-pager", "--threshold=15"])
    else {
        return;
    };
    assert!(well, "{told}");
}

/// Nobody's daemon is touched by a file that was only copied.
#[test]
fn settings_that_are_shipped_are_valid_and_send_nothing() {
    for file in ["debian/snarkfee.toml", "compose/snarkfee.toml"] {
        let source = Source::new(
            Some(config(file)),
            [("STATE_DIRECTORY".into(), "/var/lib/snarkfee".into())],
        );
        let settings = source.load().unwrap_or_else(|errors| panic!("{file}: {errors}"));
        assert_eq!(settings.controller.mode, Mode::DryRun, "{file}");
    }
}

#[test]
fn the_composition_scrapes_by_rules_that_are_there() {
    let Some(promtool) = tool("promtool") else { return };
    let folder = tempfile::tempdir().unwrap();
    for file in ["compose/prometheus.yml", "prometheus/rules.yml"] {
        fs::copy(config(file), folder.path().join(Path::new(file).file_name().unwrap())).unwrap();
    }
    let output = Command::new(promtool)
        .args(["check", "config", "prometheus.yml"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", told(&output));
    // The paths that the composition mounts.
    let text = fs::read_to_string(config("compose/compose.yml")).unwrap();
    let mounts = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- ."))
        .filter_map(|mount| mount.split(':').next());
    let mounts: Vec<_> = mounts.map(|path| config("compose").join(format!(".{path}"))).collect();
    assert!(mounts.len() >= 5 && mounts.iter().all(|path| path.exists()), "{mounts:?}");
}

/// The root of the image, laid out by its script, with nothing of this machine in it: the program
/// must start there.
#[test]
fn the_program_runs_in_an_image_that_holds_nothing_else() {
    let Some(chroot) =
        tool("chroot").filter(|_| Path::new("/etc/ssl/certs/ca-certificates.crt").exists())
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("image");
    let laid = Command::new(config("container/assemble.sh"))
        .arg(env!("CARGO_BIN_EXE_snarkfee"))
        .arg(&root)
        .output()
        .unwrap();
    assert!(laid.status.success(), "{}", told(&laid));
    for shell in ["bin", "usr/bin", "sbin"] {
        assert!(!root.join(shell).exists(), "{shell}");
    }
    let inside = |arguments: &[&str]| {
        Command::new(&chroot)
            .arg("--userspec=65532:65532")
            .arg(&root)
            .arg("/snarkfee")
            .args(arguments)
            .output()
            .unwrap()
    };
    let version = inside(&["--version"]);
    if version.status.code() == Some(125) {
        println!("skipped: only root may change the root folder");
        return;
    }
    assert_eq!(
        String::from_utf8_lossy(&version.stdout).trim(),
        concat!("snarkfee ", env!("CARGO_PKG_VERSION"))
    );
    let demo = inside(&["demo", "--listen", "127.0.0.1:0", "--speed", "1000", "--duration", "1s"]);
    assert!(demo.status.success() && told(&demo).contains("works bought"), "{}", told(&demo));
}
