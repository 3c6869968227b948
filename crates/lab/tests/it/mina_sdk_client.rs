//! The official Rust SDK as a client of the simulated daemon.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use mina_sdk::{BlockRef, ClientConfig, Currency, Error, MinaClient, SyncStatus, TransactionRef};
use serde_json::json;
use snarkfee_core::units::{Nanomina, PublicKey, WorkId};
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, Era, SimDaemonServer},
    market_sim::{SimulatedDaemon, Snapshot, World, library},
};

use crate::fixed_daemon::{Served, install_tls, key, nanomina, serve, start};

fn client(served: &Served) -> MinaClient {
    client_of(&served.server)
}

fn client_of(server: &SimDaemonServer) -> MinaClient {
    install_tls();
    MinaClient::with_config(ClientConfig {
        graphql_uri: server.graphql_url(),
        retries: 1,
        retry_delay: Duration::ZERO,
        timeout: Duration::from_secs(60),
    })
}

fn ids(work: WorkId) -> Vec<i64> {
    work.ids().collect()
}

#[tokio::test]
async fn the_status_equals_the_world() {
    let served = Served::new(Era::Mesa40).await;
    let client = client(&served);
    let (world, status) = (served.shown(), client.get_daemon_status().await.unwrap());
    assert_eq!(client.get_sync_status().await.unwrap(), SyncStatus::Synced);
    assert_eq!(status.sync_status, SyncStatus::Synced);
    assert_eq!(status.blockchain_length, world.status.height.map(i64::from));
    assert_eq!(
        status.highest_block_length_received,
        Some(i64::from(world.status.highest_received))
    );
    assert_eq!(status.uptime_secs, Some(86_400));
    assert_eq!(status.state_hash, world.status.state_hash);
    assert_eq!(status.commit_id, Some(world.status.commit));
    assert_eq!(status.num_accounts, Some(2));
    assert_eq!(status.block_production_keys.len(), 1);
    assert_eq!(status.peers.unwrap().len(), 3);
    assert_eq!(
        status.global_slot_since_genesis_best_tip,
        world.status.best_tip.map(|tip| tip.global_slot)
    );
    let now = status.consensus_time_now.unwrap();
    assert_eq!(now.global_slot, world.status.now.global_slot);
    assert_eq!((now.epoch, now.slot), (1, 9004 - 7140));
    assert_eq!(now.start_time, world.status.now.starts.as_millisecond().to_string());
    assert_eq!(now.end_time, (world.status.now.starts.as_millisecond() + 90_000).to_string());
    assert_eq!(status.addrs_and_ports.unwrap().client_port, 8301);
    let metrics = client.get_daemon_metrics().await.unwrap();
    assert_eq!((metrics.snark_pool_size, metrics.pending_snark_work), (2, 1));
    assert_eq!(metrics.snark_pool_diff_received, 2);
    assert_eq!(client.get_peers().await.unwrap().len(), 3);
    assert_eq!(client.get_network_id().await.unwrap(), "mina:simulated");
}

#[tokio::test]
async fn the_chain_and_its_sales_equal_the_world() {
    let served = Served::new(Era::Mesa40).await;
    let (world, chain) = (served.shown(), client(&served).get_best_chain(Some(3)).await.unwrap());
    assert_eq!(chain.len(), 3);
    for (shown, block) in chain.iter().zip(&world.chain[2..]) {
        assert_eq!(shown.state_hash, *block.state_hash);
        assert_eq!(shown.height, u64::from(block.height));
        assert_eq!(shown.global_slot_since_genesis, 9000 + u64::from(block.height) - 1000);
        assert_eq!(shown.date, block.at.as_millisecond().to_string());
        assert_eq!(shown.coinbase.nanomina(), world.coinbase.get());
        let sold: Vec<_> = shown
            .snark_jobs
            .iter()
            .map(|job| (job.work_ids.clone(), job.fee.nanomina(), job.prover.clone()))
            .collect();
        let bought: Vec<_> = block
            .works
            .iter()
            .map(|sale| (ids(sale.work), sale.fee.get(), sale.prover.to_string()))
            .collect();
        assert_eq!(sold, bought);
        let paid: u64 = shown.fee_transfers.iter().map(|transfer| transfer.fee.nanomina()).sum();
        assert_eq!(paid, block.works.iter().map(|sale| sale.fee.get()).sum::<u64>());
    }
    assert_eq!(chain[1].previous_state_hash, chain[0].state_hash);
    let client = client(&served);
    assert_eq!(client.get_best_chain(None).await.unwrap().len(), 5);
    assert_eq!(client.get_block(BlockRef::Height(1001)).await.unwrap().state_hash, "3Nhash1");
    assert_eq!(
        client.get_block(BlockRef::StateHash("3Nhash2".to_owned())).await.unwrap().height,
        1002
    );
    assert!(matches!(client.get_block(BlockRef::Height(5)).await, Err(Error::Graphql { .. })));
    assert_eq!(client.get_genesis_block().await.unwrap().height, 1);
}

#[tokio::test]
async fn the_pool_equals_the_world() {
    let served = Served::new(Era::Mesa40).await;
    let pool = client(&served).get_snark_pool().await.unwrap();
    let shown: Vec<_> = pool
        .iter()
        .map(|work| (work.work_ids.clone(), work.fee.nanomina(), work.prover.clone()))
        .collect();
    let held: Vec<_> = served
        .shown()
        .pool
        .iter()
        .map(|entry| (ids(entry.work), entry.fee.get(), entry.prover.to_string()))
        .collect();
    assert_eq!(shown, held);
}

