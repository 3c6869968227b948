//! Addresses of HTTP services, which may contain credentials.

use std::{fmt, str::FromStr};

use url::Url;

/// An `http` or `https` address. `Display` and `Debug` hide its user name, password and query values.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint(Url);

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

    /// Whether it contains a user name or a password.
    pub fn has_credentials(&self) -> bool {
        !self.0.username().is_empty() || self.0.password().is_some()
    }

    /// Whether all that is sent there is encrypted or stays on this machine.
    pub fn is_private(&self) -> bool {
        let loopback = match self.0.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
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
