//! Which names of this service a request may use.
//!
//! A page of someone else that has its own name resolved to this machine (DNS rebinding) is of one
//! origin with this service for a browser, and could read everything here. It cannot change the
//! `Host` that the browser sends.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{StatusCode, Version, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use snarkfee_config::HostName;

use super::{error::ErrorResponse, middleware::add_security_headers};

/// The names of this service: where it listens, and those that are configured.
#[derive(Debug)]
pub(super) struct KnownHosts {
    pub(super) listens: IpAddr,
    pub(super) configured: Arc<[HostName]>,
}

impl KnownHosts {
    fn know(&self, host: &HostName) -> bool {
        let loopback = self.listens.to_canonical().is_loopback();
        let listened = match host.address() {
            // No name was resolved to it, so none can have been resolved wrongly.
            Some(address) => !loopback || address.to_canonical().is_loopback(),
            None => host.is_localhost() || (!loopback && host.is_local_name()),
        };
        listened || self.configured.contains(host)
    }

    /// Checks every name that a request gives: `Host`, and the authority of an absolute URI.
    fn check(&self, request: &Request) -> Result<(), ErrorResponse> {
        let bad = || ErrorResponse::bad_request("the request needs one valid Host (RFC 9112, 3.2)");
        let mut given = Vec::new();
        for host in request.headers().get_all(header::HOST) {
            given.push(host.to_str().map_err(|_| bad())?);
        }
        // Browsers send it; before HTTP/1.1 others need not.
        let needed = usize::from(request.version() > Version::HTTP_10);
        if given.len() < needed || given.len() > 1 {
            return Err(bad());
        }
        given.extend(request.uri().authority().map(|authority| authority.as_str()));
        for text in given {
            let host = HostName::from_authority(text).map_err(|_| bad())?;
            if !self.know(&host) {
                return Err(ErrorResponse::new(
                    StatusCode::MISDIRECTED_REQUEST,
                    format!("{host} is not a name of this service; controller.hosts allows more"),
                ));
            }
        }
        Ok(())
    }
}

/// Answers 421 to a request for another host, and 400 to one that does not say for which it is.
pub(super) async fn require_known_host(
    State(hosts): State<Arc<KnownHosts>>,
    request: Request,
    next: Next,
) -> Response {
    match hosts.check(&request) {
        Ok(()) => next.run(request).await,
        Err(refused) => add_security_headers(refused.into_response()).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_known_by_where_it_listens_and_by_configuration() {
        let known = |listens: &str, host: &str| {
            let configured = Arc::from(["proxy.example.org".parse().unwrap()]);
            let hosts = KnownHosts { listens: listens.parse().unwrap(), configured };
            hosts.know(&HostName::from_authority(host).unwrap())
        };
        for (host, on_loopback, on_all) in [
            ("localhost:9527", true, true),
            ("LOCALHOST.", true, true),
            ("127.0.0.1", true, true),
            ("127.0.0.2:80", true, true),
            ("[::1]:9527", true, true),
            ("[::ffff:127.0.0.1]", true, true),
            ("Proxy.Example.ORG:443", true, true),
            ("10.0.0.7:9527", false, true),
            ("0.0.0.0:9527", false, true),
            ("snarkfee:9527", false, true),
            ("evil.example", false, false),
            ("localhost.evil.example", false, false),
            ("127.0.0.1.evil.example", false, false),
            ("proxy.example.org.evil.example", false, false),
        ] {
            assert_eq!(known("127.0.0.1", host), on_loopback, "{host}");
            assert_eq!(known("::1", host), on_loopback, "{host}");
            for listens in ["0.0.0.0", "::", "192.168.1.5"] {
                assert_eq!(known(listens, host), on_all, "{host} at {listens}");
            }
        }
    }
}
