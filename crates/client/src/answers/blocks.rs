//! Blocks as the daemon lists them.

use std::sync::Arc;

use serde::{Deserialize, de::DeserializeSeed};
use serde_json::{Deserializer, Error, value::RawValue};
use snarkfee_core::{fault::Fault, market::Block};

use super::{
    keys::KeyInterner,
    list::{Entries, List, ListReader},
    scalars::Scalar,
    works::Sales,
};

/// Blocks of one answer; the frontier holds about 290 (k of mainnet).
pub(crate) const MAX_BLOCKS: u32 = 2_000;

/// `bestChain`.
pub(super) struct Blocks;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PrintedBlock<'a> {
    #[serde(borrow)]
    state_hash: Scalar<'a>,
    #[serde(borrow)]
    protocol_state: ProtocolState<'a>,
    #[serde(borrow)]
    snark_jobs: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProtocolState<'a> {
    #[serde(borrow)]
    blockchain_state: BlockchainState<'a>,
    #[serde(borrow)]
    consensus_state: ConsensusState<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlockchainState<'a> {
    #[serde(borrow)]
    date: Scalar<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConsensusState<'a> {
    #[serde(borrow)]
    block_height: Scalar<'a>,
}

impl PrintedBlock<'_> {
    fn block(&self, works: List<Sales>) -> Result<Arc<Block>, Fault> {
        let ProtocolState { blockchain_state, consensus_state } = &self.protocol_state;
        Ok(Arc::new(Block {
            height: consensus_state.block_height.length("bestChain.blockHeight")?,
            state_hash: self.state_hash.hash("bestChain.stateHash")?.into(),
            at: blockchain_state.date.time("bestChain.date")?,
            works: works?.into(),
        }))
    }
}

impl Entries for Blocks {
    type Printed<'de> = PrintedBlock<'de>;
    type Value = Arc<Block>;

    const LIMIT: usize = MAX_BLOCKS as usize;
    /// The chain of a daemon without a best tip.
    const NULL: Option<&'static str> = Some("bestChain is null");

    fn read(
        printed: PrintedBlock<'_>,
        keys: &mut KeyInterner,
    ) -> Result<Result<Arc<Block>, Fault>, Error> {
        let mut jobs = Deserializer::from_str(printed.snark_jobs.get());
        let works = ListReader::<Sales>::new(keys).deserialize(&mut jobs)?;
        Ok(printed.block(works))
    }
}
