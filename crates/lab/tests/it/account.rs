//! The account of the service beside what the market knows of its worker.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use snarkfee_core::{
    account::{Money, Work},
    clocks::MachineTime,
    cost::{CostModel, CostParts, Electricity, MinaPrice, Quotes, Throughput},
    cycle::{BOOK_INTERVAL, Context, Cycle, CycleState, Recorder, Surroundings},
    fault::JournalFault,
    fixtures::poll_once,
    invariants::SettingChange,
    ledger::{DecisionInputs, PersistedState},
    market::{Look, PacePrior},
    policy::{
        BlockProduction, Decision, Mode, Params, Permit, Pricing, Safety, Withdrawal, Worker,
    },
    record::Record,
    units::{DaemonId, Nanomina},
};
use snarkfee_lab::{
    market_sim::{HandOut, SimulatedDaemon, World, library},
    policy_run::{Market, MarketPort, WorkerTotals},
};

/// A service, and what the process before it left.
struct Process {
    cycle: Cycle,
    left: Option<String>,
}

impl Process {
    fn new(left: Option<String>) -> Self {
        Self { cycle: Cycle::new(DaemonId::of_a_trial()), left }
    }

    /// What is stored when it is killed.
    fn kill(self) -> Option<String> {
        Some(serde_json::to_string(&self.cycle.state().persisted(None)).unwrap())
    }

    fn look(
        &mut self,
        port: &MarketPort<World>,
        context: Context<'_>,
        now: Timestamp,
        book_interval: Duration,
    ) -> Arc<Record> {
        let mut time = now;
        let recorder = &mut Restoring(self.left.take());
        let mut around = Surroundings { port, recorder, time: &mut time, context, book_interval };
        let look = poll_once(self.cycle.observe(&mut around));
        poll_once(self.cycle.complete(&mut around, look)).record
    }
}

/// Takes over what was stored.
struct Restoring(Option<String>);

impl Recorder for Restoring {
    type Clearance = ();

    async fn begin(&mut self, state: &mut CycleState, _: MachineTime) {
        if let Some(left) = self.0.take() {
            let left: PersistedState = serde_json::from_str(&left).unwrap();
            *state = CycleState::restored(left);
        }
    }

    fn observe(&mut self, _: &Look, _: &mut CycleState) {}

    async fn record_intent(
        &mut self,
        _: Timestamp,
        _: &Permit,
        _: &Decision,
        _: &CycleState,
    ) -> Result<(), JournalFault> {
        Ok(())
    }

    async fn clear_to_send(&mut self) -> Result<(), Withdrawal> {
        Ok(())
    }

    async fn record_look(
        &mut self,
        _: &Arc<Record>,
        _: DecisionInputs,
        _: &Context<'_>,
        _: &CycleState,
    ) -> Result<(), JournalFault> {
        Ok(())
    }
}

const WATTS: f64 = 350.0;
const USD_PER_KWH: f64 = 0.18;
/// Of the simulated operator.
const PROVERS: f64 = 2.0;

fn cost_of_power(usd_per_mina: f64) -> CostModel {
    let electricity = Electricity::Flat(format!("{USD_PER_KWH} USD/kWh").parse().unwrap());
    let power = format!("{WATTS} W").parse().unwrap();
    let price = MinaPrice::Static(format!("{usd_per_mina} USD").parse().unwrap());
    let parts = CostParts::try_new(
        Some((power, electricity)),
        None,
        price,
        Throughput::Measured(PacePrior::default()),
    );
    CostModel::from(parts.unwrap())
}

/// What that power costs in some prover time, in nanomina.
fn cost_of(busy: Duration, usd_per_mina: f64) -> f64 {
    busy.as_secs_f64() / 3_600.0 * WATTS / 1_000.0 * USD_PER_KWH / usd_per_mina * 1e9
}

/// A daemon that has sold at a fee for a day.
#[derive(Clone, Copy, Debug)]
struct Seller {
    scenario: &'static str,
    seed: u64,
    hand_out: HandOut,
    fee: u64,
}

