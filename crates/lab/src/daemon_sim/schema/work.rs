//! SNARK work: the pool, pending works, the worker, and the two settings.

use async_graphql::Value;
use snarkfee_core::{
    market::{OpenWork, Sale},
    units::{Nanomina, PublicKey, WorkId},
};

use super::{
    account,
    table::{Shown, Types, int, ints, maybe_text, object, objects, text},
};
use crate::daemon_sim::{
    era::Era::{self, Berkeley30, Mainnet14, Mesa40},
    stand_in::{StandInKind, stand_in},
    view::DaemonView,
};

/// A proof with its fee, in the pool or in a block.
pub(super) struct PricedProof {
    work: WorkId,
    fee: Nanomina,
    prover: PublicKey,
}

impl From<&Sale> for PricedProof {
    fn from(sale: &Sale) -> Self {
        Self { work: sale.work, fee: sale.fee, prover: sale.prover.clone() }
    }
}

/// A bundle that has to be proved.
struct Pending(WorkId);
/// One statement of a bundle.
struct Statement(i64);
/// A zero amount with its sign.
struct Zero;
struct CurrentWorker(PublicKey);

/// `lastSnarkWorker`.
pub(super) struct WorkerBefore(pub(super) Option<PublicKey>);
/// `lastFee`.
pub(super) struct FeeBefore(pub(super) Nanomina);

pub(super) fn show_pool(view: &DaemonView) -> Shown {
    objects(view.snapshot.pool.iter().map(|entry| PricedProof {
        work: entry.work,
        fee: entry.fee,
        prover: entry.prover.clone(),
    }))
}

pub(super) fn show_pending(view: &DaemonView) -> Shown {
    objects(view.snapshot.pending.iter().copied().map(Pending))
}

pub(super) fn show_worker(view: &DaemonView) -> Shown {
    view.snapshot.status.worker.clone().and_then(|key| object(CurrentWorker(key)))
}

/// `snarkWorkRange`. The end is exclusive and defaults to the end of the list. A range outside the
/// list is empty.
pub(super) fn show_range(view: &DaemonView, start: u64, end: Option<u64>) -> Shown {
    let open = &view.snapshot.open;
    let bound = |index: u64| usize::try_from(index).unwrap_or(usize::MAX).min(open.len());
    let range = bound(start)..end.map_or(open.len(), bound);
    objects(open.get(range).unwrap_or_default().iter().cloned())
}

/// Parses `startingIndex` or `endingIndex`, a `UInt32`.
pub(super) fn parse_index(era: Era, value: &Value) -> Result<u64, String> {
    let index = crate::daemon_sim::scalars::parse_uint64(era, value)
        .filter(|index| u32::try_from(*index).is_ok());
    index.ok_or_else(|| "Could not decode uint32.".to_owned())
}

pub(super) fn define(types: &mut Types) {
    types.object::<PricedProof>(.., "CompletedWork", |table| {
        table
            .field(.., "prover", "PublicKey!", |done, _| text(&done.prover))
            .field(.., "fee", "Fee!", |done, _| text(done.fee.get()))
            .field(.., "workIds", "[Int!]!", |done, _| ints(done.work.ids()))
    });
    types.object::<Pending>(.., "PendingSnarkWork", |table| {
        table.field(.., "workBundle", "[WorkDescription!]!", |pending, _| {
            objects(pending.0.ids().map(Statement))
        })
    });
    types.object::<CurrentWorker>(.., "SnarkWorker", |table| {
        table
            .deprecated(.., "key", "PublicKey!", |worker, _| text(&worker.0))
            .field(.., "account", "Account!", |worker, _| account::show_account(worker.0.as_str()))
            .field(.., "fee", "Fee!", |_, view| text(view.snapshot.status.fee.get()))
    });
    types.object::<OpenWork>(Mesa40.., "PendingSnarkWorkSpec", |table| {
        table.field(.., "workBundleSpec", "WorkBundleSpec!", |open, _| object(Bundle(open.clone())))
    });
    types.object::<Bundle>(Mesa40.., "WorkBundleSpec", |table| {
        table
            // On a real daemon this is the whole witness, of no use to who watches prices.
            .field(.., "spec", "String!", |bundle, _| {
                text(format!("{{\"statements\":{:?}}}", bundle.0.work.ids().collect::<Vec<_>>()))
            })
            .field(.., "snarkFee", "Fee", |bundle, _| {
                maybe_text(bundle.0.standing.as_ref().map(|offer| offer.fee.get()))
            })
            .field(.., "snarkProverKey", "PublicKey", |bundle, _| {
                maybe_text(bundle.0.standing.as_ref().map(|offer| &offer.prover))
            })
            .field(.., "workIds", "[Int!]!", |bundle, _| ints(bundle.0.work.ids()))
    });
    define_statements(types);
    types.input("SetSnarkWorkerInput", &[("publicKey", "PublicKey")]);
    types.object::<WorkerBefore>(.., "SetSnarkWorkerPayload", |table| {
        table.field(.., "lastSnarkWorker", "PublicKey", |before, _| maybe_text(before.0.as_ref()))
    });
    types.input("SetSnarkWorkFee", &[("fee", "UInt64!")]);
    types.object::<FeeBefore>(.., "SetSnarkWorkFeePayload", |table| {
        table.field(.., "lastFee", "Fee!", |before, _| text(before.0.get()))
    });
}

