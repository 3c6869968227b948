//! The log: one event for each record, and where events go.

use std::io::{self, IsTerminal};

use snarkfee_core::{
    fault::Fault,
    policy::{Action, Overtaken},
    record::{Mode, Outcome, Record},
    units::Nanomina,
};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::{SubscriberInitExt, TryInitError},
};

/// How events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum InvalidFilter {
    /// The filter is not in the form `info,snarkfee=debug`.
    #[error("log filter {filter:?} is not valid: {part:?} is neither a level nor target=level")]
    Malformed {
        /// The filter.
        filter: String,
        /// The part of it that is wrong.
        part: String,
    },
    /// Something else in this process already writes the log.
    #[error("logging is already set up")]
    Taken(#[source] TryInitError),
}

/// Sends events to standard error. Colour is used only on a terminal and without `NO_COLOR`.
///
/// `filter` is in the form of `RUST_LOG`: `info`, `warn,snarkfee=debug`.
pub fn init(format: LogFormat, filter: &str) -> Result<(), InvalidFilter> {
    let parsed = targets(filter)?;
    let colour = io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let events = fmt::layer().with_writer(io::stderr).with_ansi(colour);
    let filtered = tracing_subscriber::registry().with(parsed);
    match format {
        LogFormat::Text => filtered.with(events).try_init(),
        LogFormat::Json => filtered.with(events.json().flatten_event(true)).try_init(),
    }
    .map_err(InvalidFilter::Taken)
}

/// Reads levels and targets between commas. `Targets` reads them too, and takes much that is a slip
/// for a target that nothing has, which would silence the log.
fn targets(filter: &str) -> Result<Targets, InvalidFilter> {
    let parts = || filter.split(',').map(str::trim).filter(|part| !part.is_empty());
    let mut targets = Targets::new();
    if parts().next().is_none() {
        return Ok(targets.with_default(LevelFilter::ERROR));
    }
    for part in parts() {
        let malformed =
            || InvalidFilter::Malformed { filter: filter.to_owned(), part: part.to_owned() };
        let (target, level) =
            part.split_once('=').map_or((part, None), |(target, level)| (target, Some(level)));
        if level == Some("") {
            return Err(malformed());
        }
        let level = level.map(str::parse::<LevelFilter>).transpose().map_err(|_| malformed())?;
        let named = |name: char| name.is_ascii_alphanumeric() || matches!(name, '_' | '-' | ':');
        targets = match (level, target.parse::<LevelFilter>()) {
            (None, Ok(level)) => targets.with_default(level),
            _ if target.is_empty() || !target.chars().all(named) => return Err(malformed()),
            (level, _) => targets.with_target(target, level.unwrap_or(LevelFilter::TRACE)),
        };
    }
    Ok(targets)
}

/// Writes the one event of a record: what was done as its message, why and with which numbers as
/// its fields. Fields that are not known are left out.
pub fn log_record(record: &Record) {
    let decision = &record.decision;
    let best = decision.appraisal.as_ref().map(|appraisal| appraisal.best);
    let text = Fault::excerpt(&decision.reason.to_string());
    let fault = record.outcome.fault().map(|fault| Fault::excerpt(&fault.to_string()));
    let shown = |fee: Nanomina| tracing::field::display(fee);
    tracing::info!(
        target: "snarkfee::decision",
        daemon = record.daemon.as_str(),
        mode = record.mode.as_str(),
        era = record.era.as_deref(),
        action = decision.action.code(),
        reason = decision.reason.code(),
        text = text.as_str(),
        fee = record.fee_after().map(shown),
        target_fee = decision.target.map(|target| shown(target.fee)),
        worker = record.enabled_after().map(on_off),
        wanted = decision.target.map(|target| on_off(target.enabled)),
        sale_probability = best.map(|best| rounded(best.sale_probability)),
        expected_profit = best.map(|best| tracing::field::display(best.cautious_profit)),
        cost = record.cost.map(shown),
        open_works = record.book().map(|book| book.open_works),
        uncovered_works = record.book().map(|book| book.uncovered_works),
        outcome = record.outcome.code(),
        fault = fault.as_deref(),
        took_ms = u64::try_from(record.took.as_millis()).unwrap_or(u64::MAX),
        "{}",
        summary(record),
    );
}

