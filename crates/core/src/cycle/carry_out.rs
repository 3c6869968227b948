//! Carrying out what was permitted: the only place that sends.
//!
//! Invariants: a mutation is sent once and then read back; unless that shows it, or where someone
//! else set something meanwhile or the permission was taken back, nothing further of the same action
//! is sent.

use super::recorder::Recorder;
use crate::{
    policy::{DaemonSettings, Mutation, Outcome, Overtaken, Permit, Sending},
    port::{DaemonPort, Replaced, SendError},
};

/// Carries out what is permitted; in dry-run nothing is sent.
pub(super) async fn carry_out<P: DaemonPort, R: Recorder>(
    port: &P,
    recorder: &mut R,
    permit: Permit,
) -> Outcome {
    match permit.into_sending() {
        Some(sending) => send_all(port, recorder, sending).await,
        None => Outcome::DryRun,
    }
}

async fn send_all<P: DaemonPort, R: Recorder>(
    port: &P,
    recorder: &mut R,
    sending: Sending,
) -> Outcome {
    let from = sending.from().clone();
    let mut reached = from.clone();
    for permitted in sending.into_mutations() {
        let mutation = permitted.mutation().clone();
        let clearance = match recorder.clear_to_send().await {
            Ok(clearance) => clearance,
            Err(by) => {
                let reached = (reached != from).then_some(reached);
                return Outcome::Withdrawn { by, reached };
            }
        };
        let answer = port.send(permitted).await;
        drop(clearance);
        let mut lost = None;
        match answer {
            Ok(replaced) => {
                if let Some(found) = find_overtaken(&reached, &replaced, &mutation) {
                    reached.apply(&mutation);
                    let shown = port.status().await;
                    let left = shown.as_ref().map_or(reached, DaemonSettings::from);
                    let overtook = Some(Overtaken { found, left });
                    return Outcome::Applied { unread: shown.err(), overtook };
                }
            }
            Err(SendError::NotSent(fault) | SendError::Rejected(fault)) => {
                let reached = (reached != from).then_some(reached);
                return Outcome::Rejected { fault, reached };
            }
            Err(SendError::Lost(fault)) => lost = Some(fault),
        }
        let shown = port.status().await.map(|status| DaemonSettings::from(&status));
        let before = reached.clone();
        reached.apply(&mutation);
        match (shown, lost) {
            (Ok(shown), _) if shown == reached => {}
            (Ok(shown), Some(_)) if shown.shows(&mutation) => {
                return Outcome::Applied { unread: None, overtook: None };
            }
            (_, Some(fault)) => return Outcome::Unknown { fault },
            (Ok(shown), None) if shown == before => return Outcome::Ineffective { shown },
            (Ok(_), None) => return Outcome::Applied { unread: None, overtook: None },
            (Err(fault), None) => {
                return Outcome::Applied { unread: Some(fault), overtook: None };
            }
        }
    }
    Outcome::Confirmed
}

/// What someone else had set meanwhile, by what a mutation of `expected` settings replaced. Whoever
/// set the same as the mutation is no opponent; and a daemon that answers with the new setting in
/// place of the last one is not taken for one.
fn find_overtaken(
    expected: &DaemonSettings,
    replaced: &Replaced,
    mutation: &Mutation,
) -> Option<DaemonSettings> {
    let mut found = expected.clone();
    match replaced {
        Replaced::Fee(fee) => found.fee = *fee,
        Replaced::Worker(key) => found.worker.clone_from(key),
    }
    (found != *expected && !found.shows(mutation)).then_some(found)
}

#[cfg(test)]
mod tests;
