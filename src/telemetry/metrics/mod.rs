//! The program's own metrics, in OpenMetrics.
//!
//! Invariants: a value that is not known has no series, also when it was known before; counters
//! never decrease. All use of the client library is in this module.
//!
//! Not here: the daemon's metrics (`daemon`), and serving the text (`web`).

mod classic;
mod families;
mod process;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError, atomic::AtomicU64, atomic::Ordering},
    time::Duration,
};

use jiff::Timestamp;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};
use snarkfee_core::{
    fault::{Fault, JournalClass},
    market::{BandSales, MarketSummary},
    record::{Mode, Outcome, Record},
    units::{DaemonId, Nanomina},
};

use self::{
    families::{
        ActionOf, BandOf, DecisionOf, Families, FaultOf, Level, LimitOf, ModeOf, Of, OperationOf,
        QuantileOf, RequestOf, SourceOf,
    },
    process::Process,
};

/// The form in which metrics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposition {
    /// OpenMetrics 1.0.0.
    OpenMetrics,
    /// Prometheus text format 0.0.4.
    Classic,
}

impl Exposition {
    /// The content type that names it.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Classic => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// The program's own metrics and the registry that owns them.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    families: Families,
    marks: Mutex<HashMap<DaemonId, Marks>>,
}

/// What must be remembered of one daemon beyond the families.
#[derive(Debug, Default)]
struct Marks {
    /// Highest figures seen: a sale that a reorganisation takes back and the next block brings
    /// again counts once.
    sold: u64,
    earned: Nanomina,
    made: u64,
    /// Sum of works made, each at the cost of its time.
    spent: Nanomina,
    graphql: Option<Timestamp>,
    metrics: Option<Timestamp>,
    price: Option<Timestamp>,
    /// Bands of fees that have series.
    bands: Vec<Nanomina>,
}

const QUANTILE_NAMES: [&str; MarketSummary::QUANTILES.len()] =
    ["0.1", "0.25", "0.5", "0.75", "0.9"];

