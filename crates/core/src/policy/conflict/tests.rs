use super::*;
use crate::fixtures::steady;

#[test]
fn it_gives_way_for_longer_each_time_and_forgets_after_a_week() {
    let hour = Duration::from_secs(3600);
    let at = |hours: i64| steady(hours * 3600);
    for change in [ExternalChange::Hold, ExternalChange::Reapply] {
        let safety = Safety { external_change: change, external_hold: hour, ..Safety::default() };
        let mut conflict = ControllerConflict::default();
        let mut ways = Vec::new();
        for round in 0..8 {
            conflict.record_own_change();
            conflict.record_foreign_change(at(round));
            conflict.record_foreign_change(at(round));
            ways.push(conflict.yield_time(&safety).map(|way| way.as_secs() / 3600));
        }
        let alone = (change == ExternalChange::Hold).then_some(1);
        assert_eq!(ways, [alone, alone, Some(2), Some(4), Some(8), Some(16), Some(24), Some(24)]);
        conflict.record_foreign_change(at(7 + 7 * 24));
        assert!(!conflict.is_standoff());
    }
    let mut conflict = ControllerConflict { rounds: vec![at(0); 3].into(), ours: false };
    let at_once = Safety { external_hold: Duration::ZERO, ..Safety::default() };
    assert_eq!(conflict.yield_time(&at_once), Some(SHORTEST * 2));
    conflict.rounds.clear();
    assert_eq!(conflict.yield_time(&at_once), Some(Duration::ZERO));
}
