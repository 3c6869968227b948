//! Names in the order in which people count: `w2` before `w10`.

use std::cmp::Ordering;

/// Compares names; runs of digits by their value, all else by its letters.
pub(super) fn compare_naturally(a: &str, b: &str) -> Ordering {
    let (mut rest_a, mut rest_b) = (a, b);
    while !rest_a.is_empty() && !rest_b.is_empty() {
        let ((part_a, next_a), (part_b, next_b)) = (split(rest_a), split(rest_b));
        let order = match (is_number(part_a), is_number(part_b)) {
            (true, true) => compare_numbers(part_a, part_b),
            _ => part_a.cmp(part_b),
        };
        if order != Ordering::Equal {
            return order;
        }
        (rest_a, rest_b) = (next_a, next_b);
    }
    rest_a.cmp(rest_b).then_with(|| a.cmp(b))
}

/// The first run of digits or of other letters, and the rest.
fn split(text: &str) -> (&str, &str) {
    let number = is_number(text);
    let end = text.find(|letter: char| letter.is_ascii_digit() != number).unwrap_or(text.len());
    text.split_at(end)
}

fn is_number(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_digit())
}

/// Of any length: the one with more digits after leading zeros is larger.
fn compare_numbers(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests;
