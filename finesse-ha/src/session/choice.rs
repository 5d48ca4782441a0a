//! Which notification transports may serve a side, in which order, and what a failed try means. Pure: it dials nothing.
//!
//! A place fails by refusing the connection, or by taking it and never opening a stream: a front that upgrades to WebSocket and has no service
//! behind it. What happens on a stream that was opened is no failure of the place.
//!
//! What decides without being told: a side whose SystemInfo names its ports is of release 12.6(2) or later. There WebSocket on the HTTPS port is
//! the desktop's own channel, while BOSH and port 7443 are deprecated. An older side is asked by direct XMPP, which every release since 10 has,
//! then on port 7443. What worked is remembered by the shell and tried first the next time.

use std::fmt;

use finesse_model::{Node, Scalar, SystemInfo};
use finesse_notify::EndCause;

use super::address::{SideAddress, node_of, nodes, split_host_port};
use super::transport::Transport;

/// Direct XMPP over TLS, where SystemInfo names no port.
const XMPP_SECURE_PORT: u16 = 5223;
/// BOSH, and WebSocket on older releases.
const WEB_PORT: u16 = 7443;

/// Where a transport may be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Tcp { host: String, port: u16 },
    WebSocket(String),
    Bosh(String),
}

impl Place {
    pub(super) fn transport(&self) -> Transport {
        match self {
            Self::Tcp { .. } => Transport::Tcp,
            Self::WebSocket(_) => Transport::WebSocket,
            Self::Bosh(_) => Transport::Bosh,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tls://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tls://{host}:{port}"),
            Self::WebSocket(url) | Self::Bosh(url) => f.write_str(url),
        }
    }
}

/// A place worth a try, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) place: Place,
    pub(super) reason: &'static str,
}

/// The places to try for a side, best first; never none.
///
/// # Errors
///
/// The address that was given for the notifications cannot be one, in words.
pub(super) fn candidates(
    transport: Transport,
    side: &SideAddress,
    info: &SystemInfo,
) -> Result<Vec<Candidate>, String> {
    if let Some(address) = &side.notifications {
        return given(transport, address)
            .map(|place| vec![Candidate { place, reason: "its address was given" }]);
    }
    let node = node_of(side, info);
    let host = side.host().to_owned();
    let bracketed = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let tcp = Place::Tcp { host, port: node.and_then(secure_port).unwrap_or(XMPP_SECURE_PORT) };
    let current = Place::WebSocket(format!("wss://{bracketed}:{}/ws", side.port()));
    let older = Place::WebSocket(format!("wss://{bracketed}:{WEB_PORT}/ws/"));
    let bosh = Place::Bosh(format!("https://{bracketed}:{WEB_PORT}/http-bind/"));
    // Under an alias no node is this one; any that names its ports tells the release.
    let names_ports = nodes(info).any(|node| secure_port(node).is_some());
    let recent = "SystemInfo names the ports, so this is 12.6(2) or later";
    let before = "SystemInfo names no ports, so this is older than 12.6(2)";
    let fallback = "what comes before it is not there";
    let order = |places: Vec<Place>, first: &'static str| {
        let reasons = std::iter::once(first).chain(std::iter::repeat(fallback));
        places.into_iter().zip(reasons).map(|(place, reason)| Candidate { place, reason }).collect()
    };
    Ok(match (transport, names_ports) {
        (Transport::Tcp, _) => order(vec![tcp], "it was asked for"),
        (Transport::Bosh, _) => order(vec![bosh], "it was asked for"),
        (Transport::WebSocket, true) => order(vec![current, older], "it was asked for"),
        (Transport::WebSocket, false) => order(vec![older, current], "it was asked for"),
        (Transport::Auto, true) => order(vec![current, tcp, older, bosh], recent),
        (Transport::Auto, false) => order(vec![tcp, older, current, bosh], before),
    })
}

/// What an address that was given means: a URL by its scheme, anything else `host:port`.
fn given(transport: Transport, address: &str) -> Result<Place, String> {
    let place = match address.split_once("://") {
        Some(("wss", _)) => Place::WebSocket(address.to_owned()),
        Some(("https", _)) => Place::Bosh(address.to_owned()),
        Some(_) => {
            return Err(format!(
                "the notification address \"{address}\" begins neither with https:// (bosh) nor with wss:// (websocket)"
            ));
        }
        None => match split_host_port(address) {
            Some((host, port)) => Place::Tcp { host: host.to_owned(), port },
            None => {
                return Err(format!("the notification address \"{address}\" is neither host:port nor a URL"));
            }
        },
    };
    if transport == Transport::Auto || transport == place.transport() {
        return Ok(place);
    }
    Err(format!("the notification address \"{address}\" is for {}, not for {transport}", place.transport()))
}

