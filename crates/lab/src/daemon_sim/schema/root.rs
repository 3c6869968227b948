//! The root types `query` and `mutation`.

use std::sync::Arc;

use async_graphql::{
    Value,
    dynamic::{FieldValue, ResolverContext},
};
use snarkfee_core::{
    market::Block,
    units::{Nanomina, PublicKey},
};

use super::{
    account, block, status,
    table::{Shown, Table, Types, argument, empty_list, int, object, text},
    work,
};
use crate::daemon_sim::{
    controls::Controls,
    era::Era::{self, Berkeley30, Mainnet10, Mainnet12, Mainnet13, Mainnet14, Mainnet115, Mesa40},
    scalars::{UNDECODABLE_UINT64, parse_uint64},
    view::DaemonView,
};

/// The parent of the root fields.
pub(super) type Root = ();

struct GenesisConstants;

/// The view of the request that is being answered.
fn view<'a>(context: &ResolverContext<'a>) -> Result<&'a Arc<DaemonView>, String> {
    context.ctx.data::<Arc<DaemonView>>().map_err(|problem| problem.message)
}

/// Root fields without arguments, which read only the view.
trait RootFields: Sized {
    fn root_field(
        self,
        eras: impl std::ops::RangeBounds<Era>,
        name: &str,
        ty: &str,
        read: impl Fn(&Arc<DaemonView>) -> Shown + Send + Sync + 'static,
    ) -> Self;
}

impl RootFields for Table<'_, Root> {
    fn root_field(
        self,
        eras: impl std::ops::RangeBounds<Era>,
        name: &str,
        ty: &str,
        read: impl Fn(&Arc<DaemonView>) -> Shown + Send + Sync + 'static,
    ) -> Self {
        self.field_with_arguments(eras, name, ty, &[], move |context| Ok(read(view(context)?)))
    }
}

pub(super) fn define_query(types: &mut Types, limited: bool) {
    types.object::<Root>(.., "query", |table| {
        let table = add_limited_fields(table);
        if limited { table } else { add_network_fields(add_work_fields(table)) }
    });
    if !limited {
        types.object::<GenesisConstants>(Mainnet10.., "GenesisConstants", |table| {
            table
                .field(.., "accountCreationFee", "Fee!", |_, view| {
                    text(view.snapshot.account_creation_fee.get())
                })
                .field(.., "coinbase", "Amount!", |_, view| text(view.snapshot.coinbase.get()))
                .field(Berkeley30.., "genesisTimestamp", "String!", |_, view| {
                    text(view.genesis().strftime("%Y-%m-%dT%H:%M:%SZ"))
                })
        });
        // No simulated account belongs to a zkApp.
        types.shapes(
            Mesa40..,
            &["ActionState action:[[Field!]!]! actionSequenceNo:Int! blockNumber:UInt32! transactionSequenceNo:Int!"],
        );
        types.enumeration(.., "TransactionStatus", &["INCLUDED", "PENDING", "UNKNOWN"]);
    }
}

