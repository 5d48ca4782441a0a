//! BOSH as a pure state machine: which request goes out when, what an answer means, what is sent again. It knows no HTTP beyond a status
//! and a text, and no clock: time is a `Duration` since the session was begun.
//!
//! Rules kept here:
//! * rids rise by one without gaps; none is more than one above the oldest unanswered, so neither the server's window nor its cache of
//!   answers is outrun, and at most two requests are in flight.
//! * Stanzas travel in one body at a time. The next one leaves only when the server has shown that it has the one before (by `ack` or by
//!   answering it), or when it must have arrived by all likelihood, because old servers handle bodies in the order of arrival.
//! * After a restart nothing leaves before its answer, which belongs to the new stream. What was queued meanwhile goes in one body, so of a
//!   login in two flights BOSH writes the second ahead: bind, session and presence. The first cannot be: without the answer to the creation
//!   there is no `sid` to send credentials under, and to put the restart beside them (`requests` is 2) would leave it to the server which of
//!   the two it handles first.
//! * Answers are handed on in the order of their rids, whatever connection was faster.
//! * A lost answer is asked for again with the same rid and the same body, up to three times; the server replays it from its cache.
//! * In a live session a request is always waiting at the server.
//! * After `End` nothing comes out any more.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::body::{self, Body};
use crate::error::{EndCause, LinkError};
use crate::stanza::{Frame, Stanza};

/// How much longer than `wait` an answer may take. 5 s is what Cisco's own client grants.
const GRACE: Duration = Duration::from_secs(5);

/// Pauses before the first, second and third re-sending. The first is immediate: mostly the server merely closed an idle connection.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(2)];

/// After this time alone in flight a body is taken to have reached the server, when the server does not say so by `ack`.
const SETTLE: Duration = Duration::from_millis(200);

/// An empty answer sooner than this, with nothing of ours that could have caused it, is odd; after a few we poll slowly.
const ODDLY_QUICK: Duration = Duration::from_millis(100);
const ODDLY_QUICK_LIMIT: u32 = 4;
const SLOW_POLL: Duration = Duration::from_secs(1);

/// Stanzas that may wait for their turn. We write pings and subscriptions only.
const MAX_QUEUED: usize = 8192;

/// One sending of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Flight {
    pub(super) rid: u64,
    pub(super) attempt: u32,
}

#[derive(Debug)]
pub(super) enum Input {
    /// Begin the session.
    Create,
    Send(Stanza),
    Restart,
    /// The owner waits for a stanza.
    Wanted,
    Answer {
        flight: Flight,
        status: u16,
        text: String,
    },
    Lost {
        flight: Flight,
        error: LinkError,
    },
    Close,
    Tick,
}

#[derive(Debug)]
pub(super) enum Output {
    /// Send this; on a new connection if `fresh`.
    Post {
        flight: Flight,
        body: String,
        fresh: bool,
    },
    /// Nobody waits for this one any more.
    Abandon(Flight),
    Deliver(Frame),
    End(LinkError),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Creating,
    /// Before the restart a request goes out only when somebody waits, so that the login is one request a step.
    LoggingIn,
    Live,
    Over,
}

enum Queued {
    Stanza(String),
    Restart,
}

struct Request {
    body: String,
    loaded: bool,
    last: bool,
    restart: bool,
    attempt: u32,
    state: RequestState,
    confirmed: bool,
    resent_for_ack: bool,
    first_sent: Duration,
}

enum RequestState {
    Sent(Duration),
    Resting(Duration),
}

pub(super) struct Core {
    domain: String,
    wait: Duration,
    phase: Phase,
    sid: String,
    next_rid: u64,
    max_in_flight: u64,
    /// Set for a server that does not hold requests.
    poll_gap: Option<Duration>,
    queue: VecDeque<Queued>,
    in_flight: BTreeMap<u64, Request>,
    /// Answered, but an earlier one is still out.
    answered: BTreeMap<u64, Body>,
    next_delivery: u64,
    wanted: bool,
    closing: bool,
    /// The server acknowledges at all.
    acks: bool,
    poll_not_before: Duration,
    quick_empties: u32,
}

impl Core {
    /// `first_rid` should be random and far below 2^53.
    pub(super) fn new(domain: &str, wait: Duration, first_rid: u64) -> Self {
        Self {
            domain: domain.to_owned(),
            wait,
            phase: Phase::Creating,
            sid: String::new(),
            next_rid: first_rid,
            max_in_flight: 1,
            poll_gap: None,
            queue: VecDeque::new(),
            in_flight: BTreeMap::new(),
            answered: BTreeMap::new(),
            next_delivery: first_rid,
            wanted: false,
            closing: false,
            acks: false,
            poll_not_before: Duration::ZERO,
            quick_empties: 0,
        }
    }

