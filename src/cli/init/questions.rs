//! Questions to the operator, one line each, and their answers from standard input.
//!
//! Lines work on a terminal, through a pipe and for a screen reader alike, and bring no crate.
//!
//! Invariants: an answer has at most [`LONGEST`] bytes; a question is asked at most [`TRIES`] times.

use std::{
    fmt::Display,
    io::{BufRead, Read as _, Write},
};

use snarkfee_core::units::hide_private_keys;

use super::super::exit::Failure;
use crate::setup::Answered;

/// Most bytes of an answer.
const LONGEST: u64 = 1024;
/// How often a question is asked.
const TRIES: u32 = 3;

/// A question that was not answered.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    /// The input has ended.
    #[error(
        "the input ended before the answer to {0:?}; `--yes` takes the defaults, and `snarkfee \
         init --help` lists an option for each answer"
    )]
    Ended(String),
    /// No answer could be used.
    #[error("no usable answer to {0:?} in {TRIES} tries")]
    Unusable(String),
}

/// Asks on one stream and reads from another.
pub(super) struct Questions<I, O> {
    input: I,
    output: O,
    /// Whether the default is the answer to everything.
    take_defaults: bool,
}

impl<I: BufRead, O: Write> Questions<I, O> {
    pub(super) const fn new(input: I, output: O, take_defaults: bool) -> Self {
        Self { input, output, take_defaults }
    }

    /// Says something.
    pub(super) fn tell(&mut self, text: impl Display) -> Result<(), Failure> {
        writeln!(self.output, "{text}")?;
        Ok(self.output.flush()?)
    }

    /// Whether anything is asked.
    pub(super) const fn asks(&self) -> bool {
        !self.take_defaults
    }

    /// Asks until an answer can be parsed; an empty one is the default.
    pub(super) fn ask<T, E: Display>(
        &mut self,
        question: &str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Answered<T>, Failure> {
        let default_value = || {
            let value = parse(default).map_err(|error| anyhow::anyhow!("{error}"));
            Ok(Answered { value: value.map_err(Failure::running)?, assumed: true })
        };
        if self.take_defaults {
            return default_value();
        }
        for _ in 0..TRIES {
            let hint = if default.is_empty() { "none" } else { default };
            write!(self.output, "{question} [{hint}]: ")?;
            self.output.flush()?;
            let answer = self.read_line(question)?;
            if answer.is_empty() {
                return default_value();
            }
            match parse(&answer) {
                Ok(value) => return Ok(Answered { value, assumed: false }),
                Err(error) => self.tell(hide_private_keys(&format!("  {error}")))?,
            }
        }
        Err(Failure::usage(NoAnswer::Unusable(question.to_owned())))
    }

    fn read_line(&mut self, question: &str) -> Result<String, Failure> {
        let mut line = Vec::new();
        self.input.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        match line.last() {
            Some(b'\n') => {}
            Some(_) if line.len() as u64 == LONGEST => self.skip_line()?,
            Some(_) => {}
            None => return Err(Failure::usage(NoAnswer::Ended(question.to_owned()))),
        }
        Ok(String::from_utf8_lossy(&line).trim().to_owned())
    }

    /// Drops the rest of a line that is too long.
    fn skip_line(&mut self) -> Result<(), Failure> {
        loop {
            let read = self.input.fill_buf()?;
            let end = read.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(read.len(), |end| end + 1);
            self.input.consume(length);
            if end.is_some() || length == 0 {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests;
