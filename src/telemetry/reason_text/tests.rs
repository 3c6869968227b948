use snarkfee_core::{
    fixtures::sample,
    units::{FeeRate, Nanomina},
};

use super::*;

#[test]
fn reasons_are_written_in_the_unit_of_the_daemon() {
    let nanomina = |amount| Nanomina::try_new(amount).unwrap();
    let mut record = sample::record();
    record.decision.reason = Reason::PriceMove { from: nanomina(1), to: nanomina(12) };
    let in_mina = record.decision.reason.to_string();
    assert_eq!(reason_text(&record), in_mina);
    record.era = Some("coda-2020".to_owned());
    let in_base_units = in_mina
        .replace("0.000000001 MINA", "1 base unit")
        .replace("0.000000012 MINA", "12 base units");
    assert_ne!(in_base_units, in_mina);
    assert_eq!(reason_text(&record), in_base_units);
    record.decision.reason =
        Reason::StaysOff { expected: FeeRate::new(-3), threshold: FeeRate::new(1_500_000_000) };
    let text = reason_text(&record);
    assert!(text.contains("-3 base units/h") && text.contains("1500000000 base units/h"), "{text}");
    assert!(!text.contains("MINA"), "{text}");
}

#[test]
fn text_from_a_daemon_is_not_rewritten() {
    let reason = Reason::StatusFault { fault: Fault::Refused { message: "5 MINA".to_owned() } };
    assert_eq!(show_reason(&reason, FeeUnit::BaseUnit), reason.to_string());
}
