//! What is shown of a seller.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::units::{Nanomina, PublicKey};

/// Fees above 0 and up to this are dust: they pay for no power. In the blocks of 2021 to 2024 dust
/// was 1 to 10 nanomina, and the next fees 10,000.
const MOST_DUST: u64 = 1_000;

/// The share of works from which a fee is what a seller asks.
const MOSTLY: f64 = 0.5;

/// What kind of seller a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SellerKind {
    /// Asks nothing for most of its works.
    Free,
    /// Asks at most 1,000 nanomina for most of its works.
    Dust,
    /// Asks one fee for most of its works.
    Fixed,
    /// Asks many fees: it follows others.
    Follower,
    /// Is most likely not there, whatever it asked.
    Gone,
}

impl SellerKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Free, Self::Dust, Self::Fixed, Self::Follower, Self::Gone];

    /// The stable name in metrics, JSON and tables.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Dust => "dust",
            Self::Fixed => "fixed",
            Self::Follower => "follower",
            Self::Gone => "gone",
        }
    }

    /// `fees` are ascending with their shares of its works.
    pub(super) fn tell(fees: &[(Nanomina, f64)], online: f64) -> Self {
        let share = |holds: &dyn Fn(u64) -> bool| {
            fees.iter().filter(|(fee, _)| holds(fee.get())).map(|(_, share)| share).sum::<f64>()
        };
        if online < MOSTLY {
            Self::Gone
        } else if share(&|fee| fee == 0) >= MOSTLY {
            Self::Free
        } else if share(&|fee| fee <= MOST_DUST) >= MOSTLY {
            Self::Dust
        } else if fees.iter().any(|(_, share)| *share >= MOSTLY) {
            Self::Fixed
        } else {
            Self::Follower
        }
    }
}

/// One competing key, as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SellerSummary {
    /// The key.
    pub prover: PublicKey,
    /// What kind of seller it is.
    pub kind: SellerKind,
    /// The fees it asks, ascending, with their shares of its works.
    pub fees: Vec<(Nanomina, f64)>,
    /// Works per hour while it has something to do.
    pub works_per_hour: f64,
    /// Its share of the works sold of late, ours among them, in [0, 1].
    pub share_of_sales: f64,
    /// When it was first seen.
    pub since: Timestamp,
    /// When it last made an offer or sold a work.
    pub last_seen: Timestamp,
    /// P(it is there).
    pub online: f64,
}

impl SellerSummary {
    /// Whether it is more likely there than not.
    pub fn is_online(&self) -> bool {
        self.online >= MOSTLY
    }

    /// The fee that it asks for most of its works; the lowest of equal ones.
    pub fn usual_fee(&self) -> Option<Nanomina> {
        let rank = |(fee, share): &&(Nanomina, f64)| (*share, std::cmp::Reverse(*fee));
        let by_rank = |one: &&(Nanomina, f64), other: &&(Nanomina, f64)| {
            let ((one, low), (other, high)) = (rank(one), rank(other));
            one.total_cmp(&other).then(low.cmp(&high))
        };
        self.fees.iter().max_by(by_rank).map(|(fee, _)| *fee)
    }
}
