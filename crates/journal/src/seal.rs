//! The seal of a journal: how far it has come, within the journal.

use std::hash::{BuildHasher, Hasher, RandomState};

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::{
    checksum::{ProtectedColumns, SumChange, checksum_of_numbers},
    daemons, intents, orders,
};

/// Everything that a seal covers.
pub(crate) const PROTECTED: [ProtectedColumns; 4] =
    [daemons::MEMORY_COLUMNS, daemons::REST_COLUMNS, orders::COLUMNS, intents::COLUMNS];

/// How far a journal has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seal {
    /// A random number that tells journals apart.
    pub(crate) journal: i64,
    /// Transactions so far that changed protected rows.
    pub(crate) sequence: i64,
    /// Sum of the checksums of all protected rows.
    pub(crate) checksums: i64,
}

impl Seal {
    /// The seal of a new journal, of which nothing was acknowledged.
    pub(crate) fn begin() -> Self {
        let journal = RandomState::new().build_hasher().finish().cast_signed();
        Self { journal, sequence: 0, checksums: 0 }
    }

    /// Reads the seal; `None` where it is damaged or missing.
    pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Option<Self>> {
        let row = connection
            .prepare_cached("SELECT journal, sequence, checksums, checksum FROM seal WHERE id = 1")?
            .query_row([], |row| Ok(Self::from_row(row)))
            .optional()?;
        Ok(row.flatten())
    }

    fn from_row(row: &Row<'_>) -> Option<Self> {
        let number = |column| row.get(column).ok();
        let seal = Self { journal: number(0)?, sequence: number(1)?, checksums: number(2)? };
        (number(3) == Some(seal.checksum())).then_some(seal)
    }

    pub(crate) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO seal (id, journal, sequence, checksums, checksum)
                 VALUES (1, ?1, ?2, ?3, ?4)",
            )?
            .execute(params![self.journal, self.sequence, self.checksums, self.checksum()])?;
        Ok(())
    }

    /// Seals a transaction in which protected rows changed; `None` where the seal is damaged.
    pub(crate) fn advance(
        transaction: &Transaction<'_>,
        change: SumChange,
    ) -> rusqlite::Result<Option<Self>> {
        let Some(before) = Self::read(transaction)? else { return Ok(None) };
        let after = Self {
            journal: before.journal,
            sequence: before.sequence.saturating_add(1),
            checksums: before.checksums.wrapping_add(change.0),
        };
        after.write(transaction)?;
        Ok(Some(after))
    }

    fn checksum(&self) -> i64 {
        checksum_of_numbers(&[self.journal, self.sequence, self.checksums])
    }
}