    pub(super) fn step(&mut self, now: Duration, input: Input, out: &mut Vec<Output>) {
        if self.phase == Phase::Over {
            return;
        }
        match input {
            Input::Create => {
                let body = body::create(self.next_rid, &self.domain, self.wait.as_secs());
                self.post(now, body, true, false, out);
            }
            Input::Send(stanza) if !self.closing => {
                self.queue.push_back(Queued::Stanza(stanza.to_xml_within(body::NS_HTTPBIND)));
                if self.queue.len() > MAX_QUEUED {
                    return self
                        .end(LinkError::new(EndCause::Network, "the server takes none of our stanzas"), out);
                }
            }
            Input::Send(_) => {}
            Input::Restart => self.queue.push_back(Queued::Restart),
            Input::Wanted => self.wanted = true,
            Input::Answer { flight, status, text } => self.on_answer(now, flight, status, &text, out),
            Input::Lost { flight, error } => self.on_lost(now, flight, error, out),
            Input::Close if self.sid.is_empty() => return self.end(closed(), out),
            Input::Close => self.closing = true,
            Input::Tick => self.on_tick(now, out),
        }
        self.dispatch(now, out);
    }

    /// True once the server has given the session its id.
    pub(super) fn is_open(&self) -> bool {
        !self.sid.is_empty() && self.phase != Phase::Over
    }

    /// When the next tick is due.
    pub(super) fn deadline(&self) -> Option<Duration> {
        if self.phase == Phase::Over {
            return None;
        }
        let requests = self.in_flight.values().map(|r| match r.state {
            RequestState::Sent(at) => at + self.wait + GRACE,
            RequestState::Resting(until) => until,
        });
        let room = self.in_flight.len() == 1 && self.has_room();
        let waits = |r: &&Request| room && self.has_data() && r.loaded && !r.confirmed && !r.restart;
        let settling = self.in_flight.values().filter(waits).filter_map(|r| match r.state {
            RequestState::Sent(at) => Some(at + SETTLE),
            RequestState::Resting(_) => None,
        });
        let polling = (self.in_flight.is_empty() && self.may_poll()).then_some(self.poll_not_before);
        requests.chain(settling).chain(polling).min()
    }

    fn has_data(&self) -> bool {
        !self.queue.is_empty() || (self.closing && !self.in_flight.values().any(|r| r.last))
    }

    fn may_poll(&self) -> bool {
        match self.phase {
            Phase::Live => true,
            Phase::LoggingIn => self.wanted,
            Phase::Creating | Phase::Over => false,
        }
    }

    fn dispatch(&mut self, now: Duration, out: &mut Vec<Output>) {
        if !matches!(self.phase, Phase::LoggingIn | Phase::Live) {
            return;
        }
        // One body with data at a time; this is also why a loop is not needed.
        if self.has_room() && self.has_data() {
            let blocked =
                self.in_flight.values().any(|r| r.last || r.restart || (r.loaded && !self.settled(now, r)));
            if !blocked {
                let restart = matches!(self.queue.front(), Some(Queued::Restart));
                let body = self.next_body();
                let last = self.closing && self.queue.is_empty();
                self.post(now, body, true, last, out);
                if let Some(mut posted) = self.in_flight.last_entry() {
                    posted.get_mut().restart = restart;
                }
                return;
            }
        }
        if self.in_flight.is_empty() && self.may_poll() && now >= self.poll_not_before {
            let body = body::data(self.next_rid, &self.sid, &[], false);
            self.post(now, body, false, false, out);
        }
    }

    /// True when one more request fits. Counted from the oldest one unanswered, not by number: the server keeps its last three answers,
    /// so running further ahead would outrun the cache from which a lost one is replayed.
    fn has_room(&self) -> bool {
        match self.in_flight.first_key_value() {
            Some((oldest, _)) => self.next_rid < oldest + self.max_in_flight,
            None => true,
        }
    }

    fn settled(&self, now: Duration, request: &Request) -> bool {
        let alone = self.in_flight.len() == 1;
        match request.state {
            _ if request.confirmed => true,
            // A server that never acknowledges would cost us the pause each time; then being alone in flight has to do, as it did for
            // the oldest clients.
            RequestState::Sent(at) => alone && (!self.acks || now >= at + SETTLE),
            RequestState::Resting(_) => false,
        }
    }

    /// All stanzas up to the next restart, in one body.
    fn next_body(&mut self) -> String {
        if matches!(self.queue.front(), Some(Queued::Restart)) {
            self.queue.pop_front();
            self.phase = Phase::Live;
            return body::restart(self.next_rid, &self.sid, &self.domain);
        }
        let mut stanzas = Vec::new();
        while let Some(Queued::Stanza(_)) = self.queue.front() {
            if let Some(Queued::Stanza(xml)) = self.queue.pop_front() {
                stanzas.push(xml);
            }
        }
        body::data(self.next_rid, &self.sid, &stanzas, self.closing && self.queue.is_empty())
    }