fn secure_port(node: &Node) -> Option<u16> {
    match node.xmpp_secure_port.as_ref()? {
        Scalar::Value(port) => u16::try_from(*port).ok(),
        Scalar::Text(_) => None,
    }
}

/// What to do after a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// The next candidate.
    Next,
    /// No other place can help.
    Stop,
}

/// One search for a place that serves.
#[derive(Debug)]
pub(super) struct Search {
    candidates: Vec<Candidate>,
    at: usize,
    /// The first one served the last time.
    remembered: bool,
    failures: Vec<(EndCause, String)>,
}

impl Search {
    /// `remembered` is the place that served the last time; it is tried first if it is still among the candidates.
    pub(super) fn new(mut candidates: Vec<Candidate>, remembered: Option<&Place>) -> Self {
        let known = remembered.and_then(|place| candidates.iter().position(|one| one.place == *place));
        if let Some(index) = known {
            candidates[..=index].rotate_right(1);
        }
        Self { candidates, at: 0, remembered: known.is_some(), failures: Vec::new() }
    }

    /// The place to try now.
    pub(super) fn current(&self) -> Option<&Candidate> {
        self.candidates.get(self.at)
    }

    /// The current place did not serve, for this reason.
    pub(super) fn failed(&mut self, cause: EndCause, words: String) -> Then {
        self.failures.push((cause, words));
        let first = self.at == 0;
        self.at += 1;
        let stop = match cause {
            // These are about the server or about us, whatever the port: certificates and rules do not change with it.
            EndCause::Tls | EndCause::Conflict | EndCause::Auth | EndCause::Policy | EndCause::Dns => true,
            // What served before and does not answer now says that the host is gone, and no other port can tell more. A port
            // that never served may be held up by a firewall.
            EndCause::Timeout | EndCause::Silent => first && self.remembered,
            _ => false,
        };
        if stop || self.current().is_none() { Then::Stop } else { Then::Next }
    }

    /// Which failure tells most about the side: the first one that is not merely "something else answers there".
    pub(super) fn telling(&self) -> Option<usize> {
        let about_the_side = |(cause, _): &(EndCause, String)| *cause != EndCause::Protocol;
        // The last one ended the search, if it was not merely the last of all.
        let ended = self.failures.last().filter(|(cause, _)| cause.is_final() || *cause == EndCause::Tls);
        if ended.is_some() {
            return self.failures.len().checked_sub(1);
        }
        self.failures.iter().position(about_the_side).or(if self.failures.is_empty() {
            None
        } else {
            Some(0)
        })
    }

    /// Why the current place is the one in use.
    pub(super) fn reason(&self) -> String {
        let Some(current) = self.current() else { return String::new() };
        if self.at == 0 {
            let before = if self.remembered { "it worked before; " } else { "" };
            return format!("{before}{}", current.reason);
        }
        let tried: Vec<String> = self
            .candidates
            .iter()
            .zip(&self.failures)
            .map(|(candidate, (cause, _))| {
                format!("{} at {}: {cause}", candidate.place.transport(), candidate.place)
            })
            .collect();
        format!("tried before it: {}", tried.join(", "))
    }

