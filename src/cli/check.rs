//! `snarkfee check`: what stands in the way of a setup, and what to do about it.

use std::io::{IsTerminal, Write};

use serde::Serialize;
use snarkfee_clock::Clock;
use snarkfee_config::{ConfigErrors, Source};

use super::{Failure, args::Check as Options, document};
use crate::doctor::{self, Check, Finding, Report, Verdict};

/// The document of `--json`.
#[derive(Serialize)]
struct Document<'a> {
    checks: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'static str,
    daemon: Option<&'a str>,
    result: Verdict,
    detail: &'a str,
    fix: Option<&'a str>,
}

/// Checks, prints, and fails when a check did.
pub(super) async fn run(options: Options) -> Result<(), Failure> {
    let source = Source::new(Some(options.config), std::env::vars_os());
    let report = match source.load() {
        Ok(settings) => doctor::judge(&doctor::examine(settings, Clock::system()).await),
        Err(errors) => unusable(&errors),
    };
    let mut out = std::io::stdout().lock();
    if options.json {
        document::write(&mut out, &of_report(&report))?;
    } else {
        let coloured = std::io::stdout().is_terminal()
            && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
        write!(out, "{}", screen(&report, coloured))?;
    }
    match report.count(Verdict::Fail) {
        0 => Ok(()),
        failed => Err(Failure::running(anyhow::anyhow!(
            "{failed} of {} checks failed",
            report.findings.len()
        ))),
    }
}

/// Without settings there is nothing else to check.
fn unusable(errors: &ConfigErrors) -> Report {
    let finding = |line: &str| Finding {
        check: Check::Config,
        daemon: None,
        verdict: Verdict::Fail,
        detail: line.strip_prefix("config: ").unwrap_or(line).to_owned(),
        fix: Some(
            "correct it; `snarkfee config --default` shows every setting and how it is written"
                .to_owned(),
        ),
    };
    Report { findings: errors.to_string().lines().map(finding).collect() }
}

fn of_report(report: &Report) -> Document<'_> {
    Document { checks: report.findings.iter().map(row).collect() }
}

fn row(finding: &Finding) -> Row<'_> {
    Row {
        name: finding.check.name(),
        daemon: finding.daemon.as_ref().map(|daemon| daemon.as_str()),
        result: finding.verdict,
        detail: &finding.detail,
        fix: finding.fix.as_deref(),
    }
}

fn screen(report: &Report, coloured: bool) -> String {
    let width = report.findings.iter().map(|finding| name(finding).len()).max().unwrap_or_default();
    let mut text = String::new();
    for finding in &report.findings {
        let (word, colour) = match finding.verdict {
            Verdict::Ok => ("ok  ", "32"),
            Verdict::Warn => ("warn", "33"),
            Verdict::Fail => ("FAIL", "1;31"),
        };
        let word =
            if coloured { format!("\u{1b}[{colour}m{word}\u{1b}[0m") } else { word.to_owned() };
        let fix = finding.fix.as_ref().map(|fix| format!(" -> {fix}")).unwrap_or_default();
        text.push_str(&format!("{word}  {:width$}  {}{fix}\n", name(finding), finding.detail));
    }
    text
}

/// The check, after the daemon that it is about.
fn name(finding: &Finding) -> String {
    let check = finding.check.name();
    finding.daemon.as_ref().map_or(check.to_owned(), |daemon| format!("{daemon}.{check}"))
}