/// A day of `mode` on a daemon that has sold for a day, with a kill after 13 hours: the account,
/// what the market knows of the same time, and what it knows of the day before.
fn account_for_a_day(
    seller: Seller,
    mode: Mode,
    cost: &CostModel,
    book_interval: Duration,
) -> (Money, WorkerTotals, WorkerTotals) {
    let Seller { scenario, seed, hand_out, fee } = seller;
    let start: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let after = |minutes: i64| start + SignedDuration::from_mins(minutes);
    let port = MarketPort::new(World::new(&library::scenario(scenario).unwrap(), seed, start));
    port.market().set_hand_out(hand_out);
    port.market().set(&SettingChange::Fee(Nanomina::try_new(fee).unwrap()));
    let first = 24 * 60;
    port.advance(after(first));
    let before = port.market().worker_totals();
    let worker = Worker { key: Some(World::operator_key()), ..Worker::default() };
    let params = Params {
        pricing: Pricing::default(),
        worker,
        block_production: BlockProduction::default(),
        safety: Safety::default(),
    };
    let context = Context { mode, params: &params, cost, quotes: Quotes::default() };
    let (mut process, mut money) = (Process::new(None), None);
    for minute in first..=2 * first {
        if minute == first + 13 * 60 {
            process = Process::new(process.kill());
        }
        port.advance(after(minute));
        let record = process.look(&port, context, after(minute), book_interval);
        money = record.money.clone();
    }
    let end = port.market().worker_totals();
    let during = WorkerTotals {
        accepted: end.accepted - before.accepted,
        busy: end.busy.saturating_sub(before.busy),
        made: end.made - before.made,
        sold: end.sold - before.sold,
        earned: end.earned - before.earned,
        lost: end.lost - before.lost,
        ..WorkerTotals::default()
    };
    (money.unwrap(), during, before)
}

/// The markets, with the fee that sold for a day and the price of MINA.
const MARKETS: [(&str, u64, f64); 3] =
    [("scarce", 9_400_000, 0.31), ("list-price", 900_000, 3.1), ("zkapps", 9_400_000, 0.31)];

/// Whether a figure is right to two percent, and to what is in hand at either end.
fn is_near(counted: f64, actual: f64, in_hand: f64) -> bool {
    (counted - actual).abs() <= 0.02 * actual.abs() + in_hand
}

/// Without seeds given, one for each market, of daemons that hand out works in either way.
fn sellers() -> Vec<(Seller, f64)> {
    let both = [HandOut::Bundles, HandOut::Pieces];
    let seeds = std::env::var("SNARKFEE_ACCOUNT_SEEDS").map(|seeds| seeds.parse().unwrap());
    let mut sellers = Vec::new();
    for (market, (scenario, fee, price)) in MARKETS.into_iter().enumerate() {
        for seed in 1..=seeds.clone().unwrap_or(1) {
            for (way, hand_out) in both.into_iter().enumerate() {
                if seeds.is_ok() || way == market % 2 {
                    sellers.push((Seller { scenario, seed, hand_out, fee }, price));
                }
            }
        }
    }
    sellers
}

#[test]
fn the_account_is_that_of_the_market_to_two_percent_across_a_kill() {
    for (seller, price) in sellers() {
        let (money, truth, before) =
            account_for_a_day(seller, Mode::Live, &cost_of_power(price), BOOK_INTERVAL);
        assert!(before.sold > 100, "it has sold for a day: {before:?}");
        let (real, cost) = (money.all.real, cost_of(truth.busy, price));
        // The daemon counts a proof's time when it is done: those in hand at either end differ, and
        // those that a switch threw away never count.
        let in_hand = (PROVERS + truth.lost as f64) * cost / truth.made as f64;
        let figures = [
            (real.made, truth.made as f64, PROVERS),
            (real.sold, truth.sold as f64, 0.0),
            (real.earned.to_f64(), truth.earned as f64, 0.0),
            (real.cost.to_f64(), cost, in_hand),
            (real.profit() as f64, truth.earned as f64 - cost, in_hand),
        ];
        println!("{seller:?} at {price} USD: {figures:?}");
        for (counted, actual, in_hand) in figures {
            assert!(is_near(counted, actual, in_hand), "{seller:?}: {figures:?}");
        }
    }
}

