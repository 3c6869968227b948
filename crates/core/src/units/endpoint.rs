//! Addresses of HTTP services, which may contain credentials.

use std::{fmt, net::IpAddr, str::FromStr};

use url::{Host, Url};

/// An `http` or `https` address. `Display` and `Debug` hide its user name, password and query values.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint(Url);

/// Where an address leads, by its text alone: equal for the ways to write one address, but not for
/// two names that resolve to one server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Destination {
    /// Empty for this machine.
    host: String,
    port: Option<u16>,
    path: String,
}

/// The error for an unusable address. Its message does not repeat the text, which may contain a
/// password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpoint {
    /// Not a URL.
    #[error("not an address: {0}; write \"http://127.0.0.1:3085/graphql\"")]
    Syntax(url::ParseError),
    /// A scheme other than HTTP.
    #[error("an address must begin with http:// or https://")]
    Scheme,
}

impl Endpoint {
    /// The address with its credentials. Only the client that connects to it may use this.
    pub const fn expose(&self) -> &Url {
        &self.0
    }

    /// Where it leads. User name, password, query, scheme, letter case, and a dot or slash at an end
    /// make no difference, nor do the names and addresses that stand for this machine.
    pub fn destination(&self) -> Destination {
        let host = match self.0.host() {
            Some(Host::Domain(name)) => name.trim_end_matches('.').to_owned(),
            Some(Host::Ipv4(address)) => IpAddr::V4(address).to_string(),
            Some(Host::Ipv6(address)) => IpAddr::V6(address).to_canonical().to_string(),
            None => String::new(),
        };
        // The unspecified address, as a destination, is this machine.
        let here = ["localhost", "127.0.0.1", "::1", "0.0.0.0", "::"].contains(&&*host);
        Destination {
            host: if here { String::new() } else { host },
            port: self.0.port_or_known_default(),
            path: self.0.path().trim_end_matches('/').to_owned(),
        }
    }

    /// Whether it contains a user name or a password.
    pub fn has_credentials(&self) -> bool {
        !self.0.username().is_empty() || self.0.password().is_some()
    }

    /// Whether all that is sent there is encrypted or stays on this machine.
    pub fn is_private(&self) -> bool {
        let loopback = match self.0.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        loopback || self.0.scheme() == "https"
    }
}

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        let url = Url::parse(text.trim()).map_err(InvalidEndpoint::Syntax)?;
        if matches!(url.scheme(), "http" | "https") {
            Ok(Self(url))
        } else {
            Err(InvalidEndpoint::Scheme)
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HIDDEN: &str = "***";
        let mut shown = self.0.clone();
        // The setters fail only without a host, which an HTTP address always has.
        if self.has_credentials()
            && shown.set_username(HIDDEN).and_then(|()| shown.set_password(None)).is_err()
        {
            return f.pad(HIDDEN);
        }
        if self.0.query().is_some() {
            let pairs = self.0.query_pairs();
            let hidden: Vec<String> = pairs.map(|(name, _)| format!("{name}={HIDDEN}")).collect();
            shown.set_query(Some(&hidden.join("&")));
        }
        shown.set_fragment(None);
        f.pad(shown.as_str())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_to_write_one_address_lead_to_one_destination() {
        let to = |text: &str| text.parse::<Endpoint>().unwrap().destination();
        for same in [
            "http://localhost:3085/graphql",
            "http://LOCALHOST:3085/graphql/",
            "http://localhost.:3085/graphql",
            "http://127.0.0.1:3085/graphql",
            "http://127.1:3085/graphql?x=1",
            "http://[::1]:3085/graphql#x",
            "http://[::ffff:127.0.0.1]:3085/graphql",
            "http://0.0.0.0:3085/graphql",
            "https://user:password@[::]:3085//../graphql//",
        ] {
            assert_eq!(to(same), to("http://localhost:3085/graphql"), "{same}");
        }
        assert_eq!(
            to("http://Mina.example.org/graphql"),
            to("http://mina.example.org:80/graphql/")
        );
        assert_eq!(
            to("https://mina.example.org/graphql"),
            to("https://mina.example.org:443/graphql")
        );
        for other in [
            "http://localhost:3086/graphql",
            "http://127.0.0.2:3085/graphql",
            "http://10.0.0.7:3085/graphql",
            "http://localhost:3085/b/graphql",
            "http://localhost.example.org:3085/graphql",
        ] {
            assert_ne!(to(other), to("http://localhost:3085/graphql"), "{other}");
        }
    }
}
