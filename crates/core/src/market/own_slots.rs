//! The slots in which a daemon produces blocks, as it lists them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Starts of the slots in which a daemon knows that it produces a block (`nextBlockProduction`),
/// in ascending order.
///
/// While it produces a block, the daemon still shows the slot that has begun: the next one is
/// computed only when production has ended (Mina `block_producer.ml`). So a slot in the past is
/// one in which it may be producing now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredSlots")]
pub struct OwnSlots(Box<[Timestamp]>);

/// What journals hold: up to version 0.1 there was one slot or none.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredSlots {
    All(Vec<Timestamp>),
    Next(Option<Timestamp>),
}

impl OwnSlots {
    /// Most slots that are kept: the earliest ones.
    pub const MOST: usize = 64;

    /// The starts of the slots, earliest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Timestamp> + '_ {
        self.0.iter().copied()
    }

    /// The earliest one that begins after `now`.
    pub fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        self.iter().find(|slot| *slot > now)
    }
}

impl FromIterator<Timestamp> for OwnSlots {
    fn from_iter<T: IntoIterator<Item = Timestamp>>(slots: T) -> Self {
        let mut slots: Vec<_> = slots.into_iter().collect();
        slots.sort_unstable();
        slots.dedup();
        slots.truncate(Self::MOST);
        Self(slots.into())
    }
}

impl From<StoredSlots> for OwnSlots {
    fn from(stored: StoredSlots) -> Self {
        match stored {
            StoredSlots::All(slots) => slots.into_iter().collect(),
            StoredSlots::Next(slot) => slot.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::time;

    #[test]
    fn slots_are_in_order_and_those_of_old_journals_are_read() {
        let slots: OwnSlots = [time(9), time(1), time(9), time(5)].into_iter().collect();
        assert_eq!(slots.iter().collect::<Vec<_>>(), [time(1), time(5), time(9)]);
        assert_eq!((slots.next_after(time(1)), slots.next_after(time(9))), (Some(time(5)), None));
        let read = |json: serde_json::Value| serde_json::from_value::<OwnSlots>(json).unwrap();
        assert_eq!(read(serde_json::to_value(&slots).unwrap()), slots);
        assert_eq!(read(serde_json::json!(null)), OwnSlots::default());
        let one = read(serde_json::to_value(time(5)).unwrap());
        assert_eq!(one.iter().collect::<Vec<_>>(), [time(5)]);
    }
}
