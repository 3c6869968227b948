//! Decisions as a log: its rows, which of them are wanted, and runs of holds that share a line.
//!
//! Not here: where rows are kept (`journal`, and the status board of the program).

use std::borrow::Cow;

use jiff::Timestamp;

use crate::{
    fault::Fault,
    policy::{Action, Outcome},
    record::Record,
    units::{DaemonId, FeeRate, Nanomina},
};

/// One decision in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRow {
    /// The daemon.
    pub daemon: DaemonId,
    /// The number of the look since the service started.
    pub sequence: u64,
    /// When the look began.
    pub at: Timestamp,
    /// Whether decisions were carried out: `dry-run` or `live`.
    pub mode: Cow<'static, str>,
    /// Code of the action.
    pub action: Cow<'static, str>,
    /// Code of the reason.
    pub reason: Cow<'static, str>,
    /// The reason for people.
    pub text: String,
    /// Code of the outcome.
    pub outcome: Cow<'static, str>,
    /// Why carrying it out failed, for people.
    pub fault: Option<String>,
    /// The fee that the daemon asked afterwards.
    pub fee: Option<Nanomina>,
    /// The fee that the policy wanted.
    pub target_fee: Option<Nanomina>,
    /// Whether the worker was on afterwards.
    pub enabled: Option<bool>,
    /// Expected profit at the target fee, by the lower end of its band.
    pub expected_profit: Option<FeeRate>,
}

impl DecisionRow {
    /// The row of a record. Text is bounded in length.
    pub fn new(record: &Record) -> Self {
        let decision = &record.decision;
        let best = decision.appraisal.as_ref().map(|appraisal| appraisal.best);
        Self {
            daemon: record.daemon.clone(),
            sequence: record.sequence,
            at: record.at,
            mode: record.mode.as_str().into(),
            action: decision.action.code().into(),
            reason: decision.reason.code().into(),
            text: record.reason_text(),
            outcome: record.outcome.code().into(),
            fault: describe_failure(record),
            fee: record.fee_after(),
            target_fee: decision.target.map(|target| target.fee),
            enabled: record.enabled_after(),
            expected_profit: best.map(|best| best.cautious_profit),
        }
    }

    /// Whether the decision was to do nothing.
    pub fn is_hold(&self) -> bool {
        self.action == Action::Hold.code()
    }
}

/// Why carrying out the decision of a record failed, bounded in length; `None` where it did not.
pub fn describe_failure(record: &Record) -> Option<String> {
    match &record.outcome {
        Outcome::Ineffective { shown } => {
            let shown = shown.show(record.fee_unit());
            Some(format!("accepted without effect: the daemon still shows {shown}"))
        }
        outcome => outcome.fault().map(|fault| Fault::excerpt(&fault.to_string())),
    }
}

/// Which decisions are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecisionFilter {
    /// Only those of this daemon.
    pub daemon: Option<DaemonId>,
    /// Only those of these actions; empty is all.
    pub actions: Vec<&'static str>,
    /// Only those at or after this.
    pub since: Option<Timestamp>,
    /// Only those earlier than this.
    pub before: Option<Timestamp>,
    /// At most this many lines, the newest.
    pub limit: usize,
    /// Whether consecutive holds of one daemon for one reason share a line.
    pub folded: bool,
}

impl DecisionFilter {
    /// Whether a decision of this action and time is wanted.
    pub fn wants(&self, action: &str, at: Timestamp) -> bool {
        (self.actions.is_empty() || self.actions.contains(&action))
            && self.since.is_none_or(|since| at >= since)
            && self.before.is_none_or(|before| at < before)
    }

    /// Whether only decisions that change something are wanted.
    pub fn wants_changes_only(&self) -> bool {
        !self.actions.is_empty() && !self.actions.contains(&Action::Hold.code())
    }
}

/// A line of the log: one decision, or a run of holds for one reason.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionLine<T = DecisionRow> {
    /// The decision, or the newest of the run.
    pub newest: T,
    /// When the oldest of the run was made.
    pub oldest_at: Timestamp,
    /// How many there are.
    pub count: u64,
}

impl<T> DecisionLine<T> {
    /// The same line of another kind of decision.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> DecisionLine<U> {
        let Self { newest, oldest_at, count } = self;
        DecisionLine { newest: convert(newest), oldest_at, count }
    }
}

/// Some lines, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecisionPage {
    /// The lines.
    pub lines: Vec<DecisionLine>,
    /// Whether there are older ones.
    pub more: bool,
}

/// What tells whether two decisions share a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionKey {
    /// The daemon.
    pub daemon: String,
    /// Code of the action.
    pub action: String,
    /// Code of the reason.
    pub reason: String,
}

