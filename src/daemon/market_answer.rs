//! From the answers about chain and works to a [`ChainLook`] and a [`crate::market::Book`].
//!
//! The types are written by hand, unlike those of the small answers: a pool of tens of thousands of entries is turned into works as
//! it is read, without a list of what it says in between.

use serde::Deserialize;

use super::{
    answers::MarketAnswer,
    book, chain,
    list::{Entries, List},
    scalars::{Ids, Key, Wire, invalid},
};
use crate::{
    fault::Fault,
    market::{Block, ChainLook, Offer, OpenWork, Sale},
    units::WorkId,
};

/// Blocks of one answer; the frontier holds about 290 (k of mainnet).
pub(super) const MAX_BLOCKS: u32 = 2_000;
/// Works one block can buy; the scan state takes at most 128 bundles a block (mainnet constants, 1.x and 3.x).
const MAX_WORKS: usize = 1_000;
/// Entries of the pool, of the pending works, and of the range.
const MAX_ENTRIES: usize = 200_000;

/// The data of `market_pool.graphql`, and without blocks of `market_coda.graphql`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PoolData {
    best_chain: Option<List<Blocks>>,
    snark_pool: List<Pool>,
    pending_snark_work: List<Pending>,
}

/// The data of `market_range.graphql`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RangeData {
    best_chain: Option<List<Blocks>>,
    snark_work_range: List<Range>,
}

/// Reads `market_range.graphql`.
pub(super) fn range(data: RangeData) -> Result<MarketAnswer, Fault> {
    let chain = assembled(data.best_chain)?;
    let book = book::from_range(data.snark_work_range.0?, &chain);
    Ok((Some(chain), book))
}

/// Reads `market_pool.graphql`.
pub(super) fn pool(data: PoolData) -> Result<MarketAnswer, Fault> {
    let chain = assembled(data.best_chain)?;
    let book = book::from_pool(data.snark_pool.0?, data.pending_snark_work.0?, &chain);
    Ok((Some(chain), book))
}

/// Reads `market_coda.graphql`. Without blocks, works already bought stay in the book until the daemon drops them.
pub(super) fn coda(data: PoolData) -> Result<MarketAnswer, Fault> {
    Ok((None, book::from_pool(data.snark_pool.0?, data.pending_snark_work.0?, &ChainLook::default())))
}

fn assembled(blocks: Option<List<Blocks>>) -> Result<ChainLook, Fault> {
    let List(blocks) = blocks.ok_or_else(|| Fault::Refused { message: "bestChain is null".to_owned() })?;
    Ok(chain::assemble(blocks?))
}

/// The fields of a proved work by the names that faults give them.
struct Proved {
    ids: &'static str,
    fee: &'static str,
    prover: &'static str,
}

const SALE: Proved =
    Proved { ids: "bestChain.snarkJobs.workIds", fee: "bestChain.snarkJobs.fee", prover: "bestChain.snarkJobs.prover" };
const PROVED: Proved = Proved { ids: "snarkPool.workIds", fee: "snarkPool.fee", prover: "snarkPool.prover" };
const STANDING: Proved =
    Proved { ids: "snarkWorkRange.workIds", fee: "snarkWorkRange.snarkFee", prover: "snarkWorkRange.snarkProverKey" };

impl Proved {
    fn read(&self, ids: Ids, fee: &Wire, prover: Key) -> Result<(WorkId, Offer), Fault> {
        Ok((ids.work(self.ids)?, Offer { fee: fee.amount(self.fee)?, prover: prover.key(self.prover)? }))
    }
}

/// A `CompletedWork`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompletedWork {
    work_ids: Ids,
    fee: Wire,
    prover: Key,
}

/// `snarkPool`.
struct Pool;

impl Entries for Pool {
    type Wire = CompletedWork;
    type Value = OpenWork;

    const LIMIT: usize = MAX_ENTRIES;

    fn read(CompletedWork { work_ids, fee, prover }: CompletedWork) -> Result<OpenWork, Fault> {
        let (work, offer) = PROVED.read(work_ids, &fee, prover)?;
        Ok(OpenWork { work, standing: Some(offer) })
    }
}

