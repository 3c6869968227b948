//! `snarkfee check`: what is wrong with a setup, and how to fix it.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use snarkfee_clock::Clock;
use snarkfee_config::{ConfigErrors, Source};

use super::{
    args::CheckArgs,
    exit::Failure,
    json,
    wrap::{terminal_width, wrap},
};
use crate::doctor::{Check, CheckReport, Finding, Verdict, examine, judge};

/// Fewest columns of a wrapped text, however narrow the terminal is.
const MIN_ROOM: usize = 30;

/// The document of `--json`.
#[derive(Serialize)]
struct CheckDocument<'a> {
    checks: Vec<FindingDocument<'a>>,
}

/// A finding in JSON.
#[derive(Serialize)]
pub(super) struct FindingDocument<'a> {
    name: &'static str,
    daemon: Option<&'a str>,
    result: Verdict,
    detail: &'a str,
    fix: Option<&'a str>,
}

/// Checks, prints the findings, and fails if a check failed.
pub(super) async fn run(options: CheckArgs) -> Result<(), Failure> {
    let source = Source::new(Some(options.config.find()?), std::env::vars_os());
    let report = examine_source(source).await;
    let mut out = anstream::stdout().lock();
    if options.json {
        let checks = report.findings.iter().map(FindingDocument::from).collect();
        json::write(&mut out, &CheckDocument { checks })?;
    } else {
        print_report(&mut out, &report)?;
    }
    require_no_failure(&report)
}

/// Checks the settings of a source, and the rest even where only worker keys are wrong.
pub(super) async fn examine_source(source: Source) -> CheckReport {
    let errors = match source.load() {
        Ok(settings) => return judge(&examine(settings, Clock::system()).await),
        Err(errors) => errors,
    };
    let unusable = report_config_errors(&errors);
    match leave_out_worker_keys(source, &errors).and_then(|source| source.load().ok()) {
        Some(settings) => {
            let rest = judge(&examine(settings, Clock::system()).await).findings;
            let rest = rest.into_iter().filter(|finding| finding.check != Check::Config);
            let rest = rest.map(|finding| tell_invalid_key(finding, &errors));
            CheckReport { findings: unusable.findings.into_iter().chain(rest).collect() }
        }
        None => unusable,
    }
}

/// Fails if a check failed.
pub(super) fn require_no_failure(report: &CheckReport) -> Result<(), Failure> {
    match report.count(Verdict::Fail) {
        0 => Ok(()),
        failed => Err(Failure::running(anyhow::anyhow!(
            "{failed} of {} checks failed",
            report.findings.len()
        ))),
    }
}

/// What is wrong with the settings.
fn report_config_errors(errors: &ConfigErrors) -> CheckReport {
    let fix = |key: &str| match is_worker_key(key) {
        true => {
            "correct it, or leave it out: then the check of worker_key names the key that the daemon works for"
        }
        false => "correct it; `snarkfee config --default` shows every setting and how to write it",
    };
    let text = errors.to_string();
    let findings = text
        .lines()
        .zip(errors.iter())
        .map(|(line, error)| Finding {
            check: Check::Config,
            daemon: None,
            verdict: Verdict::Fail,
            detail: line.strip_prefix("config: ").unwrap_or(line).to_owned(),
            fix: Some(fix(&error.key).to_owned()),
        })
        .collect();
    CheckReport { findings }
}

/// The same settings without the worker keys, where nothing else is wrong with them: all other
/// checks can be made without, and one of them names the key.
fn leave_out_worker_keys(source: Source, errors: &ConfigErrors) -> Option<Source> {
    errors.iter().all(|error| is_worker_key(&error.key)).then(|| {
        errors.iter().fold(source, |source, error| source.with_flag(&error.key, "", "check"))
    })
}

/// What is found without a key says that it is set and not valid.
fn tell_invalid_key(finding: Finding, errors: &ConfigErrors) -> Finding {
    let key = finding.daemon.as_ref().map(|daemon| format!("daemons.{daemon}.worker_key"));
    let concerned = key.is_some_and(|key| errors.iter().any(|error| error.key == key));
    let detail = match finding.check {
        Check::WorkerKey if concerned => "not valid: the service does not start with it",
        Check::Account if concerned => "not checked: worker_key is not valid",
        _ => return finding,
    };
    Finding { detail: detail.to_owned(), ..finding }
}

fn is_worker_key(key: &str) -> bool {
    key.starts_with("daemons.") && key.ends_with(".worker_key")
}

impl<'a> From<&'a Finding> for FindingDocument<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            name: finding.check.name(),
            daemon: finding.daemon.as_ref().map(|daemon| daemon.as_str()),
            result: finding.verdict,
            detail: &finding.detail,
            fix: finding.fix.as_deref(),
        }
    }
}

/// Prints the findings: on a terminal wrapped to its width, elsewhere one line each. The stream
/// drops colours where they do not belong.
pub(super) fn print_report(out: &mut impl Write, report: &CheckReport) -> std::io::Result<()> {
    write!(out, "{}", render_report(report, terminal_width()))
}

/// Findings with aligned columns; with a width, what to do about each stands on lines of its own.
fn render_report(report: &CheckReport, width: Option<usize>) -> String {
    let names: Vec<String> = report.findings.iter().map(qualified_name).collect();
    let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    // Verdicts keep their width, whatever was found.
    let indent = 4 + 2 + widest + 2;
    let mut text = String::new();
    for (finding, name) in report.findings.iter().zip(&names) {
        let (word, style) = style(finding.verdict);
        let padding = " ".repeat(4 - word.len());
        let fix = finding.fix.as_ref().map(|fix| format!("-> {fix}"));
        let lines = match width {
            Some(width) => {
                let room = width.saturating_sub(indent).max(MIN_ROOM);
                let texts = [Some(finding.detail.clone()), fix];
                texts.iter().flatten().flat_map(|text| wrap(text, room)).collect()
            }
            None => {
                let fix = fix.map(|fix| format!(" {fix}")).unwrap_or_default();
                vec![format!("{}{fix}", finding.detail)]
            }
        };
        let mut lines = lines.into_iter();
        let first = lines.next().unwrap_or_default();
        text.push_str(&format!("{style}{word}{style:#}{padding}  {name:widest$}  {first}\n"));
        for line in lines {
            text.push_str(&format!("{:indent$}{line}\n", ""));
        }
    }
    text
}

const fn style(verdict: Verdict) -> (&'static str, Style) {
    match verdict {
        Verdict::Ok => ("ok", AnsiColor::Green.on_default()),
        Verdict::Warn => ("warn", AnsiColor::Yellow.on_default()),
        Verdict::Fail => ("FAIL", AnsiColor::Red.on_default().bold()),
    }
}

/// The name of a check, after the daemon that it is about: `main.sync`.
fn qualified_name(finding: &Finding) -> String {
    let check = finding.check.name();
    finding.daemon.as_ref().map_or(check.to_owned(), |daemon| format!("{daemon}.{check}"))
}

#[cfg(test)]
mod tests;
