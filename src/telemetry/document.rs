//! The JSON documents made from records, shared by API and command line. Amounts are numbers of
//! MINA, unknown values are `null`, text from a daemon is bounded in length.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::Timestamp;
use serde::Serialize;
use snarkfee_core::{
    decision_log::{DecisionPage, DecisionRow},
    fault::{Fault, JournalDoubt},
    market::MarketSummary,
    policy::{Action, Appraisal, Forecast},
    record::{Mode, Record, Role},
    units::{DaemonId, FeeRate, Nanomina},
};

use super::{
    cost::CostDocument,
    explanation::Explanation,
    headline::headline,
    money_document::{MoneyDocument, whole},
    sales::FeeSales,
    seller_document::SellerDocument,
    settings_document::{DaemonSide, WantedSide},
    status_board::{DaemonOverview, StatusBoard},
};

/// The current state of every daemon: `/api/v1/status`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StatusDocument {
    version: &'static str,
    mode: &'static str,
    daemons: Vec<DaemonDocument>,
}

#[derive(Clone, Debug, Serialize)]
struct DaemonDocument {
    name: DaemonId,
    era: Option<String>,
    role: &'static str,
    sync: Option<String>,
    worker_enabled: Option<bool>,
    worker_wanted: Option<bool>,
    fee_mina: Option<f64>,
    target_fee_mina: Option<f64>,
    daemon: DaemonSide,
    wanted: WantedSide,
    money: Option<MoneyDocument>,
    cost_per_work_mina: Option<f64>,
    cost: Option<CostDocument>,
    works_made: Option<u64>,
    expected_profit_mina_per_hour: Option<f64>,
    sale_probability: Option<f64>,
    own_sales_by_fee: Vec<FeeSales>,
    works_sold: Option<u64>,
    earned_mina: Option<f64>,
    last_decision: Option<LastDecision>,
    observation_age_seconds: Option<f64>,
    paused: bool,
    paused_until: Option<Timestamp>,
    breaker: &'static str,
    journal_doubt: Option<&'static str>,
    faults: Vec<FaultDocument>,
    explanation: Option<Explanation>,
}

#[derive(Clone, Debug, Serialize)]
struct LastDecision {
    at: Timestamp,
    action: &'static str,
    reason: &'static str,
    text: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, Serialize)]
struct FaultDocument {
    source: &'static str,
    fault: &'static str,
    text: String,
}

impl StatusDocument {
    /// The state of everything on the board; ages are those at `now`.
    pub(crate) fn new(board: &StatusBoard, now: Timestamp) -> Self {
        let daemons =
            board.daemons().iter().map(|daemon| DaemonDocument::new(daemon, now)).collect();
        Self { version: env!("CARGO_PKG_VERSION"), mode: board.mode().as_str(), daemons }
    }
}

impl DaemonDocument {
    fn new(daemon: &DaemonOverview, now: Timestamp) -> Self {
        let record = daemon.latest.as_deref();
        let status = record.and_then(|record| record.look.status.as_ref().ok());
        let target = record.and_then(|record| record.decision.target);
        let best = record
            .and_then(|record| record.decision.appraisal.as_ref())
            .map(|appraisal| appraisal.best);
        let market = record.and_then(|record| record.market.as_ref());
        let hold = record.map(|record| record.hold).unwrap_or_default();
        let sums = record.and_then(|record| record.money.as_ref()).map(|money| &money.all);
        Self {
            name: daemon.daemon.clone(),
            era: record.and_then(|record| record.era.as_deref()).map(Fault::excerpt),
            role: record.map_or(Role::Unsure, |record| record.role).as_str(),
            sync: status.map(|status| Fault::excerpt(status.sync.as_str())),
            worker_enabled: record.and_then(Record::enabled_after),
            worker_wanted: target.map(|target| target.enabled),
            fee_mina: record.and_then(Record::fee_after).map(Nanomina::to_mina),
            target_fee_mina: target.map(|target| target.fee.to_mina()),
            daemon: record.map(DaemonSide::from).unwrap_or_default(),
            wanted: record.map(WantedSide::from).unwrap_or_default(),
            money: record.and_then(|record| record.money.as_ref()).map(MoneyDocument::from),
            cost_per_work_mina: record.and_then(|record| record.cost).map(Nanomina::to_mina),
            cost: record.and_then(|record| record.cost_estimate.as_ref()).map(CostDocument::from),
            works_made: market.map(|market| market.own_made),
            expected_profit_mina_per_hour: best.map(|best| best.cautious_profit.to_mina_per_hour()),
            sale_probability: best.map(|best| best.sale_probability),
            own_sales_by_fee: market
                .iter()
                .flat_map(|market| &market.own_sales_by_fee)
                .map(FeeSales::from)
                .collect(),
            works_sold: sums.map(|sums| whole(sums.real.sold)),
            earned_mina: sums.map(|sums| sums.real.earned.to_mina()),
            last_decision: record.map(LastDecision::new),
            observation_age_seconds: daemon
                .read_in_full
                .map(|at| now.duration_since(at).as_secs_f64().max(0.0)),
            paused: hold.paused.is_some(),
            paused_until: hold.paused.and_then(|pause| pause.until),
            breaker: if hold.breaker_open { "open" } else { "closed" },
            journal_doubt: hold.journal_doubt.map(JournalDoubt::code),
            faults: record.map(list_faults).unwrap_or_default(),
            explanation: record.map(|record| {
                Explanation::new(record, headline(daemon, now), record.decision.appraisal.as_ref())
            }),
        }
    }
}

