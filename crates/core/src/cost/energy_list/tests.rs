use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn entry(from: &str, to: Option<&str>, price: &str) -> (Timestamp, Option<Timestamp>, EnergyPrice) {
    (at(from), to.map(at), price.parse().unwrap())
}

#[test]
fn a_moment_finds_its_span_and_a_gap_none() {
    let list = EnergyList::try_new(
        vec![
            entry("2026-11-28T13:00:00Z", None, "2 EUR/kWh"),
            entry("2026-11-28T12:00:00Z", Some("2026-11-28T12:15:00Z"), "-1 EUR/kWh"),
            entry("2026-11-28T12:30:00Z", None, "1 EUR/kWh"),
        ],
        at("2026-11-28T00:00:00Z"),
    )
    .unwrap();
    let price = |time: &str| list.quote(at(time)).map(|quote| quote.price.to_string());
    assert_eq!(price("2026-11-28T12:14:59Z").as_deref(), Some("-1 EUR/kWh"));
    assert_eq!(price("2026-11-28T12:15:00Z"), None, "a gap");
    assert_eq!(price("2026-11-28T12:59:59Z").as_deref(), Some("1 EUR/kWh"));
    assert_eq!(price("2026-11-28T13:29:59Z").as_deref(), Some("2 EUR/kWh"));
    assert_eq!(price("2026-11-28T13:30:00Z"), None, "as long as the one before");
    assert_eq!(price("2026-11-28T11:59:59Z"), None);
}

#[test]
fn spans_that_contradict_each_other_are_refused() {
    let of = |entries: Vec<_>| EnergyList::try_new(entries, Timestamp::UNIX_EPOCH);
    assert_eq!(of(Vec::new()), Err(InvalidEnergyList::Empty));
    let twice = "2026-11-28T12:00:00Z";
    for entries in [
        vec![entry(twice, None, "1 EUR/kWh"), entry(twice, None, "2 EUR/kWh")],
        vec![entry(twice, Some("2026-11-28T11:00:00Z"), "1 EUR/kWh")],
        vec![
            entry("2026-11-28T11:00:00Z", Some("2026-11-28T12:00:01Z"), "1 EUR/kWh"),
            entry(twice, None, "2 EUR/kWh"),
        ],
    ] {
        assert_eq!(of(entries), Err(InvalidEnergyList::Overlap(at(twice))));
    }
}
