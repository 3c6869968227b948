//! Decisions over whole situations: each test is a short story of one daemon.

mod clock;
mod hands_off;
mod invariants;
mod others;
mod switching;
mod trade;

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use proptest::{prelude::*, strategy::Strategy as _};

use super::{Strategy, *};
use crate::{
    cost::CostUnknown,
    fault::{Fault, JournalClass, JournalFault},
    market::{
        Block, History, Look, PoolMetrics, SyncState, View, ViewSettings,
        fixtures::{self, block, fee, key, open_work, time},
    },
    units::{FeeRate, Nanomina, PublicKey},
};

/// A market in which 90 works an hour sell at `price`, of which `free` in ten sell for nothing.
fn market(price: u64, free: i64) -> Vec<Arc<Block>> {
    let works: Vec<(i64, u64, &str)> = (0..90).map(|i| (i, if i % 10 < free { 0 } else { price }, "them")).collect();
    let fresh = |n: i64| works.iter().map(|&(id, paid, by)| (id + 1_000 * n, paid, by)).collect::<Vec<_>>();
    (0..8).map(|n| block(u32::try_from(n).unwrap() + 1, "b", n * 3_600, &fresh(n))).collect()
}

const NOW: i64 = 8 * 3_600;

struct Story {
    params: Params,
    memory: Memory,
    look: Look,
    cost: Result<Nanomina, CostUnknown>,
}

impl Story {
    fn new(blocks: Vec<Arc<Block>>) -> Self {
        let worker = Worker { key: Some(key("us")), ..Worker::default() };
        let params = Params {
            pricing: Pricing { confirm: 1, ..Pricing::default() },
            worker,
            block_production: BlockProduction::default(),
            safety: Safety::default(),
        };
        let look = fixtures::look(NOW, blocks, vec![open_work(900_000, None)]);
        Self { params, memory: Memory { shown_key: Some(key("us")), ..Memory::default() }, look, cost: Ok(fee(1_000)) }
    }

    fn status(&mut self, change: impl FnOnce(&mut crate::market::Status)) -> &mut Self {
        change(self.look.status.as_mut().unwrap());
        self
    }

    fn decide(&self) -> Decision {
        let owns = |prover: &PublicKey| self.params.worker.owns(prover);
        let mut history = History::default();
        history.absorb(&self.look, owns, None);
        let pricing = &self.params.pricing;
        let settings = ViewSettings {
            window: pricing.window,
            half_life: pricing.half_life,
            min_samples: pricing.min_samples,
            works_per_hour: Some(30.0),
            level: self.cost.clone().unwrap_or(Nanomina::ZERO),
        };
        let view = View::new(&history, &self.look, &settings, owns);
        decide(&Input {
            now: self.look.at,
            look: &self.look,
            view: &view,
            cost: self.cost.as_ref().copied(),
            memory: &self.memory,
            role: self.memory.role(self.params.worker.role),
            params: &self.params,
        })
    }

    fn code(&self) -> (&'static str, &'static str) {
        let decision = self.decide();
        (decision.action.code(), decision.reason.code())
    }
}

/// A forecast at a fee, for tests that care for few of its figures.
pub(crate) fn expecting(asked: u64, cautious: i64, plain: i64) -> Forecast {
    Forecast {
        fee: fee(asked),
        sale_probability: 0.5,
        uncorrected: 0.5,
        low: 0.4,
        high: 0.6,
        works_per_hour: 1.0,
        profit: FeeRate::new(plain),
        cautious_profit: FeeRate::new(cautious),
    }
}

/// One of each; a test counts them against the variants that serde knows.
pub(crate) fn every_reason() -> Vec<Reason> {
    let (at, span, zero) = (Timestamp::UNIX_EPOCH, Duration::from_secs(61), FeeRate::ZERO);
    let fault = || Fault::TimedOut { limit: span };
    vec![
        Reason::Paused { until: None },
        Reason::BreakerOpen { failures: 5 },
        Reason::StatusFault { fault: fault() },
        Reason::ChainFault { fault: fault() },
        Reason::BookFault { fault: fault() },
        Reason::MetricsFault { fault: fault() },
        Reason::Stale { age: span, limit: span },
        Reason::ClockSet { by: SignedDuration::from_secs(-3_600) },
        Reason::Unsynced { state: SyncState::Bootstrap },
        Reason::TipBehind { age: span, limit: span },
        Reason::FewPeers { have: 0, need: 2 },
        Reason::ExternalChange { until: at },
        Reason::Contested { rounds: 3, until: at },
        Reason::ForeignKey { found: key("x") },
        Reason::RoleUnsure,
        Reason::NoWorkerKey,
        Reason::CostUnknown { cause: CostUnknown::NotConfigured },
        Reason::OwnBlockAhead { slot: at },
        Reason::OwnBlockPassed,
        Reason::TooFewSamples { have: 0, need: 1 },
        Reason::Uneconomical { expected: zero, threshold: zero },
        Reason::Profitable { expected: zero, threshold: zero },
        Reason::Confirming { have: 1, need: 3 },
        Reason::PriceMove { from: fee(1), to: fee(2) },
        Reason::InsideDeadband { at: fee(1), better: fee(2) },
        Reason::Cooldown { remaining: span },
        Reason::MinOn { remaining: span },
        Reason::MinOff { remaining: span },
        Reason::WindingDown { remaining: span },
        Reason::SwitchHazard { remaining: span },
        Reason::DailyBudget { limit: 1 },
        Reason::AtTarget,
        Reason::ServiceStops,
        Reason::JournalFault { fault: JournalFault { class: JournalClass::Full, cause: "disk full".into() } },
        Reason::StaysOff { expected: zero, threshold: zero },
    ]
}
