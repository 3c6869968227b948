use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Arc, Mutex},
};

use tracing::{Event, Subscriber, field::Field, field::Visit};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt};

use super::*;
use snarkfee_core::{fixtures::sample::record, policy::Reason};

type Fields = BTreeMap<String, String>;

#[derive(Clone, Default)]
struct Capture(Arc<Mutex<Vec<(tracing::Level, Fields)>>>);

struct Collect<'a>(&'a mut Fields);

impl Visit for Collect<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl<S: Subscriber> Layer<S> for Capture {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::new();
        event.record(&mut Collect(&mut fields));
        self.0.lock().unwrap().push((*event.metadata().level(), fields));
    }
}

fn captured(record: &Record) -> Fields {
    let capture = Capture::default();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(capture.clone()), || {
        log_record(record)
    });
    let mut events = capture.0.lock().unwrap();
    assert_eq!(events.len(), 1, "one event per record");
    let (level, fields) = events.remove(0);
    assert_eq!(level, tracing::Level::INFO);
    fields
}

#[test]
fn a_record_becomes_one_event_with_every_field() {
    let fields = captured(&record());
    let expected = [
        ("daemon", "main"),
        ("mode", "live"),
        ("era", "3.0"),
        ("action", "set_fee"),
        ("reason", "price_move"),
        ("text", "the best fee is 0.0012 MINA, not 0.001 MINA"),
        ("fee", "0.0012 MINA"),
        ("target_fee", "0.0012 MINA"),
        ("worker", "on"),
        ("wanted", "on"),
        ("sale_probability", "0.42"),
        ("expected_profit", "0.021 MINA/h"),
        ("cost", "0.0004 MINA"),
        ("open_works", "128"),
        ("uncovered_works", "16"),
        ("outcome", "confirmed"),
        ("took_ms", "42"),
        ("message", "set fee to 0.0012 MINA: confirmed"),
    ];
    let expected: Fields =
        expected.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    assert_eq!(fields, expected);
}

#[test]
fn what_is_not_known_is_left_out_and_foreign_text_stays_on_the_line() {
    let mut record = record();
    let fault = Fault::Refused { message: "no\n\u{1b}[31mFAKE level=error".repeat(40) };
    record.look.status = Err(fault.clone());
    record.market = None;
    record.decision.target = None;
    record.decision.appraisal = None;
    record.decision.action = Action::Hold;
    record.decision.reason = Reason::StatusFault { fault };
    record.outcome = Outcome::Held;
    let fields = captured(&record);
    for absent in ["fee", "target_fee", "worker", "sale_probability", "open_works", "fault"] {
        assert!(!fields.contains_key(absent), "{absent}");
    }
    assert!(!fields["text"].chars().any(char::is_control));
    assert!(fields["text"].chars().count() <= 202);
    assert_eq!(fields["message"], "hold");
}
