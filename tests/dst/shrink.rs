//! Finds the shortest schedule that still breaks a promise: delta debugging (Zeller, Hildebrandt:
//! Simplifying and isolating failure-inducing input, 2002), over the faults of the schedule.

use std::time::Duration;

use crate::{
    episode::{Outcome, run_episode},
    promises::Promise,
    schedule::Planned,
};

/// A schedule that breaks a promise.
pub(crate) struct Shrunk {
    pub(crate) schedule: Vec<Planned>,
    pub(crate) outcome: Outcome,
    /// Episodes run.
    pub(crate) runs: u32,
}

/// Shortens a schedule in which `promise` is broken, in at most `most` runs. Nothing of it could be
/// left out then, unless that was not enough.
pub(crate) fn shrink(
    seed: u64,
    mut schedule: Vec<Planned>,
    mut outcome: Outcome,
    most: u32,
) -> Shrunk {
    let broken = |outcome: &Outcome| outcome.violations.first().map(|first| first.promise);
    let promise: Option<Promise> = broken(&outcome);
    let mut runs = 0;
    let mut parts = 2;
    // What comes later cannot matter.
    let end = |outcome: &Outcome| outcome.violations.first().map(|first| first.at);
    let mut last = end(&outcome).unwrap_or_default();
    schedule.retain(|planned| planned.at <= last);
    while schedule.len() > 1 && runs < most {
        let size = schedule.len().div_ceil(parts);
        let mut reduced = false;
        for start in (0..schedule.len()).step_by(size) {
            let left_out = start..(start + size).min(schedule.len());
            let kept = schedule.iter().enumerate();
            let kept = kept.filter(|(place, _)| !left_out.contains(place));
            let shorter: Vec<_> = kept.map(|(_, planned)| *planned).collect();
            runs += 1;
            // Without what is left out it may take longer.
            let length = last + Duration::from_secs(7_200);
            let tried = run_episode(seed, &shorter, length);
            if broken(&tried) == promise {
                last = end(&tried).unwrap_or(last);
                (schedule, outcome, reduced) = (shorter, tried, true);
                schedule.retain(|planned| planned.at <= last);
                break;
            }
            if runs >= most {
                break;
            }
        }
        match reduced {
            true => parts = (parts - 1).max(2),
            false if size == 1 => break,
            false => parts = (parts * 2).min(schedule.len()),
        }
    }
    Shrunk { schedule, outcome, runs }
}
