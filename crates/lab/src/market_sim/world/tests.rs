use std::time::Duration;

use proptest::prelude::*;
use snarkfee_core::market::SyncState;

use super::*;
use crate::market_sim::{HandOut, SimulatedDaemon, Snapshot, library};

/// A market of small trees, quick to run, with every kind of competitor.
const SMALL: &str = r#"
name = "small"
about = "A small market."
restarts = [70]
competitors = [
  { name = "free", fee = { fixed_nanomina = 0 }, proof_seconds = 120.0 },
  { name = "list", fee = { fixed_nanomina = 1_000_000 }, proof_seconds = 60.0 },
  { name = "rare", fee = { reprice = { fees_nanomina = [500_000, 3_000_000], every_seconds = 1800 } }, proof_seconds = 60.0 },
  { name = "bot", fee = { undercut = { floor_nanomina = 200_000, ask_nanomina = 5_000_000, tick_nanomina = 1, every_seconds = 300 } }, proof_seconds = 45.0 },
]
[chain]
fill = 1.0
tree_slots = 32
tree_works = 30
late_slots = 12
split_share = 0.5
[transactions]
per_slot = 3.0
[operator]
provers = 2
proof_seconds = 40.0
[operator.blocks]
share = 0.05
missed_while_proving = 0.5
[[regimes]]
name = "first"
from_slot = 0
provers = { free = 2, list = 2, rare = 1, bot = 1 }
[[regimes]]
name = "second"
from_slot = 40
provers = { list = 2, bot = 2 }
"#;

fn start() -> Timestamp {
    "2026-11-01T00:00:00.0005Z".parse().unwrap()
}

fn after(seconds: f64) -> Timestamp {
    start() + SignedDuration::from_secs_f64(seconds)
}

fn slots(slots: u32) -> Timestamp {
    after(f64::from(slots) * 90.0)
}

fn small(seed: u64) -> World {
    World::new(&Scenario::parse(SMALL).unwrap(), seed, start())
}

fn shipped(name: &str, seed: u64) -> World {
    World::new(&library::scenario(name).unwrap(), seed, start())
}

fn fee(nanomina: u64) -> Nanomina {
    Nanomina::try_new(nanomina).unwrap()
}

/// Everything that a world shows and hides, as text.
fn everything(world: &World) -> String {
    format!("{:?}\n{:?}", world.snapshot(), world.truth())
}

#[derive(Clone, Debug)]
enum Deed {
    Fee(u64),
    On,
    Off,
    OtherKey,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (0..200_000_000_u64).prop_map(Deed::Fee),
        Just(Deed::On),
        Just(Deed::Off),
        Just(Deed::OtherKey)
    ]
}