const fn on_off(enabled: bool) -> &'static str {
    if enabled { "on" } else { "off" }
}

/// Four decimals: more would only be noise in a line for people.
fn rounded(probability: f64) -> f64 {
    (probability * 1e4).round() / 1e4
}

/// What was done, in plain words.
fn summary(record: &Record) -> String {
    let what = match &record.decision.action {
        Action::Hold => return "hold".to_owned(),
        Action::SetFee { fee } => format!("set fee to {fee}"),
        Action::SwitchOn { fee, .. } => format!("switch on at {fee}"),
        Action::SwitchOff => "switch off".to_owned(),
        Action::Park { fee } => format!("park at {fee}"),
    };
    match (&record.outcome, record.mode) {
        (Outcome::DryRun, _) | (Outcome::Held, Mode::DryRun) => format!("dry-run, would {what}"),
        (Outcome::Held, Mode::Live) => format!("not sent: {what}"),
        (Outcome::Confirmed, _) => format!("{what}: confirmed"),
        (Outcome::Applied { overtook: Some(Overtaken { found, left }), .. }, _) => {
            match found.fee == left.fee {
                false => format!(
                    "{what}: accepted, but SOMEONE ELSE had set the fee to {} meanwhile",
                    found.fee
                ),
                true => format!(
                    "{what}: accepted, but SOMEONE ELSE had set another worker key meanwhile"
                ),
            }
        }
        (Outcome::Applied { overtook: None, .. }, _) => format!("{what}: accepted, not yet seen"),
        (Outcome::Rejected { reached: None, .. }, _) => {
            format!("{what}: REJECTED, nothing changed")
        }
        (Outcome::Rejected { reached: Some(left), .. }, _) => {
            format!("{what}: REJECTED half-way, the fee is now {}", left.fee)
        }
        (Outcome::Unknown { .. }, _) => format!("{what}: answer lost, result UNKNOWN"),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        fmt::Debug,
        sync::{Arc, Mutex},
    };

    use tracing::{Event, Level, Subscriber, field::Field, field::Visit};
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
        tracing::subscriber::with_default(
            tracing_subscriber::registry().with(capture.clone()),
            || log_record(record),
        );
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
            ("text", "the best fee moved from 0.001 MINA to 0.0012 MINA"),
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

    #[test]
    fn a_filter_that_cannot_be_read_is_named() {
        let error = init(LogFormat::Text, "snarkfee=[").unwrap_err();
        assert!(error.to_string().contains("snarkfee=["));
        for slip in [
            "!!",
            "info;snarkfee=debug",
            "snarkfee=",
            "=debug",
            "warn,snarkfee=loud",
            "a[span]=debug",
            "a b",
        ] {
            assert!(targets(slip).is_err(), "{slip}");
        }
    }

    #[test]
    fn a_filter_names_levels_for_all_and_for_targets() {
        let level = |filter: &str, target| {
            let targets = targets(filter).unwrap();
            let levels = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];
            levels.into_iter().find(|level| targets.would_enable(target, level))
        };
        for (filter, of_ours, of_others) in [
            ("", Some(Level::ERROR), Some(Level::ERROR)),
            ("info,", Some(Level::INFO), Some(Level::INFO)),
            ("warn, snarkfee=debug", Some(Level::DEBUG), Some(Level::WARN)),
            ("snarkfee", Some(Level::TRACE), None),
            ("off", None, None),
            ("INFO,snarkfee::decision=off", None, Some(Level::INFO)),
        ] {
            assert_eq!(level(filter, "snarkfee::decision"), of_ours, "{filter}");
            assert_eq!(level(filter, "hyper"), of_others, "{filter}");
        }
    }
}
