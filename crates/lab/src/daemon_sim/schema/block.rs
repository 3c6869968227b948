//! Blocks and their states.

use std::sync::Arc;

use snarkfee_core::market::Block;

use super::{
    account,
    table::{Shown, Table, Types, boolean, empty_list, int, object, objects, text},
    work::PricedProof,
};
use crate::daemon_sim::{
    era::Era::{Berkeley30, Coda2020, Mainnet10, Mainnet12, Mainnet14, Mainnet115},
    payment::{FeeTransfer, fee_transfers},
    stand_in::{StandInKind, decimal_stand_in, stand_in},
    view::{DaemonView, SLOTS_PER_EPOCH},
};

struct BlockObject(Arc<Block>);

/// Parts of a block that are types of their own. All read the block.
struct BlockTransactions(Arc<Block>);
struct ProtocolObject(Arc<Block>);
struct ConsensusObject(Arc<Block>);
struct BlockchainObject(Arc<Block>);
/// Number of an epoch: the staking epoch or the next.
struct Epoch(u64);

pub(super) fn show_block(block: Arc<Block>) -> Shown {
    object(BlockObject(block))
}

/// The newest `length` blocks, oldest first. Without a length, all of the frontier.
pub(super) fn best_chain(view: &DaemonView, length: Option<u64>) -> Result<Shown, String> {
    if view.is_bootstrapping() {
        // The message of Mina `mina_graphql.ml`.
        return Err("Could not obtain best chain from transition frontier".to_owned());
    }
    let length = length.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(usize::MAX));
    let older = view.chain.len().saturating_sub(length);
    Ok(objects(view.chain.iter().skip(older).cloned().map(BlockObject)))
}

pub(super) fn define(types: &mut Types) {
    types.object::<BlockObject>(.., "Block", |table| {
        table
            .deprecated(.., "creator", "PublicKey!", |block, view| text(view.creator_of(&block.0)))
            .field(.., "creatorAccount", "Account!", |block, view| {
                account::show_account(&view.creator_of(&block.0))
            })
            .field(Mainnet10.., "winnerAccount", "Account!", |block, view| {
                account::show_account(&view.creator_of(&block.0))
            })
            .field(.., "stateHash", "StateHash!", |block, _| text(&block.0.state_hash))
            .field(.., "stateHashField", "StateHashAsDecimal!", |block, _| {
                text(decimal_stand_in(&block.0.state_hash))
            })
            .field(.., "protocolState", "ProtocolState!", |block, _| {
                object(ProtocolObject(Arc::clone(&block.0)))
            })
            .field(.., "transactions", "Transactions!", |block, _| {
                object(BlockTransactions(Arc::clone(&block.0)))
            })
            // User commands are not simulated.
            .field(Mainnet14.., "commandTransactionCount", "Int!", |_, _| int(0))
            .field(.., "snarkJobs", "[CompletedWork!]!", |block, _| {
                objects(block.0.works.iter().map(PricedProof::from))
            })
    });
    types.object::<BlockTransactions>(.., "Transactions", |table| {
        table
            .field(.., "userCommands", "[UserCommand!]!", |_, _| empty_list())
            .field(Berkeley30.., "zkappCommands", "[ZkappCommandResult!]!", |_, _| empty_list())
            .field(.., "feeTransfer", "[FeeTransfer!]!", |block, _| {
                objects(fee_transfers(&block.0.works))
            })
            .field(.., "coinbase", "Amount!", |_, view| text(view.snapshot.coinbase.get()))
            .field(Mainnet10.., "coinbaseReceiverAccount", "Account", |block, view| {
                account::show_account(&view.creator_of(&block.0))
            })
    });
    types.object::<FeeTransfer>(.., "FeeTransfer", |table| {
        table
            .field(.., "recipient", "PublicKey!", |transfer, _| text(&transfer.recipient))
            .field(.., "fee", "Fee!", |transfer, _| text(transfer.fee.get()))
            .field(Mainnet115.., "type", "FeeTransferType!", |transfer, _| {
                text(if transfer.via_coinbase {
                    "Fee_transfer_via_coinbase"
                } else {
                    "Fee_transfer"
                })
            })
    });
    types.object::<ProtocolObject>(.., "ProtocolState", |table| {
        table
            .field(.., "previousStateHash", "StateHash!", |block, view| {
                text(view.previous_state_hash(&block.0))
            })
            .field(.., "blockchainState", "BlockchainState!", |block, _| {
                object(BlockchainObject(Arc::clone(&block.0)))
            })
            .field(.., "consensusState", "ConsensusState!", |block, _| {
                object(ConsensusObject(Arc::clone(&block.0)))
            })
    });
    types.object::<BlockchainObject>(.., "BlockchainState", define_chain_state);
    types.object::<ConsensusObject>(.., "ConsensusState", define_consensus_state);
    define_epochs(types);
}