impl LastDecision {
    fn new(record: &Record) -> Self {
        Self {
            at: record.at,
            action: record.decision.action.code(),
            reason: record.decision.reason.code(),
            text: record.reason_text(),
            outcome: record.outcome.code(),
        }
    }
}

fn list_faults(record: &Record) -> Vec<FaultDocument> {
    record
        .faults()
        .into_iter()
        .map(|(source, fault)| FaultDocument {
            source,
            fault: fault.code(),
            text: Fault::excerpt(&fault.to_string()),
        })
        .collect()
}

/// A page of decisions, newest first: `/api/v1/decisions`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DecisionsDocument {
    decisions: Vec<DecisionDocument>,
    /// Pass this as `before` to get the next page; `null` on the last one.
    next_before: Option<Timestamp>,
}

/// One decision.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DecisionDocument {
    daemon: DaemonId,
    sequence: u64,
    at: Timestamp,
    mode: Cow<'static, str>,
    action: Cow<'static, str>,
    reason: Cow<'static, str>,
    text: String,
    outcome: Cow<'static, str>,
    fault: Option<String>,
    worker_enabled: Option<bool>,
    fee_mina: Option<f64>,
    target_fee_mina: Option<f64>,
    expected_profit_mina_per_hour: Option<f64>,
}

impl From<DecisionPage> for DecisionsDocument {
    fn from(page: DecisionPage) -> Self {
        let next_before = page.lines.last().filter(|_| page.more).map(|line| line.oldest_at);
        let rows = page.lines.into_iter().map(|line| DecisionDocument::from(line.newest));
        Self { decisions: rows.collect(), next_before }
    }
}

impl From<DecisionRow> for DecisionDocument {
    fn from(row: DecisionRow) -> Self {
        Self {
            daemon: row.daemon,
            sequence: row.sequence,
            at: row.at,
            mode: row.mode,
            action: row.action,
            reason: row.reason,
            text: row.text,
            outcome: row.outcome,
            fault: row.fault,
            worker_enabled: row.enabled,
            fee_mina: row.fee.map(Nanomina::to_mina),
            target_fee_mina: row.target_fee.map(Nanomina::to_mina),
            expected_profit_mina_per_hour: row.expected_profit.map(FeeRate::to_mina_per_hour),
        }
    }
}

