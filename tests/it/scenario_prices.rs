//! Whether `estimate`'s band holds the true price distribution of the shipped scenarios, at its stated rate.
//!
//! The truth is the share of works that competitors sell above a fee over long runs of the same regime, under other seeds than those
//! that are judged: a confidence band speaks of the distribution, not of the next few purchases, whose own chance it does not hold. The
//! operator proves nothing in either, so what is bought is the competing price C itself.
//!
//! Each judged seed is one fresh look, as `estimate` takes it: the frontier of 290 blocks and the order book. Regimes that
//! just changed are judged apart: what came before the change is still in the look, and a band from it cannot hold what came after.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use snarkfee::{
    controller::{Context, State},
    cost::CostModel,
    daemon::DaemonPort,
    market::View,
    policy::{BlockProduction, Mode, Params, Pricing, Safety, Worker},
    simulate::{Scenario, SimPort, SimulatedDaemon, World, library},
    units::Nanomina,
};

/// The stated two-sided level of the band.
const LEVEL: f64 = 0.8;
/// Between the prices that competitors ask, and at some of them.
const FEES: [u64; 6] = [0, 9, 70_000, 995_000, 3_000_000, 9_800_000];
/// Shares nearer to 0 or 1 than this are not judged: nobody's band misses them.
const CERTAIN: f64 = 0.005;
/// Seeds in all of an ordinary run, and the variable that asks for so many of each scenario.
const SEEDS: u64 = 200;
const SEEDS_EACH: &str = "SNARKFEE_COVERAGE_SEEDS";
/// Seeds of the truth begin here.
const TRUTH: u64 = 1_000_000;

/// A market to look at: a scenario at a slot.
#[derive(Clone, Copy)]
struct Moment {
    scenario: &'static str,
    slot: u64,
    /// Whether the regime has held longer than the look reaches back.
    settled: bool,
}

const fn settled(scenario: &'static str) -> Moment {
    Moment { scenario, slot: 0, settled: true }
}

const fn unsettled(scenario: &'static str, slot: u64) -> Moment {
    Moment { scenario, slot, settled: false }
}

/// Every shipped scenario in its first regime, which also held before the start; then after changes of regime.
const MOMENTS: [Moment; 18] = [
    settled("surplus"),
    settled("dust"),
    settled("list-price"),
    settled("scarce"),
    settled("regime-switch"),
    settled("regime-drop"),
    settled("free-outage"),
    settled("undercut-war"),
    settled("hold-up"),
    settled("low-tx-fees"),
    settled("restarts"),
    settled("own-blocks"),
    settled("coordinator"),
    settled("slow-zkapp"),
    unsettled("regime-switch", 1_040),
    unsettled("regime-switch", 1_200),
    unsettled("regime-drop", 1_040),
    unsettled("free-outage", 560),
];

fn start() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn fees() -> [Nanomina; FEES.len()] {
    FEES.map(|fee| Nanomina::try_new(fee).unwrap())
}

fn at_slot(scenario: &Scenario, slot: u64) -> Timestamp {
    start() + SignedDuration::from_secs(i64::from(scenario.slot_seconds())) * i32::try_from(slot).unwrap()
}

/// The share of works that sell above each fee, in the regime that holds at a moment, once it has settled.
fn truth(moment: Moment, worlds: u64, slots: u64) -> [f64; FEES.len()] {
    let scenario = library::scenario(moment.scenario).unwrap();
    let regime = scenario.regime_at(moment.slot).0;
    let (mut above, mut all) = ([0.0; FEES.len()], 0.0);
    for seed in TRUTH..TRUTH + worlds {
        let mut world = World::without_operator(&scenario, seed, start());
        world.advance(at_slot(&scenario, slots));
        let same = |slot: u64| scenario.regime_at(slot).0 == regime && scenario.expected_at(slot).is_some();
        for sale in world.take_sales().iter().filter(|sale| same(sale.slot)) {
            all += 1.0;
            for (above, fee) in above.iter_mut().zip(fees()) {
                *above += f64::from(u8::from(sale.fee > fee));
            }
        }
    }
    assert!(all > 1_000.0, "{}: too few works to speak of a truth", moment.scenario);
    above.map(|above| above / all)
}

