//! `daemonStatus` and the types under it.

use std::sync::Arc;

use snarkfee_core::market::SyncState;

use super::table::{Shown, Table, Types, int, ints, maybe_text, object, objects, text, texts};
use crate::daemon_sim::{
    era::Era::{Berkeley30, Coda2020, Mainnet10, Mainnet12, Mainnet14, Mainnet115, Mesa40},
    stand_in::{StandInKind, stand_in},
    view::{DaemonView, Peer, SLOTS_PER_EPOCH},
};

/// The parent of `daemonStatus`'s fields. All of them read the view.
struct StatusFields;
struct Metrics;
struct Configuration;
struct Addresses;
struct Timings;
/// A slot, shown as `ConsensusTime`.
struct Slot(u64);
/// A slot with its number since genesis.
struct GlobalSlot(u64);

pub(super) fn show_status() -> Shown {
    object(StatusFields)
}

pub(super) fn peers(view: &DaemonView) -> Shown {
    objects(view.peers())
}

/// `SyncStatus` in the schema's words. A state that no era has is `OFFLINE`.
pub(super) fn sync(view: &DaemonView) -> Shown {
    text(match view.snapshot.status.sync {
        SyncState::Connecting => "CONNECTING",
        SyncState::Listening => "LISTENING",
        SyncState::Bootstrap => "BOOTSTRAP",
        SyncState::Synced => "SYNCED",
        SyncState::Catchup => "CATCHUP",
        SyncState::Offline | SyncState::Other(_) => "OFFLINE",
    })
}

pub(super) fn define(types: &mut Types) {
    types.enumeration(
        ..,
        "SyncStatus",
        &["CONNECTING", "LISTENING", "OFFLINE", "BOOTSTRAP", "SYNCED", "CATCHUP"],
    );
    types.object::<StatusFields>(.., "DaemonStatus", |table| {
        add_chain_fields(add_process_fields(table))
    });
    types.object::<Metrics>(Mainnet14.., "Metrics", define_metrics);
    types.object::<Configuration>(.., "ConsensusConfiguration", define_configuration);
    types.object::<Addresses>(.., "AddrsAndPorts", define_addresses);
    types.object::<Peer>(Mainnet10.., "Peer", |table| {
        table
            .field(.., "host", "String!", |peer, _| text(&peer.host))
            .field(.., "libp2pPort", "Int!", |peer, _| int(peer.libp2p_port))
            .field(.., "peerId", "String!", |peer, _| text(&peer.peer_id))
    });
    types.object::<Slot>(.., "ConsensusTime", |table| {
        table
            .field(.., "epoch", "UInt32!", |slot, _| text(slot.0 / SLOTS_PER_EPOCH))
            .field(.., "slot", "UInt32!", |slot, _| text(slot.0 % SLOTS_PER_EPOCH))
            .field(.., "globalSlot", "GlobalSlotSinceHardFork!", |slot, _| text(slot.0))
            .field(.., "startTime", "BlockTime!", |slot, view| text(view.slot_start(slot.0)))
            .field(.., "endTime", "BlockTime!", |slot, view| {
                text(view.slot_start(slot.0.saturating_add(1)))
            })
    });
    types.object::<GlobalSlot>(Mainnet10.., "ConsensusTimeGlobalSlot", |table| {
        table.field(.., "consensusTime", "ConsensusTime!", |slot, _| object(Slot(slot.0))).field(
            ..,
            "globalSlotSinceGenesis",
            "Globalslot!",
            |slot, _| text(slot.0),
        )
    });
    types.object::<Timings>(.., "BlockProducerTimings", |table| {
        table
            .field(.., "times", "[ConsensusTime!]!", |_, view| objects(won_slots(view).map(Slot)))
            .field(Mainnet10.., "globalSlotSinceGenesis", "[Globalslot!]!", |_, view| {
                texts(won_slots(view))
            })
            .field(
                Mainnet10..,
                "generatedFromConsensusAt",
                "ConsensusTimeGlobalSlot!",
                |_, view| {
                    let slot = view.best_tip_slot().unwrap_or(view.snapshot.status.now);
                    object(GlobalSlot(slot.global_slot))
                },
            )
    });
    define_histograms(types);
}

/// The slots in which this daemon knows that it produces a block.
fn won_slots(view: &DaemonView) -> impl Iterator<Item = u64> + '_ {
    view.snapshot.status.own_slots.iter().map(|at| view.slot_at(at))
}

