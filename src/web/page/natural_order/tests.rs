use proptest::prelude::*;

use super::*;

#[test]
fn numbers_within_names_count_by_their_value() {
    let mut names = ["w10", "w2", "w1-b", "w02", "a", "w1", "w", "10", "9", "w1-a2", "w1-a11"];
    names.sort_by(|a, b| compare_naturally(a, b));
    let wanted = ["9", "10", "a", "w", "w1", "w1-a2", "w1-a11", "w1-b", "w02", "w2", "w10"];
    assert_eq!(names, wanted);
}

proptest! {
    #[test]
    fn it_is_an_order(a in "[ab0-2.-]{0,6}", b in "[ab0-2.-]{0,6}", c in "[ab0-2.-]{0,6}") {
        prop_assert_eq!(compare_naturally(&a, &b), compare_naturally(&b, &a).reverse());
        prop_assert_eq!(compare_naturally(&a, &b) == Ordering::Equal, a == b);
        if compare_naturally(&a, &b).is_le() && compare_naturally(&b, &c).is_le() {
            prop_assert!(compare_naturally(&a, &c).is_le());
        }
    }
}
