//! Names of hosts, in one spelling.

use std::{fmt, net::IpAddr, str::FromStr};

use url::Host;

/// A name or an address of a host, without a port: lower case, no dot at the end, an address in its
/// shortest form, as browsers send them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostName(Host);

/// The error for a text that names no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidHostName;

impl HostName {
    /// The name in a `Host` header or in the authority of a URI: with a port or without (RFC 9110,
    /// 7.2). Which port it is says nothing: tunnels and containers change it.
    ///
    /// # Errors
    ///
    /// Where the text is nothing of the kind.
    pub fn from_authority(text: &str) -> Result<Self, InvalidHostName> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (text, ""),
        };
        let numeric = port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
        if numeric { host.parse() } else { Err(InvalidHostName) }
    }

    /// The address, where it is one.
    pub const fn address(&self) -> Option<IpAddr> {
        match self.0 {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
        }
    }

    /// Whether it is the name of this machine on this machine.
    pub fn is_localhost(&self) -> bool {
        matches!(&self.0, Host::Domain(name) if name == "localhost")
    }

    /// Whether it is a name of one part. Such a name is resolved by the local network alone: none
    /// can be registered.
    pub fn is_local_name(&self) -> bool {
        matches!(&self.0, Host::Domain(name) if !name.contains('.'))
    }
}

impl FromStr for HostName {
    type Err = InvalidHostName;

    fn from_str(text: &str) -> Result<Self, InvalidHostName> {
        let text = text.strip_suffix('.').unwrap_or(text);
        match Host::parse(text).map_err(|_| InvalidHostName)? {
            Host::Domain(name) if name.is_empty() || name.ends_with('.') => Err(InvalidHostName),
            host => Ok(Self(host)),
        }
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for InvalidHostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not the name of a host, write \"snarkfee.example.org\", without scheme, port and path",
        )
    }
}

impl std::error::Error for InvalidHostName {}

#[cfg(test)]
mod tests;
