//! Whether the machine needs its power for a block of its own now.
//!
//! Invariants: every slot shown counts, whatever the others are; of the daemon's clock and ours the
//! one by which there is more to lose decides.
//!
//! Not here: what is done then, and before which other gates (`gates`, `decide`).

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    daemon_clock::{DaemonClockReading, Span},
    params::BlockProduction,
};
use crate::market::{DaemonStatus, OwnSlots};

/// How long after its start a slot that the daemon still shows counts as one whose block is being
/// made. Daemons have shown one for more than 30 minutes (MinaProtocol/mina#7061); a block that is
/// ten slots late is lost, and a slot shown for longer is a display that stands still.
pub const LONGEST_PRODUCTION: Duration = Duration::from_secs(30 * 60);

/// An own block that the machine needs its power for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OwnBlock {
    /// Start of its slot.
    pub(super) slot: Timestamp,
    /// Whether the slot has begun.
    pub(super) begun: bool,
}

/// The own slots of the last looks that may still matter: a daemon shows a slot no longer once it
/// has come, or after a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RememberedSlots(OwnSlots);

impl RememberedSlots {
    /// Takes in what a daemon shows.
    pub(super) fn remember(&mut self, status: &DaemonStatus, at: Timestamp) {
        let oldest = at.checked_sub(LONGEST_PRODUCTION).unwrap_or(Timestamp::MIN);
        let known = self.0.iter().filter(|slot| *slot >= oldest);
        self.0 = known.chain(status.own_slots.iter()).collect();
    }
}

/// The own block to make room for now, if any: the last one whose time has come, so that what is
/// remembered of it covers the others.
pub(super) fn find_own_block(
    status: &DaemonStatus,
    remembered: &RememberedSlots,
    stepped_aside_for: Option<Timestamp>,
    guard: &BlockProduction,
    clocks: &DaemonClockReading,
) -> Option<OwnBlock> {
    if !guard.enabled {
        return None;
    }
    let shown =
        status.own_slots.iter().map(|slot| (slot, guard.resume_after.max(LONGEST_PRODUCTION)));
    let known = remembered.0.iter().chain(stepped_aside_for).map(|slot| (slot, guard.resume_after));
    let needs_room = |&(slot, after): &(Timestamp, Duration)| {
        let room = Span {
            from: slot.checked_sub(guard.stop_before).unwrap_or(Timestamp::MIN),
            to: slot.checked_add(after).unwrap_or(Timestamp::MAX),
        };
        clocks.may_be_in(room)
    };
    let (slot, _) = shown.chain(known).filter(needs_room).max()?;
    Some(OwnBlock { slot, begun: slot <= clocks.latest() })
}
