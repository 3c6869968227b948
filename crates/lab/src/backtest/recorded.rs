//! A recorded market with a hypothetical worker: everybody else sells as recorded, and the
//! operator's provers make works as well.
//!
//! A prover makes one work after another while the worker is on, and stops when one tree of works
//! waits to be bought. A block takes at most as many of these as it bought works, the oldest first,
//! and compares them with its works at even distances. Each work earns its fee if the recorded
//! price was above that fee, and nothing otherwise.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use jiff::Timestamp;
use snarkfee_core::{
    invariants::SettingChange,
    market::{Block, ChainLook, ConsensusSlot, DaemonStatus, LedgerAccount, Look, SyncState},
    policy::DaemonSettings,
    port::LookPlan,
    units::Nanomina,
};

use crate::{
    market_sim::World,
    policy_run::{DEFAULT_FEE, Market, WorkerTotals},
};

/// Most works that wait to be bought: one tree of mainnet's scan state.
const TREE: usize = 128;
/// Blocks that a daemon shows (`k` of mainnet).
const FRONTIER: usize = 290;

/// A recorded market.
#[derive(Clone, Debug)]
pub(super) struct RecordedMarket {
    blocks: Arc<[Arc<Block>]>,
    slot: Duration,
    /// Number of blocks that have arrived.
    arrived: usize,
    now: Timestamp,
    started: Timestamp,
    settings: DaemonSettings,
    pace: f64,
    /// The work in progress: its fee and when it will be finished.
    job: Option<(Nanomina, Timestamp)>,
    /// Fees of works made and not yet bought, oldest first.
    waiting: VecDeque<Nanomina>,
    own: WorkerTotals,
    /// The recorded look that the daemon shows, if there is one.
    shown: Option<Look>,
}

impl RecordedMarket {
    /// A market at `now`, whose daemon is on and asks the default fee. Earlier blocks have
    /// arrived.
    pub(super) fn new(
        blocks: Arc<[Arc<Block>]>,
        slot: Duration,
        works_per_hour: f64,
        now: Timestamp,
    ) -> Self {
        let settings = DaemonSettings { worker: Some(World::operator_key()), fee: DEFAULT_FEE };
        Self {
            arrived: blocks.partition_point(|block| block.at < now),
            blocks,
            slot,
            now,
            // Long enough ago that nothing depends on it.
            started: now.checked_sub(Duration::from_secs(30 * 24 * 3600)).unwrap_or(Timestamp::MIN),
            settings,
            pace: works_per_hour,
            job: None,
            waiting: VecDeque::new(),
            own: WorkerTotals::default(),
            shown: None,
        }
    }

    /// Sets the look that the daemon shows from now on, with the policy's fee and key. After a
    /// restart of the recorded daemon, fee and key are the recorded ones.
    pub(super) fn show_look(&mut self, look: Look) {
        if let Ok(status) = &look.status {
            let started = look.at.checked_sub(status.uptime).unwrap_or(Timestamp::MIN);
            let first = self.shown.is_none();
            // Uptimes are reported in seconds.
            if first
                || started
                    > self.started.checked_add(Duration::from_secs(5)).unwrap_or(Timestamp::MAX)
            {
                let on = status.worker.is_some();
                self.switch_worker(on);
                self.settings.fee = status.fee;
                self.started = started;
                if first {
                    (self.own.toggles, self.own.lost) = (0, 0);
                }
            }
        }
        self.shown = Some(look);
    }

    /// Sets the pace from now on.
    pub(super) fn set_pace(&mut self, works_per_hour: f64) {
        self.pace = works_per_hour;
    }

    /// How long one work takes.
    fn proof_duration(&self) -> Duration {
        Duration::try_from_secs_f64(3600.0 / self.pace.clamp(1e-3, 1e6)).unwrap_or(Duration::MAX)
    }

