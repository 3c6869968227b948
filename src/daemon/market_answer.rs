//! From the answers about chain and works to a [`ChainLook`] and a [`crate::market::Book`].
//!
//! They are gone through by hand, unlike the small answers: a pool of tens of thousands of entries is turned into works as it is read,
//! without a list of what it says in between. Daemons print an entry with nothing between its fields and these in the order asked for;
//! that is read byte for byte, and whatever is printed otherwise field by field, with the same meaning.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Error;

use super::{
    answers::MarketAnswer,
    book, chain,
    cursor::{Cursor, Plain},
    list::{Entries, List, list},
    scalars::{Ids, Key, Wire, invalid},
};
use crate::{
    fault::Fault,
    market::{Block, ChainLook, Offer, OpenWork, Sale},
    units::{Nanomina, WorkId},
};

/// Blocks of one answer; the frontier holds about 290 (k of mainnet).
pub(super) const MAX_BLOCKS: u32 = 2_000;
/// Works one block can buy; the scan state takes at most 128 bundles a block (mainnet constants, 1.x and 3.x).
const MAX_WORKS: usize = 1_000;
/// Entries of the pool, of the pending works, and of the range.
const MAX_ENTRIES: usize = 200_000;

/// The data of `market_pool.graphql`, and without blocks of `market_coda.graphql`.
pub(super) struct PoolData {
    best_chain: Option<List<Blocks>>,
    snark_pool: List<Pool>,
    pending_snark_work: List<Pending>,
}

/// The data of `market_range.graphql`.
pub(super) struct RangeData {
    best_chain: Option<List<Blocks>>,
    snark_work_range: List<Range>,
}

impl PoolData {
    /// Reads it.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Error> {
        let (mut best_chain, mut snark_pool, mut pending_snark_work) = (None, None, None);
        cursor.object(|cursor, name| match name {
            "bestChain" => once(&mut best_chain, name, blocks(cursor)?),
            "snarkPool" => once(&mut snark_pool, name, list::<Pool>(cursor)?),
            "pendingSnarkWork" => once(&mut pending_snark_work, name, list::<Pending>(cursor)?),
            _ => cursor.skip(),
        })?;
        Ok(Self {
            best_chain: best_chain.flatten(),
            snark_pool: there(snark_pool, "snarkPool")?,
            pending_snark_work: there(pending_snark_work, "pendingSnarkWork")?,
        })
    }
}

impl RangeData {
    /// Reads it.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Error> {
        let (mut best_chain, mut snark_work_range) = (None, None);
        cursor.object(|cursor, name| match name {
            "bestChain" => once(&mut best_chain, name, blocks(cursor)?),
            "snarkWorkRange" => once(&mut snark_work_range, name, list::<Range>(cursor)?),
            _ => cursor.skip(),
        })?;
        let snark_work_range = there(snark_work_range, "snarkWorkRange")?;
        Ok(Self { best_chain: best_chain.flatten(), snark_work_range })
    }
}

/// The chain of a daemon without a best tip is null.
fn blocks(cursor: &mut Cursor<'_>) -> Result<Option<List<Blocks>>, Error> {
    if cursor.null() { Ok(None) } else { list::<Blocks>(cursor).map(Some) }
}

/// Takes a field's value; a field must not come twice.
fn once<T>(field: &mut Option<T>, name: &str, value: T) -> Result<(), Error> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(serde::de::Error::custom(format_args!("{name} twice"))),
    }
}

fn there<T>(field: Option<T>, name: &'static str) -> Result<T, Error> {
    field.ok_or_else(|| serde::de::Error::missing_field(name))
}

/// Reads `market_range.graphql`.
pub(super) fn range(data: RangeData) -> Result<MarketAnswer, Fault> {
    let chain = assembled(data.best_chain)?;
    let book = book::from_range(data.snark_work_range?, &chain);
    Ok((Some(chain), book))
}

/// Reads `market_pool.graphql`.
pub(super) fn pool(data: PoolData) -> Result<MarketAnswer, Fault> {
    let chain = assembled(data.best_chain)?;
    let book = book::from_pool(data.snark_pool?, data.pending_snark_work?, &chain);
    Ok((Some(chain), book))
}

/// Reads `market_coda.graphql`. Without blocks, works already bought stay in the book until the daemon drops them.
pub(super) fn coda(data: PoolData) -> Result<MarketAnswer, Fault> {
    Ok((None, book::from_pool(data.snark_pool?, data.pending_snark_work?, &ChainLook::default())))
}

fn assembled(blocks: Option<List<Blocks>>) -> Result<ChainLook, Fault> {
    let blocks = blocks.ok_or_else(|| Fault::Refused { message: "bestChain is null".to_owned() })?;
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

/// A fee as text and a key, each with its quotes.
fn offer(plain: &mut Plain<'_>, between: &[u8]) -> Option<Offer> {
    plain.is(b"\"")?;
    let fee = Nanomina::try_new(plain.integer()?.try_into().ok()?).ok()?;
    plain.is(b"\"")?;
    plain.is(between)?;
    plain.is(b"\"")?;
    Some(Offer { fee, prover: Key::plainly(plain.until_quote()?)? })
}

/// A `CompletedWork`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompletedWork {
    work_ids: Ids,
    fee: Wire,
    prover: Key,
}

