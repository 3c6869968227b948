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
mod tests;
