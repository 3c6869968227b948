//! From the three forms of `daemonStatus` to one [`DaemonStatus`].

use std::time::Duration;

use snarkfee_core::{
    fault::Fault,
    market::{ConsensusSlot, DaemonStatus, ExactPool},
    units::PublicKey,
};

use super::{
    operations::{status, status_coda, status_metrics},
    scalars::{OwnedScalar, Scalar, SyncStatus, invalid},
};

/// A slot of more than a day or of no length is no slot.
const LONGEST_SLOT_MS: u64 = 24 * 60 * 60 * 1000;

/// What all forms have in common, values not yet looked at.
struct RawStatus {
    worker: Option<String>,
    fee: OwnedScalar,
    sync: SyncStatus,
    height: Option<OwnedScalar>,
    highest_received: OwnedScalar,
    uptime: OwnedScalar,
    commit: String,
    state_hash: Option<String>,
    now: RawSlot,
    best_tip: Option<RawSlot>,
    slot_duration: OwnedScalar,
    productions: Vec<OwnedScalar>,
}

struct RawSlot {
    global_slot: OwnedScalar,
    starts: OwnedScalar,
}

/// The generated types of the three documents differ in nothing but their names.
macro_rules! raw_status {
    ($status:expr) => {{
        let status = $status;
        RawStatus {
            worker: status.snark_worker,
            fee: status.snark_work_fee,
            sync: status.sync_status,
            height: status.blockchain_length,
            highest_received: status.highest_block_length_received,
            uptime: status.uptime_secs,
            commit: status.commit_id,
            state_hash: status.state_hash,
            now: RawSlot {
                global_slot: status.consensus_time_now.global_slot,
                starts: status.consensus_time_now.start_time,
            },
            best_tip: status
                .consensus_time_best_tip
                .map(|slot| RawSlot { global_slot: slot.global_slot, starts: slot.start_time }),
            slot_duration: status.consensus_configuration.slot_duration,
            productions: status
                .next_block_production
                .map(|production| {
                    production.times.into_iter().map(|slot| slot.start_time).collect()
                })
                .unwrap_or_default(),
        }
    }};
}

/// Reads `status.graphql`.
pub(super) fn read_plain(data: status::ResponseData) -> Result<DaemonStatus, Fault> {
    let status = data.daemon_status;
    let (keys, peers) = (status.block_production_keys.len(), status.peers.len());
    Ok(DaemonStatus {
        peers: Some(peer_count(peers)?),
        produces_blocks: keys > 0,
        ..raw_status!(status).read()?
    })
}

/// Reads `status_metrics.graphql`.
pub(super) fn read_with_metrics(data: status_metrics::ResponseData) -> Result<DaemonStatus, Fault> {
    let status = data.daemon_status;
    let (keys, peers) = (status.block_production_keys.len(), status.peers.len());
    let exact_pool = ExactPool {
        snark_pool_size: status.metrics.snark_pool_size.unsigned("metrics.snarkPoolSize")?,
        pending_snark_work: status
            .metrics
            .pending_snark_work
            .unsigned("metrics.pendingSnarkWork")?,
    };
    Ok(DaemonStatus {
        peers: Some(peer_count(peers)?),
        produces_blocks: keys > 0,
        exact_pool: Some(exact_pool),
        ..raw_status!(status).read()?
    })
}

/// Reads `status_coda.graphql`.
pub(super) fn read_coda(data: status_coda::ResponseData) -> Result<DaemonStatus, Fault> {
    let status = data.daemon_status;
    let produces_blocks = !status.block_producer_pubkeys.is_empty();
    Ok(DaemonStatus { produces_blocks, ..raw_status!(status).read()? })
}

fn peer_count(peers: usize) -> Result<u32, Fault> {
    u32::try_from(peers).map_err(|_too_many| invalid("peers", &peers.to_string()))
}

impl RawStatus {
    fn read(self) -> Result<DaemonStatus, Fault> {
        let worker = self
            .worker
            .map(|text| {
                PublicKey::try_new(&text).map_err(|_not_a_key| invalid("snarkWorker", &text))
            })
            .transpose()?;
        let slot_ms = self.slot_duration.unsigned("consensusConfiguration.slotDuration")?;
        if !(1..=LONGEST_SLOT_MS).contains(&slot_ms) {
            return Err(invalid("consensusConfiguration.slotDuration", &slot_ms.to_string()));
        }
        let productions: Vec<_> = self
            .productions
            .iter()
            .map(|starts| starts.time("nextBlockProduction.times.startTime"))
            .collect::<Result<_, _>>()?;
        Ok(DaemonStatus {
            worker,
            fee: self.fee.amount("snarkWorkFee")?,
            sync: self.sync.0,
            height: self.height.map(|height| height.length("blockchainLength")).transpose()?,
            highest_received: self.highest_received.length("highestBlockLengthReceived")?,
            uptime: Duration::from_secs(self.uptime.unsigned("uptimeSecs")?),
            peers: None,
            commit: Fault::excerpt(&self.commit),
            state_hash: self
                .state_hash
                .map(|hash| Scalar::Text(hash.into()).hash("stateHash"))
                .transpose()?,
            best_tip: self.best_tip.map(|slot| slot.read("consensusTimeBestTip")).transpose()?,
            now: self.now.read("consensusTimeNow")?,
            slot_duration: Duration::from_millis(slot_ms),
            own_slots: productions.into_iter().collect(),
            produces_blocks: false,
            exact_pool: None,
            read_only: false,
            simulated_speed: None,
        })
    }
}

impl RawSlot {
    fn read(&self, field: &str) -> Result<ConsensusSlot, Fault> {
        Ok(ConsensusSlot {
            global_slot: u64::from(self.global_slot.length(&format!("{field}.globalSlot"))?),
            starts: self.starts.time(&format!("{field}.startTime"))?,
        })
    }
}

#[cfg(test)]
mod tests;
