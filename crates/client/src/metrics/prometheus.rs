//! A daemon's metrics as a Prometheus server has them: the instant query that asks for them, and
//! its answer written out again as the text that the daemon would have served.
//!
//! The server's own rules of staleness hold (Prometheus, "Querying basics", 2.x): a series whose
//! target went away is not in an answer. Beyond that, samples have an age limit, by the server's
//! clock alone: the query asks for the time at which the oldest was scraped.
//!
//! Not here: what the samples mean (`scrape`).

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    time::Duration,
};

use serde::Deserialize;
use snarkfee_core::{fault::Fault, metrics_text::DAEMON_PREFIXES, units::duration};
use url::Url;

use super::scrape::{
    self, ASSIGNED, BASE_TIME, COMPLETED, FEES, MERGE_TIME, POOL_SIZE, Scrape, ZKAPP_TIME,
};

/// Series in an answer that are looked at; one daemon has some twenty.
const MOST_SERIES: usize = 10_000;
/// Stands in the answer for the time at which the oldest sample was scraped.
const OLDEST: &str = "snarkfee_oldest_sample";

/// The address of the query for the series that `selector` picks.
pub(super) fn query_url(server: &Url, selector: &str) -> Url {
    let mut url = server.clone();
    url.set_path(&format!("{}/api/v1/query", server.path().trim_end_matches('/')));
    url.query_pairs_mut().append_pair("query", &query_expression(selector));
    url
}

fn query_expression(selector: &str) -> String {
    let prefixes = DAEMON_PREFIXES.join("|");
    let [base, base_before] = BASE_TIME;
    let names = format!(
        "({prefixes})({FEES}_(bucket|sum|count)|{POOL_SIZE}|{COMPLETED}|{ASSIGNED}|{base}|\
         {base_before}(_sum|_count)?|{ZKAPP_TIME}|{MERGE_TIME}_(sum|count)|\
         Cryptography_snark_work_(nonzkapp_|zkapp_)?base_submissions)"
    );
    let selector = selector.trim().trim_end_matches(',');
    // One scrape stamps all series of a target. `timestamp` drops names, so of several series of
    // one target it is asked one by one.
    let stamped = DAEMON_PREFIXES.iter().flat_map(|prefix| {
        let name = |name: String| format!("timestamp({prefix}{name}{{{selector}}})");
        [name(POOL_SIZE.to_owned()), name(format!("{FEES}_count"))]
    });
    let stamps = stamped.collect::<Vec<_>>().join(" or ");
    let oldest = format!("label_replace(min({stamps}),\"__name__\",\"{OLDEST}\",\"\",\"\")");
    format!("{{__name__=~\"up|{names}\",{selector}}} or {oldest}")
}

#[derive(Deserialize)]
struct QueryResponse {
    data: QueryData,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueryData {
    result_type: String,
    result: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    metric: BTreeMap<String, String>,
    value: (f64, String),
}

/// Reads the answer to [`query_url`].
pub(crate) fn read(body: &[u8], max_age: Duration) -> Result<Scrape, Fault> {
    let malformed = |cause: String| Fault::Malformed { cause: Fault::excerpt(&cause) };
    if body.trim_ascii_start().starts_with(b"<") {
        let page = String::from_utf8_lossy(body);
        return Err(malformed(format!("HTML, not the answer of a Prometheus server: {page}")));
    }
    let QueryResponse { data } = serde_json::from_slice(body)
        .map_err(|error| malformed(format!("not the answer of a Prometheus server: {error}")))?;
    if data.result_type != "vector" {
        return Err(malformed(format!("the server answered with a {}", data.result_type)));
    }
    if data.result.len() > MOST_SERIES {
        return Err(Fault::Oversized { limit: MOST_SERIES as u64 });
    }
    let mut text = String::new();
    // Up to 1.4.1 the time of base proofs is a histogram too.
    let is_histogram = |name: &&str| {
        let counted = format!("{name}_count");
        let named = |series: &Series| {
            series.metric.get("__name__").is_some_and(|of| of.ends_with(&counted))
        };
        data.result.iter().any(named)
    };
    let histograms: Vec<&str> =
        [FEES, MERGE_TIME, BASE_TIME[1]].into_iter().filter(is_histogram).collect();
    for prefix in DAEMON_PREFIXES {
        for name in &histograms {
            writeln!(text, "# TYPE {prefix}{name} histogram")
                .map_err(|error| malformed(error.to_string()))?;
        }
    }
    let (mut target, mut age, mut up) = (None, None, None);
    for Series { mut metric, value: (asked, value) } in data.result {
        let name = metric.remove("__name__").unwrap_or_default();
        // Some servers drop the name that the query gives; no other series has neither name nor
        // labels.
        if name == OLDEST || (name.is_empty() && metric.is_empty()) {
            age = value.parse::<f64>().ok().map(|scraped| asked - scraped);
            continue;
        }
        if name == "up" {
            up = value.parse::<f64>().ok().into_iter().chain(up).reduce(f64::max);
            continue;
        }
        let bound = metric.remove("le");
        if target.get_or_insert_with(|| metric.clone()) != &metric {
            let one = target.unwrap_or_default();
            return Err(Fault::NotScraped { cause: tell_apart(&one, &metric) });
        }
        let bound = bound.map(|bound| bound.parse::<f64>()).transpose();
        let bound = bound.map_err(|_| malformed(format!("{name} has a bucket without a bound")))?;
        let bucket = bound.map_or(String::new(), |bound| format!("{{le=\"{bound}\"}}"));
        // Whatever is no number here is none to the reader of the text either.
        let value = if value.contains(char::is_control) { "" } else { &value };
        writeln!(text, "{name}{bucket} {value}").map_err(|error| malformed(error.to_string()))?;
    }
    let missing = |cause: &str| Err(Fault::NotScraped { cause: cause.to_owned() });
    match (target, up) {
        (Some(_), _) => {}
        (None, Some(up)) if up < 1.0 => {
            return missing("it cannot scrape the target that the selector picks");
        }
        (None, Some(_)) => {
            return missing("the target that the selector picks has no metrics of snark work");
        }
        (None, None) => return missing("the selector picks no target of it"),
    }
    let Some(age) = age.and_then(|age| Duration::try_from_secs_f64(age.max(0.0)).ok()) else {
        return Err(malformed("no time of the samples".to_owned()));
    };
    if age > max_age {
        let shown = duration::show(Duration::from_secs(age.as_secs()));
        let cause = format!("its samples are {shown} old, allowed are {}", duration::show(max_age));
        return Err(Fault::NotScraped { cause });
    }
    let scrape = scrape::read(text.as_bytes())?;
    Ok(Scrape { sampled: Some(age), ..scrape })
}

/// What two targets that one selector picks differ in, and what picks the first of them alone.
fn tell_apart(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> String {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let differing = names.into_iter().find(|name| one.get(*name) != other.get(*name));
    let Some(name) = differing else { return "the selector picks several targets".to_owned() };
    let value = |labels: &BTreeMap<String, String>| labels.get(name).cloned().unwrap_or_default();
    let (name, one, other) = (short(name), short(&value(one)), short(&value(other)));
    format!(
        "the selector picks several targets, with {name} {one:?} and {other:?}: add {name}={one:?} \
         to selector"
    )
}

/// A label's beginning, of which nothing needs to be escaped but quotes: the whole cause fits one
/// line, whatever the server calls its labels.
fn short(label: &str) -> String {
    let clean = |c: char| if c.is_ascii_graphic() || c.is_alphanumeric() { c } else { ' ' };
    label.chars().take(50).map(clean).collect()
}

#[cfg(test)]
mod tests;
