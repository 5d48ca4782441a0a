//! HTTP proxies: which one leads to a host, and the way through it.
//!
//! Only what runs inside of HTTPS may go through one: a proxy opens the way by CONNECT and sees nothing but encrypted bytes then. Whether
//! proxies are used at all is the caller's decision; nothing here reads the environment by itself.
//!
//! Invariants: a proxy's credentials are in no message and no `Debug` output; they are sent to the proxy only; what a proxy says is read
//! up to a cap.

use std::fmt;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::cause::cause_words;
use crate::dial::{DialError, DialErrorKind, Target};

/// Where proxies listen when the URL names no port; the port of plain HTTP, as other programs take it.
const PORT: u16 = 80;
/// The largest head of an answer to CONNECT. Real ones have some hundred bytes.
const HEAD_CAP: usize = 16 << 10;

/// Which hosts are reached through a proxy.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    proxy: Option<Proxy>,
    direct: Vec<Direct>,
}

/// One HTTP proxy.
#[derive(Clone)]
pub(crate) struct Proxy {
    target: Target,
    authorization: Option<SecretString>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Proxy").field(&self.target.to_string()).finish()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http proxy {}", host_and_port(&self.target))
    }
}

/// A description of proxies that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("proxy from {variable}: {why}")]
pub struct ProxyError {
    variable: &'static str,
    why: &'static str,
}

/// One entry of `NO_PROXY`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Direct {
    Everything,
    /// The domain and everything below it.
    Domain(String),
    /// An address, or a network with so many leading bits.
    Network(IpAddr, u8),
}

impl Proxies {
    /// No proxy for any host.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// As the usual environment variables say: `https_proxy`, else `HTTPS_PROXY`, else `all_proxy`, else `ALL_PROXY` names the proxy as
    /// `http://[user:password@]host[:port]`; `no_proxy`, else `NO_PROXY` lists what is reached directly: `*`, domains with all below them,
    /// addresses and networks such as `10.0.0.0/8`.
    ///
    /// # Errors
    ///
    /// The proxy's URL cannot be used. The message does not contain it.
    pub fn from_env() -> Result<Self, ProxyError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// The same with variables of the caller's own.
    ///
    /// # Errors
    ///
    /// As for [`Proxies::from_env`].
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ProxyError> {
        // A variable that is set to nothing is not set.
        let first = |names: &[&'static str]| {
            names
                .iter()
                .find_map(|name| Some((*name, variable(name).filter(|value| !value.trim().is_empty())?)))
        };
        let proxy = match first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]) {
            Some((name, url)) => {
                Some(Proxy::parse(url.trim()).map_err(|why| ProxyError { variable: name, why })?)
            }
            None => None,
        };
        let direct = first(&["no_proxy", "NO_PROXY"]).map_or_else(Vec::new, |(_, list)| {
            list.split([',', ' ']).filter_map(|entry| Direct::parse(entry.trim())).collect()
        });
        Ok(Self { proxy, direct })
    }

    /// The proxy for a host, if it is not reached directly.
    pub(crate) fn for_host(&self, host: &str) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|_| !self.direct.iter().any(|direct| direct.covers(host)))
    }
}

impl Direct {
    fn parse(entry: &str) -> Option<Self> {
        if entry == "*" {
            return Some(Self::Everything);
        }
        let (address, bits) = match entry.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (entry, None),
        };
        if let Ok(address) = address.trim_matches(['[', ']']).parse::<IpAddr>() {
            let all = if address.is_ipv4() { 32 } else { 128 };
            return Some(Self::Network(address, bits.unwrap_or(all).min(all)));
        }
        let domain = entry.trim_start_matches("*.").trim_matches('.').to_ascii_lowercase();
        (!domain.is_empty()).then_some(Self::Domain(domain))
    }

    fn covers(&self, host: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Domain(domain) => {
                let host = host.trim_end_matches('.').to_ascii_lowercase();
                host == *domain || host.strip_suffix(domain).is_some_and(|below| below.ends_with('.'))
            }
            Self::Network(network, bits) => match (network, host.parse::<IpAddr>()) {
                (IpAddr::V4(network), Ok(IpAddr::V4(host))) => {
                    let differ = network.to_bits() ^ host.to_bits();
                    differ.checked_shr(32 - u32::from(*bits)).unwrap_or(0) == 0
                }
                (IpAddr::V6(network), Ok(IpAddr::V6(host))) => {
                    let differ = network.to_bits() ^ host.to_bits();
                    differ.checked_shr(128 - u32::from(*bits)).unwrap_or(0) == 0
                }
                _ => false,
            },
        }
    }
}

