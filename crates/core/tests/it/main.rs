//! The core through its public interface only.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed step of a test ends it, in helpers too"
)]

mod metrics_text;
mod real_purchases;
