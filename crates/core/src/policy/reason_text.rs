//! Reasons for people: with amounts in the unit in which the daemon counts, and with what a dry run
//! only imagines named as that.

use std::{fmt, time::Duration};

use super::{reason::Reason, state::Mode};
use crate::{market::ProofNeed, units::FeeUnit};

/// To the second: nobody waits for a fraction of it.
const TIME: &str = "%F %T UTC";

impl Reason {
    /// The reason for people: amounts in the unit in which the daemon counts, and what a dry run
    /// only imagines as that.
    pub const fn show(&self, unit: FeeUnit, mode: Mode) -> ShownReason<'_> {
        ShownReason { reason: self, unit, mode }
    }
}

/// As for a live daemon that counts in nanomina.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(FeeUnit::Nanomina, Mode::Live).fmt(f)
    }
}

/// A [`Reason`] as people read it.
#[derive(Clone, Copy, Debug)]
pub struct ShownReason<'a> {
    reason: &'a Reason,
    unit: FeeUnit,
    mode: Mode,
}

impl ShownReason<'_> {
    /// `live` where what is said was done, `dry` where it may only have been imagined.
    const fn done<'a>(&self, live: &'a str, dry: &'a str) -> &'a str {
        match self.mode {
            Mode::Live => live,
            Mode::DryRun => dry,
        }
    }
}

