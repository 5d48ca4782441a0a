//! BOSH as Openfire does it: XMPP over long polling.
//!
//! [`Bosh`] is a pure state machine over request bodies; [`exchange`] carries them. Facts follow what is known of Openfire 4.x: `ack` of the
//! creation equals its own rid; a window of two; the last three answers are kept and given again for a repeated rid; a second request
//! releases the older one; an unknown sid is HTTP 404; a session without a held request ends after `inactivity`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use quick_xml::events::Event;
use tokio::sync::oneshot;

use super::framer::{Framer, Piece};
use crate::Side;
use crate::core::{Input, StreamEnd, Transport};
use crate::handle::{HttpFault, Outgoing, Shared};
use crate::profile::BoshService;

const BODY: &str = "http://jabber.org/protocol/httpbind";
/// How many requests a client may have open.
const REQUESTS: u64 = 2;
/// How many answers are kept for repetition.
const KEPT: usize = 3;
/// The longest that a request is held, whatever the client asks for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Bodies of clients are small.
const BODY_CAP: usize = 1024 * 1024;

/// The answer to one HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Body(String),
    Status(u16, &'static str),
}

/// What one request asks for, once read.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Request {
    rid: u64,
    sid: Option<String>,
    wait: Option<u64>,
    hold: Option<u64>,
    /// Speaks 1.6 or later, and so understands `terminate` with a condition.
    modern: bool,
    restart: bool,
    terminate: bool,
    stanzas: Vec<String>,
}

struct Held {
    rid: u64,
    since: Duration,
    answer: oneshot::Sender<Answer>,
}

struct Session {
    conn: u64,
    /// The highest rid that was handled.
    last: u64,
    wait: Duration,
    hold: u64,
    held: VecDeque<Held>,
    /// Requests that came before their turn.
    early: BTreeMap<u64, (Request, oneshot::Sender<Answer>)>,
    /// What was overtaken, where requests are handled as they come.
    missing: BTreeSet<u64>,
    kept: VecDeque<(u64, String)>,
    queue: Vec<String>,
    /// The attributes of the creation's answer, until the features have come.
    creation: Option<String>,
    /// A restart's answer carries no `ack`.
    plain: bool,
    idle_since: Duration,
    over: bool,
    modern: bool,
    service: BoshService,
}

/// Every BOSH session of one side.
pub(crate) struct Bosh {
    sessions: BTreeMap<String, Session>,
    random: fastrand::Rng,
    service: BoshService,
}

impl Bosh {
    pub(crate) fn new(service: BoshService, random: fastrand::Rng) -> Self {
        Self { sessions: BTreeMap::new(), random, service }
    }

    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        self.sessions.values().map(Session::deadline).min()
    }

    /// Answers held requests whose time is up, and gives up sessions that nobody polls; returns their streams.
    fn expire(&mut self, now: Duration) -> Vec<u64> {
        let mut gone = Vec::new();
        self.sessions.retain(|_, session| {
            session.release_expired(now);
            let dead = session.held.is_empty() && now >= session.reaped_at();
            if dead && !session.over {
                gone.push(session.conn);
            }
            !dead
        });
        gone
    }

    /// The core said something to a stream.
    pub(crate) fn outgoing(&mut self, conn: u64, out: Outgoing, now: Duration) {
        let Some((sid, session)) = self.sessions.iter_mut().find(|(_, session)| session.conn == conn) else {
            return;
        };
        let sid = sid.clone();
        match out {
            Outgoing::Send(xml) => {
                session.queue.push(xml);
                session.flush(now);
            }
            // HTTPS is encrypted already.
            Outgoing::Secure => {}
            Outgoing::End(StreamEnd::Abandon) => {
                // Nothing is answered any more, and nothing is closed.
                session.over = true;
                session.idle_since = Duration::MAX / 4;
                session.queue.clear();
            }
            Outgoing::End(how) => {
                if let StreamEnd::StreamError(condition) = &how {
                    session.queue.push(super::stream_error(condition));
                }
                let queue = session.queue.concat();
                let kind = if session.service.end_says_terminate { " type=\"terminate\"" } else { "" };
                let body = format!("<body xmlns=\"{BODY}\"{kind}>{queue}</body>");
                if matches!(how, StreamEnd::Reset | StreamEnd::Cut(_)) {
                    session.held.clear();
                }
                for held in session.held.drain(..) {
                    let _ = held.answer.send(Answer::Body(body.clone()));
                }
                self.sessions.remove(&sid);
            }
        }
    }
}

