//! The query parameters of page and API.

use jiff::Timestamp;
use snarkfee_core::{policy::Action, trend::TrendRange, units::DaemonId};
use url::form_urlencoded;

use super::{
    error::ErrorResponse,
    fleet_query::{FleetFilter, FleetOrder},
};

/// The query parameters of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RequestQuery {
    pub(super) daemon: Option<DaemonId>,
    pub(super) limit: Option<usize>,
    pub(super) before: Option<Timestamp>,
    pub(super) action: Option<ActionFilter>,
    pub(super) range: Option<TrendRange>,
    pub(super) sort: Option<FleetOrder>,
    pub(super) show: Option<FleetFilter>,
}

/// Which decisions to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ActionFilter {
    /// Every one.
    All,
    /// All but holds.
    Changes,
    /// Those of one action.
    Only(&'static str),
}

impl ActionFilter {
    pub(super) const ALL: [Self; 7] = [
        Self::Changes,
        Self::All,
        Self::Only("set_fee"),
        Self::Only("switch_on"),
        Self::Only("switch_off"),
        Self::Only("park"),
        Self::Only("hold"),
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Changes => "changes",
            Self::Only(code) => code,
        }
    }

    pub(super) fn codes(self) -> Vec<&'static str> {
        match self {
            Self::All => Vec::new(),
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
                "action" => {
                    let action = parse_choice(&name, &value, &ActionFilter::ALL, |f| f.name());
                    set_once("action", &mut query.action, action)?;
                }
                "range" => {
                    let range = parse_choice(&name, &value, &TrendRange::ALL, |r| r.name());
                    set_once("range", &mut query.range, range)?;
                }
                "sort" => {
                    let order = parse_choice(&name, &value, &FleetOrder::ALL, |o| o.name());
                    set_once("sort", &mut query.sort, order)?;
                }
                _ => {
                    let shown = parse_choice(&name, &value, &FleetFilter::ALL, |f| f.name());
                    set_once("show", &mut query.show, shown)?;
                }
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

/// One of some values, by its name.
fn parse_choice<T: Copy>(
    parameter: &str,
    text: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, String> {
    all.iter().copied().find(|choice| name(*choice) == text).ok_or_else(|| {
        let names: Vec<_> = all.iter().copied().map(name).collect();
        format!("{parameter} must be one of {}, not {:?}", names.join(", "), excerpt(text))
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
        let known = ["daemon", "limit", "before", "action", "range", "sort", "show"];
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
            "range=year",
            "sort=luck",
            "show=x",
            "other=1",
            "limit=1&limit=2",
            "daemon=%00",
        ] {
            assert!(RequestQuery::parse(Some(bad), &known).is_err(), "{bad}");
        }
        assert!(RequestQuery::parse(Some("limit=1"), &["daemon"]).is_err());
    }
}
