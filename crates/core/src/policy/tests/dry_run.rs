//! What a dry run imagines, and what is left of it once the service acts.

use super::*;
use crate::policy::memory::Memory;

/// A daemon that asks 0.1 MINA where 0.005 is paid, looked at in a dry run.
fn dry_story() -> Story {
    Story { mode: Mode::DryRun, ..Story::new(market(5_000_000, 3)) }
}

impl Story {
    /// One look, decided on and settled, a minute after the last.
    fn take_look(&mut self) -> Decision {
        self.pass_to(self.look.at + Duration::from_secs(60));
        self.memory.observe(&self.look, self.mode, &self.params.safety);
        let decision = self.decide();
        self.settle(&decision);
        decision
    }

    fn settle(&mut self, decision: &Decision) {
        let outcome = match (&decision.action, self.mode) {
            (Action::Hold, _) => Outcome::Held,
            (_, Mode::DryRun) => Outcome::DryRun,
            (_, Mode::Live) => Outcome::Confirmed,
        };
        let at = self.look.at;
        self.memory.record_outcome(at, &self.look, decision, &outcome, &self.params);
    }

    fn wanted(&self) -> Wanted {
        self.memory.wanted(self.mode).unwrap()
    }
}

#[test]
fn it_goes_on_from_what_it_would_have_set() {
    let mut story = dry_story();
    assert_eq!(story.take_look().action, Action::SetFee { fee: fee(4_999_999) });
    let since = Some(story.look.at);
    assert_eq!(story.take_look().reason, Reason::AtTarget);
    let wanted = Wanted { worker: Some(key("us")), fee: fee(4_999_999), since };
    assert_eq!(story.wanted(), wanted);
    let asks = DaemonSettings { worker: Some(key("us")), fee: fee(100_000_000) };
    assert_eq!(story.memory.known, Some(asks), "what the daemon has is known apart");
}

#[test]
fn forecasts_name_the_fee_that_the_daemon_really_asks() {
    let mut story = dry_story();
    let _ = story.take_look();
    let appraisal = story.take_look().appraisal.unwrap();
    let fees = [appraisal.current.fee, appraisal.asked().fee];
    assert_eq!(fees, [fee(4_999_999), fee(100_000_000)]);
    assert!(appraisal.asked().sale_probability < 0.01);
}

#[test]
fn a_change_by_someone_else_and_a_restart_end_what_is_imagined() {
    let mut story = dry_story();
    let _ = story.take_look();
    story.status(|status| status.fee = fee(1));
    story.memory.observe(&story.look, Mode::DryRun, &story.params.safety);
    let own_choice = Wanted { worker: Some(key("us")), fee: fee(1), since: None };
    assert_eq!(story.wanted(), own_choice, "the operator's change counts");
    story.memory.pacing.fee_changed = None;
    let _ = story.take_look();
    story.status(|status| status.uptime = Duration::from_secs(30));
    story.memory.observe(&story.look, Mode::DryRun, &story.params.safety);
    assert_eq!(story.wanted(), own_choice, "the flags hold again");
}

/// A dry run that imagines one change of each kind, and then one live look that holds.
fn imagine_all_then_go_live() -> Memory {
    let mut story = dry_story();
    let key = key("us");
    let winding = Reason::WindingDown { remaining: Duration::from_secs(9) };
    let slot = time(NOW + 600);
    let acts = [
        (Action::Park { fee: fee(1_000_000_000) }, winding),
        (Action::SwitchOff, Reason::OwnBlockAhead { slot, begun: false }),
        (Action::SwitchOn { key, fee: fee(7) }, Reason::OwnBlockPassed),
        (Action::SwitchOff, Reason::AtTarget),
    ];
    for (action, reason) in acts {
        let mut decision = story.take_look();
        (decision.action, decision.reason) = (action, reason);
        story.memory.anticipate(
            story.look.at,
            &story.memory.basis(story.mode, story.look.status.as_ref().unwrap()),
            &decision,
        );
        story.settle(&decision);
    }
    let imagined = &story.memory.dry_run.as_ref().unwrap().pacing;
    assert!(imagined.changes.len() > 4 && imagined.switches.len() == 1);
    observe_live(story)
}