fn define_chain_state(table: Table<'_, BlockchainObject>) -> Table<'_, BlockchainObject> {
    table
        .field(.., "date", "BlockTime!", |block, _| text(block.0.at.as_millisecond()))
        .field(Mainnet10.., "utcDate", "BlockTime!", |block, _| text(block.0.at.as_millisecond()))
        .field(.., "snarkedLedgerHash", "LedgerHash!", |block, _| {
            text(stand_in(StandInKind::Ledger, &format!("snarked {}", block.0.state_hash)))
        })
        .field(.., "stagedLedgerHash", "LedgerHash!", |block, _| {
            text(stand_in(StandInKind::Ledger, &format!("staged {}", block.0.state_hash)))
        })
        .field(Mainnet12.., "stagedLedgerProofEmitted", "Boolean", |block, _| {
            boolean(!block.0.works.is_empty())
        })
}

fn define_consensus_state(table: Table<'_, ConsensusObject>) -> Table<'_, ConsensusObject> {
    fn slot(block: &ConsensusObject, view: &DaemonView) -> u64 {
        view.slot_at(block.0.at)
    }
    table
        .field(..=Coda2020, "blockchainLength", "Length!", |block, _| text(block.0.height))
        .deprecated(Mainnet10.., "blockchainLength", "Length!", |block, _| text(block.0.height))
        .field(Mainnet10.., "blockHeight", "Length!", |block, _| text(block.0.height))
        .field(.., "epochCount", "Length!", |block, view| text(slot(block, view) / SLOTS_PER_EPOCH))
        .field(.., "minWindowDensity", "Length!", |_, _| text(77))
        .field(.., "lastVrfOutput", "String!", |block, _| {
            text(stand_in(StandInKind::Proof, &block.0.state_hash))
        })
        .field(.., "totalCurrency", "Amount!", |_, _| text(1_000_000_000_000_000_000_u64))
        .field(.., "stakingEpochData", "StakingEpochData!", |block, view| {
            object(Epoch(slot(block, view) / SLOTS_PER_EPOCH))
        })
        .field(.., "nextEpochData", "NextEpochData!", |block, view| {
            object(Epoch(slot(block, view) / SLOTS_PER_EPOCH + 1))
        })
        .field(.., "hasAncestorInSameCheckpointWindow", "Boolean!", |_, _| boolean(true))
        .field(.., "slot", "Slot!", |block, view| text(slot(block, view) % SLOTS_PER_EPOCH))
        .field(Mainnet10.., "slotSinceGenesis", "Globalslot!", |block, view| {
            text(slot(block, view))
        })
        .field(.., "epoch", "Epoch!", |block, view| text(slot(block, view) / SLOTS_PER_EPOCH))
        .field(Berkeley30.., "superchargedCoinbase", "Boolean!", |_, _| boolean(false))
        .field(Berkeley30.., "blockStakeWinner", "PublicKey!", |block, view| {
            text(view.creator_of(&block.0))
        })
        .field(Berkeley30.., "blockCreator", "PublicKey!", |block, view| {
            text(view.creator_of(&block.0))
        })
        // The schema's own spelling.
        .field(Berkeley30.., "coinbaseReceiever", "PublicKey!", |block, view| {
            text(view.creator_of(&block.0))
        })
}

fn define_epochs(types: &mut Types) {
    fn epoch_text(what: &str, kind: StandInKind, epoch: &Epoch) -> Shown {
        text(stand_in(kind, &format!("{what} {}", epoch.0)))
    }
    for name in ["StakingEpochData", "NextEpochData"] {
        types.object::<Epoch>(.., name, |table| {
            table
                .field(.., "ledger", "epochLedger!", |epoch, _| object(Epoch(epoch.0)))
                .field(.., "seed", "EpochSeed!", |epoch, _| {
                    epoch_text("seed", StandInKind::EpochSeed, epoch)
                })
                .field(.., "startCheckpoint", "StateHash!", |epoch, _| {
                    epoch_text("start", StandInKind::State, epoch)
                })
                .field(.., "lockCheckpoint", "String!", |epoch, _| {
                    epoch_text("lock", StandInKind::State, epoch)
                })
                .field(.., "epochLength", "Length!", |_, _| text(SLOTS_PER_EPOCH))
        });
    }
    types.object::<Epoch>(.., "epochLedger", |table| {
        table
            .field(.., "hash", "LedgerHash!", |epoch, _| {
                epoch_text("ledger", StandInKind::Ledger, epoch)
            })
            .field(.., "totalCurrency", "Amount!", |_, _| text(1_000_000_000_000_000_000_u64))
    });
}
