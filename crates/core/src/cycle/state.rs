//! The pure half of a look: from what was seen to what is decided, and what is remembered for the
//! next one.
//!
//! Live loop, simulation and replay run through here; they differ only in where looks come from and
//! where actions go.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    cost::{CostInputs, CostModel, CostUnknown, PriceQuote},
    fault::Fault,
    ledger::PersistedState,
    market::{Look, MarketHistory, MarketView, PoolMetrics, Prediction, ViewSettings},
    policy::{
        Appraisal, DaemonSettings, Decision, Input, Memory, Mode, Outcome, Params, Pause, Reason,
        Role, appraisal, decide,
    },
    port::LookPlan,
    units::Nanomina,
};

/// How often the worker key's ledger account is looked up: it appears once and then stays.
const ACCOUNT_PERIOD: Duration = Duration::from_secs(600);

/// What a conclusion depends on beside looks.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Whether decisions are carried out.
    pub mode: Mode,
    /// The operator's settings.
    pub params: &'a Params,
    /// What one work costs.
    pub cost: &'a CostModel,
    /// The last price of MINA read, if any.
    pub quote: Option<PriceQuote>,
}

/// What a look led to, before anything was done about it.
#[derive(Clone, Debug)]
pub struct Conclusion {
    /// What is known of the market.
    pub view: MarketView,
    /// Cost of one work.
    pub cost: Result<Nanomina, CostUnknown>,
    /// What the daemon is.
    pub role: Role,
    /// What was decided.
    pub decision: Decision,
    /// Predicted minus realised share of own works sold.
    pub prediction_error: Option<f64>,
}

/// Everything remembered of one daemon from look to look.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    history: MarketHistory,
    memory: Memory,
    slot: Option<Duration>,
    account_asked: Option<Timestamp>,
    /// P(sold) at the fee the daemon really asks, as last estimated.
    predicted: Option<Prediction>,
    /// The daemon's counters as last trusted.
    #[serde(default)]
    counters: Option<Counters>,
}

/// What only rises while a daemon's process lives.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Counters {
    completed: Option<f64>,
    assigned: Option<f64>,
    fees: Option<f64>,
}

impl Counters {
    fn of(metrics: &PoolMetrics) -> Self {
        let fees = metrics.fees.as_ref().and_then(|fees| fees.cumulative.last().copied());
        Self { completed: metrics.completed_by_own, assigned: metrics.assigned_to_own, fees }
    }

    /// The first that is less than before.
    fn fell(&self, before: &Self) -> Option<Fault> {
        [
            ("completed_snark_work_received_rpc", before.completed, self.completed),
            ("snark_work_assigned_rpc", before.assigned, self.assigned),
            ("snark_fee_count", before.fees, self.fees),
        ]
        .into_iter()
        .find_map(|(field, before, now)| {
            let (before, now) = before.zip(now).filter(|(before, now)| now < before)?;
            let value = format!("{now} after {before}, from a daemon that did not restart");
            Some(Fault::InvalidValue { field: field.to_owned(), value })
        })
    }
}

impl State {
    /// What the next look should fetch.
    pub fn plan(&self, now: Timestamp, params: &Params) -> LookPlan {
        let due = self
            .account_asked
            .is_none_or(|asked| now.duration_since(asked).unsigned_abs() >= ACCOUNT_PERIOD);
        LookPlan {
            blocks: self.history.blocks_wanted(now, self.slot),
            account: params
                .worker
                .key
                .clone()
                .or_else(|| self.memory.shown_key.clone())
                .filter(|_| due || self.memory.has_account == Some(false)),
        }
    }

    /// A look whose metrics can be true: counters that fell although the daemon did not restart are
    /// of another process, or none, and are not trusted until they continue those that were.
    pub fn vet(&mut self, look: Look) -> Look {
        if self.memory.shows_restart(&look) {
            self.counters = None;
        }
        let Some(Ok(metrics)) = &look.metrics else { return look };
        let counters = Counters::of(metrics);
        match self.counters.and_then(|before| counters.fell(&before)) {
            Some(fault) => Look { metrics: Some(Err(fault)), ..look },
            None => {
                self.counters = Some(counters);
                look
            }
        }
    }

