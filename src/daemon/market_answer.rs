//! From the answers about chain and works to a [`ChainLook`] and a [`crate::market::Book`].

use super::{
    answers::MarketAnswer,
    book, chain,
    operations::{market_coda, market_pool, market_range},
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

/// The generated types of the documents differ in nothing but their names.
macro_rules! blocks {
    ($blocks:expr) => {{
        let listed = $blocks.ok_or_else(|| Fault::Refused { message: "bestChain is null".to_owned() })?;
        bounded(listed.len(), MAX_BLOCKS as usize)?;
        let mut blocks = Vec::with_capacity(listed.len());
        for block in listed {
            bounded(block.snark_jobs.len(), MAX_WORKS)?;
            let mut works = Vec::with_capacity(block.snark_jobs.len());
            for sale in block.snark_jobs {
                let (work, Offer { fee, prover }) = SALE.read(sale.work_ids, &sale.fee, sale.prover)?;
                works.push(Sale { work, fee, prover });
            }
            blocks.push(Block {
                height: block.protocol_state.consensus_state.block_height.length("bestChain.blockHeight")?,
                state_hash: block.state_hash.hash("bestChain.stateHash")?.into(),
                at: block.protocol_state.blockchain_state.date.time("bestChain.date")?,
                works: works.into(),
            });
        }
        chain::assemble(blocks)
    }};
}

macro_rules! pool {
    ($data:expr) => {{
        bounded($data.snark_pool.len(), MAX_ENTRIES)?;
        bounded($data.pending_snark_work.len(), MAX_ENTRIES)?;
        let mut pool = Vec::with_capacity($data.snark_pool.len());
        for proved in $data.snark_pool {
            pool.push(PROVED.read(proved.work_ids, &proved.fee, proved.prover)?);
        }
        let mut pending = Vec::with_capacity($data.pending_snark_work.len());
        for unproved in $data.pending_snark_work {
            let ids: Vec<Wire> = unproved.work_bundle.into_iter().map(|statement| statement.work_id).collect();
            pending.push(Ids::of(&ids).work("pendingSnarkWork.workBundle")?);
        }
        (pool, pending)
    }};
}

/// Reads `market_range.graphql`.
pub(super) fn range(data: market_range::ResponseData) -> Result<MarketAnswer, Fault> {
    let chain = blocks!(data.best_chain);
    bounded(data.snark_work_range.len(), MAX_ENTRIES)?;
    let mut listed = Vec::with_capacity(data.snark_work_range.len());
    for entry in data.snark_work_range {
        let bundle = entry.work_bundle_spec;
        let ids = bundle.work_ids;
        listed.push(match (bundle.snark_fee, bundle.snark_prover_key) {
            (Some(fee), Some(prover)) => {
                let (work, offer) = STANDING.read(ids, &fee, prover)?;
                OpenWork { work, standing: Some(offer) }
            }
            (None, None) => OpenWork { work: ids.work(STANDING.ids)?, standing: None },
            (Some(_), None) => return Err(invalid(STANDING.prover, "null beside a fee")),
            (None, Some(_)) => return Err(invalid(STANDING.fee, "null beside a prover")),
        });
    }
    let book = book::from_range(listed, &chain);
    Ok((Some(chain), book))
}

/// Reads `market_pool.graphql`.
pub(super) fn pool(data: market_pool::ResponseData) -> Result<MarketAnswer, Fault> {
    let chain = blocks!(data.best_chain);
    let (pool, pending) = pool!(data);
    let book = book::from_pool(pool, pending, &chain);
    Ok((Some(chain), book))
}

/// Reads `market_coda.graphql`. Without blocks, works already bought stay in the book until the daemon drops them.
pub(super) fn coda(data: market_coda::ResponseData) -> Result<MarketAnswer, Fault> {
    let (pool, pending) = pool!(data);
    Ok((None, book::from_pool(pool, pending, &ChainLook::default())))
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

fn bounded(count: usize, limit: usize) -> Result<(), Fault> {
    if count > limit { Err(Fault::Oversized { limit: limit as u64 }) } else { Ok(()) }
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
