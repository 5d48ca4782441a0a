//! Tests of the core as a whole: a client of the seam that keeps what it was sent.

mod determinism;
mod events;
mod faults;
mod published;
mod rest;
mod rest_calls;
mod rest_configuration;
mod rest_media;
mod rest_people;
mod rest_routes;
mod rest_settings;
mod rest_sso;
mod rest_teams;
mod stream;
mod switches;
mod timelines;

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::xml::Elem;
use super::{Input, NodeAddress, Output, Publication, SimCore, StreamEnd, Transport};
use crate::{AgentSpec, Fault, LogKind, Profile, Side, WorldAction};

pub(super) const PW: &str = "s3cret";

/// A pair with agents 1001 (7301), 1002 (7302) and supervisor 1009 (7309), and everything it said.
pub(super) struct Bench {
    pub(super) core: SimCore,
    pub(super) now: Duration,
    next: u64,
    pub(super) replies: BTreeMap<u64, (u16, String)>,
    /// Headers of the answers.
    pub(super) headers: BTreeMap<u64, http::HeaderMap>,
    pub(super) resets: Vec<u64>,
    /// Time, stream and element.
    pub(super) sent: Vec<(Duration, u64, String)>,
    pub(super) ended: Vec<(Duration, u64, StreamEnd)>,
    pub(super) published: Vec<(Side, Publication)>,
    /// Everything said, as text, for comparisons of runs.
    pub(super) transcript: Vec<String>,
}

pub(super) fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

impl Bench {
    pub(super) fn new(profile: Profile, seed: u64) -> Self {
        let mut core = SimCore::new(profile, seed);
        core.add_agent(AgentSpec::new("1001", PW, "7301"));
        core.add_agent(AgentSpec::new("1002", PW, "7302"));
        core.add_agent(AgentSpec { supervisor: true, ..AgentSpec::new("1009", PW, "7309") });
        Self {
            core,
            now: Duration::ZERO,
            next: 1,
            replies: BTreeMap::new(),
            headers: BTreeMap::new(),
            resets: Vec::new(),
            sent: Vec::new(),
            ended: Vec::new(),
            published: Vec::new(),
            transcript: Vec::new(),
        }
    }

    pub(super) fn ucce() -> Self {
        Self::new(Profile::ucce(), 7)
    }

