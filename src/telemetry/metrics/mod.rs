//! The program's own metrics, in OpenMetrics.
//!
//! Invariants: an unknown value has no series, even if it was known before; counters never decrease;
//! only this module uses the client library.
//!
//! Not here: the daemon's metrics (`daemon`), and serving the text (`web`).

mod classic;
mod families;
mod labels;
mod process;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::Duration,
};

use jiff::Timestamp;
use prometheus_client::{encoding::text::encode, registry::Registry};
use snarkfee_core::{
    cost::CostSource,
    fault::{Fault, JournalClass},
    leases::Tenancy,
    market::{BandSales, MarketSummary, SelectionMethod, SellerKind, SellerSummary},
    policy::Action,
    record::{Mode, Outcome, Record},
    units::{DaemonId, Nanomina},
};

use self::{
    families::{Families, raise, set_or_remove},
    labels::{
        ActionLabels, BandLabels, ClassLabels, DaemonLabels, DecisionLabels, FaultLabels,
        InfoLabels, LevelLabels, LimitLabels, ModeLabels, OperationLabels, QuantileLabels,
        RequestLabels, SellerLabels, SourceLabels, StoreLabels, is_code,
    },
    process::ProcessCollector,
};
use super::{
    log_queue::LostLines,
    money_document::{signed_mina, whole},
};

/// The format of a scrape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposition {
    /// OpenMetrics 1.0.0.
    OpenMetrics,
    /// Prometheus text format 0.0.4.
    Classic,
}

impl Exposition {
    /// Its content type.
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
    totals: Mutex<HashMap<DaemonId, DaemonTotals>>,
    lost_lines: Mutex<LostLines>,
}

/// What the families do not remember of one daemon.
#[derive(Debug, Default)]
struct DaemonTotals {
    /// Works counted.
    sold: u64,
    made: u64,
    graphql: Option<Timestamp>,
    metrics: Option<Timestamp>,
    price: Option<Timestamp>,
    /// The bands of fees that have series.
    bands: Vec<Nanomina>,
    /// The labels of its info.
    info: Option<InfoLabels>,
}

