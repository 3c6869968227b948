//! Integration tests: one binary, one module for each subject.

#[cfg(test)]
mod metrics_text;
