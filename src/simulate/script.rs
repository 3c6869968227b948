//! Policies that follow a script instead of the market, and the measures of hindsight.

use std::{collections::VecDeque, time::Duration};

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    entrant::Entrant, scenario::Scenario, snapshot::SimulatedDaemon, tally::Tally, truth::SoldWork, world::World,
};
use crate::units::Nanomina;

/// A run of a scripted policy.
#[derive(Clone, Debug, Default)]
pub(super) struct Scripted {
    pub(super) tally: Tally,
    pub(super) busy: Duration,
    pub(super) toggles: u64,
    pub(super) fee_changes: u64,
}

/// Off so long before an own block.
const STOP_BEFORE: SignedDuration = SignedDuration::from_mins(5);

/// Runs a policy that does not look at prices.
pub(super) fn scripted(scenario: &Scenario, seed: u64, start: Timestamp, slots: u64, entrant: Entrant) -> Scripted {
    let mut world = World::new(scenario, seed, start);
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    let mut run = Scripted::default();
    match entrant {
        Entrant::AlwaysOn(fee) | Entrant::Stopper(fee) => drop(world.set_fee(fee)),
        Entrant::Off => drop(world.set_worker(None)),
        Entrant::Random { .. } | Entrant::Controlled(_) => {}
    }
    let slots_per_hour = (3600 / u64::from(scenario.slot_seconds().max(1))).max(1);
    for number in 0..slots {
        let now = slot_begins(scenario, start, number);
        world.advance(now);
        match entrant {
            Entrant::Random { low, high } if number % slots_per_hour == 0 => {
                world.set_fee(between(low, high, draws.random_range(0.0..=1.0)));
                run.fee_changes += 1;
            }
            Entrant::Stopper(_) => {
                let status = world.snapshot().status;
                let near = status.next_block_production.is_some_and(|next| next.duration_since(now) <= STOP_BEFORE);
                if near == status.worker.is_some() {
                    world.set_worker((!near).then(World::operator_key));
                }
            }
            _ => {}
        }
        run.tally.book(scenario, number.saturating_sub(1), &world.truth().own);
    }
    world.advance(slot_begins(scenario, start, slots));
    run.tally.book(scenario, slots.saturating_sub(1), &world.truth().own);
    run.busy = world.truth().own.busy;
    run.toggles = world.truth().own.toggles;
    run
}

/// What the market buys without the operator.
pub(super) fn sales_without_us(scenario: &Scenario, seed: u64, start: Timestamp, slots: u64) -> VecDeque<SoldWork> {
    let mut world = World::without_operator(scenario, seed, start);
    world.advance(slot_begins(scenario, start, slots));
    world.take_sales()
}

/// What the operator's capacity could at most have earned of `sales`, knowing each work's final competing price beforehand: the dearest
/// works sold one nanomina below it, at no risk of proving in vain.
pub(super) fn clairvoyant(scenario: &Scenario, slots: u64, sales: &VecDeque<SoldWork>, cost: Nanomina) -> f64 {
    let hours = slots as f64 * f64::from(scenario.slot_seconds()) / 3600.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of works, far below the limits"
    )]
    let capacity = (scenario.own_works_per_hour() * hours).ceil().max(0.0) as usize;
    let mut gains: Vec<u64> =
        sales.iter().map(|sale| sale.fee.saturating_sub(Nanomina::ONE).saturating_sub(cost).get()).collect();
    gains.sort_unstable_by(|a, b| b.cmp(a));
    gains.iter().take(capacity).map(|&gain| gain as f64).sum::<f64>() / 1e9
}

/// When a slot of a run begins.
fn slot_begins(scenario: &Scenario, start: Timestamp, number: u64) -> Timestamp {
    let slot = SignedDuration::from_secs(i64::from(scenario.slot_seconds()));
    start + slot * i32::try_from(number).unwrap_or(i32::MAX)
}

/// The fee at a share of the way from `low` to `high` on a logarithmic scale.
fn between(low: Nanomina, high: Nanomina, share: f64) -> Nanomina {
    let (low_log, high_log) = (low.to_f64().ln(), high.to_f64().ln());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two fees")]
    let fee = (low_log + (high_log - low_log) * share).exp() as u64;
    Nanomina::try_new(fee).unwrap_or(high).clamp(low, high)
}