#[test]
fn with_a_cost_per_work_the_account_is_that_of_the_works_finished() {
    const COST: u64 = 100_000;
    let cost = CostModel::PerWork(Nanomina::try_new(COST).unwrap());
    for (seller, _) in sellers() {
        let (money, truth, _) = account_for_a_day(seller, Mode::Live, &cost, BOOK_INTERVAL);
        let (real, spent) = (money.all.real, (truth.made * COST) as f64);
        let in_hand = PROVERS * COST as f64;
        let figures = [
            (real.made, truth.made as f64, PROVERS),
            (real.cost.to_f64(), spent, in_hand),
            (real.profit() as f64, truth.earned as f64 - spent, in_hand),
        ];
        println!("{seller:?}: {figures:?}, accepted {}", truth.accepted);
        for (counted, actual, in_hand) in figures {
            assert!(is_near(counted, actual, in_hand), "{seller:?}: {figures:?}");
        }
    }
}

/// What a dry run of a day would have brought, and what the same day live did.
struct Comparison {
    imagined: Work,
    live: Work,
    dry: Money,
    lived: Money,
}

fn compare(scenario: &'static str, seed: u64) -> Comparison {
    const COST: u64 = 100_000;
    let cost = CostModel::PerWork(Nanomina::try_new(COST).unwrap());
    let seller = Seller { scenario, seed, hand_out: HandOut::default(), fee: 100_000_000 };
    let (dry, ..) = account_for_a_day(seller, Mode::DryRun, &cost, Duration::ZERO);
    let (lived, truth, _) = account_for_a_day(seller, Mode::Live, &cost, Duration::ZERO);
    let live = Work {
        made: truth.made as f64,
        sold: truth.sold as f64,
        earned: Nanomina::try_new(u64::try_from(truth.earned).unwrap()).unwrap(),
        cost: Nanomina::try_new(truth.made * COST).unwrap(),
        energy: None,
    };
    Comparison { imagined: dry.all.dry_run.unwrap().imagined, live, dry, lived }
}

#[test]
fn a_dry_run_accounts_with_caution_for_what_a_live_one_earns() {
    let Comparison { imagined, live, dry, lived } = compare("scarce", 1);
    let share = imagined.profit() as f64 / live.profit() as f64;
    println!("{share}: {imagined:?} for {live:?}");
    assert!((0.7..1.1).contains(&share), "{share}: {imagined:?} for {live:?}");
    assert_eq!(dry.all.dry_run.unwrap().real, dry.all.real, "all of it was a dry run");
    assert!(dry.all.real.earned < lived.all.real.earned);
    assert!(dry.all.foregone > lived.all.foregone, "{} {}", dry.all.foregone, lived.all.foregone);
}

#[test]
fn a_dry_run_claims_no_gain_where_nothing_is_to_be_earned() {
    for seed in seeds("SNARKFEE_COUNTERFACTUAL_SEEDS").unwrap_or(3..=3) {
        let Comparison { imagined, live, .. } = compare("surplus", seed);
        println!("surplus {seed}: {imagined:?} for {live:?}");
        let claimed = imagined.profit() - live.profit();
        assert!(claimed < 5_000_000, "seed {seed}: {imagined:?} for {live:?}");
    }
}

/// Measures how near the counterfactual comes, with so many seeds; nothing without them.
#[test]
fn measure_the_counterfactual() {
    let Some(seeds) = seeds("SNARKFEE_COUNTERFACTUAL_SEEDS") else { return };
    let scenarios = ["scarce", "list-price", "regime-switch", "free-outage", "zkapps", "surplus"];
    for scenario in scenarios {
        for seed in seeds.clone() {
            let Comparison { imagined, live, .. } = compare(scenario, seed);
            let row = |work: Work| {
                let mina = work.profit() as f64 / 1e9;
                format!("made {:.0} sold {:.0} profit {mina:.4}", work.made, work.sold)
            };
            println!("{scenario} {seed}: imagined {}; live {}", row(imagined), row(live));
        }
    }
}

fn seeds(name: &str) -> Option<RangeInclusive<u64>> {
    std::env::var(name).ok().map(|seeds| 1..=seeds.parse().unwrap())
}
