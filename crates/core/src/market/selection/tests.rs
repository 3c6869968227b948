use super::*;
use crate::fixtures::{fee, open_work};

/// A book of forty works, of which ours asks 5 at `own` and the rest are open.
fn book(own: i64) -> Vec<OpenWork> {
    (0..40).map(|id| open_work(id, (id == own).then_some((5, "us")))).collect()
}

fn seen(places: impl Iterator<Item = i64>) -> SelectionEvidence {
    let mut evidence = SelectionEvidence::default();
    for own in places {
        evidence.record_look(&book(own), fee(5), &[WorkId::one(own)]);
    }
    evidence
}

#[test]
fn the_first_works_show_a_sequence_and_any_works_a_random_choice() {
    assert_eq!(seen([1, 2, 0].into_iter().cycle().take(30)).method(), Some(SelectionMethod::Seq));
    assert_eq!(seen((0..40).rev()).method(), Some(SelectionMethod::Rand));
    assert_eq!(seen((20..40).chain(20..40)).method(), Some(SelectionMethod::Rand));
}

#[test]
fn nothing_is_concluded_from_few_works_or_where_there_was_no_choice() {
    assert_eq!(seen(0..15).method(), None);
    let mut evidence = SelectionEvidence::default();
    let short: Vec<OpenWork> = book(0).into_iter().take(8).collect();
    for _ in 0..100 {
        evidence.record_look(&short, fee(5), &[WorkId::one(0)]);
    }
    assert_eq!(evidence.method(), None, "seven open works");
}

#[test]
fn works_at_another_fee_and_works_not_made_now_say_nothing() {
    let mut evidence = SelectionEvidence::default();
    for _ in 0..100 {
        evidence.record_look(&book(0), fee(4), &[WorkId::one(0)]);
        evidence.record_look(&book(0), fee(5), &[WorkId::one(77)]);
        evidence.record_look(&book(0), fee(5), &[]);
    }
    assert_eq!(evidence, SelectionEvidence::default());
}

#[test]
fn a_changed_flag_is_noticed_within_a_hundred_works() {
    let changed = (0..40).cycle().take(200).chain([0].into_iter().cycle().take(100));
    assert_eq!(seen(changed).method(), Some(SelectionMethod::Seq));
}
