//! The state of a daemon as one coloured word.

use maud::{Markup, html};

use crate::telemetry::DaemonOverview;

/// The state of a daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StatusLight {
    On,
    Off,
    Held,
    Trouble,
    Unknown,
}

impl StatusLight {
    pub(super) fn of_daemon(daemon: &DaemonOverview) -> Self {
        let Some(record) = &daemon.latest else { return Self::Unknown };
        if record.hold.breaker_open
            || record.hold.journal_doubt.is_some()
            || record.look.status.is_err()
        {
            return Self::Trouble;
        }
        if record.hold.paused.is_some() {
            return Self::Held;
        }
        match record.enabled_after() {
            Some(true) => Self::On,
            Some(false) => Self::Off,
            None => Self::Unknown,
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Held => "paused",
            Self::Trouble => "in trouble",
            Self::Unknown => "unknown",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Held => "held",
            Self::Trouble => "trouble",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn render(self) -> Markup {
        html! { span.lamp.(self.class()) { (self.word()) } }
    }
}
