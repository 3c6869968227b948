//! `simulate`, `backtest` and `tune` as a user runs them.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

fn snarkfee(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_snarkfee"));
    command.current_dir(folder.path()).env_remove("RUST_LOG").args(arguments).output().unwrap()
}

#[track_caller]
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
fn json(output: &Output) -> Value {
    serde_json::from_str(&printed(output)).unwrap()
}

/// Six and a half hours of blocks: every tenth one buys 16 works, a quarter of them for nothing,
/// the rest for more and more.
pub(crate) fn blocks(folder: &Path) {
    for height in 1..=130_u32 {
        let work = |number: u32| {
            let fee = if number.is_multiple_of(4) {
                "0".to_owned()
            } else {
                format!("0.{:04}", number * 20 + height)
            };
            format!(r#"{{ "fee": "{fee}", "prover": "B62qprover{}" }}"#, number % 5 + 1)
        };
        let works: Vec<String> =
            if height.is_multiple_of(10) { (0..16).map(work).collect() } else { Vec::new() };
        let text = format!(
            r#"{{ "protocol_state": {{ "previous_state_hash": "3N{}", "body": {{
                "blockchain_state": {{ "timestamp": "{}" }},
                "consensus_state": {{ "blockchain_length": "{height}", "global_slot_since_genesis": "{height}" }} }} }},
                "staged_ledger_diff": {{ "diff": [{{ "completed_works": [{}] }}, null] }} }}"#,
            height - 1,
            1_616_000_000_000 + u64::from(height) * 180_000,
            works.join(",")
        );
        fs::write(folder.join(format!("net-{height}-3N{height}.json")), text).unwrap();
    }
}

#[test]
fn a_simulation_is_the_same_to_the_byte_on_any_number_of_threads() {
    let folder = TempDir::new().unwrap();
    let run = |threads: &str, report: &str| {
        let given = "simulate --scenario restarts --policies profit,off --seeds 1..2 --slots 40 --without-hindsight --json";
        let mut arguments: Vec<&str> = given.split(' ').collect();
        arguments.extend(["--threads", threads, "--report", report]);
        let printed = printed(&snarkfee(&folder, &arguments));
        (printed, fs::read_to_string(folder.path().join(report)).unwrap())
    };
    let (document, report) = run("1", "a.html");
    for threads in ["1", "4"] {
        let again = run(threads, "b.html");
        assert_eq!((&document, &report), (&again.0, &again.1), "{threads} threads");
    }
    let document: Value = serde_json::from_str(&document).unwrap();
    let policies = document["policies"].as_array().unwrap();
    assert_eq!(policies.len(), 2);
    assert!(policies.iter().all(|policy| policy["violations"] == 0));
    // The name of a format is no request.
    let report = report.replace("http://www.w3.org/2000/svg", "");
    assert!(
        report.starts_with("<!DOCTYPE html>")
            && !report.contains("<script")
            && !report.contains("http")
    );
}

#[test]
fn blocks_are_gone_through_and_what_is_broken_is_named() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("blocks")).unwrap();
    blocks(&folder.path().join("blocks"));
    fs::write(folder.path().join("blocks/net-131-3Nx.json"), "{").unwrap();
    let run = |extra: &[&str]| {
        let given = [
            "backtest",
            "--policies",
            "profit,always-on:0.002MINA,off",
            "--works-per-hour",
            "30",
            "--blocks",
        ];
        json(&snarkfee(&folder, &[&given[..], &["blocks", "--json"], extra].concat()))
    };
    let document = run(&[]);
    assert_eq!(document, run(&["--threads", "1", "--report", "r.html"]));
    assert_eq!(
        (&document["source"], &document["blocks"]),
        (&Value::from("blocks"), &Value::from(130))
    );
    assert_eq!(
        (document["from"].as_str(), document["to"].as_str()),
        (Some("2021-03-17T16:56:20Z"), Some("2021-03-17T23:26:20Z"))
    );
    assert_eq!(document["skipped"].as_array().unwrap().len(), 1);
    assert!(document["skipped"][0]["file"].as_str().unwrap().ends_with("net-131-3Nx.json"));
    let policy = |name: &str| {
        let all = document["policies"].as_array().unwrap();
        all.iter().find(|policy| policy["policy"] == name).unwrap().clone()
    };
    // 13 blocks buy 16 works each; at 0.002 MINA all of them sell but the free ones and, in the
    // first blocks, the cheapest.
    let always = policy("always-on:0.002MINA");
    let sold = always["works_sold"].as_u64().unwrap();
    assert!((80..=156).contains(&sold), "{always}");
    assert_eq!(policy("off")["works_sold"], 0);
    let profit = policy("profit");
    assert!(profit["profit_mina"].as_f64() > always["profit_mina"].as_f64(), "{document:#}");
    assert!(profit["share_sold_predicted"].is_f64() && profit["share_sold_realised"].is_f64());
    assert!(fs::read_to_string(folder.path().join("r.html")).unwrap().contains("net-131-3Nx.json"));
}

