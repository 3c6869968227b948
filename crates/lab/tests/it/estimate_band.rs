//! Whether the band of `estimate` holds the true price distribution of the shipped scenarios at its
//! stated rate.
//!
//! Each seed gives one look as `estimate` takes it: the frontier of 290 blocks and the order book.
//! The truth is the share of works bought above a fee in the same market under all other seeds. A
//! confidence band describes the distribution that purchases come from, not the next few purchases,
//! which vary by chance. The operator proves nothing, so the prices are the competing price C. Right
//! after a change of regime the truth is what the new regime settles to, while the look still holds
//! what came before. Such moments are printed, and nothing is asserted of them.

use jiff::{SignedDuration, Timestamp};
use snarkfee_core::{
    cost::CostModel,
    cycle::{BOOK_INTERVAL, Context, CycleState},
    market::estimate::PointEstimate,
    policy::{BlockProduction, Mode, Params, Pricing, Safety, Worker},
    port::DaemonPort,
    units::Nanomina,
};
use snarkfee_lab::{
    market_sim::{SimulatedDaemon, World, library},
    policy_run::MarketPort,
};
use statrs::distribution::{Binomial, DiscreteCDF};
use tokio::runtime::Runtime;

/// The stated two-sided level of the band.
const LEVEL: f64 = 0.8;
/// Between the prices that competitors ask.
const FEES: [u64; 6] = [0, 9, 70_000, 995_000, 3_000_000, 9_800_000];
/// Shares closer to 0 or 1 than this are counted separately: they are too easy to hold to say
/// anything about the rate.
const CERTAIN: f64 = 0.005;
/// Total seeds of an ordinary run.
const SEEDS: u64 = 200;
/// Probability that a run fails although the rate holds.
const FALSE_ALARM: f64 = 0.01;
/// Environment variable with the number of seeds of each moment. It includes moments after a change
/// of regime.
const SEEDS_EACH: &str = "SNARKFEE_COVERAGE_SEEDS";

/// A market to look at: a scenario at a slot, and the slots whose purchases are its truth.
#[derive(Clone, Copy)]
struct Moment {
    scenario: &'static str,
    slot: i64,
    truth: (i64, i64),
}

impl Moment {
    /// Whether the regime has held longer than the look reaches back.
    const fn settled(self) -> bool {
        self.slot == 0
    }
}

/// A scenario in its first regime, which has held through the warm-up.
const fn first(scenario: &'static str) -> Moment {
    Moment { scenario, slot: 0, truth: (-300, 0) }
}

const fn changed(scenario: &'static str, slot: i64, truth: (i64, i64)) -> Moment {
    Moment { scenario, slot, truth }
}

const MOMENTS: [Moment; 19] = [
    first("surplus"),
    first("dust"),
    first("list-price"),
    first("scarce"),
    first("regime-switch"),
    first("regime-drop"),
    first("free-outage"),
    first("undercut-war"),
    first("hold-up"),
    first("low-tx-fees"),
    first("restarts"),
    first("meddler"),
    first("own-blocks"),
    first("coordinator"),
    first("slow-zkapp"),
    // One hour and five after scarcity began, one after it ended, one and a half after free provers
    // failed.
    changed("regime-switch", 1_040, (1_100, 1_400)),
    changed("regime-switch", 1_200, (1_100, 1_400)),
    changed("regime-drop", 1_040, (1_100, 1_400)),
    changed("free-outage", 560, (540, 645)),
];

type Shares = [f64; FEES.len()];

fn start() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn fees() -> [Nanomina; FEES.len()] {
    FEES.map(|fee| Nanomina::try_new(fee).unwrap())
}

/// One seed of a moment: what the look concluded, and what was bought in the slots of the truth.
struct Seen {
    bands: [PointEstimate; FEES.len()],
    above: Shares,
    bought: f64,
    /// Works bought per hour as the look has it, and the hours in which `bought` was.
    demand: Option<[f64; 2]>,
    hours: f64,
}

