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
            next_block_production: productions.into_iter().min(),
            produces_blocks: false,
            exact_pool: None,
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
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use snarkfee_core::market::SyncState;

    fn synced() -> Value {
        json!({"daemonStatus": {
            "snarkWorker": null, "snarkWorkFee": 100000000, "syncStatus": "SYNCED", "blockchainLength": 363117,
            "highestBlockLengthReceived": 363118, "uptimeSecs": 86400, "commitId": "6965b50", "stateHash": "3NLq",
            "consensusTimeNow": {"globalSlot": "602", "startTime": "1617151500000"},
            "consensusTimeBestTip": {"globalSlot": "601", "startTime": "1617151320000"},
            "consensusConfiguration": {"slotDuration": 180000},
            "nextBlockProduction": {"times": [{"startTime": "1617152220000"}, {"startTime": "1617151860000"}]},
            "blockProductionKeys": ["B62qjCuPisQjLW7YkB22BR9KieSmUZTyApftqxsAuB3U21r3vj1YnaG"],
            "peers": [{"peerId": "a"}, {"peerId": "b"}],
        }})
    }

    fn read(document: Value) -> Result<DaemonStatus, Fault> {
        read_plain(serde_json::from_value(document).unwrap())
    }

    #[test]
    fn a_synced_daemon_reads_as_it_says() {
        let status = read(synced()).unwrap();
        assert_eq!(
            (status.worker, status.fee.get(), status.sync),
            (None, 100_000_000, SyncState::Synced)
        );
        assert_eq!(
            (status.height, status.highest_received, status.peers),
            (Some(363_117), 363_118, Some(2))
        );
        assert_eq!(status.now.global_slot, 602);
        assert_eq!(status.best_tip.unwrap().starts, "2021-03-31T00:42:00Z".parse().unwrap());
        assert_eq!(status.next_block_production, Some("2021-03-31T00:51:00Z".parse().unwrap()));
        assert_eq!(status.slot_duration, Duration::from_secs(180));
        assert!(status.produces_blocks);
        assert_eq!(status.exact_pool, None);
    }

    #[test]
    fn a_bootstrapping_daemon_has_no_tip() {
        let mut document = synced();
        let status = &mut document["daemonStatus"];
        status["syncStatus"] = json!("BOOTSTRAP");
        for field in
            ["blockchainLength", "stateHash", "consensusTimeBestTip", "nextBlockProduction"]
        {
            status[field] = Value::Null;
        }
        status["blockProductionKeys"] = json!([]);
        let status = read(document).unwrap();
        assert_eq!((status.height, status.state_hash, status.best_tip), (None, None, None));
        assert_eq!((status.next_block_production, status.produces_blocks), (None, false));
    }

    #[test]
    fn values_that_cannot_be_true_name_their_field() {
        for (field, value) in [
            ("snarkWorkFee", json!(-1)),
            ("uptimeSecs", json!(-5)),
            ("blockchainLength", json!(1.5)),
            ("highestBlockLengthReceived", json!(1_u64 << 40)),
            ("snarkWorker", json!("")),
            ("stateHash", json!("")),
        ] {
            let mut document = synced();
            document["daemonStatus"][field] = value;
            let fault = read(document).unwrap_err();
            assert!(
                matches!(&fault, Fault::InvalidValue { field: named, .. } if named == field),
                "{fault}"
            );
        }
        let mut document = synced();
        document["daemonStatus"]["consensusConfiguration"]["slotDuration"] = json!(0);
        assert_eq!(read(document).unwrap_err().code(), "invalid_value");
    }

    #[test]
    fn the_newer_form_adds_exact_numbers_and_the_oldest_lacks_peers() {
        let mut document = synced();
        document["daemonStatus"]["metrics"] =
            json!({"snarkPoolSize": 4111, "pendingSnarkWork": 12});
        let status = read_with_metrics(serde_json::from_value(document).unwrap()).unwrap();
        assert_eq!(
            status.exact_pool,
            Some(ExactPool { snark_pool_size: 4111, pending_snark_work: 12 })
        );

        let mut document = synced();
        document["daemonStatus"]["blockProducerPubkeys"] = json!([]);
        let status = read_coda(serde_json::from_value(document).unwrap()).unwrap();
        assert_eq!((status.peers, status.produces_blocks), (None, false));
    }
}