#[test]
fn what_tune_recommends_is_a_valid_policy_and_says_why() {
    let folder = TempDir::new().unwrap();
    blocks(folder.path());
    let run = |threads: &str| {
        let given =
            ["tune", "--blocks", "net-*.json", "--write", "policy.toml", "--threads", threads];
        printed(&snarkfee(&folder, &given))
    };
    let text = run("1");
    assert_eq!(text, run("4"));
    assert_eq!(text, fs::read_to_string(folder.path().join("policy.toml")).unwrap());
    let lines: Vec<&str> = text.lines().skip_while(|line| *line != "[policy]").skip(1).collect();
    for (above, line) in lines.iter().zip(lines.iter().skip(1)) {
        assert!(
            line.starts_with(['#', 'q']) || above.starts_with('#') && above.len() > 8,
            "no reason: {line}"
        );
    }
    let config =
        format!("{text}\n[daemons.main]\ngraphql_url = \"http://127.0.0.1:3085/graphql\"\n");
    fs::write(folder.path().join("c.toml"), config).unwrap();
    let effective = printed(&snarkfee(&folder, &["config", "-c", "c.toml", "--effective"]));
    let window = lines.iter().find(|line| line.starts_with("window")).unwrap();
    assert!(effective.contains(window), "{effective}");
}

#[test]
fn nonsense_is_refused_with_its_name() {
    let folder = TempDir::new().unwrap();
    let refused = |arguments: &[&str], code: i32, expected: &str| {
        let output = snarkfee(&folder, arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(told.contains(expected), "{arguments:?}: {told}");
    };
    refused(&["backtest"], 2, "--journal");
    refused(&["backtest", "--journal", "x", "--blocks", "y"], 2, "cannot be used");
    refused(&["backtest", "--blocks", "nowhere"], 1, "nowhere");
    refused(&["backtest", "--blocks", "no-*.json"], 1, "no-*.json");
    refused(&["backtest", "--blocks", "."], 1, "no files");
    refused(&["tune", "--blocks", "."], 1, "no files");
    fs::create_dir(folder.path().join("old")).unwrap();
    fs::write(folder.path().join("old/block1.json"), "{}").unwrap();
    refused(&["backtest", "--blocks", "old"], 1, "no block in any of 1 files");
    refused(&["tune", "--blocks", "old"], 1, "no block in any of 1 files");
    refused(&["backtest", "--journal", "."], 1, "journal");
    refused(&["backtest", "--blocks", ".", "--policies", "greedy"], 2, "greedy");
    refused(&["tune"], 2, "--scenario");
    refused(&["tune", "--scenario", "atlantis"], 2, "atlantis");
    refused(&["simulate", "--scenario", "surplus", "--threads", "0"], 2, "threads");
    refused(&["backtest", "--blocks", ".", "--works-per-hour", "NaN"], 2, "works per hour");
    refused(&["backtest", "--blocks", ".", "-c", "absent.toml"], 78, "absent.toml");
}

/// Whatever is skipped is summed up, and nothing is a negative zero.
#[test]
fn a_table_says_how_much_was_skipped_and_no_negative_zero() {
    let folder = TempDir::new().unwrap();
    blocks(folder.path());
    for fork in 0..30 {
        let file = fs::read_to_string(folder.path().join("net-50-3N50.json")).unwrap();
        fs::write(folder.path().join(format!("net-3Nfork{fork}.json")), file).unwrap();
    }
    let given = ["backtest", "--policies", "off,always-on:1MINA", "--blocks", "."];
    let text = printed(&snarkfee(&folder, &given));
    let skipped: Vec<&str> = text.lines().filter(|line| line.starts_with("skipped")).collect();
    assert_eq!(
        skipped,
        ["skipped 30 files of forks beside the longest chain (--verbose lists all)"]
    );
    assert!(!text.contains("-0.000000") && text.contains("0.000000"), "{text}");
    let verbose = printed(&snarkfee(&folder, &[&given[..], &["--verbose"]].concat()));
    assert_eq!(verbose.lines().filter(|line| line.starts_with("skipped")).count(), 31);
    let json = printed(&snarkfee(&folder, &[&given[..], &["--json"]].concat()));
    assert!(!json.contains("-0.0,") && json.contains("\"profit_mina\": 0.0,"), "{json}");
}

/// All files that are here: each counts or is named.
#[test]
fn real_blocks_are_gone_through() {
    let shared = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/precomputed"));
    if !shared.exists() {
        println!("skipped: ../shared is not here");
        return;
    }
    let folder = TempDir::new().unwrap();
    let path = shared.to_str().unwrap();
    let given = [
        "backtest",
        "--policies",
        "always-on:0MINA,always-on:0.1MINA,off",
        "--json",
        "--blocks",
        path,
    ];
    let document = json(&snarkfee(&folder, &given));
    let files = fs::read_dir(shared).unwrap().count() as u64;
    let skipped = document["skipped"].as_array().unwrap().len() as u64;
    assert_eq!(document["blocks"].as_u64().unwrap() + skipped, files);
    let names: Vec<&str> = document["series"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["berkeley", "mainnet", "mainnet"]);
    // Most works of 2021 were free: what is asked 0 for loses to all of them and is paid nothing
    // for the rest.
    assert!(document["policies"][0]["profit_mina"].as_f64().unwrap() < 0.0);
}