impl Session {
    fn deadline(&self) -> Duration {
        match self.held.front() {
            Some(held) if !self.over => held.since + self.wait,
            _ => self.reaped_at(),
        }
    }

    /// When a session without a held request is found to be gone: by the first look after its time.
    fn reaped_at(&self) -> Duration {
        let due = self.idle_since.saturating_add(self.service.inactivity);
        let period = self.service.reaper_period;
        if period.is_zero() {
            return due;
        }
        let looks = due.as_nanos().div_ceil(period.as_nanos());
        period.saturating_mul(u32::try_from(looks).unwrap_or(u32::MAX)).max(due)
    }

    fn release_expired(&mut self, now: Duration) {
        while !self.over && self.held.front().is_some_and(|held| now >= held.since + self.wait) {
            self.answer_oldest(now);
        }
    }

    /// Answers the oldest held request with everything that waits.
    fn answer_oldest(&mut self, now: Duration) {
        let Some(held) = self.held.pop_front() else { return };
        let queue = std::mem::take(&mut self.queue).concat();
        let plain = std::mem::take(&mut self.plain) || !self.service.acks;
        let ack = if plain { String::new() } else { format!(" ack=\"{}\"", self.last) };
        let keep = self.service.keeps_empty || !queue.is_empty();
        let attributes = self.creation.take().unwrap_or_else(|| format!("xmlns=\"{BODY}\"{ack}"));
        let body =
            format!("<body {attributes} xmlns:stream=\"http://etherx.jabber.org/streams\">{queue}</body>");
        if keep {
            self.kept.push_back((held.rid, body.clone()));
        }
        while self.kept.len() > KEPT {
            self.kept.pop_front();
        }
        self.idle_since = now;
        // The client may have gone; the kept answer serves it when it asks again.
        let _ = held.answer.send(Answer::Body(body));
    }

    /// Answers what should not wait: data for a held request, and the older of two.
    fn flush(&mut self, now: Duration) {
        if self.over {
            return;
        }
        if !self.queue.is_empty() && !self.held.is_empty() {
            self.answer_oldest(now);
        }
        while self.held.len() as u64 > self.hold {
            self.answer_oldest(now);
        }
    }

    fn hold_request(&mut self, rid: u64, answer: oneshot::Sender<Answer>, now: Duration) {
        self.last = self.last.max(rid);
        self.held.push_back(Held { rid, since: now, answer });
    }
}

/// Lets time pass.
pub(crate) fn tick(shared: &Shared, side: Side) {
    let now = shared.now();
    let gone = shared.bosh(side).expire(now);
    for conn in gone {
        shared.close_stream(conn, false);
    }
}

/// Handles one HTTP request of a side's BOSH port.
pub(crate) async fn exchange(
    shared: &Arc<Shared>,
    side: Side,
    request: http::Request<Bytes>,
) -> Result<http::Response<Bytes>, HttpFault> {
    let path = request.uri().path().trim_end_matches('/');
    if path != "/http-bind" || request.method() != http::Method::POST {
        return Ok(status(404, "not found"));
    }
    let Some(body) = read(request.body()) else {
        return Ok(status(400, "<html><body>bad request</body></html>"));
    };
    let (sender, receiver) = oneshot::channel();
    match &body.sid {
        None => create(shared, side, &body, sender),
        Some(_) => take(shared, side, body, sender),
    }
    match receiver.await {
        Ok(Answer::Body(body)) => Ok(http::Response::builder()
            .header("Content-Type", "text/xml; charset=UTF-8")
            .body(Bytes::from(body))
            .unwrap_or_default()),
        Ok(Answer::Status(code, text)) => Ok(status(code, text)),
        Err(_) => Err(HttpFault::Reset),
    }
}