#[tokio::test]
async fn accounts_and_constants_equal_the_world() {
    let served = Served::new(Era::Mesa40).await;
    let client = client(&served);
    let account = client.get_account("B62qworker", None).await.unwrap();
    assert_eq!(account.public_key, "B62qworker");
    assert_eq!(account.balance.block_height, Some(1004));
    assert_eq!(account.permissions.unwrap().receive.as_deref(), Some("None"));
    assert!(account.timing.is_none());
    assert!(matches!(client.get_account("B62qnobody", None).await, Err(Error::AccountNotFound(_))));
    let constants = client.get_genesis_constants().await.unwrap();
    let world = served.shown();
    assert_eq!(constants.coinbase.nanomina(), world.coinbase.get());
    assert_eq!(constants.account_creation_fee.nanomina(), world.account_creation_fee.get());
    assert!(client.get_tracked_accounts().await.unwrap().is_empty());
    assert!(client.get_pooled_user_commands(None).await.unwrap().is_empty());
    assert!(client.get_pooled_zkapp_commands(None).await.unwrap().is_empty());
    client.get_transaction_status(TransactionRef::Payment("x".to_owned())).await.unwrap();
}

#[tokio::test]
async fn fee_and_key_are_set() {
    let served = Served::new(Era::Mesa40).await;
    let client = client(&served);
    assert_eq!(
        client.set_snark_work_fee(Currency::from_nanomina(250_000)).await.unwrap(),
        "100000000"
    );
    assert_eq!(served.shown().status.fee, nanomina(250_000));

    // In this release `set_snark_worker` sends the key in place of the input object, which no
    // daemon's schema takes.
    assert!(matches!(client.set_snark_worker(Some("B62qother")).await, Err(Error::Graphql { .. })));
    assert_eq!(served.shown().status.worker, Some(key("worker")));

    let set = |key: Option<&str>| {
        client
            .query("mutation ($input: SetSnarkWorkerInput!) { setSnarkWorker(input: $input) { lastSnarkWorker } }")
            .variables(json!({ "input": { "publicKey": key } }))
            .send()
    };
    assert_eq!(
        set(Some("B62qother")).await.unwrap()["setSnarkWorker"]["lastSnarkWorker"],
        "B62qworker"
    );
    assert_eq!(served.shown().status.worker, Some(key("other")));
    assert_eq!(set(None).await.unwrap()["setSnarkWorker"]["lastSnarkWorker"], "B62qother");
    assert_eq!(served.shown().status.worker, None);
}

/// A market that has stopped, so that what is read can be compared with it.
struct Stopped(World);

impl SimulatedDaemon for Stopped {
    fn advance(&mut self, _: Timestamp) {}

    fn snapshot(&self) -> Snapshot {
        self.0.snapshot()
    }

    fn set_fee(&mut self, fee: Nanomina) -> Nanomina {
        self.0.set_fee(fee)
    }

    fn set_worker(&mut self, key: Option<PublicKey>) -> Option<PublicKey> {
        self.0.set_worker(key)
    }
}

#[tokio::test]
async fn a_simulated_market_is_read_as_it_is() {
    let mut world = World::new(&library::scenario("list-price").unwrap(), 7, start());
    world.advance(start() + Duration::from_secs(4 * 3600));
    let held = world.snapshot();
    let server = serve(Arc::new(Mutex::new(Stopped(world))), DaemonSimOptions::default()).await;
    let client = client_of(&server);
    let (chain, pool) =
        (client.get_best_chain(None).await.unwrap(), client.get_snark_pool().await.unwrap());
    assert!(held.chain.len() > 20 && !held.pool.is_empty());
    assert_eq!(chain.len(), held.chain.len());
    for (shown, block) in chain.iter().zip(&held.chain) {
        assert_eq!(
            (&*shown.state_hash, shown.height),
            (&*block.state_hash, u64::from(block.height))
        );
        assert_eq!(shown.date, block.at.as_millisecond().to_string());
        let sold: Vec<_> =
            shown.snark_jobs.iter().map(|job| (job.work_ids.clone(), job.fee.nanomina())).collect();
        assert_eq!(
            sold,
            block.works.iter().map(|sale| (ids(sale.work), sale.fee.get())).collect::<Vec<_>>()
        );
    }
    assert!(chain.is_sorted_by_key(|block| block.global_slot_since_genesis));
    let tip = chain.last().map(|block| block.global_slot_since_genesis);
    assert_eq!(tip, held.status.best_tip.map(|slot| slot.global_slot));
    let offered: Vec<_> = pool
        .iter()
        .map(|work| (work.work_ids.clone(), work.fee.nanomina(), work.prover.clone()))
        .collect();
    let entries = held.pool.iter();
    assert_eq!(
        offered,
        entries
            .map(|entry| (ids(entry.work), entry.fee.get(), entry.prover.to_string()))
            .collect::<Vec<_>>()
    );
    let query = "{ snarkWorkRange(startingIndex: 0) { workBundleSpec { workIds snarkFee } } pendingSnarkWork { workBundle { workId } } }";
    let works = client.query(query).send().await.unwrap();
    let range = works["snarkWorkRange"].as_array().unwrap();
    assert_eq!(range.len(), held.open.len());
    for (shown, open) in range.iter().zip(&held.open) {
        let fee = open.standing.as_ref().map(|offer| offer.fee.get().to_string());
        assert_eq!(shown["workBundleSpec"], json!({ "workIds": ids(open.work), "snarkFee": fee }));
    }
    assert_eq!(works["pendingSnarkWork"].as_array().unwrap().len(), held.pending.len());
}

#[tokio::test]
async fn a_stopped_daemon_is_a_connection_error() {
    let served = Served::new(Era::Mesa40).await;
    let client = client(&served);
    served.server.shut_down().await;
    assert!(matches!(client.get_sync_status().await, Err(Error::Connection { .. })));
}
