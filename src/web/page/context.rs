//! What a page is made from.

use jiff::Timestamp;
use snarkfee_core::{record::Mode, units::DaemonId};

use crate::{
    telemetry::DaemonOverview,
    web::{query::RequestQuery, state::WebState},
};

/// What a page is made from.
pub(super) struct PageContext<'a> {
    pub(super) state: &'a WebState,
    pub(super) now: Timestamp,
    pub(super) mode: Mode,
    pub(super) daemons: Vec<DaemonOverview>,
    pub(super) query: RequestQuery,
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
