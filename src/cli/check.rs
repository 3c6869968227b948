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
    table::{Align, render_table},
};
use crate::doctor::{Check, CheckReport, Finding, Verdict, examine, judge};

/// The document of `--json`.
#[derive(Serialize)]
struct CheckDocument<'a> {
    checks: Vec<FindingDocument<'a>>,
}

#[derive(Serialize)]
struct FindingDocument<'a> {
    name: &'static str,
    daemon: Option<&'a str>,
    result: Verdict,
    detail: &'a str,
    fix: Option<&'a str>,
}

/// Checks, prints the findings, and fails if a check failed.
pub(super) async fn run(options: CheckArgs) -> Result<(), Failure> {
    let source = Source::new(Some(options.config), std::env::vars_os());
    let report = match source.load() {
        Ok(settings) => judge(&examine(settings, Clock::system()).await),
        Err(errors) => {
            let unusable = report_config_errors(&errors);
            match leave_out_worker_keys(source, &errors).and_then(|source| source.load().ok()) {
                Some(settings) => {
                    let rest = judge(&examine(settings, Clock::system()).await).findings;
                    let rest = rest.into_iter().filter(|finding| finding.check != Check::Config);
                    CheckReport { findings: unusable.findings.into_iter().chain(rest).collect() }
                }
                None => unusable,
            }
        }
    };
    if options.json {
        let checks = report.findings.iter().map(FindingDocument::from).collect();
        json::write(&mut std::io::stdout().lock(), &CheckDocument { checks })?;
    } else {
        write!(anstream::stdout().lock(), "{}", render_report(&report))?;
    }
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

/// One line for each finding, with colours that the stream drops where they do not belong.
fn render_report(report: &CheckReport) -> String {
    let table = render_table(
        [Align::Left; 3],
        report.findings.iter().map(|finding| {
            let fix = finding.fix.as_ref().map(|fix| format!(" -> {fix}")).unwrap_or_default();
            let detail = format!("{}{fix}", finding.detail);
            // Verdicts keep their width, whatever was found.
            [format!("{:4}", style(finding.verdict).0), qualified_name(finding), detail]
        }),
    );
    let lines = table.lines().zip(&report.findings);
    lines
        .map(|(line, finding)| {
            let (word, style) = style(finding.verdict);
            let rest = line.strip_prefix(word).unwrap_or(line);
            format!("{style}{word}{style:#}{rest}\n")
        })
        .collect()
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