/// Fields that `--limited-graphql-port` serves too.
fn add_limited_fields(table: Table<'_, Root>) -> Table<'_, Root> {
    table
        .root_field(.., "daemonStatus", "DaemonStatus!", |_| status::show_status())
        .root_field(.., "version", "String", |view| text(&view.snapshot.status.commit))
        .field_with_arguments(
            Mainnet10..=Mainnet10,
            "block",
            "Block",
            &[("stateHash", "String!")],
            |context| find_block(view(context)?, argument(context, "stateHash"), &Value::Null),
        )
        .field_with_arguments(
            Mainnet115..,
            "block",
            "Block!",
            &[("height", "Int"), ("stateHash", "String")],
            |context| {
                find_block(
                    view(context)?,
                    argument(context, "stateHash"),
                    argument(context, "height"),
                )
            },
        )
}

/// Fields for the operator of a worker.
fn add_work_fields(table: Table<'_, Root>) -> Table<'_, Root> {
    table
        .root_field(.., "syncStatus", "SyncStatus!", |view| status::sync(view))
        .root_field(.., "snarkPool", "[CompletedWork!]!", |view| work::show_pool(view))
        .root_field(.., "pendingSnarkWork", "[PendingSnarkWork!]!", |view| work::show_pending(view))
        .root_field(.., "currentSnarkWorker", "SnarkWorker", |view| work::show_worker(view))
        .field_with_arguments(
            Mesa40..,
            "snarkWorkRange",
            "[PendingSnarkWorkSpec!]!",
            &[("endingIndex", "UInt32"), ("startingIndex", "UInt32!")],
            |context| {
                let view = view(context)?;
                let start = work::parse_index(view.era, argument(context, "startingIndex"))?;
                let end = match argument(context, "endingIndex") {
                    Value::Null => None,
                    end => Some(work::parse_index(view.era, end)?),
                };
                Ok(work::show_range(view, start, end))
            },
        )
        .field_with_arguments(
            Mainnet10..,
            "bestChain",
            "[Block!]",
            &[("maxLength", "Int")],
            |context| {
                let length = match argument(context, "maxLength") {
                    Value::Number(length) => Some(length.as_u64().unwrap_or(0)),
                    _ => None,
                };
                block::best_chain(view(context)?, length)
            },
        )
        .field_with_arguments(
            ..Mainnet10,
            "account",
            "Account",
            &[("publicKey", "PublicKey!")],
            find_account,
        )
        .field_with_arguments(
            Mainnet10..,
            "account",
            "Account",
            &[("token", "TokenId"), ("publicKey", "PublicKey!")],
            find_account,
        )
        .field_with_arguments(
            Mesa40..,
            "accountActions",
            "[ActionState!]!",
            &[("maxLength", "Int"), ("token", "TokenId"), ("publicKey", "PublicKey!")],
            |_| Ok(empty_list()),
        )
        .root_field(Mainnet10.., "genesisConstants", "GenesisConstants!", |_| {
            object(GenesisConstants)
        })
        .root_field(Mainnet13.., "runtimeConfig", "JSON!", runtime_config)
        .root_field(Berkeley30.., "networkID", "String!", |view| text(&view.network.id))
}

/// Further fields that the official clients read.
fn add_network_fields(table: Table<'_, Root>) -> Table<'_, Root> {
    const BY_KEY: (&str, &str) = ("publicKey", "PublicKey");
    const BY_HASH: (&str, &str) = ("hashes", "[String!]");
    const POOLED: &[(&str, &str)] = &[("ids", "[ID!]"), BY_HASH, BY_KEY];
    table
        .root_field(.., "initialPeers", "[String!]!", |_| empty_list())
        .root_field(.., "trackedAccounts", "[Account!]!", |_| empty_list())
        .root_field(Mainnet10.., "getPeers", "[Peer!]!", |view| status::peers(view))
        .root_field(Mainnet10.., "genesisBlock", "Block!", |view| {
            block::show_block(Arc::new(view.genesis_block()))
        })
        .root_field(Mainnet10.., "timeOffset", "Int!", |_| int(0))
        .field_with_arguments(
            ..Mainnet10,
            "pooledUserCommands",
            "[UserCommand!]!",
            &[BY_KEY],
            |_| Ok(empty_list()),
        )
        .field_with_arguments(
            Mainnet10..=Mainnet115,
            "pooledUserCommands",
            "[UserCommand!]!",
            &[BY_HASH, BY_KEY],
            |_| Ok(empty_list()),
        )
        .field_with_arguments(Mainnet12.., "pooledUserCommands", "[UserCommand!]!", POOLED, |_| {
            Ok(empty_list())
        })
        .field_with_arguments(
            Berkeley30..,
            "pooledZkappCommands",
            "[ZkappCommandResult!]!",
            POOLED,
            |_| Ok(empty_list()),
        )
        .field_with_arguments(
            ..=Mainnet14,
            "transactionStatus",
            "TransactionStatus!",
            &[("payment", "ID!")],
            |_| Ok(text("UNKNOWN")),
        )
        .field_with_arguments(
            Berkeley30..,
            "transactionStatus",
            "TransactionStatus!",
            &[("zkappTransaction", "ID"), ("payment", "ID")],
            |_| Ok(text("UNKNOWN")),
        )
}

pub(super) fn define_mutation(types: &mut Types) {
    types.object::<Root>(.., "mutation", |table| {
        table
            .field_with_arguments(
                ..,
                "setSnarkWorker",
                "SetSnarkWorkerPayload!",
                &[("input", "SetSnarkWorkerInput!")],
                |context| {
                    let key = match input_field(context, "SetSnarkWorkerInput", "publicKey")? {
                        Value::Null => None,
                        Value::String(text) => {
                            Some(PublicKey::try_new(text).map_err(|problem| problem.to_string())?)
                        }
                        _ => return Err("Could not decode public key.".to_owned()),
                    };
                    Ok(object(work::WorkerBefore(controls(context)?.set_worker(key))))
                },
            )
            .field_with_arguments(
                ..,
                "setSnarkWorkFee",
                "SetSnarkWorkFeePayload!",
                &[("input", "SetSnarkWorkFee!")],
                |context| {
                    let fee = parse_uint64(
                        view(context)?.era,
                        input_field(context, "SetSnarkWorkFee", "fee")?,
                    );
                    let fee = fee.ok_or_else(|| UNDECODABLE_UINT64.to_owned())?;
                    // The daemon accepts any 64-bit fee and shows those above 2^63 - 1 as negative.
                    // The market model has no such fees.
                    let fee = Nanomina::try_new(fee).map_err(|problem| problem.to_string())?;
                    Ok(object(work::FeeBefore(controls(context)?.set_fee(fee))))
                },
            )
    });
}

fn controls<'a>(context: &ResolverContext<'a>) -> Result<&'a Controls, String> {
    context.ctx.data::<Controls>().map_err(|problem| problem.message)
}

/// A field of the argument `input`, an object of type `ty`. A missing field is null.
///
/// The engine accepts other values in place of an object. Reading those as an empty object would
/// switch the worker off.
fn input_field<'a>(
    context: &'a ResolverContext<'_>,
    ty: &str,
    name: &str,
) -> Result<&'a Value, String> {
    static NULL: Value = Value::Null;
    match argument(context, "input") {
        Value::Object(fields) => Ok(fields.get(name).unwrap_or(&NULL)),
        other => {
            let field = &context.ctx.item.node.name.node;
            // The message of ocaml-graphql-server.
            Err(format!(
                "Argument `input` of type `{ty}!` expected on field `{field}`, found {other}."
            ))
        }
    }
}

