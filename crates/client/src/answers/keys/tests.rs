use super::*;

#[test]
fn equal_keys_share_their_text_and_few_are_kept() {
    let mut keys = KeyInterner::default();
    let mut read = |text: &str| keys.key(&Scalar::Text(text.into()), "prover").unwrap();
    let (one, again) = (read("B62qone"), read("B62qone"));
    assert!(std::ptr::eq(one.as_str(), again.as_str()));
    for number in 0..2 * MOST_KEYS {
        let text = format!("B62q{number}").replace('0', "z");
        assert_eq!(read(&text).as_str(), text);
    }
    assert_eq!(read("B62qone"), one);
    assert!(keys.0.len() <= MOST_KEYS);
}
