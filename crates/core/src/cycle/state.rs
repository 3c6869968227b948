//! The pure half of a look: from what was seen to what is decided, and what is remembered for the
//! next one.
//!
//! Live loop, simulation and replay run through here; they differ only in where looks come from and
//! where actions go.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{counters::Counters, dates::refuse_wrong_dates, plan::Context};
use crate::{
    account::{Account, Entry, Hindsight, Money, Purchase, Work},
    clocks::MachineTime,
    cost::{BelievedPrice, ChargedCost, CostEstimate, CostInputs, CostUnknown, Expense, Quotes},
    fault::JournalDoubt,
    ledger::PersistedState,
    market::{
        Block, Effort, FRONTIER, LedgerAccount, Look, MarketHistory, MarketView, Prediction, Sale,
        ViewSettings,
    },
    policy::{
        Appraisal, DaemonSettings, Decision, Memory, Mode, OnExit, Outcome, Params, Reason, Role,
        Ruling, Situation, appraise_market, decide, decide_leaving,
    },
    port::LookPlan,
    units::{Fiat, Nanomina},
};

/// How often the worker key's ledger account is looked up: it appears once and then stays.
const ACCOUNT_PERIOD: Duration = Duration::from_secs(600);

/// What a look led to besides the decision.
#[derive(Clone, Debug)]
pub struct Conclusion {
    /// What is known of the market.
    pub view: MarketView,
    /// Cost of one work.
    pub cost: Result<CostEstimate, CostUnknown>,
    /// Works made per hour while there is work; `None` until set or measured.
    pub works_per_hour: Option<f64>,
    /// The price of one MINA.
    pub mina_price: Result<Fiat, CostUnknown>,
    /// What our provers did since the look before.
    pub effort: Effort,
    /// What that cost.
    pub expense: Result<Expense, CostUnknown>,
    /// What the daemon is.
    pub role: Role,
    /// Predicted minus realised share of own works sold.
    pub prediction_error: Option<f64>,
}

/// Everything remembered of one daemon from look to look.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CycleState {
    history: MarketHistory,
    memory: Memory,
    slot: Option<Duration>,
    account_asked: Option<Timestamp>,
    /// P(sold) at the fee the daemon really asks, as last estimated.
    predicted: Option<Prediction>,
    /// What our work earned and cost.
    #[serde(default)]
    account: Account,
    /// The daemon's counters as last trusted.
    #[serde(default)]
    counters: Option<Counters>,
    /// The last price of MINA that was believed.
    #[serde(default)]
    price: Option<BelievedPrice>,
    /// Whether a change waits for the daemon's own blocks and book.
    #[serde(default)]
    wants_own_market: bool,
}

impl CycleState {
    /// What the next look should fetch, with at most `book_interval` between two readings of the
    /// order book.
    pub fn plan_look(&self, now: Timestamp, params: &Params, book_interval: Duration) -> LookPlan {
        let due = self
            .account_asked
            .is_none_or(|asked| now.duration_since(asked).unsigned_abs() >= ACCOUNT_PERIOD);
        // What another daemon read may have replaced any block that is known.
        let blocks = match self.wants_own_market {
            true => FRONTIER,
            false => self.history.blocks_wanted(now, self.slot),
        };
        let unsettled = |account| account != LedgerAccount::Open;
        LookPlan {
            blocks,
            kept: self.history.kept_book(now, book_interval).filter(|_| !self.wants_own_market),
            own_market: self.wants_own_market,
            account: params
                .worker
                .key
                .clone()
                .or_else(|| self.memory.shown_key.clone())
                .filter(|_| due || self.memory.account.is_some_and(unsettled)),
        }
    }

    /// A look with what the clocks showed when its cycle began, and how far they were set since the
    /// look before.
    pub fn with_clocks(&self, look: Look, machine: MachineTime) -> Look {
        let before = self.memory.clock;
        let clock_set = before.and_then(|before| before.set_since(&machine));
        Look { clock_set, machine: Some(machine), ..look }
    }