/// What one fresh look concludes.
fn look(moment: Moment, seed: u64, runtime: &tokio::runtime::Runtime) -> View {
    let scenario = library::scenario(moment.scenario).unwrap();
    let port = SimPort::new(World::without_operator(&scenario, seed, start()));
    let now = at_slot(&scenario, moment.slot);
    port.advance(now);
    let params = Params {
        pricing: Pricing::default(),
        worker: Worker { key: Some(World::operator_key()), ..Worker::default() },
        block_production: BlockProduction::default(),
        safety: Safety::default(),
    };
    let cost = CostModel::PerWork(Nanomina::ONE);
    let mut state = State::default();
    let look = runtime.block_on(port.look(&state.plan(now, &params)));
    let context = Context { mode: Mode::DryRun, params: &params, cost: &cost, quote: None };
    state.conclude(now, &look, &context).view
}

/// How often the truth was below, within and above the band, over seeds and fees.
#[derive(Clone, Copy, Debug, Default)]
struct Score {
    judged: u32,
    below: u32,
    above: u32,
    error: f64,
}

impl Score {
    fn judge(&mut self, view: &View, truth: &[f64; FEES.len()]) {
        for (fee, share) in fees().into_iter().zip(truth) {
            if !(CERTAIN..=1.0 - CERTAIN).contains(share) {
                continue;
            }
            let point = view.sells_above(fee);
            self.judged += 1;
            self.below += u32::from(*share < point.low);
            self.above += u32::from(*share > point.high);
            self.error += point.estimate - share;
        }
    }

    fn add(&mut self, other: Self) {
        self.judged += other.judged;
        self.below += other.below;
        self.above += other.above;
        self.error += other.error;
    }

    fn share(&self, count: u32) -> f64 {
        f64::from(count) / f64::from(self.judged.max(1))
    }

    fn covered(&self) -> f64 {
        self.share(self.judged - self.below - self.above)
    }

    fn row(&self, name: &str) -> String {
        format!(
            "| {name} | {} | {:.3} | {:.3} | {:.3} | {:+.3} |",
            self.judged,
            self.covered(),
            self.share(self.below),
            self.share(self.above),
            self.error / f64::from(self.judged.max(1))
        )
    }
}

/// Judges every moment on so many seeds each, on two threads.
fn judge(seeds: u64, truth_worlds: u64, truth_slots: u64) -> Vec<(Moment, Score)> {
    // Scenarios that differ in the operator's side alone have one market, so one truth.
    let score = |moment: Moment| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let slots = truth_slots.max(moment.slot + truth_slots / 2);
        let truth = truth(moment, truth_worlds, slots);
        let mut score = Score::default();
        for seed in 0..seeds {
            score.judge(&look(moment, seed, &runtime), &truth);
        }
        score
    };
    let scores = std::thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            scope.spawn(move || {
                let mine = MOMENTS.into_iter().enumerate().filter(|(place, _)| place % 2 == half);
                mine.map(|(place, moment)| (place, score(moment))).collect::<Vec<_>>()
            })
        });
        halves.map(|half| half.join().unwrap()).into_iter().flatten().collect::<BTreeMap<usize, Score>>()
    });
    MOMENTS.into_iter().zip(scores.into_values()).collect()
}

fn print(scores: &[(Moment, Score)]) {
    println!("| market | bands | truth within | truth below | truth above | mean error |");
    println!("|---|---:|---:|---:|---:|---:|");
    let mut all = Score::default();
    for (moment, score) in scores.iter().filter(|(moment, _)| moment.settled) {
        println!("{}", score.row(moment.scenario));
        all.add(*score);
    }
    println!("{}", all.row("all settled"));
    for (moment, score) in scores.iter().filter(|(moment, _)| !moment.settled) {
        println!("{}", score.row(&format!("{}, slot {}", moment.scenario, moment.slot)));
    }
}

#[test]
fn the_band_holds_the_true_prices_at_its_rate() {
    let asked = std::env::var(SEEDS_EACH).ok().map(|count| count.parse().expect("a number of seeds"));
    let settled = MOMENTS.iter().filter(|moment| moment.settled).count() as u64;
    let (seeds, worlds, slots) = asked.map_or((SEEDS.div_ceil(settled), 3, 500), |seeds| (seeds, 24, 2_000));
    let begun = std::time::Instant::now();
    let scores = judge(seeds, worlds, slots);
    print(&scores);
    println!("{:?}", begun.elapsed());
    let _ = Duration::ZERO;
}
