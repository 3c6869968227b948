//! The files in `config/` for running the service: systemd unit, image, package, Compose file.

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

fn output_text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat()
}

/// The unit, with the built program in place of the installed one, in a folder of its own.
fn write_unit() -> (tempfile::TempDir, std::path::PathBuf) {
    let text = fs::read_to_string(config("systemd/snarkfee.service")).unwrap();
    assert!(text.contains("ExecStart=/usr/bin/snarkfee run "));
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("snarkfee.service");
    fs::write(&unit, text.replace("/usr/bin/snarkfee", env!("CARGO_BIN_EXE_snarkfee"))).unwrap();
    (folder, unit)
}

fn analyze_unit(arguments: &[&str]) -> Option<(bool, String)> {
    let (_folder, unit) = write_unit();
    let output = Command::new(tool("systemd-analyze")?).args(arguments).arg(unit).output().unwrap();
    Some((output.status.success(), output_text(&output)))
}

#[test]
fn systemd_accepts_the_unit() {
    let Some((success, text)) = analyze_unit(&["verify", "--man=no"]) else { return };
    assert!(success, "{text}");
    // It may also report on units of this machine.
    let about: Vec<_> = text.lines().filter(|line| line.contains("snarkfee.service:")).collect();
    assert!(about.is_empty(), "{about:?}");
}

#[test]
fn systemd_rates_the_exposure_of_the_unit_low() {
    // In tenths. A service without hardening has 96; systemd calls up to 50 "OK".
    let Some((success, text)) =
        analyze_unit(&["security", "--offline=yes", "--no-pager", "--threshold=15"])
    else {
        return;
    };
    assert!(success, "{text}");
}

/// A copied file must not change a daemon.
#[test]
fn shipped_settings_are_valid_and_dry_run() {
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
fn the_compose_file_scrapes_with_valid_rules_and_mounts_existing_paths() {
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
    assert!(output.status.success(), "{}", output_text(&output));
    // The paths that the Compose file mounts.
    let text = fs::read_to_string(config("compose/compose.yml")).unwrap();
    let mounts = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- ."))
        .filter_map(|mount| mount.split(':').next());
    let mounts: Vec<_> = mounts.map(|path| config("compose").join(format!(".{path}"))).collect();
    assert!(mounts.len() >= 5 && mounts.iter().all(|path| path.exists()), "{mounts:?}");
}

/// The program must start in the root folder that the image's script assembles, which contains
/// nothing else of this machine.
#[test]
fn the_program_runs_in_the_image() {
    let Some(chroot) =
        tool("chroot").filter(|_| Path::new("/etc/ssl/certs/ca-certificates.crt").exists())
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("image");
    let assembled = Command::new(config("container/assemble.sh"))
        .arg(env!("CARGO_BIN_EXE_snarkfee"))
        .arg(&root)
        .output()
        .unwrap();
    assert!(assembled.status.success(), "{}", output_text(&assembled));
    for shell in ["bin", "usr/bin", "sbin"] {
        assert!(!root.join(shell).exists(), "{shell}");
    }
    let run_in_image = |arguments: &[&str]| {
        Command::new(&chroot)
            .arg("--userspec=65532:65532")
            .arg(&root)
            .arg("/snarkfee")
            .args(arguments)
            .output()
            .unwrap()
    };
    let version = run_in_image(&["--version"]);
    if version.status.code() == Some(125) {
        println!("skipped: only root may change the root folder");
        return;
    }
    assert_eq!(
        String::from_utf8_lossy(&version.stdout).trim(),
        concat!("snarkfee ", env!("CARGO_PKG_VERSION"))
    );
    let demo =
        run_in_image(&["demo", "--listen", "127.0.0.1:0", "--speed", "1000", "--duration", "1s"]);
    assert!(
        demo.status.success() && output_text(&demo).contains("works were bought"),
        "{}",
        output_text(&demo)
    );
}
