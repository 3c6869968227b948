use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use snarkfee_core::units::Nanomina;

use super::*;
use crate::market_sim::{SimulatedDaemon, SoldWork, World};

const SLOTS: u64 = 2000;
/// Enough for a scenario whose market is that of another and only the operator's side differs.
const FEW_SLOTS: u64 = 500;
const DUST: u64 = 10_000;
const SEED: u64 = 11;

fn start() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn run(world: &mut World, slots: u64) {
    let slot = SignedDuration::from_secs(i64::from(world.scenario().slot_seconds()));
    world.advance(start() + slot * i32::try_from(slots).unwrap());
}

/// A scenario's market by itself.
fn market(name: &str, slots: u64) -> World {
    let mut world = World::without_operator(&scenario(name).unwrap(), SEED, start());
    run(&mut world, slots);
    world
}

fn share(sales: &[SoldWork], low: u64, high: u64) -> f64 {
    let inside = sales.iter().filter(|sale| (low..=high).contains(&sale.fee.get())).count();
    inside as f64 / sales.len().max(1) as f64
}

/// Whether the regime of a slot states expected prices and has settled.
fn states_prices(scenario: &Scenario, slot: u64) -> bool {
    let slot = i64::try_from(slot).unwrap();
    let regime = &scenario.regimes[scenario.regime_index(slot)];
    regime.expect.as_ref().is_some_and(|expect| {
        scenario.phase(slot) >= i64::from(regime.from_slot) + i64::from(expect.after_slots)
    })
}

/// Checks every band that a scenario's regimes state; a regime that comes again is checked as one.
fn prices_lie_in_their_bands(name: &str) {
    let as_scarce = scenario(name).unwrap().regimes == scenario("scarce").unwrap().regimes;
    let world = market(name, if as_scarce && name != "scarce" { FEW_SLOTS } else { SLOTS });
    let scenario = world.scenario();
    let mut by_regime: BTreeMap<usize, Vec<SoldWork>> = BTreeMap::new();
    for sale in world.truth().sales.iter().filter(|sale| states_prices(scenario, sale.slot)) {
        by_regime.entry(scenario.regime_at(sale.slot).0).or_default().push(*sale);
    }
    assert_eq!(
        by_regime.len(),
        scenario.regimes.len(),
        "{name}: every regime states what it expects and sells something"
    );
    for (index, sales) in by_regime {
        let regime = &scenario.regimes[index];
        let expect = regime.expect.as_ref().unwrap();
        let within = |what: &str, share: f64, [low, high]: [f64; 2]| {
            let regime = &regime.name;
            assert!(
                (low..=high).contains(&share),
                "{name}, {regime}, seed {SEED}: {what} {share:.4} not in {low}..{high}"
            );
        };
        assert!(
            sales.len() > 500,
            "{name}: {} works are too few to judge {}",
            sales.len(),
            regime.name
        );
        within("zero", share(&sales, 0, 0), expect.zero);
        within("dust", share(&sales, 1, DUST), expect.dust);
        within("priced", share(&sales, DUST + 1, u64::MAX), expect.priced);
        for above in &expect.above {
            let fee = above.fee_nanomina;
            within(&format!("above {fee}"), share(&sales, fee.get() + 1, u64::MAX), above.share);
        }
    }
    let truth = world.truth();
    let per_slot = truth.works_bought as f64 / truth.transaction_slots as f64;
    assert!((0.93..=1.0).contains(&per_slot), "{name}: {per_slot} works for each transaction slot");
}

