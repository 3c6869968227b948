//! Rules that hold for every file of the project.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Lines of code and comment in a source file, its tests left out.
const LONGEST: usize = 450;

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files under version control; where git cannot tell, all but what is built.
pub(crate) fn files() -> Vec<PathBuf> {
    let git = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output();
    let listed = git.ok().filter(|output| output.status.success()).map(|output| {
        let names = output.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        names.map(|name| root().join(String::from_utf8_lossy(name).as_ref())).collect::<Vec<_>>()
    });
    let files = listed.filter(|files| !files.is_empty()).unwrap_or_else(|| {
        let mut files = Vec::new();
        walk(root(), &mut files);
        files
    });
    assert!(files.len() > 150, "only {} files", files.len());
    files.into_iter().filter(|file| file.is_file()).collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let skipped = path
            .file_name()
            .is_some_and(|name| name == "target" || name == ".git" || name == ".venv");
        match (path.is_dir(), skipped) {
            (_, true) => {}
            (true, false) => walk(&path, files),
            (false, false) => files.push(path),
        }
    }
}

/// The lines of all text files that hold any of these, each with its place.
fn lines_with(words: &[&str], among: impl Fn(&Path) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for path in files().into_iter().filter(|path| among(path)) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    found
}

pub(crate) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

/// Whether a file holds tests, benchmarks or fuzz targets only.
pub(crate) fn is_test(path: &Path) -> bool {
    let within = |name: &str| path.components().any(|part| part.as_os_str() == name);
    within("tests")
        || within("benches")
        || within("fuzz")
        || path.file_name().is_some_and(|name| name == "tests.rs")
}

/// Nothing depends on the machine it was written on. The words are put together here so that this
/// file passes too.
#[test]
fn no_file_names_a_place_of_one_machine() {
    let words = [concat!("/wo", "rk/"), concat!("/tm", "p/"), concat!("/ro", "ot/")];
    let found = lines_with(&words, |_| true);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn nothing_is_left_to_be_done_in_a_comment() {
    let words =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("todo", "!(")];
    let found = lines_with(&words, |path| has_extension(path, "rs") || has_extension(path, "sh"));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What people read is written for them: no field of a log line is the `Debug` text of a type.
#[test]
fn no_field_of_a_log_line_is_debug_output() {
    let found = lines_with(&["?"], |path| has_extension(path, "rs") && !is_test(path));
    // The operator `?` follows an expression, the sigil of a field does not.
    let is_field = |line: &&String| {
        let (_, code) = line.split_once(": ").unwrap_or_default();
        code.match_indices('?').any(|(at, _)| {
            let before = code[..at].trim_end();
            let after = code[at + 1..].chars().next();
            (before.is_empty() || before.ends_with(['(', ',', '=']))
                && after.is_some_and(|c| c.is_ascii_lowercase())
        })
    };
    let fields: Vec<_> = found.iter().filter(is_field).collect();
    assert!(fields.is_empty(), "{fields:#?}");
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    let found = lines_with(&[concat!("#[al", "low("), concat!("#![al", "low(")], |path| {
        has_extension(path, "rs")
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn source_files_stay_readable_in_one_sitting() {
    let sources = files().into_iter().filter(|path| has_extension(path, "rs") && !is_test(path));
    let long = sources.filter_map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        let program = text
            .lines()
            .take_while(|line| *line != "#[cfg(test)]")
            .filter(|line| !line.trim().is_empty());
        let lines = program.count();
        (lines > LONGEST).then(|| format!("{}: {lines}", path.display()))
    });
    let long: Vec<_> = long.collect();
    assert!(long.is_empty(), "more than {LONGEST} lines: {long:?}");
}

/// Code that only tests use fits beside what it tests up to a third of a file.
#[test]
fn tests_beside_the_code_are_at_most_a_third_of_the_file() {
    let sources = files().into_iter().filter(|path| has_extension(path, "rs") && !is_test(path));
    let heavy = sources.filter_map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        let (_, module) = text.split_once("\n#[cfg(test)]\nmod ")?;
        module.lines().next()?.ends_with('{').then_some(())?;
        let count = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).count();
        let (tests, all) = (count(module), count(&text));
        (tests * 3 > all).then(|| format!("{}: {tests} of {all} lines", path.display()))
    });
    let heavy: Vec<_> = heavy.collect();
    assert!(heavy.is_empty(), "{}", heavy.join("\n"));
}

/// The pure core cannot do what it has no crate for.
#[test]
fn the_core_depends_on_no_crate_with_effects() {
    let manifest = fs::read_to_string(root().join("crates/core/Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let allowed = [
        "bs58",
        "hashbrown",
        "jiff",
        "serde",
        "serde_json",
        "statrs",
        "strsim",
        "thiserror",
        "url",
    ];
    let dependencies = manifest["dependencies"].as_table().unwrap();
    let others: Vec<_> =
        dependencies.keys().filter(|name| !allowed.contains(&name.as_str())).collect();
    assert!(others.is_empty(), "do these keep the core pure? {others:?}");
}

/// What `deny.toml` bans, held also under plain cargo.
#[test]
fn no_dependency_brings_another_tls_stack() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let deny = fs::read_to_string(root().join("deny.toml")).unwrap();
    let banned: Vec<_> =
        deny.split("{ crate = \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(banned.len() >= 3, "{banned:?}");
    let present: Vec<_> =
        banned.iter().filter(|name| lock.contains(&format!("name = \"{name}\"\n"))).collect();
    assert!(present.is_empty(), "{present:?}");
}