fn act(world: &mut World, deed: &Deed) {
    match deed {
        Deed::Fee(nanomina) => drop(world.set_fee(fee(*nanomina))),
        Deed::On => drop(world.set_worker(Some(World::operator_key()))),
        Deed::Off => drop(world.set_worker(None)),
        Deed::OtherKey => drop(world.set_worker(Some(PublicKey::try_new("B62qother").unwrap()))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_state_does_not_depend_on_the_steps_in_which_time_is_advanced(
        seed in 0..1000_u64,
        mut deeds in prop::collection::vec((0.0..9000.0_f64, deed()), 0..8),
        mut stops in prop::collection::vec(0.0..9000.0_f64, 0..40),
    ) {
        deeds.sort_by(|a, b| a.0.total_cmp(&b.0));
        stops.sort_by(f64::total_cmp);
        let mut straight = small(seed);
        let mut stepwise = small(seed);
        let mut stops = stops.into_iter().peekable();
        for (at, deed) in deeds.iter().map(|(at, deed)| (*at, Some(deed))).chain([(9000.0, None)]) {
            while let Some(stop) = stops.next_if(|stop| *stop <= at) {
                stepwise.advance(after(stop));
                stepwise.advance(after(stop / 2.0));
            }
            for world in [&mut straight, &mut stepwise] {
                world.advance(after(at));
                if let Some(deed) = deed {
                    act(world, deed);
                }
            }
        }
        prop_assert_eq!(everything(&straight), everything(&stepwise));
    }

    #[test]
    fn what_is_shown_is_consistent_whatever_the_operator_does(
        seed in 0..1000_u64,
        deeds in prop::collection::vec((1.0..600.0_f64, deed()), 1..25),
    ) {
        let mut world = small(seed);
        let mut at = 0.0;
        for (pause, deed) in deeds {
            at += pause;
            world.advance(after(at));
            act(&mut world, &deed);
            check(&world.snapshot());
        }
        let own = world.truth().own;
        prop_assert!(own.accepted <= own.made && own.sold + own.sold_to_self <= own.accepted);
        prop_assert!(own.busy.as_secs_f64() <= 2.0 * at + 0.001);
    }
}

/// What holds of every snapshot.
fn check(shown: &Snapshot) {
    let heights: Vec<u32> = shown.chain.iter().map(|block| block.height).collect();
    assert!(
        heights.windows(2).all(|pair| pair[0] + 1 == pair[1]) && heights.len() <= FRONTIER as usize
    );
    let bought: BTreeSet<_> = shown
        .chain
        .iter()
        .flat_map(|block| &*block.works)
        .map(|sale| format!("{:?}", sale.work))
        .collect();
    assert!(
        shown.open.iter().all(|open| !bought.contains(&format!("{:?}", open.work))),
        "an open work was bought"
    );
    let pool: std::collections::BTreeMap<_, _> =
        shown.pool.iter().map(|entry| (format!("{:?}", entry.work), entry)).collect();
    assert_eq!(pool.len(), shown.pool.len(), "one proof for each work");
    for open in &shown.open {
        let standing =
            pool.get(&format!("{:?}", open.work)).map(|entry| (entry.fee, &entry.prover));
        assert_eq!(open.standing.as_ref().map(|offer| (offer.fee, &offer.prover)), standing);
    }
    let fee = shown.status.worker.as_ref().map(|_| shown.status.fee);
    let pending: Vec<_> = shown
        .open
        .iter()
        .filter(|open| {
            open.standing.as_ref().is_none_or(|offer| fee.is_some_and(|fee| offer.fee > fee))
        })
        .map(|open| open.work)
        .collect();
    assert_eq!(shown.pending, pending);
    assert_eq!(shown.status.height, shown.chain.last().map(|block| block.height));
    assert_eq!(
        shown.status.state_hash,
        shown.chain.last().map(|block| block.state_hash.to_string())
    );
    assert_eq!(
        shown.status.best_tip.map(|tip| tip.starts),
        shown.chain.last().map(|block| block.at)
    );
    assert!(
        shown.status.now.starts <= shown.at
            && shown.at < shown.status.now.starts + shown.status.slot_duration
    );
    assert!(
        shown.status.own_slots.iter().all(|slot| slot + SignedDuration::from_secs(30) > shown.at)
    );
    assert!(shown.counters.completed <= shown.counters.assigned);
}

#[test]
fn the_same_seed_gives_the_same_world_and_another_seed_another() {
    let run = |seed| {
        let mut world = shipped("scarce", seed);
        world.advance(slots(200));
        everything(&world)
    };
    assert!(run(1) == run(1));
    assert!(run(1) != run(2));
}

#[test]
fn the_first_snapshot_has_a_full_frontier_and_no_work_of_the_operator() {
    let world = shipped("scarce", 3);
    let shown = world.snapshot();
    check(&shown);
    assert_eq!(shown.at, start());
    assert_eq!(shown.chain.len(), FRONTIER as usize);
    assert_eq!(
        (shown.status.sync, shown.status.worker),
        (SyncState::Synced, Some(World::operator_key()))
    );
    assert_eq!(shown.status.fee, fee(100_000_000));
    assert!(
        shown
            .chain
            .iter()
            .flat_map(|block| &*block.works)
            .all(|sale| sale.prover != World::operator_key())
    );
    assert!(shown.pool.len() > 2000 && shown.counters.fees_added.count > 2000);
    assert!((18..24).contains(&shown.status.peers.unwrap()));
    assert_eq!(world.truth().works_bought, 0);
}

/// An unaffordable work is as good as none to a producer, and no competitor is put off by it: the
/// whole chain must come out the same although the operator proves all the time.
#[test]
fn what_the_operator_does_changes_no_draw_of_anybody_else() {
    let scenario = library::scenario("scarce").unwrap();
    let mut with = World::new(&scenario, 5, start());
    let mut without = World::without_operator(&scenario, 5, start());
    with.set_fee(Nanomina::MAX);
    for world in [&mut with, &mut without] {
        world.advance(slots(400));
    }
    assert!(with.truth().own.made > 500);
    assert_eq!(with.snapshot().chain, without.snapshot().chain);
    let rivals =
        |world: &World| world.truth().sales.iter().map(|sale| sale.rival).collect::<Vec<_>>();
    assert_eq!(rivals(&with), rivals(&without));
}

#[test]
fn a_worker_that_is_off_makes_nothing_and_one_that_is_on_does() {
    let mut world = shipped("scarce", 1);
    assert_eq!(world.set_worker(None), Some(World::operator_key()));
    world.advance(slots(100));
    assert_eq!((world.truth().own.made, world.snapshot().counters.assigned), (0, 0));
    assert_eq!(world.truth().own.busy, Duration::ZERO);
    assert_eq!(world.set_fee(fee(1_000_000)), fee(100_000_000));
    assert_eq!(world.set_worker(Some(World::operator_key())), None);
    world.advance(slots(300));
    let own = world.truth().own;
    assert!(own.made > 200 && own.sold > 50, "{own:?}");
    assert_eq!(own.earned, u128::from(own.sold) * 1_000_000);
}

#[test]
fn sold_works_stay_in_the_pool_but_are_not_open() {
    let mut world = shipped("surplus", 1);
    world.advance(slots(50));
    let shown = world.snapshot();
    let open: BTreeSet<_> = shown.open.iter().map(|open| Vec::from(open.work)).collect();
    let pool: BTreeSet<_> = shown.pool.iter().map(|entry| Vec::from(entry.work)).collect();
    let sold: Vec<_> = shown
        .chain
        .iter()
        .skip(1)
        .flat_map(|block| &*block.works)
        .map(|sale| Vec::from(sale.work))
        .collect();
    assert!(sold.len() > 2000);
    assert!(sold.iter().all(|work| pool.contains(work) && !open.contains(work)));
}

#[test]
fn memory_stays_bounded() {
    let mut world = small(1);
    let mut most = 0;
    for day in 1..=4 {
        world.advance(after(f64::from(day) * 86_400.0));
        most = most.max(world.snapshot().pool.len());
    }
    // A frontier of 290 blocks at about five works a block, and what is open.
    assert!((500..3000).contains(&most), "{most}");
    assert_eq!(world.chain.len(), FRONTIER as usize);
}

#[test]
fn a_restart_reverts_the_settings_empties_the_pool_and_resets_the_counters() {
    let mut world = shipped("restarts", 1);
    world.advance(slots(149));
    world.set_fee(fee(7));
    let before = world.snapshot();
    world.advance(slots(150));
    let booting = world.snapshot();
    check(&booting);
    assert_eq!((booting.status.sync.clone(), booting.status.height), (SyncState::Bootstrap, None));
    assert!(booting.pool.is_empty() && booting.chain.is_empty() && booting.open.is_empty());
    assert_eq!((booting.counters.fees_added.count, booting.counters.assigned), (0, 0));
    assert_eq!(
        (booting.status.fee, booting.status.worker),
        (fee(100_000_000), Some(World::operator_key()))
    );
    assert!(booting.status.uptime < before.status.uptime);
    assert!(booting.status.highest_received >= before.status.highest_received);

    world.advance(slots(152));
    assert_eq!(world.snapshot().status.sync, SyncState::Catchup);
    assert_eq!(world.snapshot().counters.assigned, 0, "no work is handed out while it catches up");
    world.advance(slots(153));
    let synced = world.snapshot();
    assert_eq!(synced.status.sync, SyncState::Synced);
    assert!(
        synced.open.iter().filter(|open| open.standing.is_none()).count() * 2 > synced.open.len()
    );
    world.advance(slots(162));
    let refilled = world.snapshot();
    assert!(
        refilled.open.iter().filter(|open| open.standing.is_some()).count() * 2
            > refilled.open.len()
    );
    assert!(
        refilled.pool.len() < before.pool.len(),
        "works bought before the restart are not gossiped again"
    );
    assert!(refilled.counters.assigned > 0);
    check(&refilled);
}

#[test]
fn another_controller_sets_the_flags_again_and_restarts_nothing() {
    let mut world = shipped("meddler", 1);
    world.advance(slots(119));
    world.set_fee(fee(7));
    world.set_worker(None);
    let before = world.snapshot();
    world.advance(slots(120));
    let after = world.snapshot();
    assert_eq!((before.status.fee, before.status.worker), (fee(7), None));
    assert_eq!(
        (after.status.fee, after.status.worker),
        (fee(100_000_000), Some(World::operator_key()))
    );
    assert!(after.status.uptime > before.status.uptime && after.status.sync == SyncState::Synced);
    let toggles = world.truth().own.toggles;
    world.advance(slots(125));
    assert!(
        world.snapshot().counters.assigned > before.counters.assigned,
        "its provers work again"
    );
    assert_eq!(
        (toggles, world.truth().own.toggles),
        (1, 1),
        "a switch by someone else is none of the operator's"
    );
}

#[test]
fn a_coordinator_never_shows_its_key_and_null_does_not_stop_it() {
    let mut world = shipped("coordinator", 1);
    world.set_fee(fee(1_000_000));
    assert_eq!(world.set_worker(None), None);
    world.advance(slots(100));
    assert_eq!(world.snapshot().status.worker, None);
    let made = world.truth().own.made;
    assert!(made > 200 && world.truth().own.sold > 0);
    let sold_under = |world: &World, key: &PublicKey| {
        world
            .snapshot()
            .chain
            .iter()
            .flat_map(|block| &*block.works)
            .any(|sale| sale.prover == *key)
    };
    assert!(sold_under(&world, &World::operator_key()));

    let other = PublicKey::try_new("B62qother").unwrap();
    assert_eq!(world.set_worker(Some(other.clone())), None);
    world.advance(slots(300));
    assert_eq!(world.snapshot().status.worker, Some(other.clone()));
    assert!(sold_under(&world, &other));
    assert_eq!(world.set_worker(None), Some(other));
    world.advance(slots(310));
    assert!(world.seats.first().worker.is_proving());
}

#[test]
fn a_heavy_work_may_outlast_its_reservation_and_pieces_are_not_counted() {
    let timed_out = |hand_out| {
        let mut world = shipped("slow-zkapp", 1);
        world.set_hand_out(hand_out);
        world.advance(slots(300));
        world.snapshot().counters.timed_out
    };
    assert!(timed_out(HandOut::Bundles) > 5);
    assert_eq!(timed_out(HandOut::Pieces), 0);
}

#[test]
fn counters_count_pieces_and_prover_seconds_count_jobs_of_finished_works() {
    for (hand_out, zkapps, few, most) in [
        (HandOut::Bundles, 0.0, 1.0, 1.0),
        (HandOut::Pieces, 0.0, 2.0, 2.1),
        (HandOut::Pieces, 0.5, 3.5, 7.0),
    ] {
        let mut scenario = library::scenario("scarce").unwrap();
        scenario.transactions.zkapp_share = zkapps;
        let mut world = World::new(&scenario, 1, start());
        world.set_hand_out(hand_out);
        world.set_fee(fee(1_000_000));
        world.advance(slots(300));
        let (made, counters) = (world.truth().own.made, world.snapshot().counters);
        let pieces = counters.completed as f64 / made as f64;
        assert!(made > 100 && (few..=most).contains(&pieces), "{hand_out:?} {pieces} of {made}");
        let proved = counters.proved;
        assert_eq!(proved.base.jobs + proved.zkapp_base.jobs + proved.merge.jobs, 2 * made);
        assert_eq!(proved.zkapp_base.jobs > 0, zkapps > 0.0);
        let seconds = proved.base.seconds + proved.zkapp_base.seconds + proved.merge.seconds;
        let busy = world.truth().own.busy.as_secs_f64();
        assert!((0.97..=1.0).contains(&(seconds / busy)), "{seconds} of {busy}");
    }
}

#[test]
fn a_daemon_restart_empties_the_partitioner() {
    let mut world = shipped("scarce", 1);
    world.advance(after(30.0));
    let now = world.now();
    world.restart(now);
    world.set_fee(fee(7));
    world.advance(slots(8));
    let (key, snapshot) = (World::operator_key(), world.snapshot());
    let own: Vec<_> = snapshot.pool.iter().filter(|entry| entry.prover == key).collect();
    assert!(!own.is_empty() && own.iter().all(|entry| entry.fee == fee(7)), "{own:?}");
}

#[test]
fn own_slots_are_known_ahead_made_when_idle_and_half_missed_while_proving() {
    let mut idle = shipped("own-blocks", 1);
    idle.set_worker(None);
    let next = idle.snapshot().status.own_slots.next_after(idle.snapshot().at).unwrap();
    assert!(idle.snapshot().status.produces_blocks);
    idle.advance(next + SignedDuration::from_secs(89));
    assert_eq!(idle.snapshot().counters.blocks_produced, 1);
    assert_eq!(idle.snapshot().chain.last().unwrap().at, next);

    let mut busy = shipped("own-blocks", 1);
    for world in [&mut idle, &mut busy] {
        world.advance(slots(2000));
    }
    let (all, kept) = (idle.truth().own, busy.truth().own);
    assert_eq!((all.blocks_missed, all.blocks), (0, kept.blocks + kept.blocks_missed));
    assert!(
        all.blocks >= 10 && kept.blocks_missed >= 3,
        "{} of {}",
        kept.blocks_missed,
        all.blocks
    );
}

#[test]
fn without_an_account_only_a_fee_that_can_create_it_is_taken() {
    let text = library::text("scarce").unwrap().replacen(
        "\n\n[[regimes]]",
        "\n\n[operator]\naccount = false\n\n[[regimes]]",
        1,
    );
    let mut world = World::new(&Scenario::parse(&text).unwrap(), 1, start());
    assert!(!world.snapshot().accounts.contains(&World::operator_key()));
    world.set_fee(fee(0));
    world.advance(slots(50));
    assert!(world.truth().own.made > 50);
    assert_eq!(world.truth().own.accepted, 0, "free work is no exception");
    world.set_fee(Nanomina::ONE_MINA);
    world.advance(slots(100));
    assert!(world.truth().own.accepted > 0);
}

#[test]
fn a_stop_right_after_a_start_is_noted() {
    let mut world = shipped("scarce", 1);
    world.advance(slots(1));
    world.set_worker(None);
    assert_eq!((world.truth().own.toggles, world.truth().own.fast_toggles), (1, 0));
    world.set_worker(Some(World::operator_key()));
    world.advance(after(92.0));
    world.set_worker(None);
    assert_eq!((world.truth().own.toggles, world.truth().own.fast_toggles), (3, 1));
}

#[test]
fn sales_can_be_taken_out_piecewise() {
    let mut world = shipped("surplus", 1);
    let mut taken = 0;
    for part in 1..=4 {
        world.advance(slots(part * 25));
        taken += world.take_sales().len() as u64;
    }
    assert_eq!(taken, world.truth().works_bought);
    assert!(taken > 500);
}

#[test]
fn time_does_not_go_back_and_ends_of_the_calendar_are_borne() {
    let mut world = small(1);
    world.advance(slots(3));
    let shown = everything(&world);
    world.advance(slots(1));
    assert_eq!(everything(&world), shown);
    let scenario = Scenario::parse(SMALL).unwrap();
    for edge in [Timestamp::MIN, Timestamp::MAX] {
        let world = World::new(&scenario, 1, edge);
        assert_eq!(world.snapshot().at, edge);
    }
}

/// What a raised fee waits for before the key is removed: `drain_time` of the policy.
#[test]
fn what_was_handed_out_is_finished_within_two_works_time_of_a_prover() {
    const PROBES: i64 = 30;
    for (name, hand_out) in [
        ("scarce", HandOut::Bundles),
        ("scarce", HandOut::Pieces),
        ("zkapps", HandOut::Pieces),
        ("slow-zkapp", HandOut::Pieces),
    ] {
        let mut world = World::new(&library::scenario(name).unwrap(), 1, start());
        world.set_hand_out(hand_out);
        let (mut now, mut took) = (start(), Vec::new());
        for probe in 0..PROBES {
            let asked = fee(9_400_000 + probe.cast_unsigned());
            world.set_fee(asked);
            now += SignedDuration::from_secs(900 + 17 * probe);
            world.run_to(now);
            world.set_fee(fee(500_000_000));
            let raised = now;
            while world.seats.first().worker.count_begun_at(asked) > 0 {
                now += SignedDuration::from_secs(5);
                world.run_to(now);
            }
            took.push(now.duration_since(raised).as_secs_f64());
        }
        let own = world.truth().own;
        let time_of_work = own.busy.as_secs_f64() / own.made as f64;
        let within = took.iter().filter(|took| **took <= 2.0 * time_of_work).count();
        assert!(within >= 27, "{name} {hand_out:?}: {within}, {time_of_work} s a work, {took:?}");
    }
}