/// `block`: takes exactly one of hash and height (Mina `mina_graphql.ml`).
fn find_block(view: &DaemonView, state_hash: &Value, height: &Value) -> Result<Shown, String> {
    let wanted: Box<dyn Fn(&Block) -> bool> = match (state_hash, height) {
        (Value::String(hash), Value::Null) => Box::new(move |block| *block.state_hash == **hash),
        (Value::Null, Value::Number(height)) => {
            let height = height.as_u64();
            Box::new(move |block| Some(u64::from(block.height)) == height)
        }
        _ => return Err("Must provide exactly one of state hash, height".to_owned()),
    };
    let found = view.position(wanted).and_then(|position| view.chain.get(position));
    let missing = || {
        if view.is_bootstrapping() {
            "Could not obtain transition frontier".to_owned()
        } else {
            "Could not find block in transition frontier".to_owned()
        }
    };
    found.map(|block| block::show_block(Arc::clone(block))).ok_or_else(missing)
}

/// `account`: null for a key without an account and for any but the default token.
fn find_account(context: &ResolverContext<'_>) -> Result<Shown, String> {
    let view = view(context)?;
    let Value::String(key) = argument(context, "publicKey") else {
        return Err("Could not decode public key.".to_owned());
    };
    let in_default_token = match argument(context, "token") {
        Value::Null => true,
        Value::String(token) => token == account::default_token(view.era),
        Value::Number(token) => token.to_string() == account::default_token(view.era),
        _ => false,
    };
    let held = in_default_token
        && !view.is_bootstrapping()
        && view.snapshot.accounts.iter().any(|account| account.as_str() == key);
    Ok(if held { account::show_account(key) } else { None })
}

/// The part of `runtimeConfig` that decides how the market runs.
fn runtime_config(view: &Arc<DaemonView>) -> Shown {
    let config = serde_json::json!({
        "daemon": {},
        "genesis": { "genesis_state_timestamp": view.genesis().to_string(), "k": 290, "slots_per_epoch": 7140 },
        "proof": {
            "block_window_duration_ms": u64::try_from(view.snapshot.status.slot_duration.as_millis()).unwrap_or(u64::MAX),
            "coinbase_amount": view.snapshot.coinbase.get().to_string(),
            "fork": null,
        },
        "ledger": { "name": view.network.id },
    });
    Value::from_json(config).ok().map(FieldValue::value)
}