fn see(moment: Moment, seed: u64, runtime: &Runtime) -> Seen {
    let scenario = library::scenario(moment.scenario).unwrap();
    let slot = SignedDuration::from_secs(i64::from(scenario.slot_seconds()));
    let begins = |number: i64| start() + slot * i32::try_from(number).unwrap();
    let port = MarketPort::new(World::without_operator(&scenario, seed, start()));
    let now = begins(moment.slot);
    port.advance(now);
    let params = Params {
        pricing: Pricing::default(),
        worker: Worker { key: Some(World::operator_key()), ..Worker::default() },
        block_production: BlockProduction::default(),
        safety: Safety::default(),
    };
    // As `demo` has it; prices above it are what a change of regime is told by.
    let cost = CostModel::PerWork(Nanomina::try_new(100_000).unwrap());
    let mut state = CycleState::default();
    let look = runtime.block_on(port.look(&state.plan_look(now, &params, BOOK_INTERVAL)));
    let context =
        Context { mode: Mode::DryRun, params: &params, cost: &cost, quotes: Default::default() };
    let view = state.conclude(now, &look, &context).0.view;
    let (from, to) = (begins(moment.truth.0), begins(moment.truth.1));
    port.advance(to);
    let chain = port.market().snapshot().chain;
    let (mut above, mut bought) = ([0.0; FEES.len()], 0.0);
    for sale in chain
        .iter()
        .filter(|block| from <= block.at && block.at < to)
        .flat_map(|block| &*block.works)
    {
        bought += 1.0;
        for (above, fee) in above.iter_mut().zip(fees()) {
            *above += f64::from(u8::from(sale.fee > fee));
        }
    }
    let demand = view.summary().works_bought_per_hour_interval;
    let hours = to.duration_since(from).as_secs_f64() / 3600.0;
    Seen { bands: fees().map(|fee| view.sells_above(fee)), above, bought, demand, hours }
}

/// How often the truth was below, within and above the band, over seeds and fees.
#[derive(Clone, Copy, Debug, Default)]
struct Score {
    /// Looks of which some band was judged.
    looks: u32,
    judged: u32,
    below: u32,
    above: u32,
    /// Nearly certain shares, and how many of them were missed.
    certain: (u32, u32),
    error: f64,
    width: f64,
    /// Looks with an interval of demand, and how many intervals missed it.
    demand: (u32, u32),
}

impl Score {
    /// Judges each seed by the truth of all others.
    fn of(seen: &[Seen]) -> Self {
        let mut score = Self::default();
        let mut judged = vec![false; seen.len()];
        let bought: f64 = seen.iter().map(|seen| seen.bought).sum();
        for place in 0..FEES.len() {
            let above: f64 = seen.iter().map(|seen| seen.above[place]).sum();
            for (one, judged) in seen.iter().zip(&mut judged) {
                let truth = (above - one.above[place]) / (bought - one.bought);
                *judged |= score.judge(one.bands[place], truth);
            }
        }
        let hours: f64 = seen.iter().map(|seen| seen.hours).sum();
        for (one, [low, high]) in seen.iter().filter_map(|one| Some((one, one.demand?))) {
            let truth = (bought - one.bought) / (hours - one.hours);
            score.demand.0 += 1;
            score.demand.1 += u32::from(truth < low || truth > high);
        }
        score.looks = judged.into_iter().map(u32::from).sum();
        score
    }

    /// Whether the share is far enough from 0 and 1 to say anything of the rate.
    fn judge(&mut self, band: PointEstimate, truth: f64) -> bool {
        if !(CERTAIN..=1.0 - CERTAIN).contains(&truth) {
            self.certain.0 += 1;
            self.certain.1 += u32::from(truth < band.low || truth > band.high);
            return false;
        }
        self.judged += 1;
        self.below += u32::from(truth < band.low);
        self.above += u32::from(truth > band.high);
        self.error += band.estimate - truth;
        self.width += band.high - band.low;
        true
    }

    fn add(&mut self, other: Self) {
        self.looks += other.looks;
        self.judged += other.judged;
        self.below += other.below;
        self.above += other.above;
        self.certain.0 += other.certain.0;
        self.certain.1 += other.certain.1;
        self.demand.0 += other.demand.0;
        self.demand.1 += other.demand.1;
        self.error += other.error;
        self.width += other.width;
    }

    fn mean(&self, sum: f64) -> f64 {
        sum / f64::from(self.judged.max(1))
    }

    fn covered(&self) -> f64 {
        self.mean(f64::from(self.judged - self.below - self.above))
    }

