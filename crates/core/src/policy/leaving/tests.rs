use super::*;
use crate::fixtures::{fee, key};

fn leave(on_exit: OnExit, baseline: Option<&DaemonSettings>, now: &DaemonSettings) -> Vec<Action> {
    let (mut now, mut actions) = (now.clone(), Vec::new());
    while let Some(action) = on_exit.next_action(baseline, &now) {
        now = now.after(&action);
        actions.push(action);
        assert!(actions.len() < 4, "{actions:?}");
    }
    actions
}

#[test]
fn what_was_found_at_start_is_put_back_with_the_least_change() {
    let on = DaemonSettings { worker: Some(key("us")), fee: fee(5) };
    let off = DaemonSettings { worker: None, fee: fee(5) };
    let higher = DaemonSettings { fee: fee(9), ..on.clone() };
    assert_eq!(leave(OnExit::Keep, Some(&off), &on), []);
    assert_eq!(leave(OnExit::Off, Some(&on), &higher), [Action::SwitchOff]);
    assert_eq!(leave(OnExit::Off, Some(&on), &off), []);
    assert_eq!(leave(OnExit::Baseline, Some(&on), &higher), [Action::SetFee { fee: fee(5) }]);
    assert_eq!(
        leave(OnExit::Baseline, Some(&on), &off),
        [Action::SwitchOn { key: key("us"), fee: fee(5) }]
    );
    assert_eq!(
        leave(OnExit::Baseline, Some(&off), &higher),
        [Action::SetFee { fee: fee(5) }, Action::SwitchOff]
    );
    assert_eq!(leave(OnExit::Baseline, None, &higher), []);
}
