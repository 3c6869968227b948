use super::*;

const HOUR: Duration = Duration::from_secs(3600);

/// 60 of 120 due works lack a proof, wanted within the hour, and we need a quarter of one.
fn lacking(others_take: Option<Duration>, slack: i64) -> ProofNeed {
    ProofNeed {
        due: 120,
        due_unproved: 60,
        unproved: 90,
        wanted_within: HOUR,
        slack: SignedDuration::from_mins(slack),
        others_take,
        waited: HOUR,
        period: HOUR * 2,
        roll: 5,
    }
}

#[test]
fn it_starts_when_others_will_be_late_and_time_presses() {
    assert!(is_needed(&lacking(Some(HOUR * 2), 29), false));
    assert!(!is_needed(&lacking(Some(HOUR * 2), 31), false), "there is time to wait for others");
    assert!(!is_needed(&lacking(Some(HOUR / 2), -10), false), "others will do");
    assert!(is_needed(&lacking(None, 0), false));
}

#[test]
fn once_on_it_goes_on_until_all_that_is_due_is_proved() {
    assert!(is_needed(&lacking(Some(HOUR / 2), 45), true));
    let proved = ProofNeed { due_unproved: 0, ..lacking(Some(HOUR / 2), 45) };
    assert!(!is_needed(&proved, true));
}

#[test]
fn a_purchase_that_waits_for_one_work_is_not_left_to_others_for_long() {
    let head = ProofNeed {
        due_unproved: 1,
        wanted_within: Duration::ZERO,
        ..lacking(Some(Duration::from_secs(20)), -2)
    };
    assert!(is_needed(&head, false));
    assert!(!is_needed(&ProofNeed { waited: PATIENCE / 2, ..head }, false));
}

#[test]
fn turns_are_spread_over_the_time_there_is_and_drawn_anew_at_each_roll() {
    // Zero is no digit of base 58.
    let key = |n: usize| PublicKey::try_new(&format!("B62q{n}").replace('0', "z")).unwrap();
    let need = lacking(None, 0);
    let mut turns: Vec<f64> = (0..200).map(|n| draw_share(key(n).as_str(), 5)).collect();
    turns.sort_by(f64::total_cmp);
    for (place, turn) in turns.iter().enumerate() {
        assert!((turn - place as f64 / 200.0).abs() < 0.12, "{place}: {turn}");
    }
    let at = |roll| wait_for_turn(&ProofNeed { roll, ..need }, true, Some(&key(1)));
    assert!(at(5) != at(6) && at(5) < Duration::from_secs(20 * 60) && at(5) == at(5));
    let stop = wait_for_turn(&need, false, Some(&key(1)));
    assert!(stop < Duration::from_secs(60));
}
