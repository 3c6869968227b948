//! The port through which replicas of the service share out a fleet.

use std::{collections::BTreeSet, time::Duration};

use crate::{ledger::Reply, units::DaemonId};

/// Share of a lease that must be left of it for a mutation to be sent, which may therefore take no
/// longer: one part in so many.
pub const SEND_SHARE: u32 = 3;
/// How often a lease is renewed within its length.
pub const RENEWALS: u32 = 9;

/// A daemon that replicas share out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The daemon.
    pub daemon: DaemonId,
    /// Its preferred site; empty for anywhere.
    pub site: String,
}

/// What a replica holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tenancy {
    /// Daemons that this replica holds.
    pub held: BTreeSet<DaemonId>,
    /// Those of them that it is to give up, once nothing of it works them any more.
    pub surplus: BTreeSet<DaemonId>,
    /// How often a daemon came to this replica or went from it.
    pub transitions: u64,
}

impl Tenancy {
    /// Whether this replica works a daemon.
    pub fn works(&self, daemon: &DaemonId) -> bool {
        self.held.contains(daemon) && !self.surplus.contains(daemon)
    }
}

/// Leases on daemons, each held by one replica at a time. What a replica does not hold it neither
/// records nor sends anything about, which its ledger sees to.
pub trait FleetLeases: Send + Sync {
    /// The name of this replica.
    fn replica(&self) -> &str;

    /// How often leases are to be renewed.
    fn round_period(&self) -> Duration;

    /// Renews what this replica holds and takes what is its share and free. Where that fails, what
    /// was held stays held until its lease ends.
    fn renew<'a>(&'a self, claims: &'a [Claim]) -> Reply<'a, Tenancy>;

    /// Gives up daemons that nothing of this replica works any more; at its end for good.
    fn release<'a>(&'a self, daemons: &'a BTreeSet<DaemonId>, leaves: bool) -> Reply<'a, ()>;
}
