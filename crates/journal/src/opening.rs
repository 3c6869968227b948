//! Opening the journal: made or brought up to date, and compared with what was acknowledged.
//!
//! Invariants: a journal that may hold less than was acknowledged is opened only with an order in
//! it that makes every daemon hold until the operator resumes. Killed at any point before that, the
//! next opening finds the same doubt; killed after it, the order.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use snarkfee_core::fault::JournalDoubt;

use crate::{
    checksum::{Examined, SumChange},
    connection::{check_integrity, connect},
    error::JournalError,
    folder,
    inspect::find_layout,
    orders,
    schema::{self, MIGRATIONS},
    seal::{PROTECTED, Seal},
    seal_file::{SealFile, SealReading},
};

/// Opens the journal at `path`, or makes one. The caller holds the lock on its folder.
pub(crate) fn open_sealed(
    path: &Path,
    seal_file: &SealFile,
    now: Timestamp,
) -> Result<Connection, JournalError> {
    let before = seal_file.read()?;
    let exists = find_layout(path)?.is_some();
    // Nothing of a journal that is sealed now was acknowledged yet, so its seal comes first.
    let begin = || {
        let seal = Seal::begin();
        if before.is_blank() {
            seal_file.create(seal)?;
        }
        Ok(seal)
    };
    if !exists {
        folder::create_journal(path, |draft| schema::build(draft, begin))?;
    }
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    check_integrity(&connection, path)?;
    schema::migrate(&mut connection, path, &MIGRATIONS, begin)?;
    // Read before the journal: an order recorded meanwhile brings the journal ahead of it.
    let reading = seal_file.read()?;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(JournalError::opening(path, "checking it"))?;
    let damaged = |error: rusqlite::Error| JournalError::Corrupt {
        path: path.to_owned(),
        why: error.to_string(),
    };
    let doubt = match exists || before.is_blank() {
        true => find_doubt(&transaction, &reading).map_err(damaged)?,
        false => Some(JournalDoubt::Missing),
    };
    match doubt {
        None => {
            let seal = Seal::read(&transaction).map_err(damaged)?;
            drop(transaction);
            seal.map_or(Ok(()), |seal| seal_file.acknowledge(seal))?;
        }
        Some(doubt) => {
            tracing::error!(
                journal = %path.display(),
                doubt = doubt.code(),
                "the journal may hold less than was acknowledged ({doubt}): nothing is sent until \
                 `snarkfee resume`"
            );
            let seal = record_doubt(&transaction, doubt, &reading, now).map_err(damaged)?;
            let Some(seal) = seal else {
                let why = "damaged rows cannot be dropped".to_owned();
                return Err(JournalError::Corrupt { path: path.to_owned(), why });
            };
            transaction.commit().map_err(JournalError::opening(path, "recording a doubt"))?;
            seal_file.create(seal)?;
        }
    }
    Ok(connection)
}

/// What speaks for a loss, if anything does.
fn find_doubt(
    transaction: &Transaction<'_>,
    reading: &SealReading,
) -> rusqlite::Result<Option<JournalDoubt>> {
    let Some(seal) = Seal::read(transaction)? else { return Ok(Some(JournalDoubt::Damaged)) };
    let mut sum = 0_i64;
    for columns in &PROTECTED {
        let Examined { sum: part, damaged } = columns.examine(transaction)?;
        if !damaged.is_empty() {
            return Ok(Some(JournalDoubt::Damaged));
        }
        sum = sum.wrapping_add(part);
    }
    if sum != seal.checksums {
        return Ok(Some(JournalDoubt::Damaged));
    }
    Ok(match *reading {
        SealReading::Absent | SealReading::Unreadable => Some(JournalDoubt::Unsealed),
        SealReading::Acknowledged { seal: last, cut_off } => {
            if last.journal != seal.journal {
                Some(JournalDoubt::Replaced)
            } else if last.sequence > seal.sequence {
                Some(JournalDoubt::Behind)
            } else if last.sequence == seal.sequence && last.checksums != seal.checksums {
                Some(JournalDoubt::Replaced)
            } else {
                (last.sequence == seal.sequence && cut_off).then_some(JournalDoubt::Unsealed)
            }
        }
    })
}

/// Drops what is damaged, orders every daemon to hold, and seals the journal anew; `None` where
/// something damaged is still there.
fn record_doubt(
    transaction: &Transaction<'_>,
    doubt: JournalDoubt,
    reading: &SealReading,
    now: Timestamp,
) -> rusqlite::Result<Option<Seal>> {
    let mut change = SumChange::default();
    for columns in &PROTECTED {
        for key in columns.examine(transaction)?.damaged {
            columns.drop_damaged(transaction, key, &mut change)?;
        }
    }
    orders::insert_doubt(transaction, now, doubt, &mut change)?;
    let mut seal = Seal::read(transaction)?.unwrap_or_else(Seal::begin);
    if let SealReading::Acknowledged { seal: last, .. } = reading {
        seal.sequence = seal.sequence.max(last.sequence);
    }
    seal.sequence = seal.sequence.saturating_add(1);
    seal.checksums = 0;
    for columns in &PROTECTED {
        let Examined { sum, damaged } = columns.examine(transaction)?;
        if !damaged.is_empty() {
            return Ok(None);
        }
        seal.checksums = seal.checksums.wrapping_add(sum);
    }
    seal.write(transaction)?;
    Ok(Some(seal))
}
