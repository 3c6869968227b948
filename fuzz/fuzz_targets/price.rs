#![no_main]

#[path = "../../tests/it/untrusted/entry.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|data: &[u8]| entry::price(data));
