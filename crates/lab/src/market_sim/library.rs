//! The shipped scenarios.

use super::scenario::{Scenario, ScenarioError};

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        /// Name and text of every shipped scenario.
        const TEXTS: &[(&str, &str)] = &[
            $(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/", $name, ".toml")))),*
        ];
    };
}

shipped![
    "tour",
    "surplus",
    "dust",
    "list-price",
    "scarce",
    "regime-switch",
    "regime-drop",
    "free-outage",
    "undercut-war",
    "hold-up",
    "low-tx-fees",
    "restarts",
    "meddler",
    "own-blocks",
    "coordinator",
    "slow-zkapp",
    "zkapps",
    "ladder",
    "newcomers",
    "flaky-free",
    "short-outages",
    "half-covered",
    "well-covered",
    "cover-fleet",
];

/// Names of the shipped scenarios.
pub fn names() -> impl Iterator<Item = &'static str> {
    TEXTS.iter().map(|(name, _)| *name)
}

/// The text of a shipped scenario.
pub fn text(name: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// A shipped scenario by name.
///
/// # Errors
///
/// [`ScenarioError::Unknown`] with the names that exist.
pub fn scenario(name: &str) -> Result<Scenario, ScenarioError> {
    let unknown = || ScenarioError::Unknown {
        name: name.to_owned(),
        known: names().collect::<Vec<_>>().join(", "),
    };
    Scenario::parse(text(name).ok_or_else(unknown)?)
}

#[cfg(test)]
mod tests;
