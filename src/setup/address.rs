//! Addresses as people write them.

use snarkfee_core::units::{Endpoint, InvalidEndpoint};

/// The address of a daemon's GraphQL; scheme and path may be left out: `127.0.0.1:3085`.
///
/// # Errors
///
/// If it is no address of HTTP.
pub fn parse_address(text: &str) -> Result<Endpoint, InvalidEndpoint> {
    complete(text, "/graphql")
}

/// The address of a daemon's metrics; scheme and path may be left out: `127.0.0.1:10000`.
///
/// # Errors
///
/// If it is no address of HTTP.
pub fn parse_metrics_address(text: &str) -> Result<Endpoint, InvalidEndpoint> {
    complete(text, "/metrics")
}

fn complete(text: &str, path: &str) -> Result<Endpoint, InvalidEndpoint> {
    let text = text.trim();
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let written: Endpoint = text.parse()?;
    if written.expose().path() != "/" {
        return Ok(written);
    }
    let mut url = written.expose().clone();
    url.set_path(path);
    url.as_str().parse()
}

/// The address of a port of this machine.
pub(super) fn local(port: u16, path: &str) -> Option<Endpoint> {
    format!("http://127.0.0.1:{port}{path}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_completed() {
        for written in ["127.0.0.1:3085", " http://127.0.0.1:3085/ ", "127.0.0.1:3085/graphql"] {
            let url = parse_address(written).unwrap();
            assert_eq!(url.expose().as_str(), "http://127.0.0.1:3085/graphql", "{written}");
        }
        let metrics = parse_metrics_address("mina:10000").unwrap();
        assert_eq!(metrics.expose().as_str(), "http://mina:10000/metrics");
        assert!(parse_address("ftp://mina").is_err() && parse_address("two words").is_err());
    }
}
