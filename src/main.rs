//! The `snarkfee` program.

fn main() {}
