//! Every metric family by name, type, help and labels, registered in one place.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Metric, Registry},
};
use snarkfee_core::units::DaemonId;

/// One daemon.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct Of {
    pub(super) daemon: String,
}

impl From<&DaemonId> for Of {
    fn from(daemon: &DaemonId) -> Self {
        Self { daemon: daemon.as_str().to_owned() }
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct DecisionOf {
    pub(super) daemon: String,
    pub(super) action: &'static str,
    pub(super) reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct ActionOf {
    pub(super) daemon: String,
    pub(super) action: &'static str,
    pub(super) outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct ModeOf {
    pub(super) daemon: String,
    pub(super) mode: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct QuantileOf {
    pub(super) daemon: String,
    pub(super) quantile: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct LimitOf {
    pub(super) daemon: String,
    pub(super) limit: &'static str,
}

/// A band of fees by its lowest one: 0, or 1, 2 or 5 times a power of ten nanomina.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct BandOf {
    pub(super) daemon: String,
    pub(super) fee_from_mina: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct SourceOf {
    pub(super) daemon: String,
    pub(super) source: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct RequestOf {
    pub(super) daemon: String,
    pub(super) operation: &'static str,
    pub(super) outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct OperationOf {
    pub(super) daemon: String,
    pub(super) operation: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct FaultOf {
    pub(super) daemon: String,
    pub(super) class: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

/// A gauge that may be fractional.
pub(super) type Level = Gauge<f64, AtomicU64>;
/// A family of histograms of seconds.
pub(super) type Seconds<L> = Family<L, Histogram, fn() -> Histogram>;

/// Every family of the program.
#[derive(Debug)]
pub(super) struct Families {
    pub(super) decisions: Family<DecisionOf, Counter>,
    pub(super) actions: Family<ActionOf, Counter>,
    pub(super) mode: Family<ModeOf, Level>,
    pub(super) daemon_fee: Family<Of, Level>,
    pub(super) target_fee: Family<Of, Level>,
    pub(super) worker_enabled: Family<Of, Level>,
    pub(super) worker_wanted: Family<Of, Level>,
    pub(super) cost_per_work: Family<Of, Level>,
    pub(super) expected_profit: Family<Of, Level>,
    pub(super) sale_probability: Family<Of, Level>,
    pub(super) market_fee: Family<QuantileOf, Level>,
    pub(super) zero_fee_ratio: Family<Of, Level>,
    pub(super) samples: Family<Of, Level>,
    pub(super) works_bought: Family<Of, Level>,
    pub(super) works_bought_limit: Family<LimitOf, Level>,
    pub(super) open_works: Family<Of, Level>,
    pub(super) uncovered_works: Family<Of, Level>,
    pub(super) resolves: Family<Of, Level>,
    pub(super) works_sold: Family<Of, Counter>,
    pub(super) earned: Family<Of, Counter<f64, AtomicU64>>,
    pub(super) cost: Family<Of, Counter<f64, AtomicU64>>,
    pub(super) prediction_error: Family<Of, Level>,
    pub(super) share_predicted: Family<BandOf, Level>,
    pub(super) share_realised: Family<BandOf, Level>,
    pub(super) works_decided: Family<BandOf, Level>,
    pub(super) own_block: Family<Of, Level>,
    pub(super) observation_age: Family<SourceOf, Level>,
    pub(super) requests: Family<RequestOf, Counter>,
    pub(super) request_seconds: Seconds<OperationOf>,
    pub(super) tick_seconds: Seconds<Of>,
    pub(super) journal_failures: Family<FaultOf, Counter>,
    pub(super) reload_failures: Counter,
}

impl Families {
    /// Registers every family. Counters are named without the `_total` that OpenMetrics appends.
    pub(super) fn register(registry: &mut Registry) -> Self {
        let r = registry;
        let build: Family<Build, Level> = add(r, "snarkfee_build_info", "The running version");
        build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1.0);
        Self {
            decisions: add(r, "snarkfee_decisions", "Decisions by action and reason"),
            actions: add(
                r,
                "snarkfee_actions",
                "Decisions that asked for a change, by what came of it",
            ),
            mode: add(
                r,
                "snarkfee_mode",
                "1 for each state that holds: dry_run or live, paused, breaker_open",
            ),
            daemon_fee: add(r, "snarkfee_daemon_fee_mina", "Fee per work that the daemon asks"),
            target_fee: add(r, "snarkfee_target_fee_mina", "Fee per work that the policy wants"),
            worker_enabled: add(
                r,
                "snarkfee_worker_enabled",
                "1 while the daemon hands out snark work",
            ),
            worker_wanted: add(
                r,
                "snarkfee_worker_wanted",
                "1 while the policy wants the worker on",
            ),
            cost_per_work: add(r, "snarkfee_cost_per_work_mina", "Cost of making one work"),
            expected_profit: add(
                r,
                "snarkfee_expected_profit_mina_per_hour",
                "Expected profit at the target fee, on the cautious side that decisions use",
            ),
            sale_probability: add(
                r,
                "snarkfee_sale_probability",
                "Probability that a work at the target fee is sold",
            ),
            market_fee: add(
                r,
                "snarkfee_market_fee_mina",
                "Quantiles of the price at which work is bought",
            ),
            zero_fee_ratio: add(
                r,
                "snarkfee_market_zero_fee_ratio",
                "Share of works bought at fee 0",
            ),
            samples: add(r, "snarkfee_market_samples", "Observations of price that count"),
            works_bought: add(
                r,
                "snarkfee_works_bought_per_hour",
                "Works bought by block producers per hour",
            ),
            works_bought_limit: add(
                r,
                "snarkfee_works_bought_per_hour_limit",
                "Ends of the interval that the works bought per hour lie in with probability 0.8",
            ),
            open_works: add(r, "snarkfee_open_works", "Works still to be bought"),
            uncovered_works: add(
                r,
                "snarkfee_uncovered_works",
                "Works still to be bought that nobody has proved",
            ),
            resolves: add(
                r,
                "snarkfee_histogram_resolves_prices",
                "1 if the daemon's snark_fee buckets can tell fees apart",
            ),
            works_sold: add(r, "snarkfee_works_sold", "Own works seen bought on chain"),
            earned: add(r, "snarkfee_earned_mina", "What own works seen bought on chain brought"),
            cost: add(r, "snarkfee_cost_mina", "Cost of the works made"),
            prediction_error: add(
                r,
                "snarkfee_prediction_error",
                "Predicted minus realised share of own works sold, over the window",
            ),
            share_predicted: add(
                r,
                "snarkfee_share_sold_predicted",
                "Predicted share of own works sold, by band of their fee, over the window",
            ),
            share_realised: add(
                r,
                "snarkfee_share_sold_realised",
                "Share of own works sold, by band of their fee, over the window",
            ),
            works_decided: add(
                r,
                "snarkfee_works_decided",
                "Own works bought from us or from someone else, by band of their fee, over the window",
            ),
            own_block: add(
                r,
                "snarkfee_own_block_timestamp_seconds",
                "Start of the next slot that the daemon knows that it will produce a block in, since the Unix epoch",
            ),
            observation_age: add(
                r,
                "snarkfee_observation_age_seconds",
                "Time since a source was last read in full",
            ),
            requests: add(
                r,
                "snarkfee_daemon_requests",
                "Requests to the daemon by operation and outcome",
            ),
            request_seconds: add_seconds(
                r,
                "snarkfee_daemon_request_seconds",
                "Time that requests to the daemon took",
            ),
            tick_seconds: add_seconds(
                r,
                "snarkfee_tick_seconds",
                "Time that looks took: reading, deciding, acting",
            ),
            journal_failures: add(
                r,
                "snarkfee_journal_failures",
                "Looks that the journal did not take down; nothing is done while it does not",
            ),
            reload_failures: add(
                r,
                "snarkfee_config_reload_failures",
                "Reloads of the configuration refused because the new one is invalid",
            ),
        }
    }

    /// The families that hold one level per daemon.
    pub(super) fn levels(&self) -> [&Family<Of, Level>; 15] {
        [
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
            &self.resolves,
            &self.prediction_error,
            &self.own_block,
        ]
    }
}

fn add<M: Metric + Clone + Default>(
    registry: &mut Registry,
    name: &'static str,
    help: &'static str,
) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

fn add_seconds<L>(registry: &mut Registry, name: &'static str, help: &'static str) -> Seconds<L>
where
    L: Clone + std::hash::Hash + Eq,
    Seconds<L>: Metric,
{
    let family = Seconds::<L>::new_with_constructor(buckets as fn() -> Histogram);
    registry.register(name, help, family.clone());
    family
}

/// From 5 ms to about 82 s: a loopback answer at one end, a time limit at the other.
fn buckets() -> Histogram {
    Histogram::new(exponential_buckets(0.005, 2.0, 15))
}
