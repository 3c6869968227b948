//! Blocks as the daemon lists them.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Error;
use snarkfee_core::{fault::Fault, market::Block};

use super::{
    cursor::{Cursor, once, there},
    list::{Entries, List, list},
    scalars::Wire,
    works::Sales,
};

/// Blocks of one answer; the frontier holds about 290 (k of mainnet).
pub(crate) const MAX_BLOCKS: u32 = 2_000;

/// `bestChain`.
pub(super) struct Blocks;

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
        let (state_hash, protocol_state) =
            (there(state_hash, "stateHash")?, there(protocol_state, "protocolState")?);
        Ok(Self::block(&state_hash, &protocol_state, there(snark_jobs, "snarkJobs")?))
    }
}