impl Proxy {
    fn parse(url: &str) -> Result<Self, &'static str> {
        let rest = match url.split_once("://") {
            Some(("http", rest)) => rest,
            Some(("https", _)) => {
                return Err("proxies that are spoken to by TLS are not supported; use http://");
            }
            Some(_) => return Err("only http:// proxies are supported"),
            // Other programs take a bare host for one.
            None => url,
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| "its port is no number from 0 to 65535")?)
            }
            _ => (place, PORT),
        };
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("it names no host");
        }
        let authorization = match user {
            Some(user) => Some(SecretString::from(
                STANDARD.encode(percent_decoded(user).ok_or("its credentials are no text")?),
            )),
            None => None,
        };
        Ok(Self { target: Target::plain(host, port), authorization })
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// Opens the way to `target` on a connection to the proxy.
    pub(crate) async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        io: &mut S,
        target: &Target,
    ) -> Result<(), DialError> {
        let refuse =
            |detail: String| DialError::new(DialErrorKind::Proxy, target, format!("{self}: {detail}"));
        let broken = |error: std::io::Error| {
            refuse(format!("the connection to it broke: {}", cause_words(&error))).with_source(error)
        };
        let place = host_and_port(target);
        let mut request = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n");
        if let Some(authorization) = &self.authorization {
            request.push_str("Proxy-Authorization: Basic ");
            request.push_str(authorization.expose_secret());
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        io.write_all(request.as_bytes()).await.map_err(broken)?;
        io.flush().await.map_err(broken)?;
        // Byte by byte: what follows the head is not ours to read.
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() == HEAD_CAP {
                return Err(refuse("its answer has no end".to_owned()));
            }
            head.push(io.read_u8().await.map_err(broken)?);
        }
        match status(&head) {
            Some(200..=299) => Ok(()),
            Some(407) if self.authorization.is_none() => {
                Err(refuse("it asks for credentials (407); put them into the proxy's URL".to_owned()))
            }
            Some(407) => Err(refuse("it refuses the credentials (407)".to_owned())),
            Some(code @ 502..=504) => Err(refuse(format!("it cannot reach the server ({code})"))),
            Some(code) => Err(refuse(format!("it refuses to connect ({code})"))),
            None => Err(refuse("its answer is no HTTP".to_owned())),
        }
    }
}

/// The status of an answer.
fn status(head: &[u8]) -> Option<u16> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next()?.parse().ok()
}

fn host_and_port(target: &Target) -> String {
    let (host, port) = (target.host(), target.port());
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            out.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            out.push(byte);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Result<Proxies, ProxyError> {
        Proxies::from_variables(|name| {
            variables.iter().find(|(one, _)| *one == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn through(no_proxy: &str, host: &str) -> bool {
        let proxies = proxies(&[("https_proxy", "http://proxy:3128"), ("NO_PROXY", no_proxy)]).unwrap();
        proxies.for_host(host).is_some()
    }

    #[test]
    fn the_usual_variables_in_their_order() {
        let shown = |variables: &[(&str, &str)]| {
            proxies(variables).unwrap().for_host("fin-a").map(|proxy| proxy.target().to_string())
        };
        assert_eq!(shown(&[]), None);
        assert_eq!(shown(&[("HTTPS_PROXY", "")]), None);
        assert_eq!(
            shown(&[("HTTPS_PROXY", "http://big:1"), ("https_proxy", "http://small:2/")]),
            Some("tcp://small:2".into())
        );
        assert_eq!(shown(&[("ALL_PROXY", "proxy.lab.example")]), Some("tcp://proxy.lab.example:80".into()));
        assert_eq!(shown(&[("HTTPS_PROXY", "http://[::1]:3128")]), Some("tcp://[::1]:3128".into()));
    }

    #[test]
    fn hosts_that_are_reached_directly() {
        assert!(through("", "fin-a.lab.example"));
        assert!(!through("*", "fin-a.lab.example"));
        assert!(!through("other.example, lab.example", "fin-a.lab.example"));
        assert!(!through(".lab.example", "FIN-A.lab.example"));
        assert!(!through("*.lab.example", "fin-a.lab.example"));
        assert!(through("ab.example", "fin-a.lab.example"), "a part of a label is no domain");
        assert!(!through("10.1.2.3", "10.1.2.3"));
        assert!(!through("10.0.0.0/8", "10.200.0.1"));
        assert!(through("10.0.0.0/8", "11.0.0.1"));
        assert!(!through("0.0.0.0/0", "11.0.0.1"));
        assert!(!through("fd00::/8", "fdab::1"));
        assert!(through("10.0.0.0/8", "fin-10.example"));
    }

    #[test]
    fn credentials_are_shown_nowhere() {
        let given = [("HTTPS_PROXY", "http://mlindqvist:hunter%402@proxy:3128")];
        let proxies = proxies(&given).unwrap();
        let proxy = proxies.for_host("fin-a").unwrap();
        let expected = STANDARD.encode("mlindqvist:hunter@2");
        assert_eq!(proxy.authorization.as_ref().unwrap().expose_secret(), expected);
        for text in [format!("{proxies:?}"), proxy.to_string()] {
            assert!(
                !text.contains("hunter") && !text.contains("mlindqvist") && !text.contains(&expected),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_proxy_is_named_by_its_variable_only() {
        for url in [
            "https://user:pw@proxy:3128",
            "socks5://proxy",
            "http://",
            "http://proxy:99999",
            "http://u%zz@proxy",
        ] {
            let error = proxies(&[("HTTPS_PROXY", url)]).unwrap_err().to_string();
            assert!(error.contains("HTTPS_PROXY") && !error.contains("pw"), "{error}");
        }
    }
}