/// The market after one look, and the recommended action: `/api/v1/market` and `snarkfee estimate
/// --json`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MarketDocument {
    name: DaemonId,
    daemon: DaemonSide,
    wanted: WantedSide,
    at: Timestamp,
    era: Option<String>,
    mode: Mode,
    cost_per_work_mina: Option<f64>,
    cost: Option<CostDocument>,
    works_bought_per_hour: Option<f64>,
    works_bought_per_hour_low: Option<f64>,
    works_bought_per_hour_high: Option<f64>,
    zero_fee_ratio: Option<f64>,
    quantiles: BTreeMap<String, Option<f64>>,
    samples: Option<u64>,
    effective_samples: Option<f64>,
    method: Option<String>,
    book_read: Option<Timestamp>,
    pool_filling: Option<bool>,
    uncovered_works: Option<u64>,
    open_works: Option<u64>,
    own_open_works: Option<u64>,
    histogram_resolves_prices: Option<bool>,
    sellers: Vec<SellerDocument>,
    curve: Vec<CurvePoint>,
    recommended: Recommended,
}

#[derive(Clone, Debug, Serialize)]
struct CurvePoint {
    fee_mina: f64,
    sale_probability: f64,
    low: f64,
    high: f64,
    profit_mina_per_hour: f64,
    cautious_profit_mina_per_hour: f64,
}

#[derive(Clone, Debug, Serialize)]
struct Recommended {
    action: &'static str,
    fee_mina: Option<f64>,
    reason: &'static str,
    text: String,
}

impl MarketDocument {
    /// The market of a record.
    pub(crate) fn new(record: &Record) -> Self {
        Self::with_forecasts(record, record.decision.appraisal.as_ref())
    }

    /// The market of a record, with forecasts that its decision did not get as far as making.
    pub(crate) fn with_forecasts(record: &Record, appraisal: Option<&Appraisal>) -> Self {
        let market = record.market.as_ref();
        let interval = market.and_then(|market| market.works_bought_per_hour_interval);
        let decision = &record.decision;
        let asked = match &decision.action {
            Action::SetFee { fee } | Action::SwitchOn { fee, .. } | Action::Park { fee } => {
                Some(*fee)
            }
            Action::Hold | Action::SwitchOff => decision.target.map(|target| target.fee),
        };
        let quantile = |(index, level): (usize, &f64)| {
            let price = market.and_then(|market| market.quantiles.get(index).copied().flatten());
            (level.to_string(), price.map(Nanomina::to_mina))
        };
        Self {
            name: record.daemon.clone(),
            daemon: DaemonSide::from(record),
            wanted: WantedSide::from(record),
            at: record.at,
            era: record.era.as_deref().map(Fault::excerpt),
            mode: record.mode,
            cost_per_work_mina: record.cost.map(Nanomina::to_mina),
            cost: record.cost_estimate.as_ref().map(CostDocument::from),
            works_bought_per_hour: market.and_then(|market| market.works_bought_per_hour),
            works_bought_per_hour_low: interval.map(|[low, _]| low),
            works_bought_per_hour_high: interval.map(|[_, high]| high),
            zero_fee_ratio: market.map(|market| market.zero_fee_ratio),
            quantiles: MarketSummary::QUANTILES.iter().enumerate().map(quantile).collect(),
            samples: market.map(|market| market.samples),
            effective_samples: market.map(|market| market.effective_samples),
            method: market.map(|market| Fault::excerpt(&market.method)),
            book_read: market.and_then(|market| market.book_read),
            pool_filling: record.book().map(|book| book.pool_filling),
            uncovered_works: record.book().map(|book| book.uncovered_works),
            open_works: record.book().map(|book| book.open_works),
            own_open_works: record.book().map(|book| book.own_open_works),
            histogram_resolves_prices: market.and_then(|market| market.histogram_resolves),
            sellers: record.sellers.iter().map(SellerDocument::from).collect(),
            curve: appraisal
                .iter()
                .flat_map(|appraisal| appraisal.curve.iter().map(CurvePoint::from))
                .collect(),
            recommended: Recommended {
                action: decision.action.code(),
                fee_mina: asked.map(Nanomina::to_mina),
                reason: decision.reason.code(),
                text: record.reason_text(),
            },
        }
    }
}

impl From<&Forecast> for CurvePoint {
    fn from(forecast: &Forecast) -> Self {
        Self {
            fee_mina: forecast.fee.to_mina(),
            sale_probability: forecast.sale_probability,
            low: forecast.low,
            high: forecast.high,
            profit_mina_per_hour: forecast.profit.to_mina_per_hour(),
            cautious_profit_mina_per_hour: forecast.cautious_profit.to_mina_per_hour(),
        }
    }
}
