//! The two layouts of a precomputed block: the block itself, and since the Berkeley hard fork `{
//! "version": 3, "data": block }`.
//!
//! Mina `external_transition.ml` and `block.ml` (`Precomputed`): a fee is a decimal string of MINA,
//! numbers are strings, and `completed_works` is in both parts of `staged_ledger_diff.diff`, of
//! which the second may be null. Everything else is skipped, however deep or long.

use std::{
    fmt,
    io::{BufReader, Read},
};

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess, Visitor},
};
use snarkfee_core::units::{Nanomina, PublicKey};

use super::stream::BoundedStrings;

/// Most works in one part of a block: a transaction tree of mainnet has 128 slots, and no network's
/// has more than 2^12.
const MOST_WORKS: usize = 4_096;
/// Size of the read buffer, in bytes.
const BUFFER: usize = 64 << 10;

/// The part of a block that concerns works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockContent {
    /// Height of the block.
    pub height: u32,
    /// State hash of the parent.
    pub previous: String,
    /// Start of the block's slot.
    pub at: Timestamp,
    /// Slots since genesis.
    pub global_slot: u64,
    /// Fee and prover of each work bought, in scan-state order.
    pub works: Vec<(Nanomina, PublicKey)>,
}

/// Why a file has no usable block.
#[derive(Debug, thiserror::Error)]
pub enum BlockDefect {
    /// Not the JSON of a block: truncated, malformed, in another layout, or with impossible values.
    #[error(transparent)]
    Unreadable(#[from] serde_json::Error),
    /// JSON without a block in it.
    #[error("no {0}: of a layout that is not known")]
    Missing(&'static str),
    /// An impossible time.
    #[error("slot time {0} ms is out of range")]
    Time(i64),
}

/// Reads one block. Memory is bounded by what is kept of it.
///
/// # Errors
///
/// The input is not a block that can be used.
pub fn read_block(source: impl Read) -> Result<BlockContent, BlockDefect> {
    let stream = BufReader::with_capacity(BUFFER, BoundedStrings::new(source));
    let mut parser = serde_json::Deserializer::from_reader(stream);
    let file = BlockFile::deserialize(&mut parser)?;
    parser.end()?;
    let (state, diff) = match file.data {
        Some(data) => (data.protocol_state, data.staged_ledger_diff),
        None => (file.protocol_state, file.staged_ledger_diff),
    };
    let ProtocolState { previous_state_hash, body } =
        state.ok_or(BlockDefect::Missing("protocol_state"))?;
    let diff = diff.ok_or(BlockDefect::Missing("staged_ledger_diff"))?.diff;
    let at = body.blockchain_state.timestamp.0;
    let consensus = body.consensus_state;
    Ok(BlockContent {
        height: consensus.blockchain_length.0,
        previous: previous_state_hash,
        at: Timestamp::from_millisecond(at).map_err(|_| BlockDefect::Time(at))?,
        global_slot: consensus.global_slot_since_genesis.0,
        works: [diff.0, diff.1]
            .into_iter()
            .flatten()
            .flat_map(|part| part.completed_works.0)
            .collect(),
    })
}

/// Either layout.
#[derive(Deserialize)]
struct BlockFile {
    data: Option<VersionedBlock>,
    protocol_state: Option<ProtocolState>,
    staged_ledger_diff: Option<LedgerDiff>,
}

#[derive(Deserialize)]
struct VersionedBlock {
    protocol_state: Option<ProtocolState>,
    staged_ledger_diff: Option<LedgerDiff>,
}

#[derive(Deserialize)]
struct ProtocolState {
    previous_state_hash: String,
    body: Body,
}

#[derive(Deserialize)]
struct Body {
    blockchain_state: BlockchainState,
    consensus_state: ConsensusState,
}

#[derive(Deserialize)]
struct BlockchainState {
    timestamp: NumberText<i64>,
}

#[derive(Deserialize)]
struct ConsensusState {
    blockchain_length: NumberText<u32>,
    global_slot_since_genesis: NumberText<u64>,
}

#[derive(Deserialize)]
struct LedgerDiff {
    diff: (Option<DiffPart>, Option<DiffPart>),
}

#[derive(Deserialize)]
struct DiffPart {
    completed_works: CompletedWorks,
}

#[derive(Deserialize)]
struct CompletedWork {
    fee: MinaText,
    prover: PublicKey,
}

/// A number in a string.
struct NumberText<T>(T);

impl<'de, T: std::str::FromStr> Deserialize<'de> for NumberText<T> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let text = String::deserialize(source)?;
        let wrong = || {
            de::Error::custom(format_args!(
                "{:?} is no such number",
                text.chars().take(40).collect::<String>()
            ))
        };
        text.parse().map(Self).map_err(|_| wrong())
    }
}

/// A fee as a decimal number of MINA in a string, without unit.
struct MinaText(Nanomina);

impl<'de> Deserialize<'de> for MinaText {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let text = String::deserialize(source)?;
        format!("{text} MINA")
            .parse()
            .map(Self)
            .map_err(|error| de::Error::custom(format_args!("{error}")))
    }
}

/// A bounded list of works.
struct CompletedWorks(Vec<(Nanomina, PublicKey)>);

impl<'de> Deserialize<'de> for CompletedWorks {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = CompletedWorks;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of works")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<CompletedWorks, A::Error> {
                let mut works = Vec::new();
                while let Some(CompletedWork { fee, prover }) = list.next_element()? {
                    if works.len() == MOST_WORKS {
                        return Err(de::Error::custom(format_args!(
                            "more than {MOST_WORKS} works"
                        )));
                    }
                    works.push((fee.0, prover));
                }
                Ok(CompletedWorks(works))
            }
        }
        source.deserialize_seq(List)
    }
}

#[cfg(test)]
mod tests {
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
        assert_eq!(
            read_block(third(&format!("[{}, null]", part(""))).as_bytes()).unwrap().works,
            []
        );
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
}
