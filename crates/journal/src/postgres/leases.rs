//! Leases: which replica works which daemon, one at a time.
//!
//! Invariants: a lease counts as held from before it was asked for until its length has passed on
//! the machine's own uninterruptible clock, so a replica that was stopped, or that cannot reach the
//! store, knows that it holds nothing any more; a lease is taken from another replica only once the
//! server's clock says that it ended and it was seen unrenewed for its whole length by the clock of
//! whoever takes it, through one unbroken session. A server whose clock jumps, and a standby that
//! takes over without the last renewals, hand out nothing too early.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use deadpool_postgres::Transaction;
use snarkfee_core::{
    fleet_share::{FleetMember, Replica, share_fleet},
    leases::Claim,
    units::DaemonId,
};

use super::{connection::Sessions, failure::StoreFailure, jobs::StoreJob};

/// A lease that this replica holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeldLease {
    pub(crate) token: i64,
    /// Until when, by the machine's clock.
    pub(crate) until: Duration,
}

/// What is known of the leases, between two rounds.
#[derive(Debug, Default)]
pub(crate) struct LeaseBook {
    held: BTreeMap<DaemonId, HeldLease>,
    /// Leases of others: as they were seen, and since when they are unchanged.
    seen: BTreeMap<DaemonId, (LeaseState, Duration)>,
    /// Sessions begun when they were: after any further one it may be another server's past.
    seen_in: u64,
    /// How often a daemon came to this replica or went from it.
    transitions: u64,
}

/// What shows that a lease was renewed or changed hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LeaseState {
    token: i64,
    beat: i64,
}

impl LeaseBook {
    /// The lease of a daemon, unless less than `margin` is left of it at `now`.
    pub(crate) fn find(
        &self,
        daemon: &DaemonId,
        now: Duration,
        margin: Duration,
    ) -> Option<HeldLease> {
        let lease = self.held.get(daemon).copied()?;
        (now.saturating_add(margin) < lease.until).then_some(lease)
    }

    /// The daemons whose lease has not ended at `now`.
    pub(crate) fn held(&self, now: Duration) -> BTreeSet<DaemonId> {
        let lasting = |(_, lease): &(&DaemonId, &HeldLease)| now < lease.until;
        self.held.iter().filter(lasting).map(|(daemon, _)| daemon.clone()).collect()
    }

    /// Leases that are given up count as held no longer, before the store hears of it.
    pub(crate) fn drop_held(&mut self, daemons: &BTreeSet<DaemonId>) {
        let before = self.held.len();
        self.held.retain(|daemon, _| !daemons.contains(daemon));
        self.count_transitions(before - self.held.len());
    }

    pub(crate) const fn transitions(&self) -> u64 {
        self.transitions
    }

    /// Takes in what a round found; `asked` is when it began.
    pub(crate) fn absorb(&mut self, round: &RoundResult, asked: Duration, lease: Duration) {
        let until = asked.saturating_add(lease);
        let held: BTreeMap<_, _> = round
            .held
            .iter()
            .map(|(daemon, token)| (daemon.clone(), HeldLease { token: *token, until }))
            .collect();
        let moved = held.keys().filter(|daemon| !self.held.contains_key(*daemon)).count()
            + self.held.keys().filter(|daemon| !held.contains_key(*daemon)).count();
        self.count_transitions(moved);
        self.held = held;
        if self.seen_in != round.sessions {
            self.seen.clear();
        }
        let mut seen = BTreeMap::new();
        for (daemon, state) in &round.others {
            let since = match self.seen.get(daemon) {
                Some((before, since)) if before == state => *since,
                _ => asked,
            };
            seen.insert(daemon.clone(), (*state, since));
        }
        (self.seen, self.seen_in) = (seen, round.sessions);
    }

    fn count_transitions(&mut self, moved: usize) {
        self.transitions += u64::try_from(moved).unwrap_or(u64::MAX);
    }

    /// The leases of others that were not renewed for the length of a lease.
    fn unrenewed(&self, now: Duration, lease: Duration) -> BTreeMap<DaemonId, LeaseState> {
        self.seen
            .iter()
            .filter(|(_, (_, since))| now.saturating_sub(*since) >= lease)
            .map(|(daemon, (state, _))| (daemon.clone(), *state))
            .collect()
    }
}