impl CompletedWork {
    fn plainly(plain: &mut Plain<'_>) -> Option<(WorkId, Offer)> {
        plain.is(b"{\"workIds\":[")?;
        let work = Ids::plainly(plain, b",")?;
        plain.is(b"],\"fee\":")?;
        let offer = offer(plain, b",\"prover\":")?;
        plain.is(b"}")?;
        Some((work, offer))
    }

    fn read(cursor: &mut Cursor<'_>, fields: &Proved) -> Result<Result<(WorkId, Offer), Fault>, Error> {
        let Self { work_ids, fee, prover } = cursor.value()?;
        Ok(fields.read(work_ids, &fee, prover))
    }
}

/// `snarkPool`.
struct Pool;

impl Pool {
    fn open((work, offer): (WorkId, Offer)) -> OpenWork {
        OpenWork { work, standing: Some(offer) }
    }
}

impl Entries for Pool {
    type Value = OpenWork;

    const LIMIT: usize = MAX_ENTRIES;

    fn plainly(plain: &mut Plain<'_>) -> Option<OpenWork> {
        CompletedWork::plainly(plain).map(Self::open)
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Result<OpenWork, Fault>, Error> {
        Ok(CompletedWork::read(cursor, &PROVED)?.map(Self::open))
    }
}

/// `snarkJobs` of a block.
struct Sales;

impl Sales {
    fn sale((work, Offer { fee, prover }): (WorkId, Offer)) -> Sale {
        Sale { work, fee, prover }
    }
}

impl Entries for Sales {
    type Value = Sale;

    const LIMIT: usize = MAX_WORKS;

    fn plainly(plain: &mut Plain<'_>) -> Option<Sale> {
        CompletedWork::plainly(plain).map(Self::sale)
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Result<Sale, Fault>, Error> {
        Ok(CompletedWork::read(cursor, &SALE)?.map(Self::sale))
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
    type Value = WorkId;

    const LIMIT: usize = MAX_ENTRIES;

    fn plainly(plain: &mut Plain<'_>) -> Option<WorkId> {
        plain.is(b"{\"workBundle\":[{\"workId\":")?;
        let work = Ids::plainly(plain, b"},{\"workId\":")?;
        plain.is(b"}]}")?;
        Some(work)
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Result<WorkId, Fault>, Error> {
        let PendingWork { work_bundle } = cursor.value()?;
        Ok(work_bundle.work("pendingSnarkWork.workBundle"))
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

impl BundleSpec {
    fn open_work(self) -> Result<OpenWork, Fault> {
        match (self.snark_fee, self.snark_prover_key) {
            (Some(fee), Some(prover)) => {
                let (work, offer) = STANDING.read(self.work_ids, &fee, prover)?;
                Ok(OpenWork { work, standing: Some(offer) })
            }
            (None, None) => Ok(OpenWork { work: self.work_ids.work(STANDING.ids)?, standing: None }),
            (Some(_), None) => Err(invalid(STANDING.prover, "null beside a fee")),
            (None, Some(_)) => Err(invalid(STANDING.fee, "null beside a prover")),
        }
    }
}

impl Entries for Range {
    type Value = OpenWork;

    const LIMIT: usize = MAX_ENTRIES;

    fn plainly(plain: &mut Plain<'_>) -> Option<OpenWork> {
        plain.is(b"{\"workBundleSpec\":{\"workIds\":[")?;
        let work = Ids::plainly(plain, b",")?;
        plain.is(b"],\"snarkFee\":")?;
        let standing = match plain.is(b"null") {
            Some(()) => plain.is(b",\"snarkProverKey\":null").map(|()| None)?,
            None => Some(offer(plain, b",\"snarkProverKey\":")?),
        };
        plain.is(b"}}")?;
        Some(OpenWork { work, standing })
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Result<OpenWork, Fault>, Error> {
        let PendingSpec { work_bundle_spec } = cursor.value()?;
        Ok(work_bundle_spec.open_work())
    }
}

/// `bestChain`.
struct Blocks;

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

impl Blocks {
    fn block(hash: &Wire, state: &ProtocolState, works: List<Sales>) -> Result<Arc<Block>, Fault> {
        Ok(Arc::new(Block {
            height: state.consensus_state.block_height.length("bestChain.blockHeight")?,
            state_hash: hash.hash("bestChain.stateHash")?.into(),
            at: state.blockchain_state.date.time("bestChain.date")?,
            works: works?.into(),
        }))
    }
}

impl Entries for Blocks {
    type Value = Arc<Block>;

    const LIMIT: usize = MAX_BLOCKS as usize;

    fn read(cursor: &mut Cursor<'_>) -> Result<Result<Arc<Block>, Fault>, Error> {
        let (mut state_hash, mut protocol_state, mut snark_jobs) = (None, None, None);
        cursor.object(|cursor, name| match name {
            "stateHash" => once(&mut state_hash, name, cursor.value()?),
            "protocolState" => once(&mut protocol_state, name, cursor.value()?),
            "snarkJobs" => once(&mut snark_jobs, name, list::<Sales>(cursor)?),
            _ => cursor.skip(),
        })?;
        let (state_hash, protocol_state) = (there(state_hash, "stateHash")?, there(protocol_state, "protocolState")?);
        Ok(Self::block(&state_hash, &protocol_state, there(snark_jobs, "snarkJobs")?))
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
        pool(PoolData::read(&mut Cursor::new(&data.to_string())).unwrap())
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
            let data = json!({"bestChain": [block(8, &[])], "snarkWorkRange": entries}).to_string();
            range(RangeData::read(&mut Cursor::new(&data)).unwrap())
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
