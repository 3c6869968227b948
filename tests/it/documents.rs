//! The documentation, held against the program: codes, metrics, scenarios, commands and links.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::CommandFactory;
use jiff::SignedDuration;
use serde::de::DeserializeOwned;
use snarkfee::{
    cli::Arguments,
    telemetry::{Exposition, Metrics},
};
use snarkfee_core::{
    cost::CostUnknown,
    fault::{Fault, JournalClass},
    leases::Tenancy,
    policy::{Action, Outcome, Reason},
    record::Record,
};
use snarkfee_lab::market_sim::library;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Every Markdown file of ours: beside the manifest, and in `docs/`.
fn documents() -> Vec<PathBuf> {
    let folders = [root().to_owned(), root().join("docs")];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let paths = entries.map(|entry| entry.unwrap().path());
    let documents: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect();
    assert!(documents.len() > 8, "{documents:?}");
    documents
}

/// The rows of a section's tables, cell by cell, without the head; a section ends with the next
/// heading.
fn rows(document: &str, heading: &str) -> Vec<Vec<String>> {
    let section = document.lines().skip_while(|line| *line != heading).skip(1);
    let section = section.take_while(|line| !line.starts_with('#'));
    let cells = |line: &str| {
        line.trim_matches('|').split(" |").map(|cell| cell.trim().to_owned()).collect()
    };
    let rows: Vec<Vec<String>> =
        section.filter(|line| line.starts_with("| `")).map(cells).collect();
    assert!(!rows.is_empty(), "no table under {heading:?}");
    rows
}

fn bare(cell: &str) -> String {
    cell.trim_matches('`').to_owned()
}

fn first_cells(document: &str, heading: &str) -> Vec<String> {
    rows(document, heading).iter().map(|row| bare(&row[0])).collect()
}

fn assert_same(documented: &[String], known: &[String]) {
    let unique: BTreeSet<_> = documented.iter().collect();
    assert_eq!(unique.len(), documented.len(), "listed twice: {documented:?}");
    assert_eq!(unique, known.iter().collect());
}

