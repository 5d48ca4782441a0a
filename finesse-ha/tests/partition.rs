//! The whole client on a simulated network that tears, heals and holds packets back.
//!
//! Four hosts under turmoil: the agent's desktop with the client, a front for each side, and the pair behind them. A front passes
//! bytes on, so a tear between desktop and front leaves a side that serves and an agent who cannot reach it, which no fault
//! of the simulated pair itself can show. One seed decides latencies, the pair and the client.
//!
//! Turmoil's TCP never sends a packet again: after a tear an open connection stays silent for ever if anything was lost on it.
//! Packets that are held arrive late and in order; that is the case of a short outage that the kernel bridges.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use finesse_ha::clock::Clock;
use finesse_ha::event::{Cause, Event};
use finesse_ha::failover::Pair;
use finesse_ha::health::Status;
use finesse_ha::outcome::Outcome;
use finesse_ha::session::{Session, SideAddress, Transport};
use finesse_ha::side::Side;
use finesse_model::{Extension, UserId};
use finesse_net::{DialError, Dialer, Io, Target};
use finesse_rest::{Credentials, TransportError, TransportErrorKind};
use finesse_sim::{AgentSpec, LogEntry, LogKind, Profile, Sim, WorldAction};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::{mpsc, oneshot};
use turmoil::net::{TcpListener, TcpStream};

/// As in production: a side that does not answer a SYN for so long cannot be reached.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const DESKTOP: &str = "desktop";
const PAIR: &str = "pair";
/// Side A as the network sees it; the names are those of the simulated pair's profile.
const FIN_A: &str = "fin-a.lab.example";
/// Side B likewise.
const FIN_B: &str = "fin-b.lab.example";
const REST: u16 = 8445;
const XMPP: u16 = 5223;
const AGENT: &str = "40217";
/// How finely turmoil cuts time: a fifth of the longest latency. A step costs the same however long it is.
const TICK: Duration = Duration::from_millis(20);
/// Far above what any scenario takes: a test that waits in vain ends here.
const LIMIT: Duration = Duration::from_secs(400);
/// A side takes a client for dead that has been silent for two of its pings and a bit.
const SILENCE: Duration = Duration::from_secs(45);

/// The simulated pair. It lives in its host's runtime, which has the one clock it may read; others send it what is to be done there.
#[derive(Clone)]
struct Remote(mpsc::UnboundedSender<Job>);
type Job = Box<dyn FnOnce(&Sim) + Send>;

impl Remote {
    async fn with<T: Send + 'static>(&self, job: impl FnOnce(&Sim) -> T + Send + 'static) -> T {
        let (reply, answer) = oneshot::channel();
        let sent = self.0.send(Box::new(move |sim| drop(reply.send(job(sim)))));
        assert!(sent.is_ok(), "the pair's host has ended");
        answer.await.unwrap()
    }

    async fn world(&self, action: WorldAction) -> Option<String> {
        let reply = self.with(|sim| sim.world(action)).await;
        assert_eq!(reply.refused, None);
        reply.call
    }

    async fn forced_logouts(&self) -> usize {
        let fired = |entry: &LogEntry| matches!(entry.kind, LogKind::ForcedLogoutFired { .. });
        self.with(move |sim| sim.log().into_iter().filter(fired).count()).await
    }
}

/// Accepts connections for one port of a side and passes their bytes on to the pair.
async fn front(side: finesse_sim::Side, port: u16, pair: Remote) -> turmoil::Result {
    let listener = TcpListener::bind(("0.0.0.0", port)).await?;
    loop {
        let (client, _) = listener.accept().await?;
        let inner =
            pair.with(move |sim| if port == XMPP { sim.xmpp(side).unwrap() } else { rest(sim, side) }).await;
        tokio::spawn(pass(client, inner));
    }
}

/// Bytes both ways until one end closes or the client is silent for too long.
async fn pass(client: TcpStream, inner: DuplexStream) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_pair, mut to_pair) = tokio::io::split(inner);
    let up = async {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(Ok(length @ 1..)) = tokio::time::timeout(SILENCE, from_client.read(&mut buffer)).await {
            if to_pair.write_all(&buffer[..length]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        biased;
        () = up => {}
        _ = tokio::io::copy(&mut from_pair, &mut to_client) => {}
    }
}

/// One HTTP connection to a side.
fn rest(sim: &Sim, side: finesse_sim::Side) -> DuplexStream {
    let (near, far) = tokio::io::duplex(256 * 1024);
    let sim = sim.clone();
    let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let sim = sim.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
            let answer = sim.http(side, http::Request::from_parts(parts, body)).await;
            answer.map(|answer| answer.map(Full::new)).map_err(|fault| fault.to_string())
        }
    });
    // It ends with the client's connection, in whatever way.
    tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(far), service));
    near
}

