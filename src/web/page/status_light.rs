//! The state of a daemon as one coloured word.

use maud::{Markup, html};
use snarkfee_core::record::Role;

use crate::{telemetry::DaemonOverview, web::fleet_query::FleetFilter};

/// The state of a daemon, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StatusLight {
    Trouble,
    Unknown,
    Held,
    Off,
    On,
    /// It hands out work to workers elsewhere, and asks its fee.
    Coordinating,
}

impl StatusLight {
    pub(super) const ALL: [Self; 6] =
        [Self::Trouble, Self::Unknown, Self::Held, Self::Off, Self::On, Self::Coordinating];

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
        match (record.enabled_after(), record.role) {
            (Some(true), _) => Self::On,
            (Some(false), _) => Self::Off,
            (None, Role::Coordinator) => Self::Coordinating,
            (None, _) => Self::Unknown,
        }
    }

    /// Whether a filter of the fleet shows it.
    pub(super) const fn passes(self, filter: FleetFilter) -> bool {
        match filter {
            FleetFilter::All => true,
            FleetFilter::Trouble => matches!(self, Self::Trouble),
            FleetFilter::On => matches!(self, Self::On | Self::Coordinating),
            FleetFilter::Off => matches!(self, Self::Off),
            FleetFilter::Paused => matches!(self, Self::Held),
            FleetFilter::Unknown => matches!(self, Self::Unknown),
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Coordinating => "coordinating",
            Self::Off => "off",
            Self::Held => "paused",
            Self::Trouble => "in trouble",
            Self::Unknown => "unknown",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::On | Self::Coordinating => "on",
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
