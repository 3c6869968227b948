//! The GraphQL schema of each era, for the part that a worker's operator and the official clients
//! read and set.
//!
//! Invariants: every type, field, argument and nullability equals the introspection of a daemon of
//! that era. One table of fields with ranges of eras serves all eras.
//!
//! Not here: the transport, and subscriptions.

mod account;
mod block;
mod command;
mod root;
mod status;
mod table;
mod work;

pub(super) use table::FieldError;

use async_graphql::dynamic::{Schema, SchemaError};

use super::era::Era;

/// Builds the schema of one era. `limited` builds that of `--limited-graphql-port`, which has no
/// mutations.
pub(super) fn build_schema(era: Era, limited: bool) -> Result<Schema, SchemaError> {
    let mut types = table::Types::new(era);
    root::define_query(&mut types, limited);
    status::define(&mut types);
    block::define(&mut types);
    account::define(&mut types);
    command::define(&mut types);
    work::define(&mut types);
    if !limited {
        root::define_mutation(&mut types);
    }
    types.finish(if limited { None } else { Some("mutation") })
}
