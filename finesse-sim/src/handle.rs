//! The handle to a running pair: the core under a lock, one clock, and what connects it to the front ends.
//!
//! Every call steps the core at once and hands its outputs on before it returns, in their order, so a run is decided by the order of the
//! calls and by tokio's clock alone. Under a paused clock the same seed gives the same run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::core::{Input, ListenerState, NodeAddress, Output, Port, SimCore, StreamEnd, Transport};
use crate::front::bosh::Bosh;
use crate::front::sockets::Sockets;
use crate::tap::{self, Publications, Tap};
use crate::{AgentSpec, Fault, LogEntry, Profile, Side, Truth, WorldAction, WorldReply};

/// Why a request in memory got no answer. A request that hangs gets none either: it stays pending, and the caller's patience ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpFault {
    /// The port refuses; nothing was sent.
    #[error("connection refused")]
    NotConnected,
    /// The connection was reset after the request was sent.
    #[error("connection reset")]
    Reset,
}

/// Where a side can be reached over sockets.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Addresses {
    /// REST base.
    pub rest_url: String,
    /// XMPP over TLS.
    pub xmpp: std::net::SocketAddr,
    /// XMPP without TLS from the first byte; refuses unless the profile says otherwise.
    pub xmpp_plain: std::net::SocketAddr,
    /// WebSocket, where current releases have it (8445).
    pub websocket_url: String,
    /// WebSocket, where older releases have it (7443).
    pub websocket_7443_url: String,
    /// BOSH.
    pub bosh_url: String,
    /// The host name, also the XMPP domain.
    pub host: String,
}

/// What the core says to one stream.
pub(crate) enum Outgoing {
    Send(String),
    Secure,
    End(StreamEnd),
}

/// A running pair. Clones are the same pair; it ends when the last is dropped.
#[derive(Clone)]
pub struct Sim {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Sim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sim")
    }
}

/// What front ends hold; upgrading fails when the pair has ended.
pub(crate) type WeakSim = Weak<Shared>;

pub(crate) struct Shared {
    start: Instant,
    state: Mutex<State>,
    /// The core's next deadline may have moved.
    moved: Arc<Notify>,
    ports: [[watch::Sender<ListenerState>; 4]; 2],
    profile: Profile,
    bosh: [Mutex<Bosh>; 2],
    sockets: Option<Sockets>,
    /// Ticker and listeners; aborted with the last handle.
    tasks: Mutex<JoinSet<()>>,
}

struct State {
    core: SimCore,
    next_id: u64,
    replies: BTreeMap<u64, oneshot::Sender<Result<http::Response<Bytes>, HttpFault>>>,
    streams: BTreeMap<u64, mpsc::UnboundedSender<Outgoing>>,
    taps: Vec<Tap>,
}

impl Sim {
    /// A pair in memory: no sockets, no TLS. Works under tokio's paused clock.
    ///
    /// Must be called inside of a tokio runtime.
    #[must_use]
    pub fn in_memory(profile: Profile, seed: u64) -> Self {
        Self::build(profile, seed, None)
    }

    /// A pair on loopback sockets with TLS, on free ports.
    ///
    /// # Errors
    ///
    /// A port cannot be bound, or the certificates cannot be made.
    pub async fn serve(profile: Profile, seed: u64) -> std::io::Result<Self> {
        let (sockets, bound) = Sockets::bind(profile.expired_certificate)?;
        let sim = Self::build(profile, seed, Some(sockets));
        Sockets::run(&sim.shared, bound)?;
        Ok(sim)
    }