/// One round: the replica says that it runs, renews what it holds, gives up what is another's
/// share, and takes what is its own and free.
pub(crate) struct LeaseRound<'a> {
    replica: &'a Replica,
    claims: &'a [Claim],
    lease: Duration,
    sessions: &'a Sessions,
    /// Leases of others that ended by this replica's own clock, as long as no further session was
    /// begun than these.
    ended: BTreeMap<DaemonId, LeaseState>,
    ended_in: u64,
}

/// What a round found.
#[derive(Debug, Default)]
pub(crate) struct RoundResult {
    /// Daemons that this replica holds, with their tokens.
    held: BTreeMap<DaemonId, i64>,
    others: BTreeMap<DaemonId, LeaseState>,
    /// Daemons held whose share is another replica's.
    pub(crate) surplus: BTreeSet<DaemonId>,
    /// Sessions begun when the leases were read.
    sessions: u64,
}

/// A lease as it is stored.
struct LeaseRow {
    daemon: DaemonId,
    holder: Option<String>,
    state: LeaseState,
    /// Whether it ended by the server's clock.
    expired: bool,
}

impl StoreJob for LeaseRound<'_> {
    type Output = RoundResult;

    const DOING: &'static str = "renewing leases";

    async fn run(&self, transaction: &Transaction<'_>) -> Result<RoundResult, StoreFailure> {
        let lasting = self.lease.as_secs_f64();
        self.announce(transaction, lasting).await?;
        let rows = self.read_leases(transaction).await?;
        let replicas = self.read_replicas(transaction).await?;
        let members: Vec<_> = self.members(&rows);
        let shares = share_fleet(&members, &replicas);
        let sessions = self.sessions.count();
        let mut result = RoundResult { sessions, ..RoundResult::default() };
        let mut renewed = Vec::new();
        for row in rows {
            let mine = row.holder.as_deref() == Some(self.replica.name.as_str());
            let meant = shares.get(&row.daemon) == Some(&self.replica.name);
            if mine {
                if !meant && shares.contains_key(&row.daemon) {
                    result.surplus.insert(row.daemon.clone());
                }
                renewed.push(row.daemon.as_str().to_owned());
                result.held.insert(row.daemon, row.state.token);
                continue;
            }
            let ended = row.expired
                && sessions == self.ended_in
                && self.ended.get(&row.daemon) == Some(&row.state);
            if meant && (row.holder.is_none() || ended) {
                let token = self.take(transaction, &row, lasting).await?;
                result.held.insert(row.daemon, token);
            } else {
                result.others.insert(row.daemon, row.state);
            }
        }
        let renew = "UPDATE leases SET beat = beat + 1,
                     expires_at = now() + $3 * INTERVAL '1 second'
                     WHERE holder = $1 AND daemon = ANY($2)";
        let statement = transaction.prepare_cached(renew).await?;
        transaction.execute(&statement, &[&self.replica.name, &renewed, &lasting]).await?;
        Ok(result)
    }
}

impl<'a> LeaseRound<'a> {
    /// A round of a replica that has seen nothing yet.
    pub(crate) const fn new(
        replica: &'a Replica,
        claims: &'a [Claim],
        lease: Duration,
        sessions: &'a Sessions,
    ) -> Self {
        Self { replica, claims, lease, sessions, ended: BTreeMap::new(), ended_in: 0 }
    }

    /// The round at `now`, after those that a book took in.
    pub(crate) fn after(self, book: &LeaseBook, now: Duration) -> Self {
        Self { ended: book.unrenewed(now, self.lease), ended_in: book.seen_in, ..self }
    }

    async fn announce(
        &self,
        transaction: &Transaction<'_>,
        lasting: f64,
    ) -> Result<(), StoreFailure> {
        let announce = "INSERT INTO replicas (name, site, version, expires_at)
             VALUES ($1, $2, $3, now() + $4 * INTERVAL '1 second')
             ON CONFLICT (name) DO UPDATE SET site = excluded.site, version = excluded.version,
             expires_at = excluded.expires_at";
        let statement = transaction.prepare_cached(announce).await?;
        let Replica { name, site } = self.replica;
        transaction
            .execute(&statement, &[name, site, &env!("CARGO_PKG_VERSION"), &lasting])
            .await?;
        let lay_out = "INSERT INTO leases (daemon, site, holder, token, beat, expires_at)
             SELECT daemon, site, NULL, 0, 0, now()
             FROM unnest($1::TEXT[], $2::TEXT[]) AS claims (daemon, site)
             ON CONFLICT (daemon) DO NOTHING";
        let statement = transaction.prepare_cached(lay_out).await?;
        let daemons: Vec<&str> = self.claims.iter().map(|claim| claim.daemon.as_str()).collect();
        let sites: Vec<&str> = self.claims.iter().map(|claim| claim.site.as_str()).collect();
        transaction.execute(&statement, &[&daemons, &sites]).await?;
        Ok(())
    }