macro_rules! bands {
    ($($test:ident = $name:literal),* $(,)?) => {
        $(#[test] fn $test() { prices_lie_in_their_bands($name); })*

        #[test]
        fn every_shipped_scenario_is_judged_and_says_what_it_is() {
            assert_eq!([$($name),*].to_vec(), names().collect::<Vec<_>>());
            for name in names() {
                let scenario = scenario(name).unwrap();
                assert_eq!(scenario.name(), name);
                assert!(scenario.about().ends_with('.'), "{name}");
            }
        }
    };
}

bands![
    tour = "tour",
    surplus = "surplus",
    dust = "dust",
    list_price = "list-price",
    scarce = "scarce",
    regime_switch = "regime-switch",
    regime_drop = "regime-drop",
    free_outage = "free-outage",
    undercut_war = "undercut-war",
    hold_up = "hold-up",
    low_tx_fees = "low-tx-fees",
    restarts = "restarts",
    meddler = "meddler",
    own_blocks = "own-blocks",
    coordinator = "coordinator",
    slow_zkapp = "slow-zkapp",
    zkapps = "zkapps",
    ladder = "ladder",
    newcomers = "newcomers",
    flaky_free = "flaky-free",
    short_outages = "short-outages",
    half_covered = "half-covered",
    well_covered = "well-covered",
    cover_fleet = "cover-fleet",
];

#[test]
fn an_unknown_name_is_answered_with_the_names_that_exist() {
    let error = scenario("nowhere").unwrap_err().to_string();
    assert!(error.contains("nowhere") && names().all(|name| error.contains(name)), "{error}");
}

/// The pattern of mainnet blocks of March 2021: few blocks buy, those buy about a tree, and some of
/// the single works bought by the block before such a purchase pay.
#[test]
fn demand_comes_in_rolls_with_a_single_work_before_some() {
    let world = market("hold-up", SLOTS);
    let truth = world.truth();
    let mut blocks: BTreeMap<u64, Vec<Nanomina>> = BTreeMap::new();
    for sale in &truth.sales {
        blocks.entry(sale.slot).or_default().push(sale.fee);
    }
    assert!(
        truth.buying_blocks * 5 < truth.blocks,
        "{} of {} blocks buy",
        truth.buying_blocks,
        truth.blocks
    );
    let sizes: Vec<usize> = blocks.values().map(Vec::len).collect();
    let bulk = sizes.iter().filter(|size| **size >= 100).count();
    let single = sizes.iter().filter(|size| **size == 1).count();
    let before_bulk = sizes.windows(2).filter(|pair| pair[0] == 1 && pair[1] >= 100).count();
    let paid = blocks.values().filter(|fees| fees.len() == 1 && fees[0] > Nanomina::ZERO).count();
    assert!(bulk > 100 && single > 20, "{bulk} bulk, {single} single");
    assert!(
        before_bulk * 10 >= single * 8,
        "{before_bulk} of {single} singles before a bulk purchase"
    );
    assert!(paid * 2 >= single, "{paid} of {single} singles paid");
    assert!(sizes.iter().all(|size| *size <= 128));
}

fn earns(name: &str, fee: u64) -> (u64, u128) {
    let mut world = World::new(&scenario(name).unwrap(), SEED, start());
    world.set_fee(Nanomina::try_new(fee).unwrap());
    run(&mut world, 1000);
    let own = world.truth().own;
    assert_eq!(
        own.earned,
        u128::from(own.sold) * u128::from(fee),
        "one fee from the first work on"
    );
    (own.sold, own.earned)
}

#[test]
fn a_fitting_fee_earns_in_scarcity_and_the_default_fee_nearly_nothing() {
    let (sold, earned) = earns("scarce", 3_999_999);
    assert!(sold > 500, "{sold} sold");
    let (few, _) = earns("scarce", 100_000_000);
    assert!(few < 10, "{few} sold at the default fee");
    let (_, cheap) = earns("scarce", 99_999);
    assert!(earned > 5 * cheap, "{earned} against {cheap}");
}

#[test]
fn nothing_but_hold_up_sales_earns_in_a_surplus() {
    let (sold, _) = earns("surplus", 1_000);
    assert!(sold < 20, "{sold} sold at nearly nothing");
}