    fn build(profile: Profile, seed: u64, sockets: Option<Sockets>) -> Self {
        let bosh_seed = fastrand::Rng::with_seed(seed ^ 0x0B05);
        let bosh = [
            Mutex::new(Bosh::new(profile.bosh.clone(), bosh_seed.clone())),
            Mutex::new(Bosh::new(profile.bosh.clone(), fastrand::Rng::with_seed(seed ^ 0x0B06))),
        ];
        let mut core = SimCore::new(profile.clone(), seed);
        if let Some(sockets) = &sockets {
            for side in Side::BOTH {
                core.set_addresses(side, sockets.node_address(side));
            }
        }
        let ports =
            Side::BOTH.map(|side| Port::ALL.map(|port| watch::Sender::new(core.listener(side, port))));
        let state =
            State { core, next_id: 0, replies: BTreeMap::new(), streams: BTreeMap::new(), taps: Vec::new() };
        let shared = Arc::new(Shared {
            start: Instant::now(),
            state: Mutex::new(state),
            moved: Arc::new(Notify::new()),
            ports,
            profile,
            bosh,
            sockets,
            tasks: Mutex::new(JoinSet::new()),
        });
        shared.spawn(tick(Arc::downgrade(&shared)));
        Self { shared }
    }

    /// Puts a fault in, or ends one.
    pub fn fault(&self, fault: Fault) {
        self.shared.input(Input::Fault(fault));
    }

    /// Lets something happen in the world.
    pub fn world(&self, action: WorldAction) -> WorldReply {
        let mut state = self.shared.state();
        let now = self.shared.now();
        let (reply, outputs) = state.core.world(now, action);
        self.shared.route(state, outputs);
        reply
    }

    /// Adds an agent, signed out.
    pub fn add_agent(&self, agent: AgentSpec) {
        self.shared.state().core.add_agent(agent);
    }

    /// The agent as he really is.
    #[must_use]
    pub fn truth(&self, user: &str) -> Option<Truth> {
        self.shared.input(Input::Tick);
        self.shared.state().core.truth(user)
    }

    /// The agent as a side's REST API would show him.
    #[must_use]
    pub fn view(&self, side: Side, user: &str) -> Option<Truth> {
        self.shared.input(Input::Tick);
        self.shared.state().core.view(side, user)
    }

    /// What the pair saw and did, oldest first.
    #[must_use]
    pub fn log(&self) -> Vec<LogEntry> {
        self.shared.state().core.log()
    }

    /// Listens to what a side's web app does at its notification service from now on, in order. It begins with the presence of the
    /// user `finesse` as it is now. While the side's own service is stopped nothing is published, as at a real side.
    #[must_use]
    pub fn publications(&self, side: Side) -> Publications {
        let mut state = self.shared.state();
        let (tap, publications) = tap::open(side, state.core.finesse_presence(side));
        state.taps.push(tap);
        publications
    }

    /// Serves the control API, by which programs in any language put faults in and let calls begin, on a free port of
    /// loopback; see [`control`](crate::control) for what it takes. Returns its address.
    ///
    /// # Errors
    ///
    /// No port can be bound.
    pub async fn serve_control(&self) -> std::io::Result<std::net::SocketAddr> {
        let listener = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        self.shared.spawn(crate::front::control::listen(listener, Arc::downgrade(&self.shared)));
        Ok(address)
    }

    /// Publishes a text of the caller's own as the `Update` of an item, at once and escaped: for tests of what a client makes of a wire that
    /// the simulated web app would not write. Nothing in the world changes by it, and [`Sim::publications`] does not tell it.
    pub fn publish(&self, side: Side, node: &str, item_id: &str, update: &str) {
        let (node, item_id, update) = (node.to_owned(), item_id.to_owned(), update.to_owned());
        self.shared.input(Input::Publish { side, node, item_id, update });
    }

    /// The pair behind a front end's handle.
    pub(crate) fn of(weak: &WeakSim) -> Option<Self> {
        weak.upgrade().map(|shared| Self { shared })
    }

    /// Where a side says it can be reached.
    #[must_use]
    pub fn node_address(&self, side: Side) -> NodeAddress {
        self.shared.state().core.addresses(side)
    }

    /// Entries of the log from this index on, at most `limit` of them, with the index of the first. Indices count from the start of
    /// the simulation; what the log has let go by is left out.
    #[must_use]
    pub fn log_since(&self, index: u64, limit: usize) -> (u64, Vec<LogEntry>) {
        self.shared.state().core.log_since(index, limit)
    }

    /// Where a side can be reached over sockets; `None` for a pair in memory.
    #[must_use]
    pub fn addresses(&self, side: Side) -> Option<Addresses> {
        self.shared.sockets.as_ref().map(|sockets| sockets.addresses(side))
    }