/// Connects as a kernel does. Turmoil tells of a lost SYN by a refusal, and every port here listens, so a refusal means: send it again,
/// after one second, two, four. That pause is the network's, in simulated time; no test waits by it. The caller holds the deadline.
async fn connect(host: &str, port: u16) -> TcpStream {
    let mut pause = Duration::from_secs(1);
    loop {
        match TcpStream::connect((host, port)).await {
            Ok(stream) => return stream,
            Err(_) => tokio::time::sleep(pause).await,
        }
        pause *= 2;
    }
}

struct TurmoilDialer;

#[async_trait]
impl Dialer for TurmoilDialer {
    async fn dial(&self, target: &Target) -> Result<Box<dyn Io>, DialError> {
        Ok(Box::new(connect(target.host(), target.port()).await))
    }
}

async fn exchange(
    stream: TcpStream,
    request: http::Request<Bytes>,
) -> Result<http::Response<Bytes>, hyper::Error> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let (parts, body) = sender.send_request(request.map(Full::new)).await?.into_parts();
    Ok(http::Response::from_parts(parts, body.collect().await?.to_bytes()))
}

/// REST with a connection for each request.
async fn ask(request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
    let uri = request.uri().clone();
    let (host, port) = (uri.host().unwrap().to_owned(), uri.port_u16().unwrap());
    let connected = tokio::time::timeout(CONNECT_TIMEOUT, connect(&host, port)).await;
    let stream = connected
        .map_err(|_| TransportError::new(TransportErrorKind::Connect, false, "no answer to the SYN"))?;
    exchange(stream, request)
        .await
        .map_err(|error| TransportError::new(TransportErrorKind::Reset, true, error.to_string()))
}

/// The agent's desktop in one scenario.
struct Desk {
    pair: Remote,
    clock: Clock,
    session: Session,
    /// What the feed told, with the time.
    told: Vec<(Duration, Event)>,
}

impl Desk {
    async fn open(pair: Remote, seed: u64) -> Self {
        let clock = Clock::start();
        let side = |host: &str| {
            SideAddress::new(format!("https://{host}:{REST}")).with_notifications(format!("{host}:{XMPP}"))
        };
        let session = Session::builder(Pair::of(side(FIN_A), side(FIN_B)))
            .credentials(Credentials::basic(UserId::new(AGENT).unwrap(), SecretString::from("simulated")))
            .sign_in(Extension::new("7301").unwrap())
            .transport(Transport::Tcp)
            .http(tower::service_fn(ask))
            .dialer(Arc::new(TurmoilDialer))
            .clock(clock)
            .seed(seed);
        let session = session.open().await.unwrap();
        let mut desk = Self { pair, clock, session, told: Vec::new() };
        assert_eq!(desk.live().await, Side::A);
        assert_eq!(desk.session.commands().ready().await, Outcome::Applied);
        desk
    }

    /// Reads the feed until such an event.
    async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self.session.next().await.unwrap();
            self.told.push((self.clock.now(), event.clone()));
            if wanted(&event) {
                return event;
            }
        }
    }

    /// Reads the feed for a stretch of simulated time: how long a cut or a hold lasts is what these tests are about.
    async fn for_a_stretch(&mut self, stretch: Duration) {
        let end = self.clock.now() + stretch;
        loop {
            let event = tokio::select! {
                biased;
                event = self.session.next() => event.unwrap(),
                () = self.clock.sleep_until(Some(end)) => return,
            };
            self.told.push((self.clock.now(), event));
        }
    }

    /// Reads the feed until the session is live; on which side.
    async fn live(&mut self) -> Side {
        match self.until(|event| matches!(event, Event::Resynced(_))).await {
            Event::Resynced(resynced) => resynced.side,
            _ => unreachable!("nothing else was waited for"),
        }
    }

    async fn call_begins(&self) -> String {
        let (agent, from) = (AGENT.into(), "5550142".into());
        self.pair.world(WorldAction::CallBegin { agent, from, to: None, variables: [].into() }).await.unwrap()
    }

    async fn call_ends(&self, call: &str) {
        self.pair.world(WorldAction::CallEnd { call: call.into() }).await;
    }

    /// A call begins and is told of as it happens, by this side.
    async fn call_on(&mut self, side: Side) -> String {
        let call = self.call_begins().await;
        self.until(|event| started(event, &call, Cause::Live, side)).await;
        call
    }

    /// The call ends, and that too is told of as it happens.
    async fn call_ends_on(&mut self, side: Side, call: &str) {
        self.call_ends(call).await;
        self.until(|event| ended(event, call, Cause::Live, side)).await;
    }

    async fn is_live_on(&mut self, side: Side) {
        let call = self.call_on(side).await;
        self.call_ends_on(side, &call).await;
        assert!(!self.session.picture().stale);
    }

    fn count(&self, kind: impl Fn(&Event) -> bool) -> usize {
        self.told.iter().filter(|(_, event)| kind(event)).count()
    }

    fn switches(&self) -> usize {
        self.count(|event| matches!(event, Event::Switching { .. }))
    }

    fn gaps(&self) -> usize {
        self.count(|event| matches!(event, Event::GapOpened { .. }))
    }
}