const LIMITS: [&str; 2] = ["low", "high"];

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Registers every family.
    pub fn new() -> Self {
        let mut registry = Registry::default();
        let families = Families::register(&mut registry);
        registry.register_collector(Box::new(Process));
        Self { registry, families, marks: Mutex::default() }
    }

    /// Takes over one record: every figure of its daemon then follows from it.
    pub fn observe(&self, record: &Record) {
        let f = &self.families;
        let of = Of::from(&record.daemon);
        let daemon = || of.daemon.clone();

        // A counter that appears with its first failure would hide that failure from `increase`.
        for class in JournalClass::ALL {
            f.journal_failures
                .get_or_create(&FaultOf { daemon: daemon(), class: class.code() })
                .inc_by(0);
        }
        let action = record.decision.action.code();
        f.decisions
            .get_or_create(&DecisionOf {
                daemon: daemon(),
                action,
                reason: record.decision.reason.code(),
            })
            .inc();
        if !matches!(record.outcome, Outcome::Held) {
            f.actions
                .get_or_create(&ActionOf {
                    daemon: daemon(),
                    action,
                    outcome: record.outcome.code(),
                })
                .inc();
        }
        for (mode, holds) in [
            ("dry_run", record.mode == Mode::DryRun),
            ("live", record.mode == Mode::Live),
            ("paused", record.hold.paused.is_some()),
            ("breaker_open", record.hold.breaker_open),
        ] {
            f.mode.get_or_create(&ModeOf { daemon: daemon(), mode }).set(flag(holds));
        }

        let target = record.decision.target;
        let best = record.decision.appraisal.as_ref().map(|appraisal| appraisal.best);
        show(&f.daemon_fee, &of, record.fee_after().map(Nanomina::to_mina));
        show(&f.target_fee, &of, target.map(|target| target.fee.to_mina()));
        show(&f.worker_enabled, &of, record.enabled_after().map(flag));
        show(&f.worker_wanted, &of, target.map(|target| flag(target.enabled)));
        show(&f.cost_per_work, &of, record.cost.map(Nanomina::to_mina));
        show(&f.expected_profit, &of, best.map(|best| best.cautious_profit.to_mina_per_hour()));
        show(&f.sale_probability, &of, best.map(|best| best.sale_probability));
        show(&f.prediction_error, &of, record.prediction_error);
        let own_block =
            record.look.status.as_ref().ok().and_then(|status| status.next_block_production);
        show(&f.own_block, &of, own_block.map(|slot| slot.as_millisecond() as f64 / 1000.0));

        let market = record.market.as_ref();
        for (index, quantile) in QUANTILE_NAMES.into_iter().enumerate() {
            let price = market.and_then(|market| market.quantiles.get(index).copied().flatten());
            show(
                &f.market_fee,
                &QuantileOf { daemon: daemon(), quantile },
                price.map(Nanomina::to_mina),
            );
        }
        show(
            &f.zero_fee_ratio,
            &of,
            market.filter(|market| market.samples > 0).map(|market| market.zero_fee_ratio),
        );
        show(&f.samples, &of, market.map(|market| market.samples as f64));
        show(&f.works_bought, &of, market.and_then(|market| market.works_bought_per_hour));
        let interval = market.and_then(|market| market.works_bought_per_hour_interval);
        for (place, limit) in LIMITS.into_iter().enumerate() {
            let at = interval.and_then(|interval| interval.get(place).copied());
            show(&f.works_bought_limit, &LimitOf { daemon: daemon(), limit }, at);
        }
        show(&f.open_works, &of, record.book().map(|book| book.open_works as f64));
        show(&f.uncovered_works, &of, record.book().map(|book| book.uncovered_works as f64));
        show(&f.resolves, &of, market.and_then(|market| market.histogram_resolves).map(flag));

        f.tick_seconds.get_or_create(&of).observe(record.took.as_secs_f64());
        self.remember(record, &of);
    }

    fn remember(&self, record: &Record, of: &Of) {
        let f = &self.families;
        let mut marks = self.marks();
        let marks = marks.entry(record.daemon.clone()).or_default();
        if record.read_in_full() {
            marks.graphql = Some(record.at);
        }
        if matches!(record.look.metrics, Some(Ok(_))) {
            marks.metrics = Some(record.at);
        }
        let sales = record.market.as_ref().map_or(&[][..], |market| &market.own_sales_by_fee);
        self.show_sales(&of.daemon, marks, sales);
        let Some(market) = &record.market else { return };
        if let Some(cost) = record.cost {
            let more = market.own_made.saturating_sub(marks.made);
            marks.spent = marks.spent.saturating_add(cost.saturating_mul(more));
            marks.made = marks.made.max(market.own_made);
            stand_at(&f.cost.get_or_create(of), marks.spent);
        }
        f.works_sold.get_or_create(of).inc_by(market.own_sold.saturating_sub(marks.sold));
        marks.sold = marks.sold.max(market.own_sold);
        marks.earned = marks.earned.max(market.own_earned);
        stand_at(&f.earned.get_or_create(of), marks.earned);
    }

    /// Counts a request to a daemon. `operation` is a fixed name; `fault` is what was wrong, `None`
    /// when it succeeded.
    pub fn daemon_request(
        &self,
        daemon: &DaemonId,
        operation: &'static str,
        fault: Option<&Fault>,
        took: Duration,
    ) {
        let daemon = daemon.as_str();
        let outcome = fault.map_or("ok", Fault::code);
        let f = &self.families;
        f.requests
            .get_or_create(&RequestOf { daemon: daemon.to_owned(), operation, outcome })
            .inc();
        f.request_seconds
            .get_or_create(&OperationOf { daemon: daemon.to_owned(), operation })
            .observe(took.as_secs_f64());
    }

    /// Notes that the price of MINA was read at `at` for a daemon's cost.
    pub fn price_read(&self, daemon: &DaemonId, at: Timestamp) {
        self.marks().entry(daemon.clone()).or_default().price = Some(at);
    }

    /// Counts a look that the journal did not take down.
    pub fn unrecorded(&self, daemon: &DaemonId, class: JournalClass) {
        let fault = FaultOf { daemon: daemon.as_str().to_owned(), class: class.code() };
        self.families.journal_failures.get_or_create(&fault).inc();
    }

    /// Counts a reload refused because the new configuration is invalid.
    pub fn config_reload_failed(&self) {
        self.families.reload_failures.inc();
    }

    /// Takes down the levels of a daemon that is no longer configured; its counters stay.
    pub fn forget(&self, daemon: &DaemonId) {
        let f = &self.families;
        let of = Of::from(daemon);
        for family in f.levels() {
            family.remove(&of);
        }
        let daemon = of.daemon;
        for mode in ["dry_run", "live", "paused", "breaker_open"] {
            f.mode.remove(&ModeOf { daemon: daemon.clone(), mode });
        }
        for quantile in QUANTILE_NAMES {
            f.market_fee.remove(&QuantileOf { daemon: daemon.clone(), quantile });
        }
        for limit in LIMITS {
            f.works_bought_limit.remove(&LimitOf { daemon: daemon.clone(), limit });
        }
        let mut marks = self.marks();
        for (name, marks) in marks.iter_mut().filter(|(name, _)| name.as_str() == daemon) {
            (marks.graphql, marks.metrics, marks.price) = (None, None, None);
            self.show_sales(name.as_str(), marks, &[]);
            self.show_ages(name, marks, Timestamp::MIN);
        }
    }

    /// The metrics as text; ages of observations are those at `now`.
    pub fn render(&self, now: Timestamp, form: Exposition) -> String {
        for (daemon, marks) in self.marks().iter() {
            self.show_ages(daemon, marks, now);
        }
        let mut text = String::with_capacity(16 * 1024);
        if let Err(error) = encode(&mut text, &self.registry) {
            tracing::error!(%error, "metrics could not be written");
            text.clear();
            text.push_str("# EOF\n");
        }
        match form {
            Exposition::OpenMetrics => text,
            Exposition::Classic => classic::from_openmetrics(&text),
        }
    }

    fn show_ages(&self, daemon: &DaemonId, marks: &Marks, now: Timestamp) {
        for (source, seen) in
            [("graphql", marks.graphql), ("metrics", marks.metrics), ("price", marks.price)]
        {
            let age = seen.map(|seen| now.duration_since(seen).as_secs_f64().max(0.0));
            show(
                &self.families.observation_age,
                &SourceOf { daemon: daemon.as_str().to_owned(), source },
                age,
            );
        }
    }

    fn show_sales(&self, daemon: &str, marks: &mut Marks, sales: &[BandSales]) {
        let now: BTreeMap<Nanomina, &BandSales> =
            sales.iter().map(|sales| (sales.from, sales)).collect();
        let f = &self.families;
        for from in marks.bands.drain(..).chain(now.keys().copied()) {
            let fee_from_mina = from.to_string().trim_end_matches(" MINA").to_owned();
            let of = BandOf { daemon: daemon.to_owned(), fee_from_mina };
            let sales = now.get(&from);
            show(&f.share_predicted, &of, sales.map(|sales| sales.predicted));
            show(&f.share_realised, &of, sales.map(|sales| sales.realised()));
            show(&f.works_decided, &of, sales.map(|sales| sales.decided as f64));
        }
        marks.bands.extend(now.keys());
    }

    fn marks(&self) -> MutexGuard<'_, HashMap<DaemonId, Marks>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets a level, or takes its series down while the value is not known.
fn show<L>(family: &Family<L, Level>, labels: &L, value: Option<f64>)
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

fn flag(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

/// Moves a counter of MINA to a total kept in nanomina, so that no rounding adds up.
fn stand_at(counter: &Counter<f64, AtomicU64>, total: Nanomina) {
    counter.inner().store(total.to_mina().to_bits(), Ordering::Relaxed);
}