fn status(code: u16, text: &'static str) -> http::Response<Bytes> {
    http::Response::builder()
        .status(code)
        .header("Content-Type", "text/html")
        .body(Bytes::from_static(text.as_bytes()))
        .unwrap_or_default()
}

fn create(shared: &Arc<Shared>, side: Side, request: &Request, answer: oneshot::Sender<Answer>) {
    if !request.stanzas.is_empty() {
        let _ = answer.send(Answer::Status(400, "stanzas without a session"));
        return;
    }
    let now = shared.now();
    let (conn, mut outgoing) = shared.open_stream(side, Transport::Bosh);
    let wait = Duration::from_secs(request.wait.unwrap_or(60)).min(LONGEST_WAIT);
    let hold = request.hold.unwrap_or(1).min(1);
    let host = shared.host(side);
    {
        let mut bosh = shared.bosh(side);
        let sid = format!("{:010x}", bosh.random.u64(..) & 0xFF_FFFF_FFFF);
        let rid = request.rid;
        let attributes = format!(
            "xmlns=\"{BODY}\" from=\"{host}\" authid=\"{sid}\" sid=\"{sid}\" secure=\"true\" requests=\"{REQUESTS}\" \
             inactivity=\"{}\" polling=\"5\" wait=\"{}\" hold=\"{hold}\" ack=\"{rid}\" maxpause=\"300\" ver=\"1.6\"",
            bosh.service.inactivity.as_secs(),
            wait.as_secs(),
        );
        let mut session = Session {
            conn,
            last: rid,
            wait,
            hold,
            held: VecDeque::new(),
            early: BTreeMap::new(),
            missing: BTreeSet::new(),
            kept: VecDeque::new(),
            queue: Vec::new(),
            creation: Some(attributes),
            plain: false,
            idle_since: now,
            over: false,
            modern: request.modern,
            service: bosh.service.clone(),
        };
        session.hold_request(rid, answer, now);
        bosh.sessions.insert(sid, session);
    }
    let weak = Arc::downgrade(shared);
    shared.spawn(async move {
        while let Some(out) = outgoing.recv().await {
            let Some(shared) = weak.upgrade() else { return };
            let now = shared.now();
            shared.bosh(side).outgoing(conn, out, now);
        }
    });
}

/// What the core has to be told after a request was taken.
fn take(shared: &Arc<Shared>, side: Side, request: Request, answer: oneshot::Sender<Answer>) {
    let now = shared.now();
    let mut inputs = Vec::new();
    let mut closed = None;
    {
        let mut bosh = shared.bosh(side);
        let sid = request.sid.clone().unwrap_or_default();
        let Some(session) = bosh.sessions.get_mut(&sid) else {
            let _ = answer.send(Answer::Status(404, "Invalid SID value."));
            return;
        };
        if session.over {
            // Half-open: the request is taken and never answered.
            session.held.push_back(Held { rid: request.rid, since: now, answer });
            return;
        }
        match place(session, &request) {
            Place::Repeat(body) => {
                let _ = answer.send(Answer::Body(body));
                return;
            }
            Place::HeldAlready(index) => {
                let old = std::mem::replace(&mut session.held[index].answer, answer);
                let _ = old.send(Answer::Body(format!("<body xmlns=\"{BODY}\"/>")));
                return;
            }
            Place::Outside => {
                let _ = answer.send(match session.modern {
                    true => Answer::Body(format!(
                        "<body xmlns=\"{BODY}\" type=\"terminate\" condition=\"item-not-found\"/>"
                    )),
                    false => Answer::Status(404, "item-not-found"),
                });
                closed = Some(session.conn);
                bosh.sessions.remove(&sid);
            }
            Place::Early if session.service.in_order => {
                session.early.insert(request.rid, (request, answer));
                return;
            }
            Place::Next | Place::Early => {
                session.missing.extend(session.last + 1..request.rid);
                session.missing.remove(&request.rid);
                let mut next = Some((request, answer));
                while let Some((request, answer)) = next {
                    let conn = session.conn;
                    inputs.extend(
                        request.stanzas.iter().map(|xml| Input::XmppStanza { conn, xml: xml.clone() }),
                    );
                    if request.restart {
                        session.plain = true;
                        inputs.push(Input::XmppRestarted { conn });
                    }
                    session.hold_request(request.rid, answer, now);
                    let lives = session.service.terminate_keeps_session && !session.queue.is_empty();
                    if request.terminate && !lives {
                        closed = Some(conn);
                        let body =
                            format!("<body xmlns=\"{BODY}\" type=\"terminate\" ack=\"{}\"/>", session.last);
                        for held in session.held.drain(..) {
                            let _ = held.answer.send(Answer::Body(body.clone()));
                        }
                    }
                    next = session.early.remove(&(session.last + 1));
                }
                if closed.is_some() {
                    bosh.sessions.remove(&sid);
                } else {
                    session.flush(now);
                }
            }
        }
    }
    for input in inputs {
        shared.input(input);
    }
    if let Some(conn) = closed {
        shared.close_stream(conn, true);
    }
}

