//! The documents among which the schema decides.

/// Which document reads the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusOperation {
    /// `status_metrics.graphql`.
    Metrics,
    /// `status.graphql`.
    Plain,
    /// `status_coda.graphql`.
    Coda,
}

impl StatusOperation {
    /// The name under which requests are observed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metrics => "status_metrics",
            Self::Plain => "status",
            Self::Coda => "status_coda",
        }
    }
}

/// Which document reads chain and book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarketOperation {
    /// `market_range.graphql`.
    Range,
    /// `market_pool.graphql`.
    Pool,
    /// `market_coda.graphql`.
    Coda,
}

impl MarketOperation {
    /// The name under which requests are observed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Range => "market_range",
            Self::Pool => "market_pool",
            Self::Coda => "market_coda",
        }
    }
}

/// Which document reads an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountOperation {
    /// `account_permissions.graphql`.
    Permissions,
    /// `account.graphql`.
    Plain,
}