    fn post(&mut self, now: Duration, body: String, loaded: bool, last: bool, out: &mut Vec<Output>) {
        let rid = self.next_rid;
        self.next_rid += 1;
        self.wanted = false;
        if let Some(gap) = self.poll_gap {
            self.poll_not_before = now + gap;
        }
        out.push(Output::Post { flight: Flight { rid, attempt: 0 }, body: body.clone(), fresh: false });
        let state = RequestState::Sent(now);
        self.in_flight.insert(
            rid,
            Request {
                body,
                loaded,
                last,
                restart: false,
                attempt: 0,
                state,
                confirmed: false,
                resent_for_ack: false,
                first_sent: now,
            },
        );
    }

    fn on_answer(&mut self, now: Duration, flight: Flight, status: u16, text: &str, out: &mut Vec<Output>) {
        let Some(request) = self.in_flight.get(&flight.rid).filter(|r| r.attempt == flight.attempt) else {
            return;
        };
        if request.last {
            // Whatever it says, it is the end we asked for.
            return self.end(closed(), out);
        }
        match status {
            200 => {}
            404 if self.sid.is_empty() => {
                let detail = "HTTP 404: there is no BOSH service at this URL; the usual path is /http-bind/ on port 7443";
                return self.end(LinkError::new(EndCause::Protocol, detail).with_condition("404"), out);
            }
            404 => {
                let detail = "HTTP 404: the server no longer knows the session; open a new one";
                return self
                    .end(LinkError::new(EndCause::Network, detail).with_condition("item-not-found"), out);
            }
            400 if self.sid.is_empty() => {
                return self.end(
                    LinkError::new(
                        EndCause::Network,
                        "HTTP 400: the service is still starting, or refuses the request",
                    ),
                    out,
                );
            }
            500..=599 => {
                let error = LinkError::new(
                    EndCause::Network,
                    format!("HTTP {status}: the service behind the address is not available"),
                );
                return self.on_lost(now, flight, error, out);
            }
            300..=399 => {
                let detail = format!(
                    "HTTP {status}: the service sends us elsewhere, which is not followed; check the URL"
                );
                return self.end(LinkError::new(EndCause::Protocol, detail), out);
            }
            _ => {
                return self.end(
                    LinkError::new(EndCause::Protocol, format!("HTTP {status} to a BOSH request")),
                    out,
                );
            }
        }
        let body = match body::parse(text) {
            Ok(body) => body,
            Err(error) => return self.end(error, out),
        };
        let Some(request) = self.in_flight.remove(&flight.rid) else { return };
        if self.phase == Phase::Creating {
            if let Err(error) = self.created(&body) {
                return self.end(error, out);
            }
        } else if let Err(error) = self.on_ack(now, flight.rid, &body, out) {
            return self.end(error, out);
        }
        self.note_odd_haste(now, &request, &body);
        if body.attribute("type") == Some("terminate") {
            let cause = body::terminated(&body);
            for (_, earlier) in std::mem::take(&mut self.answered) {
                out.extend(earlier.into_frames().into_iter().map(Output::Deliver));
            }
            out.extend(body.into_frames().into_iter().map(Output::Deliver));
            return self.end(if self.closing { closed() } else { cause }, out);
        }
        self.answered.insert(flight.rid, body);
        while let Some(body) = self.answered.remove(&self.next_delivery) {
            self.next_delivery += 1;
            let frames = body.into_frames();
            // Whoever waited has something to read first, and will say so when it wants more.
            self.wanted &= frames.is_empty();
            out.extend(frames.into_iter().map(Output::Deliver));
        }
    }

    fn created(&mut self, body: &Body) -> Result<(), LinkError> {
        if body.attribute("type") == Some("terminate") {
            return Err(body::terminated(body));
        }
        let number = |name: &str| body.attribute(name).and_then(|v| v.trim().parse::<u64>().ok());
        // `ack` here is the request's own rid, not the next one. Whatever it is, the answer has come.
        let sid = body.attribute("sid").filter(|sid| !sid.is_empty() && sid.len() <= 1024);
        sid.ok_or_else(|| {
            LinkError::new(EndCause::Protocol, "the server opened a BOSH session without a sid")
        })?
        .clone_into(&mut self.sid);
        self.max_in_flight = if number("requests") == Some(1) { 1 } else { 2 };
        // The server may shorten the wait, not lengthen it.
        if let Some(wait) = number("wait") {
            self.wait = self.wait.min(Duration::from_secs(wait));
        }
        if number("hold") == Some(0) || self.wait.is_zero() {
            self.poll_gap = Some(Duration::from_secs(number("polling").unwrap_or(5).clamp(1, 30)));
        }
        self.phase = Phase::LoggingIn;
        Ok(())
    }

