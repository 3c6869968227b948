//! `snarkfee init`: the first configuration, for a daemon that runs.
//!
//! What it finds and asks goes to standard error, the check and what to do next to standard output.

mod outcome;
mod questions;

use std::{
    io::{BufRead, Write},
    path::{Path, PathBuf},
};

use snarkfee_clock::Clock;
use snarkfee_config::{Source, parse_public_key};
use snarkfee_core::{
    policy::RoleSetting,
    units::{Endpoint, PublicKey},
};

use self::{
    outcome::{print_outcome, why_none},
    questions::Questions,
};
use super::{args::InitArgs, block_on, check, exit::Failure};
use crate::setup::{
    Answered, DEFAULT_ELECTRICITY, DEFAULT_MINA_PRICE, DEFAULT_POWER, Expense, FirstCost,
    FirstFile, FoundDaemon, WriteError, find_daemons, find_local_daemons, parse_electricity,
    parse_expense, parse_mina_price, usual_addresses, write_file,
};

/// The packaged settings' folder, and the state directory that its service has.
const PACKAGED: (&str, &str) = ("/etc/snarkfee", "/var/lib/snarkfee");

/// Finds the daemon, asks what it cannot find out, writes the file and checks it.
pub(super) fn run(options: &InitArgs) -> Result<(), Failure> {
    if !options.force && options.output.symlink_metadata().is_ok() {
        return Err(Failure::running(WriteError::Exists(options.output.clone())));
    }
    let given = options.worker_key.as_deref().map(parse_public_key).transpose();
    let given_key = given.map_err(|error| Failure::usage(UnusableKey(error)))?;
    let mut questions = Questions::new(std::io::stdin().lock(), std::io::stderr(), options.yes);
    let found = find(options)?;
    for daemon in &found {
        questions.tell(format_args!("found {}: {}", daemon.graphql_url, daemon.describe()))?;
    }
    let daemon = choose_daemon(found, &mut questions)?;
    let file = complete(daemon, given_key, options, &mut questions)?;
    let text = file.to_string();
    let source = Source::new(Some(options.output.clone()), std::env::vars_os());
    source.load_text(&text).map_err(Failure::config)?;
    write_file(&options.output, &text, options.force).map_err(Failure::running)?;
    questions.tell(format_args!("wrote {}\n", options.output.display()))?;
    let report = block_on(async { Ok(check::examine_source(source).await) })?;
    print_outcome(options, &file, &report)
}

/// `--worker-key` is no key. Its text is not repeated, since it may be a secret.
#[derive(Debug, thiserror::Error)]
#[error("--worker-key: {0}")]
struct UnusableKey(String);

/// The daemons at the given address, or on this machine; at least one.
fn find(options: &InitArgs) -> Result<Vec<FoundDaemon>, Failure> {
    let running = find_local_daemons(Path::new("/proc"));
    let addresses = match &options.url {
        Some(url) => vec![url.clone()],
        None => usual_addresses(&running),
    };
    block_on(async {
        let clock = Clock::system();
        let answers = find_daemons(addresses, options.metrics.as_ref(), &running, clock).await;
        let (mut found, mut unfit) = (Vec::new(), Vec::new());
        for answer in answers {
            match answer {
                Ok(daemon) => found.push(daemon),
                Err(none) => unfit.push(none),
            }
        }
        if found.is_empty() {
            return Err(Failure::running(why_none(options.url.as_ref(), unfit, clock).await));
        }
        forget_shared_metrics(&mut found, options.metrics.as_ref());
        Ok(found)
    })
}

/// Metrics that were found for several daemons are those of one of them, and nobody knows whose.
fn forget_shared_metrics(found: &mut [FoundDaemon], given: Option<&Endpoint>) {
    let urls: Vec<_> = found.iter().map(|daemon| daemon.metrics_url.clone()).collect();
    for daemon in found.iter_mut() {
        let same = urls.iter().filter(|url| **url == daemon.metrics_url).count();
        if same > 1 && given.is_none() {
            daemon.metrics_url = None;
        }
    }
}

/// Several daemons answer, and nobody says which is meant.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} daemons answer here; name the one that is meant: {}. One file can hold several: \
     config/example-fleet.toml shows how",
    .0.len(),
    .0.iter().map(|url| format!("`snarkfee init {url}`")).collect::<Vec<_>>().join(" or ")
)]
struct SeveralDaemons(Vec<Endpoint>);

