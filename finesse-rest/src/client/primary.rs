//! Whether this side is the primary node, the only one that takes configuration requests. SystemInfo tells; the other side is never asked.

use finesse_model::{Node, SystemInfo};

use super::Client;
use crate::error::{Error, ErrorKind, Progress};
use crate::outcome::Fault;

/// Which node this side is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Primary,
    /// The primary one is there.
    Secondary(String),
    /// SystemInfo does not tell.
    Unknown,
}

impl Place {
    /// By address and port of the two nodes; where that tells nothing (an address instead of a name, a proxy), by the XMPP domain, which is the
    /// side's own name.
    pub(crate) fn of(info: &SystemInfo, authority: &str) -> Self {
        let Some(primary) = info.primary_node.as_ref().filter(|node| host(node).is_some()) else {
            return Self::Unknown;
        };
        let Some(secondary) = info.secondary_node.as_ref().filter(|node| host(node).is_some()) else {
            // There is no other node.
            return Self::Primary;
        };
        let by_address = (is_at(primary, authority), is_at(secondary, authority));
        let domain = info.xmpp_domain.as_deref().map(str::trim);
        let named =
            |node| host(node).zip(domain).is_some_and(|(host, domain)| host.eq_ignore_ascii_case(domain));
        let (is_primary, is_secondary) = match by_address {
            (true, false) | (false, true) => by_address,
            _ => (named(primary), named(secondary)),
        };
        match (is_primary, is_secondary) {
            (true, false) => Self::Primary,
            (false, true) => Self::Secondary(address(primary)),
            _ => Self::Unknown,
        }
    }
}

fn host(node: &Node) -> Option<&str> {
    node.host.as_deref().map(str::trim).filter(|host| !host.is_empty())
}

fn port(node: &Node) -> Option<i64> {
    node.https_port.as_ref()?.value().copied()
}

fn address(node: &Node) -> String {
    let host = host(node).unwrap_or_default();
    port(node).map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whether the node is at this `host` or `host:port`. A port that either does not tell is not compared.
fn is_at(node: &Node, authority: &str) -> bool {
    let (name, given) = match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, port.parse().ok()),
        _ => (authority, None),
    };
    host(node).is_some_and(|host| host.eq_ignore_ascii_case(name.trim_matches(['[', ']'])))
        && given.zip(port(node)).is_none_or(|(given, port): (i64, i64)| given == port)
}

impl Client {
    /// Which node this side is, by what it says of itself.
    pub(crate) async fn place(&self) -> Result<Place, Error> {
        self.system_info().await.map(|info| Place::of(&info, self.inner.base.authority()))
    }

    /// The same, asked once by each client and its clones: installing another node is done with everything stopped. None where nobody could tell;
    /// then the server's own answer to the request decides.
    pub(super) async fn known_place(&self) -> Option<&Place> {
        self.inner.place.get_or_try_init(|| self.place()).await.ok()
    }

    /// The error for a configuration request on the secondary node.
    pub(crate) fn secondary(&self, operation: &str, primary: String, status: Option<u16>) -> Error {
        let progress = if status.is_some() { Progress::Refused } else { Progress::NotSent };
        let said = status.map(|status| format!("{status}, ")).unwrap_or_default();
        let detail =
            format!("{said}this is the secondary node and takes no configuration; the primary is {primary}");
        let fault = Fault::new(ErrorKind::SecondaryNode, progress, detail);
        self.failed(operation, Fault { primary: Some(primary), status, ..fault })
    }

    /// A configuration request was forbidden: because of the node, or because of who asked.
    pub(super) async fn explain_forbidden(&self, error: Error) -> Error {
        match self.place().await {
            Ok(Place::Secondary(primary)) => self.secondary(error.operation(), primary, error.status()),
            _ => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(xml: &str, authority: &str) -> Place {
        Place::of(&SystemInfo::from_xml(&format!("<SystemInfo>{xml}</SystemInfo>")).unwrap(), authority)
    }

    const NAMES: &str = "<primaryNode><host>fin-a.lab.example</host></primaryNode>\
        <secondaryNode><host>fin-b.lab.example</host></secondaryNode>";
    const PORTS: &str = "<primaryNode><host>127.0.0.1</host><httpsPort>8445</httpsPort></primaryNode>\
        <secondaryNode><host>127.0.0.1</host><httpsPort>9445</httpsPort></secondaryNode>";

    #[test]
    fn the_address_tells_the_node() {
        assert_eq!(place(NAMES, "FIN-A.lab.example:8445"), Place::Primary);
        assert_eq!(place(NAMES, "fin-b.lab.example"), Place::Secondary("fin-a.lab.example".into()));
        assert_eq!(place(PORTS, "127.0.0.1:8445"), Place::Primary);
        assert_eq!(place(PORTS, "127.0.0.1:9445"), Place::Secondary("127.0.0.1:8445".into()));
    }

    #[test]
    fn the_domain_tells_it_where_the_address_does_not() {
        let domain = |name: &str| format!("{NAMES}<xmppDomain>{name}</xmppDomain>");
        assert_eq!(place(&domain("fin-a.lab.example"), "10.0.0.7:8445"), Place::Primary);
        assert!(matches!(place(&domain("fin-b.lab.example"), "10.0.0.8:8445"), Place::Secondary(_)));
        assert_eq!(place(&domain("elsewhere"), "10.0.0.9"), Place::Unknown);
        assert_eq!(place("", "fin-a.lab.example"), Place::Unknown);
    }

    #[test]
    fn one_node_alone_is_the_primary() {
        let alone = "<primaryNode><host>fin-a.lab.example</host></primaryNode>";
        assert_eq!(place(alone, "10.0.0.7"), Place::Primary);
    }
}
