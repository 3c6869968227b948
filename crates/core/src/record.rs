//! The one record of a look: what was seen, concluded, decided and done. Log, metrics, journal,
//! page and replay read it, and nothing else works out what happened.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::policy::{HoldState, Mode, Outcome, Pause, Role};
use crate::{
    fault::Fault,
    market::{Look, MarketSummary},
    policy::{Action, DaemonSettings, Decision},
    units::{DaemonId, FeeUnit, Nanomina},
};

/// One look at one daemon, complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The daemon.
    pub daemon: DaemonId,
    /// Looks since the controller started, from 1.
    pub sequence: u64,
    /// When the look began.
    pub at: Timestamp,
    /// Whether decisions are carried out.
    pub mode: Mode,
    /// Whether the operator or the breaker holds the worker.
    pub hold: HoldState,
    /// Schema era of the daemon, once found.
    pub era: Option<String>,
    /// What the daemon is.
    pub role: Role,
    /// What was seen.
    pub look: Look,
    /// What is known of the market; `None` before the first usable look.
    pub market: Option<MarketSummary>,
    /// What was decided.
    pub decision: Decision,
    /// What came of it.
    pub outcome: Outcome,
    /// Cost of one work; `None` while unknown.
    pub cost: Option<Nanomina>,
    /// Predicted minus realised share of our own works sold, over the window; `None` before there
    /// is anything to compare.
    pub prediction_error: Option<f64>,
    /// Time the look took, reading, deciding and acting, in real time.
    pub took: Duration,
}

impl Record {
    /// What the daemon is set to when the look is over, else what was seen; `None` while unknown.
    fn settings_after(&self) -> Option<DaemonSettings> {
        let before = DaemonSettings::from(self.look.status.as_ref().ok()?);
        Some(match &self.outcome {
            Outcome::Applied { overtook: None, .. } => before,
            outcome => outcome.left(&before, &self.decision.action).unwrap_or(before),
        })
    }

    /// The fee the daemon asks when the look is over: the one known to be set, else the one seen;
    /// `None` while unknown.
    pub fn fee_after(&self) -> Option<Nanomina> {
        self.settings_after().map(|settings| settings.fee)
    }

    /// The unit in which the daemon counts fees.
    pub fn fee_unit(&self) -> FeeUnit {
        FeeUnit::of_era(self.era.as_deref())
    }

    /// Whether the daemon works when the look is over; `None` while that cannot be told: a
    /// coordinator never shows its key, and before the role is known a missing key may mean either.
    pub fn enabled_after(&self) -> Option<bool> {
        let off = match &self.outcome {
            Outcome::Confirmed => true,
            Outcome::Applied { overtook: Some(overtook), .. } => overtook.left.worker.is_none(),
            _ => false,
        };
        if off && self.decision.action == Action::SwitchOff {
            return Some(false);
        }
        let shown = self.settings_after()?.worker.is_some();
        match self.role {
            Role::Worker => Some(shown),
            Role::Unsure => shown.then_some(true),
            Role::Coordinator => None,
        }
    }

    /// The market, where this look read the order book: what a summary says of open works is known
    /// only then.
    pub fn book(&self) -> Option<&MarketSummary> {
        self.market.as_ref().filter(|_| matches!(self.look.book, Some(Ok(_))))
    }

    /// Whether every part asked of the daemon's API was read.
    pub fn read_in_full(&self) -> bool {
        let look = &self.look;
        look.status.is_ok()
            && look.chain.as_ref().is_none_or(Result::is_ok)
            && look.book.as_ref().is_none_or(Result::is_ok)
    }

    /// What was wrong with each source that gave nothing usable, by its name.
    pub fn faults(&self) -> Vec<(&'static str, &Fault)> {
        let look = &self.look;
        let part = [
            ("status", look.status.as_ref().err()),
            ("chain", look.chain.as_ref().and_then(|chain| chain.as_ref().err())),
            ("book", look.book.as_ref().and_then(|book| book.as_ref().err())),
            ("metrics", look.metrics.as_ref().and_then(|metrics| metrics.as_ref().err())),
            ("account", look.account.as_ref().and_then(|account| account.as_ref().err())),
        ];
        part.into_iter().filter_map(|(source, fault)| Some((source, fault?))).collect()
    }
}
