//! Stopping without throwing a proof away, where nothing is urgent.
//!
//! Removing the key ends the daemon's prover at once: its proof is lost, and the work stays
//! reserved for minutes (Mina `work_selector`, `--work-reassignment-wait`). A work that has a proof
//! is handed out only below that proof's fee, so the dearest permitted fee keeps new work away, the
//! running proof is finished, and the key is removed after it. A work without a proof is handed out
//! at any fee (`work_lib.ml`, 3.0.3): while there is one, a raised fee keeps nothing away, the
//! prover goes from one proof to the next, and the key is removed at once, as it is where nothing
//! was being handed out.

use std::time::Duration;

use super::{
    Input,
    decision::Action,
    guards,
    memory::{DaemonSettings, remaining},
    reason::Reason,
};
use crate::market::MarketView;

/// Time for one work where the pace is not known: two proofs of a minute, long for machines since
/// 2024 (Mina MIP-6).
const USUAL_WORK: Duration = Duration::from_secs(120);
/// Shortest and longest time that is waited for a work.
const BOUNDS: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(616)];

/// What is to be done before the key is removed: a fee that keeps new work away, then to wait.
/// `None` once it may be removed.
pub(super) fn before_removal(
    input: &Input<'_>,
    settings: &DaemonSettings,
) -> Option<(Action, Reason)> {
    let (memory, pricing) = (input.memory, &input.params.pricing);
    let dearest = guards::dearest(memory, pricing);
    let work = time_of_a_work(input.view);
    if let Some(since) = memory.winding_down.filter(|_| settings.fee == dearest) {
        let remaining = remaining(Some(since), work, input.now)?;
        return Some((Action::Hold, Reason::WindingDown { remaining }));
    }
    let keeps_work_away = input.view.startable_share(settings.fee) > 0.0
        && input.view.startable_share(dearest) <= 0.0;
    // The removal itself is a change too.
    let affordable = guards::fee_change(memory, pricing, input.now).is_ok()
        && guards::budget(memory, pricing, 2).is_ok();
    (keeps_work_away && affordable)
        .then_some((Action::Park { fee: dearest }, Reason::WindingDown { remaining: work }))
}

/// How long the daemon's own prover takes for a work.
fn time_of_a_work(view: &MarketView) -> Duration {
    let [shortest, longest] = BOUNDS;
    let pace = view.own_works_per_hour().filter(|pace| *pace > 0.0);
    let time = pace.and_then(|pace| Duration::try_from_secs_f64(3_600.0 / pace).ok());
    time.unwrap_or(USUAL_WORK).clamp(shortest, longest)
}
