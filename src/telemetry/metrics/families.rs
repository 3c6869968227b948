//! Every metric family by name, type, help and labels, registered in one place.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Metric, Registry, Unit},
};

use super::labels::{
    ActionLabels, BandLabels, BuildLabels, ClassLabels, DaemonLabels, DecisionLabels, FaultLabels,
    InfoLabels, LevelLabels, LimitLabels, ModeLabels, OperationLabels, QuantileLabels,
    RequestLabels, SellerLabels, SourceLabels, StoreLabels,
};

/// Families under an earlier name, which `promtool` objects to. They stand beside their successors
/// for one release, in OpenMetrics only.
pub(super) const SUPERSEDED: [&str; 2] =
    ["snarkfee_market_fee_mina", "snarkfee_histogram_resolves_prices"];

/// Units that names end in; longer ones first where one ends in another.
const UNITS: [&str; 5] = ["mina_per_hour", "mina", "seconds", "ratio", "kwh"];

/// A gauge that may be fractional.
pub(super) type FloatGauge = Gauge<f64, AtomicU64>;
/// A counter that may be fractional.
pub(super) type FloatCounter = Counter<f64, AtomicU64>;
/// A family of histograms in seconds.
pub(super) type SecondsHistogram<L> = Family<L, Histogram, fn() -> Histogram>;

/// Every family of the program.
#[derive(Debug)]
pub(super) struct Families {
    pub(super) decisions: Family<DecisionLabels, Counter>,
    pub(super) actions: Family<ActionLabels, Counter>,
    pub(super) mode: Family<ModeLabels, FloatGauge>,
    pub(super) journal_doubt: Family<DaemonLabels, FloatGauge>,
    pub(super) info: Family<InfoLabels, FloatGauge>,
    pub(super) daemon_fee: Family<DaemonLabels, FloatGauge>,
    pub(super) target_fee: Family<DaemonLabels, FloatGauge>,
    pub(super) worker_enabled: Family<DaemonLabels, FloatGauge>,
    pub(super) worker_wanted: Family<DaemonLabels, FloatGauge>,
    pub(super) cost_per_work: Family<DaemonLabels, FloatGauge>,
    pub(super) cost_per_work_limit: Family<LimitLabels, FloatGauge>,
    pub(super) cost_source: Family<SourceLabels, FloatGauge>,
    pub(super) expected_profit: Family<DaemonLabels, FloatGauge>,
    pub(super) sale_probability: Family<DaemonLabels, FloatGauge>,
    pub(super) market_price: Family<LevelLabels, FloatGauge>,
    pub(super) market_fee: Family<QuantileLabels, FloatGauge>,
    pub(super) zero_fee_ratio: Family<DaemonLabels, FloatGauge>,
    pub(super) samples: Family<DaemonLabels, FloatGauge>,
    pub(super) works_bought: Family<DaemonLabels, FloatGauge>,
    pub(super) works_bought_limit: Family<LimitLabels, FloatGauge>,
    pub(super) open_works: Family<DaemonLabels, FloatGauge>,
    pub(super) uncovered_works: Family<DaemonLabels, FloatGauge>,
    pub(super) sellers: Family<SellerLabels, FloatGauge>,
    pub(super) buckets_usable: Family<DaemonLabels, FloatGauge>,
    pub(super) resolves: Family<DaemonLabels, FloatGauge>,
    pub(super) wanted_fee: Family<DaemonLabels, FloatGauge>,
    pub(super) wanted_since: Family<DaemonLabels, FloatGauge>,
    pub(super) asked_profit: Family<DaemonLabels, FloatGauge>,
    pub(super) works_made: Family<DaemonLabels, Counter>,
    pub(super) works_sold: Family<DaemonLabels, Counter>,
    pub(super) earned: Family<DaemonLabels, FloatCounter>,
    pub(super) cost: Family<DaemonLabels, FloatCounter>,
    pub(super) foregone: Family<DaemonLabels, FloatCounter>,
    pub(super) energy_saved: Family<DaemonLabels, FloatCounter>,
    pub(super) counterfactual: Family<DaemonLabels, FloatCounter>,
    pub(super) prediction_error: Family<DaemonLabels, FloatGauge>,
    pub(super) share_predicted: Family<BandLabels, FloatGauge>,
    pub(super) share_realised: Family<BandLabels, FloatGauge>,
    pub(super) works_decided: Family<BandLabels, FloatGauge>,
    pub(super) own_block: Family<DaemonLabels, FloatGauge>,
    pub(super) observation: Family<SourceLabels, FloatGauge>,
    pub(super) observation_age: Family<SourceLabels, FloatGauge>,
    pub(super) requests: Family<RequestLabels, Counter>,
    pub(super) request_seconds: SecondsHistogram<OperationLabels>,
    pub(super) tick_seconds: SecondsHistogram<DaemonLabels>,
    pub(super) journal_failures: Family<FaultLabels, Counter>,
    pub(super) reload_failures: Counter,
    pub(super) log_lines_lost: Counter,
    pub(super) lease_held: Family<DaemonLabels, FloatGauge>,
    pub(super) lease_transitions: Counter,
    pub(super) store_errors: Family<ClassLabels, Counter>,
    pub(super) store_seconds: SecondsHistogram<StoreLabels>,
}

