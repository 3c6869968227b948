//! The checks and what they find.

use serde::Serialize;
use snarkfee_core::units::DaemonId;

/// A check, from a closed list with stable names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// The settings are valid.
    Config,
    /// GraphQL answers.
    Reachability,
    /// The daemon follows the chain.
    Sync,
    /// The schema has what is needed.
    Schema,
    /// The daemon takes settings.
    Mutations,
    /// The blocks of the best chain, whose sales tell prices, can be read.
    Chain,
    /// The works still to be bought can be read.
    Book,
    /// The metrics can be read.
    Metrics,
    /// The fee histogram can tell prices apart.
    Histogram,
    /// Whether it is a worker or a coordinator.
    Role,
    /// The key is valid, and the daemon works for no other.
    WorkerKey,
    /// The key has a ledger account.
    Account,
    /// That account takes what works earn.
    Permissions,
    /// No own block is due soon.
    OwnSlot,
    /// The price of MINA is known.
    Price,
    /// The price of electricity is known.
    Tariff,
    /// The cost of a work is known.
    Cost,
    /// This machine's clock agrees with the daemon's.
    Clock,
    /// Files can be kept.
    StateDir,
    /// The journal can be read and written, and nothing else runs on it.
    Store,
    /// No other controller sets fee and worker.
    OtherController,
}

impl Check {
    /// Every check, in the order in which they are shown.
    pub const ALL: [Self; 21] = [
        Self::Config,
        Self::StateDir,
        Self::Store,
        Self::Reachability,
        Self::Schema,
        Self::Mutations,
        Self::Sync,
        Self::Chain,
        Self::Book,
        Self::Metrics,
        Self::Histogram,
        Self::Role,
        Self::WorkerKey,
        Self::Account,
        Self::Permissions,
        Self::OwnSlot,
        Self::Price,
        Self::Tariff,
        Self::Cost,
        Self::Clock,
        Self::OtherController,
    ];

    /// The stable name, for people and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Reachability => "reachability",
            Self::Sync => "sync",
            Self::Chain => "chain",
            Self::Book => "book",
            Self::Schema => "schema",
            Self::Mutations => "mutations",
            Self::Metrics => "metrics",
            Self::Histogram => "histogram",
            Self::Role => "role",
            Self::WorkerKey => "worker_key",
            Self::Account => "account",
            Self::Permissions => "permissions",
            Self::OwnSlot => "own_slot",
            Self::Price => "price",
            Self::Tariff => "tariff",
            Self::Cost => "cost",
            Self::Clock => "clock",
            Self::StateDir => "state_dir",
            Self::Store => "store",
            Self::OtherController => "other_controller",
        }
    }
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing to do.
    Ok,
    /// It works, but could work better, or could not be checked.
    Warn,
    /// The service cannot do its work.
    Fail,
}

/// The result of one check, for one daemon or for the whole setup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check.
    pub check: Check,
    /// The daemon that it is about; `None` if it is about the whole setup.
    pub daemon: Option<DaemonId>,
    /// The result.
    pub verdict: Verdict,
    /// What was found, on one line.
    pub detail: String,
    /// What to do; `None` if nothing needs to be done.
    pub fix: Option<String>,
}

/// All findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    /// The findings in the order of [`Check::ALL`], daemon by daemon.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// The number of findings with this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }
}

/// The result of a check, without the daemon that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CheckResult {
    pub(super) verdict: Verdict,
    pub(super) detail: String,
    pub(super) fix: Option<String>,
}

impl CheckResult {
    pub(super) fn ok(detail: impl Into<String>) -> Self {
        Self { verdict: Verdict::Ok, detail: detail.into(), fix: None }
    }

    pub(super) fn warn(detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warn, detail: detail.into(), fix: Some(fix.into()) }
    }

    pub(super) fn fail(detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, detail: detail.into(), fix: Some(fix.into()) }
    }

    /// A check that could not be made because another one failed.
    pub(super) fn unchecked(why: &str, first: Check) -> Self {
        Self::warn(format!("not checked: {why}"), format!("fix {} first", first.name()))
    }

    pub(super) fn into_finding(self, check: Check, daemon: Option<&DaemonId>) -> Finding {
        let Self { verdict, detail, fix } = self;
        // The text may come from a daemon or from the machine.
        let line = |text: String| text.replace(char::is_control, " ");
        Finding {
            check,
            daemon: daemon.cloned(),
            verdict,
            detail: line(detail),
            fix: fix.map(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_check_has_a_name_of_its_own() {
        let names: BTreeSet<_> = Check::ALL.iter().map(|check| check.name()).collect();
        assert_eq!(names.len(), Check::ALL.len());
        assert_eq!(Check::ALL.iter().collect::<BTreeSet<_>>().len(), Check::ALL.len());
    }
}
