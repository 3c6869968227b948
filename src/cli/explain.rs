//! `snarkfee explain`: why a worker is on or off at its fee, and what would change it.

mod screen;

use std::{io::Write, time::Duration};

use serde::{Deserialize, Serialize};
use snarkfee_client::fetch;
use snarkfee_core::{record::Mode, units::Endpoint};
use url::Url;

use super::{
    args::ExplainArgs,
    exit::Failure,
    json,
    preview::{UnknownDaemon, load_dry_run, preview_all, require_all_observed, select_daemons},
};
use crate::{
    service::Preview,
    telemetry::{Explanation, StatusBoard, headline},
};

/// Limits on the answer of the service.
const TIME_LIMIT: Duration = Duration::from_secs(10);
const SIZE_LIMIT: u64 = 16 << 20;

/// A daemon and its explanation.
#[derive(Clone, Debug, Serialize)]
struct DaemonExplanation {
    daemon: String,
    #[serde(flatten)]
    explanation: Explanation,
}

/// Explains from a look made now, or from the last look of a running service.
pub(super) async fn run(options: ExplainArgs) -> Result<(), Failure> {
    let name = options.daemon.as_deref();
    let Some(config) = &options.config else {
        return print(&ask_service(&options.url, name).await?, options.json);
    };
    let daemons = select_daemons(load_dry_run(config, "explain")?, name)?;
    let previews = preview_all(&daemons).await?;
    print(&previews.iter().filter_map(explain_preview).collect::<Vec<_>>(), options.json)?;
    require_all_observed(&previews)
}

fn explain_preview(preview: &Preview) -> Option<DaemonExplanation> {
    let record = &preview.record;
    let board = StatusBoard::new(Mode::DryRun, [record.daemon.clone()]);
    board.publish(record);
    let headline = headline(&board.daemon(&record.daemon)?, record.at);
    let explanation = Explanation::new(record, headline, preview.appraisal.as_ref().ok());
    Some(DaemonExplanation { daemon: record.daemon.to_string(), explanation })
}

/// The part of `/api/v1/status` that is read here.
#[derive(Deserialize)]
struct ServiceStatus {
    daemons: Vec<ServiceDaemon>,
}

#[derive(Deserialize)]
struct ServiceDaemon {
    name: String,
    explanation: Option<Explanation>,
}

async fn ask_service(
    service: &Endpoint,
    name: Option<&str>,
) -> Result<Vec<DaemonExplanation>, Failure> {
    let answer = fetch(&status_url(service.expose()), TIME_LIMIT, SIZE_LIMIT).await;
    let answer = answer.map_err(|error| {
        Failure::running(anyhow::Error::new(error).context(format!(
            "no running service answers at {service}; start `snarkfee run`, or look now with -c FILE"
        )))
    })?;
    let status: ServiceStatus = serde_json::from_slice(&answer).map_err(|error| {
        Failure::running(
            anyhow::Error::new(error)
                .context(format!("the server at {service} is not a snarkfee of this version")),
        )
    })?;
    let known = status.daemons.iter().map(|daemon| daemon.name.as_str());
    if let Some(name) = name.filter(|name| !known.clone().any(|known| known == *name)) {
        return Err(Failure::usage(UnknownDaemon::new(name, known)));
    }
    let wanted = status.daemons.into_iter().filter(|daemon| name.is_none_or(|n| n == daemon.name));
    wanted
        .map(|ServiceDaemon { name: daemon, explanation }| match explanation {
            Some(explanation) => Ok(DaemonExplanation { daemon, explanation }),
            None => Err(Failure::running(anyhow::anyhow!(
                "daemon {daemon} has not been checked yet; try again shortly"
            ))),
        })
        .collect()
}

/// The status document of the service at `base`, which may be below a path of a proxy.
fn status_url(base: &Url) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/api/v1/status", base.path().trim_end_matches('/')));
    url.set_query(None);
    url.set_fragment(None);
    url
}

fn print(explanations: &[DaemonExplanation], json: bool) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if json {
        return json::write_one_or_list(&mut out, explanations);
    }
    for (place, DaemonExplanation { daemon, explanation }) in explanations.iter().enumerate() {
        let between = if place == 0 { "" } else { "\n" };
        write!(out, "{between}{}", screen::describe(daemon, explanation))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_asked_for_below_the_path_given() {
        let url = |base: &str| status_url(&base.parse().unwrap()).to_string();
        assert_eq!(url("http://127.0.0.1:9527"), "http://127.0.0.1:9527/api/v1/status");
        assert_eq!(
            url("http://127.0.0.1:9527/fees/?x=1#y"),
            "http://127.0.0.1:9527/fees/api/v1/status"
        );
    }
}