impl Families {
    /// Registers every family. Counters are named without the `_total` that OpenMetrics appends.
    pub(super) fn register(registry: &mut Registry) -> Self {
        let r = registry;
        let build: Family<BuildLabels, FloatGauge> =
            register(r, "snarkfee_build_info", "The running version");
        build.get_or_create(&BuildLabels { version: env!("CARGO_PKG_VERSION") }).set(1.0);
        Self {
            decisions: register(r, "snarkfee_decisions", "Decisions by action and reason"),
            actions: register(
                r,
                "snarkfee_actions",
                "Decisions that asked for a change, by outcome",
            ),
            mode: register(
                r,
                "snarkfee_mode",
                "1 for each state that holds: dry_run or live, paused, breaker_open",
            ),
            journal_doubt: register(
                r,
                "snarkfee_journal_doubt",
                "1 while nothing is sent because the journal may have lost a pause or memory",
            ),
            info: register(
                r,
                "snarkfee_daemon_info",
                "What the daemon is: schema era, role, and how it selects works",
            ),
            daemon_fee: register(
                r,
                "snarkfee_daemon_fee_mina",
                "Fee per work that the daemon asks",
            ),
            target_fee: register(
                r,
                "snarkfee_target_fee_mina",
                "Fee per work that the policy wants",
            ),
            worker_enabled: register(
                r,
                "snarkfee_worker_enabled",
                "1 while the daemon hands out snark work",
            ),
            worker_wanted: register(
                r,
                "snarkfee_worker_wanted",
                "1 while the policy wants the worker on",
            ),
            cost_per_work: register(r, "snarkfee_cost_per_work_mina", "Cost of making one work"),
            cost_per_work_limit: register(
                r,
                "snarkfee_cost_per_work_limit_mina",
                "Ends of the interval that holds the cost of a work with probability 0.8",
            ),
            cost_source: register(
                r,
                "snarkfee_cost_source",
                "1 for where the cost of a work is from",
            ),
            expected_profit: register(
                r,
                "snarkfee_expected_profit_mina_per_hour",
                "Expected profit at the target fee, by the lower end of its band, which decisions use",
            ),
            sale_probability: register(
                r,
                "snarkfee_sale_probability",
                "Probability that a work at the target fee is sold",
            ),
            market_price: register(
                r,
                "snarkfee_market_price_mina",
                "Quantiles of the price at which work is bought",
            ),
            market_fee: register(
                r,
                "snarkfee_market_fee_mina",
                "Earlier name of snarkfee_market_price_mina",
            ),
            zero_fee_ratio: register(
                r,
                "snarkfee_market_zero_fee_ratio",
                "Share of works bought at fee 0",
            ),
            samples: register(r, "snarkfee_market_samples", "Price observations in use"),
            works_bought: register(
                r,
                "snarkfee_works_bought_per_hour",
                "Works bought by block producers per hour",
            ),
            works_bought_limit: register(
                r,
                "snarkfee_works_bought_per_hour_limit",
                "Ends of the interval that holds the works bought per hour with probability 0.8",
            ),
            open_works: register(r, "snarkfee_open_works", "Works still to be bought"),
            uncovered_works: register(
                r,
                "snarkfee_uncovered_works",
                "Works still to be bought that no prover has proved",
            ),
            sellers: register(r, "snarkfee_sellers", "Competing sellers that are known, by kind"),
            buckets_usable: register(
                r,
                "snarkfee_price_buckets_usable",
                "1 if the daemon's snark_fee buckets can tell fees apart",
            ),
            resolves: register(
                r,
                "snarkfee_histogram_resolves_prices",
                "Earlier name of snarkfee_price_buckets_usable",
            ),
            wanted_fee: register(
                r,
                "snarkfee_wanted_fee_mina",
                "Fee per work that decisions so far ask; in dry_run nothing of it was sent",
            ),
            wanted_since: register(
                r,
                "snarkfee_wanted_timestamp_seconds",
                "When that was decided, since the Unix epoch",
            ),
            asked_profit: register(
                r,
                "snarkfee_asked_profit_mina_per_hour",
                "Expected profit at the fee that the daemon asks, by the lower end of its band",
            ),
            works_made: register(r, "snarkfee_works_made", "Works made since the account began"),
            works_sold: register(
                r,
                "snarkfee_works_sold",
                "Own works seen bought on chain since the account began",
            ),
            earned: register(
                r,
                "snarkfee_earned_mina",
                "Earnings from own works seen bought on chain since the account began",
            ),
            cost: register(r, "snarkfee_cost_mina", "Cost of making works since the account began"),
            foregone: register(
                r,
                "snarkfee_foregone_profit_mina",
                "Profit missed while the worker was off or asked too much, at the fee held best",
            ),
            energy_saved: register(
                r,
                "snarkfee_energy_saved_kwh",
                "Energy less than that of a worker always on at the fee that was found",
            ),
            counterfactual: register(
                r,
                "snarkfee_counterfactual_profit_mina",
                "Highest profit that dry-run decisions would have brought so far",
            ),
            prediction_error: register(
                r,
                "snarkfee_prediction_error",
                "Predicted minus realised share of own works sold, over the window",
            ),
            share_predicted: register(
                r,
                "snarkfee_share_sold_predicted",
                "Predicted share of own works sold, by band of their fee, over the window",
            ),
            share_realised: register(
                r,
                "snarkfee_share_sold_realised",
                "Share of own works sold, by band of their fee, over the window",
            ),
            works_decided: register(
                r,
                "snarkfee_works_decided",
                "Own works bought from us or from someone else, by band of their fee, over the window",
            ),
            own_block: register(
                r,
                "snarkfee_own_block_timestamp_seconds",
                "Start of the next slot in which the daemon expects to produce a block, since the Unix epoch",
            ),
            observation: register(
                r,
                "snarkfee_observation_timestamp_seconds",
                "When a source was last read, since the Unix epoch",
            ),
            observation_age: register(
                r,
                "snarkfee_observation_age_seconds",
                "Time since a source was last read in full",
            ),
            requests: register(
                r,
                "snarkfee_daemon_requests",
                "Requests to the daemon by operation and outcome",
            ),
            request_seconds: register_seconds(
                r,
                "snarkfee_daemon_request_seconds",
                "Duration of requests to the daemon",
            ),
            tick_seconds: register_seconds(
                r,
                "snarkfee_tick_seconds",
                "Duration of looks: reading, deciding, acting",
            ),
            journal_failures: register(
                r,
                "snarkfee_journal_failures",
                "Looks that the journal failed to record; no action is taken while it fails",
            ),
            reload_failures: register(
                r,
                "snarkfee_config_reload_failures",
                "Reloads refused because the new configuration is invalid",
            ),
            log_lines_lost: register(
                r,
                "snarkfee_log_lines_lost",
                "Lines of the log that its reader was too slow for, or could not take",
            ),
            lease_held: register(
                r,
                "snarkfee_lease_held",
                "1 while this replica works the daemon, 0 while another does or none",
            ),
            lease_transitions: register(
                r,
                "snarkfee_lease_transitions",
                "Daemons that came to this replica or went from it",
            ),
            store_errors: register(
                r,
                "snarkfee_store_errors",
                "Rounds of leases that the shared store did not answer, by kind of failure",
            ),
            store_seconds: register_seconds(
                r,
                "snarkfee_store_request_seconds",
                "Duration of requests to the store that replicas share",
            ),
        }
    }