    fn begin_work(&mut self) {
        if self.job.is_none() && self.settings.worker.is_some() && self.waiting.len() < TREE {
            self.job = Some((
                self.settings.fee,
                self.now.checked_add(self.proof_duration()).unwrap_or(Timestamp::MAX),
            ));
        }
    }

    fn switch_worker(&mut self, on: bool) {
        if on == self.settings.worker.is_some() {
            return;
        }
        self.own.toggles += 1;
        self.own.lost += u64::from(!on && self.job.take().is_some());
        self.settings.worker = on.then(World::operator_key);
    }

    /// Sells waiting works to the next block.
    fn sell_to_next_block(&mut self) {
        let Some(block) = self.blocks.get(self.arrived) else { return };
        let bought = block.works.len();
        let supplied = bought.min(self.waiting.len());
        for (number, fee) in self.waiting.drain(..supplied).enumerate() {
            let price = block.works.get(number * bought / supplied.max(1)).map(|sale| sale.fee);
            if price.is_some_and(|price| price > fee) {
                self.own.sold += 1;
                self.own.earned += u128::from(fee.get());
            }
        }
        self.own.accepted = self.own.sold;
        self.arrived += 1;
    }
}

impl Market for RecordedMarket {
    fn advance(&mut self, to: Timestamp) {
        while self.now < to {
            self.begin_work();
            let block = self
                .blocks
                .get(self.arrived)
                .map(|block| block.at.max(self.now))
                .filter(|at| *at <= to);
            let proof = self.job.map(|(_, done)| done).filter(|done| *done <= to);
            match (proof, block) {
                (Some(done), block) if block.is_none_or(|at| done <= at) => {
                    let fee = self.job.take().map_or(self.settings.fee, |(fee, _)| fee);
                    self.waiting.push_back(fee);
                    self.own.made += 1;
                    self.own.busy += self.proof_duration();
                    self.now = done;
                }
                (_, Some(at)) => {
                    self.now = at;
                    self.sell_to_next_block();
                }
                (_, None) => self.now = to,
            }
        }
        // A block at exactly this time has arrived too.
        while self.blocks.get(self.arrived).is_some_and(|block| block.at <= self.now) {
            self.sell_to_next_block();
        }
    }

    fn look(&self, plan: &LookPlan) -> Look {
        if let Some(shown) = &self.shown {
            let mut look = shown.clone();
            if let Ok(status) = &mut look.status {
                (status.worker, status.fee) = (self.settings.worker.clone(), self.settings.fee);
            }
            return look;
        }
        let asked = usize::try_from(plan.blocks).unwrap_or(FRONTIER).min(FRONTIER);
        let blocks =
            self.blocks.get(self.arrived.saturating_sub(asked)..self.arrived).unwrap_or_default();
        Look {
            at: self.now,
            clock_set: None,
            machine: None,
            status: Ok(self.status()),
            market_read: None,
            chain: Some(Ok(ChainLook { blocks: blocks.to_vec() })),
            book: None,
            kept_book: None,
            book_took: None,
            metrics: None,
            account: plan.account.as_ref().map(|_| Ok(LedgerAccount::Open)),
        }
    }

    fn status(&self) -> DaemonStatus {
        if let Some(Ok(status)) = self.shown.as_ref().map(|look| &look.status) {
            return DaemonStatus {
                worker: self.settings.worker.clone(),
                fee: self.settings.fee,
                ..status.clone()
            };
        }
        let tip = self.arrived.checked_sub(1).and_then(|index| self.blocks.get(index));
        let height = tip.map(|block| block.height);
        let since = |at: Timestamp| {
            Duration::try_from(self.now.duration_since(at)).unwrap_or(Duration::ZERO)
        };
        // Slots are counted from the tip, because nothing depends on their absolute number.
        let tip_slot = tip
            .map(|block| ConsensusSlot { global_slot: u64::from(block.height), starts: block.at });
        let passed =
            tip_slot.map_or(0, |tip| since(tip.starts).as_millis() / self.slot.as_millis().max(1));
        DaemonStatus {
            worker: self.settings.worker.clone(),
            fee: self.settings.fee,
            sync: SyncState::Synced,
            height,
            highest_received: height.unwrap_or(0),
            uptime: since(self.started),
            peers: Some(20),
            commit: String::new(),
            state_hash: tip.map(|block| block.state_hash.to_string()),
            best_tip: tip_slot,
            now: ConsensusSlot {
                global_slot: u64::from(height.unwrap_or(0)) + u64::try_from(passed).unwrap_or(0),
                starts: self.now,
            },
            slot_duration: self.slot,
            own_slots: Default::default(),
            produces_blocks: false,
            exact_pool: None,
            read_only: false,
            simulated_speed: None,
        }
    }

