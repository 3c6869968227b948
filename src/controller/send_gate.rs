//! The gate that each mutation passes on its way to a daemon: whoever forbids mutations can wait until
//! none is under way any more.
//!
//! A loop enters the gate, asks again whether it may send, sends, and leaves the gate once the
//! mutation is answered or given up. An order is first put where that question finds it, and then
//! waits for the gate: whatever entered before has left, whatever enters afterwards is refused.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use snarkfee_core::units::DaemonId;
use tokio::{
    sync::{Mutex as AsyncMutex, OwnedMutexGuard},
    time::timeout,
};

/// The gate in front of one daemon.
#[derive(Clone, Debug, Default)]
pub struct SendGate(Arc<AsyncMutex<()>>);

/// Within the gate: a mutation is under way, or about to be.
#[derive(Debug)]
pub(super) struct WithinGate(
    #[expect(dead_code, reason = "held until dropped")] OwnedMutexGuard<()>,
);

impl SendGate {
    /// Waits until nothing else is within, and enters.
    pub(super) async fn enter(&self) -> WithinGate {
        WithinGate(Arc::clone(&self.0).lock_owned().await)
    }
}

/// The gates in front of all daemons.
#[derive(Debug, Default)]
pub struct SendGates(Mutex<BTreeMap<DaemonId, SendGate>>);

impl SendGates {
    /// The gate in front of a daemon, the same for all loops that there are over it.
    pub fn gate(&self, daemon: &DaemonId) -> SendGate {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gates.entry(daemon.clone()).or_default().clone()
    }

    /// Waits, at most for `limit`, until every mutation has ended that was under way to one of the
    /// daemons meant. Those that had not ended by then are returned.
    pub async fn wait_until_clear(
        &self,
        meant: impl Fn(&DaemonId) -> bool,
        limit: Duration,
    ) -> Vec<DaemonId> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        gates.retain(|daemon, _| meant(daemon));
        let all = async {
            for gate in gates.values() {
                drop(gate.enter().await);
            }
        };
        if timeout(limit, all).await.is_ok() {
            return Vec::new();
        }
        gates.into_iter().filter(|(_, gate)| gate.0.try_lock().is_err()).map(|(id, _)| id).collect()
    }
}
