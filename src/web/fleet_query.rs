//! How the table of a fleet is ordered, and which of its rows are shown.

/// The column by which a fleet is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum FleetOrder {
    /// Trouble first, then by name.
    #[default]
    Trouble,
    /// By name, numbers in it by their value.
    Name,
    /// The highest fee first.
    Fee,
    /// The highest expected profit first.
    Expected,
    /// The highest profit of today first.
    Today,
    /// The highest profit of 30 days first.
    Month,
    /// The highest profit since the account began first.
    Total,
    /// The one that was not read for the longest time first.
    Age,
}

impl FleetOrder {
    pub(super) const ALL: [Self; 8] = [
        Self::Trouble,
        Self::Name,
        Self::Fee,
        Self::Expected,
        Self::Today,
        Self::Month,
        Self::Total,
        Self::Age,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Trouble => "trouble",
            Self::Name => "name",
            Self::Fee => "fee",
            Self::Expected => "expected",
            Self::Today => "today",
            Self::Month => "month",
            Self::Total => "total",
            Self::Age => "age",
        }
    }

    /// `ascending` or `descending`, as `aria-sort` has it.
    pub(super) const fn direction(self) -> &'static str {
        match self {
            Self::Trouble | Self::Name => "ascending",
            _ => "descending",
        }
    }
}

/// Which daemons of a fleet are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum FleetFilter {
    /// Every one.
    #[default]
    All,
    /// Those in trouble.
    Trouble,
    /// Those that work.
    On,
    /// Those that do not.
    Off,
    /// Those that the operator controls.
    Paused,
    /// Those of which it is not known.
    Unknown,
}

impl FleetFilter {
    pub(super) const ALL: [Self; 6] =
        [Self::All, Self::Trouble, Self::On, Self::Off, Self::Paused, Self::Unknown];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Trouble => "trouble",
            Self::On => "on",
            Self::Off => "off",
            Self::Paused => "paused",
            Self::Unknown => "unknown",
        }
    }
}