    /// Panics where so many misses are no chance, if of each rate a share `alarm` of the looks may
    /// say so.
    ///
    /// Bands of one look may all hold or all miss, so a look is one witness, and no bands could
    /// spread a rate further over looks than such: the misses are at most binomial.
    fn assert_kept(&self, name: &str, alarm: f64) {
        let outside = 1.0 - LEVEL;
        // The lower limit, which decisions use, promises half of what is left outside.
        for (what, missed, rate) in [
            ("the band", self.below + self.above, outside),
            ("the lower limit", self.below, outside / 2.0),
        ] {
            let share = self.mean(missed.into());
            let misses = u64::from(missed) * u64::from(self.looks) / u64::from(self.judged.max(1));
            let chance =
                Binomial::new(rate, self.looks.into()).unwrap().sf(misses.saturating_sub(1));
            assert!(
                misses == 0 || chance > alarm,
                "{name}: {what} misses {share:.3}, {rate:.2} is promised: {self:?}"
            );
        }
    }

    fn row(&self, name: &str) -> String {
        if self.judged == 0 {
            let nothing = "| 0 | - | - | - | - | -";
            return format!(
                "| {name} {nothing} | {} of {} | {:.3} |",
                self.certain.1,
                self.certain.0,
                self.known()
            );
        }
        format!(
            "| {name} | {} | {:.3} | {:.3} | {:.3} | {:+.3} | {:.3} | {} of {} | {:.3} |",
            self.judged,
            self.covered(),
            self.mean(self.below.into()),
            self.mean(self.above.into()),
            self.mean(self.error),
            self.mean(self.width),
            self.certain.1,
            self.certain.0,
            self.known()
        )
    }

    /// Share of the looks whose interval held the works bought per hour.
    fn known(&self) -> f64 {
        1.0 - f64::from(self.demand.1) / f64::from(self.demand.0.max(1))
    }
}

/// Judges moments on so many seeds each, on two threads.
fn judge(moments: &[Moment], seeds: u64) -> Vec<Score> {
    let half = |half: u64, first: u64, moment: Moment| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        (0..seeds)
            .filter(|seed| seed % 2 == half)
            .map(|seed| see(moment, first + seed, &runtime))
            .collect::<Vec<_>>()
    };
    let score = |(place, moment): (u64, &Moment)| {
        // Scenarios that differ in the operator's side alone would else be one market seen twice.
        let first = place * 100_000;
        let seen = std::thread::scope(|scope| {
            let other = scope.spawn(|| half(1, first, *moment));
            let mut seen = half(0, first, *moment);
            seen.extend(other.join().unwrap());
            seen
        });
        Score::of(&seen)
    };
    (0..).zip(moments).map(score).collect()
}

#[test]
fn the_band_holds_the_true_prices_at_its_rate() {
    let asked: Option<u64> = std::env::var(SEEDS_EACH).ok().map(|count| count.parse().unwrap());
    let settled = MOMENTS.iter().filter(|moment| moment.settled()).count();
    let moments = if asked.is_some() { &MOMENTS[..] } else { &MOMENTS[..settled] };
    let seeds = asked.unwrap_or(SEEDS.div_ceil(settled as u64));
    let scores = judge(moments, seeds);
    println!(
        "| market | bands | truth within | truth below | truth above | mean error | mean width | near 0 or 1 missed | demand within |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut all = Score::default();
    for (moment, score) in moments.iter().zip(&scores).filter(|(moment, _)| moment.settled()) {
        println!("{}", score.row(moment.scenario));
        all.add(*score);
    }
    println!("{}", all.row("all of these"));
    for (moment, score) in moments.iter().zip(&scores).filter(|(moment, _)| !moment.settled()) {
        println!("{}", score.row(&format!("{}, slot {}", moment.scenario, moment.slot)));
    }
    assert!(all.covered() >= LEVEL, "{all:?}");
    let promises = 2.0 * (settled + 1) as f64;
    all.assert_kept("all markets", FALSE_ALARM / promises);
    for (moment, score) in moments.iter().zip(&scores).filter(|(moment, _)| moment.settled()) {
        score.assert_kept(moment.scenario, FALSE_ALARM / promises);
    }
}
