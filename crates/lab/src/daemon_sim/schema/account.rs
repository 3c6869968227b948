//! Ledger accounts. The market model knows only which keys have one. Balances and the rest are
//! constants.

use super::table::{Shown, Table, Types, boolean, empty_list, int, maybe_text, object, text};
use crate::daemon_sim::{
    era::Era::{self, Berkeley30, Coda2020, Mainnet10, Mainnet12, Mainnet14},
    stand_in::{StandInKind, decimal_stand_in, stand_in},
};

/// The account of one key in the default token.
struct Account(Box<str>);
struct Balance;
struct Timing;
struct Permissions;
struct KeyPermission;

/// Balance of every account in nanomina: 1000 MINA.
const BALANCE: u64 = 1_000_000_000_000;

pub(super) fn show_account(key: &str) -> Shown {
    object(Account(key.into()))
}

/// The default token's id: the number 1 until Berkeley made ids hashes (Mina `token_id.ml`).
pub(super) fn default_token(era: Era) -> &'static str {
    if era >= Berkeley30 { "wSHV2S4qX9jFsLjQo8r1BsMLH2ZRKsZx6EJd1sbozGPieEC4Jf" } else { "1" }
}

pub(super) fn define(types: &mut Types) {
    types.object::<Account>(.., "Account", |table| add_zkapp_fields(add_plain_fields(table)));
    types.object::<Balance>(.., "AnnotatedBalance", |table| {
        table
            .field(.., "total", "Balance!", |_, _| text(BALANCE))
            .field(..=Coda2020, "unknown", "Balance!", |_, _| text(BALANCE))
            .deprecated(Mainnet10.., "unknown", "Balance!", |_, _| text(BALANCE))
            .deprecated(Mainnet10.., "liquid", "Balance", |_, _| text(BALANCE))
            .deprecated(Mainnet10.., "locked", "Balance", |_, _| text(0))
            .field(Mainnet10.., "blockHeight", "Length!", |_, view| {
                text(view.snapshot.status.height.unwrap_or(0))
            })
            .field(Mainnet10.., "stateHash", "StateHash", |_, view| {
                maybe_text(view.snapshot.status.state_hash.as_ref())
            })
    });
    types.object::<Timing>(Mainnet10.., "AccountTiming", |table| {
        table
            .field(..=Mainnet14, "initial_mininum_balance", "UInt64", |_, _| None)
            .field(..=Mainnet14, "cliff_time", "UInt32", |_, _| None)
            .field(..=Mainnet14, "cliff_amount", "UInt64", |_, _| None)
            .field(..=Mainnet14, "vesting_period", "UInt32", |_, _| None)
            .field(..=Mainnet14, "vesting_increment", "UInt64", |_, _| None)
            .field(Berkeley30.., "initialMinimumBalance", "Balance", |_, _| None)
            .field(Berkeley30.., "cliffTime", "Globalslot", |_, _| None)
            .field(Berkeley30.., "cliffAmount", "Amount", |_, _| None)
            .field(Berkeley30.., "vestingPeriod", "GlobalSlotSpan", |_, _| None)
            .field(Berkeley30.., "vestingIncrement", "Amount", |_, _| None)
    });
    define_permissions(types);
}

fn add_plain_fields(table: Table<'_, Account>) -> Table<'_, Account> {
    table
        .field(.., "publicKey", "PublicKey!", |account, _| text(&account.0))
        .field(.., "balance", "AnnotatedBalance!", |_, _| object(Balance))
        .field(.., "nonce", "AccountNonce", |_, _| text(0))
        .field(.., "inferredNonce", "AccountNonce", |_, _| text(0))
        .field(.., "epochDelegateAccount", "Account", |account, _| show_account(&account.0))
        .field(.., "receiptChainHash", "ChainHash", |account, _| {
            text(stand_in(StandInKind::EpochSeed, &account.0))
        })
        .deprecated(.., "delegate", "PublicKey", |account, _| text(&account.0))
        .field(.., "delegateAccount", "Account", |account, _| show_account(&account.0))
        .field(.., "votingFor", "ChainHash", |_, _| text(stand_in(StandInKind::State, "no vote")))
        .field(.., "stakingActive", "Boolean!", |_, _| boolean(false))
        .field(.., "privateKeyPath", "String!", |account, _| {
            text(format_args!("~/.mina-config/wallets/store/{}", account.0))
        })
        .field(.., "locked", "Boolean", |_, _| None)
        .field(Mainnet10..=Mainnet14, "token", "TokenId!", |_, view| text(default_token(view.era)))
        .deprecated(Berkeley30.., "token", "TokenId!", |_, view| text(default_token(view.era)))
        .field(Berkeley30.., "tokenId", "TokenId!", |_, view| text(default_token(view.era)))
        .field(Mainnet10.., "timing", "AccountTiming!", |_, _| object(Timing))
        .field(Mainnet10.., "delegators", "[Account!]", |_, _| empty_list())
        .field(Mainnet10.., "lastEpochDelegators", "[Account!]", |_, _| empty_list())
        .field(Mainnet10..=Mainnet14, "isTokenOwner", "Boolean", |_, _| boolean(false))
        .field(Mainnet10..=Mainnet14, "isDisabled", "Boolean", |_, _| boolean(false))
        .field(Mainnet12.., "index", "Int", |account, view| {
            let held = view.snapshot.accounts.iter().position(|key| key.as_str() == &*account.0);
            held.and_then(int)
        })
}

fn add_zkapp_fields(table: Table<'_, Account>) -> Table<'_, Account> {
    table
        .field(Berkeley30.., "zkappUri", "String", |_, _| None)
        .field(Berkeley30.., "zkappState", "[FieldElem!]", |_, _| None)
        .field(Berkeley30.., "provedState", "Boolean", |_, _| None)
        .field(Berkeley30.., "permissions", "AccountPermissions", |_, _| object(Permissions))
        .field(Berkeley30.., "tokenSymbol", "String", |_, _| text(""))
        .field(Berkeley30.., "actionState", "[Action!]", |_, _| None)
        .field(Berkeley30.., "leafHash", "FieldElem", |account, _| {
            text(decimal_stand_in(&account.0))
        })
}

/// Permissions of a new account that is not a zkApp (Mina `permissions.ml`, `user_default`).
fn define_permissions(types: &mut Types) {
    types.enumeration(
        Berkeley30..,
        "AccountAuthRequired",
        &["None", "Either", "Proof", "Signature", "Impossible"],
    );
    types.object::<KeyPermission>(Berkeley30.., "VerificationKeyPermission", |table| {
        table.field(.., "auth", "AccountAuthRequired!", |_, _| text("Signature")).field(
            ..,
            "txnVersion",
            "String!",
            |_, _| text(3),
        )
    });
    types.object::<Permissions>(Berkeley30.., "AccountPermissions", |table| {
        let signed = [
            "editState",
            "send",
            "setDelegate",
            "setPermissions",
            "setZkappUri",
            "editActionState",
            "setTokenSymbol",
            "incrementNonce",
            "setVotingFor",
            "setTiming",
        ];
        let table = signed.into_iter().fold(table, |table, name| {
            table.field(.., name, "AccountAuthRequired!", |_, _| text("Signature"))
        });
        table
            .field(.., "receive", "AccountAuthRequired!", |_, _| text("None"))
            .field(.., "access", "AccountAuthRequired!", |_, _| text("None"))
            .field(.., "setVerificationKey", "VerificationKeyPermission!", |_, _| {
                object(KeyPermission)
            })
    });
}
