//! What a daemon's schema offers of what this program can use, and which operations follow from
//! that.
//!
//! Invariants: an operation is chosen only when everything its document mentions is there; of
//! several that fit, the richest.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{
    era::Era,
    operation::{AccountOperation, MarketOperation, StatusOperation},
};

/// The introspection document, hand-typed: code generation takes no meta fields.
pub(crate) const INTROSPECTION: &str = include_str!("../../../../graphql/introspection.graphql");

/// The root types go by these names in [`Capability::needs`], whatever the schema calls them.
const QUERY: &str = "query";
const MUTATION: &str = "mutation";

/// One thing a schema may offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// `daemonStatus` with the fields of every era.
    Status,
    /// The keys of block producers under their name of 2020.
    BlockProducerPubkeys,
    /// The keys of block producers under their name from 1.0.0.
    BlockProductionKeys,
    /// Peers as objects (1.0.0); strings before.
    PeersAsObjects,
    /// Exact pool numbers in `daemonStatus.metrics` (3.0.0).
    DaemonMetricsPool,
    /// `bestChain` (1.0.0) with heights and bought works.
    BestChain,
    /// `snarkPool` and `pendingSnarkWork`.
    SnarkPool,
    /// `snarkWorkRange` (after 3.0.3).
    SnarkWorkRange,
    /// `account` of a key.
    Account,
    /// The permissions of an account that decide whether it takes fees (3.0.0).
    AccountPermissions,
    /// `setSnarkWorker` and `setSnarkWorkFee`.
    Mutations,
}

/// A type, its field, and the arguments the field must take.
type Need = (&'static str, &'static str, &'static [&'static str]);

impl Capability {
    /// Every capability.
    pub const ALL: [Self; 11] = [
        Self::Status,
        Self::BlockProducerPubkeys,
        Self::BlockProductionKeys,
        Self::PeersAsObjects,
        Self::DaemonMetricsPool,
        Self::BestChain,
        Self::SnarkPool,
        Self::SnarkWorkRange,
        Self::Account,
        Self::AccountPermissions,
        Self::Mutations,
    ];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::BlockProducerPubkeys => "block_producer_pubkeys",
            Self::BlockProductionKeys => "block_production_keys",
            Self::PeersAsObjects => "peers_as_objects",
            Self::DaemonMetricsPool => "daemon_metrics_pool",
            Self::BestChain => "best_chain",
            Self::SnarkPool => "snark_pool",
            Self::SnarkWorkRange => "snark_work_range",
            Self::Account => "account",
            Self::AccountPermissions => "account_permissions",
            Self::Mutations => "mutations",
        }
    }

    const fn needs(self) -> &'static [Need] {
        match self {
            Self::Status => &[
                (QUERY, "daemonStatus", &[]),
                ("DaemonStatus", "snarkWorker", &[]),
                ("DaemonStatus", "snarkWorkFee", &[]),
                ("DaemonStatus", "syncStatus", &[]),
                ("DaemonStatus", "blockchainLength", &[]),
                ("DaemonStatus", "highestBlockLengthReceived", &[]),
                ("DaemonStatus", "uptimeSecs", &[]),
                ("DaemonStatus", "commitId", &[]),
                ("DaemonStatus", "stateHash", &[]),
                ("DaemonStatus", "consensusTimeNow", &[]),
                ("DaemonStatus", "consensusTimeBestTip", &[]),
                ("DaemonStatus", "consensusConfiguration", &[]),
                ("DaemonStatus", "nextBlockProduction", &[]),
                ("ConsensusTime", "globalSlot", &[]),
                ("ConsensusTime", "startTime", &[]),
                ("ConsensusConfiguration", "slotDuration", &[]),
                ("BlockProducerTimings", "times", &[]),
            ],
            Self::BlockProducerPubkeys => &[("DaemonStatus", "blockProducerPubkeys", &[])],
            Self::BlockProductionKeys => &[("DaemonStatus", "blockProductionKeys", &[])],
            Self::PeersAsObjects => &[("DaemonStatus", "peers", &[]), ("Peer", "peerId", &[])],
            Self::DaemonMetricsPool => &[
                ("DaemonStatus", "metrics", &[]),
                ("Metrics", "snarkPoolSize", &[]),
                ("Metrics", "pendingSnarkWork", &[]),
            ],
            Self::BestChain => &[
                (QUERY, "bestChain", &["maxLength"]),
                ("Block", "stateHash", &[]),
                ("Block", "protocolState", &[]),
                ("Block", "snarkJobs", &[]),
                ("ProtocolState", "blockchainState", &[]),
                ("ProtocolState", "consensusState", &[]),
                ("BlockchainState", "date", &[]),
                ("ConsensusState", "blockHeight", &[]),
                ("CompletedWork", "workIds", &[]),
                ("CompletedWork", "fee", &[]),
                ("CompletedWork", "prover", &[]),
            ],
            Self::SnarkPool => &[
                (QUERY, "snarkPool", &[]),
                (QUERY, "pendingSnarkWork", &[]),
                ("CompletedWork", "workIds", &[]),
                ("CompletedWork", "fee", &[]),
                ("CompletedWork", "prover", &[]),
                ("PendingSnarkWork", "workBundle", &[]),
                ("WorkDescription", "workId", &[]),
            ],
            Self::SnarkWorkRange => &[
                (QUERY, "snarkWorkRange", &["startingIndex"]),
                ("PendingSnarkWorkSpec", "workBundleSpec", &[]),
                ("WorkBundleSpec", "workIds", &[]),
                ("WorkBundleSpec", "snarkFee", &[]),
                ("WorkBundleSpec", "snarkProverKey", &[]),
            ],
            Self::Account => &[(QUERY, "account", &["publicKey"]), ("Account", "nonce", &[])],
            Self::AccountPermissions => &[
                (QUERY, "account", &["publicKey"]),
                ("Account", "nonce", &[]),
                ("Account", "permissions", &[]),
                ("AccountPermissions", "access", &[]),
                ("AccountPermissions", "receive", &[]),
            ],
            Self::Mutations => &[
                (MUTATION, "setSnarkWorker", &["input"]),
                (MUTATION, "setSnarkWorkFee", &["input"]),
                ("SetSnarkWorkerPayload", "lastSnarkWorker", &[]),
                ("SetSnarkWorkFeePayload", "lastFee", &[]),
            ],
        }
    }
}

