//! What `init` reports: the file and its check, or why there is no daemon.

use std::{fmt::Write as _, io::Write as _};

use serde::Serialize;
use snarkfee_clock::Clock;
use snarkfee_config::{Controller, Daemon, Settings};
use snarkfee_core::units::{DaemonId, Endpoint};

use super::{
    super::{
        args::InitArgs,
        check::{FindingDocument, print_report, require_no_failure},
        exit::Failure,
        json,
    },
    config_option,
};
use crate::{
    doctor::{Check, CheckReport, Verdict, examine, judge},
    setup::{FirstFile, NoDaemon, role_name},
};

/// The document of `--json`.
#[derive(Serialize)]
struct InitDocument<'a> {
    config: String,
    daemon: DaemonDocument<'a>,
    /// Keys of the cost whose values are defaults that nobody confirmed.
    assumed: Vec<&'static str>,
    checks: Vec<FindingDocument<'a>>,
    next: String,
}

#[derive(Serialize)]
struct DaemonDocument<'a> {
    name: &'static str,
    graphql_url: String,
    metrics_url: Option<String>,
    era: &'static str,
    role: &'static str,
    worker_key: Option<&'a str>,
    produces_blocks: bool,
}

/// Prints the check and the next command; fails if a check failed.
pub(super) fn print_outcome(
    options: &InitArgs,
    file: &FirstFile,
    report: &CheckReport,
) -> Result<(), Failure> {
    let config = config_option(&options.output);
    let next = format!("snarkfee run{config} --once --dry-run");
    let mut out = anstream::stdout().lock();
    if options.json {
        let daemon = &file.daemon;
        let document = InitDocument {
            config: options.output.display().to_string(),
            daemon: DaemonDocument {
                name: "main",
                graphql_url: daemon.graphql_url.to_string(),
                metrics_url: daemon.metrics_url.as_ref().map(ToString::to_string),
                era: daemon.era.name(),
                role: role_name(file.role),
                worker_key: file.worker_key.as_ref().map(|key| key.as_str()),
                produces_blocks: daemon.produces_blocks(),
            },
            assumed: file.assumed(),
            checks: report.findings.iter().map(FindingDocument::from).collect(),
            next,
        };
        json::write(&mut out, &document)?;
    } else {
        print_report(&mut out, report)?;
        writeln!(out)?;
        if !file.assumed().is_empty() {
            writeln!(
                out,
                "assumed: {}. The decisions are as true as these: put your own values in {}",
                file.assumed().join(", "),
                options.output.display()
            )?;
        }
        if !file.daemon.can_be_set() {
            writeln!(
                out,
                "this address takes no settings, so the service can only advise: use the daemon's \
                 own REST port to let it act"
            )?;
        }
        writeln!(
            out,
            "next: {next}\n      one decision, nothing is sent; then `snarkfee run{config}` for \
             the service and its page"
        )?;
    }
    require_no_failure(report)
}

/// Why there is no daemon to work with, and the way out.
pub(super) async fn why_none(
    given: Option<&Endpoint>,
    unfit: Vec<NoDaemon>,
    clock: Clock,
) -> anyhow::Error {
    let wrong = unfit.iter().find(|none| none.answered || given.is_some());
    let Some(wrong) = wrong else {
        let ports: Vec<String> =
            unfit.iter().filter_map(|none| Some(none.url.expose().port()?.to_string())).collect();
        return anyhow::anyhow!(
            "no daemon answers on this machine (asked ports {}): name its address, `snarkfee init \
             http://HOST:3085/graphql`; its --rest-port takes other machines only with \
             --insecure-rest-server, so run this beside it or through a tunnel. Without a daemon, \
             `snarkfee demo` shows what the service does",
            ports.join(", ")
        );
    };
    anyhow::anyhow!("{}", examine_unfit(&wrong.url, clock).await)
}

/// What `check` finds wrong at an address.
async fn examine_unfit(url: &Endpoint, clock: Clock) -> String {
    let mut text = format!("{url} cannot be worked with");
    let Ok(id) = DaemonId::try_new("main") else { return text };
    let settings =
        Settings::new(Controller::in_dir(std::env::temp_dir()), vec![Daemon::new(id, url.clone())]);
    let report = judge(&examine(settings, clock).await);
    let told = [Check::Reachability, Check::Schema, Check::Mutations];
    let failed = report
        .findings
        .iter()
        .filter(|finding| told.contains(&finding.check) && finding.verdict == Verdict::Fail);
    for finding in failed {
        let fix = finding.fix.as_deref().unwrap_or_default();
        // Writing to a string cannot fail.
        let _infallible = write!(text, "\n  {}\n  -> {fix}", finding.detail);
    }
    text
}
