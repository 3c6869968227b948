//! Decisions over whole situations: each test is a short story of one daemon.

mod clock;
mod cover;
mod dry_run;
mod failed_writes;
mod fiat_bounds;
mod hands_off;
mod invariants;
mod others;
mod own_blocks;
mod switching;
mod trade;
mod trust;
mod unsaleable;

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use proptest::{prelude::*, strategy::Strategy as _};

use super::{Strategy, *};
use crate::{
    cost::CostUnknown,
    fault::Fault,
    fixtures::{self, block, fee, key, open_work, steady, time},
    market::{
        Block, LedgerAccount, Look, MarketHistory, MarketSource, MarketView, OwnSlots, PoolMetrics,
        Selection, SyncState, ViewSettings,
    },
    units::{DaemonId, FeeRate, Fiat, Nanomina, PublicKey},
};

fn slots<const N: usize>(starts: [Timestamp; N]) -> OwnSlots {
    starts.into_iter().collect()
}

/// A market in which 90 works an hour sell at `price`, of which `free` in ten sell for nothing.
fn market(price: u64, free: i64) -> Vec<Arc<Block>> {
    let works: Vec<(i64, u64, &str)> =
        (0..90).map(|i| (i, if i % 10 < free { 0 } else { price }, "them")).collect();
    let fresh =
        |n: i64| works.iter().map(|&(id, paid, by)| (id + 1_000 * n, paid, by)).collect::<Vec<_>>();
    (0..8).map(|n| block(u32::try_from(n).unwrap() + 1, "b", n * 3_600, &fresh(n))).collect()
}

const NOW: i64 = 8 * 3_600;

struct Story {
    mode: Mode,
    params: Params,
    memory: Memory,
    look: Look,
    cost: Result<Nanomina, CostUnknown>,
    mina_price: Result<Fiat, CostUnknown>,
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
        Self {
            mode: Mode::Live,
            params,
            memory: Memory { shown_key: Some(key("us")), ..Memory::default() },
            look,
            cost: Ok(fee(1_000)),
            mina_price: Err(CostUnknown::NoPrice),
        }
    }

    fn status(&mut self, change: impl FnOnce(&mut crate::market::DaemonStatus)) -> &mut Self {
        change(self.look.status.as_mut().unwrap());
        self
    }

    /// Lets time pass at the daemon and here.
    fn pass_to(&mut self, at: Timestamp) {
        let passed = Duration::try_from(at.duration_since(self.look.at)).unwrap_or_default();
        self.look.at = at;
        self.status(|status| {
            status.uptime += passed;
            status.now.starts = at;
            status.best_tip = Some(status.now);
        });
    }

    fn decide(&self) -> Decision {
        self.with_situation(|situation| decide(situation).decision)
    }

    fn with_situation<T>(&self, ask: impl FnOnce(&Situation<'_>) -> T) -> T {
        let owns = |prover: &PublicKey| self.params.worker.owns(prover);
        let mut history = MarketHistory::default();
        history.absorb_look(&self.look, owns, None);
        let pricing = &self.params.pricing;
        let settings = ViewSettings {
            window: pricing.window,
            half_life: pricing.half_life,
            min_samples: pricing.min_samples,
            works_per_hour: Some(30.0),
            level: self.cost.clone().unwrap_or(Nanomina::ZERO),
            selection: Selection::Auto,
        };
        let view = MarketView::new(&history, &self.look, &settings, owns);
        ask(&Situation {
            now: self.look.at,
            mode: self.mode,
            look: &self.look,
            view: &view,
            cost: self.cost.as_ref().copied().map(Into::into),
            mina_price: self.mina_price.as_ref().copied(),
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
