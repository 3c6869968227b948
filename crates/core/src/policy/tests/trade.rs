//! Which fee, and whether computing pays.

use super::*;

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

#[test]
fn without_an_account_the_fee_pays_for_creating_it() {
    let mut story = Story::new(market(2_000_000_000, 0));
    story.params.pricing.ceiling = fee(5_000_000_000).into();
    story.memory.account = Some(LedgerAccount::Missing);
    let floor = |story: &Story| story.decide().target.unwrap().fee;
    assert!(floor(&story) >= Nanomina::ONE_MINA);
    let mut cheap = Story::new(market(5_000_000, 0));
    cheap.memory.account = Some(LedgerAccount::Missing);
    assert_eq!(cheap.code(), ("switch_off", "uneconomical"), "nobody pays the floor");
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
    let offers =
        [open_work(900_001, Some((300_000, "them"))), open_work(900_002, Some((200_000, "us")))];
    book.works = book.works.iter().cloned().chain(offers).collect();
    assert_eq!(fee_of(&story), fee(299_999), "own offers are not undercut");
    story.params.pricing.floor = fee(400_000).into();
    assert_eq!(fee_of(&story), fee(400_000));
}

/// A market in which 24 in a hundred works sell at 12,000,000 and the others at 5,000,000, while so
/// many of ours stand in the book at the dearer fee.
fn with_unsold(works: i64, uncovered: i64) -> Story {
    let bought: Vec<(i64, u64, &str)> =
        (0..100).map(|i| (i, if i % 25 < 6 { 12_000_000 } else { 5_000_000 }, "them")).collect();
    let fresh = |n: i64| {
        bought.iter().map(|&(id, paid, by)| (id + 1_000 * n, paid, by)).collect::<Vec<_>>()
    };
    let blocks =
        (0..8).map(|n| block(u32::try_from(n).unwrap() + 1, "b", n * 3_600, &fresh(n))).collect();
    let mut story = Story::new(blocks);
    story.status(|status| status.fee = fee(11_999_999));
    let book = story.look.book.as_mut().unwrap().as_mut().unwrap();
    let ours = (0..works).map(|id| open_work(800_000 + id, Some((11_999_999, "us"))));
    let uncovered = (0..uncovered).map(|id| open_work(700_000 + id, None));
    book.works = uncovered.chain(ours).collect();
    story
}

#[test]
fn a_lower_fee_has_to_bring_more_than_the_unsold_works_that_it_offers_again() {
    let few = with_unsold(2, 100).decide();
    assert_eq!(few.action, Action::SetFee { fee: fee(4_999_999) });
    let moving = few.appraisal.unwrap().moving;
    assert_eq!(moving.works, 2);
    assert!(
        moving.forgone >= fee(2 * 2_000_000) && moving.forgone < fee(2 * 12_000_000),
        "{moving:?}"
    );
    let many = with_unsold(400, 100);
    let held = many.decide();
    assert_eq!(
        held.action,
        Action::Hold,
        "{:?}",
        held.appraisal.map(|appraisal| (appraisal.best, appraisal.moving))
    );
    let slow = with_unsold(400, 10_000).decide();
    assert_eq!(
        slow.action,
        Action::SetFee { fee: fee(4_999_999) },
        "few of them would be proved again"
    );
    let mut dearer = with_unsold(200, 100);
    dearer.status(|status| status.fee = fee(1_000));
    let raised = dearer.decide().appraisal.unwrap();
    assert_eq!(
        raised.moving,
        Moving::default(),
        "works dearer than the fee asked are open to us already"
    );
}
