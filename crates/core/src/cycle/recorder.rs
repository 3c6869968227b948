//! Where a cycle records what it is about to do and what it did.

use std::{future::Future, sync::Arc};

use jiff::Timestamp;

use super::{plan::Context, state::CycleState};
use crate::{
    clocks::MachineTime,
    fault::JournalFault,
    ledger::DecisionInputs,
    market::Look,
    policy::{Decision, Permit, Withdrawal},
    record::Record,
};

/// Where a cycle records. Nothing is sent before its intent is recorded, and nothing that it does not
/// clear.
pub trait Recorder: Send {
    /// Held while a mutation is under way: whoever takes the permission back waits for its end.
    type Clearance: Send;

    /// Takes over what earlier runs left, if that is not done yet, and the operator's orders.
    fn begin(
        &mut self,
        state: &mut CycleState,
        machine: MachineTime,
    ) -> impl Future<Output = ()> + Send;

    /// Takes in what the daemon is set to, before anything is concluded from it.
    fn observe(&mut self, look: &Look, state: &mut CycleState);

    /// Records what is about to be done.
    ///
    /// # Errors
    /// It could not be recorded, so it must not be done.
    fn record_intent(
        &mut self,
        at: Timestamp,
        permit: &Permit,
        decision: &Decision,
        state: &CycleState,
    ) -> impl Future<Output = Result<(), JournalFault>> + Send;

    /// Asks, right before each mutation, whether what the gates allowed still may be sent.
    ///
    /// # Errors
    /// It may not, and nothing further of the action is sent.
    fn clear_to_send(&mut self)
    -> impl Future<Output = Result<Self::Clearance, Withdrawal>> + Send;

    /// Records a look and what is to be remembered after it.
    ///
    /// # Errors
    /// It could not be recorded.
    fn record_look(
        &mut self,
        record: &Arc<Record>,
        inputs: DecisionInputs,
        context: &Context<'_>,
        state: &CycleState,
    ) -> impl Future<Output = Result<(), JournalFault>> + Send;
}

/// Records nothing: for trials and previews.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unrecorded;

impl Recorder for Unrecorded {
    type Clearance = ();

    async fn begin(&mut self, _: &mut CycleState, _: MachineTime) {}

    fn observe(&mut self, _: &Look, _: &mut CycleState) {}

    async fn record_intent(
        &mut self,
        _: Timestamp,
        _: &Permit,
        _: &Decision,
        _: &CycleState,
    ) -> Result<(), JournalFault> {
        Ok(())
    }

    async fn clear_to_send(&mut self) -> Result<(), Withdrawal> {
        Ok(())
    }

    async fn record_look(
        &mut self,
        _: &Arc<Record>,
        _: DecisionInputs,
        _: &Context<'_>,
        _: &CycleState,
    ) -> Result<(), JournalFault> {
        Ok(())
    }
}