/// `snarkJobs` of a block.
struct Sales;

impl Entries for Sales {
    type Wire = CompletedWork;
    type Value = Sale;

    const LIMIT: usize = MAX_WORKS;

    fn read(CompletedWork { work_ids, fee, prover }: CompletedWork) -> Result<Sale, Fault> {
        let (work, Offer { fee, prover }) = SALE.read(work_ids, &fee, prover)?;
        Ok(Sale { work, fee, prover })
    }
}

/// `pendingSnarkWork`.
struct Pending;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PendingWork {
    #[serde(deserialize_with = "Ids::of_each::<Statement, _>")]
    work_bundle: Ids,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    work_id: Wire,
}

impl From<Statement> for Wire {
    fn from(statement: Statement) -> Self {
        statement.work_id
    }
}

impl Entries for Pending {
    type Wire = PendingWork;
    type Value = WorkId;

    const LIMIT: usize = MAX_ENTRIES;

    fn read(pending: PendingWork) -> Result<WorkId, Fault> {
        pending.work_bundle.work("pendingSnarkWork.workBundle")
    }
}

/// `snarkWorkRange`.
struct Range;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PendingSpec {
    work_bundle_spec: BundleSpec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BundleSpec {
    work_ids: Ids,
    snark_fee: Option<Wire>,
    snark_prover_key: Option<Key>,
}

impl Entries for Range {
    type Wire = PendingSpec;
    type Value = OpenWork;

    const LIMIT: usize = MAX_ENTRIES;