/// The same daemon, looked at as often, where nothing was ever decided.
fn watch_then_go_live() -> Memory {
    let mut story = dry_story();
    for _ in 0..4 {
        let mut decision = story.take_look();
        decision.action = Action::Hold;
        story.settle(&decision);
    }
    observe_live(story)
}

fn observe_live(mut story: Story) -> Memory {
    story.pass_to(story.look.at + Duration::from_secs(60));
    story.memory.observe(&story.look, Mode::Live, &story.params.safety);
    story.memory
}

#[test]
fn no_field_of_the_memory_holds_anything_imagined_once_live() {
    let Memory {
        pacing,
        clock,
        external_hold,
        pause,
        journal_doubt,
        breaker,
        conflict,
        known,
        possible,
        dry_run,
        imagined_before,
        shown_key,
        keyless,
        coordinates,
        metrics_read,
        account,
        uptime,
        uptime_read,
        uptime_moved,
        own_slots,
        book_read_by,
        restarts,
        failed_writes,
    } = imagine_all_then_go_live();
    let Pacing { fee_changed, switched, changes, switches, streak, making_room_for, winding_down } =
        pacing;
    let watched = watch_then_go_live();
    assert_eq!(fee_changed, None, "no cooldown");
    assert_eq!(switched, watched.pacing.switched, "no dwell but of the daemon's own start");
    assert!(changes.is_empty(), "nothing of the day's budget is used");
    assert!(switches.is_empty(), "no dwell is doubled");
    assert_eq!(streak, watched.pacing.streak, "looks at the daemon as it is");
    assert_eq!(making_room_for, None, "the worker did not step aside");
    assert_eq!(winding_down, None, "no proof is waited for");
    assert_eq!(external_hold, None, "nobody undid anything");
    assert_eq!(conflict, ControllerConflict::default(), "nothing of ours stands");
    assert_eq!((known, possible), (watched.known, Vec::new()));
    assert_eq!((dry_run, imagined_before), (None, None));
    assert_eq!((pause, journal_doubt, breaker), (None, None, watched.breaker));
    assert_eq!((shown_key, keyless, coordinates), (watched.shown_key, None, false));
    assert_eq!((metrics_read, account), (None, None));
    assert_eq!((uptime, uptime_read), (watched.uptime, watched.uptime_read));
    assert_eq!((uptime_moved, own_slots), (watched.uptime_moved, watched.own_slots));
    assert_eq!(book_read_by, None);
    assert_eq!(failed_writes, FailedWrites::default(), "nothing was sent");
    assert_eq!((clock, restarts), (watched.clock, 0));
}

#[test]
fn looks_of_a_dry_run_confirm_a_switch_of_the_daemon_as_it_is() {
    let mut story = dry_story();
    story.params.pricing.confirm = 3;
    story.params.pricing.stop_below = FeeRate::new(1_000_000_000_000);
    let reasons = [1, 2, 3, 4, 5].map(|_| story.take_look().reason.code());
    assert_eq!(reasons[..3], ["confirming", "confirming", "uneconomical"]);
    story.mode = Mode::Live;
    assert_eq!(story.take_look().action, Action::SwitchOff, "the first live look acts");
}

#[test]
fn what_someone_sets_during_a_dry_run_is_not_held_against_anyone() {
    let mut story = dry_story();
    let _ = story.take_look();
    story.mode = Mode::Live;
    story.status(|status| status.fee = fee(70_000_000));
    assert_eq!(story.take_look().action, Action::SetFee { fee: fee(4_999_999) });
    story.status(|status| status.fee = fee(60_000_000));
    assert_eq!(story.take_look().reason.code(), "external_change");
}

#[test]
fn what_a_version_counted_that_imagined_in_the_same_fields_is_dropped() {
    let text = r#"{"fee_changed":"2026-09-21T00:00:00Z","changes":["2026-09-21T00:00:00Z"],
        "virtual_settings":{"worker":null,"fee":7}}"#;
    let mut story = Story::new(market(5_000_000, 3));
    story.memory = serde_json::from_str(text).unwrap();
    story.memory.observe(&story.look, Mode::Live, &story.params.safety);
    assert_eq!(story.memory.pacing.fee_changed, None);
    let again = serde_json::to_string(&story.memory).unwrap();
    assert!(!again.contains("virtual_settings"), "{again}");
    assert_eq!(serde_json::from_str::<Memory>(&again).unwrap(), story.memory);
}
