//! What a page is made from, and links that keep what was chosen.

use jiff::Timestamp;
use snarkfee_core::{decision_log::DecisionPage, record::Mode, trend::TrendPoint, units::DaemonId};

use crate::{
    telemetry::DaemonOverview,
    web::{
        past::Past,
        query::{ActionFilter, RequestQuery},
        state::WebState,
    },
};

/// What a page is made from.
pub(super) struct PageContext<'a> {
    pub(super) state: &'a WebState,
    pub(super) now: Timestamp,
    pub(super) mode: Mode,
    pub(super) daemons: Vec<DaemonOverview>,
    pub(super) query: RequestQuery,
}

/// A daemon and what was read of its past.
pub(super) struct ShownDaemon {
    pub(super) overview: DaemonOverview,
    pub(super) trend: Past<Vec<TrendPoint>>,
    pub(super) decisions: Past<DecisionPage>,
}

impl PageContext<'_> {
    /// Which decisions are shown.
    pub(super) fn action(&self) -> ActionFilter {
        self.query.action.unwrap_or(ActionFilter::Changes)
    }

    /// A link to a daemon that keeps the chosen range and decisions, but for what is given here.
    pub(super) fn link(&self, daemon: &DaemonId, given: &[(&str, &str)]) -> String {
        let chosen = [
            ("range", self.query.range.map(|range| range.name())),
            ("action", self.query.action.map(|action| action.name())),
        ];
        let kept = chosen
            .into_iter()
            .filter(|(name, _)| given.iter().all(|(other, _)| other != name))
            .filter_map(|(name, value)| Some((name, value?)));
        let parameters: Vec<_> = kept.chain(given.iter().copied()).collect();
        page_link(daemon, &parameters)
    }
}

/// Links to this page, with a daemon and further parameters.
pub(super) fn page_link(daemon: &DaemonId, parameters: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("daemon", daemon.as_str());
    for (name, value) in parameters {
        query.append_pair(name, value);
    }
    format!("/?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_encoded() {
        let daemon = DaemonId::try_new("a.b").unwrap();
        assert_eq!(
            page_link(&daemon, &[("before", "2026-01-01T00:00:00Z")]),
            "/?daemon=a.b&before=2026-01-01T00%3A00%3A00Z"
        );
    }
}
