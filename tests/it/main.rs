//! Integration tests, one binary.

mod web;
