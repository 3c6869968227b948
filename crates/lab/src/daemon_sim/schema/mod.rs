//! The GraphQL schema of each era, for the part that a worker's operator and the official clients
//! read and set.
//!
//! Invariants: every type, field, argument and nullability shown equals the introspection of a
//! daemon of that era; one table of fields with ranges of eras serves them all.
//!
//! Not here: the transport, and subscriptions.

mod account;
mod block;
mod command;
mod root;
mod status;
mod table;
mod work;

pub(super) use table::RefusedAt;

use async_graphql::dynamic::{Schema, SchemaError};

use super::era::Era;

/// The schema of one era; `limited` is the one of `--limited-graphql-port`, which cannot change
/// anything.
pub(super) fn build(era: Era, limited: bool) -> Result<Schema, SchemaError> {
    let mut types = table::Types::new(era);
    root::query(&mut types, limited);
    status::define(&mut types);
    block::define(&mut types);
    account::define(&mut types);
    command::define(&mut types);
    work::define(&mut types);
    if !limited {
        root::mutation(&mut types);
    }
    types.finish(if limited { None } else { Some("mutation") })
}