impl fmt::Display for ShownReason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.unit;
        match self.reason {
            Reason::JournalDoubt { doubt } => write!(
                f,
                "the journal may have lost a pause or what was done before ({doubt}); check the \
                 daemon, then `snarkfee resume`"
            ),
            Reason::Paused { until: Some(until) } => {
                write!(f, "paused by the operator until {}", until.strftime(TIME))
            }
            Reason::Paused { until: None } => write!(f, "paused by the operator"),
            Reason::BreakerOpen { failures } => {
                write!(f, "breaker open after {failures} failures in a row, observing only")
            }
            Reason::StatusFault { fault } => write!(f, "daemon status: {fault}"),
            Reason::ChainFault { fault } => write!(f, "best chain: {fault}"),
            Reason::BookFault { fault } => write!(f, "order book: {fault}"),
            Reason::MetricsFault { fault } => write!(f, "daemon metrics: {fault}"),
            Reason::Stale { age, limit } => {
                write!(f, "what was read is {} old, limit {}", span(*age), span(*limit))
            }
            Reason::ClockSet { by } => {
                let way = if by.is_negative() { "back" } else { "forward" };
                let by = span(by.unsigned_abs());
                write!(f, "the clock was set {way} by {by} since the last look")
            }
            Reason::Unsynced { state } => {
                write!(f, "the daemon is not synced ({})", state.as_str())
            }
            Reason::DaemonClock { by, limit } => {
                let way = if by.is_negative() { "behind" } else { "ahead of" };
                let (by, limit) = (span(by.unsigned_abs()), span(*limit));
                write!(f, "the daemon's clock is {by} {way} this machine's, limit {limit}")
            }
            Reason::NoTip => f.write_str("the daemon calls itself synced but has no best tip"),
            Reason::HeightBehind { height, received } => {
                write!(f, "the daemon is at height {height}, its peers sent {received}")
            }
            Reason::UptimeStands { uptime, stands } => write!(
                f,
                "the daemon's uptime has stood at {} for {}: its answers are not of now",
                span(*uptime),
                span(*stands)
            ),
            Reason::TipBehind { age, limit } => {
                write!(f, "the best tip is {} old, limit {}", span(*age), span(*limit))
            }
            Reason::FewPeers { have, need } => write!(f, "{have} peers, at least {need} wanted"),
            Reason::ExternalChange { until } => {
                let until = until.strftime(TIME);
                write!(f, "someone else changed fee or key, holding until {until}")
            }
            Reason::Contested { rounds, until } => write!(
                f,
                "someone else undid what was set here {rounds} times within a week, another \
                 controller perhaps; holding until {}",
                until.strftime(TIME)
            ),
            Reason::ForeignKey { found } => {
                write!(f, "the daemon works for a key that is not ours, {}", found.short())
            }
            Reason::WriteRefused { action, fault, tries, until } => write!(
                f,
                "{} was refused{} ({fault}); not sent again before {}, unless the daemon or the \
                 settings change",
                action.show(unit),
                count(*tries),
                until.strftime(TIME)
            ),
            Reason::WriteIneffective { action, shown, tries, until } => write!(
                f,
                "{} was accepted WITHOUT EFFECT{}: the daemon still shows {}; not sent again \
                 before {}, unless the daemon or the settings change",
                action.show(unit),
                count(*tries),
                shown.show(unit),
                until.strftime(TIME)
            ),
            Reason::NoMutations => f.write_str(
                "the daemon offers neither setSnarkWorkFee nor setSnarkWorker: nothing can be set",
            ),
            Reason::AccountRefuses { demand } => write!(
                f,
                "the worker key's account demands authorization to {}: no pool takes its work",
                demand.as_str()
            ),
            Reason::ReserveAboveCeiling { reserve, ceiling } => write!(
                f,
                "the worker key has no ledger account, and without one no pool takes a fee below \
                 {}: the ceiling is {}",
                unit.show(*reserve),
                unit.show(*ceiling)
            ),
            Reason::BoundsUnknown { cause } => {
                write!(f, "floor or ceiling is in a currency, and its worth is not known: {cause}")
            }
            Reason::BoundsCrossed { floor, ceiling } => write!(
                f,
                "at the price of MINA the floor is {}, above the ceiling of {}",
                unit.show(*floor),
                unit.show(*ceiling)
            ),
            Reason::SharedReading { by } => write!(
                f,
                "a change is due by what daemon {by} read; this daemon's own blocks and book are \
                 read next"
            ),
            Reason::RoleUnsure => f.write_str(
                "no worker key is shown and no work is handed out: off, or a coordinator; set \
                 role to tell",
            ),
            Reason::NoWorkerKey => f.write_str(
                "switching on or off would be right; it needs a worker_key in the settings",
            ),
            Reason::CostUnknown { cause } => write!(f, "the cost of a work is not known: {cause}"),
            Reason::OwnBlockAhead { slot, begun: false } => {
                write!(f, "the daemon produces a block at {}", slot.strftime(TIME))
            }
            Reason::OwnBlockAhead { slot, begun: true } => {
                write!(f, "the daemon may be producing its block of {}", slot.strftime(TIME))
            }
            Reason::OwnBlockPassed => f.write_str("the daemon's own block is over"),
            Reason::TooFewSamples { have, need } => write!(f, "{have} sales seen, {need} wanted"),
            Reason::Uneconomical { expected, threshold } => {
                let (expected, limit) = (unit.show_exact_rate(*expected), *threshold);
                let limit = unit.show_exact_rate(limit);
                write!(
                    f,
                    "computing does not pay: {expected} expected at the best fee, below {limit}"
                )
            }
            Reason::Profitable { expected, threshold } => {
                let (expected, limit) = (unit.show_exact_rate(*expected), *threshold);
                let limit = unit.show_exact_rate(limit);
                write!(f, "computing pays: {expected} expected at the best fee, at least {limit}")
            }
            Reason::Confirming { have, need } => {
                write!(f, "waiting for {need} looks in a row to agree, {have} so far")
            }
            Reason::PriceMove { from, to } => {
                write!(f, "the best fee is {}, not {}", unit.show(*to), unit.show(*from))
            }
            Reason::InsideDeadband { at, better } => {
                let (at, better) = (unit.show(*at), unit.show(*better));
                write!(f, "{better} would be better than {at}, but not by enough")
            }
            Reason::Cooldown { remaining } => {
                let changed = self.done("changed recently", "changed recently, or would have");
                write!(f, "the fee {changed}, {} to go", span(*remaining))
            }
            Reason::MinOn { remaining } => {
                let on = self.done("switched on recently", "recently on, or would be");
                write!(f, "{on}, {} to go", span(*remaining))
            }
            Reason::MinOff { remaining } => {
                let off = self.done("switched off recently", "recently off, or would be");
                write!(f, "{off}, {} to go", span(*remaining))
            }
            Reason::WindingDown { remaining } => {
                let (is, left) = (self.done("is", "would be"), span(*remaining));
                write!(
                    f,
                    "computing does not pay: the running proof {is} finished, {left} to go, then off"
                )
            }
            Reason::SwitchHazard { remaining } => {
                let last = self.done("the last switch", "a switch, made or imagined");
                write!(f, "too soon after {last}, {} to go", span(*remaining))
            }
            Reason::DailyBudget { limit } => {
                let are = self.done("are", "are, or would be,");
                write!(f, "all {limit} changes of the day {are} used")
            }
            Reason::AtTarget => {
                f.write_str(self.done("the daemon asks the best fee", "no other fee is better"))
            }
            Reason::Covering { need } => {
                write!(
                    f,
                    "{} for the network: {}",
                    self.done("proving", "would be proving"),
                    Need(need)
                )
            }
            Reason::ProofsLacking { need } => {
                write!(f, "works that are bought next lack proofs: {}", Need(need))
            }
            Reason::CoverageThinning { need } => {
                write!(f, "others prove too slowly for what is bought later: {}", Need(need))
            }
            Reason::Covered { need } => {
                write!(f, "the network does without this worker: {}", Need(need))
            }
            Reason::StandsBy { need } => {
                let off = self.done("off", "would be off");
                write!(f, "{off}, the network does without this worker: {}", Need(need))
            }
            Reason::AwaitingTurn { remaining } => write!(
                f,
                "other operators may come first, {} until it is this one's turn",
                span(*remaining)
            ),
            Reason::BookUnknown => f.write_str(
                "the order book is not known, or the pool still fills: which works lack proofs \
                 cannot be told",
            ),
            Reason::ServiceStops => f.write_str("the service stops"),
            Reason::JournalFault { fault } => {
                write!(f, "an action was due but the journal cannot record it: {fault}")
            }
            Reason::StaysOff { expected, threshold } => {
                let (off, resumes) =
                    (self.done("off", "would be off"), self.done("resumes", "would resume"));
                let (expected, threshold) =
                    (unit.show_exact_rate(*expected), unit.show_exact_rate(*threshold));
                write!(f, "{off}: {expected} expected at the best fee, {resumes} at {threshold}")
            }
        }
    }
}