    fn take(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            self.transcript.push(format!("{:?} {output:?}", self.now));
            match output {
                Output::HttpReply { id, response } => {
                    let body = String::from_utf8(response.body().to_vec()).unwrap();
                    self.headers.insert(id, response.headers().clone());
                    self.replies.insert(id, (response.status().as_u16(), body));
                }
                Output::HttpReset { id } => self.resets.push(id),
                Output::XmppSend { conn, xml } => self.sent.push((self.now, conn, xml)),
                Output::XmppEnd { conn, how } => self.ended.push((self.now, conn, how)),
                Output::Published { side, publication } => self.published.push((side, publication)),
                Output::Listener { .. } | Output::XmppSecure { .. } => {}
            }
        }
    }

    pub(super) fn step(&mut self, input: Input) {
        let outputs = self.core.step(self.now, input);
        self.take(outputs);
    }

    /// Lets time pass up to `until`, waking the core whenever it asks for it.
    pub(super) fn run_to(&mut self, until: Duration) {
        while let Some(due) = self.core.next_deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.step(Input::Tick);
        }
        self.now = self.now.max(until);
    }

    pub(super) fn run_for(&mut self, seconds: f64) {
        self.run_to(self.now + secs(seconds));
    }

    /// A pair with the people of [`AgentSpec::lab`].
    pub(super) fn lab(profile: Profile) -> Self {
        let mut bench = Self::new(profile, 7);
        for agent in AgentSpec::lab(PW).into_iter().filter(|agent| agent.id == "1003") {
            bench.core.add_agent(agent);
        }
        bench
    }

    /// Sends a request below `/finesse/api` as somebody of the lab or as `administrator`, and waits for the answer.
    pub(super) fn rest(&mut self, user: &str, method: &str, path: &str, body: &str) -> (u16, String) {
        let path = if path.starts_with("/desktop") || path.starts_with("/finesse-dp") {
            path.to_owned()
        } else {
            format!("/finesse/api{path}")
        };
        let password = if user == "administrator" { "lighthouse" } else { PW };
        let id = self.send(Side::A, method, &path, Some((user, password)), body);
        self.answer(id)
    }

    /// The same, for a document.
    pub(super) fn read(&mut self, user: &str, path: &str) -> Elem {
        let (status, body) = self.rest(user, "GET", path, "");
        assert_eq!(status, 200, "{path}: {body}");
        Elem::parse(&body).unwrap()
    }

    /// A header of the last answer.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let (_, headers) = self.headers.last_key_value()?;
        Some(headers.get(name)?.to_str().unwrap().to_owned())
    }

    /// The `errorType` and `errorData` of the error events a stream got.
    pub(super) fn errors(&self, conn: u64) -> Vec<(String, String)> {
        let error = |update: &Elem| {
            let error = update.find("data")?.find("apiErrors")?.find("apiError")?.clone();
            Some((error.get("errorType")?.to_owned(), error.get("errorData")?.to_owned()))
        };
        self.updates(conn).iter().filter_map(|(_, _, update)| error(update)).collect()
    }

    pub(super) fn send(
        &mut self,
        side: Side,
        method: &str,
        path: &str,
        user: Option<(&str, &str)>,
        body: &str,
    ) -> u64 {
        self.send_with(side, method, path, user, body, &[])
    }

    pub(super) fn send_with(
        &mut self,
        side: Side,
        method: &str,
        path: &str,
        user: Option<(&str, &str)>,
        body: &str,
        headers: &[(&str, &str)],
    ) -> u64 {
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some((user, password)) = user {
            request = request
                .header("Authorization", format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))));
        }
        let id = self.next;
        self.next += 1;
        if method != "GET" {
            request = request.header("requestId", format!("req-{id}"));
            if !headers.iter().any(|(name, _)| *name == "Content-Type") {
                request = request.header("Content-Type", "application/xml");
            }
        }
        let request = request.body(Bytes::from(body.to_owned())).unwrap();
        self.step(Input::Http { id, side, request });
        id
    }

    /// Sends a request as this user and waits for the answer.
    pub(super) fn ask(
        &mut self,
        side: Side,
        user: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> (u16, String) {
        let id = self.send(side, method, path, Some((user, PW)), body);
        self.answer(id)
    }

    pub(super) fn answer(&mut self, id: u64) -> (u16, String) {
        let limit = self.now + secs(60.0);
        while !self.replies.contains_key(&id) {
            let due =
                self.core.next_deadline().filter(|due| *due <= limit).expect("an answer within a minute");
            self.run_to(due);
        }
        self.replies[&id].clone()
    }

    pub(super) fn get(&mut self, side: Side, path: &str) -> Elem {
        let (status, body) = self.ask(side, "1001", "GET", path, "");
        assert_eq!(status, 200, "{path}: {body}");
        Elem::parse(&body).unwrap()
    }

    pub(super) fn system_info(&mut self, side: Side) -> Elem {
        let id = self.send(side, "GET", "/finesse/api/SystemInfo?nocache=1", None, "");
        let (status, body) = self.answer(id);
        assert_eq!(status, 200);
        Elem::parse(&body).unwrap()
    }

    pub(super) fn status(&mut self, side: Side) -> String {
        self.system_info(side).get("status").unwrap().to_owned()
    }

    pub(super) fn put_state(&mut self, side: Side, user: &str, state: &str) -> u16 {
        let body = format!("<User><state>{state}</state></User>");
        self.ask(side, user, "PUT", &format!("/finesse/api/User/{user}"), &body).0
    }

    /// Signs a user in at a side and sets him ready.
    pub(super) fn ready(&mut self, side: Side, user: &str, extension: &str) {
        let path = format!("/finesse/api/User/{user}");
        let body = format!("<User><state>LOGIN</state><extension>{extension}</extension></User>");
        assert_eq!(self.ask(side, user, "PUT", &path, &body).0, 202);
        self.run_for(1.0);
        assert_eq!(self.put_state(side, user, "READY"), 202);
        self.run_for(1.0);
        assert_eq!(self.core.truth(user).unwrap().state, "READY");
    }

    /// Opens a stream and brings it to initial presence.
    pub(super) fn connect(&mut self, side: Side, user: &str, resource: &str) -> u64 {
        self.connect_by(side, user, resource, Transport::Tcp)
    }

    pub(super) fn connect_by(&mut self, side: Side, user: &str, resource: &str, transport: Transport) -> u64 {
        let conn = self.next;
        self.next += 1;
        self.step(Input::XmppOpened { conn, side, transport });
        self.login(conn, user, PW);
        self.step(Input::XmppRestarted { conn });
        self.xmpp(conn, &format!("<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind></iq>"));
        self.xmpp(conn, "<iq type='set' id='s1'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>");
        self.xmpp(conn, "<presence><priority>0</priority></presence>");
        conn
    }

    pub(super) fn login(&mut self, conn: u64, user: &str, password: &str) {
        let plain = STANDARD.encode(format!("\0{user}\0{password}"));
        self.xmpp(
            conn,
            &format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>"),
        );
    }

    pub(super) fn xmpp(&mut self, conn: u64, xml: &str) {
        self.step(Input::XmppStanza { conn, xml: xml.to_owned() });
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        self.step(Input::Fault(fault));
    }

    pub(super) fn world(&mut self, action: WorldAction) -> String {
        let (reply, outputs) = self.core.world(self.now, action);
        self.take(outputs);
        assert_eq!(reply.refused, None);
        reply.call.unwrap_or_default()
    }

    pub(super) fn call(&mut self, agent: &str) -> String {
        let (agent, from) = (agent.to_owned(), "5550142".to_owned());
        self.world(WorldAction::CallBegin { agent, from, to: None, variables: BTreeMap::new() })
    }

    pub(super) fn sent_to(&self, conn: u64) -> Vec<&str> {
        self.sent.iter().filter(|(_, to, _)| *to == conn).map(|(_, _, xml)| xml.as_str()).collect()
    }

    /// Events a stream got: time, node and `Update`.
    pub(super) fn updates(&self, conn: u64) -> Vec<(Duration, String, Elem)> {
        let mut all = Vec::new();
        for (at, _, xml) in self.sent.iter().filter(|(_, to, _)| *to == conn) {
            let stanza = Elem::parse(xml).unwrap();
            let Some(items) = stanza.find("event").and_then(|event| event.find("items")) else { continue };
            let notification = items.find("item").and_then(|item| item.find("notification")).unwrap();
            let update = match notification.kids.first() {
                Some(kid) => kid.clone(),
                None => Elem::parse(notification.text.trim()).unwrap(),
            };
            all.push((*at, items.at("node").unwrap().to_owned(), update));
        }
        all
    }

    /// Item ids of the events a stream got.
    pub(super) fn items(&self, conn: u64) -> Vec<String> {
        let item = |xml: &str| {
            let stanza = Elem::parse(xml).unwrap();
            let item = stanza.find("event")?.find("items")?.find("item")?;
            item.at("id").map(str::to_owned)
        };
        self.sent_to(conn).into_iter().filter_map(item).collect()
    }

    /// Verb, source and state of the events a stream got.
    pub(super) fn story(&self, conn: u64) -> Vec<String> {
        let state = |data: &Elem| {
            let object = data.kids.first()?;
            let object = if object.name == "dialogs" { object.kids.first()? } else { object };
            object.get("state").or_else(|| object.get("status")).map(str::to_owned)
        };
        self.updates(conn)
            .iter()
            .map(|(_, _, update)| {
                let source = update.get("source").unwrap().trim_start_matches("/finesse/api/").to_owned();
                let state = update.find("data").and_then(state).unwrap_or_default();
                format!("{} {source} {state}", update.get("event").unwrap())
            })
            .collect()
    }

    pub(super) fn logged(&self, wanted: impl Fn(&LogKind) -> bool) -> Vec<Duration> {
        self.core.log().into_iter().filter(|entry| wanted(&entry.kind)).map(|entry| entry.at).collect()
    }

    pub(super) fn fired(&self) -> Vec<Duration> {
        self.logged(|kind| matches!(kind, LogKind::ForcedLogoutFired { .. }))
    }
}

#[test]
fn addresses_are_what_system_info_says() {
    let mut bench = Bench::ucce();
    let address = NodeAddress { host: "localhost".into(), https_port: 1, xmpp_port: 2, xmpp_secure_port: 3 };
    bench.core.set_addresses(Side::B, address.clone());
    assert_eq!(bench.core.addresses(Side::B), address);
    let info = bench.system_info(Side::B);
    assert_eq!(info.get("xmppDomain"), Some("localhost"));
    assert_eq!(info.get("xmppPubSubDomain"), Some("pubsub.localhost"));
    assert_eq!(info.find("secondaryNode").and_then(|node| node.get("xmppSecurePort")), Some("3"));
}
