//! One line of the text: a sample, a `HELP` line, a `TYPE` line, or nothing.
//!
//! Grammar: "Exposition formats, text-based format" of the Prometheus documentation, version 0.0.4,
//! with the daemon's deviations (module documentation of [`super`]).

use super::{
    defect::DefectKind,
    family::{Label, MetricKind},
};

/// Longest metric or label name, in bytes.
pub const MAX_NAME_BYTES: usize = 256;

/// Most labels of one sample.
pub const MAX_LABELS: usize = 64;

/// A parsed line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Line<'a> {
    /// Blank, or a comment.
    Nothing,
    Help {
        name: &'a str,
        /// Still escaped.
        text: &'a str,
    },
    Type {
        name: &'a str,
        kind: MetricKind,
    },
    /// A sample; its labels were appended to the list that was passed in.
    Sample {
        name: &'a str,
        value: f64,
        timestamp: Option<i64>,
    },
}

impl<'a> Line<'a> {
    /// Parses one line without its line ending, and appends the labels of a sample to `labels`.
    /// After an error the caller drops the labels appended.
    pub(super) fn parse(line: &'a str, labels: &mut Vec<Label<'a>>) -> Result<Self, DefectKind> {
        let line = skip_blanks(line);
        match line.as_bytes().first() {
            None => Ok(Self::Nothing),
            Some(b'#') => Self::parse_comment(&line[1..]),
            Some(_) => Self::parse_sample(line, labels),
        }
    }

    fn parse_comment(comment: &'a str) -> Result<Self, DefectKind> {
        let (keyword, rest) = split_token(skip_blanks(comment));
        match keyword {
            "HELP" => {
                let (name, rest) = split_token(rest);
                check_name(name, DefectKind::BadHelp)?;
                Ok(Self::Help { name, text: rest })
            }
            "TYPE" => {
                let (name, rest) = split_token(rest);
                check_name(name, DefectKind::BadType)?;
                let (kind, rest) = split_token(rest);
                if kind.is_empty() || !rest.is_empty() {
                    return Err(DefectKind::BadType);
                }
                let kind = MetricKind::from_word(kind).ok_or(DefectKind::UnknownKind)?;
                Ok(Self::Type { name, kind })
            }
            _ => Ok(Self::Nothing),
        }
    }

    fn parse_sample(line: &'a str, labels: &mut Vec<Label<'a>>) -> Result<Self, DefectKind> {
        let (name, rest) = split_name(line, METRIC_NAME).ok_or(DefectKind::BadName)?;
        if name.len() > MAX_NAME_BYTES {
            return Err(DefectKind::NameTooLong);
        }
        let after_name = skip_blanks(rest);
        let rest = if let Some(inside) = after_name.strip_prefix('{') {
            skip_blanks(parse_labels(inside, labels)?)
        } else if after_name.len() == rest.len() && !rest.is_empty() {
            // `fee+1` and `fee-size 1` are not a name and a value.
            return Err(DefectKind::BadName);
        } else {
            after_name
        };

        let (text, rest) = split_token(rest);
        if text.is_empty() {
            return Err(DefectKind::MissingValue);
        }
        let value = parse_number(text).ok_or(DefectKind::BadValue)?;
        if rest.is_empty() || rest.starts_with('#') {
            return Ok(Self::Sample { name, value, timestamp: None });
        }
        let (text, rest) = split_token(rest);
        let timestamp = parse_timestamp(text).ok_or(DefectKind::BadTimestamp)?;
        if rest.is_empty() || rest.starts_with('#') {
            Ok(Self::Sample { name, value, timestamp: Some(timestamp) })
        } else {
            Err(DefectKind::TrailingText)
        }
    }
}

/// Parses labels up to and including `}`, and returns the rest of the line.
fn parse_labels<'a>(mut rest: &'a str, labels: &mut Vec<Label<'a>>) -> Result<&'a str, DefectKind> {
    let first = labels.len();
    loop {
        rest = skip_blanks(rest);
        if let Some(after) = rest.strip_prefix('}') {
            return Ok(after);
        }
        let (name, after) = split_name(rest, LABEL_NAME).ok_or(DefectKind::BadLabels)?;
        let after = skip_blanks(after).strip_prefix('=').ok_or(DefectKind::BadLabels)?;
        let after = skip_blanks(after).strip_prefix('"').ok_or(DefectKind::BadLabels)?;
        let end = find_closing_quote(after).ok_or(DefectKind::BadLabels)?;
        if name.len() > MAX_NAME_BYTES {
            return Err(DefectKind::NameTooLong);
        }
        if labels.iter().skip(first).any(|label| label.name() == name) {
            return Err(DefectKind::RepeatedLabel);
        }
        if labels.len() - first == MAX_LABELS {
            return Err(DefectKind::TooManyLabels);
        }
        labels.push(Label::new(name, &after[..end]));
        rest = skip_blanks(&after[end + 1..]);
        rest = match rest.as_bytes().first() {
            Some(b',') => &rest[1..],
            Some(b'}') => rest,
            _ => return Err(DefectKind::BadLabels),
        };
    }
}

