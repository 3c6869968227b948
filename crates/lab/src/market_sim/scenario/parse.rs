//! A scenario from its text.

use super::{check, setup::Scenario};

/// Why a scenario cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// Not TOML, an unknown or missing key, a value of the wrong kind.
    #[error("not a scenario: {0}")]
    Syntax(String),
    /// Values out of range, all of them.
    #[error("scenario {name:?} cannot be used: {}", .problems.join("; "))]
    Invalid {
        /// Name of the scenario.
        name: String,
        /// One sentence for each defect.
        problems: Vec<String>,
    },
    /// No shipped scenario has this name.
    #[error("there is no scenario {name:?}; the scenarios are {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names that exist.
        known: String,
    },
}

impl Scenario {
    /// Longest accepted text, in bytes.
    pub const LONGEST_TEXT: usize = 1 << 20;

    /// Parses and checks a scenario.
    ///
    /// # Errors
    ///
    /// [`ScenarioError::Syntax`] with the first syntax error, or [`ScenarioError::Invalid`] with all
    /// invalid values.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        if text.len() > Self::LONGEST_TEXT {
            return Err(ScenarioError::Syntax(format!("longer than {} bytes", Self::LONGEST_TEXT)));
        }
        let scenario: Self =
            toml::from_str(text).map_err(|error| ScenarioError::Syntax(error.to_string()))?;
        let problems = check::find_problems(&scenario);
        if problems.is_empty() {
            Ok(scenario)
        } else {
            Err(ScenarioError::Invalid { name: scenario.name, problems })
        }
    }
}

#[cfg(test)]
mod tests;