/// Makes lines of decisions that are handed over newest first, whether wanted or not: one that is
/// not wanted ends a run.
#[derive(Debug)]
pub struct LineBuilder<'a, T> {
    filter: &'a DecisionFilter,
    lines: Vec<DecisionLine<T>>,
    /// What the newest line may go on with.
    run: Option<DecisionKey>,
    more: bool,
}

impl<'a, T> LineBuilder<'a, T> {
    /// No lines yet.
    pub const fn new(filter: &'a DecisionFilter) -> Self {
        Self { filter, lines: Vec::new(), run: None, more: false }
    }

    /// Adds the next older decision; `false` once no more are wanted.
    pub fn add(&mut self, key: DecisionKey, at: Timestamp, decision: T) -> bool {
        if !self.filter.wants(&key.action, at) {
            self.run = None;
            return true;
        }
        if let (Some(line), true) = (self.lines.last_mut(), self.run.as_ref() == Some(&key)) {
            line.oldest_at = at;
            line.count += 1;
            return true;
        }
        if self.lines.len() >= self.filter.limit {
            self.more = true;
            return false;
        }
        self.lines.push(DecisionLine { newest: decision, oldest_at: at, count: 1 });
        self.run = (self.filter.folded && key.action == Action::Hold.code()).then_some(key);
        true
    }

    /// The lines, newest first, and whether there are older ones.
    pub fn finish(self) -> (Vec<DecisionLine<T>>, bool) {
        (self.lines, self.more)
    }
}

impl DecisionRow {
    /// What tells whether it shares a line with another.
    pub fn key(&self) -> DecisionKey {
        DecisionKey {
            daemon: self.daemon.to_string(),
            action: self.action.clone().into_owned(),
            reason: self.reason.clone().into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::time;

    /// Lines of decisions `(seconds, action, reason)`, newest first, as `(seconds of the newest, of
    /// the oldest, count)`.
    fn lines(filter: &DecisionFilter, all: &[(i64, &str, &str)]) -> (Vec<(i64, i64, u64)>, bool) {
        let mut builder = LineBuilder::new(filter);
        for (at, action, reason) in all {
            let key = DecisionKey {
                daemon: "main".to_owned(),
                action: (*action).to_owned(),
                reason: (*reason).to_owned(),
            };
            if !builder.add(key, time(*at), *at) {
                break;
            }
        }
        let (lines, more) = builder.finish();
        let seconds = |at: Timestamp| at.as_second() - time(0).as_second();
        let shown =
            lines.iter().map(|line| (line.newest, seconds(line.oldest_at), line.count)).collect();
        (shown, more)
    }

    const ALL: [(i64, &str, &str); 7] = [
        (70, "hold", "at_target"),
        (60, "hold", "at_target"),
        (50, "set_fee", "price_move"),
        (40, "hold", "at_target"),
        (30, "hold", "cooldown"),
        (20, "hold", "cooldown"),
        (10, "set_fee", "price_move"),
    ];

    #[test]
    fn holds_for_one_reason_share_a_line_until_anything_else_happens() {
        let folded = DecisionFilter { limit: 9, folded: true, ..DecisionFilter::default() };
        let runs = [(70, 60, 2), (50, 50, 1), (40, 40, 1), (30, 20, 2), (10, 10, 1)];
        assert_eq!(lines(&folded, &ALL), (runs.to_vec(), false));
        let holds = DecisionFilter { actions: vec!["hold"], ..folded.clone() };
        assert_eq!(lines(&holds, &ALL).0, [(70, 60, 2), (40, 40, 1), (30, 20, 2)]);
        let single = DecisionFilter { folded: false, ..folded };
        assert_eq!(lines(&single, &ALL).0.len(), 7);
    }

    #[test]
    fn the_newest_lines_are_taken_and_more_are_announced() {
        let two = DecisionFilter { limit: 2, folded: true, ..DecisionFilter::default() };
        assert_eq!(lines(&two, &ALL), (vec![(70, 60, 2), (50, 50, 1)], true));
        let span =
            DecisionFilter { since: Some(time(20)), before: Some(time(50)), limit: 9, ..two };
        assert_eq!(lines(&span, &ALL), (vec![(40, 40, 1), (30, 20, 2)], false));
        let changes = DecisionFilter { actions: vec!["set_fee"], ..DecisionFilter::default() };
        assert!(changes.wants_changes_only() && !two_holds().wants_changes_only());
    }

    fn two_holds() -> DecisionFilter {
        DecisionFilter { actions: vec!["set_fee", "hold"], ..DecisionFilter::default() }
    }
}
