//! The operations sent, one document each, with types generated from `graphql/schema.graphql`.
//!
//! A request carries its whole document, so a document holds one operation: what a mutation can do
//! is what its file shows.

use graphql_client::GraphQLQuery;

use super::scalars::SyncStatus;

/// The account with its permissions: an operation of the same name, of another document.
pub(crate) mod with_permissions {
    use graphql_client::GraphQLQuery;

    #[derive(GraphQLQuery)]
    #[graphql(
        schema_path = "../../graphql/schema.graphql",
        query_path = "../../graphql/account_permissions.graphql",
        custom_scalars_module = "crate::answers::operations::scalar_names"
    )]
    pub(crate) struct Account;
}

/// The scalars of `graphql/schema.graphql`, under the names by which the generated code finds them.
pub(crate) mod scalar_names {
    use crate::answers::scalars::OwnedScalar;

    pub(crate) type AccountNonce = OwnedScalar;
    pub(crate) type BlockTime = OwnedScalar;
    pub(crate) type Fee = OwnedScalar;
    pub(crate) type GlobalSlotSinceHardFork = OwnedScalar;
    pub(crate) type Int63 = OwnedScalar;
    pub(crate) type Length = OwnedScalar;
    pub(crate) type PublicKey = OwnedScalar;
    pub(crate) type StateHash = OwnedScalar;
    pub(crate) type UInt64 = OwnedScalar;
}

macro_rules! operations {
    ($($name:ident $path:tt;)*) => {$(
        #[derive(GraphQLQuery)]
        #[graphql(
            schema_path = "../../graphql/schema.graphql",
            query_path = $path,
            custom_scalars_module = "crate::answers::operations::scalar_names",
            extern_enums("SyncStatus"),
        )]
        pub(crate) struct $name;
    )*};
}

operations! {
    Status "../../graphql/status.graphql";
    StatusMetrics "../../graphql/status_metrics.graphql";
    StatusCoda "../../graphql/status_coda.graphql";
    MarketBlocks "../../graphql/market_blocks.graphql";
    MarketRange "../../graphql/market_range.graphql";
    MarketPool "../../graphql/market_pool.graphql";
    MarketCoda "../../graphql/market_coda.graphql";
    Account "../../graphql/account.graphql";
    SetSnarkWorker "../../graphql/set_snark_worker.graphql";
    UnsetSnarkWorker "../../graphql/unset_snark_worker.graphql";
    SetSnarkWorkFee "../../graphql/set_snark_work_fee.graphql";
}
