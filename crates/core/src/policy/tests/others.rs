//! What someone else sets.

use super::*;

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
    assert_eq!(memory.pacing.switched, Some(Switched { at: steady(30), on: true }));
    at(120, 90, 8, &mut look);
    memory.observe(&look, Mode::Live, &safety);
    assert_eq!(memory.external_hold, Some(steady(120 + 3_600)));
    at(120 + 3_600, 4_000, 8, &mut look);
    memory.observe(&look, Mode::Live, &safety);
    assert_eq!(memory.external_hold, None);
}

/// Two controllers with different settings on one daemon, a look of each every twenty minutes; when
/// the fee changed, in hours.
fn fight(
    change: ExternalChange,
    days: i64,
    mut each_look: impl FnMut(&mut Memory),
) -> (Vec<i64>, Vec<&'static str>) {
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
            blocks
                .iter_mut()
                .for_each(|block| Arc::make_mut(block).at += SignedDuration::from_secs(passed));
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
            rival.memory.record_outcome(
                rival.look.at,
                &rival.look,
                &decision,
                &outcome,
                &rival.params,
            );
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
    assert!(memory.external_hold.is_some() && !memory.conflict.is_standoff());
}

#[test]
fn whatever_a_lost_answer_cannot_explain_is_someone_elses_doing() {
    let lost = Outcome::Unknown { fault: Fault::TimedOut { limit: Duration::from_secs(1) } };
    for (outcome, found, theirs) in [
        (&lost, 100_000_000, false),
        (&lost, 4_999_999, false),
        (&lost, 77, true),
        (&Outcome::Applied { unread: None, overtook: None }, 4_999_999, false),
        (&Outcome::Applied { unread: None, overtook: None }, 100_000_000, true),
    ] {
        let mut story = Story::new(market(5_000_000, 3));
        story.status(|status| status.fee = fee(100_000_000));
        let decision = story.decide();
        assert_eq!(decision.action, Action::SetFee { fee: fee(4_999_999) });
        story.memory.record_outcome(story.look.at, &story.look, &decision, outcome, &story.params);
        story.status(|status| status.fee = fee(found));
        story.memory.observe(&story.look, Mode::Live, &story.params.safety);
        assert_eq!(story.memory.external_hold.is_some(), theirs, "{outcome:?}, then {found}");
        assert_eq!(
            story.memory.known,
            Some(DaemonSettings { worker: Some(key("us")), fee: fee(found) })
        );
    }
}

#[test]
fn a_change_that_an_action_overtook_is_left_alone_as_any_other() {
    let asked = |fee| DaemonSettings { worker: Some(key("us")), fee };
    let mut story = Story::new(market(5_000_000, 3));
    story.status(|status| status.fee = fee(100_000_000));
    let decision = story.decide();
    assert_eq!(decision.action, Action::SetFee { fee: fee(4_999_999) });
    let overtook = Overtaken { found: asked(fee(77)), left: asked(fee(4_999_999)) };
    let outcome = Outcome::Applied { unread: None, overtook: Some(overtook) };
    story.memory.record_outcome(story.look.at, &story.look, &decision, &outcome, &story.params);
    assert_eq!(
        (story.memory.known.as_ref(), story.memory.pacing.changes.len()),
        (Some(&asked(fee(4_999_999))), 1)
    );
    story.status(|status| status.fee = fee(4_999_999));
    story.memory.observe(&story.look, Mode::Live, &story.params.safety);
    assert!(matches!(story.decide().reason, Reason::ExternalChange { .. }));
}