/// The numbers behind a decision of strategy `cover`.
struct Need<'a>(&'a ProofNeed);

impl fmt::Display for Need<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ProofNeed { due, due_unproved, unproved, wanted_within, others_take, slack, .. } =
            self.0;
        write!(f, "{due_unproved} of {due} due works and {unproved} in all have no proof")?;
        if *unproved == 0 {
            return Ok(());
        }
        write!(f, ", the first wanted within {}", span(*wanted_within))?;
        match others_take {
            Some(take) => write!(f, "; others take {} for them", span(*take))?,
            None => write!(f, "; others prove none")?,
        }
        let late = if slack.is_negative() { "late" } else { "early" };
        write!(f, ", this worker would be {} {late}", span(slack.unsigned_abs()))
    }
}

/// How often something failed, where it is more than once.
fn count(tries: u32) -> String {
    if tries > 1 { format!(", {tries} times in a row") } else { String::new() }
}

/// A duration rounded to seconds, as people write it.
fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds % 3600 / 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, 0) => format!("{m} min"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, 0, _) => format!("{h} h"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fault::Fault,
        fixtures::fee,
        units::{FeeRate, Nanomina},
    };

    fn shown(reason: &Reason, unit: FeeUnit) -> String {
        reason.show(unit, Mode::Live).to_string()
    }

    #[test]
    fn amounts_are_written_in_the_unit_of_the_daemon() {
        let moved = Reason::PriceMove { from: Nanomina::ONE, to: fee(12) };
        let expected = "the best fee is 0.000000012 MINA, not 0.000000001 MINA";
        assert_eq!(shown(&moved, FeeUnit::Nanomina), expected);
        let expected = "the best fee is 12 base units, not 1 base unit";
        assert_eq!(shown(&moved, FeeUnit::BaseUnit), expected);
        let off =
            Reason::StaysOff { expected: FeeRate::new(-3), threshold: FeeRate::new(1_500_000_000) };
        let text = shown(&off, FeeUnit::BaseUnit);
        assert!(
            text.contains("-3 base units/h") && text.contains("1500000000 base units/h"),
            "{text}"
        );
        assert!(!text.contains("MINA"), "{text}");
    }

    #[test]
    fn text_from_a_daemon_is_shown_as_it_is() {
        let fault = Fault::Refused { message: "5 MINA".to_owned() };
        let text = shown(&Reason::StatusFault { fault }, FeeUnit::BaseUnit);
        assert!(text.contains("5 MINA"), "{text}");
    }

    #[test]
    fn a_dry_run_never_says_that_something_was_done() {
        let claims = ["switched on", "switched off", "the daemon asks", "resumes", "is finished"];
        for reason in crate::fixtures::every_reason() {
            let text = reason.show(FeeUnit::Nanomina, Mode::DryRun).to_string();
            assert!(!claims.iter().any(|claim| text.contains(claim)), "{text}");
            assert!(!text.is_empty());
        }
    }
}
