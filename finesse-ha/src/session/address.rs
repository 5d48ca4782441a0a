//! Where a side is.

use std::borrow::Cow;
use std::fmt;

use finesse_model::{Node, Scalar, SystemInfo};

/// The REST base of one side, and where its notifications are if SystemInfo or the default port is not right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideAddress {
    /// The REST base: `https://fin-a.lab.example:8445`.
    pub rest: String,
    /// `host:port` for direct XMPP, a URL for BOSH (`https`) or WebSocket (`wss`).
    pub notifications: Option<String>,
}

impl SideAddress {
    /// A side at a REST base.
    #[must_use]
    pub fn new(rest: impl Into<String>) -> Self {
        Self { rest: rest.into(), notifications: None }
    }

    /// Names the address of the notifications.
    #[must_use]
    pub fn with_notifications(mut self, address: impl Into<String>) -> Self {
        self.notifications = Some(address.into());
        self
    }

    /// The host of the REST base, without port; empty if the base is not a URL.
    #[must_use]
    pub fn host(&self) -> &str {
        match split_host_port(self.authority()) {
            Some((host, _)) => host,
            None => self.authority(),
        }
    }

    /// The port of the REST base; 443 where it names none.
    #[must_use]
    pub fn port(&self) -> u16 {
        split_host_port(self.authority()).map_or(443, |(_, port)| port)
    }

    fn authority(&self) -> &str {
        let rest = self.rest.split_once("://").map_or(self.rest.as_str(), |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or("")
    }
}

impl From<&str> for SideAddress {
    fn from(rest: &str) -> Self {
        Self::new(rest)
    }
}

impl From<String> for SideAddress {
    fn from(rest: String) -> Self {
        Self::new(rest)
    }
}

impl fmt::Display for SideAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rest)
    }
}

/// A host as it stands before a port: an IPv6 address gets the brackets that [`split_host_port`] takes away.
pub(super) fn bracketed(host: &str) -> Cow<'_, str> {
    if host.contains(':') { Cow::Owned(format!("[{host}]")) } else { Cow::Borrowed(host) }
}

/// Splits `host:port`; a bracketed IPv6 host loses its brackets.
pub(crate) fn split_host_port(text: &str) -> Option<(&str, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if host.is_empty() {
        return None;
    }
    port.parse().ok().map(|port| (host, port))
}

/// The node of SystemInfo that is this side, by host name and, where SystemInfo has it, port: two nodes on one host (a simulator) differ by their
/// ports only.
pub(crate) fn node_of<'a>(own: &SideAddress, info: &'a SystemInfo) -> Option<&'a Node> {
    nodes(info).find(|node| is_node(own, node))
}

/// The other node that SystemInfo of `own` names, as the address of the second side: `None` on a single-node system, and where neither node is
/// the one that was asked. Then the name we used is an alias, and nothing tells which node is the other.
///
/// Ports come from SystemInfo when it has them (12.6(2) and later), else the port of `own` is taken for REST.
#[must_use]
pub fn alternate(own: &SideAddress, info: &SystemInfo) -> Option<SideAddress> {
    node_of(own, info)?;
    let other = nodes(info)
        .find(|node| !is_node(own, node) && node.host.as_deref().is_some_and(|host| !host.is_empty()))?;
    let host = other.host.as_deref()?;
    let port = https_port(other).unwrap_or(own.port());
    Some(SideAddress::new(format!("https://{}:{port}", bracketed(host))))
}

pub(super) fn nodes(info: &SystemInfo) -> impl Iterator<Item = &Node> {
    [info.primary_node.as_ref(), info.secondary_node.as_ref()].into_iter().flatten()
}

fn is_node(own: &SideAddress, node: &Node) -> bool {
    node.host.as_deref().is_some_and(|host| host.eq_ignore_ascii_case(own.host()))
        && https_port(node).is_none_or(|port| port == own.port())
}

fn https_port(node: &Node) -> Option<u16> {
    port(node.https_port.as_ref())
}

/// A port that SystemInfo names, if it is one.
pub(super) fn port(named: Option<&Scalar<i64>>) -> Option<u16> {
    match named? {
        Scalar::Value(port) => u16::try_from(*port).ok(),
        Scalar::Text(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(primary: (&str, i64), secondary: Option<(&str, i64)>) -> SystemInfo {
        let node = |(host, port): (&str, i64)| format!("<host>{host}</host><httpsPort>{port}</httpsPort>");
        let secondary = secondary
            .map_or(String::new(), |node_| format!("<secondaryNode>{}</secondaryNode>", node(node_)));
        SystemInfo::from_xml(&format!(
            "<SystemInfo><primaryNode>{}</primaryNode>{secondary}</SystemInfo>",
            node(primary)
        ))
        .unwrap()
    }

    #[test]
    fn the_other_node_is_the_one_that_was_not_asked() {
        let own = SideAddress::new("https://fin-b.lab.example:8445");
        let info = info(("fin-a.lab.example", 8445), Some(("fin-b.lab.example", 8445)));
        assert_eq!(alternate(&own, &info), Some(SideAddress::new("https://fin-a.lab.example:8445")));
    }

    #[test]
    fn two_nodes_on_one_host_differ_by_port() {
        let own = SideAddress::new("https://127.0.0.1:9001");
        let info = info(("127.0.0.1", 9001), Some(("127.0.0.1", 9002)));
        assert_eq!(alternate(&own, &info), Some(SideAddress::new("https://127.0.0.1:9002")));
    }

    #[test]
    fn each_of_two_nodes_on_one_host_is_found_by_its_port() {
        let info = info(("127.0.0.1", 9001), Some(("127.0.0.1", 9002)));
        for port in [9001, 9002] {
            let own = SideAddress::new(format!("https://127.0.0.1:{port}"));
            assert_eq!(node_of(&own, &info).and_then(https_port), Some(port));
        }
    }

    #[test]
    fn a_single_node_or_an_alias_has_no_known_alternate() {
        let own = SideAddress::new("https://fin-a.lab.example:8445");
        assert_eq!(alternate(&own, &info(("fin-a.lab.example", 8445), None)), None);
        let alias = SideAddress::new("https://desktop.lab.example:8445");
        assert_eq!(
            alternate(&alias, &info(("fin-a.lab.example", 8445), Some(("fin-b.lab.example", 8445)))),
            None
        );
    }
}
