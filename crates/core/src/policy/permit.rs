//! The permit without which nothing is sent to a daemon.
//!
//! Only the gates (`policy::gates`) make a [`Permit`], from a status just read and for one action.
//! A port sends nothing but a [`PermittedMutation`], and only a permit yields those. So a mutation
//! that no gate allowed does not compile.

use super::{
    daemon_settings::{Action, DaemonSettings, Mutation},
    state::Mode,
};

/// Permission to carry out one action on a daemon with the settings just read. It is used up by
/// being carried out.
#[derive(Debug)]
#[must_use = "an action that is permitted and not carried out changes nothing"]
pub struct Permit {
    mode: Mode,
    from: DaemonSettings,
    action: Action,
}

impl Permit {
    /// For the gates alone.
    pub(super) const fn new(mode: Mode, from: DaemonSettings, action: Action) -> Self {
        Self { mode, from, action }
    }

    /// Any permit, for the tests of what carries it out.
    #[cfg(test)]
    pub(crate) const fn for_tests(mode: Mode, from: DaemonSettings, action: Action) -> Self {
        Self::new(mode, from, action)
    }

    /// Whether the action is sent or only recorded.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// What the daemon is set to; in dry-run, what it would be set to.
    pub const fn from(&self) -> &DaemonSettings {
        &self.from
    }

    /// What to do.
    pub const fn action(&self) -> &Action {
        &self.action
    }

    /// Whether the daemon already has the settings that the action leads to.
    pub fn changes_nothing(&self) -> bool {
        Mutation::plan(&self.from, &self.action).is_empty()
    }

    /// What may be sent, in order; nothing in dry-run.
    pub fn into_mutations(self) -> impl Iterator<Item = PermittedMutation> {
        let planned = match self.mode {
            Mode::DryRun => Vec::new(),
            Mode::Live => Mutation::plan(&self.from, &self.action),
        };
        planned.into_iter().map(PermittedMutation)
    }
}

/// A mutation that the gates allowed. It is sent once: sending takes it.
#[derive(Debug, PartialEq, Eq)]
pub struct PermittedMutation(Mutation);

impl PermittedMutation {
    /// The mutation.
    pub const fn mutation(&self) -> &Mutation {
        &self.0
    }

    /// Any mutation, for the tests of ports.
    #[cfg(any(test, feature = "fixtures"))]
    pub const fn for_tests(mutation: Mutation) -> Self {
        Self(mutation)
    }
}