/// The tags of an enum's variants, as its deserializer names them when it is given another one.
fn variants<T: DeserializeOwned>(tag: &str) -> Vec<String> {
    let error = serde_json::from_str::<T>(&format!(r#"{{"{tag}": "no such variant"}}"#))
        .err()
        .expect("no such variant");
    let text = error.to_string();
    let (_, listed) = text.split_once("expected one of ").expect(&text);
    listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The codes in a `fn code`, from its source.
fn codes_in(source: &str) -> BTreeSet<String> {
    let (_, function) = source.split_once("fn code(").unwrap();
    let (function, _) = function.split_once("\n    }\n").unwrap();
    function
        .split("=> \"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_reason_is_documented_and_every_documented_one_exists() {
    let reasons = variants::<Reason>("reason");
    assert_eq!(
        reasons.iter().cloned().collect::<BTreeSet<_>>(),
        codes_in(&read("crates/core/src/policy/reason.rs"))
    );
    assert_same(&first_cells(&read("docs/reasons.md"), "## Reasons"), &reasons);
}

#[test]
fn every_action_outcome_fault_and_cause_is_documented() {
    let document = read("docs/reasons.md");
    let owned = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
    assert_same(&first_cells(&document, "## Actions"), &owned(&Action::CODES));
    assert_same(&first_cells(&document, "## Outcomes"), &variants::<Outcome>("outcome"));
    assert_same(&first_cells(&document, "## Faults"), &owned(&Fault::CODES));
    assert_same(&first_cells(&document, "## Why a cost is not known"), &owned(&CostUnknown::CODES));
}

/// Name, type and label names of each family after everything that can be counted was counted once.
fn exported() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let mut record: Record = snarkfee_core::fixtures::sample::record();
    record.look.status.as_mut().unwrap().own_slots =
        [record.at + SignedDuration::from_secs(1)].into_iter().collect();
    let metrics = Metrics::new();
    metrics.record_look(&record);
    metrics.count_request(&record.daemon, "status", None, Duration::from_millis(5));
    metrics.record_price_read(&record.daemon, record.at);
    metrics.count_reload_failure();
    let tenancy = Tenancy { held: [record.daemon.clone()].into(), ..Tenancy::default() };
    metrics.show_leases([&record.daemon].into_iter(), &tenancy, Duration::from_millis(5));
    metrics.count_store_failure(JournalClass::Unreachable);
    metrics.count_journal_failure(&record.daemon, JournalClass::Full);
    let text = metrics.render(record.at, Exposition::OpenMetrics);
    let mut families: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new();
    for (name, kind) in
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
    {
        let suffix = if kind == "counter" { "_total" } else { "" };
        families.insert(format!("{name}{suffix}"), (kind.to_owned(), BTreeSet::new()));
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((sample, labels)) = line.split_once('{') else { continue };
        let family =
            ["_bucket", "_sum", "_count"].iter().find_map(|suffix| sample.strip_suffix(suffix));
        let family = family.filter(|family| families.contains_key(*family)).unwrap_or(sample);
        let (labels, _) = labels.split_once('}').unwrap();
        let names = labels
            .split(',')
            .filter_map(|label| label.split('=').next())
            .filter(|name| *name != "le");
        families.get_mut(family).expect(line).1.extend(names.map(str::to_owned));
    }
    families
}

#[test]
fn every_metric_is_documented_with_its_type_and_labels() {
    let documented = rows(&read("docs/metrics.md"), "# Metrics");
    let documented: BTreeMap<_, _> = documented
        .iter()
        .map(|row| {
            let labels =
                row[2].split(',').map(|label| bare(label.trim())).filter(|label| !label.is_empty());
            (bare(&row[0]), (row[1].clone(), labels.collect::<BTreeSet<_>>()))
        })
        .filter(|(name, _)| cfg!(target_os = "linux") || !name.starts_with("process_"))
        .collect();
    assert_eq!(documented, exported());
}

/// The names of the tests in a source.
fn tests_in(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        is_test |= line == "#[test]" || line.starts_with("#[tokio::test");
        let declared = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if let Some(name) = declared.and_then(|rest| rest.split('(').next())
            && std::mem::take(&mut is_test)
        {
            found.insert(name.to_owned());
        }
    }
    found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let nested = entries.map(|path| match path.is_dir() {
        true => sources(&path),
        false => vec![path],
    });
    nested.flatten().filter(|path| path.extension().is_some_and(|kind| kind == "rs")).collect()
}

#[test]
fn every_promise_names_tests_that_exist() {
    let folders = ["src", "tests", "crates"].map(|folder| sources(&root().join(folder)));
    let tests: BTreeSet<String> = folders
        .iter()
        .flatten()
        .flat_map(|path| tests_in(&fs::read_to_string(path).unwrap()))
        .collect();
    let safety = read("docs/safety.md");
    let (_, promises) = safety.split_once("\n## Promises\n").unwrap();
    let rows: Vec<&str> = promises
        .lines()
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| line.starts_with("| "))
        .skip(1)
        .collect();
    assert!(rows.len() > 20, "{rows:?}");
    for row in rows {
        let (_, named) = row.trim_end_matches(" |").rsplit_once(" | ").unwrap();
        for name in named.split(", ").map(bare) {
            assert!(tests.contains(&name), "{row}: no test is called {name}");
        }
    }
}

#[test]
fn every_scenario_is_documented() {
    let names: Vec<_> = library::names().map(str::to_owned).collect();
    assert_same(&first_cells(&read("docs/scenarios.md"), "## The library"), &names);
}

#[test]
fn the_documented_scenario_parses_and_its_values_are_the_defaults() {
    let document = read("docs/scenarios.md");
    let (_, example) = document.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let parse = |text: &str| snarkfee_lab::market_sim::Scenario::parse(text).expect(text);
    let (full, stripped) = (parse(example), without_tables(example));
    assert!(!stripped.contains("slot_seconds"));
    let shown = |text: &str| format!("{:?}", parse(text));
    let blocks = "[operator.blocks]\nshare = 0.01\nmissed_while_proving = 0.5\n";
    assert_eq!(format!("{full:?}"), shown(&format!("{stripped}\n{blocks}")));
}

/// A scenario without the tables that may be left out.
fn without_tables(text: &str) -> String {
    let mut keep = true;
    let kept = text.lines().filter(|line| {
        if line.starts_with('[') {
            keep = line.starts_with("[[regimes]]") || line.starts_with("[regimes");
        }
        keep
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// The command lines of the program in fenced blocks, without comments, redirections and what a
/// shell would expand.
fn command_lines(document: &str) -> Vec<Vec<String>> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in document.lines().map(|line| line.trim().trim_start_matches("$ ")) {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        let rest = match line.strip_prefix("cargo run ").and_then(|line| line.split_once("-- ")) {
            Some((_, rest)) => Some(rest),
            None => line.strip_prefix("snarkfee "),
        };
        let Some(rest) = rest.filter(|_| fenced) else { continue };
        let rest = rest.split(['>', '#', '|']).next().unwrap_or_default();
        found.push(
            std::iter::once("snarkfee").chain(rest.split_whitespace()).map(str::to_owned).collect(),
        );
    }
    found
}

#[test]
fn every_command_line_that_is_shown_is_accepted() {
    let mut shown = 0;
    for path in documents() {
        for line in command_lines(&fs::read_to_string(&path).unwrap()) {
            shown += 1;
            if let Err(error) = Arguments::command().try_get_matches_from(&line) {
                panic!("{}: {}\n{error}", path.display(), line.join(" "));
            }
        }
    }
    assert!(shown >= 5, "only {shown} command lines were found");
}

#[test]
fn the_readme_lists_the_commands_that_exist() {
    let known: Vec<_> = Arguments::command()
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    let readme = read("README.md");
    let listed = rows(&readme, "## Commands").into_iter().flat_map(|row| {
        let names = row[0]
            .split("`snarkfee ")
            .skip(1)
            .map(|rest| rest.split([' ', '`']).next().unwrap_or_default());
        names.map(str::to_owned).collect::<Vec<_>>()
    });
    assert_same(&listed.collect::<Vec<_>>(), &known);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut links = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.contains("://") {
                continue;
            }
            links += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file =
                if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(file.exists(), "{}: {target}", path.display());
            let anchored =
                anchor.is_empty() || anchors(&fs::read_to_string(&file).unwrap()).contains(anchor);
            assert!(anchored, "{}: no heading for {target}", path.display());
        }
    }
    assert!(links > 15, "only {links} links were found");
}

/// The names by which headings can be linked to.
fn anchors(document: &str) -> BTreeSet<String> {
    let headings = document
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim());
    let slug = |heading: &str| {
        let kept = heading.to_lowercase().replace(' ', "-");
        kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
    };
    headings.map(slug).collect()
}