/// The source of the price of MINA.
const PRICE: &str = "price";

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
        registry.register_collector(Box::new(ProcessCollector));
        Self { registry, families, totals: Mutex::default(), lost_lines: Mutex::default() }
    }

    /// Counts the lines that a log loses.
    pub(crate) fn watch_log(&self, lost: LostLines) {
        *self.lost_lines.lock().unwrap_or_else(PoisonError::into_inner) = lost;
    }

    /// Updates every series of a daemon from its latest record.
    pub fn record_look(&self, record: &Record) {
        let f = &self.families;
        let of = DaemonLabels::from(&record.daemon);
        let daemon = || of.daemon.clone();

        self.begin_counters(&of);
        let action = record.decision.action.code();
        f.decisions
            .get_or_create(&DecisionLabels {
                daemon: daemon(),
                action,
                reason: record.decision.reason.code(),
            })
            .inc();
        if !matches!(record.outcome, Outcome::Held) {
            f.actions
                .get_or_create(&ActionLabels {
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
            f.mode.get_or_create(&ModeLabels { daemon: daemon(), mode }).set(as_gauge(holds));
        }

        f.journal_doubt.get_or_create(&of).set(as_gauge(record.hold.journal_doubt.is_some()));

        self.set_info(record, &of);
        let target = record.decision.target;
        let best = record.decision.appraisal.as_ref().map(|appraisal| appraisal.best);
        set_or_remove(&f.daemon_fee, &of, record.fee_after().map(Nanomina::to_mina));
        set_or_remove(&f.target_fee, &of, target.map(|target| target.fee.to_mina()));
        let wanted = record.wanted.as_ref();
        set_or_remove(&f.wanted_fee, &of, wanted.map(|wanted| wanted.fee.to_mina()));
        let since = wanted.and_then(|wanted| wanted.since);
        set_or_remove(&f.wanted_since, &of, since.map(to_seconds));
        let asked = record.decision.appraisal.as_ref().map(|appraisal| appraisal.asked());
        let profit = asked.map(|asked| asked.cautious_profit.to_mina_per_hour());
        set_or_remove(&f.asked_profit, &of, profit);
        set_or_remove(&f.worker_enabled, &of, record.enabled_after().map(as_gauge));
        set_or_remove(&f.worker_wanted, &of, target.map(|target| as_gauge(target.enabled)));
        set_or_remove(&f.cost_per_work, &of, record.cost.map(Nanomina::to_mina));
        let cost = record.cost_estimate;
        for (limit, end) in LIMITS.into_iter().zip([cost.map(|c| c.low), cost.map(|c| c.high)]) {
            let of = LimitLabels { daemon: daemon(), limit };
            set_or_remove(&f.cost_per_work_limit, &of, end.map(Nanomina::to_mina));
        }
        for source in CostSource::CODES {
            let is_source = cost.map(|cost| as_gauge(cost.source.code() == source));
            let of = SourceLabels { daemon: daemon(), source };
            set_or_remove(&f.cost_source, &of, is_source);
        }
        set_or_remove(
            &f.expected_profit,
            &of,
            best.map(|best| best.cautious_profit.to_mina_per_hour()),
        );
        set_or_remove(&f.sale_probability, &of, best.map(|best| best.sale_probability));
        set_or_remove(&f.prediction_error, &of, record.prediction_error);
        let status = record.look.status.as_ref().ok();
        let own_block = status.and_then(|status| status.own_slots.next_after(record.at));
        set_or_remove(&f.own_block, &of, own_block.map(to_seconds));

        let market = record.market.as_ref();
        for (index, quantile) in QUANTILE_NAMES.into_iter().enumerate() {
            let price = market.and_then(|market| market.quantiles.get(index).copied().flatten());
            let price = price.map(Nanomina::to_mina);
            let level = LevelLabels { daemon: daemon(), q: quantile };
            set_or_remove(&f.market_price, &level, price);
            set_or_remove(&f.market_fee, &QuantileLabels { daemon: daemon(), quantile }, price);
        }
        set_or_remove(
            &f.zero_fee_ratio,
            &of,
            market.filter(|market| market.samples > 0).map(|market| market.zero_fee_ratio),
        );
        set_or_remove(&f.samples, &of, market.map(|market| market.samples as f64));
        set_or_remove(&f.works_bought, &of, market.and_then(|market| market.works_bought_per_hour));
        let interval = market.and_then(|market| market.works_bought_per_hour_interval);
        for (place, limit) in LIMITS.into_iter().enumerate() {
            let at = interval.and_then(|interval| interval.get(place).copied());
            set_or_remove(&f.works_bought_limit, &LimitLabels { daemon: daemon(), limit }, at);
        }
        set_or_remove(&f.open_works, &of, record.book().map(|book| book.open_works as f64));
        set_or_remove(
            &f.uncovered_works,
            &of,
            record.book().map(|book| book.uncovered_works as f64),
        );
        self.set_sellers(&of.daemon, market.map(|_| record.sellers.as_slice()));
        let usable = market.and_then(|market| market.histogram_resolves).map(as_gauge);
        for family in [&f.buckets_usable, &f.resolves] {
            set_or_remove(family, &of, usable);
        }

        for (source, at) in record.readings() {
            self.record_reading(&of.daemon, source, at);
        }
        f.tick_seconds.get_or_create(&of).observe(record.took.as_secs_f64());
        self.update_totals(record, &of);
    }

    /// Creates the counters that alerts watch: one that appears with its first event would hide that
    /// event from `increase`. Reasons are too many for that, and no alert counts them.
    fn begin_counters(&self, of: &DaemonLabels) {
        let f = &self.families;
        let daemon = || of.daemon.clone();
        for class in JournalClass::ALL {
            let _ = f
                .journal_failures
                .get_or_create(&FaultLabels { daemon: daemon(), class: class.code() });
        }
        for action in Action::CHANGES {
            for outcome in Outcome::CODES {
                let _ =
                    f.actions.get_or_create(&ActionLabels { daemon: daemon(), action, outcome });
            }
        }
        for counter in f.daemon_amounts() {
            let _ = counter.get_or_create(of);
        }
        for counter in [&f.works_made, &f.works_sold] {
            let _ = counter.get_or_create(of);
        }
    }

    /// What is not known is empty.
    fn set_info(&self, record: &Record, of: &DaemonLabels) {
        let method = record.market.as_ref().and_then(|market| market.selection);
        let info = InfoLabels {
            daemon: of.daemon.clone(),
            era: record.era.as_deref().filter(|era| is_code(era)).unwrap_or_default().to_owned(),
            role: record.role.as_str(),
            selection: method.map_or("", SelectionMethod::code),
        };
        let before =
            self.totals().entry(record.daemon.clone()).or_default().info.replace(info.clone());
        if let Some(before) = before.filter(|before| *before != info) {
            self.families.info.remove(&before);
        }
        self.families.info.get_or_create(&info).set(1.0);
    }

    fn update_totals(&self, record: &Record, of: &DaemonLabels) {
        let f = &self.families;
        let mut totals = self.totals();
        let totals = totals.entry(record.daemon.clone()).or_default();
        if record.read_in_full() {
            totals.graphql = Some(record.at);
        }
        if matches!(record.look.metrics, Some(Ok(_))) {
            totals.metrics = Some(record.at);
        }
        let sales = record.market.as_ref().map_or(&[][..], |market| &market.own_sales_by_fee);
        self.set_sales(&of.daemon, totals, sales);
        let Some(all) = record.money.as_ref().map(|money| &money.all) else { return };
        for (family, seen, works) in [
            (&f.works_made, &mut totals.made, all.real.made),
            (&f.works_sold, &mut totals.sold, all.real.sold),
        ] {
            let works = whole(works);
            family.get_or_create(of).inc_by(works.saturating_sub(*seen));
            *seen = works.max(*seen);
        }
        let imagined = all.dry_run.map(|dry| signed_mina(dry.imagined.profit()));
        let amounts = [
            (&f.earned, Some(all.real.earned.to_mina())),
            (&f.cost, Some(all.real.cost.to_mina())),
            (&f.foregone, Some(all.foregone.to_mina())),
            (&f.energy_saved, all.saved_kwh()),
            (&f.counterfactual, imagined),
        ];
        for (family, amount) in amounts {
            raise(&family.get_or_create(of), amount.unwrap_or_default());
        }
    }

    /// Counts a request to a daemon. `operation` is a fixed name; `fault` is `None` for a success.
    pub fn count_request(
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
            .get_or_create(&RequestLabels { daemon: daemon.to_owned(), operation, outcome })
            .inc();
        f.request_seconds
            .get_or_create(&OperationLabels { daemon: daemon.to_owned(), operation })
            .observe(took.as_secs_f64());
    }

    /// Records that the price of MINA was read at `at` for a daemon's cost.
    pub fn record_price_read(&self, daemon: &DaemonId, at: Timestamp) {
        self.totals().entry(daemon.clone()).or_default().price = Some(at);
        self.record_reading(daemon.as_str(), PRICE, at);
    }

    fn record_reading(&self, daemon: &str, source: &'static str, at: Timestamp) {
        let labels = SourceLabels { daemon: daemon.to_owned(), source };
        self.families.observation.get_or_create(&labels).set(to_seconds(at));
    }

    /// Counts a look that the journal failed to record.
    pub fn count_journal_failure(&self, daemon: &DaemonId, class: JournalClass) {
        let fault = FaultLabels { daemon: daemon.as_str().to_owned(), class: class.code() };
        self.families.journal_failures.get_or_create(&fault).inc();
    }

    /// Counts a reload that was refused because the new configuration is invalid.
    pub fn count_reload_failure(&self) {
        self.families.reload_failures.inc();
    }

    /// Shows which daemons of a shared fleet this replica holds, and how long asking took.
    pub fn show_leases<'a>(
        &self,
        fleet: impl Iterator<Item = &'a DaemonId>,
        tenancy: &Tenancy,
        took: Duration,
    ) {
        let f = &self.families;
        f.lease_held.clear();
        for daemon in fleet {
            let held = as_gauge(tenancy.held.contains(daemon));
            f.lease_held.get_or_create(&DaemonLabels::from(daemon)).set(held);
        }
        f.lease_transitions.inner().store(tenancy.transitions, Ordering::Relaxed);
        let of = StoreLabels { operation: "lease_round" };
        f.store_seconds.get_or_create(&of).observe(took.as_secs_f64());
    }

    /// Counts a request that the shared store did not answer.
    pub fn count_store_failure(&self, class: JournalClass) {
        self.families.store_errors.get_or_create(&ClassLabels { class: class.code() }).inc();
    }

    /// Removes the gauges of a daemon that is no longer configured; its counters stay.
    pub fn forget(&self, daemon: &DaemonId) {
        let f = &self.families;
        let of = DaemonLabels::from(daemon);
        for family in f.daemon_gauges() {
            family.remove(&of);
        }
        let daemon = of.daemon;
        for mode in ["dry_run", "live", "paused", "breaker_open"] {
            f.mode.remove(&ModeLabels { daemon: daemon.clone(), mode });
        }
        for quantile in QUANTILE_NAMES {
            f.market_price.remove(&LevelLabels { daemon: daemon.clone(), q: quantile });
            f.market_fee.remove(&QuantileLabels { daemon: daemon.clone(), quantile });
        }
        self.set_sellers(&daemon, None);
        for limit in LIMITS {
            for family in [&f.works_bought_limit, &f.cost_per_work_limit] {
                family.remove(&LimitLabels { daemon: daemon.clone(), limit });
            }
        }
        for source in CostSource::CODES {
            f.cost_source.remove(&SourceLabels { daemon: daemon.clone(), source });
        }
        for source in Record::SOURCES.into_iter().chain([PRICE]) {
            f.observation.remove(&SourceLabels { daemon: daemon.clone(), source });
        }
        let mut totals = self.totals();
        for (name, totals) in totals.iter_mut().filter(|(name, _)| name.as_str() == daemon) {
            (totals.graphql, totals.metrics, totals.price) = (None, None, None);
            if let Some(info) = totals.info.take() {
                f.info.remove(&info);
            }
            self.set_sales(name.as_str(), totals, &[]);
            self.set_ages(name, totals, Timestamp::MIN);
        }
    }

    /// The metrics as text; ages of observations are those at `now`.
    pub fn render(&self, now: Timestamp, form: Exposition) -> String {
        for (daemon, totals) in self.totals().iter() {
            self.set_ages(daemon, totals, now);
        }
        let lost = self.lost_lines.lock().unwrap_or_else(PoisonError::into_inner).count();
        self.families.log_lines_lost.inner().store(lost, Ordering::Relaxed);
        let mut text = String::with_capacity(16 * 1024);
        if let Err(error) = encode(&mut text, &self.registry) {
            tracing::error!(%error, "metrics could not be encoded; the scrape is empty");
            text.clear();
            text.push_str("# EOF\n");
        }
        match form {
            Exposition::OpenMetrics => text,
            Exposition::Classic => classic::from_openmetrics(&text),
        }
    }

    fn set_ages(&self, daemon: &DaemonId, totals: &DaemonTotals, now: Timestamp) {
        for (source, seen) in
            [("graphql", totals.graphql), ("metrics", totals.metrics), ("price", totals.price)]
        {
            let age = seen.map(|seen| now.duration_since(seen).as_secs_f64().max(0.0));
            set_or_remove(
                &self.families.observation_age,
                &SourceLabels { daemon: daemon.as_str().to_owned(), source },
                age,
            );
        }
    }

    fn set_sellers(&self, daemon: &str, sellers: Option<&[SellerSummary]>) {
        for kind in SellerKind::ALL {
            let of = SellerLabels { daemon: daemon.to_owned(), kind: kind.code() };
            let count = sellers.map(|all| all.iter().filter(|seller| seller.kind == kind).count());
            set_or_remove(&self.families.sellers, &of, count.map(|count| count as f64));
        }
    }

    fn set_sales(&self, daemon: &str, totals: &mut DaemonTotals, sales: &[BandSales]) {
        let now: BTreeMap<Nanomina, &BandSales> =
            sales.iter().map(|sales| (sales.from, sales)).collect();
        let f = &self.families;
        for from in totals.bands.drain(..).chain(now.keys().copied()) {
            let fee_from_mina = from.to_string().trim_end_matches(" MINA").to_owned();
            let of = BandLabels { daemon: daemon.to_owned(), fee_from_mina };
            let sales = now.get(&from);
            set_or_remove(&f.share_predicted, &of, sales.map(|sales| sales.predicted));
            set_or_remove(&f.share_realised, &of, sales.map(|sales| sales.realised()));
            set_or_remove(&f.works_decided, &of, sales.map(|sales| sales.decided as f64));
        }
        totals.bands.extend(now.keys());
    }

    fn totals(&self) -> MutexGuard<'_, HashMap<DaemonId, DaemonTotals>> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Seconds since the Unix epoch.
fn to_seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

fn as_gauge(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}
