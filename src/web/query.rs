//! The query parameters of page and API.

use jiff::Timestamp;
use snarkfee_core::{policy::Action, units::DaemonId};
use url::form_urlencoded;

use super::error::ErrorResponse;

/// The query parameters of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RequestQuery {
    pub(super) daemon: Option<DaemonId>,
    pub(super) limit: Option<usize>,
    pub(super) before: Option<Timestamp>,
    pub(super) action: Option<ActionFilter>,
}

/// Which decisions to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ActionFilter {
    /// All but holds.
    Changes,
    /// Those of one action.
    Only(&'static str),
}

impl ActionFilter {
    pub(super) const ALL: [Self; 6] = [
        Self::Changes,
        Self::Only("set_fee"),
        Self::Only("switch_on"),
        Self::Only("switch_off"),
        Self::Only("park"),
        Self::Only("hold"),
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Changes => "changes",
            Self::Only(code) => code,
        }
    }

    pub(super) fn codes(self) -> Vec<&'static str> {
        match self {
            Self::Changes => {
                Action::CODES.into_iter().filter(|code| *code != Action::Hold.code()).collect()
            }
            Self::Only(code) => vec![code],
        }
    }
}

/// Most decisions in one answer.
const MAX_LIMIT: usize = 1_000;

impl RequestQuery {
    /// Parses the parameters in `known`. An unknown or repeated parameter and an invalid value are
    /// errors that name it.
    pub(super) fn parse(raw: Option<&str>, known: &[&str]) -> Result<Self, ErrorResponse> {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(raw.unwrap_or_default().as_bytes()) {
            if !known.contains(&name.as_ref()) {
                let name = excerpt(&name);
                return Err(ErrorResponse::bad_request(format!(
                    "{name:?} is not a parameter of this path; it takes {}",
                    known.join(", ")
                )));
            }
            match name.as_ref() {
                "daemon" => set_once(
                    "daemon",
                    &mut query.daemon,
                    DaemonId::try_new(&value).map_err(|e| e.to_string()),
                )?,
                "limit" => set_once("limit", &mut query.limit, parse_limit(&value))?,
                "before" => set_once("before", &mut query.before, parse_before(&value))?,
                _ => set_once("action", &mut query.action, parse_action(&value))?,
            }
        }
        Ok(query)
    }
}

fn set_once<T>(
    name: &str,
    slot: &mut Option<T>,
    value: Result<T, String>,
) -> Result<(), ErrorResponse> {
    let value = value.map_err(ErrorResponse::bad_request)?;
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(ErrorResponse::bad_request(format!("{name} is given twice"))),
    }
}

fn parse_limit(text: &str) -> Result<usize, String> {
    let limit = text.parse::<usize>().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
    limit.ok_or_else(|| {
        format!("limit must be a whole number from 1 to {MAX_LIMIT}, not {:?}", excerpt(text))
    })
}

fn parse_before(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| {
        format!("before must be a time such as 2026-01-31T14:02:00Z, not {:?}", excerpt(text))
    })
}

fn parse_action(text: &str) -> Result<ActionFilter, String> {
    ActionFilter::ALL.into_iter().find(|filter| filter.name() == text).ok_or_else(|| {
        let names: Vec<_> = ActionFilter::ALL.into_iter().map(ActionFilter::name).collect();
        format!("action must be one of {}, not {:?}", names.join(", "), excerpt(text))
    })
}

fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_can_be_asked_for() {
        for code in Action::CODES {
            assert!(ActionFilter::ALL.contains(&ActionFilter::Only(code)), "{code}");
        }
        assert!(!ActionFilter::Changes.codes().contains(&"hold"));
        assert_eq!(ActionFilter::Changes.codes().len(), Action::CODES.len() - 1);
    }

    #[test]
    fn values_are_parsed_and_invalid_ones_refused() {
        let known = ["daemon", "limit", "before", "action"];
        let query = RequestQuery::parse(
            Some("daemon=a&limit=1000&before=2026-01-31T14%3A02%3A00Z&action=changes"),
            &known,
        );
        let query = query.unwrap();
        assert_eq!(query.limit, Some(1000));
        assert_eq!(query.action, Some(ActionFilter::Changes));
        assert_eq!(query.before.map(|at| at.to_string()).as_deref(), Some("2026-01-31T14:02:00Z"));
        for bad in [
            "limit=0",
            "limit=1001",
            "limit=-1",
            "limit=a",
            "limit=",
            "before=now",
            "daemon=",
            "daemon=a%20b",
            "action=x",
            "other=1",
            "limit=1&limit=2",
            "daemon=%00",
        ] {
            assert!(RequestQuery::parse(Some(bad), &known).is_err(), "{bad}");
        }
        assert!(RequestQuery::parse(Some("limit=1"), &["daemon"]).is_err());
    }
}
