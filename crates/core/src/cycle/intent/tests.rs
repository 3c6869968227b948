use super::*;
use crate::fixtures::{fee, key};

#[test]
fn the_settings_found_show_what_became_of_an_action() {
    let from = DaemonSettings { worker: None, fee: fee(5) };
    let on = Action::SwitchOn { key: key("us"), fee: fee(7) };
    let fee_only = DaemonSettings { fee: fee(7), ..from.clone() };
    let all = DaemonSettings { worker: Some(key("us")), fee: fee(7) };
    let other = DaemonSettings { fee: fee(9), ..from.clone() };
    assert_eq!(resolve_intent(&from, &on, &from), RecoveredOutcome::NotApplied);
    assert_eq!(resolve_intent(&from, &on, &fee_only), RecoveredOutcome::PartlyApplied);
    assert_eq!(resolve_intent(&from, &on, &all), RecoveredOutcome::Applied);
    assert_eq!(resolve_intent(&from, &on, &other), RecoveredOutcome::Otherwise);
}
