//! Streams of XMPP users: log-in, bind, presence, and their end.
//!
//! | Phase | Element | Becomes |
//! |---|---|---|
//! | fresh, not encrypted | `starttls`, if offered | fresh; the front end encrypts, the client begins a new stream |
//! | fresh | `auth` PLAIN, right | authenticated; the client restarts the stream |
//! | fresh | `auth`, wrong | fresh; after three times the stream ends |
//! | authenticated | iq with `bind` | bound |
//! | bound | presence | available: a target for events, and the user is present |
//! | bound | iq, message | answered, see [`super::pubsub`] |

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::auth::Claim;
use super::xml::Elem;
use super::{Output, Publication, SimCore, StreamEnd, Task, Transport};
use crate::profile::{ConflictPolicy, PlainPort};
use crate::{LogKind, Side};

const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
const BIND: &str = "urn:ietf:params:xml:ns:xmpp-bind";
const TLS: &str = "urn:ietf:params:xml:ns:xmpp-tls";
const STREAMS: &str = "http://etherx.jabber.org/streams";
const SESSION: &str = "urn:ietf:params:xml:ns:xmpp-session";
const STANZAS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";

/// How far a stream has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nobody is logged in.
    Fresh,
    /// Logged in as this user.
    Authenticated(String),
    /// Bound: user and full JID.
    Bound(String, String),
}

/// One stream.
#[derive(Debug)]
pub(super) struct Session {
    /// At which side.
    pub(super) side: Side,
    /// By which transport.
    pub(super) transport: Transport,
    /// How far it has come.
    pub(super) phase: Phase,
    /// Priority of its presence; none while unavailable.
    pub(super) priority: Option<i8>,
    /// Number of its last activity, for routing.
    pub(super) active: u64,
    /// When something last came in.
    last_in: Duration,
    /// Wrong passwords.
    strikes: u32,
    /// Dead without a close: it still counts as present, and nothing reaches it.
    pub(super) dead: bool,
}

impl Session {
    /// The user logged in.
    pub(super) fn user(&self) -> Option<&str> {
        match &self.phase {
            Phase::Fresh => None,
            Phase::Authenticated(user) | Phase::Bound(user, _) => Some(user),
        }
    }

    /// The full JID, once bound.
    pub(super) fn jid(&self) -> Option<&str> {
        match &self.phase {
            Phase::Bound(_, jid) => Some(jid),
            _ => None,
        }
    }

    /// Bound and available as this user.
    pub(super) fn is_available(&self, user: &str) -> bool {
        self.priority.is_some() && self.user() == Some(user)
    }
}

/// The node part of a user's JID: lower case, forbidden characters escaped.
pub(super) fn jid_node(user: &str) -> String {
    let mut out = String::new();
    for c in user.to_lowercase().chars() {
        match c {
            ' ' | '"' | '&' | '\'' | '/' | ':' | '<' | '>' | '@' => {
                out.push_str(&format!("\\{:02x}", c as u32))
            }
            _ => out.push(c),
        }
    }
    out
}

/// What a user name in a log-in stands for: `\40` is an at sign again.
fn unescape_node(name: &str) -> String {
    let mut out = name.to_owned();
    for c in [' ', '"', '&', '\'', '/', ':', '<', '>', '@'] {
        out = out.replace(&format!("\\{:02x}", c as u32), &c.to_string());
    }
    out
}

impl SimCore {
    /// A stream was opened.
    pub(super) fn opened(&mut self, conn: u64, side: Side, transport: Transport) {
        if !self.node(side).notification_up {
            self.out.push(Output::XmppEnd { conn, how: StreamEnd::Reset });
            return;
        }
        let session = Session {
            side,
            transport,
            phase: Phase::Fresh,
            priority: None,
            active: 0,
            last_in: self.now,
            strikes: 0,
            dead: false,
        };
        self.sessions.insert(conn, session);
        self.features(conn);
        let half = self.profile.xmpp_idle_limit / 2;
        self.after(half, Task::Idle { conn, pinged: false });
    }