    /// A look whose blocks and metrics can be true: blocks have the dates of a chain; counters that
    /// fell although the daemon did not restart are
    /// of another process, or none, and are not trusted until they continue those that were.
    pub fn vet(&mut self, look: Look) -> Look {
        let look = refuse_wrong_dates(look);
        if self.memory.shows_restart(&look) {
            self.counters = None;
        }
        let Some(Ok(metrics)) = &look.metrics else { return look };
        let counters = Counters::read(metrics);
        match self.counters.and_then(|before| counters.find_fall(&before)) {
            Some(fault) => Look { metrics: Some(Err(fault)), ..look },
            None => {
                self.counters = Some(counters);
                look
            }
        }
    }

    /// Takes in a look and decides.
    pub fn conclude(
        &mut self,
        now: Timestamp,
        look: &Look,
        context: &Context<'_>,
    ) -> (Conclusion, Ruling) {
        let (conclusion, ruling) = self.absorb_and(now, look, context, decide);
        self.wants_own_market = matches!(ruling.decision.reason, Reason::SharedReading { .. });
        self.predicted = predict_sale(look, &ruling.decision);
        (conclusion, ruling)
    }

    /// Takes in a look at a daemon that the service leaves, and decides what is still to be done;
    /// no ruling once nothing is.
    pub fn conclude_leaving(
        &mut self,
        now: Timestamp,
        look: &Look,
        context: &Context<'_>,
        on_exit: OnExit,
        baseline: Option<&DaemonSettings>,
    ) -> (Conclusion, Option<Ruling>) {
        self.absorb_and(now, look, context, |input| decide_leaving(input, on_exit, baseline))
    }

