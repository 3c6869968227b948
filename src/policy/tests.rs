//! Decisions over whole situations: each test is a short story of one daemon.

use std::time::Duration;

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
fn market(price: u64, free: i64) -> Vec<Block> {
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
    fn new(blocks: Vec<Block>) -> Self {
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

#[test]
fn asks_one_tick_less_than_the_price_at_which_work_sells() {
    let decision = Story::new(market(5_000_000, 3)).decide();
    assert_eq!(decision.action, Action::SetFee { fee: fee(4_999_999) });
    let best = decision.appraisal.unwrap().best;
    assert!((best.sale_probability - 0.7).abs() < 0.1, "{best:?}");
    assert!(best.low <= best.sale_probability && best.sale_probability <= best.high);
}

#[test]
fn holds_where_the_best_fee_is_already_asked() {
    let mut story = Story::new(market(5_000_000, 3));
    story.status(|status| status.fee = fee(4_999_999));
    assert_eq!(story.code(), ("hold", "at_target"));
    story.status(|status| status.fee = fee(4_999_998));
    assert_eq!(story.code(), ("hold", "inside_deadband"));
}

#[test]
fn stops_where_work_is_free_and_resumes_where_it_pays() {
    let mut story = Story::new(market(5_000_000, 10));
    assert_eq!(story.code(), ("switch_off", "uneconomical"));
    story.status(|status| status.worker = None);
    assert_eq!(story.code(), ("hold", "stays_off"));
    let mut story = Story::new(market(5_000_000, 1));
    story.status(|status| status.worker = None);
    let decision = story.decide();
    assert_eq!(decision.action, Action::SwitchOn { key: key("us"), fee: fee(4_999_999) });
    assert_eq!(decision.reason.code(), "profitable");
}

/// Work for which nobody pays, proved by others but for one: some dearer than the fee asked. A worker that idles is to be off.
fn covered(uncovered: Option<i64>) -> Story {
    let mut story = Story::new(market(5_000_000, 10));
    story.params.pricing.stop_below = FeeRate::new(500_000);
    let works = [open_work(900_000, Some((400_000_000, "them"))), open_work(900_001, Some((0, "them")))];
    let works = works.into_iter().chain(uncovered.map(|id| open_work(id, None)));
    story.look.book.as_mut().unwrap().as_mut().unwrap().works = works.collect();
    story
}

#[test]
fn a_worker_that_can_be_kept_from_new_work_finishes_its_proof_before_it_stops() {
    let mut story = covered(None);
    let decision = story.decide();
    assert_eq!(decision.action, Action::Park { fee: story.params.pricing.ceiling });
    assert_eq!(decision.reason, Reason::WindingDown { remaining: Duration::from_secs(120) }, "30 works an hour");
    story.memory.note(story.look.at, &story.look, &decision, &Outcome::Confirmed, 5);
    story.status(|status| status.fee = Nanomina::ONE_MINA);
    let mut later = |seconds: i64| {
        story.look.at = time(NOW + seconds);
        story.status(|status| {
            status.now.starts = time(NOW + seconds);
            status.best_tip = Some(status.now);
        });
        story.memory.observe(&story.look, Mode::Live, &story.params.safety);
        let decision = story.decide();
        story.memory.note(story.look.at, &story.look, &decision, &Outcome::Held, 5);
        (decision.action.code(), decision.reason.code())
    };
    assert_eq!(later(60), ("hold", "winding_down"));
    assert_eq!(later(119), ("hold", "winding_down"));
    assert_eq!(later(120), ("switch_off", "uneconomical"));
}

#[test]
fn a_stop_that_would_save_no_proof_is_not_delayed() {
    assert_eq!(
        covered(Some(900_002)).code(),
        ("switch_off", "uneconomical"),
        "a work without a proof is handed out at any fee"
    );
    let mut idle = covered(None);
    idle.status(|status| status.fee = fee(500_000_000));
    assert_eq!(idle.code(), ("switch_off", "uneconomical"), "nothing is handed out already");
    let mut cooling = covered(None);
    cooling.memory.fee_changed = Some(time(NOW - 60));
    assert_eq!(cooling.code(), ("switch_off", "uneconomical"), "the fee may not be changed yet");
    let mut spent = covered(None);
    spent.memory.changes = (0..47).map(|_| time(NOW - 3_600)).collect();
    assert_eq!(spent.code(), ("switch_off", "uneconomical"), "the last change of the day is for the key");
}

#[test]
fn an_own_block_does_not_wait_for_a_proof_and_better_prices_end_the_winding_down() {
    let mut story = covered(None);
    story.memory.winding_down = Some(time(NOW - 10));
    story.memory.fee_changed = Some(time(NOW - 10));
    story.status(|status| status.fee = Nanomina::ONE_MINA);
    assert_eq!(story.code(), ("hold", "winding_down"));
    story.status(|status| status.next_block_production = Some(time(NOW + 60)));
    let decision = story.decide();
    assert_eq!((decision.action.code(), decision.reason.code()), ("switch_off", "own_block_ahead"));
    story.memory.note(story.look.at, &story.look, &decision, &Outcome::Confirmed, 5);
    assert_eq!(story.memory.winding_down, None);
    let mut better = Story::new(market(5_000_000, 1));
    better.memory.winding_down = Some(time(NOW - 10));
    let decision = better.decide();
    better.memory.note(better.look.at, &better.look, &decision, &Outcome::Confirmed, 5);
    assert_eq!((decision.action.code(), better.memory.winding_down), ("set_fee", None));
}

#[test]
fn between_two_fees_lies_the_cooldown_also_where_the_worker_is_switched_on() {
    let mut story = Story::new(market(5_000_000, 1));
    story.memory.fee_changed = Some(time(NOW - 60));
    story.status(|status| status.worker = None);
    assert_eq!(story.code(), ("hold", "cooldown"));
    story.memory.making_room_for = Some(time(NOW - 120));
    let asked = story.look.status.as_ref().unwrap().fee;
    assert_eq!(story.decide().action, Action::SwitchOn { key: key("us"), fee: asked }, "a block only interrupts");
    story.memory.fee_changed = None;
    assert_eq!(story.decide().action, Action::SwitchOn { key: key("us"), fee: fee(4_999_999) });
}

#[test]
fn a_switch_waits_for_looks_that_agree() {
    let mut story = Story::new(market(5_000_000, 10));
    story.params.pricing.confirm = 3;
    let mut codes = Vec::new();
    for _ in 0..3 {
        let decision = story.decide();
        codes.push(decision.reason.code());
        story.memory.note(story.look.at, &story.look, &decision, &Outcome::Held, 5);
    }
    assert_eq!(codes, ["confirming", "confirming", "uneconomical"]);
}

#[test]
fn dwell_cooldown_and_budget_hold() {
    let mut story = Story::new(market(5_000_000, 10));
    story.memory.switched = Some(Switched { at: time(NOW - 300), on: true });
    assert_eq!(story.code(), ("hold", "min_on"));
    story.params.pricing.min_on = Duration::ZERO;
    story.memory.switched = Some(Switched { at: time(NOW - 5), on: true });
    assert_eq!(story.code(), ("hold", "switch_hazard"));
    let mut story = Story::new(market(5_000_000, 3));
    story.memory.fee_changed = Some(time(NOW - 60));
    assert_eq!(story.decide().reason, Reason::Cooldown { remaining: Duration::from_secs(540) });
    story.memory.fee_changed = Some(time(NOW + 86_400));
    assert_eq!(story.decide().reason, Reason::Cooldown { remaining: Duration::from_secs(600) }, "a clock set back");
    story.memory.fee_changed = None;
    story.memory.changes = (0..48).map(|_| time(NOW - 3_600)).collect();
    assert_eq!(story.code(), ("hold", "daily_budget"));
}

#[test]
fn reasons_to_hold_come_in_the_order_of_their_priority() {
    let mut story = Story::new(market(5_000_000, 3));
    story.look.chain = Some(Err(Fault::Malformed { cause: "x".into() }));
    assert_eq!(story.code(), ("hold", "chain_fault"));
    story.params.block_production.enabled = true;
    story.status(|status| status.next_block_production = Some(time(NOW + 60)));
    assert_eq!(story.code(), ("switch_off", "own_block_ahead"), "room is made without knowing the market");
    story.status(|status| status.worker = Some(key("someone")));
    assert_eq!(story.code(), ("hold", "foreign_key"));
    story.memory.external_hold = Some(time(NOW + 60));
    assert_eq!(story.code(), ("hold", "external_change"));
    story.status(|status| status.peers = Some(1));
    assert_eq!(story.code(), ("hold", "few_peers"));
    story.status(|status| status.best_tip.as_mut().unwrap().starts = time(NOW - 7_200));
    assert_eq!(story.code(), ("hold", "tip_behind"));
    story.status(|status| status.sync = SyncState::Catchup);
    assert_eq!(story.code(), ("hold", "unsynced"));
    story.memory.breaker = Breaker { failures: 5, successes: Some(0) };
    assert_eq!(story.code(), ("hold", "breaker_open"));
    story.look.status = Err(Fault::TimedOut { limit: Duration::from_secs(30) });
    assert_eq!(story.code(), ("hold", "status_fault"));
    story.memory.pause = Some(Pause { until: None });
    assert_eq!(story.code(), ("hold", "paused"));
}

#[test]
fn without_an_account_the_fee_pays_for_creating_it() {
    let mut story = Story::new(market(2_000_000_000, 0));
    story.params.pricing.ceiling = fee(5_000_000_000);
    story.memory.has_account = Some(false);
    let floor = |story: &Story| story.decide().target.unwrap().fee;
    assert!(floor(&story) >= Nanomina::ONE_MINA);
    let mut cheap = Story::new(market(5_000_000, 0));
    cheap.memory.has_account = Some(false);
    assert_eq!(cheap.code(), ("switch_off", "uneconomical"), "nobody pays the floor");
}

#[test]
fn an_own_block_makes_room_and_hands_back() {
    let mut story = Story::new(market(5_000_000, 3));
    story.params.block_production.enabled = true;
    let slot = time(NOW + 240);
    story.status(|status| status.next_block_production = Some(slot));
    let decision = story.decide();
    assert_eq!((decision.action.code(), decision.reason.code()), ("switch_off", "own_block_ahead"));
    story.memory.note(story.look.at, &story.look, &decision, &Outcome::Confirmed, 5);
    story.status(|status| {
        status.worker = None;
        status.next_block_production = Some(time(NOW + 40_000));
    });
    for (later, expected) in [
        (120, ("hold", "own_block_ahead")),
        (250, ("hold", "own_block_ahead")),
        (301, ("switch_on", "own_block_passed")),
    ] {
        story.look.at = time(NOW + later);
        story.status(|status| {
            status.now.starts = time(NOW + later);
            status.best_tip = Some(status.now);
        });
        assert_eq!(story.code(), expected, "{later} s later");
    }
}

#[test]
fn a_daemon_without_a_key_is_not_touched_until_its_role_is_known() {
    let mut story = Story::new(market(5_000_000, 3));
    story.memory.shown_key = None;
    story.status(|status| status.worker = None);
    assert_eq!(story.code(), ("hold", "role_unsure"));
    story.params.worker.role = RoleSetting::Worker;
    assert_eq!(story.code(), ("switch_on", "profitable"));
    story.params.worker.key = None;
    assert_eq!(story.code(), ("hold", "no_worker_key"));
}

#[test]
fn one_that_hands_out_work_without_showing_a_key_is_a_coordinator() {
    let safety = Safety::default();
    let mut memory = Memory::default();
    // Seconds, uptime, key shown, works handed out, works that came back: the role then.
    let mut seen = |seconds: i64, uptime: u64, on: bool, assigned: f64, completed: f64| {
        let mut look = fixtures::look(seconds, Vec::new(), Vec::new());
        let status = look.status.as_mut().unwrap();
        (status.uptime, status.worker) = (Duration::from_secs(uptime), on.then(|| key("us")));
        let (assigned_to_own, completed_by_own) = (Some(assigned), Some(completed));
        look.metrics = Some(Ok(PoolMetrics { assigned_to_own, completed_by_own, ..PoolMetrics::default() }));
        memory.observe(&look, Mode::Live, &safety);
        memory.role(RoleSetting::Auto)
    };
    assert_eq!(seen(0, 1_000, false, 5.0, 3.0), Role::Unsure);
    assert_eq!(seen(60, 1_060, false, 5.0, 4.0), Role::Unsure, "a proof begun before the key was taken away");
    assert_eq!(seen(1_200, 2_200, false, 5.0, 5.0), Role::Coordinator, "none takes that long");
    assert_eq!(seen(1_260, 2_260, true, 5.0, 5.0), Role::Worker);
    assert_eq!(seen(1_320, 2_320, false, 6.0, 5.0), Role::Worker, "handed out while the key was shown");
    assert_eq!(seen(1_380, 2_380, false, 7.0, 5.0), Role::Coordinator);
    assert_eq!(seen(1_440, 30, false, 0.0, 0.0), Role::Coordinator, "a restart shows nothing");
    assert_eq!(seen(1_500, 90, true, 0.0, 0.0), Role::Worker);
    assert_eq!(seen(1_560, 30, false, 0.0, 0.0), Role::Worker);
    assert_eq!(seen(1_620, 90, false, 0.0, 0.0), Role::Worker);
}

#[test]
fn metrics_that_cannot_be_true_hold_at_once_and_silent_ones_after_a_while() {
    let mut story = Story::new(market(5_000_000, 3));
    let lie = Fault::InvalidValue { field: "snark_fee".into(), value: "not cumulative".into() };
    story.memory.metrics_read = Some(time(NOW - 60));
    story.look.metrics = Some(Err(lie.clone()));
    let decision = story.decide();
    assert_eq!((decision.action, decision.reason), (Action::Hold, Reason::MetricsFault { fault: lie }));
    assert!(decision.target.is_some() && decision.appraisal.is_some(), "what would be done is told");
    story.look.metrics = Some(Err(Fault::Unreachable { cause: "refused".into() }));
    assert_eq!(story.code(), ("set_fee", "price_move"));
    for read in [None, Some(time(NOW - 300))] {
        story.memory.metrics_read = read;
        assert_eq!(story.code(), ("hold", "metrics_fault"));
    }
    story.status(|status| status.next_block_production = Some(time(NOW + 60)));
    assert_eq!(story.code(), ("switch_off", "own_block_ahead"), "room is made without them");
    story.status(|status| status.next_block_production = None);
    story.look.metrics = None;
    assert_eq!(story.code(), ("set_fee", "price_move"), "none are configured");
}

#[test]
fn a_restart_shows_also_where_the_uptime_has_overtaken_the_one_before() {
    let mut memory = Memory::default();
    let mut look = fixtures::look(0, Vec::new(), Vec::new());
    let mut seen = |seconds: i64, uptime: u64| {
        look.at = time(seconds);
        look.status.as_mut().unwrap().uptime = Duration::from_secs(uptime);
        memory.observe(&look, Mode::Live, &Safety::default());
        memory.restarts
    };
    assert_eq!((seen(0, 10), seen(60, 66), seen(3_660, 3_590)), (0, 0, 1));
    assert_eq!(seen(7_260, 7_187), 1, "read a little later than the look began");
}

#[test]
fn without_a_worker_key_the_fee_is_set_and_work_is_not_switched() {
    let mut story = Story::new(market(5_000_000, 3));
    story.params.worker = Worker::default().adopting(Some(&key("us")));
    assert_eq!(story.code(), ("set_fee", "price_move"));
    let mut story = Story::new(market(5_000_000, 10));
    story.params.worker = Worker::default().adopting(Some(&key("us")));
    assert_eq!(story.code(), ("hold", "no_worker_key"));
    story.status(|status| status.worker = Some(key("someone")));
    assert_eq!(story.code(), ("hold", "foreign_key"));
}

#[test]
fn a_coordinator_is_parked_and_never_switched() {
    let mut story = Story::new(market(5_000_000, 10));
    story.params.worker.role = RoleSetting::Coordinator;
    story.status(|status| status.worker = None);
    assert_eq!(story.decide().action, Action::Park { fee: Nanomina::ONE_MINA });
    story.status(|status| status.fee = Nanomina::ONE_MINA);
    assert_eq!(story.code(), ("hold", "uneconomical"));
    let mut earning = Story::new(market(5_000_000, 3));
    earning.params.worker.role = RoleSetting::Coordinator;
    earning.status(|status| status.worker = None);
    assert_eq!(earning.code(), ("set_fee", "price_move"));
}

#[test]
fn too_little_seen_and_unknown_cost_hold() {
    let story = Story::new(vec![block(1, "a", 0, &[(1, 5, "them")])]);
    assert_eq!(story.decide().reason, Reason::TooFewSamples { have: 1, need: 30 });
    let mut story = Story::new(market(5_000_000, 3));
    story.cost = Err(CostUnknown::NotMeasured);
    assert_eq!(story.code(), ("hold", "cost_unknown"));
}

#[test]
fn strategies_propose_their_fee() {
    let mut story = Story::new(market(5_000_000, 3));
    let fee_of = |story: &Story| story.decide().target.unwrap().fee;
    story.params.pricing.strategy = Strategy::Fixed { fee: fee(77_000) };
    assert_eq!(fee_of(&story), fee(77_000));
    story.params.pricing.strategy = Strategy::Quantile { quantile: 0.5 };
    assert_eq!(fee_of(&story), fee(4_999_999));
    story.params.pricing.strategy = Strategy::Undercut;
    let book = story.look.book.as_mut().unwrap().as_mut().unwrap();
    let offers = [open_work(900_001, Some((300_000, "them"))), open_work(900_002, Some((200_000, "us")))];
    book.works = book.works.iter().cloned().chain(offers).collect();
    assert_eq!(fee_of(&story), fee(299_999), "own offers are not undercut");
    story.params.pricing.floor = fee(400_000);
    assert_eq!(fee_of(&story), fee(400_000));
}

#[test]
fn someone_elses_change_is_left_alone_for_a_while_but_a_restart_is_not_a_change() {
    let safety = Safety::default();
    let mut memory = Memory::default();
    let mut look = fixtures::look(0, Vec::new(), Vec::new());
    memory.observe(&look, Mode::Live, &safety);
    let at = |seconds: i64, uptime: u64, asked: u64, look: &mut Look| {
        look.at = time(seconds);
        let status = look.status.as_mut().unwrap();
        status.uptime = Duration::from_secs(uptime);
        status.fee = fee(asked);
    };
    at(60, 30, 7, &mut look);
    memory.observe(&look, Mode::Live, &safety);
    assert_eq!((memory.external_hold, memory.restarts), (None, 1));
    assert_eq!(memory.switched, Some(Switched { at: time(30), on: true }));
    at(120, 90, 8, &mut look);
    memory.observe(&look, Mode::Live, &safety);
    assert_eq!(memory.external_hold, Some(time(120 + 3_600)));
    at(120 + 3_600, 4_000, 8, &mut look);
    memory.observe(&look, Mode::Live, &safety);
    assert_eq!(memory.external_hold, None);
}

/// Two controllers with different settings on one daemon, a look of each every twenty minutes; when the fee changed, in hours.
fn fight(change: ExternalChange, days: i64, mut each_look: impl FnMut(&mut Memory)) -> (Vec<i64>, Vec<&'static str>) {
    let mut fee_asked = fee(7);
    let mut rivals = [1_000_000, 2_000_000].map(|wanted| {
        let mut story = Story::new(market(5_000_000, 0));
        story.params.pricing.strategy = Strategy::Fixed { fee: fee(wanted) };
        story.params.safety.external_change = change;
        story
    });
    let (mut changes, mut reasons) = (Vec::new(), Vec::new());
    for step in 0..days * 72 {
        for (rival, offset) in rivals.iter_mut().zip([0, 600]) {
            let passed = step * 1_200 + offset;
            let mut blocks = market(5_000_000, 0);
            blocks.iter_mut().for_each(|block| block.at += SignedDuration::from_secs(passed));
            rival.look = fixtures::look(NOW + passed, blocks, Vec::new());
            rival.status(|status| {
                status.fee = fee_asked;
                status.uptime = Duration::from_secs(86_400 + passed.unsigned_abs());
            });
            rival.memory.observe(&rival.look, Mode::Live, &rival.params.safety);
            let decision = rival.decide();
            if !reasons.contains(&decision.reason.code()) {
                reasons.push(decision.reason.code());
            }
            let mut outcome = Outcome::Held;
            if let Action::SetFee { fee } = decision.action {
                (fee_asked, outcome) = (fee, Outcome::Confirmed);
                changes.push(passed / 3_600);
            }
            rival.memory.note(rival.look.at, &rival.look, &decision, &outcome, 5);
            each_look(&mut rival.memory);
        }
    }
    (changes, reasons)
}

#[test]
fn two_controllers_on_one_daemon_give_way_to_each_other() {
    for change in [ExternalChange::Hold, ExternalChange::Reapply] {
        let (changes, reasons) = fight(change, 4, |_| {});
        assert!(reasons.contains(&"contested"), "{reasons:?}");
        assert!(changes.len() <= 16, "{change:?}: {changes:?}");
        let last_day = changes.iter().filter(|hour| **hour >= 72).count();
        assert!(last_day <= 2, "{change:?}: {changes:?}");
        // The same with a restart of both before every look: nothing is forgotten.
        if change == ExternalChange::Hold {
            continue;
        }
        let restarted = fight(change, 4, |memory| {
            let kept = serde_json::to_string(memory).unwrap();
            *memory = serde_json::from_str(&kept).unwrap();
        });
        assert_eq!(restarted, (changes, reasons));
    }
}

#[test]
fn an_operator_who_changes_his_mind_is_no_rival() {
    let safety = Safety::default();
    let mut memory = Memory::default();
    for n in 0..10 {
        let mut look = fixtures::look(n * 60, Vec::new(), Vec::new());
        look.status.as_mut().unwrap().fee = fee(n.unsigned_abs());
        memory.observe(&look, Mode::Live, &safety);
    }
    assert!(memory.external_hold.is_some() && !memory.contest.is_fight());
}

#[test]
fn whatever_a_lost_answer_cannot_explain_is_someone_elses_doing() {
    let lost = Outcome::Unknown { fault: Fault::TimedOut { limit: Duration::from_secs(1) } };
    for (outcome, found, theirs) in [
        (&lost, 100_000_000, false),
        (&lost, 4_999_999, false),
        (&lost, 77, true),
        (&Outcome::Applied { unread: None }, 4_999_999, false),
        (&Outcome::Applied { unread: None }, 100_000_000, true),
    ] {
        let mut story = Story::new(market(5_000_000, 3));
        story.status(|status| status.fee = fee(100_000_000));
        let decision = story.decide();
        assert_eq!(decision.action, Action::SetFee { fee: fee(4_999_999) });
        story.memory.note(story.look.at, &story.look, &decision, outcome, 5);
        story.status(|status| status.fee = fee(found));
        story.memory.observe(&story.look, Mode::Live, &story.params.safety);
        assert_eq!(story.memory.external_hold.is_some(), theirs, "{outcome:?}, then {found}");
        assert_eq!(story.memory.known, Some(Settings { worker: Some(key("us")), fee: fee(found) }));
    }
}

#[test]
fn a_clock_that_was_set_back_does_not_prolong_what_is_waited_for() {
    let day = 86_400;
    let mut story = Story::new(market(5_000_000, 3));
    story.memory.fee_changed = Some(time(NOW + day));
    story.memory.switched = Some(Switched { at: time(NOW + day), on: true });
    story.memory.changes = [time(NOW + day)].into();
    story.memory.switches = [time(NOW + day)].into();
    story.memory.external_hold = Some(time(NOW + day));
    let hold = story.params.safety.external_hold;
    story.memory.observe(&story.look, Mode::Live, &story.params.safety);
    let now = Some(time(NOW));
    assert_eq!((story.memory.fee_changed, story.memory.switched.map(|switched| switched.at)), (now, now));
    assert_eq!((story.memory.changes.back(), story.memory.switches.back()), (now.as_ref(), now.as_ref()));
    assert_eq!(story.memory.external_hold, Some(time(NOW) + hold));
    story.look.at = time(NOW) + hold;
    story.memory.observe(&story.look, Mode::Live, &story.params.safety);
    assert_eq!(story.decide().reason.code(), "price_move", "all waits are over");
}

#[test]
fn a_clock_that_is_set_changes_nothing_of_what_is_waited_for() {
    for hours in [26, -26] {
        let by = SignedDuration::from_hours(hours);
        let mut story = Story::new(market(5_000_000, 3));
        let hour_ago = time(NOW - 3_600);
        story.memory.fee_changed = Some(time(NOW - 60));
        story.memory.switched = Some(Switched { at: hour_ago, on: true });
        story.memory.changes = [hour_ago].into();
        story.memory.external_hold = Some(time(NOW + 60));
        (story.look.at, story.look.clock_set) = (story.look.at + by, Some(by));
        story.memory.observe(&story.look, Mode::Live, &story.params.safety);
        assert_eq!(story.decide().reason, Reason::ClockSet { by });
        assert_eq!(story.memory.switched.unwrap().at, hour_ago + by);
        assert_eq!(story.memory.changes, [hour_ago + by]);
        assert_eq!(story.memory.external_hold, Some(time(NOW + 60) + by));
        story.memory.external_hold = None;
        story.look.clock_set = None;
        story.memory.observe(&story.look, Mode::Live, &story.params.safety);
        let remaining = story.params.pricing.cooldown - Duration::from_secs(60);
        assert_eq!(
            guards::fee_change(&story.memory, &story.params.pricing, story.look.at),
            Err(Reason::Cooldown { remaining })
        );
    }
}

#[test]
fn dry_run_goes_on_from_what_it_would_have_set() {
    let mut story = Story::new(market(5_000_000, 3));
    let decision = story.decide();
    assert_eq!(decision.action, Action::SetFee { fee: fee(4_999_999) });
    story.memory.observe(&story.look, Mode::DryRun, &story.params.safety);
    story.memory.note(story.look.at, &story.look, &decision, &Outcome::DryRun, 5);
    assert_eq!(story.code(), ("hold", "at_target"));
    story.status(|status| status.fee = fee(1));
    story.memory.observe(&story.look, Mode::DryRun, &story.params.safety);
    assert_eq!(story.memory.virtual_settings, None, "the operator's change counts");
}

#[test]
fn the_breaker_opens_after_failures_in_a_row_and_closes_after_successes() {
    let mut memory = Memory::default();
    let good = fixtures::look(0, Vec::new(), Vec::new());
    let mut bad = good.clone();
    bad.status = Err(Fault::TimedOut { limit: Duration::from_secs(30) });
    let held = Decision { action: Action::Hold, reason: Reason::AtTarget, target: None, appraisal: None };
    for (look, open) in [(&bad, false), (&good, false), (&bad, false), (&bad, true), (&good, true), (&good, false)] {
        memory.note(look.at, look, &held, &Outcome::Held, 2);
        assert_eq!(memory.breaker.is_open(), open);
    }
}

fn any_market() -> impl proptest::strategy::Strategy<Value = Vec<Block>> {
    let sale = (
        0..2_000_i64,
        prop_oneof![Just(0_u64), 1..20_u64, 1_000..2_000_000_000_u64],
        prop_oneof![Just("us"), Just("them")],
    );
    proptest::collection::vec(proptest::collection::vec(sale, 0..20), 0..12).prop_map(|blocks| {
        let numbered = (0_u32..).zip(&blocks);
        numbered.map(|(n, works)| block(n + 1, "b", i64::from(n) * 1_800, works)).collect()
    })
}

proptest! {
    #[test]
    fn no_action_leaves_the_bounds_or_pays_below_cost_on_the_cautious_side(
        blocks in any_market(),
        cost in 0..10_000_000_u64,
        asked in 0..2_000_000_000_u64,
        floor in 0..1_000_000_u64,
        on in any::<bool>(),
    ) {
        let mut story = Story::new(blocks);
        story.cost = Ok(fee(cost));
        story.params.pricing.floor = fee(floor);
        story.status(|status| {
            status.fee = fee(asked);
            status.worker = on.then(|| key("us"));
        });
        let decision = story.decide();
        let pricing = &story.params.pricing;
        if let Action::SetFee { fee } | Action::SwitchOn { fee, .. } | Action::Park { fee } = &decision.action {
            prop_assert!((pricing.floor..=pricing.ceiling).contains(fee));
        }
        if let Some(appraisal) = &decision.appraisal {
            for forecast in appraisal.curve.iter().chain([&appraisal.best, &appraisal.current]) {
                prop_assert!(0.0 <= forecast.low && forecast.low <= forecast.sale_probability);
                prop_assert!(forecast.sale_probability <= forecast.high && forecast.high <= 1.0);
                prop_assert!(forecast.works_per_hour.is_finite());
            }
            prop_assert!(appraisal.curve.len() <= Appraisal::MAX_CURVE);
        }
        if let Action::SwitchOn { fee, .. } = &decision.action {
            prop_assert!(*fee >= Nanomina::ZERO && decision.appraisal.unwrap().best.cautious_profit >= FeeRate::new(1_000_000));
        }
    }
}

#[test]
fn codes_are_unique_and_texts_are_not_empty() {
    let reasons = every_reason();
    let mut codes: Vec<_> = reasons.iter().map(Reason::code).collect();
    codes.sort_unstable();
    let count = codes.len();
    codes.dedup();
    assert_eq!(codes.len(), count);
    assert!(reasons.iter().all(|reason| reason.to_string().len() > 5));
}

/// One of each; the match in the loop makes a new variant fail to compile until it is listed.
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
