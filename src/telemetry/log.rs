//! The log: one event for each record.

use snarkfee_core::{
    fault::Fault,
    policy::{Action, Overtaken},
    record::{Mode, Outcome, Record},
    units::{FeeUnit, Nanomina},
};

/// Logs one event for a record: what was done is its message, the reason and the numbers are its
/// fields. Unknown fields are left out.
pub(crate) fn log_record(record: &Record) {
    let decision = &record.decision;
    let best = decision.appraisal.as_ref().map(|appraisal| appraisal.best);
    let unit = record.fee_unit();
    let text = record.reason_text();
    let fault = record.outcome.fault().map(|fault| Fault::excerpt(&fault.to_string()));
    let wanted = record.wanted.as_ref().filter(|_| record.imagines());
    let fee = |fee: Nanomina| tracing::field::display(unit.show(fee));
    tracing::info!(
        target: "snarkfee::decision",
        daemon = record.daemon.as_str(),
        mode = record.mode.as_str(),
        era = record.era.as_deref(),
        action = decision.action.code(),
        reason = decision.reason.code(),
        text = text.as_str(),
        fee = record.fee_after().map(fee),
        target_fee = decision.target.map(|target| fee(target.fee)),
        worker = record.enabled_after().map(on_off),
        would_ask = wanted.map(|wanted| fee(wanted.fee)),
        would_be = wanted.and_then(|_| record.wanted_enabled()).map(on_off),
        would_since = wanted
            .and_then(|wanted| wanted.since)
            .map(|at| tracing::field::display(at.strftime("%FT%TZ"))),
        wanted = decision.target.map(|target| on_off(target.enabled)),
        sale_probability = best.map(|best| rounded(best.sale_probability)),
        expected_profit = best.map(|best| tracing::field::display(unit.show_rate(best.cautious_profit))),
        cost = record.cost.map(fee),
        open_works = record.book().map(|book| book.open_works),
        uncovered_works = record.book().map(|book| book.uncovered_works),
        outcome = record.outcome.code(),
        fault = fault.as_deref(),
        took_ms = u64::try_from(record.took.as_millis()).unwrap_or(u64::MAX),
        "{}",
        describe_action(record, unit),
    );
}

const fn on_off(enabled: bool) -> &'static str {
    if enabled { "on" } else { "off" }
}

/// Rounds to four decimals.
fn rounded(probability: f64) -> f64 {
    (probability * 1e4).round() / 1e4
}

/// What was done, for people.
pub(crate) fn describe_action(record: &Record, unit: FeeUnit) -> String {
    let what = match &record.decision.action {
        Action::Hold => return "hold".to_owned(),
        action => action.show(unit),
    };
    match (&record.outcome, record.mode) {
        (Outcome::DryRun, _) | (Outcome::Held, Mode::DryRun) => format!("dry-run, would {what}"),
        (Outcome::Held, Mode::Live) => format!("not sent: {what}"),
        (Outcome::Confirmed, _) => format!("{what}: confirmed"),
        (Outcome::Applied { overtook: Some(Overtaken { found, left }), .. }, _) => {
            match found.fee == left.fee {
                false => format!(
                    "{what}: accepted, but SOMEONE ELSE had meanwhile set the fee to {}",
                    unit.show(found.fee)
                ),
                true => format!(
                    "{what}: accepted, but SOMEONE ELSE had meanwhile set another worker key"
                ),
            }
        }
        (Outcome::Applied { overtook: None, .. }, _) => {
            format!("{what}: accepted, not confirmed yet")
        }
        (Outcome::Ineffective { shown }, _) => {
            format!("{what}: accepted WITHOUT EFFECT, it still shows {}", shown.show(unit))
        }
        (Outcome::Rejected { reached: None, .. }, _) => {
            format!("{what}: REJECTED, nothing changed")
        }
        (Outcome::Rejected { reached: Some(left), .. }, _) => {
            format!("{what}: REJECTED halfway, the fee is now {}", unit.show(left.fee))
        }
        (Outcome::Withdrawn { by, reached: None }, _) => format!("{what}: not sent, {by}"),
        (Outcome::Withdrawn { by, reached: Some(left) }, _) => {
            format!("{what}: ended halfway, {by}; the fee is now {}", unit.show(left.fee))
        }
        (Outcome::Unknown { .. }, _) => format!("{what}: answer lost, outcome UNKNOWN"),
    }
}

#[cfg(test)]
mod tests;