fn started(event: &Event, call: &str, why: Cause, on: Side) -> bool {
    matches!(event, Event::DialogStarted { dialog, cause, side, .. } if dialog.id.as_str() == call && *cause == why && *side == on)
}

fn ended(event: &Event, call: &str, why: Cause, on: Side) -> bool {
    matches!(event, Event::DialogEnded { id, cause, side, .. } if id.as_str() == call && *cause == why && *side == on)
}

/// Plays a scenario; returns what the feed told, one line an event with its time.
fn play(seed: u64, profile: Profile, scenario: impl AsyncFnOnce(&mut Desk) + 'static) -> Vec<String> {
    let mut net =
        turmoil::Builder::new().rng_seed(seed).tick_duration(TICK).simulation_duration(LIMIT).build();
    let (sender, jobs) = mpsc::unbounded_channel::<Job>();
    let (pair, start) = (Remote(sender), Cell::new(Some((jobs, profile))));
    net.host(PAIR, move || {
        let start = start.take();
        async move {
            let (mut jobs, profile) = start.ok_or("the pair's host starts once")?;
            let sim = Sim::in_memory(profile, seed);
            sim.add_agent(AgentSpec::new(AGENT, "simulated", "7301"));
            while let Some(job) = jobs.recv().await {
                job(&sim);
            }
            Ok(())
        }
    });
    for (side, host) in [(finesse_sim::Side::A, FIN_A), (finesse_sim::Side::B, FIN_B)] {
        let pair = pair.clone();
        net.host(host, move || {
            let pair = pair.clone();
            async move { tokio::try_join!(front(side, REST, pair.clone()), front(side, XMPP, pair)).map(|_| ()) }
        });
    }
    let told = Rc::new(RefCell::new(Vec::new()));
    let feed = told.clone();
    net.client(DESKTOP, async move {
        let mut desk = Desk::open(pair, seed).await;
        scenario(&mut desk).await;
        let line = |(at, event): &(Duration, Event)| {
            format!("{:.3} {}", at.as_secs_f64(), serde_json::to_string(event).unwrap())
        };
        feed.replace(desk.told.iter().map(line).collect());
        Ok(())
    });
    net.run().unwrap();
    told.take()
}

/// Side A is lost to the desktop and goes on serving; the agent moves, and side A then logs out whom it believes dead.
async fn side_a_is_cut_off(desk: &mut Desk) {
    let before = desk.call_on(Side::A).await;
    turmoil::partition(DESKTOP, FIN_A);
    desk.call_ends(&before).await;
    let during = desk.call_begins().await;

    assert_eq!((desk.live().await, desk.gaps(), desk.switches()), (Side::B, 1, 1));
    assert_eq!(desk.count(|event| ended(event, &before, Cause::Gap, Side::B)), 1);
    assert_eq!(desk.count(|event| started(event, &during, Cause::Gap, Side::B)), 1);
    desk.call_ends_on(Side::B, &during).await;

    let ghost = desk.until(|event| matches!(event, Event::GhostLogout { .. })).await;
    assert!(matches!(ghost, Event::GhostLogout { recovered: true, .. }), "{ghost:?}");
    assert_eq!(desk.pair.forced_logouts().await, 1);
    let agent = desk.pair.with(|sim| sim.truth(AGENT)).await.unwrap();
    assert_eq!((agent.state.as_str(), agent.extension.as_str()), ("READY", "7301"));

    turmoil::repair(DESKTOP, FIN_A);
    desk.until(|event| matches!(event, Event::Health { side: Side::A, status: Status::Ready, .. })).await;
    desk.is_live_on(Side::B).await;
    assert_eq!((desk.gaps(), desk.switches()), (1, 1));
}

#[test]
fn cut_off_from_a_serving_side_the_session_moves_and_repairs_the_forced_logout_of_the_side_it_left() {
    play(1, Profile { load: true, ..Profile::ucce() }, side_a_is_cut_off);
}