    fn settings(&self) -> DaemonSettings {
        self.settings.clone()
    }

    fn set(&mut self, change: &SettingChange) {
        match change {
            SettingChange::Fee(fee) => self.settings.fee = *fee,
            SettingChange::Worker(key) => self.switch_worker(key.is_some()),
        }
    }

    fn worker_totals(&self) -> WorkerTotals {
        self.own
    }

    fn regime(&self) -> usize {
        0
    }

    fn started(&self) -> Timestamp {
        self.started
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snarkfee_core::fixtures::{block, fee, time};

    fn market(works: &[(i64, u64, &str)], pace: f64) -> RecordedMarket {
        let blocks =
            [block(1, "a", 0, &[]), block(2, "b", 3_600, works), block(3, "c", 7_200, &[])];
        let mut market =
            RecordedMarket::new(blocks.into(), Duration::from_secs(180), pace, time(0));
        market.set(&SettingChange::Fee(fee(10)));
        market
    }

    #[test]
    fn a_work_is_ours_below_the_recorded_price_and_ties_are_lost() {
        let mut market = market(&[(1, 11, "x"), (2, 10, "y"), (3, 0, "z"), (4, 900, "x")], 4.0);
        market.advance(time(3_599));
        assert_eq!((market.worker_totals().made, market.worker_totals().sold), (3, 0));
        market.advance(time(3_600));
        let own = market.worker_totals();
        assert_eq!((own.made, own.sold, own.earned), (4, 2, 20));
    }

    #[test]
    fn no_more_is_sold_than_could_be_made() {
        let works: Vec<(i64, u64, &str)> = (0..100).map(|id| (id, 500, "x")).collect();
        let mut market = market(&works, 12.0);
        market.advance(time(7_200));
        assert_eq!(market.worker_totals().sold, 12);
    }

    #[test]
    fn works_wait_for_a_block_up_to_one_tree_of_them() {
        let mut market = market(&[], 3_600.0);
        market.advance(time(7_200));
        assert_eq!(market.worker_totals().made, 128);
    }

    #[test]
    fn a_worker_that_is_off_makes_nothing_and_loses_its_work_in_progress() {
        let mut market = market(&[(1, 500, "x")], 2.0);
        market.advance(time(600));
        market.set(&SettingChange::Worker(None));
        market.advance(time(7_200));
        let own = market.worker_totals();
        assert_eq!((own.made, own.sold, own.lost, own.toggles), (0, 0, 1, 1));
    }

    #[test]
    fn a_policy_sees_no_block_that_has_not_arrived() {
        let mut market = market(&[(1, 500, "x")], 2.0);
        let plan = LookPlan { blocks: 290, kept: None, account: None, own_market: false };
        let mut last = 0;
        for (seconds, heights) in
            [(0, vec![1]), (3_599, vec![1]), (3_600, vec![1, 2]), (9_000, vec![1, 2, 3])]
        {
            market.advance(time(seconds));
            let Some(Ok(chain)) = market.look(&plan).chain else { panic!("a chain is shown") };
            assert_eq!(
                chain.blocks.iter().map(|block| block.height).collect::<Vec<_>>(),
                heights,
                "{seconds}"
            );
            assert!(market.worker_totals().sold >= last);
            last = market.worker_totals().sold;
        }
    }
}