    /// The client restarted the stream.
    pub(super) fn restarted(&mut self, conn: u64) {
        if self.sessions.get(&conn).is_some_and(|session| !session.dead) {
            self.features(conn);
        }
    }

    fn features(&mut self, conn: u64) {
        let Some(session) = self.sessions.get(&conn) else { return };
        let fresh = session.phase == Phase::Fresh;
        let bare = session.transport == Transport::WebSocket && !self.profile.websocket.prefixed_features;
        let mut features = match bare {
            true => Elem::new("features").attr("xmlns", STREAMS),
            false => Elem::new("stream:features").attr("xmlns:stream", STREAMS),
        };
        let plain = session.transport == Transport::PlainTcp;
        match self.profile.plain_port {
            PlainPort::StartTls if plain => {
                features = features.child(Elem::new("starttls").attr("xmlns", TLS))
            }
            PlainPort::StartTlsRequired if plain => {
                let required = Elem::new("starttls").attr("xmlns", TLS).child(Elem::new("required"));
                return self.send(conn, features.child(required));
            }
            _ => {}
        }
        if fresh {
            let mechanisms = Elem::new("mechanisms").attr("xmlns", SASL);
            let offered = self.profile.sasl_mechanisms.iter();
            features = features.child(offered.fold(mechanisms, |list, name| list.leaf("mechanism", name)));
        }
        if !fresh || session.transport == Transport::Bosh {
            // Over BOSH these are offered before the log-in already.
            let optional = Elem::new("session").attr("xmlns", SESSION).child(Elem::new("optional"));
            features = features.child(Elem::new("bind").attr("xmlns", BIND)).child(optional);
        }
        features = features.child(Elem::new("ver").attr("xmlns", "urn:xmpp:features:rosterver"));
        self.send(conn, features);
    }

    /// Sends one element, if the stream is alive.
    pub(super) fn send(&mut self, conn: u64, elem: Elem) {
        let Some(session) = self.sessions.get(&conn).filter(|session| !session.dead) else { return };
        let stanza = matches!(elem.name.as_str(), "iq" | "message" | "presence");
        // On TCP the stream's header declares the namespace; elsewhere each stanza does.
        let elem = if stanza && !session.transport.declares_namespace() {
            elem.attr("xmlns", "jabber:client")
        } else {
            elem
        };
        self.out.push(Output::XmppSend { conn, xml: elem.compact() });
    }

    /// One element has come in.
    pub(super) fn stanza(&mut self, conn: u64, xml: &str) {
        let (number, now) = (self.number(), self.now);
        let Some(session) = self.sessions.get_mut(&conn).filter(|session| !session.dead) else { return };
        session.last_in = now;
        session.active = number;
        let phase = session.phase.clone();
        let Ok(elem) = Elem::parse(xml) else {
            return self.end(conn, StreamEnd::StreamError("not-well-formed".to_owned()));
        };
        match (elem.name.as_str(), phase) {
            ("auth", Phase::Fresh) => self.auth(conn, &elem),
            ("iq", Phase::Authenticated(user)) if elem.find("bind").is_some() => {
                self.bind(conn, &user, &elem)
            }
            ("iq", Phase::Bound(user, jid)) => self.iq(conn, &user, &jid, &elem),
            ("presence", Phase::Bound(user, jid)) => self.presence(conn, &user, &jid, &elem),
            // What users send to each other does not matter here.
            ("message", Phase::Bound(..)) => {}
            ("starttls", Phase::Fresh) if self.offers_tls(conn) => self.secure(conn),
            ("starttls" | "compress", _) => {
                self.end(conn, StreamEnd::StreamError("unsupported-stanza-type".to_owned()))
            }
            _ => self.end(conn, StreamEnd::StreamError("not-authorized".to_owned())),
        }
    }

    fn offers_tls(&self, conn: u64) -> bool {
        self.sessions.get(&conn).is_some_and(|session| session.transport == Transport::PlainTcp)
            && matches!(self.profile.plain_port, PlainPort::StartTls | PlainPort::StartTlsRequired)
    }

