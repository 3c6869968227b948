//! Simulated time.

/// Milliseconds since the start of the run; negative in the warm-up.
pub(super) type Millis = i64;

/// Seconds as whole milliseconds, at least 1, so that an event and its consequence never share an
/// instant.
#[expect(
    clippy::cast_possible_truncation,
    reason = "float casts saturate, and the value is clamped"
)]
pub(super) fn millis(seconds: f64) -> Millis {
    const LONGEST_SECONDS: f64 = 1e9;
    (seconds.clamp(0.0, LONGEST_SECONDS) * 1000.0).round().max(1.0) as Millis
}

#[cfg(test)]
mod tests;