    fn absorb_and<T>(
        &mut self,
        now: Timestamp,
        look: &Look,
        context: &Context<'_>,
        decide: impl FnOnce(&Situation<'_>) -> T,
    ) -> (Conclusion, T) {
        let Context { mode, cost, .. } = *context;
        if let Some((quote, source)) = context.quotes.mina.zip(cost.feed()) {
            self.price = Some(BelievedPrice::new(quote, source));
        }
        let quotes = self.quotes(context);
        let shown = look.status.as_ref().ok().and_then(|status| status.worker.as_ref());
        let worker = context.params.worker.adopting(shown.or(self.memory.shown_key.as_ref()));
        let params = &Params { worker, ..context.params.clone() };
        let effort = self.absorb(look, mode, params);
        let pace = self.history.supply().pace(look.at, cost.pace_prior());
        let inputs = CostInputs { at: look.at, pace, quotes };
        let known = cost.estimate(&inputs);
        let works_per_hour = cost.works_per_hour().or_else(|| pace.measured());
        let settings = ViewSettings {
            window: params.pricing.window,
            half_life: params.pricing.half_life,
            min_samples: params.pricing.min_samples,
            works_per_hour,
            level: known.as_ref().map_or(Nanomina::ZERO, |cost| cost.charged().per_work),
            selection: params.worker.selection,
        };
        let friendly = |prover: &_| params.worker.is_friendly(prover);
        let conclusion = Conclusion {
            view: MarketView::new(&self.history, look, &settings, friendly),
            role: self.memory.role(params.worker.role),
            prediction_error: self.history.own().calibration().error(),
            cost: known,
            works_per_hour,
            mina_price: cost.price_of_mina(&inputs),
            effort,
            expense: cost.expense(&effort, &inputs),
        };
        if let Some(models) = conclusion.view.compare_models() {
            self.history.keep_predictions(look, models);
        }
        let decided = decide(&self.situation(now, look, &conclusion, mode, params));
        (conclusion, decided)
    }

    /// The prices that count: what was read, else what was believed before.
    fn quotes(&self, context: &Context<'_>) -> Quotes {
        let before = || self.price.as_ref()?.of(context.cost.feed()?);
        Quotes { mina: context.quotes.mina.or_else(before), ..context.quotes }
    }

    fn absorb(&mut self, look: &Look, mode: Mode, params: &Params) -> Effort {
        let owns = |prover: &_| params.worker.owns(prover);
        let effort = self.history.absorb_look(look, owns, self.predicted);
        self.history
            .forget_before(look.at.checked_sub(params.pricing.window).unwrap_or(Timestamp::MIN));
        self.memory.observe(look, mode, &params.safety);
        if let Ok(status) = &look.status {
            self.slot = Some(status.slot_duration);
        }
        if matches!(look.account, Some(Ok(_))) {
            self.account_asked = Some(look.at);
        }
        effort
    }

    fn situation<'a>(
        &'a self,
        now: Timestamp,
        look: &'a Look,
        conclusion: &'a Conclusion,
        mode: Mode,
        params: &'a Params,
    ) -> Situation<'a> {
        let Conclusion { view, cost, role, .. } = conclusion;
        let cost = charged_cost(cost, mode);
        let (memory, mina_price) = (&self.memory, conclusion.mina_price.as_ref().copied());
        Situation { now, mode, look, view, cost, mina_price, memory, role: *role, params }
    }

    /// The forecasts of a look that was concluded, also where the decision stopped short of them:
    /// whether the daemon may be touched now is not asked.
    ///
    /// # Errors
    ///
    /// The reason why there is nothing to find a profit by.
    pub fn appraise(
        &self,
        now: Timestamp,
        look: &Look,
        conclusion: &Conclusion,
        context: &Context<'_>,
    ) -> Result<Appraisal, Reason> {
        let Context { mode, params, .. } = *context;
        appraise_market(&self.situation(now, look, conclusion, mode, params))
    }

    /// Adds a look to the account, while what was decided earlier is still in force, and reports
    /// the sums.
    pub fn account_for(
        &mut self,
        look: &Look,
        decision: &Decision,
        conclusion: &Conclusion,
        context: &Context<'_>,
    ) -> Option<Money> {
        let sales = self.history.own().sales();
        let pace = self.history.supply().pace(look.at, context.cost.pace_prior());
        let inputs = CostInputs { at: look.at, pace, quotes: self.quotes(context) };
        if let Ok(status) = &look.status {
            self.account.begin(look.at, status.fee, sales);
        }
        let since = self.account.blocks_until()?;
        let (purchases, last_block) = self.list_purchases(since, context.params);
        let status = look.status.as_ref().ok();
        let asks = |on: bool, fee| (on || conclusion.role == Role::Coordinator).then_some(fee);
        let imagined = self.memory.wanted(context.mode).filter(|_| context.mode == Mode::DryRun);
        let asked = status.and_then(|status| asks(status.worker.is_some(), status.fee));
        let misses = || {
            let forecasts = self.appraise(look.at, look, conclusion, context);
            forecasts.ok().map(|appraisal| appraisal.best.fee)
        };
        let best = match &decision.appraisal {
            Some(appraisal) => Some(appraisal.best.fee),
            None if last_block.is_some() && asked.is_none() => misses(),
            None => None,
        };
        let expense = conclusion.expense.as_ref().ok().copied();
        let entry = Entry {
            at: look.at,
            asks: asked,
            imagined: imagined.map(|wanted| asks(wanted.worker.is_some(), wanted.fee)),
            best,
            work: Work::at_expense(conclusion.effort.made as f64, expense.unwrap_or_default()),
            uncosted: if expense.is_some() { 0 } else { conclusion.effort.made },
            sales,
            hindsight: Hindsight {
                purchases: &purchases,
                since,
                last_block: last_block.filter(|_| status.is_some()),
                view: &conclusion.view,
                cost: context.cost,
                inputs: &inputs,
            },
        };
        self.account.add(&entry);
        self.account.report(look.at)
    }

    /// What the blocks after `since` bought, and when the last of them that bought was made.
    fn list_purchases(
        &self,
        since: Timestamp,
        params: &Params,
    ) -> (Vec<Purchase>, Option<Timestamp>) {
        let worker = params.worker.adopting(self.memory.shown_key.as_ref());
        let own = self.history.own();
        // The time of blocks that bought nothing counts with that of the next one.
        let counts = |block: &&Arc<Block>| block.at > since && !block.works.is_empty();
        let blocks = || self.history.blocks(since).filter(counts);
        let limit = |sale: &Sale| match worker.owns(&sale.prover) {
            true => own.rival_offer(sale.work).unwrap_or(sale.fee.saturating_add(Nanomina::ONE)),
            false => sale.fee,
        };
        let sales = blocks().flat_map(|block| block.works.iter());
        let purchases = sales.map(|sale| Purchase { limit: limit(sale) }).collect();
        (purchases, blocks().map(|block| block.at).max())
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
        self.memory.record_outcome(at, look, decision, outcome, params);
    }

    /// The state that earlier runs left, what the daemon itself tells left out.
    pub fn restored(persisted: PersistedState) -> Self {
        let PersistedState { memory, history, slot, predicted, account, price, baseline: _ } =
            persisted;
        Self {
            history,
            memory,
            slot,
            predicted,
            account,
            price,
            account_asked: None,
            counters: None,
            wants_own_market: false,
        }
    }

    /// What outlives the process.
    pub fn persisted(&self, baseline: Option<DaemonSettings>) -> PersistedState {
        PersistedState {
            memory: self.memory.clone(),
            history: self.history.clone_without_market(),
            slot: self.slot,
            predicted: self.predicted,
            account: self.account.clone(),
            price: self.price.clone(),
            baseline,
        }
    }

    /// Everything that decisions depend on, the market's sales with it.
    pub fn snapshot(&self) -> PersistedState {
        PersistedState { history: self.history.clone(), ..self.persisted(None) }
    }

    /// The same, but for what the policy remembers: orders and findings between two looks change
    /// nothing else.
    pub fn with_memory(self, memory: Memory) -> Self {
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

    /// Holds the worker for the operator, who asked for it at `given`.
    pub fn pause(&mut self, given: Timestamp, until: Option<Timestamp>, machine: MachineTime) {
        self.memory.pause(given, until, machine);
    }

    /// Holds the worker because the journal may have lost something.
    pub fn distrust(&mut self, doubt: JournalDoubt) {
        self.memory.journal_doubt = Some(doubt);
    }

    /// Ends the operator's pause, the hold after someone else's changes and that for the journal's
    /// sake, closes the breaker, and lets writes that failed be tried again.
    pub fn resume(&mut self) {
        self.memory.pause = None;
        self.memory.journal_doubt = None;
        self.memory.breaker = Default::default();
        self.memory.external_hold = None;
        self.memory.conflict = Default::default();
        self.retry_writes();
    }

    /// Lets what the daemon refused or did not heed be tried again: its settings changed here.
    pub fn retry_writes(&mut self) {
        self.memory.failed_writes.clear();
    }
}

/// P(sold) at the fee that the daemon asks.
fn predict_sale(look: &Look, decision: &Decision) -> Option<Prediction> {
    let status = look.status.as_ref().ok()?;
    let asked = decision.appraisal.as_ref()?.asked();
    (asked.fee == status.fee).then_some(Prediction {
        fee: Some(asked.fee),
        corrected: asked.sale_probability,
        uncorrected: asked.uncorrected,
    })
}

/// A dry run may be started before anything is known of cost; what is computed then is what free
/// power would decide.
fn charged_cost(
    known: &Result<CostEstimate, CostUnknown>,
    mode: Mode,
) -> Result<ChargedCost, &CostUnknown> {
    match (known, mode) {
        (Err(CostUnknown::NotConfigured), Mode::DryRun) => Ok(Nanomina::ZERO.into()),
        (known, _) => known.as_ref().map(CostEstimate::charged),
    }
}