    fn read(PendingSpec { work_bundle_spec: bundle }: PendingSpec) -> Result<OpenWork, Fault> {
        match (bundle.snark_fee, bundle.snark_prover_key) {
            (Some(fee), Some(prover)) => {
                let (work, offer) = STANDING.read(bundle.work_ids, &fee, prover)?;
                Ok(OpenWork { work, standing: Some(offer) })
            }
            (None, None) => Ok(OpenWork { work: bundle.work_ids.work(STANDING.ids)?, standing: None }),
            (Some(_), None) => Err(invalid(STANDING.prover, "null beside a fee")),
            (None, Some(_)) => Err(invalid(STANDING.fee, "null beside a prover")),
        }
    }
}

/// `bestChain`.
struct Blocks;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedBlock {
    state_hash: Wire,
    protocol_state: ProtocolState,
    snark_jobs: List<Sales>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProtocolState {
    blockchain_state: BlockchainState,
    consensus_state: ConsensusState,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlockchainState {
    date: Wire,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConsensusState {
    block_height: Wire,
}

impl Entries for Blocks {
    type Wire = ListedBlock;
    type Value = Block;

    const LIMIT: usize = MAX_BLOCKS as usize;

    fn read(block: ListedBlock) -> Result<Block, Fault> {
        let ListedBlock { state_hash, protocol_state: ProtocolState { blockchain_state, consensus_state }, snark_jobs } =
            block;
        Ok(Block {
            height: consensus_state.block_height.length("bestChain.blockHeight")?,
            state_hash: state_hash.hash("bestChain.stateHash")?.into(),
            at: blockchain_state.date.time("bestChain.date")?,
            works: snark_jobs.0?.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::market::BookOrder;

    const KEY: &str = "B62qpLeuZDL7PxNsCqsJwWFPAmnixi5ay8Kz9NcNGBQU8jK19VpJQaY";

    fn block(height: u32, works: &[Value]) -> Value {
        json!({"stateHash": format!("3N{height}"), "snarkJobs": works, "protocolState": {
            "blockchainState": {"date": "1617151320000"}, "consensusState": {"blockHeight": height.to_string()}}})
    }

    fn work_of(id: i64, fee: &str) -> Value {
        json!({"workIds": [id], "fee": fee, "prover": KEY})
    }

    fn read_pool(data: &Value) -> Result<MarketAnswer, Fault> {
        pool(serde_json::from_value(data.clone()).unwrap())
    }

    #[test]
    fn pool_and_chain_are_read_together() {
        let data = json!({
            "bestChain": [block(7, &[work_of(1, "5")]), block(8, &[])],
            "snarkPool": [work_of(1, "5"), work_of(2, "6")],
            "pendingSnarkWork": [{"workBundle": [{"workId": 3}, {"workId": 4}]}],
        });
        let (chain, book) = read_pool(&data).unwrap();
        let chain = chain.unwrap();
        assert_eq!(chain.blocks.iter().map(|block| block.height).collect::<Vec<_>>(), [7, 8]);
        assert_eq!(chain.blocks[0].works[0].fee.get(), 5);
        let works: Vec<_> = book.works.iter().map(|open| open.work).collect();
        assert_eq!(works, [WorkId::one(2), WorkId::two(3, 4)]);
    }

    #[test]
    fn the_range_has_standing_proofs_and_gaps() {
        let entry = |id: i64, fee: Value, key: Value| json!({"workBundleSpec": {"workIds": [id], "snarkFee": fee, "snarkProverKey": key}});
        let read = |entries: &[Value]| {
            range(serde_json::from_value(json!({"bestChain": [block(8, &[])], "snarkWorkRange": entries})).unwrap())
        };
        let (_, book) = read(&[entry(1, Value::Null, Value::Null), entry(2, json!("9"), json!(KEY))]).unwrap();
        assert_eq!(book.order, BookOrder::Purchase);
        assert_eq!(book.works[0].standing, None);
        assert_eq!(book.works[1].standing.as_ref().unwrap().fee.get(), 9);
        assert_eq!(read(&[entry(1, json!("9"), Value::Null)]).unwrap_err().code(), "invalid_value");
        assert_eq!(read(&[entry(1, Value::Null, json!(KEY))]).unwrap_err().code(), "invalid_value");
    }

    #[test]
    fn values_that_cannot_be_true_name_their_field() {
        let good = json!({"bestChain": [block(7, &[work_of(1, "5")])], "snarkPool": [work_of(1, "5")],
            "pendingSnarkWork": [{"workBundle": [{"workId": 3}]}]});
        for (pointer, value, field) in [
            ("/snarkPool/0/fee", json!("-1"), "snarkPool.fee"),
            ("/snarkPool/0/workIds", json!([]), "snarkPool.workIds"),
            ("/snarkPool/0/prover", json!("<b>"), "snarkPool.prover"),
            ("/bestChain/0/snarkJobs/0/fee", json!("1.5"), "bestChain.snarkJobs.fee"),
            ("/bestChain/0/protocolState/consensusState/blockHeight", json!("-7"), "bestChain.blockHeight"),
            ("/bestChain/0/protocolState/blockchainState/date", json!("today"), "bestChain.date"),
            ("/pendingSnarkWork/0/workBundle", json!([]), "pendingSnarkWork.workBundle"),
        ] {
            let mut data = good.clone();
            *data.pointer_mut(pointer).unwrap() = value;
            let fault = read_pool(&data).unwrap_err();
            assert!(matches!(&fault, Fault::InvalidValue { field: named, .. } if named == field), "{fault}");
        }
    }

    #[test]
    fn lists_beyond_their_limits_are_oversized() {
        let data = json!({"bestChain": vec![block(7, &[]); MAX_BLOCKS as usize + 1], "snarkPool": [],
            "pendingSnarkWork": []});
        assert_eq!(read_pool(&data).unwrap_err(), Fault::Oversized { limit: u64::from(MAX_BLOCKS) });
        let data = json!({"bestChain": [block(7, &vec![work_of(1, "1"); MAX_WORKS + 1])], "snarkPool": [],
            "pendingSnarkWork": []});
        assert_eq!(read_pool(&data).unwrap_err(), Fault::Oversized { limit: MAX_WORKS as u64 });
    }

    #[test]
    fn a_daemon_without_a_tip_has_no_chain_and_no_book() {
        let data = json!({"bestChain": null, "snarkPool": [], "pendingSnarkWork": []});
        assert_eq!(read_pool(&data).unwrap_err().code(), "refused");
    }
}
