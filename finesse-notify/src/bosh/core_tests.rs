use std::collections::BTreeSet;

use super::*;

const FIRST: u64 = 1000;

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

const fn s(n: u64) -> Duration {
    Duration::from_secs(n)
}

struct Bench {
    core: Core,
    posts: Vec<(Flight, String, bool)>,
    delivered: Vec<String>,
    abandoned: Vec<Flight>,
    end: Option<LinkError>,
}

impl Bench {
    fn new() -> Self {
        let core = Core::new("d", s(30), FIRST);
        let mut this =
            Self { core, posts: Vec::new(), delivered: Vec::new(), abandoned: Vec::new(), end: None };
        this.step(s(0), Input::Create);
        this
    }

    /// A session that is logged in, with one empty request waiting at the server.
    fn live() -> Self {
        let mut this = Self::new();
        this.answer(s(0), &created(""));
        this.step(s(0), Input::Restart);
        this.answer(s(0), "<body xmlns='http://jabber.org/protocol/httpbind'><features/></body>");
        this.posts.retain(|(f, ..)| this.core.in_flight.contains_key(&f.rid));
        assert_eq!(this.posts.len(), 1);
        this.delivered.clear();
        this
    }

    fn step(&mut self, now: Duration, input: Input) {
        let mut out = Vec::new();
        self.core.step(now, input, &mut out);
        for output in out {
            assert!(self.end.is_none(), "nothing may follow the end");
            match output {
                Output::Post { flight, body, fresh } => self.posts.push((flight, body, fresh)),
                Output::Abandon(flight) => self.abandoned.push(flight),
                Output::Deliver(frame) => self.delivered.push(frame.parse().unwrap().name().to_owned()),
                Output::End(cause) => self.end = Some(cause),
            }
        }
    }

    /// Answers the oldest request not yet answered.
    fn answer(&mut self, now: Duration, text: &str) {
        let (flight, ..) = self.posts.remove(0);
        self.step(now, Input::Answer { flight, status: 200, text: text.to_owned() });
    }

    fn status(&mut self, now: Duration, status: u16) {
        let (flight, ..) = self.posts.remove(0);
        self.step(now, Input::Answer { flight, status, text: String::new() });
    }

    fn lose(&mut self, now: Duration, kind: EndCause) {
        let (flight, ..) = self.posts.remove(0);
        self.step(now, Input::Lost { flight, error: LinkError::new(kind, "lost") });
    }

    fn send(&mut self, now: Duration, name: &str) {
        self.step(now, Input::Send(Stanza::new(name, "jabber:client")));
    }

    fn rids(&self) -> Vec<u64> {
        self.posts.iter().map(|(f, ..)| f.rid).collect()
    }

    fn cause(&self) -> EndCause {
        self.end.as_ref().expect("the session should have ended").kind()
    }
}

fn created(more: &str) -> String {
    format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' xmlns:stream='http://etherx.jabber.org/streams' sid='jon5' requests='2' \
         inactivity='30' wait='30' hold='1' ack='{FIRST}' ver='1.6' {more}><stream:features/></body>"
    )
}

fn body(attributes: &str, inside: &str) -> String {
    format!("<body xmlns='http://jabber.org/protocol/httpbind' {attributes}>{inside}</body>")
}

#[test]
fn the_login_is_one_request_a_step() {
    let mut b = Bench::new();
    assert!(b.posts[0].1.contains("rid='1000'"));
    b.answer(s(0), &created(""));
    assert_eq!(b.delivered, ["features"]);
    assert!(b.posts.is_empty(), "no poll before somebody waits");
    b.send(s(0), "auth");
    assert!(b.posts[0].1.contains("<auth") && b.posts[0].1.contains("sid='jon5'"));
    b.step(s(0), Input::Wanted);
    b.answer(s(0), &body("ack='1001'", "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"));
    b.step(s(0), Input::Restart);
    assert!(b.posts[0].1.contains("xmpp:restart='true'") && b.posts[0].1.contains("rid='1002'"));
    b.answer(s(0), &body("", "<features/>"));
    assert_eq!(b.delivered, ["features", "success", "features"]);
    assert_eq!(b.rids(), [1003], "a live session polls at once");
}