enum Place {
    Next,
    Early,
    Repeat(String),
    HeldAlready(usize),
    Outside,
}

fn place(session: &Session, request: &Request) -> Place {
    let rid = request.rid;
    if rid == session.last + 1 || session.missing.contains(&rid) {
        return Place::Next;
    }
    if rid > session.last + 1 && rid <= session.last + REQUESTS {
        return Place::Early;
    }
    if let Some(index) = session.held.iter().position(|held| held.rid == rid) {
        return Place::HeldAlready(index);
    }
    match session.kept.iter().find(|(kept, _)| *kept == rid) {
        Some((_, body)) => Place::Repeat(body.clone()),
        None => Place::Outside,
    }
}

/// Whether a version is 1.6 or later; a client that names none speaks 1.5.
fn modern(version: &str) -> bool {
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    let number = |text: &str| text.parse::<u32>().unwrap_or(0);
    (number(major), number(minor)) >= (1, 6)
}

/// Reads a request's body; `None` if it is not one.
fn read(bytes: &[u8]) -> Option<Request> {
    if bytes.len() > BODY_CAP {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let mut reader = quick_xml::Reader::from_str(text);
    let (start, empty) = loop {
        match reader.read_event().ok()? {
            Event::Start(start) => break (start, false),
            Event::Empty(start) => break (start, true),
            Event::Decl(_) | Event::Text(_) => {}
            _ => return None,
        }
    };
    if start.local_name().into_inner() != "body" {
        return None;
    }
    let mut request = Request::default();
    let mut rid = None;
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let value = attribute.value.to_string();
        match attribute.key.into_inner() {
            "rid" => rid = value.parse().ok().filter(|rid| *rid > 0),
            "sid" => request.sid = Some(value),
            "wait" => request.wait = value.parse().ok(),
            "ver" => request.modern = modern(&value),
            "hold" => request.hold = value.parse().ok(),
            // Openfire looks for the attribute by this very prefix.
            "xmpp:restart" => request.restart = value == "true",
            "type" => request.terminate = value == "terminate",
            _ => {}
        }
    }
    request.rid = rid?;
    if !empty {
        let from = usize::try_from(reader.buffer_position()).ok()?;
        let to = text.rfind("</")?;
        let mut framer = Framer::default();
        framer.push(text.get(from..to)?.as_bytes());
        while let Some(piece) = framer.next().ok()? {
            match piece {
                Piece::Element(xml) => request.stanzas.push(xml),
                Piece::Header | Piece::Footer => return None,
            }
        }
    }
    Some(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_gives_its_attributes_and_stanzas() {
        let request = read(b"<body rid='7' sid='s' xmlns='http://jabber.org/protocol/httpbind'><presence/><iq id='1'><a/></iq></body>").unwrap();
        assert_eq!((request.rid, request.sid.as_deref()), (7, Some("s")));
        assert_eq!(request.stanzas, ["<presence/>", "<iq id='1'><a/></iq>"]);
        assert!(read(b"<body rid='8' xmpp:restart='true'/>").unwrap().restart);
    }

    #[test]
    fn what_is_no_body_is_refused() {
        assert_eq!(read(b"nonsense"), None);
        assert_eq!(read(b"<body sid='s'/>"), None);
        assert_eq!(read(b"<body rid='0'/>"), None);
        assert_eq!(read(b"<html/>"), None);
    }
}
