//! The ledger account of a prover's key.

use serde::{Deserialize, Serialize};

/// Whether a key has a ledger account, and whether works can be paid into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredAccount", into = "StoredAccount")]
pub enum LedgerAccount {
    /// There is none at the best tip.
    Missing,
    /// There is one that takes payments, or whose permissions the era does not tell.
    Open,
    /// There is one that demands authorisation, which no fee of a work has: no pool takes a work of
    /// its key (Mina `snark_pool.ml`, `Account.has_permission_to_receive`, 3.0.0).
    Closed(Demand),
}

/// What an account demands authorisation for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    /// Being part of a transaction at all.
    Access,
    /// Receiving.
    Receive,
    /// Both.
    Both,
}

/// `true`, `false`, or what is demanded.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredAccount {
    Exists(bool),
    Demands(Demand),
}

impl LedgerAccount {
    /// An account with these permissions: whether access and receipt demand authorisation.
    pub const fn with_demands(access: bool, receive: bool) -> Self {
        match (access, receive) {
            (false, false) => Self::Open,
            (true, false) => Self::Closed(Demand::Access),
            (false, true) => Self::Closed(Demand::Receive),
            (true, true) => Self::Closed(Demand::Both),
        }
    }
}

impl Demand {
    /// Completes "demands authorization to ..".
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "be accessed",
            Self::Receive => "receive",
            Self::Both => "be accessed and to receive",
        }
    }
}

impl From<StoredAccount> for LedgerAccount {
    fn from(stored: StoredAccount) -> Self {
        match stored {
            StoredAccount::Exists(true) => Self::Open,
            StoredAccount::Exists(false) => Self::Missing,
            StoredAccount::Demands(demand) => Self::Closed(demand),
        }
    }
}

impl From<LedgerAccount> for StoredAccount {
    fn from(account: LedgerAccount) -> Self {
        match account {
            LedgerAccount::Open => Self::Exists(true),
            LedgerAccount::Missing => Self::Exists(false),
            LedgerAccount::Closed(demand) => Self::Demands(demand),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_stored_as_journals_of_before_have_them() {
        for (account, stored) in [
            (LedgerAccount::Open, "true"),
            (LedgerAccount::Missing, "false"),
            (LedgerAccount::with_demands(false, true), "\"receive\""),
            (LedgerAccount::with_demands(true, true), "\"both\""),
        ] {
            assert_eq!(serde_json::to_string(&account).unwrap(), stored);
            assert_eq!(serde_json::from_str::<LedgerAccount>(stored).unwrap(), account);
        }
    }
}