    /// The families with one counter of an amount per daemon.
    pub(super) fn daemon_amounts(&self) -> [&Family<DaemonLabels, FloatCounter>; 5] {
        [&self.earned, &self.cost, &self.foregone, &self.energy_saved, &self.counterfactual]
    }

    /// The families with one gauge per daemon.
    pub(super) fn daemon_gauges(&self) -> [&Family<DaemonLabels, FloatGauge>; 21] {
        [
            &self.journal_doubt,
            &self.lease_held,
            &self.daemon_fee,
            &self.target_fee,
            &self.worker_enabled,
            &self.worker_wanted,
            &self.cost_per_work,
            &self.expected_profit,
            &self.sale_probability,
            &self.zero_fee_ratio,
            &self.samples,
            &self.works_bought,
            &self.open_works,
            &self.uncovered_works,
            &self.buckets_usable,
            &self.resolves,
            &self.prediction_error,
            &self.own_block,
            &self.wanted_fee,
            &self.wanted_since,
            &self.asked_profit,
        ]
    }
}

fn register<M: Metric + Clone + Default>(
    registry: &mut Registry,
    name: &'static str,
    help: &'static str,
) -> M {
    let metric = M::default();
    register_with_unit(registry, name, help, metric.clone());
    metric
}

/// Registers a metric with the unit that its name ends in, if it ends in one.
fn register_with_unit(
    registry: &mut Registry,
    name: &'static str,
    help: &'static str,
    metric: impl Metric,
) {
    let unit = |unit: &'static str| Some((name.strip_suffix(unit)?.strip_suffix('_')?, unit));
    match UNITS.into_iter().find_map(unit) {
        Some((stem, unit)) => {
            registry.register_with_unit(stem, help, Unit::Other(unit.to_owned()), metric);
        }
        None => registry.register(name, help, metric),
    }
}

