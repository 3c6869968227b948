//! Integration tests: the program against what it does not contain.

#![expect(clippy::expect_used, clippy::panic, reason = "what fails here is a failed test")]

mod eras;
mod exchange;
mod mutation;
mod schema;
mod server;
mod validate;
