use jiff::Timestamp;

use super::*;
use crate::{
    simulate::{Expect, SimulatedDaemon, SoldWork, World},
    units::Nanomina,
};

const SLOTS: u64 = 2000;
const DUST: u64 = 10_000;

/// Runs a scenario without the operator's worker.
fn market(scenario: &Scenario, seed: u64) -> World {
    let start: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let mut world = World::new(scenario, seed, start);
    world.idle();
    let slot = jiff::SignedDuration::from_secs(i64::from(scenario.slot_seconds()));
    let slots = i32::try_from(SLOTS).unwrap();
    world.advance(start + slot * slots);
    world
}

#[derive(Debug)]
struct Shares {
    works: usize,
    zero: f64,
    dust: f64,
    priced: f64,
}

fn share<'a>(sales: impl Iterator<Item = &'a &'a SoldWork>, all: usize) -> f64 {
    sales.count() as f64 / all.max(1) as f64
}

fn shares(sales: &[&SoldWork]) -> Shares {
    let fees = |low: u64, high: u64| {
        share(sales.iter().filter(move |sale| (low..=high).contains(&sale.fee.get())), sales.len())
    };
    Shares { works: sales.len(), zero: fees(0, 0), dust: fees(1, DUST), priced: fees(DUST + 1, u64::MAX) }
}

fn above(sales: &[&SoldWork], fee: Nanomina) -> f64 {
    share(sales.iter().filter(move |sale| sale.fee > fee), sales.len())
}

#[test]
#[ignore = "prints what a scenario's prices look like, for calibration"]
fn calibrate() {
    let chosen = std::env::var("SCENARIO").unwrap_or_else(|_| "surplus".to_owned());
    for name in chosen.split(',') {
        let scenario = scenario(name).unwrap();
        for seed in 1..=std::env::var("SEEDS").map_or(2, |seeds| seeds.parse().unwrap()) {
            let began = std::time::Instant::now();
            let world = market(&scenario, seed);
            let truth = world.truth();
            println!(
                "== {name} seed {seed} in {:?}: blocks {} buying {} works/slot {:.3} works/h {:.0} spent {:.4} MINA",
                began.elapsed(),
                truth.blocks,
                truth.buying_blocks,
                truth.works_bought as f64 / truth.transaction_slots as f64,
                truth.works_bought as f64 / (SLOTS as f64 * f64::from(scenario.slot_seconds()) / 3600.0),
                truth.spent as f64 / 1e9
            );
            let mut sizes = std::collections::BTreeMap::new();
            let mut blocks = std::collections::BTreeMap::new();
            for sale in &truth.sales {
                blocks.entry(sale.slot).or_insert_with(Vec::new).push(sale.fee.get());
            }
            for (_, fees) in &blocks {
                *sizes
                    .entry(match fees.len() {
                        1 => "1",
                        2..=4 => "2-4",
                        5..=63 => "5-63",
                        64..=110 => "64-110",
                        _ => ">110",
                    })
                    .or_insert((0, 0)) = {
                    let old = sizes
                        .get(match fees.len() {
                            1 => "1",
                            2..=4 => "2-4",
                            5..=63 => "5-63",
                            64..=110 => "64-110",
                            _ => ">110",
                        })
                        .copied()
                        .unwrap_or((0, 0));
                    (old.0 + 1, old.1 + u32::from(fees.iter().any(|f| *f > DUST)))
                };
            }
            println!("   sizes (blocks, paying) {sizes:?}");
            for index in 0.. {
                let Some(regime) = (0..SLOTS).map(|slot| scenario.regime_at(slot)).find(|(i, _)| *i == index) else {
                    break;
                };
                let sales: Vec<&SoldWork> = truth
                    .sales
                    .iter()
                    .filter(|sale| {
                        scenario.regime_at(sale.slot).0 == index
                            && (scenario.expected_at(sale.slot).is_some() || scenario.expected_at(SLOTS).is_none())
                    })
                    .collect();
                let line: Vec<String> = [100_000, 500_000, 1_000_000, 5_000_000, 10_000_000]
                    .iter()
                    .map(|f| format!("{:.3}", above(&sales, Nanomina::try_new(*f).unwrap())))
                    .collect();
                println!("   {}: {:.3?} above 1e-4,5e-4,1e-3,5e-3,1e-2: {}", regime.1, shares(&sales), line.join(" "));
            }
        }
    }
}
