//! Policies without a loop: a fee and a switch by a fixed rule.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use snarkfee_core::{
    invariants::SettingChange,
    policy::DaemonSettings,
    units::{Nanomina, PublicKey},
};

use super::{market::Market, port::MarketPort, spec::PolicySpec};

/// How long before an own block the worker is switched off.
const STOP_BEFORE: SignedDuration = SignedDuration::from_mins(5);
/// How often a random fee is drawn.
const REDRAW: Duration = Duration::from_secs(3600);

/// A scripted policy in a run.
pub(super) struct ScriptedPolicy {
    spec: PolicySpec,
    key: Option<PublicKey>,
    draws: ChaCha8Rng,
    fee: Option<Nanomina>,
    next_draw: Timestamp,
}

impl ScriptedPolicy {
    /// A script that begins at `now` and works under `key`.
    pub(super) fn new(spec: PolicySpec, key: Option<PublicKey>, seed: u64, now: Timestamp) -> Self {
        let fee = match spec {
            PolicySpec::AlwaysOn(fee) | PolicySpec::Stopper(fee) => Some(fee),
            _ => None,
        };
        Self { spec, key, draws: ChaCha8Rng::seed_from_u64(seed), fee, next_draw: now }
    }

    /// Sets the daemon as the script wants it, again after each restart. Returns how often it
    /// changed the fee, and how often anything.
    pub(super) fn apply<M: Market>(&mut self, port: &MarketPort<M>, now: Timestamp) -> (u64, u64) {
        if let PolicySpec::Random { low, high } = self.spec
            && now >= self.next_draw
        {
            self.fee = Some(interpolate_fee(low, high, self.draws.random_range(0.0..=1.0)));
            self.next_draw = now.checked_add(REDRAW).unwrap_or(Timestamp::MAX);
        }
        let mut market = port.market();
        let DaemonSettings { worker, fee } = market.settings();
        let wanted = self.fee.unwrap_or(fee);
        let changes_fee = wanted != fee;
        if changes_fee {
            market.set(&SettingChange::Fee(wanted));
        }
        let on = match self.spec {
            PolicySpec::Off => false,
            PolicySpec::Stopper(_) => {
                let next = market.status().own_slots.next_after(now);
                next.is_none_or(|next| next.duration_since(now) > STOP_BEFORE)
            }
            _ => return (u64::from(changes_fee), u64::from(changes_fee)),
        };
        let switches = on != worker.is_some();
        if switches {
            market.set(&SettingChange::Worker(self.key.clone().filter(|_| on)));
        }
        (u64::from(changes_fee), u64::from(changes_fee) + u64::from(switches))
    }
}

/// The fee at `share` of the way from `low` to `high` on a logarithmic scale.
fn interpolate_fee(low: Nanomina, high: Nanomina, share: f64) -> Nanomina {
    let (low_log, high_log) = (low.to_f64().ln(), high.to_f64().ln());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two fees")]
    let fee = (low_log + (high_log - low_log) * share).exp() as u64;
    Nanomina::try_new(fee).unwrap_or(high).clamp(low, high)
}