/// What a schema offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    era: Era,
    has: BTreeSet<Capability>,
    /// What the schema would need for each capability that it does not offer, as `Type.field`.
    lacks: BTreeMap<Capability, Vec<String>>,
}

impl Capabilities {
    /// Mainnet 1.x, the set to fall back to when introspection is refused.
    pub fn plain() -> Self {
        use Capability::{
            Account, BestChain, BlockProductionKeys, Mutations, PeersAsObjects, SnarkPool, Status,
        };
        let has =
            [Status, BlockProductionKeys, PeersAsObjects, BestChain, SnarkPool, Account, Mutations]
                .into();
        Self { era: Era::Unknown, has, lacks: BTreeMap::new() }
    }

    /// Reads the answer to the introspection document.
    pub fn from_introspection(answer: &Introspection) -> Self {
        let schema = Schema::of(answer);
        let missing = |capability: Capability| {
            let missing =
                capability.needs().iter().filter(|(of, field, args)| !schema.has(of, field, args));
            missing.map(|(of, field, _)| format!("{of}.{field}")).collect::<Vec<_>>()
        };
        let found = Capability::ALL.map(|capability| (capability, missing(capability)));
        let (has, lacks): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|(_, missing)| missing.is_empty());
        Self {
            era: schema.era(),
            has: has.into_iter().map(|(capability, _)| capability).collect(),
            lacks: lacks.into_iter().collect(),
        }
    }

    /// The era the schema fits.
    pub const fn era(&self) -> Era {
        self.era
    }

    /// Whether the schema offers `capability`.
    pub fn has(&self, capability: Capability) -> bool {
        self.has.contains(&capability)
    }

    /// The fields that the schema lacks for `capability`, as `Type.field`; none where it is
    /// offered, or was assumed unseen.
    pub fn lacking(&self, capability: Capability) -> &[String] {
        self.lacks.get(&capability).map_or(&[], Vec::as_slice)
    }

    /// Everything the schema offers of what can be used.
    pub fn iter(&self) -> impl Iterator<Item = Capability> + '_ {
        self.has.iter().copied()
    }

    /// The richest status operation that the schema takes.
    pub fn status_operation(&self) -> Option<StatusOperation> {
        let plain =
            self.has(Capability::BlockProductionKeys) && self.has(Capability::PeersAsObjects);
        if !self.has(Capability::Status) {
            None
        } else if plain && self.has(Capability::DaemonMetricsPool) {
            Some(StatusOperation::Metrics)
        } else if plain {
            Some(StatusOperation::Plain)
        } else if self.has(Capability::BlockProducerPubkeys) {
            Some(StatusOperation::Coda)
        } else {
            None
        }
    }

    /// The richest account operation that the schema takes.
    pub fn account_operation(&self) -> Option<AccountOperation> {
        if self.has(Capability::AccountPermissions) {
            Some(AccountOperation::Permissions)
        } else {
            self.has(Capability::Account).then_some(AccountOperation::Plain)
        }
    }

    /// The richest market operation that the schema takes; `None` on a limited port.
    pub fn market_operation(&self) -> Option<MarketOperation> {
        let chain = self.has(Capability::BestChain);
        if chain && self.has(Capability::SnarkWorkRange) {
            Some(MarketOperation::Range)
        } else if !self.has(Capability::SnarkPool) {
            None
        } else if chain {
            Some(MarketOperation::Pool)
        } else {
            Some(MarketOperation::Coda)
        }
    }
}

