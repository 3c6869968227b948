use std::io;

use proptest::prelude::*;

use super::{super::stream::LONGEST, *};

const STATE: &str = r#""protocol_state": {
    "previous_state_hash": "3Nbefore",
    "body": {
        "genesis_state_hash": "3N",
        "blockchain_state": { "timestamp": "1616504760000", "ledger_proof_statement": { "source": [1, { "deep": null }] } },
        "consensus_state": { "blockchain_length": "2210", "global_slot_since_genesis": "3142", "epoch_count": "0" }
    }
}"#;

fn first(works: &str) -> String {
    format!(
        r#"{{ "scheduled_time": "1", {STATE}, "protocol_state_proof": "AQ==", "staged_ledger_diff": {{ "diff": {works} }} }}"#
    )
}

fn third(works: &str) -> String {
    format!(r#"{{ "version": 3, "data": {} }}"#, first(works))
}

fn part(works: &str) -> String {
    format!(
        r#"{{ "completed_works": [{works}], "commands": [{{ "data": ["x"] }}], "coinbase": ["Zero"] }}"#
    )
}

#[test]
fn both_layouts_give_the_same_block() {
    let works = r#"{ "fee": "0.000000008", "prover": "B62qa", "proofs": [] }, { "fee": "1", "prover": "B62qb" }"#;
    let diff = format!("[{}, {}]", part(r#"{ "fee": "0", "prover": "B62qc" }"#), part(works));
    let block = read_block(first(&diff).as_bytes()).unwrap();
    assert_eq!(
        (block.height, block.previous.as_str(), block.global_slot),
        (2210, "3Nbefore", 3142)
    );
    assert_eq!(block.at.as_millisecond(), 1_616_504_760_000);
    let bought: Vec<(u64, &str)> =
        block.works.iter().map(|(fee, prover)| (fee.get(), prover.as_str())).collect();
    assert_eq!(bought, [(0, "B62qc"), (8, "B62qa"), (1_000_000_000, "B62qb")]);
    assert_eq!(read_block(third(&diff).as_bytes()).unwrap(), block);
}

#[test]
fn a_missing_second_part_is_no_defect() {
    assert_eq!(read_block(third(&format!("[{}, null]", part(""))).as_bytes()).unwrap().works, []);
}

#[test]
fn a_defect_is_reported() {
    let with = |work: &str| first(&format!("[{}, null]", part(work)));
    let cut = |text: String| text[..text.len() - 3].to_owned();
    let cases = [
        (String::new(), "EOF"),
        (cut(first("[null, null]")), "EOF"),
        ("<html>".to_owned(), "expected value"),
        (r#"{ "version": 4, "data": {} }"#.to_owned(), "no protocol_state"),
        (format!("{{ {STATE} }}"), "no staged_ledger_diff"),
        (first("[null, null]") + "x", "trailing characters"),
        (with(r#"{ "fee": "-1", "prover": "B62qa" }"#), "negative"),
        (with(r#"{ "fee": "0.0000000001", "prover": "B62qa" }"#), "1 nanomina"),
        (with(r#"{ "fee": 1, "prover": "B62qa" }"#), "invalid type"),
        (with(r#"{ "fee": "1", "prover": "l" }"#), "base58"),
        (with(r#"{ "fee": "1" }"#), "missing field"),
        (first("[null, null]").replace("2210", "-1"), "no such number"),
        (first("[null, null]").replace("1616504760000", "9223372036854775807"), "out of range"),
        (
            with(&vec![r#"{ "fee": "1", "prover": "B62qa" }"#; MOST_WORKS + 1].join(",")),
            "more than 4096 works",
        ),
    ];
    for (text, expected) in cases {
        let error = read_block(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error:?} does not say {expected:?}");
    }
}

#[test]
fn an_endless_string_is_an_error() {
    let endless = io::Cursor::new(r#"{ "protocol_state": { "previous_state_hash": ""#)
        .chain(io::repeat(b'x'));
    let error = read_block(endless).unwrap_err().to_string();
    assert!(error.contains(&LONGEST.to_string()), "{error}");
}

proptest! {
    #[test]
    fn no_input_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_block(bytes.as_slice());
    }

    #[test]
    fn no_damage_panics(at in 0_usize..600, byte: u8) {
        let mut text = third(&format!("[{}, null]", part(r#"{ "fee": "1", "prover": "B62qa" }"#))).into_bytes();
        if let Some(spot) = text.get_mut(at) {
            *spot = byte;
        }
        let _ = read_block(text.as_slice());
    }
}
