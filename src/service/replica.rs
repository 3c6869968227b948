//! This replica's part in a fleet that several share.
//!
//! Invariants: a daemon is given up only once no loop works it any more; while the store cannot be
//! asked, loops go on, and their ledger lets them neither record nor send what their leases do not
//! cover any more.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use snarkfee_clock::Stopwatch;
use snarkfee_config::Settings;
use snarkfee_core::{
    fault::JournalFault,
    leases::{Claim, FleetLeases, Tenancy},
    units::DaemonId,
};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::telemetry::Metrics;

/// How long the end waits for the store; leases end by themselves.
const LEAVE: Duration = Duration::from_secs(5);

/// Which of the configured daemons this process works.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// All of them: the journal is its own.
    Whole,
    /// Those it holds.
    Shared(Tenancy),
}

impl Part {
    pub(super) fn works(&self, daemon: &DaemonId) -> bool {
        match self {
            Self::Whole => true,
            Self::Shared(tenancy) => tenancy.works(daemon),
        }
    }
}

/// Renews leases for as long as it exists.
pub(super) struct LeaseKeeper {
    leases: Arc<dyn FleetLeases>,
    claims: watch::Sender<Vec<Claim>>,
    tenancy: watch::Receiver<Tenancy>,
    task: JoinHandle<()>,
    cancel: CancellationToken,
}

impl LeaseKeeper {
    /// Begins to take part in the fleet of `settings`.
    pub(super) fn begin(
        leases: Arc<dyn FleetLeases>,
        settings: &Settings,
        metrics: Arc<Metrics>,
    ) -> Self {
        let (claims, claimed) = watch::channel(make_claims(settings));
        let (held, tenancy) = watch::channel(Tenancy::default());
        let cancel = CancellationToken::new();
        let rounds = Rounds { leases: Arc::clone(&leases), claimed, held, metrics };
        #[expect(clippy::disallowed_methods, reason = "ends when `cancel` is cancelled")]
        let task = tokio::spawn(rounds.run(cancel.clone()));
        Self { leases, claims, tenancy, task, cancel }
    }

    /// Takes part in the fleet of other settings from now on.
    pub(super) fn adopt(&self, settings: &Settings) {
        self.claims.send_replace(make_claims(settings));
    }

    /// What is held now.
    pub(super) fn part(&mut self) -> Part {
        Part::Shared(self.tenancy.borrow_and_update().clone())
    }

    /// Returns when what is held may have changed.
    pub(super) async fn changed(&mut self) {
        if self.tenancy.changed().await.is_err() {
            std::future::pending().await
        }
    }

    /// Gives up what this replica should not hold, once the loops over it have ended.
    pub(super) fn give_up(&self, ending: Vec<CancellationToken>) {
        let (leases, surplus) = (Arc::clone(&self.leases), self.tenancy.borrow().surplus.clone());
        if surplus.is_empty() {
            return;
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "every loop ends, and the store has a limit"
        )]
        tokio::spawn(async move {
            for ended in ending {
                ended.cancelled().await;
            }
            if let Err(fault) = leases.release(&surplus, false).await {
                warn!(%fault, "daemons that another replica is to work are still held here");
            }
        });
    }

    /// Leaves the fleet, after every loop has ended.
    pub(super) async fn leave(self) {
        self.cancel.cancel();
        let _ = self.task.await;
        let held = self.tenancy.borrow().held.clone();
        let released = tokio::time::timeout(LEAVE, self.leases.release(&held, true)).await;
        if !matches!(released, Ok(Ok(()))) {
            warn!("the store was not told that this replica ends: its leases end by themselves");
        }
    }
}

struct Rounds {
    leases: Arc<dyn FleetLeases>,
    claimed: watch::Receiver<Vec<Claim>>,
    held: watch::Sender<Tenancy>,
    metrics: Arc<Metrics>,
}

impl Rounds {
    async fn run(mut self, cancel: CancellationToken) {
        let mut round = tokio::time::interval(self.leases.round_period());
        round.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut fault: Option<JournalFault> = None;
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return,
                _ = round.tick() => {}
                changed = self.claimed.changed() => if changed.is_err() { return },
            }
            let claims = self.claimed.borrow_and_update().clone();
            let watch = Stopwatch::start();
            match self.leases.renew(&claims).await {
                Ok(tenancy) => {
                    if fault.take().is_some() {
                        info!("the store answers again");
                    }
                    self.tell(&claims, tenancy, watch.elapsed());
                }
                Err(found) => {
                    self.metrics.count_store_failure(found.class);
                    if fault.as_ref().is_none_or(|before| before.class != found.class) {
                        error!(
                            class = found.class.code(), fault = %found,
                            "leases cannot be renewed: daemons are looked at, and nothing is sent \
                             once their leases end"
                        );
                    }
                    fault = Some(found);
                }
            }
        }
    }

    fn tell(&self, claims: &[Claim], tenancy: Tenancy, took: Duration) {
        self.metrics.show_leases(claims.iter().map(|claim| &claim.daemon), &tenancy, took);
        let before = self.held.borrow().held.clone();
        let list = |daemons: BTreeSet<&DaemonId>| {
            daemons.into_iter().map(DaemonId::as_str).collect::<Vec<_>>().join(" ")
        };
        let come: BTreeSet<_> = tenancy.held.difference(&before).collect();
        let gone: BTreeSet<_> = before.difference(&tenancy.held).collect();
        if !come.is_empty() || !gone.is_empty() {
            info!(
                replica = self.leases.replica(),
                taken = list(come),
                given_up = list(gone),
                holds = tenancy.held.len(),
                "leases"
            );
        }
        self.held.send_if_modified(|current| {
            let changed = *current != tenancy;
            *current = tenancy;
            changed
        });
    }
}

pub(super) fn make_claims(settings: &Settings) -> Vec<Claim> {
    let claim = |daemon: &snarkfee_config::Daemon| Claim {
        daemon: daemon.id.clone(),
        site: daemon.site.clone(),
    };
    settings.daemons.iter().map(claim).collect()
}
