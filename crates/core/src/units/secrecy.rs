//! Keeps private keys out of messages: whoever mistakes a setting writes one where it does not
//! belong, and messages end up in logs.

/// Fewest characters of what is taken for a private key; they have 52.
const SHORTEST: usize = 50;
const HIDDEN: &str = "EK.. (a private key)";

/// Whether a text is a private key of Mina: base58check with the version byte 0x5a begins with `EK`
/// (Mina `private_key.ml`, `version_bytes.ml`).
pub fn is_private_key(text: &str) -> bool {
    text.starts_with("EK")
        && text.len() >= SHORTEST
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The text without the private keys in it.
pub fn hide_private_keys(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(word);
        shown.push_str(if is_private_key(word) { HIDDEN } else { word });
        let gap = after.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(after.len());
        let (gap, after) = after.split_at(gap);
        shown.push_str(gap);
        rest = after;
    }
    shown
}

#[cfg(test)]
mod tests;