/// A work of `snarkWorkRange`, one level further down.
struct Bundle(OpenWork);

/// Types of a statement and the ledgers that it connects. The market model knows only its number.
fn define_statements(types: &mut Types) {
    fn ledger(side: &str, statement: &Statement) -> Shown {
        text(stand_in(StandInKind::Ledger, &format!("{side} {}", statement.0)))
    }
    types.object::<Statement>(.., "WorkDescription", |table| {
        table
            .field(.., "workId", "Int!", |statement, _| int(statement.0))
            .field(..=Mainnet14, "sourceLedgerHash", "String!", |statement, _| {
                ledger("source", statement)
            })
            .field(..=Mainnet14, "targetLedgerHash", "String!", |statement, _| {
                ledger("target", statement)
            })
            .field(..=Mainnet14, "feeExcess", "SignedFee!", |_, _| object(Zero))
            .field(..=Mainnet14, "supplyIncrease", "UInt64!", |_, _| text(0))
            .field(Berkeley30.., "sourceFirstPassLedgerHash", "LedgerHash!", |statement, _| {
                ledger("source", statement)
            })
            .field(Berkeley30.., "targetFirstPassLedgerHash", "LedgerHash!", |statement, _| {
                ledger("target", statement)
            })
            .field(Berkeley30.., "sourceSecondPassLedgerHash", "LedgerHash!", |statement, _| {
                ledger("source", statement)
            })
            .field(Berkeley30.., "targetSecondPassLedgerHash", "LedgerHash!", |statement, _| {
                ledger("target", statement)
            })
            .field(Berkeley30.., "feeExcess", "FeeExcess!", |_, _| object(Zero))
            .deprecated(Berkeley30.., "supplyIncrease", "Amount!", |_, _| text(0))
            .field(Berkeley30.., "supplyChange", "SignedAmount!", |_, _| object(Zero))
    });
    types.enumeration(.., "sign", &["PLUS", "MINUS"]);
    types.object::<Zero>(.., "SignedFee", |table| {
        table.field(.., "sign", "sign!", |_, _| text("PLUS")).field(
            ..,
            "feeMagnitude",
            "Fee!",
            |_, _| text(0),
        )
    });
    types.object::<Zero>(Berkeley30.., "SignedAmount", |table| {
        table.field(.., "sign", "sign!", |_, _| text("PLUS")).field(
            ..,
            "amountMagnitude",
            "Amount!",
            |_, _| text(0),
        )
    });
    types.object::<Zero>(Berkeley30.., "FeeExcess", |table| {
        table
            .field(.., "feeTokenLeft", "TokenId!", |_, view| text(account::default_token(view.era)))
            .field(.., "feeExcessLeft", "SignedFee!", |_, _| object(Zero))
            .field(.., "feeTokenRight", "TokenId!", |_, view| {
                text(account::default_token(view.era))
            })
            .field(.., "feeExcessRight", "SignedFee!", |_, _| object(Zero))
    });
}