#[test]
fn behind_a_restart_nothing_leaves_before_its_answer_and_then_in_one_body() {
    for acks in ["ack='1001'", ""] {
        let mut b = Bench::new();
        b.answer(s(0), &created(""));
        b.send(s(0), "auth");
        b.answer(s(0), &body(acks, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"));
        b.step(s(0), Input::Restart);
        for name in ["bind", "session", "presence"] {
            b.send(s(0), name);
        }
        b.step(s(2), Input::Tick);
        assert_eq!(b.rids(), [1002], "the restart alone");
        assert_eq!(
            b.core.deadline(),
            Some(s(0) + s(30) + GRACE),
            "and nothing to wake for before it is late"
        );
        b.answer(s(2), &body("", "<features/>"));
        assert_eq!(b.rids(), [1003]);
        for name in ["<bind", "<session", "<presence"] {
            assert!(b.posts[0].1.contains(name), "{}", b.posts[0].1);
        }
    }
}

#[test]
fn features_may_come_after_the_creation() {
    let mut b = Bench::new();
    b.answer(s(0), &body("sid='x' requests='2'", ""));
    assert!(b.delivered.is_empty());
    b.step(s(0), Input::Wanted);
    b.answer(s(0), &body("", "<features/>"));
    assert_eq!(b.delivered, ["features"]);
}

#[test]
fn stanzas_wait_for_each_other_and_leave_in_one_body() {
    let mut b = Bench::live();
    b.send(s(1), "a");
    assert_eq!(b.rids(), [1002, 1003]);
    b.send(s(1), "b");
    b.send(s(1), "c");
    assert_eq!(b.rids(), [1002, 1003], "never more than two requests");
    b.answer(s(1), &body("ack='1003'", ""));
    assert_eq!(b.rids(), [1003, 1004], "the acknowledged body makes room for the next");
    assert!(b.posts[1].1.contains("<b") && b.posts[1].1.contains("<c"));
}

#[test]
fn without_an_ack_the_next_body_waits_until_the_last_must_have_arrived() {
    let mut b = Bench::live();
    b.answer(s(1), &body("ack='1002'", ""));
    b.send(s(1), "a");
    b.send(s(1), "b");
    b.answer(s(1), &body("", ""));
    assert_eq!(b.rids(), [1004]);
    assert_eq!(b.core.deadline(), Some(s(1) + SETTLE));
    b.step(s(1) + SETTLE, Input::Tick);
    assert_eq!(b.rids(), [1004, 1005]);
}

#[test]
fn a_server_that_never_acknowledges_costs_no_pause() {
    let mut b = Bench::live();
    b.send(s(1), "a");
    b.send(s(1), "b");
    assert_eq!(b.rids(), [1002, 1003]);
    b.answer(s(1), &body("", ""));
    assert_eq!(b.rids(), [1003, 1004]);
}

#[test]
fn an_answer_is_followed_by_a_poll_at_once() {
    let mut b = Bench::live();
    b.answer(s(5), &body("ack='1002'", "<message/>"));
    assert_eq!(b.delivered, ["message"]);
    assert_eq!(b.rids(), [1003]);
}

#[test]
fn answers_are_delivered_in_the_order_of_their_rids() {
    let mut b = Bench::live();
    b.send(s(1), "a");
    b.posts.swap(0, 1);
    b.answer(s(1), &body("ack='1003'", "<second/>"));
    assert!(b.delivered.is_empty());
    b.answer(s(1), &body("ack='1003'", "<first/>"));
    assert_eq!(b.delivered, ["first", "second"]);
}

#[test]
fn a_lost_answer_is_asked_for_again_with_the_same_body() {
    let mut b = Bench::live();
    b.send(s(1), "a");
    b.posts.remove(0);
    let sent = b.posts[0].1.clone();
    b.lose(s(1), EndCause::Network);
    let (flight, again, fresh) = b.posts[0].clone();
    assert_eq!((flight, again, fresh), (Flight { rid: 1003, attempt: 1 }, sent, true));
    b.step(
        s(1),
        Input::Answer { flight: Flight { rid: 1003, attempt: 0 }, status: 200, text: body("", "<late/>") },
    );
    assert!(b.delivered.is_empty(), "an answer of an abandoned attempt is nothing");
}

#[test]
fn after_three_more_attempts_with_growing_pauses_the_session_is_lost() {
    let mut b = Bench::live();
    let mut now = s(1);
    let mut pauses = Vec::new();
    while b.end.is_none() {
        b.lose(now, EndCause::Network);
        if b.posts.is_empty() && b.end.is_none() {
            let next = b.core.deadline().unwrap();
            pauses.push(next - now);
            now = next;
            b.step(now, Input::Tick);
        }
    }
    assert_eq!(pauses, [ms(500), s(2)]);
    assert_eq!(b.cause(), EndCause::Network);
}

#[test]
fn a_request_that_hangs_beyond_wait_is_sent_again() {
    let mut b = Bench::live();
    assert_eq!(b.core.deadline(), Some(s(35)));
    b.step(s(35), Input::Tick);
    assert_eq!(b.abandoned, [Flight { rid: 1002, attempt: 0 }]);
    assert_eq!(b.posts[1].0, Flight { rid: 1002, attempt: 1 });
}

#[test]
fn where_nobody_listens_any_more_the_session_ends_at_once() {
    for kind in [EndCause::Refused, EndCause::Tls, EndCause::TooLarge] {
        let mut b = Bench::live();
        b.lose(s(1), kind);
        assert_eq!(b.cause(), kind);
    }
}

#[test]
fn a_proxy_error_is_a_lost_answer() {
    let mut b = Bench::live();
    b.status(s(1), 502);
    assert!(b.end.is_none());
    assert_eq!(b.posts[0].0, Flight { rid: 1002, attempt: 1 });
}

#[test]
fn status_404_means_that_the_session_is_gone() {
    let mut b = Bench::live();
    b.status(s(1), 404);
    assert_eq!(b.cause(), EndCause::Network);
    assert!(!b.end.unwrap().is_final());
}

#[test]
fn a_failed_creation_is_not_repeated() {
    let mut b = Bench::new();
    b.lose(s(0), EndCause::Network);
    assert_eq!(b.cause(), EndCause::Network);
    for status in [404, 400, 403, 302, 503] {
        let mut b = Bench::new();
        b.status(s(0), status);
        assert!(b.end.is_some() && b.posts.is_empty(), "{status}");
    }
}

#[test]
fn terminate_delivers_what_it_carries_and_ends() {
    for (attributes, kind) in [
        ("type='terminate'", EndCause::Network),
        ("type='terminate' condition='item-not-found'", EndCause::Network),
        ("type='terminate' condition='policy-violation'", EndCause::Protocol),
        ("type='terminate' condition='system-shutdown'", EndCause::Shutdown),
        ("type='terminate' condition='conflict'", EndCause::Conflict),
        ("type='terminate' condition='bad-request'", EndCause::Protocol),
    ] {
        let mut b = Bench::live();
        b.answer(s(1), &body(attributes, "<message/>"));
        assert_eq!((b.cause(), b.delivered.len()), (kind, 1), "{attributes}");
    }
}

#[test]
fn an_ack_of_something_not_sent_is_a_protocol_error_and_a_missing_one_is_not() {
    let mut b = Bench::live();
    b.answer(s(1), &body("ack='1002'", ""));
    b.answer(s(1), &body("", ""));
    b.answer(s(1), &body("ack='nonsense'", ""));
    assert!(b.end.is_none());
    b.answer(s(1), &body("ack='99999'", ""));
    assert_eq!(b.cause(), EndCause::Protocol);
}

#[test]
fn an_ack_of_the_next_request_is_ordinary() {
    let mut b = Bench::live();
    b.send(s(1), "a");
    b.answer(s(1), &body("ack='1003'", ""));
    assert!(b.end.is_none());
}

#[test]
fn a_request_the_server_says_it_never_got_is_sent_again_once() {
    let mut b = Bench::live();
    b.send(s(1), "a");
    b.posts.swap(0, 1);
    b.answer(s(1), &body("ack='1001'", ""));
    assert_eq!(b.abandoned, [Flight { rid: 1002, attempt: 0 }]);
    assert!(b.posts.iter().any(|(f, ..)| *f == Flight { rid: 1002, attempt: 1 }));
}

#[test]
fn closing_sends_what_is_left_with_terminate_and_ends_on_any_answer() {
    let mut b = Bench::live();
    b.send(s(1), "presence");
    b.step(s(1), Input::Close);
    assert_eq!(b.rids(), [1002, 1003]);
    b.answer(s(1), &body("ack='1003'", ""));
    assert!(b.posts[1].1.contains("type='terminate'"), "{:?}", b.posts);
    b.posts.remove(0);
    b.answer(s(1), &body("", "<message/>"));
    assert_eq!(b.cause(), EndCause::ClosedByUs);
}

#[test]
fn a_server_that_answers_polls_at_once_is_polled_slowly() {
    let mut b = Bench::live();
    let mut polls = 0;
    while !b.posts.is_empty() {
        b.answer(ms(1), &body("", ""));
        polls += 1;
        assert!(polls < 10);
    }
    assert_eq!(b.core.deadline(), Some(ms(1) + SLOW_POLL));
}

#[test]
fn a_server_that_does_not_hold_requests_is_polled_at_its_pace() {
    let mut b = Bench::new();
    b.answer(s(0), &created("").replace("hold='1'", "hold='0' polling='7'"));
    b.step(s(0), Input::Restart);
    b.answer(s(0), &body("", "<features/>"));
    assert!(b.posts.is_empty());
    assert_eq!(b.core.deadline(), Some(s(7)));
}

#[test]
fn the_core_never_asks_to_be_woken_in_the_past_for_nothing() {
    let mut b = Bench::live();
    b.send(s(1), "a");
    b.send(s(1), "b");
    b.step(s(20), Input::Tick);
    let deadline = b.core.deadline().unwrap();
    assert!(deadline > s(20), "{deadline:?}");
    b.step(s(20), Input::Close);
    assert!(b.core.deadline().unwrap() > s(20));
}

/// A server as the specification describes it: window of two, order kept, cache of
/// three answers, the older request released when a newer comes.
struct Server {
    last: u64,
    held: Option<u64>,
    cache: BTreeMap<u64, String>,
    received: Vec<u64>,
    outbox: VecDeque<u64>,
    seen: BTreeSet<u64>,
    early: BTreeMap<u64, String>,
}

impl Server {
    /// A request arrives; the answers it causes, by rid.
    fn arrive(&mut self, rid: u64, text: &str) -> Vec<(u64, String)> {
        if rid <= self.last {
            if self.held == Some(rid) {
                return Vec::new();
            }
            let cached = self.cache.get(&rid).unwrap_or_else(|| panic!("rid {rid} is older than the cache"));
            return vec![(rid, cached.clone())];
        }
        assert!(rid <= self.last + 2, "rid {rid} is outside of the window");
        if rid > self.last + 1 {
            // It waits until the gap is filled, as newer versions do.
            self.early.insert(rid, text.to_owned());
            return Vec::new();
        }
        self.last = rid;
        assert!(self.seen.insert(rid));
        let stanza = Stanza::parse(text).unwrap();
        self.received.extend(stanza.children().map(|c| c.attribute("n").unwrap().parse::<u64>().unwrap()));
        let mut answers: Vec<(u64, String)> =
            self.held.replace(rid).map(|old| self.reply(old)).into_iter().collect();
        answers.extend(self.push());
        if let Some(text) = self.early.remove(&(rid + 1)) {
            answers.extend(self.arrive(rid + 1, &text));
        }
        answers
    }

    /// Answers the held request if there is something to say.
    fn push(&mut self) -> Option<(u64, String)> {
        if self.outbox.is_empty() { None } else { self.held.take().map(|rid| self.reply(rid)) }
    }

    fn reply(&mut self, rid: u64) -> (u64, String) {
        let inside: String = self.outbox.drain(..).map(|n| format!("<m n='{n}'/>")).collect();
        let text = body(&format!("ack='{}'", self.last), &inside);
        self.cache.insert(rid, text.clone());
        while self.cache.len() > 3 {
            self.cache.pop_first();
        }
        (rid, text)
    }
}

#[test]
fn losses_at_any_rid_lose_and_double_nothing() {
    for seed in 0..400 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut core = Core::new("d", s(30), FIRST);
        let mut out = Vec::new();
        core.step(s(0), Input::Create, &mut out);
        core.step(
            s(0),
            Input::Answer { flight: Flight { rid: FIRST, attempt: 0 }, status: 200, text: created("") },
            &mut out,
        );
        core.step(s(0), Input::Restart, &mut out);
        core.step(
            s(0),
            Input::Answer { flight: Flight { rid: FIRST + 1, attempt: 0 }, status: 200, text: body("", "") },
            &mut out,
        );
        let mut server = Server {
            last: FIRST + 1,
            held: None,
            cache: BTreeMap::new(),
            received: Vec::new(),
            outbox: VecDeque::new(),
            seen: BTreeSet::new(),
            early: BTreeMap::new(),
        };
        let mut now = s(1);
        let (mut ours, mut theirs) = (0, 0);
        let mut delivered = Vec::new();
        let mut losses = 0;
        // What is on its way: requests up, answers down. The newest attempt for each rid is what the client listens to.
        let mut up: VecDeque<(Flight, String)> = VecDeque::new();
        let mut down: VecDeque<(u64, String)> = VecDeque::new();
        let mut listening: BTreeMap<u64, u32> = BTreeMap::new();
        let mut steps = 0;
        loop {
            steps += 1;
            assert!(steps < 5_000, "seed {seed} does not come to rest");
            for output in out.drain(..) {
                match output {
                    Output::Post { flight, body, .. } if flight.rid > FIRST + 1 => {
                        listening.insert(flight.rid, flight.attempt);
                        up.push_back((flight, body));
                    }
                    Output::Deliver(frame) => {
                        let stanza = frame.parse().unwrap();
                        delivered.extend(stanza.attribute("n").map(|n| n.parse::<u64>().unwrap()));
                    }
                    Output::End(cause) => panic!("seed {seed}: {cause}"),
                    _ => {}
                }
            }
            let more = ours < 60 || theirs < 60;
            if !more
                && up.is_empty()
                && down.is_empty()
                && delivered.len() == 60
                && server.received.len() == 60
            {
                break;
            }
            now += ms(rng.u64(0..30));
            match rng.u32(0..6) {
                0 if ours < 60 => {
                    core.step(
                        now,
                        Input::Send(Stanza::new("m", "jabber:client").with("n", &ours.to_string())),
                        &mut out,
                    );
                    ours += 1;
                }
                1 if theirs < 60 => {
                    server.outbox.push_back(theirs);
                    theirs += 1;
                    down.extend(server.push());
                }
                2 | 3 => {
                    if let Some((flight, text)) = up.pop_front() {
                        // Not twice in a row for one rid: three lost in succession end a session, as they should.
                        if rng.u32(0..5) == 0 && flight.attempt < 1 {
                            losses += 1;
                            core.step(
                                now,
                                Input::Lost { flight, error: LinkError::new(EndCause::Network, "cut") },
                                &mut out,
                            );
                        } else {
                            down.extend(server.arrive(flight.rid, &text));
                        }
                    }
                }
                _ => {
                    if let Some((rid, text)) = down.pop_front() {
                        let Some(&attempt) = listening.get(&rid) else { continue };
                        let flight = Flight { rid, attempt };
                        if rng.u32(0..5) == 0 && attempt < 2 {
                            losses += 1;
                            core.step(
                                now,
                                Input::Lost { flight, error: LinkError::new(EndCause::Network, "cut") },
                                &mut out,
                            );
                        } else {
                            core.step(now, Input::Answer { flight, status: 200, text }, &mut out);
                        }
                    }
                }
            }
            if core.deadline().is_some_and(|at| at <= now) {
                core.step(now, Input::Tick, &mut out);
            }
        }
        assert_eq!(server.received, (0..60).collect::<Vec<_>>(), "seed {seed}");
        assert_eq!(delivered, (0..60).collect::<Vec<_>>(), "seed {seed}");
        assert!(losses > 0, "seed {seed} lost nothing");
    }
}