/// The `data` of an answer to `introspection.graphql`.
#[derive(Debug, Deserialize)]
pub struct Introspection {
    #[serde(rename = "__schema")]
    schema: SchemaAnswer,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SchemaAnswer {
    query_type: Named,
    mutation_type: Option<Named>,
    types: Vec<TypeAnswer>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
struct TypeAnswer {
    name: String,
    fields: Option<Vec<FieldAnswer>>,
}

#[derive(Debug, Deserialize)]
struct FieldAnswer {
    name: String,
    #[serde(default)]
    args: Vec<Named>,
}

/// Field arguments by type and field name.
struct Schema<'a> {
    query: &'a str,
    mutation: Option<&'a str>,
    fields: BTreeMap<(&'a str, &'a str), &'a [Named]>,
}

impl<'a> Schema<'a> {
    fn of(answer: &'a Introspection) -> Self {
        let fields = |of: &'a TypeAnswer| {
            of.fields
                .iter()
                .flatten()
                .map(|field| ((of.name.as_str(), field.name.as_str()), field.args.as_slice()))
        };
        Self {
            query: &answer.schema.query_type.name,
            mutation: answer.schema.mutation_type.as_ref().map(|named| named.name.as_str()),
            fields: answer.schema.types.iter().flat_map(fields).collect(),
        }
    }

    fn has(&self, of: &str, field: &str, args: &[&str]) -> bool {
        let of = match of {
            QUERY => Some(self.query),
            MUTATION => self.mutation,
            other => Some(other),
        };
        let found = of.and_then(|of| self.fields.get(&(of, field)));
        found.is_some_and(|found| {
            args.iter().all(|arg| found.iter().any(|named| named.name == *arg))
        })
    }

    /// The Rust node has the queries of Berkeley, but shows neither the fee of its worker nor takes
    /// one (`node/native/src/graphql`, mina-rust 0.18 to 0.20). Its type of the status has another
    /// name than the daemon's, which may change.
    fn is_rust_node(&self) -> bool {
        let anywhere = |field: &str| self.fields.keys().any(|(_, name)| *name == field);
        self.has(QUERY, "daemonStatus", &[])
            && self.has(QUERY, "networkID", &[])
            && !anywhere("snarkWorkFee")
            && !anywhere("setSnarkWorkFee")
    }

    /// The newest era one of whose marks the schema bears; each mark first appeared in that era.
    fn era(&self) -> Era {
        let marks: [(Era, &str, &str); 9] = [
            (Era::Coda2020, "DaemonStatus", "blockProducerPubkeys"),
            (Era::Mesa40, QUERY, "accountActions"),
            (Era::Berkeley202412, QUERY, "snarkWorkRange"),
            (Era::Berkeley30, "Metrics", "snarkPoolSize"),
            (Era::Mainnet14, "DaemonStatus", "metrics"),
            (Era::Mainnet13, QUERY, "runtimeConfig"),
            (Era::Mainnet12, "DaemonStatus", "coinbaseReceiver"),
            (Era::Mainnet11, "DaemonStatus", "highestUnvalidatedBlockLengthReceived"),
            (Era::Mainnet10, QUERY, "bestChain"),
        ];
        if self.has(QUERY, "daemonStatus", &[]) && !self.has(QUERY, "snarkPool", &[]) {
            return Era::Limited;
        }
        if self.is_rust_node() {
            return Era::RustNode;
        }
        let mark = marks.iter().find(|(_, of, field)| self.has(of, field, &[]));
        mark.map_or(Era::Unknown, |(era, _, _)| *era)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fallback_reads_and_sets_as_mainnet_one_does() {
        let plain = Capabilities::plain();
        assert_eq!(plain.era(), Era::Unknown);
        assert_eq!(plain.status_operation(), Some(StatusOperation::Plain));
        assert_eq!(plain.market_operation(), Some(MarketOperation::Pool));
    }

    #[test]
    fn an_empty_schema_offers_nothing() {
        let json =
            r#"{"__schema": {"queryType": {"name": "Q"}, "mutationType": null, "types": []}}"#;
        let nothing = Capabilities::from_introspection(&serde_json::from_str(json).unwrap());
        assert_eq!(nothing.era(), Era::Unknown);
        assert_eq!((nothing.status_operation(), nothing.market_operation()), (None, None));
    }

    #[test]
    fn a_field_without_its_argument_does_not_count() {
        let json = r#"{"__schema": {"queryType": {"name": "Q"}, "mutationType": {"name": "M"}, "types": [
            {"name": "Q", "fields": [{"name": "account", "args": []}]},
            {"name": "Account", "fields": [{"name": "nonce", "args": []}]}]}}"#;
        let schema = Capabilities::from_introspection(&serde_json::from_str(json).unwrap());
        assert!(!schema.has(Capability::Account));
        assert_eq!(schema.lacking(Capability::Account), ["query.account"]);
        let json = json.replacen("\"args\": []", "\"args\": [{\"name\": \"publicKey\"}]", 1);
        let schema = Capabilities::from_introspection(&serde_json::from_str(&json).unwrap());
        assert!(schema.has(Capability::Account));
    }
}
