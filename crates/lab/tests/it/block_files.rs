//! Precomputed-block files, compared with tables of the same blocks from another source.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{Read, Write},
    path::Path,
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};

use snarkfee_lab::precomputed::{BlockCollection, SkipKind, collect_blocks};

/// Fee in nanomina and prover of each work of one block.
type Works = Vec<(u64, String)>;

fn shared() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"))
}

fn read_blocks(paths: &[&Path]) -> BlockCollection {
    let paths: Vec<_> = paths.iter().map(|path| path.to_path_buf()).collect();
    collect_blocks(&paths, &|_, _| {}).unwrap()
}

/// The text of a compressed file; `None` if it is not here.
fn read_compressed(path: &Path) -> Option<String> {
    let mut text = String::new();
    GzDecoder::new(File::open(path).ok()?).read_to_string(&mut text).unwrap();
    Some(text)
}

/// Rows of a CSV text without quotes, with only the named columns.
fn columns<const N: usize>(text: &str, names: [&str; N]) -> Vec<[String; N]> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let places = names.map(|name| header.iter().position(|column| *column == name).unwrap());
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        places.map(|place| cells[place].to_owned())
    };
    lines.map(row).collect()
}

fn works(collection: &BlockCollection, network: &str) -> BTreeMap<u32, (String, Works)> {
    let series = collection.series.iter().filter(|series| series.network == network);
    let blocks = series.flat_map(|series| &series.blocks);
    let bought = |block: &snarkfee_core::market::Block| {
        block.works.iter().map(|work| (work.fee.get(), work.prover.to_string())).collect()
    };
    blocks.map(|block| (block.height, (block.state_hash.to_string(), bought(block)))).collect()
}

/// Compares work by work, because no sum would show one wrong fee in a thousand.
#[test]
fn every_work_agrees_with_the_tables() {
    let folder = shared().join("data/precomputed");
    let (Some(blocks), Some(rows)) = (
        read_compressed(&shared().join("data/mainnet-2021-03.blocks.csv.gz")),
        read_compressed(&shared().join("data/mainnet-2021-03.works.csv.gz")),
    ) else {
        println!("skipped: ../shared is not here");
        return;
    };
    let mut expected: BTreeMap<u32, (String, Works)> = columns(&blocks, ["height", "state_hash"])
        .into_iter()
        .map(|[height, hash]| (height.parse().unwrap(), (hash, Works::new())))
        .collect();
    for [height, fee, prover] in columns(&rows, ["height", "fee_nanomina", "prover"]) {
        expected.get_mut(&height.parse().unwrap()).unwrap().1.push((fee.parse().unwrap(), prover));
    }
    let collection = read_blocks(&[&folder]);
    let found = works(&collection, "mainnet");
    let compared: Vec<u32> =
        found.keys().copied().filter(|height| expected.contains_key(height)).collect();
    assert_eq!(compared, (2200..=2600).collect::<Vec<_>>());
    for height in compared {
        assert_eq!(found[&height], expected[&height], "height {height}");
    }
    let total: usize = (2200..=2600).map(|height: u32| found[&height].1.len()).sum();
    assert!(total > 1_000, "{total} works");

    let skipped: BTreeSet<&str> =
        collection.skipped.iter().map(|skipped| skipped.file.as_str()).collect();
    let files = fs::read_dir(&folder).unwrap().count();
    let kept: usize = collection.series.iter().map(|series| series.blocks.len()).sum();
    assert_eq!(kept + skipped.len(), files, "every file counts or is listed");
    assert!(
        collection.skipped.iter().all(|skipped| skipped.why.contains("longest chain")),
        "{:?}",
        collection.skipped
    );
}

/// The JSON of a block.
fn block(height: u32, previous: &str, works: &str) -> String {
    format!(
        r#"{{ "protocol_state": {{ "previous_state_hash": "{previous}", "body": {{
            "blockchain_state": {{ "timestamp": "{}" }},
            "consensus_state": {{ "blockchain_length": "{height}", "global_slot_since_genesis": "{height}" }} }} }},
            "staged_ledger_diff": {{ "diff": [{{ "completed_works": [{works}] }}, null] }} }}"#,
        u64::from(height) * 180_000
    )
}