#[test]
fn a_side_that_is_left_and_only_takes_ready_away_is_put_right_too() {
    play(2, Profile { load: false, ..Profile::ucce() }, side_a_is_cut_off);
}

#[test]
fn the_same_seed_gives_the_same_feed_and_another_one_another() {
    let feed = |seed| play(seed, Profile { load: true, ..Profile::ucce() }, side_a_is_cut_off);
    let first = feed(11);
    assert_eq!(first, feed(11));
    assert_ne!(first, feed(12));
}

#[test]
fn a_cut_that_heals_within_the_grace_costs_a_stream_but_neither_a_switch_nor_a_logout() {
    play(21, Profile::ucce(), async |desk| {
        let before = desk.call_on(Side::A).await;
        turmoil::partition(DESKTOP, FIN_A);
        desk.call_ends(&before).await;
        // Long enough that a ping is lost with the event, so the stream is dead; short of the 30 s grace.
        desk.for_a_stretch(Duration::from_secs(25)).await;
        turmoil::repair(DESKTOP, FIN_A);

        assert_eq!(desk.live().await, Side::A);
        // By the audit, if it came between the healing and the end of the stream's patience; else in the gap.
        let found = |event: &Event| {
            [Cause::Audit, Cause::Gap].iter().any(|cause| ended(event, &before, *cause, Side::A))
        };
        assert_eq!(desk.count(found), 1);
        // Beyond the time at which side A would take the old stream's client for dead and log him out.
        desk.for_a_stretch(SILENCE + Duration::from_secs(90)).await;
        desk.is_live_on(Side::A).await;
        assert_eq!((desk.gaps(), desk.switches()), (1, 0));
        assert_eq!(desk.pair.forced_logouts().await, 0);
    });
}

#[test]
fn cut_off_from_both_sides_the_session_is_offline_and_finds_what_happened_when_one_is_back() {
    for (seed, healed, side) in [(31, FIN_A, Side::A), (32, FIN_B, Side::B)] {
        play(seed, Profile::ucce(), async move |desk| {
            let before = desk.call_on(Side::A).await;
            turmoil::partition(DESKTOP, FIN_A);
            turmoil::partition(DESKTOP, FIN_B);
            desk.until(|event| matches!(event, Event::Offline { .. })).await;
            assert!(desk.session.picture().stale);
            let refused = desk.session.commands().not_ready(None).await;
            assert!(matches!(refused, Outcome::NotSent { .. }), "{refused:?}");
            desk.call_ends(&before).await;
            let during = desk.call_begins().await;
            turmoil::repair(DESKTOP, healed);

            assert_eq!(desk.live().await, side);
            assert_eq!(desk.count(|event| ended(event, &before, Cause::Gap, side)), 1);
            assert_eq!(desk.count(|event| started(event, &during, Cause::Gap, side)), 1);
            assert_eq!((desk.gaps(), desk.switches()), (1, usize::from(side == Side::B)));
            desk.call_ends_on(side, &during).await;
            desk.is_live_on(side).await;
        });
    }
}

#[test]
fn a_command_whose_packets_are_held_back_is_late_and_applied() {
    play(41, Profile::ucce(), async |desk| {
        turmoil::hold(DESKTOP, FIN_A);
        let commands = desk.session.commands();
        let click = tokio::spawn(async move { commands.not_ready(None).await });
        desk.for_a_stretch(CONNECT_TIMEOUT - Duration::from_millis(500)).await;
        assert!(!click.is_finished());
        turmoil::release(DESKTOP, FIN_A);
        assert_eq!(click.await.unwrap(), Outcome::Applied);
        desk.is_live_on(Side::A).await;
        assert_eq!((desk.gaps(), desk.switches()), (0, 0));
    });
}

#[test]
fn packets_held_back_for_less_than_two_missed_pings_are_no_outage() {
    // At each quarter of the 20 s between pings.
    for quarter in 0..4 {
        play(51 + quarter, Profile::ucce(), async move |desk| {
            desk.for_a_stretch(Duration::from_secs(5 * quarter)).await;
            turmoil::hold(DESKTOP, FIN_A);
            let call = desk.call_begins().await;
            desk.for_a_stretch(Duration::from_secs(9)).await;
            turmoil::release(DESKTOP, FIN_A);
            desk.until(|event| started(event, &call, Cause::Live, Side::A)).await;
            desk.call_ends_on(Side::A, &call).await;
            // Past the patience with pings and with requests, had the hold counted as an outage.
            desk.for_a_stretch(Duration::from_secs(30)).await;
            desk.is_live_on(Side::A).await;
            assert_eq!((desk.gaps(), desk.switches()), (0, 0));
        });
    }
}
