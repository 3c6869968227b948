//! User commands and zkApp commands. They are in the schema, so that documents that select them are
//! valid, but never in an answer, because no commands are simulated.

use super::table::{FieldShape, Never, Shown, Types};
use crate::daemon_sim::era::Era::{
    self, Berkeley30, Coda2020, Mainnet10, Mainnet13, Mainnet14, Mainnet115, Mesa40,
};

const fn shape(since: Era, until: Era, name: &'static str, ty: &'static str) -> FieldShape {
    FieldShape { since, until, name, ty, deprecated: false }
}

const fn deprecated(since: Era, until: Era, name: &'static str, ty: &'static str) -> FieldShape {
    FieldShape { since, until, name, ty, deprecated: true }
}

/// The fields of `UserCommand`, an object type in 2020 and an interface since.
const USER_COMMAND: [FieldShape; 21] = [
    shape(Coda2020, Mesa40, "id", "TransactionId!"),
    shape(Coda2020, Mesa40, "nonce", "Int!"),
    shape(Coda2020, Mesa40, "amount", "Amount!"),
    shape(Coda2020, Mesa40, "fee", "Fee!"),
    shape(Coda2020, Mesa40, "memo", "String!"),
    shape(Coda2020, Coda2020, "isDelegation", "Boolean!"),
    deprecated(Mainnet10, Mesa40, "isDelegation", "Boolean!"),
    deprecated(Coda2020, Mesa40, "from", "PublicKey!"),
    shape(Coda2020, Coda2020, "fromAccount", "Account!"),
    deprecated(Mainnet10, Mesa40, "fromAccount", "Account!"),
    deprecated(Coda2020, Mesa40, "to", "PublicKey!"),
    shape(Coda2020, Coda2020, "toAccount", "Account!"),
    deprecated(Mainnet10, Mesa40, "toAccount", "Account!"),
    shape(Mainnet10, Mesa40, "hash", "TransactionHash!"),
    shape(Mainnet10, Mesa40, "kind", "UserCommandKind!"),
    shape(Mainnet10, Mesa40, "source", "Account!"),
    shape(Mainnet10, Mesa40, "receiver", "Account!"),
    shape(Mainnet10, Mesa40, "token", "TokenId!"),
    shape(Mainnet10, Mesa40, "feeToken", "TokenId!"),
    shape(Mainnet115, Mesa40, "failureReason", "TransactionStatusFailure"),
    shape(Mainnet13, Mesa40, "validUntil", "Globalslot!"),
];

/// `feePayer`. From 3.0 on the implementing types deprecate it and the interface does not.
const FEE_PAYER_OF_INTERFACE: [FieldShape; 1] = [shape(Mainnet10, Mesa40, "feePayer", "Account!")];
const FEE_PAYER_OF_OBJECTS: [FieldShape; 2] = [
    shape(Mainnet10, Mainnet14, "feePayer", "Account!"),
    deprecated(Berkeley30, Mesa40, "feePayer", "Account!"),
];

/// Fields that only a delegation has.
const DELEGATION: [FieldShape; 2] = [
    shape(Mainnet10, Mesa40, "delegator", "Account!"),
    shape(Mainnet10, Mesa40, "delegatee", "Account!"),
];