#[test]
fn files_folders_and_patterns_give_the_same_blocks_and_defects_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("net-7-3Na.json", &block(7, "3Nzero", r#"{ "fee": "0.001", "prover": "B62qx" }"#));
    write("net-8-3Nb.json", &format!(r#"{{ "version": 3, "data": {} }}"#, block(8, "3Na", "")));
    write("net-9-3Nc.json", "{");
    write("net-10-3Nd.json", &block(11, "3Nc", ""));
    write("notes.txt", "");
    let all = read_blocks(&[folder.path()]);
    assert_eq!(works(&all, "net")[&7].1, [(1_000_000, "B62qx".to_owned())]);
    assert_eq!(all.series.len(), 1);
    let skipped: Vec<(String, &str)> = all
        .skipped
        .iter()
        .map(|skipped| (skipped.file.rsplit('/').next().unwrap().to_owned(), skipped.why.as_str()))
        .collect();
    let names: Vec<&str> = skipped.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["net-10-3Nd.json", "net-9-3Nc.json", "notes.txt"]);
    for ((_, why), expected) in skipped.iter().zip(["height 10", "EOF", "<network>"]) {
        assert!(why.contains(expected), "{why}");
    }
    let pattern = folder.path().join("net-[78]-*.json");
    assert_eq!(read_blocks(&[&pattern]).series, all.series);
    let error = |name: &str| {
        let path = folder.path().join(name);
        collect_blocks(std::slice::from_ref(&path), &|_, _| {}).unwrap_err().to_string()
    };
    assert!(error("net-9-*.json").contains("no block in any of 1 files"), "{}", error("net-9-*"));
    assert!(error("notes.txt").contains("<network>"), "{}", error("notes.txt"));
    fs::create_dir(folder.path().join("empty")).unwrap();
    assert!(error("empty").contains("no files"), "{}", error("empty"));
    let twice = read_blocks(&[
        &folder.path().join("net-7-3Na.json"),
        &folder.path().join("net-8-3Nb.json"),
        &pattern,
    ]);
    assert_eq!(twice.series, all.series);
    for nothing in ["nowhere", "no-*.json"] {
        let path = folder.path().join(nothing);
        let error =
            collect_blocks(std::slice::from_ref(&path), &|_, _| {}).unwrap_err().to_string();
        assert!(error.contains(nothing), "{error}");
    }
}

#[test]
fn names_without_height_compressed_files_and_doubles_are_told_by_what_is_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str, compressed: bool| {
        let mut bytes = text.as_bytes().to_vec();
        if compressed {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(text.as_bytes()).unwrap();
            bytes = encoder.finish().unwrap();
        }
        fs::write(folder.path().join(name), bytes).unwrap();
    };
    write("net-3Na.json", &block(7, "3Nzero", ""), false);
    write("net-7-3Na.json.gz", &block(7, "3Nzero", ""), true);
    write("net-8-3Nb.json", &block(8, "3Na", ""), true);
    write("net-3Nfork.json.gz", &block(8, "3Na", ""), true);
    write("net-9-3Nc.json.gz", &block(9, "3Nb", ""), false);
    write("net-3Ncut.json.gz", "", true);
    let found = read_blocks(&[folder.path()]);
    let heights: Vec<u32> = found.series[0].blocks.iter().map(|block| block.height).collect();
    assert_eq!((found.series.len(), heights), (1, vec![7, 8, 9]));
    let skipped = found
        .skipped
        .iter()
        .map(|skipped| (skipped.kind, skipped.file.rsplit('/').next().unwrap().to_owned()));
    assert_eq!(
        skipped.collect::<BTreeSet<_>>(),
        BTreeSet::from([
            (SkipKind::Fork, "net-3Nfork.json.gz".to_owned()),
            (SkipKind::Double, "net-7-3Na.json.gz".to_owned()),
            (SkipKind::Defect, "net-3Ncut.json.gz".to_owned()),
        ])
    );
}
