//! Which offers a book shows that the one before did not.

use std::iter;

use hashbrown::HashMap;

use crate::{
    market::look::{Offer, OpenWork},
    units::WorkId,
};

/// The offers in `book` that were not in `before`: on works that had none, or another one, and on
/// works that are new.
///
/// Books in order of purchase continue each other: what was bought is missing at the head, and what
/// is new is at the end. Only where they do not, works are looked up by their ids.
pub(super) fn find_new_offers<'a>(
    before: &'a [OpenWork],
    book: &'a [OpenWork],
) -> Box<dyn Iterator<Item = &'a Offer> + 'a> {
    let is_new = |earlier: Option<&OpenWork>, later: &'a OpenWork| {
        let offer = later.standing.as_ref()?;
        (earlier.and_then(|earlier| earlier.standing.as_ref()) != Some(offer)).then_some(offer)
    };
    let first = book.first().map(|open| open.work);
    let from = before.iter().position(|open| Some(open.work) == first).unwrap_or(before.len());
    let rest = before.get(from..).unwrap_or_default();
    let continues = rest.len() <= book.len()
        && rest.iter().zip(book).all(|(one, other)| one.work == other.work);
    if continues && !rest.is_empty() {
        let earlier = rest.iter().map(Some).chain(iter::repeat(None));
        return Box::new(earlier.zip(book).filter_map(move |(one, other)| is_new(one, other)));
    }
    let known: HashMap<WorkId, &OpenWork> = before.iter().map(|open| (open.work, open)).collect();
    Box::new(book.iter().filter_map(move |open| is_new(known.get(&open.work).copied(), open)))
}
