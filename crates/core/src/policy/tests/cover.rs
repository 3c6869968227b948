use super::*;

/// A daemon of strategy `cover` before a book of ten works, the first `unproved` of them without a
/// proof; the last roll of ten works is `passed` minutes old, the one before it eight hours.
fn story(unproved: i64, passed: i64) -> Story {
    let works = |from: i64| (from..from + 10).map(|id| (id, 0, "them")).collect::<Vec<_>>();
    let roll = NOW - passed * 60;
    let blocks = vec![block(1, "a", roll - 8 * 3_600, &works(0)), block(2, "b", roll, &works(10))];
    let mut story = Story::new(blocks);
    story.params.pricing.strategy = Strategy::Cover;
    let proof = |id: i64| (id >= unproved).then_some((0, "them"));
    let book = (0..10).map(|id| open_work(900 + id, proof(id)));
    story.look.book.as_mut().unwrap().as_mut().unwrap().works = book.collect();
    story
}

fn off(mut story: Story) -> Story {
    story.status(|status| status.worker = None);
    story
}

/// Looks that wanted the same for longer than any turn takes.
fn agreed(mut story: Story, on: bool) -> Story {
    let since = steady(NOW - 3_600);
    story.memory.pacing.streak = Streak { on, looks: 9, since: Some(since) };
    story
}

#[test]
fn it_starts_at_the_floor_once_due_works_lack_proofs_and_time_presses() {
    let late = agreed(off(story(6, 300)), true);
    assert_eq!(late.code(), ("switch_on", "proofs_lacking"));
    let Action::SwitchOn { fee: asked, .. } = late.decide().action else { panic!() };
    assert_eq!(asked, Nanomina::ZERO);
    assert_eq!(agreed(off(story(6, 10)), true).code(), ("hold", "stands_by"), "others have time");
    assert_eq!(agreed(off(story(0, 300)), true).code(), ("hold", "stands_by"));
}

#[test]
fn it_waits_for_its_turn() {
    let mut early = off(story(6, 300));
    early.memory.pacing.streak = Streak { on: true, looks: 9, since: Some(steady(NOW)) };
    let decision = early.decide();
    let Reason::AwaitingTurn { remaining } = decision.reason else { panic!("{decision:?}") };
    assert!(remaining <= Duration::from_secs(20 * 60), "{remaining:?}");
    assert!(decision.target.unwrap().enabled);
}

#[test]
fn it_goes_on_until_all_that_is_due_is_proved_then_stops() {
    let mut on = story(1, 300);
    on.status(|status| status.fee = Nanomina::ZERO);
    assert_eq!(on.code(), ("hold", "covering"));
    assert_eq!(story(1, 300).code(), ("set_fee", "price_move"), "at the floor");
    assert_eq!(agreed(story(0, 300), false).code(), ("switch_off", "covered"));
    let mut spent = agreed(story(0, 300), false);
    spent.params.pricing.max_changes_per_day = 1;
    assert_eq!(spent.code(), ("hold", "daily_budget"), "it could not start again");
}

#[test]
fn neither_cost_nor_prices_need_be_known_but_the_book_must() {
    let mut unknown = agreed(off(story(6, 300)), true);
    unknown.cost = Err(CostUnknown::NotConfigured);
    assert_eq!(unknown.code(), ("switch_on", "proofs_lacking"));
    let mut filling = off(story(6, 300));
    filling.look.book = None;
    assert_eq!(filling.code(), ("hold", "book_unknown"));
}

#[test]
fn a_coordinator_goes_on_and_an_own_block_comes_first() {
    let mut coordinator = agreed(off(story(0, 300)), false);
    coordinator.params.worker.role = RoleSetting::Coordinator;
    assert_eq!(coordinator.code(), ("hold", "covered"));
    let mut producing = story(6, 300);
    producing.status(|status| status.own_slots = slots([time(NOW + 60)]));
    assert_eq!(producing.code(), ("switch_off", "own_block_ahead"));
}
