//! The permit without which nothing is sent to a daemon.
//!
//! Only the gates (`policy::gates`) make a [`Permit`], from a status just read and for one action.
//! A port sends nothing but a [`PermittedMutation`], and only a permit yields those. So a mutation
//! that no gate allowed does not compile.

use super::{
    daemon_settings::{Action, DaemonSettings, Mutation},
    dry_run::Basis,
};

/// Permission to carry out one action on a daemon with the settings just read, or to imagine it. It
/// is used up by being carried out.
#[derive(Debug)]
#[must_use = "an action that is permitted and not carried out changes nothing"]
pub struct Permit {
    from: Basis,
    action: Action,
}

impl Permit {
    /// For the gates alone.
    pub(super) const fn new(from: Basis, action: Action) -> Self {
        Self { from, action }
    }

    /// Any permit, for the tests of what carries it out.
    #[cfg(test)]
    pub(crate) const fn for_tests(from: Basis, action: Action) -> Self {
        Self::new(from, action)
    }

    /// What the daemon is set to; in dry-run, what it would be set to.
    pub const fn from(&self) -> &Basis {
        &self.from
    }

    /// What to do.
    pub const fn action(&self) -> &Action {
        &self.action
    }

    /// Whether the action leads to the settings that it starts from.
    pub fn changes_nothing(&self) -> bool {
        self.from.stays_with(&self.action)
    }

    /// What is to be sent; `None` in dry-run.
    pub fn into_sending(self) -> Option<Sending> {
        match self.from {
            Basis::Real(from) => Some(Sending { from, action: self.action }),
            Basis::Imagined(_) => None,
        }
    }
}

/// A permitted action that is to be sent.
#[derive(Debug)]
#[must_use = "an action that is permitted and not sent changes nothing"]
pub struct Sending {
    from: DaemonSettings,
    action: Action,
}

impl Sending {
    /// What the daemon is set to.
    pub const fn from(&self) -> &DaemonSettings {
        &self.from
    }

    /// What it is to be set to.
    pub fn to(&self) -> DaemonSettings {
        self.from.after(&self.action)
    }

    /// What may be sent, in order.
    pub fn into_mutations(self) -> impl Iterator<Item = PermittedMutation> {
        Mutation::plan(&self.from, &self.action).into_iter().map(PermittedMutation)
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
