//! Integration tests, one binary.

mod real_purchases;