/// The zkApp types that an official client selects in a block.
const ZKAPP: [&str; 25] = [
    "ZkappCommandResult id:TransactionId! hash:TransactionHash! zkappCommand:ZkappCommand! \
     failureReason:[ZkappCommandFailureReason]",
    "ZkappCommand feePayer:ZkappFeePayer! accountUpdates:[ZkappAccountUpdate!]! memo:Memo!",
    "ZkappCommandFailureReason index:Index failures:[TransactionStatusFailure!]!",
    "ZkappFeePayer body:FeePayerBody! authorization:Signature!",
    "ZkappAccountUpdate body:AccountUpdateBody! authorization:Control!",
    "FeePayerBody publicKey:PublicKey! fee:Fee! validUntil:GlobalSlotSinceGenesis nonce:UInt32!",
    "AccountUpdateBody publicKey:PublicKey! tokenId:TokenId! update:AccountUpdateModification! \
     balanceChange:BalanceChange! incrementNonce:Boolean! events:[[Field!]!]! actions:[[Field!]!]! \
     callData:Field! callDepth:Int! preconditions:Preconditions! useFullCommitment:Boolean! \
     implicitAccountCreationFee:Boolean! mayUseToken:MayUseToken! authorizationKind:AuthorizationKindStructured!",
    "Control proof:ZkappProof signature:Signature",
    "AccountUpdateModification appState:[Field]! delegate:PublicKey verificationKey:VerificationKeyWithHash \
     permissions:Permissions zkappUri:String tokenSymbol:String timing:Timing votingFor:StateHash",
    "BalanceChange magnitude:CurrencyAmount! sgn:Sign!",
    "Preconditions network:NetworkPrecondition! account:AccountPrecondition! \
     validWhile:GlobalSlotSinceGenesisInterval",
    "MayUseToken parentsOwnToken:Boolean! inheritFromParent:Boolean!",
    "AuthorizationKindStructured isSigned:Boolean! isProved:Boolean! verificationKeyHash:Field!",
    "VerificationKeyWithHash data:VerificationKey! hash:Field!",
    "Permissions editState:AuthRequired! access:AuthRequired! send:AuthRequired! receive:AuthRequired! \
     setDelegate:AuthRequired! setPermissions:AuthRequired! setVerificationKey:VerificationKeyPermission! \
     setZkappUri:AuthRequired! editActionState:AuthRequired! setTokenSymbol:AuthRequired! \
     incrementNonce:AuthRequired! setVotingFor:AuthRequired! setTiming:AuthRequired!",
    "Timing initialMinimumBalance:Balance! cliffTime:GlobalSlotSinceGenesis! cliffAmount:CurrencyAmount! \
     vestingPeriod:GlobalSlotSpan! vestingIncrement:CurrencyAmount!",
    "NetworkPrecondition snarkedLedgerHash:Field blockchainLength:LengthInterval minWindowDensity:LengthInterval \
     totalCurrency:CurrencyAmountInterval globalSlotSinceGenesis:GlobalSlotSinceGenesisInterval \
     stakingEpochData:EpochDataPrecondition! nextEpochData:EpochDataPrecondition!",
    "AccountPrecondition balance:BalanceInterval nonce:NonceInterval receiptChainHash:Field delegate:PublicKey \
     state:[Field]! actionState:Field provedState:Boolean isNew:Boolean",
    "GlobalSlotSinceGenesisInterval lower:GlobalSlotSinceGenesis! upper:GlobalSlotSinceGenesis!",
    "LengthInterval lower:UInt32! upper:UInt32!",
    "CurrencyAmountInterval lower:CurrencyAmount! upper:CurrencyAmount!",
    "EpochDataPrecondition ledger:EpochLedgerPrecondition! seed:Field startCheckpoint:Field lockCheckpoint:Field \
     epochLength:LengthInterval",
    "BalanceInterval lower:Balance! upper:Balance!",
    "NonceInterval lower:UInt32! upper:UInt32!",
    "EpochLedgerPrecondition hash:Field totalCurrency:CurrencyAmountInterval",
];

pub(super) fn define(types: &mut Types) {
    fn never(never: &Never) -> Shown {
        match *never {}
    }
    types.object::<Never>(..=Coda2020, "UserCommand", |table| table.shaped(&USER_COMMAND, never));
    types.interface(
        Mainnet10..,
        "UserCommand",
        &[USER_COMMAND.as_slice(), &FEE_PAYER_OF_INTERFACE].concat(),
    );
    for (name, own) in
        [("UserCommandPayment", [].as_slice()), ("UserCommandDelegation", &DELEGATION)]
    {
        types.object::<Never>(Mainnet10.., name, |table| {
            let table = table.shaped(&USER_COMMAND, never).shaped(&FEE_PAYER_OF_OBJECTS, never);
            table.shaped(own, never).implements("UserCommand")
        });
    }
    types.shapes(Berkeley30.., &ZKAPP);
}