    /// What the others said, for the message when nothing serves.
    pub(super) fn others(&self, telling: usize) -> Vec<&str> {
        self.failures
            .iter()
            .enumerate()
            .filter(|(n, _)| *n != telling)
            .map(|(_, (_, words))| words.as_str())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(ports: bool) -> SystemInfo {
        let ports =
            if ports { "<httpsPort>8445</httpsPort><xmppSecurePort>5333</xmppSecurePort>" } else { "" };
        SystemInfo::from_xml(&format!(
            "<SystemInfo><primaryNode><host>fin-a.lab.example</host>{ports}</primaryNode></SystemInfo>"
        ))
        .unwrap()
    }

    fn side() -> SideAddress {
        SideAddress::new("https://fin-a.lab.example:8445")
    }

    fn places(transport: Transport, side: &SideAddress, ports: bool) -> Vec<String> {
        candidates(transport, side, &info(ports)).unwrap().iter().map(|one| one.place.to_string()).collect()
    }

    const CURRENT: &str = "wss://fin-a.lab.example:8445/ws";
    const OLDER: &str = "wss://fin-a.lab.example:7443/ws/";
    const BOSH: &str = "https://fin-a.lab.example:7443/http-bind/";

    #[test]
    fn ports_in_system_info_mean_websocket_on_the_https_port_first() {
        assert_eq!(
            places(Transport::Auto, &side(), true),
            [CURRENT, "tls://fin-a.lab.example:5333", OLDER, BOSH]
        );
        let alias = SideAddress::new("https://desktop.lab.example:8445");
        assert_eq!(places(Transport::Auto, &alias, true)[0], "wss://desktop.lab.example:8445/ws");
    }

    #[test]
    fn without_ports_direct_xmpp_is_first() {
        assert_eq!(
            places(Transport::Auto, &side(), false),
            ["tls://fin-a.lab.example:5223", OLDER, CURRENT, BOSH]
        );
    }

    #[test]
    fn a_transport_asked_for_is_not_exchanged_for_another() {
        assert_eq!(places(Transport::Tcp, &side(), true), ["tls://fin-a.lab.example:5333"]);
        assert_eq!(places(Transport::Bosh, &side(), true), [BOSH]);
        assert_eq!(places(Transport::WebSocket, &side(), true), [CURRENT, OLDER]);
        assert_eq!(places(Transport::WebSocket, &side(), false), [OLDER, CURRENT]);
    }

    #[test]
    fn an_address_that_was_given_decides_the_transport_or_contradicts_it() {
        let at = |address: &str| side().with_notifications(address);
        for (address, transport) in [
            ("fin-a:5223", Transport::Tcp),
            ("https://fin-a:7443/http-bind/", Transport::Bosh),
            ("wss://fin-a:8445/ws", Transport::WebSocket),
        ] {
            let found = candidates(Transport::Auto, &at(address), &info(true)).unwrap();
            assert_eq!((found.len(), found[0].place.transport()), (1, transport));
            for other in [Transport::Tcp, Transport::Bosh, Transport::WebSocket] {
                assert_eq!(candidates(other, &at(address), &info(true)).is_ok(), other == transport);
            }
        }
        assert!(candidates(Transport::Auto, &at("http://fin-a:7071/http-bind/"), &info(true)).is_err());
        assert!(candidates(Transport::Auto, &at("nonsense"), &info(true)).is_err());
    }

    fn search(remembered: Option<&str>) -> Search {
        let all = candidates(Transport::Auto, &side(), &info(true)).unwrap();
        let place = remembered
            .map(|text| all.iter().find(|one| one.place.to_string() == text).unwrap().place.clone());
        Search::new(all, place.as_ref())
    }

    fn now(search: &Search) -> String {
        search.current().unwrap().place.to_string()
    }

    #[test]
    fn a_refusal_leads_to_the_next_and_what_worked_is_tried_first() {
        let mut first = search(None);
        assert_eq!(now(&first), CURRENT);
        assert!(first.reason().contains("12.6(2)"));
        assert_eq!(first.failed(EndCause::Protocol, "404".into()), Then::Next);
        assert_eq!(now(&first), "tls://fin-a.lab.example:5333");
        assert_eq!(first.failed(EndCause::Refused, "refused".into()), Then::Next);
        assert_eq!(
            first.reason(),
            format!(
                "tried before it: websocket at {CURRENT}: protocol, tcp at tls://fin-a.lab.example:5333: refused"
            )
        );
        let again = search(Some(OLDER));
        assert_eq!(now(&again), OLDER);
        assert!(again.reason().starts_with("it worked before"));
    }

    #[test]
    fn what_no_other_port_can_mend_ends_the_search() {
        for cause in [EndCause::Tls, EndCause::Auth, EndCause::Policy, EndCause::Conflict, EndCause::Dns] {
            assert_eq!(search(None).failed(cause, String::new()), Then::Stop, "{cause}");
        }
        assert_eq!(search(None).failed(EndCause::Timeout, String::new()), Then::Next, "a firewall, perhaps");
        assert_eq!(
            search(Some(BOSH)).failed(EndCause::Timeout, String::new()),
            Then::Stop,
            "the host is gone"
        );
        assert_eq!(search(Some(BOSH)).failed(EndCause::Refused, String::new()), Then::Next);
    }

    #[test]
    fn the_failure_that_is_told_is_about_the_side() {
        let mut search = search(None);
        for cause in [EndCause::Protocol, EndCause::Refused, EndCause::Protocol] {
            assert_eq!(search.failed(cause, cause.to_string()), Then::Next);
        }
        assert_eq!(search.failed(EndCause::Network, "network".into()), Then::Stop);
        assert_eq!(search.telling(), Some(1));
        assert_eq!(search.others(1), ["protocol", "protocol", "network"]);
    }
}
