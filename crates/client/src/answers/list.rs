//! Lists of an answer, each entry turned into its value as it is read: some have tens of thousands,
//! and none is kept twice.
//!
//! Invariants: no list grows beyond its limit; of entries that cannot be true the first is told,
//! and what follows it is only walked over, so that an answer that is no JSON is told as such all
//! the same.

use serde_json::Error;
use snarkfee_core::fault::Fault;

use super::cursor::{Cursor, Plain};

/// What the entries of a list are.
pub(super) trait Entries {
    /// What an entry says.
    type Value;
    /// Most entries.
    const LIMIT: usize;

    /// Reads an entry that is printed as every daemon prints it; of any other nothing is concluded.
    fn plainly(plain: &mut Plain<'_>) -> Option<Self::Value> {
        let _ = plain;
        None
    }

    /// Reads an entry however it is printed.
    fn read(cursor: &mut Cursor<'_>) -> Result<Result<Self::Value, Fault>, Error>;
}

/// A list as read, or why it cannot be true.
pub(super) type List<E> = Result<Vec<<E as Entries>::Value>, Fault>;

/// Reads a list.
pub(super) fn list<E: Entries>(cursor: &mut Cursor<'_>) -> Result<List<E>, Error> {
    let mut values = Ok(Vec::new());
    cursor.list(|cursor| {
        let Ok(known) = &mut values else { return cursor.skip() };
        if known.len() >= E::LIMIT {
            values = Err(Fault::Oversized { limit: E::LIMIT as u64 });
            return cursor.skip();
        }
        let entry = match cursor.plainly(E::plainly) {
            Some(value) => Ok(value),
            None => E::read(cursor)?,
        };
        match entry {
            Ok(value) => known.push(value),
            Err(fault) => values = Err(fault),
        }
        Ok(())
    })?;
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Small;

    impl Entries for Small {
        type Value = u8;

        const LIMIT: usize = 3;

        fn plainly(plain: &mut Plain<'_>) -> Option<u8> {
            u8::try_from(plain.integer()?).ok()
        }

        fn read(cursor: &mut Cursor<'_>) -> Result<Result<u8, Fault>, Error> {
            let wire: i64 = cursor.value()?;
            let fault =
                |_| Fault::InvalidValue { field: "small".to_owned(), value: wire.to_string() };
            Ok(u8::try_from(wire).map_err(fault))
        }
    }

    fn read(json: &str) -> Result<List<Small>, Error> {
        list::<Small>(&mut Cursor::new(json))
    }

    #[test]
    fn the_first_entry_that_cannot_be_true_is_told() {
        assert_eq!(read("[]").unwrap(), Ok(vec![]));
        assert_eq!(read("[1, 2, 3]").unwrap(), Ok(vec![1, 2, 3]));
        let fault = read("[1, -7, 300, \"other\"]").unwrap().unwrap_err();
        assert_eq!(
            fault,
            Fault::InvalidValue { field: "small".to_owned(), value: "-7".to_owned() }
        );
    }

    #[test]
    fn a_list_beyond_its_limit_is_not_kept() {
        assert_eq!(read("[1, 2, 3, 4, 5]").unwrap(), Err(Fault::Oversized { limit: 3 }));
    }

    #[test]
    fn what_is_no_list_is_told_before_what_cannot_be_true() {
        for json in ["[-7, }", "[1, \"other\"]", "[-7", "{}", "null"] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
