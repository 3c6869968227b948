use super::*;

fn text(era: Era, text: &str) -> Option<u64> {
    parse_uint64(era, &Value::from(text))
}

#[test]
fn later_eras_accept_canonical_decimals_only() {
    let era = Era::Mesa40;
    assert_eq!(text(era, "100000000"), Some(100_000_000));
    assert_eq!(text(era, "18446744073709551615"), Some(u64::MAX));
    for rejected in
        ["", " 1", "1 ", "+1", "-1", "01", "1.0", "1_000", "1e9", "18446744073709551616", "0x1"]
    {
        assert_eq!(text(era, rejected), None, "{rejected:?}");
    }
    assert_eq!(parse_uint64(era, &Value::from(5)), Some(5));
    assert_eq!(parse_uint64(era, &Value::from(-5)), None);
    assert_eq!(parse_uint64(era, &Value::from(1.5)), None);
    assert_eq!(parse_uint64(era, &Value::Null), None);
    assert_eq!(parse_uint64(era, &Value::from(true)), None);
}

#[test]
fn early_eras_parse_text_like_strtoull() {
    let era = Era::Mainnet115;
    assert_eq!(text(era, "1.1"), Some(1));
    assert_eq!(text(era, " 7"), Some(7));
    assert_eq!(text(era, "-1"), Some(u64::MAX));
    assert_eq!(text(era, "99999999999999999999"), Some(u64::MAX));
    assert_eq!(text(era, "x"), None);
    assert_eq!(text(era, "-"), None);
}
