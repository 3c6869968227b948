//! The completions, loaded by the shells that they are for.

use std::{fs, path::Path, process::Command};

use crate::tools::tool;

/// Writes a shell's completions into a folder, and runs it there.
fn complete(shell: &str, file: &str, arguments: &[&str], script: &str) -> Option<String> {
    let program = tool(shell)?;
    let folder = tempfile::tempdir().unwrap();
    let printed =
        Command::new(env!("CARGO_BIN_EXE_snarkfee")).args(["completions", shell]).output().unwrap();
    assert!(printed.status.success());
    fs::write(folder.path().join(file), printed.stdout).unwrap();
    Some(run(&program, folder.path(), arguments, script))
}

fn run(program: &Path, folder: &Path, arguments: &[&str], script: &str) -> String {
    let output = Command::new(program)
        .args(arguments)
        .args(["-c", script])
        .current_dir(folder)
        .env("HOME", folder)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn bash_completes_commands_and_values() {
    let script = "source ./snarkfee.bash
        complete -p snarkfee >/dev/null
        try() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
            _snarkfee snarkfee \"${!#}\" \"${@: -2:1}\"; echo \"${COMPREPLY[*]}\"; }
        try snarkfee si
        try snarkfee demo --scenario scar";
    let options = ["--norc", "--noprofile"];
    let Some(found) = complete("bash", "snarkfee.bash", &options, script) else { return };
    assert_eq!(found, "simulate\nscarce\n");
}

#[test]
fn zsh_loads_the_function_for_the_program() {
    let script = "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D
        print -r -- ${_comps[snarkfee]}; autoload +X _snarkfee; print ${+functions[_snarkfee]}";
    let Some(found) = complete("zsh", "_snarkfee", &["-f"], script) else { return };
    assert_eq!(found, "_snarkfee\n1\n");
}

#[test]
fn fish_completes_commands_and_values() {
    let script = "source snarkfee.fish; complete -C 'snarkfee si'; complete -C 'snarkfee demo --scenario scar'";
    let Some(found) = complete("fish", "snarkfee.fish", &["--no-config"], script) else { return };
    let words: Vec<&str> = found.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(words, ["simulate", "scarce"], "{found}");
}