    /// Takes in a look and decides.
    pub fn conclude(&mut self, now: Timestamp, look: &Look, context: &Context<'_>) -> Conclusion {
        let Context { mode, cost, quote, .. } = *context;
        let shown = look.status.as_ref().ok().and_then(|status| status.worker.as_ref());
        let worker = context.params.worker.adopting(shown.or(self.memory.shown_key.as_ref()));
        let params = &Params { worker, ..context.params.clone() };
        let owns = |prover: &_| params.worker.owns(prover);
        self.history.absorb_look(look, owns, self.predicted);
        self.history
            .forget_before(look.at.checked_sub(params.pricing.window).unwrap_or(Timestamp::MIN));
        self.memory.observe(look, mode, &params.safety);
        if let Ok(status) = &look.status {
            self.slot = Some(status.slot_duration);
        }
        if matches!(look.account, Some(Ok(_))) {
            self.account_asked = Some(look.at);
        }
        let measured = self.history.supply().per_hour();
        let known = cost.per_work(&CostInputs { at: look.at, works_per_hour: measured, quote });
        let settings = ViewSettings {
            window: params.pricing.window,
            half_life: params.pricing.half_life,
            min_samples: params.pricing.min_samples,
            works_per_hour: cost.works_per_hour(),
            level: *known.as_ref().unwrap_or(&Nanomina::ZERO),
        };
        let view = MarketView::new(&self.history, look, &settings, |prover| {
            params.worker.is_friendly(prover)
        });
        let charged = charged(&known, mode);
        let role = self.memory.role(params.worker.role);
        let decision = decide(&Input {
            now,
            look,
            view: &view,
            cost: charged,
            memory: &self.memory,
            role,
            params,
        });
        self.predicted = self.prediction(look, &decision);
        Conclusion {
            view,
            cost: known,
            role,
            decision,
            prediction_error: self.history.own().calibration().error(),
        }
    }

    /// The forecasts behind a conclusion, also where the decision stopped short of them: whether
    /// the daemon may be touched now is not asked.
    ///
    /// # Errors
    ///
    /// The reason why there is nothing to tell a profit by.
    pub fn appraisal(
        &self,
        now: Timestamp,
        look: &Look,
        conclusion: &Conclusion,
        context: &Context<'_>,
    ) -> Result<Appraisal, Reason> {
        if let Some(appraisal) = &conclusion.decision.appraisal {
            return Ok(appraisal.clone());
        }
        let Conclusion { view, role, .. } = conclusion;
        let cost = charged(&conclusion.cost, context.mode);
        appraisal(&Input {
            now,
            look,
            view,
            cost,
            memory: &self.memory,
            role: *role,
            params: context.params,
        })
    }

    /// Takes in what came of a decision.
    pub fn settle(
        &mut self,
        at: Timestamp,
        look: &Look,
        decision: &Decision,
        outcome: &Outcome,
        params: &Params,
    ) {
        self.memory.record_outcome(at, look, decision, outcome, &params.safety);
    }

    /// The state that earlier runs left, what the daemon itself tells left out.
    pub fn restored(kept: PersistedState) -> Self {
        let PersistedState { memory, history, slot, predicted, baseline: _ } = kept;
        Self { history, memory, slot, predicted, account_asked: None, counters: None }
    }

    /// What outlives the process.
    pub fn kept(&self, baseline: Option<DaemonSettings>) -> PersistedState {
        PersistedState {
            memory: self.memory.clone(),
            history: self.history.clone_without_market(),
            slot: self.slot,
            predicted: self.predicted,
            baseline,
        }
    }

    /// Everything that decisions depend on, the market's sales with it.
    pub fn whole(&self) -> PersistedState {
        PersistedState { history: self.history.clone(), ..self.kept(None) }
    }

    /// The same, but for what the policy remembers: orders and findings between two looks change
    /// nothing else.
    pub fn remembering(self, memory: Memory) -> Self {
        Self { memory, ..self }
    }

    /// Expects the daemon to be set to `settings` at the next look: anything else is someone else's
    /// doing.
    pub fn expect(&mut self, settings: DaemonSettings) {
        self.memory.known = Some(settings);
    }

    /// P(sold) at the fee the daemon asks, as last estimated.
    pub fn predicted(&self) -> Option<Prediction> {
        self.predicted
    }

    /// What the policy remembers.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// What the policy decides about: the daemon's settings, in dry-run those that its decisions
    /// would have led to.
    pub fn settings(&self, look: &Look) -> Option<DaemonSettings> {
        look.status.as_ref().ok().map(|status| self.memory.settings(status))
    }

    /// Holds the worker for the operator.
    pub fn pause(&mut self, until: Option<Timestamp>) {
        self.memory.pause = Some(Pause { until });
    }

    /// Ends the operator's pause and the hold after someone else's changes, and closes the breaker.
    pub fn resume(&mut self) {
        self.memory.pause = None;
        self.memory.breaker = Default::default();
        self.memory.external_hold = None;
        self.memory.conflict = Default::default();
    }

    /// P(sold) at the fee the daemon asks; `None` when the forecast was made for virtual settings.
    fn prediction(&self, look: &Look, decision: &Decision) -> Option<Prediction> {
        let status = look.status.as_ref().ok()?;
        let current = decision.appraisal.as_ref()?.current;
        (current.fee == status.fee).then_some(Prediction {
            corrected: current.sale_probability,
            uncorrected: current.uncorrected,
        })
    }
}

/// A dry run may be started before anything is known of cost; what is computed then is what free
/// power would decide.
fn charged(known: &Result<Nanomina, CostUnknown>, mode: Mode) -> Result<Nanomina, &CostUnknown> {
    match (known, mode) {
        (Err(CostUnknown::NotConfigured), Mode::DryRun) => Ok(Nanomina::ZERO),
        (known, _) => known.as_ref().copied(),
    }
}
