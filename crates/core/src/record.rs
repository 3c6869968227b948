//! The record of a look: what was seen, concluded, decided and done. Log, metrics, journal, page and
//! replay all read it; nothing else derives what happened.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::policy::{HoldState, Mode, Outcome, Pause, Role};
use crate::{
    account::Money,
    cost::{CostEstimate, Expense},
    fault::Fault,
    market::{Effort, Look, MarketSummary, SellerSummary},
    policy::{Action, DaemonSettings, Decision, Wanted},
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
    /// Whether the operator or the breaker holds the worker as it is.
    pub hold: HoldState,
    /// Schema era of the daemon, once known.
    pub era: Option<String>,
    /// Worker or coordinator.
    pub role: Role,
    /// What was read.
    pub look: Look,
    /// The market; `None` before the first usable look.
    pub market: Option<MarketSummary>,
    /// The competing sellers, those with the largest share of sales first. The journal leaves them
    /// out: they follow from the looks that it holds.
    #[serde(skip)]
    pub sellers: Vec<SellerSummary>,
    /// What was decided.
    pub decision: Decision,
    /// What the decision led to.
    pub outcome: Outcome,
    /// What decisions so far, this one included, ask the daemon to be set to; in dry-run nothing of
    /// it was sent. `None` while that is not known.
    #[serde(default)]
    pub wanted: Option<Wanted>,
    /// Cost of one work; `None` if unknown.
    pub cost: Option<Nanomina>,
    /// The same with its range and where it is from.
    #[serde(default)]
    pub cost_estimate: Option<CostEstimate>,
    /// What our provers did since the look before.
    #[serde(default)]
    pub effort: Effort,
    /// What that cost; `None` if unknown.
    #[serde(default)]
    pub expense: Option<Expense>,
    /// What our work earned and cost since the account began; `None` before.
    #[serde(default)]
    pub money: Option<Money>,
    /// Predicted minus realised share of our own works sold, over the window; `None` before any fate
    /// is known.
    pub prediction_error: Option<f64>,
    /// Real time that reading, deciding and acting took.
    pub took: Duration,
}

impl Record {
    /// The daemon's settings after the look, as far as known; `None` if it was not read.
    fn settings_after(&self) -> Option<DaemonSettings> {
        let before = DaemonSettings::from(self.look.status.as_ref().ok()?);
        Some(match &self.outcome {
            Outcome::Applied { overtook: None, .. } => before,
            Outcome::Ineffective { shown } => shown.clone(),
            outcome => outcome.left(&before, &self.decision.action).unwrap_or(before),
        })
    }

    /// The fee that the daemon asks after the look: the one set, else the one read; `None` if
    /// unknown.
    pub fn fee_after(&self) -> Option<Nanomina> {
        self.settings_after().map(|settings| settings.fee)
    }

    /// The unit in which the daemon counts fees.
    pub fn fee_unit(&self) -> FeeUnit {
        FeeUnit::of_era(self.era.as_deref())
    }

    /// Whether the worker is on after the look; `None` if unknown: a coordinator never shows its key,
    /// and before the role is known a missing key may mean either.
    pub fn enabled_after(&self) -> Option<bool> {
        let off = match &self.outcome {
            Outcome::Confirmed => true,
            Outcome::Applied { overtook: Some(overtook), .. } => overtook.left.worker.is_none(),
            _ => false,
        };
        if off && self.decision.action == Action::SwitchOff {
            return Some(false);
        }
        self.tell_enabled(self.settings_after()?.worker.is_some())
    }

    /// Whether the worker is or would be on as decisions so far ask; `None` if unknown.
    pub fn wanted_enabled(&self) -> Option<bool> {
        self.tell_enabled(self.wanted.as_ref()?.worker.is_some())
    }

    fn tell_enabled(&self, shown: bool) -> Option<bool> {
        match self.role {
            Role::Worker => Some(shown),
            Role::Unsure => shown.then_some(true),
            Role::Coordinator => None,
        }
    }

    /// Whether a dry run would have the daemon set to something else than it is.
    pub fn imagines(&self) -> bool {
        let shown = self.look.status.as_ref().ok().map(|status| (&status.worker, status.fee));
        let wanted = self.wanted.as_ref().map(|wanted| (&wanted.worker, wanted.fee));
        self.mode == Mode::DryRun && shown.is_some() && wanted.is_some() && shown != wanted
    }

    /// The reason for people, in the daemon's unit, bounded in length.
    pub fn reason_text(&self) -> String {
        Fault::excerpt(&self.decision.reason.show(self.fee_unit(), self.mode).to_string())
    }

    /// The market, if an order book counts, which this look read or an earlier one; otherwise the
    /// summary knows nothing about open works.
    pub fn book(&self) -> Option<&MarketSummary> {
        let reads = matches!(self.look.book, Some(Ok(_)));
        self.market.as_ref().filter(|market| reads || market.book_read.is_some())
    }

    /// The sources of a look.
    pub const SOURCES: [&'static str; 5] = ["status", "chain", "book", "metrics", "account"];

    /// When what a look shows was read, by the name of the source, where this one read it.
    pub fn readings(&self) -> impl Iterator<Item = (&'static str, Timestamp)> {
        let look = &self.look;
        let market = look.market_read.as_ref().map_or(look.at, |source| source.at);
        let read = [
            look.status.is_ok().then_some(look.at),
            matches!(look.chain, Some(Ok(_))).then_some(market),
            matches!(look.book, Some(Ok(_))).then_some(market),
            matches!(look.metrics, Some(Ok(_))).then_some(look.at),
            matches!(look.account, Some(Ok(_))).then_some(look.at),
        ];
        Self::SOURCES.into_iter().zip(read).filter_map(|(source, at)| Some((source, at?)))
    }

    /// Whether all that was asked of the daemon's API was read.
    pub fn read_in_full(&self) -> bool {
        let look = &self.look;
        look.status.is_ok()
            && look.chain.as_ref().is_none_or(Result::is_ok)
            && look.book.as_ref().is_none_or(Result::is_ok)
    }

    /// The fault of each source that failed, by the name of the source.
    pub fn faults(&self) -> Vec<(&'static str, &Fault)> {
        let look = &self.look;
        let sources = [
            ("status", look.status.as_ref().err()),
            ("chain", look.chain.as_ref().and_then(|chain| chain.as_ref().err())),
            ("book", look.book.as_ref().and_then(|book| book.as_ref().err())),
            ("metrics", look.metrics.as_ref().and_then(|metrics| metrics.as_ref().err())),
            ("account", look.account.as_ref().and_then(|account| account.as_ref().err())),
        ];
        sources.into_iter().filter_map(|(source, fault)| Some((source, fault?))).collect()
    }
}