/// Fields of the process, which do not depend on the chain.
fn add_process_fields(table: Table<'_, StatusFields>) -> Table<'_, StatusFields> {
    table
        .field(.., "uptimeSecs", "Int!", |_, view| int(view.snapshot.status.uptime.as_secs()))
        .field(.., "commitId", "String!", |_, view| text(&view.snapshot.status.commit))
        .field(.., "confDir", "String!", |_, _| text("~/.mina-config"))
        .field(..=Coda2020, "peers", "[String!]!", |_, view| {
            texts(view.peers().iter().map(|peer| format!("{}:{}", peer.host, peer.libp2p_port)))
        })
        .field(Mainnet10.., "peers", "[Peer!]!", |_, view| peers(view))
        .field(.., "userCommandsSent", "Int!", |_, _| int(0))
        .field(.., "snarkWorker", "String", |_, view| {
            maybe_text(view.snapshot.status.worker.as_ref())
        })
        .field(.., "snarkWorkFee", "Int!", |_, view| int(view.snapshot.status.fee.get()))
        .field(..=Coda2020, "blockProducerPubkeys", "[String!]!", |_, view| {
            texts(production_key(view))
        })
        .field(Mainnet10.., "blockProductionKeys", "[String!]!", |_, view| {
            texts(production_key(view))
        })
        .field(Mainnet12.., "coinbaseReceiver", "String", |_, view| {
            maybe_text(production_key(view))
        })
        .field(.., "histograms", "Histograms", |_, _| None)
        .field(.., "consensusMechanism", "String!", |_, _| text("proof_of_stake"))
        .field(.., "consensusConfiguration", "ConsensusConfiguration!", |_, _| {
            object(Configuration)
        })
        .field(.., "addrsAndPorts", "AddrsAndPorts!", |_, _| object(Addresses))
        .field(..=Coda2020, "libp2pPeerId", "String!", |_, _| text(own_peer().peer_id))
        .field(Mainnet10.., "chainId", "String!", |_, view| text(&view.network.chain_id))
        .field(Mainnet14.., "metrics", "Metrics!", |_, _| object(Metrics))
}

/// Fields that follow from the chain.
fn add_chain_fields(table: Table<'_, StatusFields>) -> Table<'_, StatusFields> {
    table
        .field(.., "syncStatus", "SyncStatus!", |_, view| sync(view))
        .field(.., "numAccounts", "Int", |_, view| {
            if view.is_bootstrapping() { None } else { int(view.snapshot.accounts.len()) }
        })
        .field(.., "blockchainLength", "Int", |_, view| view.snapshot.status.height.and_then(int))
        .field(.., "highestBlockLengthReceived", "Int!", |_, view| {
            int(view.snapshot.status.highest_received)
        })
        .field(Mainnet115.., "highestUnvalidatedBlockLengthReceived", "Int!", |_, view| {
            int(view.snapshot.status.highest_received)
        })
        .field(.., "ledgerMerkleRoot", "String", |_, view| {
            maybe_text(view.best_tip().map(|tip| stand_in(StandInKind::Ledger, &tip.state_hash)))
        })
        .field(.., "stateHash", "String", |_, view| {
            maybe_text(view.snapshot.status.state_hash.as_ref())
        })
        .field(Mainnet10.., "catchupStatus", "[String!]", |_, view| {
            if view.is_bootstrapping() { None } else { texts(["finished"]) }
        })
        .field(.., "consensusTimeBestTip", "ConsensusTime", |_, view| {
            view.best_tip_slot().and_then(|slot| object(Slot(slot.global_slot)))
        })
        .field(Mainnet10.., "globalSlotSinceGenesisBestTip", "Int", |_, view| {
            view.best_tip_slot().and_then(|slot| int(slot.global_slot))
        })
        .field(.., "nextBlockProduction", "BlockProducerTimings", |_, view| {
            if view.snapshot.status.produces_blocks { object(Timings) } else { None }
        })
        .field(.., "consensusTimeNow", "ConsensusTime!", |_, view| {
            object(Slot(view.snapshot.status.now.global_slot))
        })
}

fn production_key(view: &DaemonView) -> Option<String> {
    view.snapshot.status.produces_blocks.then(DaemonView::producer)
}

fn define_metrics(table: Table<'_, Metrics>) -> Table<'_, Metrics> {
    table
        // Buckets of the histogram of block production delays.
        .field(.., "blockProductionDelay", "[Int!]!", |_, _| ints([0; 7]))
        .field(.., "transactionPoolDiffReceived", "Int!", |_, _| int(0))
        .field(.., "transactionPoolDiffBroadcasted", "Int!", |_, _| int(0))
        .field(.., "transactionsAddedToPool", "Int!", |_, _| int(0))
        .field(.., "transactionPoolSize", "Int!", |_, _| int(0))
        .field(Berkeley30.., "snarkPoolDiffReceived", "Int!", |_, view| {
            int(view.snapshot.counters.fees_added.count)
        })
        .field(Berkeley30.., "snarkPoolDiffBroadcasted", "Int!", |_, view| {
            int(view.snapshot.counters.completed)
        })
        .field(Berkeley30.., "pendingSnarkWork", "Int!", |_, view| int(view.pool_sizes().1))
        .field(Berkeley30.., "snarkPoolSize", "Int!", |_, view| int(view.pool_sizes().0))
}

fn define_configuration(table: Table<'_, Configuration>) -> Table<'_, Configuration> {
    fn slot_duration(view: &Arc<DaemonView>) -> u128 {
        view.snapshot.status.slot_duration.as_millis()
    }
    table
        .field(.., "delta", "Int!", |_, _| int(0))
        .field(..=Coda2020, "k", "Int!", |_, _| int(10))
        .field(Mainnet10.., "k", "Int!", |_, _| int(290))
        .field(..=Coda2020, "c", "Int!", |_, _| int(8))
        .field(..=Coda2020, "cTimesK", "Int!", |_, _| int(80))
        .field(.., "slotsPerEpoch", "Int!", |_, _| int(SLOTS_PER_EPOCH))
        .field(.., "slotDuration", "Int!", |_, view| int(slot_duration(view)))
        .field(.., "epochDuration", "Int!", |_, view| {
            int(slot_duration(view).saturating_mul(u128::from(SLOTS_PER_EPOCH)))
        })
        .field(.., "acceptableNetworkDelay", "Int!", |_, view| int(slot_duration(view)))
        .field(Mainnet10.., "genesisStateTimestamp", "Time!", |_, view| {
            text(view.genesis().strftime("%Y-%m-%d %H:%M:%S%.6fZ"))
        })
}

/// The address under which this daemon is known to its peers, from a range reserved for
/// documentation.
fn own_peer() -> Peer {
    Peer {
        host: "198.51.100.254".to_owned(),
        libp2p_port: 8302,
        peer_id: stand_in(StandInKind::PeerId, "self"),
    }
}

fn define_addresses(table: Table<'_, Addresses>) -> Table<'_, Addresses> {
    table
        .field(.., "externalIp", "String!", |_, _| text(own_peer().host))
        .field(.., "bindIp", "String!", |_, _| text("0.0.0.0"))
        .field(..=Coda2020, "discoveryPort", "Int!", |_, _| int(8303))
        .field(.., "clientPort", "Int!", |_, _| int(8301))
        .field(.., "libp2pPort", "Int!", |_, _| int(8302))
        .field(..=Coda2020, "communicationPort", "Int!", |_, _| int(8304))
        .field(Mainnet10.., "peer", "Peer", |_, _| object(own_peer()))
}

/// Types of `histograms`. They are in every schema, although the field is null unless the daemon was
/// asked for its performance status.
fn define_histograms(types: &mut Types) {
    types.shapes(
        ..=Berkeley30,
        &["Histograms rpcTimings:RpcTimings! externalTransitionLatency:Histogram \
           acceptedTransitionLocalLatency:Histogram acceptedTransitionRemoteLatency:Histogram \
           snarkWorkerTransitionTime:Histogram snarkWorkerMergeTime:Histogram"],
    );
    types.shapes(
        Mesa40..,
        &["Histograms rpcTimings:RpcTimings! externalTransitionLatency:Histogram \
           acceptedTransitionLocalLatency:Histogram acceptedTransitionRemoteLatency:Histogram \
           snarkWorkerZkappTransitionTime:Histogram snarkWorkerNonzkappTransitionTime:Histogram \
           snarkWorkerMergeTime:Histogram"],
    );
    types.shapes(
        ..,
        &[
            "RpcTimings getStagedLedgerAux:RpcPair! answerSyncLedgerQuery:RpcPair! getAncestry:RpcPair! \
             getTransitionChainProof:RpcPair! getTransitionChain:RpcPair!",
            "RpcPair dispatch:Histogram impl:Histogram",
            "Histogram values:[Int!]! intervals:[Interval!]! underflow:Int! overflow:Int!",
            "Interval start:Span! stop:Span!",
        ],
    );
}
