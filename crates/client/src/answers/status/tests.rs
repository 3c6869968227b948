use serde_json::{Value, json};

use super::*;
use snarkfee_core::market::{OwnSlots, SyncState};

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
    let slots = ["2021-03-31T00:51:00Z", "2021-03-31T00:57:00Z"];
    assert_eq!(status.own_slots, slots.map(|slot| slot.parse().unwrap()).into_iter().collect());
    assert_eq!(status.slot_duration, Duration::from_secs(180));
    assert!(status.produces_blocks);
    assert_eq!(status.exact_pool, None);
}

#[test]
fn a_bootstrapping_daemon_has_no_tip() {
    let mut document = synced();
    let status = &mut document["daemonStatus"];
    status["syncStatus"] = json!("BOOTSTRAP");
    for field in ["blockchainLength", "stateHash", "consensusTimeBestTip", "nextBlockProduction"] {
        status[field] = Value::Null;
    }
    status["blockProductionKeys"] = json!([]);
    let status = read(document).unwrap();
    assert_eq!((status.height, status.state_hash, status.best_tip), (None, None, None));
    assert_eq!((status.own_slots, status.produces_blocks), (OwnSlots::default(), false));
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
    document["daemonStatus"]["metrics"] = json!({"snarkPoolSize": 4111, "pendingSnarkWork": 12});
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
