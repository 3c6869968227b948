//! What a clock counts from: the start of the machine, or of the process where the machine does not
//! say.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

/// The start that a clock counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Boot {
    pub(crate) id: u128,
    /// Whether it is the machine's, which outlives the process.
    of_machine: bool,
}

impl Boot {
    /// The machine's start, where it can be told from others.
    pub(crate) fn of_machine() -> Self {
        let id = read_boot_id().filter(|_| time_since_boot().is_some());
        id.map_or_else(Self::begin, |id| Self { id, of_machine: true })
    }

    /// A start of its own.
    pub(crate) fn begin() -> Self {
        let half = || u128::from(RandomState::new().build_hasher().finish());
        Self { id: half() << 64 | half(), of_machine: false }
    }

    /// Time since the machine's start, the time that it slept included.
    pub(crate) fn time_since(self) -> Option<Duration> {
        if self.of_machine { time_since_boot() } else { None }
    }
}

/// Linux: `random(4)`.
fn read_boot_id() -> Option<u128> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    u128::from_str_radix(&text.trim().replace('-', ""), 16).ok()
}

#[cfg(target_os = "linux")]
fn time_since_boot() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::Boottime);
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

#[cfg(not(target_os = "linux"))]
const fn time_since_boot() -> Option<Duration> {
    None
}
