use snarkfee_core::units::WorkId;

use super::*;
use crate::market_sim::{
    pool::{Work, WorkNature},
    scan_state::TreeShape,
    scenario::TransactionSetup,
};

const LISTED: ProverId = ProverId(0);
const UNKNOWN: ProverId = ProverId(9);

fn plain(height: u32) -> Work {
    Work::new(WorkId::one(0), height, WorkNature::PLAIN)
}

/// A tree that requires four works, which appeared at heights 1 to 4 and may be bought from height
/// 10 on.
struct ProducerScene {
    pool: Pool,
    scan: ScanState,
    mempool: Mempool,
    chain: ChainSetup,
    gossip: GossipSetup,
    accounts: BTreeSet<ProverId>,
}

impl ProducerScene {
    fn new() -> Self {
        let shape = TreeShape { slots: 8, works: 4, late_works: 0, late_slots: 0 };
        let mut scan = ScanState::new(shape);
        let mut pool = Pool::default();
        for height in 1..=2 {
            scan.apply_block(8, 0, |_| pool.add(plain(height)));
        }
        let chain = ChainSetup {
            tree_slots: 8,
            tree_works: 4,
            late_works: 0,
            work_delay: 2,
            ..ChainSetup::default()
        };
        Self {
            pool,
            scan,
            mempool: Mempool::default(),
            chain,
            gossip: GossipSetup::default(),
            accounts: BTreeSet::from([LISTED]),
        }
    }

    fn offer(&mut self, serial: Serial, nanomina: u64, prover: ProverId, at: Millis) {
        let fee = Nanomina::try_new(nanomina).unwrap();
        self.pool.get_mut(serial).unwrap().accept_bid(Bid { fee, prover, at });
    }

    fn producer(&self, slot: i64, height: u32, own: Option<ProverId>) -> Producer<'_> {
        Producer {
            pool: &self.pool,
            scan: &self.scan,
            mempool: &self.mempool,
            chain: &self.chain,
            gossip: &self.gossip,
            accounts: &self.accounts,
            draws: Draws::new(1),
            slot,
            at: 10_000_000,
            height,
            own,
        }
    }

    fn sold(&self, height: u32) -> Vec<Serial> {
        self.producer(0, height, None).plan_block().sold.iter().map(|(serial, _)| *serial).collect()
    }
}

#[test]
fn the_first_missing_work_ends_the_purchase() {
    let mut scene = ProducerScene::new();
    for serial in [0, 1, 3] {
        scene.offer(serial, 0, LISTED, 0);
    }
    assert_eq!(scene.sold(10), [0, 1]);
    scene.offer(2, 0, LISTED, 0);
    assert_eq!(scene.sold(10), [0, 1, 2, 3]);
}

#[test]
fn a_work_younger_than_the_work_delay_is_missing() {
    let mut scene = ProducerScene::new();
    for serial in 0..4 {
        scene.offer(serial, 0, LISTED, 0);
    }
    assert_eq!(scene.sold(2), [0; 0]);
    assert_eq!(scene.sold(3), [0, 1, 2, 3]);
}

#[test]
fn a_paid_prover_without_an_account_ends_the_purchase_and_a_free_one_does_not() {
    let mut scene = ProducerScene::new();
    for serial in 0..4 {
        scene.offer(serial, 0, if serial == 1 { UNKNOWN } else { LISTED }, 0);
    }
    assert_eq!(scene.sold(10).len(), 4);
    let mut scene = ProducerScene::new();
    for serial in 0..4 {
        scene.offer(serial, u64::from(serial == 1), if serial == 1 { UNKNOWN } else { LISTED }, 0);
    }
    assert_eq!(scene.sold(10), [0]);
}

#[test]
fn a_new_proof_reaches_some_producers_an_old_one_all_and_others_see_the_more_expensive_proof() {
    let mut scene = ProducerScene::new();
    scene.offer(0, 900, LISTED, 0);
    scene.offer(0, 0, LISTED, 10_000_000 - 10_000);
    let fees = |scene: &ProducerScene, own| -> BTreeSet<u64> {
        (0..200)
            .map(|slot| scene.producer(slot, 10, own).plan_block().sold[0].1.fee.get())
            .collect()
    };
    assert_eq!(fees(&scene, None), BTreeSet::from([0, 900]));
    assert_eq!(
        fees(&scene, Some(LISTED)),
        BTreeSet::from([0]),
        "the operator's own daemon has heard of it"
    );
    let mut scene = ProducerScene::new();
    scene.offer(0, 900, LISTED, 0);
    scene.offer(0, 0, LISTED, 1000);
    assert_eq!(fees(&scene, None), BTreeSet::from([0]));
}

#[test]
fn a_block_of_a_tree_that_requires_nothing_buys_nothing() {
    let mut scene = ProducerScene::new();
    for serial in 0..4 {
        scene.offer(serial, 0, LISTED, 0);
    }
    scene.scan.apply_block(1, 4, |_| scene.pool.next_serial());
    let plan = scene.producer(0, 10, None).plan_block();
    assert_eq!((plan.parts, plan.sold.len()), (vec![(1, 0)], 0));
}

#[test]
fn a_block_that_fills_a_tree_may_buy_one_work_for_its_coinbase() {
    let mut scene = ProducerScene::new();
    for serial in 0..4 {
        scene.offer(serial, 0, LISTED, 0);
    }
    let ProducerScene { scan, pool, .. } = &mut scene;
    scan.apply_block(1, 4, |_| pool.add(plain(3)));
    let head = scene.scan.next_head().unwrap();
    let setup = TransactionSetup { per_slot: 100.0, ..TransactionSetup::default() };
    scene.mempool.add_arrivals(0, &setup, Draws::new(1));

    scene.chain.split_share = 1.0;
    let without = scene.producer(0, 10, None).plan_block();
    assert_eq!(
        (without.parts, without.sold.len()),
        (vec![(7, 0)], 0),
        "nobody has proved the work"
    );
    scene.offer(head, 5_000, LISTED, 0);
    let split = scene.producer(0, 10, None).plan_block();
    assert_eq!((split.parts, split.commands), (vec![(7, 0), (1, 1)], 6));
    assert_eq!(split.sold.iter().map(|(serial, _)| *serial).collect::<Vec<_>>(), [head]);
    scene.chain.split_share = 0.0;
    assert_eq!(scene.producer(0, 10, None).plan_block().sold, []);
}