fn register_seconds<L>(
    registry: &mut Registry,
    name: &'static str,
    help: &'static str,
) -> SecondsHistogram<L>
where
    L: Clone + std::hash::Hash + Eq,
    SecondsHistogram<L>: Metric,
{
    let family =
        SecondsHistogram::<L>::new_with_constructor(duration_histogram as fn() -> Histogram);
    register_with_unit(registry, name, help, family.clone());
    family
}

/// Buckets from 5 ms, a loopback answer, to about 82 s, beyond the usual time limit.
fn duration_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.005, 2.0, 15))
}

/// Sets a gauge, or removes its series while the value is unknown.
pub(super) fn set_or_remove<L>(family: &Family<L, FloatGauge>, labels: &L, value: Option<f64>)
where
    L: Clone + std::hash::Hash + Eq + EncodeLabelSet,
{
    match value {
        Some(value) => {
            family.get_or_create(labels).set(value);
        }
        None => {
            family.remove(labels);
        }
    }
}

/// Raises a counter to a total, which is kept elsewhere so that rounding does not accumulate. A
/// counter never falls: where the total does, it stays until the total is higher again.
pub(super) fn raise(counter: &FloatCounter, total: f64) {
    let before = f64::from_bits(counter.inner().load(Ordering::Relaxed));
    counter.inner().store(total.max(before).to_bits(), Ordering::Relaxed);
}