    /// Reads the leases of the daemons that this replica is configured for. They are locked in one
    /// order, so that rounds of several replicas wait for each other.
    async fn read_leases(
        &self,
        transaction: &Transaction<'_>,
    ) -> Result<Vec<LeaseRow>, StoreFailure> {
        let read = "SELECT daemon, holder, token, beat, expires_at < now() FROM leases
             WHERE daemon = ANY($1) ORDER BY daemon FOR UPDATE";
        let statement = transaction.prepare_cached(read).await?;
        let daemons: Vec<&str> = self.claims.iter().map(|claim| claim.daemon.as_str()).collect();
        let rows = transaction.query(&statement, &[&daemons]).await?;
        let mut leases = Vec::new();
        for row in rows {
            let Ok(daemon) = DaemonId::try_new(row.try_get(0)?) else { continue };
            leases.push(LeaseRow {
                daemon,
                holder: row.try_get(1)?,
                state: LeaseState { token: row.try_get(2)?, beat: row.try_get(3)? },
                expired: row.try_get(4)?,
            });
        }
        Ok(leases)
    }

    async fn read_replicas(
        &self,
        transaction: &Transaction<'_>,
    ) -> Result<BTreeSet<Replica>, StoreFailure> {
        let read = "SELECT name, site FROM replicas WHERE expires_at > now()";
        let statement = transaction.prepare_cached(read).await?;
        let mut replicas = BTreeSet::new();
        for row in transaction.query(&statement, &[]).await? {
            replicas.insert(Replica { name: row.try_get(0)?, site: row.try_get(1)? });
        }
        Ok(replicas)
    }

    fn members(&self, rows: &[LeaseRow]) -> Vec<FleetMember> {
        let sites: BTreeMap<_, _> =
            self.claims.iter().map(|claim| (&claim.daemon, &claim.site)).collect();
        rows.iter()
            .map(|row| FleetMember {
                daemon: row.daemon.clone(),
                site: sites.get(&row.daemon).map(|site| (*site).clone()).unwrap_or_default(),
                holder: row.holder.clone().filter(|_| !row.expired),
            })
            .collect()
    }

    async fn take(
        &self,
        transaction: &Transaction<'_>,
        row: &LeaseRow,
        lasting: f64,
    ) -> Result<i64, StoreFailure> {
        let take = "UPDATE leases SET holder = $2, token = token + 1, beat = beat + 1,
                    expires_at = now() + $3 * INTERVAL '1 second'
                    WHERE daemon = $1 RETURNING token";
        let statement = transaction.prepare_cached(take).await?;
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&row.daemon.as_str(), &self.replica.name, &lasting];
        Ok(transaction.query_one(&statement, &values).await?.try_get(0)?)
    }
}

/// Gives leases up, so that others can take them at once.
pub(crate) struct ReleaseLeases<'a> {
    pub(crate) holder: &'a str,
    pub(crate) daemons: Vec<String>,
    /// Whether the replica ends.
    pub(crate) leaves: bool,
}

impl StoreJob for ReleaseLeases<'_> {
    type Output = ();

    const DOING: &'static str = "giving up leases";

    async fn run(&self, transaction: &Transaction<'_>) -> Result<(), StoreFailure> {
        let release = "UPDATE leases SET holder = NULL, beat = beat + 1, expires_at = now()
             WHERE holder = $1 AND daemon = ANY($2)";
        let statement = transaction.prepare_cached(release).await?;
        transaction.execute(&statement, &[&self.holder, &self.daemons]).await?;
        if self.leaves {
            let leave = "DELETE FROM replicas WHERE name = $1";
            transaction.execute(&transaction.prepare_cached(leave).await?, &[&self.holder]).await?;
        }
        Ok(())
    }
}