    fn secure(&mut self, conn: u64) {
        self.send(conn, Elem::new("proceed").attr("xmlns", TLS));
        if let Some(session) = self.sessions.get_mut(&conn) {
            session.transport = Transport::Tcp;
        }
        self.out.push(Output::XmppSecure { conn });
    }

    fn auth(&mut self, conn: u64, elem: &Elem) {
        let Some(session) = self.sessions.get(&conn) else { return };
        let side = session.side;
        let failure = |condition: &str| Elem::new("failure").attr("xmlns", SASL).child(Elem::new(condition));
        if self.offers_tls(conn) && self.profile.plain_port == PlainPort::StartTlsRequired {
            return self.send(conn, failure("encryption-required"));
        }
        let mechanism = elem.at("mechanism").unwrap_or_default();
        if !self.profile.sasl_mechanisms.iter().any(|offered| offered == mechanism) {
            return self.send(conn, failure("invalid-mechanism"));
        }
        let plain = mechanism == "PLAIN";
        let payload = STANDARD.decode(elem.text.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        // The other mechanisms need a stored password, which a server that asks another one does not have.
        let user = payload.filter(|_| plain).and_then(|payload| {
            // Empty parts are ignored, so an empty password looks like a missing one.
            let parts: Vec<&str> = payload.split('\0').filter(|part| !part.is_empty()).collect();
            let ([name, secret] | [_, name, secret]) = parts[..] else { return None };
            let domain = format!("@{}", self.node(side).domain());
            let name = unescape_node(name.strip_suffix(&domain).unwrap_or(name));
            self.authenticate(side, &Claim::new(&name, secret), "xmpp")
        });
        let limit = self.profile.xmpp_strikes;
        let Some(session) = self.sessions.get_mut(&conn) else { return };
        match user {
            Some(user) => {
                session.phase = Phase::Authenticated(user);
                self.send(conn, Elem::new("success").attr("xmlns", SASL));
            }
            None => {
                session.strikes += 1;
                let last = session.strikes >= limit;
                self.send(conn, failure("not-authorized"));
                if last {
                    self.end(conn, StreamEnd::Clean);
                }
            }
        }
    }

    fn bind(&mut self, conn: u64, user: &str, iq: &Elem) {
        let Some(side) = self.sessions.get(&conn).map(|session| session.side) else { return };
        let wanted = iq.find("bind").and_then(|bind| bind.get("resource")).filter(|text| !text.is_empty());
        let resource = match wanted {
            Some(wanted) => wanted.to_owned(),
            None => super::publish::random_text(&mut self.rng, 10),
        };
        let jid = format!("{}@{}/{resource}", jid_node(user), self.node(side).domain());
        let old = self.sessions.iter().find(|(_, one)| one.side == side && one.jid() == Some(&jid));
        if let Some(old) = old.map(|(old, _)| *old) {
            if self.profile.conflict == ConflictPolicy::RefuseNew {
                let error = Elem::new("error")
                    .attr("code", "409")
                    .attr("type", "cancel")
                    .child(Elem::new("conflict").attr("xmlns", STANZAS));
                let id = iq.at("id").unwrap_or_default();
                return self.send(conn, Elem::new("iq").attr("type", "error").attr("id", id).child(error));
            }
            self.end(old, StreamEnd::StreamError("conflict".to_owned()));
        }
        if let Some(session) = self.sessions.get_mut(&conn) {
            session.phase = Phase::Bound(user.to_owned(), jid.clone());
        }
        self.note(side, LogKind::Bound { user: user.to_owned(), jid: jid.clone() });
        let bind = Elem::new("bind").attr("xmlns", BIND).leaf("jid", jid);
        let id = iq.at("id").unwrap_or_default();
        self.send(conn, Elem::new("iq").attr("type", "result").attr("id", id).child(bind));
    }

    fn presence(&mut self, conn: u64, user: &str, jid: &str, elem: &Elem) {
        let Some(session) = self.sessions.get_mut(&conn) else { return };
        let side = session.side;
        match elem.at("type") {
            None if elem.at("to").is_none() => {
                let first = session.priority.is_none();
                let priority = elem.get("priority").and_then(|text| text.parse().ok()).unwrap_or(0);
                session.priority = Some(priority);
                self.echo(side, user, jid, false);
                if first {
                    self.user_back(side, user);
                    if self.profile.finesse_presence && self.node(side).finesse_available {
                        self.send_finesse(conn, true);
                    }
                    if priority >= 0 {
                        self.flush_offline(conn, side, user);
                    }
                }
            }
            Some("unavailable") if elem.at("to").is_none() && session.priority.take().is_some() => {
                self.echo(side, user, jid, true);
                self.user_gone(side, user);
            }
            // Subscriptions and directed presence between users do not matter here.
            _ => {}
        }
    }

    /// Tells every available stream of a user about the presence of one of them.
    fn echo(&mut self, side: Side, user: &str, from: &str, unavailable: bool) {
        let targets: Vec<(u64, String)> = self
            .sessions
            .iter()
            .filter(|(_, one)| one.side == side && one.is_available(user))
            .filter_map(|(conn, one)| Some((*conn, one.jid()?.to_owned())))
            .collect();
        for (conn, to) in targets {
            let mut presence = Elem::new("presence").attr("from", from).attr("to", to);
            if unavailable {
                presence = presence.attr("type", "unavailable");
            }
            self.send(conn, presence);
        }
    }

    fn send_finesse(&mut self, conn: u64, available: bool) {
        let Some(session) = self.sessions.get(&conn) else { return };
        let (Some(to), side) = (session.jid(), session.side) else { return };
        let from = format!("finesse@{}/{}", self.node(side).domain(), self.profile.finesse_resource);
        let mut presence = Elem::new("presence").attr("from", from).attr("to", to);
        if !available {
            presence = presence.attr("type", "unavailable");
        }
        self.send(conn, presence);
    }

    /// The presence of the user `finesse` changes.
    pub(super) fn set_finesse(&mut self, side: Side, available: bool) {
        if std::mem::replace(&mut self.node_mut(side).finesse_available, available) == available
            || !self.profile.finesse_presence
        {
            return;
        }
        self.out.push(Output::Published { side, publication: Publication::Presence { available } });
        if self.node(side).notification_up {
            let all: Vec<u64> = self
                .sessions
                .iter()
                .filter(|(_, one)| one.side == side && one.priority.is_some())
                .map(|(conn, _)| *conn)
                .collect();
            for conn in all {
                self.send_finesse(conn, available);
            }
        }
    }

    /// The stream was ended by the client or its network.
    pub(super) fn closed(&mut self, conn: u64, clean: bool) {
        // What happens on the client's side of a dead connection is not seen here.
        if self.sessions.get(&conn).is_some_and(|session| !session.dead) {
            self.remove(conn, if clean { "closed by the client" } else { "connection lost" }, true);
        }
    }

    /// Takes a stream away, with what follows for the user's presence.
    fn remove(&mut self, conn: u64, why: &str, absence: bool) {
        let Some(session) = self.sessions.remove(&conn) else { return };
        let (side, user) = (session.side, session.user().map(str::to_owned));
        self.note(side, LogKind::StreamEnded { user: user.clone(), why: why.to_owned() });
        if let (Some(user), true) = (user, session.priority.is_some()) {
            if let Phase::Bound(_, jid) = &session.phase {
                self.echo(side, &user, jid, true);
            }
            if absence {
                self.user_gone(side, &user);
            }
        }
    }

    /// Ends a stream from the server's side.
    pub(super) fn end(&mut self, conn: u64, how: StreamEnd) {
        let Some(session) = self.sessions.get(&conn) else { return };
        let why = match &how {
            StreamEnd::StreamError(condition) => condition.clone(),
            StreamEnd::Clean => "closed by the server".to_owned(),
            StreamEnd::Reset => "reset".to_owned(),
            StreamEnd::Cut(_) => "cut inside of a stanza".to_owned(),
            StreamEnd::Abandon => "abandoned".to_owned(),
        };
        if !session.dead {
            self.out.push(Output::XmppEnd { conn, how });
        }
        self.remove(conn, &why, true);
    }

    fn streams_of(&self, side: Side, user: Option<&str>) -> Vec<u64> {
        let wanted = user.map(|name| self.world.resolve(name).map_or(name, |agent| agent.spec.id.as_str()));
        self.sessions
            .iter()
            .filter(|(_, one)| one.side == side && (wanted.is_none() || one.user() == wanted))
            .map(|(conn, _)| *conn)
            .collect()
    }

    /// Ends the streams of one user or of all.
    pub(super) fn end_streams(&mut self, side: Side, user: Option<&str>, how: &StreamEnd) {
        for conn in self.streams_of(side, user) {
            self.end(conn, how.clone());
        }
    }

    /// Resets the streams of one user or of all in the middle of an event.
    pub(super) fn cut_streams(&mut self, side: Side, user: Option<&str>) {
        for conn in self.streams_of(side, user) {
            let jid =
                self.sessions.get(&conn).and_then(|session| session.jid()).unwrap_or_default().to_owned();
            let head = super::publish::message(self.node(side).domain(), &jid, "cut");
            let event = Elem::new("event").attr("xmlns", "http://jabber.org/protocol/pubsub#event");
            let items =
                Elem::new("items").attr("node", "/finesse/api/SystemInfo").leaf("item", "&".repeat(64));
            self.end(conn, StreamEnd::Cut(head.child(event.child(items)).compact()));
        }
    }

    /// Ends every stream with the service that serves them; nobody may be left to see the absence.
    pub(super) fn end_all(&mut self, side: Side, how: &StreamEnd, absence: bool) {
        for conn in self.streams_of(side, None) {
            let dead = self.sessions.get(&conn).is_some_and(|session| session.dead);
            if !dead {
                self.out.push(Output::XmppEnd { conn, how: how.clone() });
            }
            self.remove(conn, "notification service stopped", absence);
        }
    }

    /// The streams of one user or of all go dead; the server notices later.
    pub(super) fn half_open(&mut self, side: Side, user: Option<&str>) {
        for conn in self.streams_of(side, user) {
            let Some(session) = self.sessions.get_mut(&conn).filter(|session| !session.dead) else {
                continue;
            };
            session.dead = true;
            self.out.push(Output::XmppEnd { conn, how: StreamEnd::Abandon });
            let notice = self.draw(self.profile.dead_client_notice);
            self.after(notice, Task::DeadClient { conn });
        }
    }

    /// The server notices that a client is dead.
    pub(super) fn dead_client(&mut self, conn: u64) {
        self.remove(conn, "dead client noticed", true);
    }

    /// Pings a stream that was silent for half the limit, and closes one that was silent for all of it.
    pub(super) fn idle(&mut self, conn: u64, pinged: bool) {
        let limit = self.profile.xmpp_idle_limit;
        let Some(session) = self.sessions.get(&conn).filter(|session| !session.dead) else { return };
        let silent = self.now.saturating_sub(session.last_in);
        if silent >= limit {
            return self.end(conn, StreamEnd::Reset);
        }
        if silent < limit / 2 {
            let wait = (limit / 2).saturating_sub(silent).max(Duration::from_millis(1));
            return self.after(wait, Task::Idle { conn, pinged: false });
        }
        if !pinged {
            let (side, to) = (session.side, session.jid().unwrap_or_default().to_owned());
            let number = self.number();
            let ping = Elem::new("iq")
                .attr("type", "get")
                .attr("id", format!("{number}-1"))
                .attr("from", self.node(side).domain())
                .attr("to", to)
                .child(Elem::new("ping").attr("xmlns", "urn:xmpp:ping"));
            self.send(conn, ping);
        }
        let wait = limit.saturating_sub(silent).max(Duration::from_millis(1));
        self.after(wait, Task::Idle { conn, pinged: true });
    }
}