/// The position of the quote that ends a label value; `None` if there is none, or an unknown escape.
fn find_closing_quote(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|&byte| byte == b'"' || byte == b'\\')?;
        if bytes.get(at) == Some(&b'"') {
            return Some(at);
        }
        if !matches!(bytes.get(at + 1), Some(b'\\' | b'"' | b'n')) {
            return None;
        }
        at += 2;
    }
}

/// Parses a number as printed by Go or `%g`; `None` also if it is too large to be finite.
pub(super) fn parse_number(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    // Most values are counts, and integers of up to 15 digits are exact in a float.
    if bytes.len() <= 15 && !bytes.is_empty() {
        let mut integer = 0_u64;
        if bytes.iter().all(|&byte| {
            integer = integer * 10 + u64::from(byte.wrapping_sub(b'0') & 15);
            byte.is_ascii_digit()
        }) {
            return Some(integer as f64);
        }
    }
    let value: f64 = text.parse().ok()?;
    let overflowed = value.is_infinite() && bytes.iter().any(u8::is_ascii_digit);
    (!overflowed).then_some(value)
}

/// Parses a timestamp into milliseconds since 1970. A number that is not an integer is in seconds,
/// as OpenMetrics prints it.
fn parse_timestamp(text: &str) -> Option<i64> {
    if let Ok(milliseconds) = text.parse() {
        return Some(milliseconds);
    }
    let milliseconds = parse_number(text)? * 1e3;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "cut to whole milliseconds, and limited just before"
    )]
    (milliseconds.abs() < 9e18).then_some(milliseconds as i64)
}

/// Checks that all of `text` is a metric name.
fn check_name(text: &str, otherwise: DefectKind) -> Result<(), DefectKind> {
    match split_name(text, METRIC_NAME) {
        Some((name, "")) if name.len() <= MAX_NAME_BYTES => Ok(()),
        Some((_, "")) => Err(DefectKind::NameTooLong),
        _ => Err(otherwise),
    }
}

/// Splits a name off the front; `None` if there is none.
fn split_name(text: &str, class: u8) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    if bytes.first()?.is_ascii_digit() {
        return None;
    }
    let end = bytes.iter().position(|&byte| classes_of(byte) & class == 0).unwrap_or(bytes.len());
    (end > 0).then(|| text.split_at(end))
}

/// Splits at the first blank; the blanks are dropped.
fn split_token(text: &str) -> (&str, &str) {
    let end = text.bytes().position(is_blank).unwrap_or(text.len());
    let (token, rest) = text.split_at(end);
    (token, skip_blanks(rest))
}

fn skip_blanks(text: &str) -> &str {
    match text.as_bytes().first() {
        Some(&byte) if is_blank(byte) => {}
        _ => return text,
    }
    let start = text.bytes().position(|byte| !is_blank(byte)).unwrap_or(text.len());
    &text[start..]
}

#[expect(clippy::indexing_slicing, reason = "one entry for each value of a byte")]
const fn classes_of(byte: u8) -> u8 {
    CLASSES[byte as usize]
}

const fn is_blank(byte: u8) -> bool {
    classes_of(byte) & BLANK != 0
}

/// Allowed in a metric name.
const METRIC_NAME: u8 = 1;
/// Allowed in a label name.
const LABEL_NAME: u8 = 2;
/// A separator. A carriage return counts as one: `str::lines` leaves it before another one and at
/// the end of the text.
const BLANK: u8 = 4;

/// The classes of each byte.
#[expect(clippy::indexing_slicing, reason = "one entry for each value of a byte")]
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        #[expect(clippy::cast_possible_truncation, reason = "below 128")]
        let character = byte as u8;
        classes[byte] = match character {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => METRIC_NAME | LABEL_NAME,
            b':' => METRIC_NAME,
            b' ' | b'\t' | b'\r' => BLANK,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

#[cfg(test)]
mod tests;