    /// The pair's own CA, PEM; `None` for a pair in memory.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.shared.sockets.as_ref().map(Sockets::ca_pem)
    }

    /// Sends a REST request in memory.
    ///
    /// # Errors
    ///
    /// The port refuses, or the connection is reset.
    pub async fn http(
        &self,
        side: Side,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, HttpFault> {
        self.shared.admit(side, Port::Rest).await?;
        self.shared.request(side, request).await
    }

    /// Sends a BOSH request in memory.
    ///
    /// # Errors
    ///
    /// The port refuses, or the connection is reset.
    pub async fn bosh(
        &self,
        side: Side,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, HttpFault> {
        self.shared.admit(side, Port::Bosh).await?;
        crate::front::bosh::exchange(&self.shared, side, request).await
    }

    /// Opens an XMPP byte stream in memory, without TLS. On a black hole it opens and never answers.
    ///
    /// # Errors
    ///
    /// The port refuses.
    pub fn xmpp(&self, side: Side) -> std::io::Result<tokio::io::DuplexStream> {
        // Large enough that neither end waits for the other in ordinary traffic.
        let (near, far) = tokio::io::duplex(256 * 1024);
        match self.shared.listener(side, Port::Xmpp) {
            ListenerState::Refusing => return Err(std::io::ErrorKind::ConnectionRefused.into()),
            ListenerState::BlackHole => self.shared.spawn(async move {
                let _kept = far;
                std::future::pending::<()>().await;
            }),
            ListenerState::Open => {
                let weak = Arc::downgrade(&self.shared);
                self.shared.spawn(crate::front::stream::serve(Box::new(far), weak, side, Transport::Tcp));
            }
        }
        Ok(near)
    }

    /// Opens an HTTP byte stream in memory, without TLS: REST and WebSocket, or BOSH and WebSocket. On a black hole it opens and never
    /// answers.
    ///
    /// # Errors
    ///
    /// The port refuses, or is none of HTTP.
    pub fn web(&self, side: Side, port: Port) -> std::io::Result<tokio::io::DuplexStream> {
        // As for XMPP.
        let (near, far) = tokio::io::duplex(256 * 1024);
        match (port, self.shared.listener(side, port)) {
            (Port::Xmpp | Port::PlainXmpp, _) | (_, ListenerState::Refusing) => {
                return Err(std::io::ErrorKind::ConnectionRefused.into());
            }
            (Port::Rest | Port::Bosh, _) => {
                let weak = Arc::downgrade(&self.shared);
                self.shared.spawn(crate::front::web::serve(far, weak, side, port));
            }
        }
        Ok(near)
    }

    /// Ends the pair at once, whoever else holds a handle: listeners close, streams and requests are cut.
    pub fn shutdown(&self) {
        self.shared.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic inside of the core is a bug that the test sees anyway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Duration {
        self.start.elapsed()
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }

    pub(crate) fn notification_up(&self, side: Side) -> bool {
        self.state().core.notification_up(side)
    }

    pub(crate) fn sockets(&self) -> Option<&Sockets> {
        self.sockets.as_ref()
    }

    pub(crate) fn host(&self, side: Side) -> String {
        self.state().core.addresses(side).host
    }

    pub(crate) fn listener(&self, side: Side, port: Port) -> ListenerState {
        *self.ports[side.index()][port as usize].borrow()
    }

    pub(crate) fn watch(&self, side: Side, port: Port) -> watch::Receiver<ListenerState> {
        self.ports[side.index()][port as usize].subscribe()
    }

    pub(crate) fn bosh(&self, side: Side) -> MutexGuard<'_, Bosh> {
        self.bosh[side.index()].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes when the port is open; refuses, or never returns, when it is not.
    pub(crate) async fn admit(&self, side: Side, port: Port) -> Result<(), HttpFault> {
        match self.listener(side, port) {
            ListenerState::Open => Ok(()),
            ListenerState::Refusing => Err(HttpFault::NotConnected),
            ListenerState::BlackHole => std::future::pending().await,
        }
    }

    /// Hands one input to the core and its outputs on.
    pub(crate) fn input(&self, input: Input) {
        let mut state = self.state();
        let now = self.now();
        let outputs = state.core.step(now, input);
        self.route(state, outputs);
    }

    /// A number for a request or stream that was not used before.
    pub(crate) fn number(&self) -> u64 {
        let mut state = self.state();
        state.next_id += 1;
        state.next_id
    }

    /// Opens a stream in the core; what the core says to it arrives at the receiver.
    pub(crate) fn open_stream(
        &self,
        side: Side,
        transport: Transport,
    ) -> (u64, mpsc::UnboundedReceiver<Outgoing>) {
        let conn = self.number();
        let (sender, receiver) = mpsc::unbounded_channel();
        self.state().streams.insert(conn, sender);
        self.input(Input::XmppOpened { conn, side, transport });
        (conn, receiver)
    }

    /// The stream is over on the client's side.
    pub(crate) fn close_stream(&self, conn: u64, clean: bool) {
        if self.state().streams.remove(&conn).is_some() {
            self.input(Input::XmppClosed { conn, clean });
        }
    }

    /// One request to the core.
    pub(crate) async fn request(
        &self,
        side: Side,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, HttpFault> {
        let id = self.number();
        let (sender, receiver) = oneshot::channel();
        self.state().replies.insert(id, sender);
        self.input(Input::Http { id, side, request });
        let gone = Gone { shared: self, id };
        let answer = receiver.await;
        drop(gone);
        match answer {
            Ok(answer) => answer,
            // The pair has ended; nobody will answer.
            Err(_) => std::future::pending().await,
        }
    }

    /// Hands outputs on. The lock of the step is held until all of them have left: another step must not overtake.
    fn route(&self, mut state: MutexGuard<'_, State>, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::HttpReply { id, response } => {
                    if let Some(reply) = state.replies.remove(&id) {
                        // The client may have gone.
                        let _ = reply.send(Ok(response));
                    }
                }
                Output::HttpReset { id } => {
                    if let Some(reply) = state.replies.remove(&id) {
                        let _ = reply.send(Err(HttpFault::Reset));
                    }
                }
                Output::XmppSend { conn, xml } => {
                    if let Some(stream) = state.streams.get(&conn) {
                        let _ = stream.send(Outgoing::Send(xml));
                    }
                }
                Output::XmppSecure { conn } => {
                    if let Some(stream) = state.streams.get(&conn) {
                        let _ = stream.send(Outgoing::Secure);
                    }
                }
                Output::XmppEnd { conn, how } => {
                    if let Some(stream) = state.streams.remove(&conn) {
                        let _ = stream.send(Outgoing::End(how));
                    }
                }
                Output::Listener { side, port, state: listener } => {
                    self.ports[side.index()][port as usize].send_replace(listener);
                }
                Output::Published { side, publication } => {
                    state.taps.retain(|tap| tap.offer(side, &publication));
                }
            }
        }
        drop(state);
        self.moved.notify_one();
    }
}

/// Tells the core when the client of a request goes away.
struct Gone<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        let pending = self.shared.state().replies.remove(&self.id).is_some();
        if pending {
            self.shared.input(Input::HttpGone { id: self.id });
        }
    }
}

/// Lets time pass in the core. It holds the pair only while it steps, so that the last handle can end it.
async fn tick(weak: WeakSim) {
    loop {
        let Some(shared) = weak.upgrade() else { return };
        let core = shared.state().core.next_deadline();
        let bosh = Side::BOTH.into_iter().filter_map(|side| shared.bosh(side).next_deadline()).min();
        let deadline = [core, bosh].into_iter().flatten().min().map(|at| shared.start + at);
        let moved = shared.moved.clone();
        drop(shared);
        let due = async {
            match deadline {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = moved.notified() => continue,
            () = due => {}
        }
        let Some(shared) = weak.upgrade() else { return };
        shared.input(Input::Tick);
        for side in Side::BOTH {
            crate::front::bosh::tick(&shared, side);
        }
    }
}