    /// `ack` names the highest rid up to which the server has everything. It may be missing altogether.
    fn on_ack(
        &mut self,
        now: Duration,
        own: u64,
        body: &Body,
        out: &mut Vec<Output>,
    ) -> Result<(), LinkError> {
        let Some(ack) = body.attribute("ack").and_then(|v| v.trim().parse::<u64>().ok()) else {
            return Ok(());
        };
        self.acks = true;
        if ack >= self.next_rid {
            let detail = format!("the server acknowledged request {ack}, which was not sent yet");
            return Err(LinkError::new(EndCause::Protocol, detail));
        }
        for (_, request) in self.in_flight.range_mut(..=ack) {
            request.confirmed = true;
        }
        // It answered a later request and says that an earlier one never came: send that again, once.
        let missing: Vec<u64> = self
            .in_flight
            .range(ack + 1..own.max(ack + 1))
            .filter(|(_, r)| !r.resent_for_ack && matches!(r.state, RequestState::Sent(_)))
            .map(|(rid, _)| *rid)
            .collect();
        for rid in missing {
            if let Some(request) = self.in_flight.get_mut(&rid) {
                request.resent_for_ack = true;
                out.push(Output::Abandon(Flight { rid, attempt: request.attempt }));
            }
            self.resend(now, rid, out);
        }
        Ok(())
    }

    /// A server that answers empty polls at once must not make us spin.
    fn note_odd_haste(&mut self, now: Duration, request: &Request, body: &Body) {
        let empty = !request.loaded && body.is_empty();
        let released = !self.in_flight.is_empty();
        if empty && !released && now.saturating_sub(request.first_sent) < ODDLY_QUICK {
            self.quick_empties += 1;
            if self.quick_empties >= ODDLY_QUICK_LIMIT {
                self.poll_not_before = now + SLOW_POLL;
            }
        } else {
            self.quick_empties = 0;
        }
    }

    fn on_lost(&mut self, now: Duration, flight: Flight, error: LinkError, out: &mut Vec<Output>) {
        let Some(request) = self.in_flight.get_mut(&flight.rid).filter(|r| r.attempt == flight.attempt)
        else {
            return;
        };
        // A creation sent twice would leave a session behind. Where nobody listens any more the session, which lived in that process, is
        // gone as well. What cannot get better is not tried again.
        let hopeless = matches!(
            error.kind(),
            EndCause::Refused
                | EndCause::Dns
                | EndCause::Tls
                | EndCause::TooLarge
                | EndCause::Protocol
                | EndCause::Policy
        );
        if self.phase == Phase::Creating || hopeless {
            return self.end(error, out);
        }
        let Some(pause) = usize::try_from(request.attempt).ok().and_then(|n| PAUSES.get(n)) else {
            let detail =
                format!("no answer to a request after {} attempts; the last one: {error}", PAUSES.len() + 1);
            return self.end(LinkError::new(EndCause::Network, detail), out);
        };
        if pause.is_zero() {
            self.resend(now, flight.rid, out);
        } else {
            request.state = RequestState::Resting(now + *pause);
        }
    }

    fn resend(&mut self, now: Duration, rid: u64, out: &mut Vec<Output>) {
        if let Some(request) = self.in_flight.get_mut(&rid) {
            request.attempt += 1;
            request.state = RequestState::Sent(now);
            let flight = Flight { rid, attempt: request.attempt };
            out.push(Output::Post { flight, body: request.body.clone(), fresh: true });
        }
    }

    fn on_tick(&mut self, now: Duration, out: &mut Vec<Output>) {
        let rids: Vec<u64> = self.in_flight.keys().copied().collect();
        for rid in rids {
            let Some(request) = self.in_flight.get(&rid) else { continue };
            let flight = Flight { rid, attempt: request.attempt };
            match request.state {
                RequestState::Resting(until) if now >= until => self.resend(now, rid, out),
                RequestState::Sent(at) if now >= at + self.wait + GRACE => {
                    out.push(Output::Abandon(flight));
                    let error = LinkError::new(
                        EndCause::Timeout,
                        format!("no answer within {:?}", self.wait + GRACE),
                    );
                    self.on_lost(now, flight, error, out);
                }
                _ => {}
            }
        }
    }

    fn end(&mut self, cause: LinkError, out: &mut Vec<Output>) {
        self.phase = Phase::Over;
        self.in_flight.clear();
        self.queue.clear();
        self.answered.clear();
        out.push(Output::End(cause));
    }
}

fn closed() -> LinkError {
    LinkError::new(EndCause::ClosedByUs, "the session was terminated by us")
}

#[cfg(test)]
#[path = "core_tests.rs"]
mod tests;