fn choose_daemon(
    mut found: Vec<FoundDaemon>,
    questions: &mut Questions<impl BufRead, impl Write>,
) -> Result<FoundDaemon, Failure> {
    let urls = || found.iter().map(|daemon| daemon.graphql_url.clone()).collect::<Vec<_>>();
    if found.len() > 1 && !questions.asks() {
        return Err(Failure::running(SeveralDaemons(urls())));
    }
    let place = match found.len() {
        1 => 0,
        count => {
            let question = format!("Which of them, from 1 to {count}?");
            let parse = |text: &str| match text.parse::<usize>() {
                Ok(number) if (1..=count).contains(&number) => Ok(number - 1),
                _ => Err(format!("write a number from 1 to {count}")),
            };
            questions.ask(&question, "1", parse)?.value
        }
    };
    Ok(found.swap_remove(place))
}

/// What the daemon cannot tell, from the options or by asking.
fn complete(
    daemon: FoundDaemon,
    given_key: Option<PublicKey>,
    options: &InitArgs,
    questions: &mut Questions<impl BufRead, impl Write>,
) -> Result<FirstFile, Failure> {
    let role = match options.role.or_else(|| daemon.role()) {
        Some(role) => role,
        None => ask_role(questions)?,
    };
    let worker_key = match given_key.or_else(|| daemon.worker_key().cloned()) {
        Some(key) => Some(key),
        None => ask_key(questions)?,
    };
    let cost = ask_cost(options, questions)?;
    let packaged = options.output.parent() == Some(Path::new(PACKAGED.0));
    Ok(FirstFile { daemon, role, worker_key, cost, state_dir: packaged.then_some(PACKAGED.1) })
}

fn ask_role(questions: &mut Questions<impl BufRead, impl Write>) -> Result<RoleSetting, Failure> {
    let parse = |text: &str| match text.to_lowercase().as_str() {
        "worker" | "w" => Ok(RoleSetting::Worker),
        "coordinator" | "c" => Ok(RoleSetting::Coordinator),
        "auto" => Ok(RoleSetting::Auto),
        _ => Err("write worker, coordinator or auto"),
    };
    let question = "Is it a worker, or a coordinator (--run-snark-coordinator)? auto waits until \
                    it shows";
    Ok(questions.ask(question, "auto", parse)?.value)
}

fn ask_key(
    questions: &mut Questions<impl BufRead, impl Write>,
) -> Result<Option<PublicKey>, Failure> {
    let parse = |text: &str| match text {
        "" => Ok(None),
        key => parse_public_key(key).map(Some),
    };
    let question = "Public key that it proves for (`mina accounts list`); without one, work is \
                    never switched";
    Ok(questions.ask(question, "", parse)?.value)
}

fn ask_cost(
    options: &InitArgs,
    questions: &mut Questions<impl BufRead, impl Write>,
) -> Result<FirstCost, Failure> {
    const fn confirmed<T>(value: T) -> Answered<T> {
        Answered { value, assumed: false }
    }
    if let Some(cost) = options.per_work {
        return Ok(FirstCost::PerWork(cost));
    }
    let power = match options.power {
        Some(power) => confirmed(power),
        None => {
            let question = "Watts that the machine draws more while it proves (a wall meter shows \
                            them), or the cost of a work in MINA";
            let answer = questions.ask(question, DEFAULT_POWER, parse_expense)?;
            match answer.value {
                Expense::PerWork(cost) => return Ok(FirstCost::PerWork(cost)),
                Expense::Power(power) => Answered { value: power, assumed: answer.assumed },
            }
        }
    };
    let electricity = match options.electricity {
        Some(price) => confirmed(price),
        None => {
            let question = "Price of a kWh, with its currency";
            questions.ask(question, DEFAULT_ELECTRICITY, parse_electricity)?
        }
    };
    let currency = electricity.value.currency();
    let mina_price = match options.mina_price {
        Some(price) => confirmed(price),
        None => {
            let parse = |text: &str| {
                let price = parse_mina_price(text, currency).map_err(|error| error.to_string())?;
                match currency {
                    Some(other) if other != price.currency() => {
                        Err(format!("write it in {other}, as the price of a kWh"))
                    }
                    _ => Ok(price),
                }
            };
            let default = parse(DEFAULT_MINA_PRICE)
                .map_or_else(|_| DEFAULT_MINA_PRICE.to_owned(), |price| price.to_string());
            questions.ask("Price of a MINA", &default, parse)?
        }
    };
    Ok(FirstCost::Energy { power, electricity, mina_price })
}

/// Where a file is named in a command, if it must be.
fn config_option(output: &Path) -> String {
    let usual = snarkfee_config::find_file(std::env::vars_os());
    match usual.is_some_and(|usual| is_same(&usual, output)) {
        true => String::new(),
        false => format!(" -c {}", output.display()),
    }
}

fn is_same(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| -> Option<PathBuf> { path.canonicalize().ok() };
    real(a).is_some() && real(a) == real(b)
}

#[cfg(test)]
mod tests;
