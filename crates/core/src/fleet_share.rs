//! Which replica of the service works which daemon, where several share a store.
//!
//! Invariants: every replica that sees the same fleet and the same replicas finds the same shares;
//! shares differ by at most one daemon, as far as sites allow; a daemon stays where it is unless
//! that would make shares uneven or keep it from its site.

use std::collections::{BTreeMap, BTreeSet};

use crate::units::DaemonId;

/// A running replica of the service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Replica {
    /// Its name, of which there is one.
    pub name: String,
    /// Where it runs; empty for nowhere in particular.
    pub site: String,
}

/// A daemon of the fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetMember {
    /// The daemon.
    pub daemon: DaemonId,
    /// Where it is to be worked from while a replica runs there; empty for anywhere.
    pub site: String,
    /// The name of the replica that works it.
    pub holder: Option<String>,
}

/// Finds the replica for each daemon; none where no replica runs.
///
/// Daemons that prefer a site come first and are spread over the replicas there; the others level
/// the shares. Within that a daemon stays with its holder.
pub fn share_fleet(
    members: &[FleetMember],
    replicas: &BTreeSet<Replica>,
) -> BTreeMap<DaemonId, String> {
    let mut shares = Shares::new(replicas);
    let mut sites: BTreeMap<&str, Vec<&FleetMember>> = BTreeMap::new();
    let mut anywhere = Vec::new();
    for member in members {
        let is_there = |replica: &Replica| replica.site == member.site;
        if !member.site.is_empty() && replicas.iter().any(is_there) {
            sites.entry(&member.site).or_default().push(member);
        } else {
            anywhere.push(member);
        }
    }
    for (site, members) in sites {
        shares.spread(&members, |replica| replica.site == site);
    }
    shares.spread(&anywhere, |_| true);
    shares.assigned
}

/// Daemons given to replicas so far.
struct Shares<'a> {
    replicas: &'a BTreeSet<Replica>,
    counts: BTreeMap<&'a str, usize>,
    assigned: BTreeMap<DaemonId, String>,
}

impl<'a> Shares<'a> {
    fn new(replicas: &'a BTreeSet<Replica>) -> Self {
        let counts = replicas.iter().map(|replica| (replica.name.as_str(), 0)).collect();
        Self { replicas, counts, assigned: BTreeMap::new() }
    }

    /// Spreads daemons over some replicas, so that these hold as many as each other in the end.
    fn spread(&mut self, members: &[&FleetMember], among: impl Fn(&Replica) -> bool) {
        let replicas: Vec<&str> = self
            .replicas
            .iter()
            .filter(|replica| among(replica))
            .map(|replica| replica.name.as_str())
            .collect();
        let mut room = self.room(&replicas, members);
        let mut moving = Vec::new();
        for member in members {
            let stays = member.holder.as_deref().and_then(|holder| room.get_key_value(holder));
            match stays.map(|(name, left)| (*name, *left)) {
                Some((name, left)) if left > 0 => {
                    room.insert(name, left - 1);
                    self.assign(member, name);
                }
                _ => moving.push(member),
            }
        }
        for member in moving {
            let roomiest = room.iter().max_by_key(|(_, left)| **left).map(|(name, _)| *name);
            let Some(name) = roomiest else { continue };
            room.entry(name).and_modify(|left| *left = left.saturating_sub(1));
            self.assign(member, name);
        }
    }

    /// How many of `members` each replica may take so that all end level. What does not divide goes
    /// to those that hold most of them already, so that fewest move.
    fn room(&self, replicas: &[&'a str], members: &[&FleetMember]) -> BTreeMap<&'a str, usize> {
        let mut room: BTreeMap<_, _> = replicas.iter().map(|name| (*name, 0)).collect();
        let held = |name: &str| {
            members.iter().filter(|member| member.holder.as_deref() == Some(name)).count()
        };
        let held: BTreeMap<_, _> = replicas.iter().map(|name| (*name, held(name))).collect();
        for _ in members {
            let level = |name: &str, taken: usize| {
                self.counts.get(name).copied().unwrap_or_default() + taken
            };
            let next = room
                .iter()
                .min_by_key(|(name, taken)| {
                    let unused =
                        held.get(*name).copied().unwrap_or_default().saturating_sub(**taken);
                    (level(name, **taken), std::cmp::Reverse(unused))
                })
                .map(|(name, _)| *name);
            if let Some(name) = next {
                room.entry(name).and_modify(|taken| *taken += 1);
            }
        }
        room
    }

    fn assign(&mut self, member: &FleetMember, name: &'a str) {
        *self.counts.entry(name).or_default() += 1;
        self.assigned.insert(member.daemon.clone(), name.to_owned());
    }
}

#[cfg(test)]
mod tests;
