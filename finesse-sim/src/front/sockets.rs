//! The socket front end: TLS on loopback, one listener for each port of each side.
//!
//! A port that refuses is bound and does not listen: the system gives it to nobody else meanwhile, and it comes back as the same port. A black hole
//! keeps its listener, so that TCP connects, and never answers; connections that were open stay open and silent.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::Side;
use crate::ca::Authority;
use crate::core::{ListenerState, NodeAddress, Port, Transport};
use crate::handle::{Addresses, Shared, WeakSim};

/// Connections that wait to be accepted; a port of a pair has few clients.
const BACKLOG: u32 = 128;

/// What is bound.
pub(crate) struct Sockets {
    authority: Authority,
    sides: [SideSockets; 2],
}

struct SideSockets {
    host: String,
    acceptor: TlsAcceptor,
    ports: [SocketAddr; 4],
}

/// The sockets of all ports, bound and not listening, by side and port.
pub(crate) type Bound = Vec<TcpSocket>;

impl Sockets {
    /// Finds free ports and makes certificates.
    pub(crate) fn bind(expired: [bool; 2]) -> std::io::Result<(Self, Bound)> {
        let authority = Authority::new().map_err(|error| std::io::Error::other(error.to_string()))?;
        let mut sides = Vec::new();
        let mut bound = Vec::new();
        for side in Side::BOTH {
            let host = Ipv4Addr::LOCALHOST.to_string();
            let name = match side {
                Side::A => "fin-a.sim.example",
                Side::B => "fin-b.sim.example",
            };
            let config = authority.server(&[name, "localhost", &host], expired[side.index()])?;
            let mut ports = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); 4];
            for port in &mut ports {
                let socket = reserve(*port)?;
                *port = socket.local_addr()?;
                bound.push(socket);
            }
            sides.push(SideSockets { host, acceptor: TlsAcceptor::from(config), ports });
        }
        let sides: [SideSockets; 2] =
            sides.try_into().map_err(|_| std::io::Error::other("a pair has two sides"))?;
        Ok((Self { authority, sides }, bound))
    }

    /// What a side says of itself in SystemInfo.
    pub(crate) fn node_address(&self, side: Side) -> NodeAddress {
        let sockets = &self.sides[side.index()];
        NodeAddress {
            host: sockets.host.clone(),
            https_port: sockets.ports[Port::Rest as usize].port(),
            xmpp_port: sockets.ports[Port::PlainXmpp as usize].port(),
            xmpp_secure_port: sockets.ports[Port::Xmpp as usize].port(),
        }
    }

    pub(crate) fn addresses(&self, side: Side) -> Addresses {
        let sockets = &self.sides[side.index()];
        Addresses {
            rest_url: format!("https://{}", sockets.ports[Port::Rest as usize]),
            xmpp: sockets.ports[Port::Xmpp as usize],
            xmpp_plain: sockets.ports[Port::PlainXmpp as usize],
            websocket_url: format!("wss://{}/ws", sockets.ports[Port::Rest as usize]),
            websocket_7443_url: format!("wss://{}/ws/", sockets.ports[Port::Bosh as usize]),
            bosh_url: format!("https://{}/http-bind/", sockets.ports[Port::Bosh as usize]),
            host: sockets.host.clone(),
        }
    }

    pub(crate) fn acceptor(&self, side: Side) -> TlsAcceptor {
        self.sides[side.index()].acceptor.clone()
    }

    pub(crate) fn ca_pem(&self) -> &str {
        self.authority.pem()
    }

    /// Opens the ports of a pair. Those that do not refuse listen when this returns.
    pub(crate) fn run(shared: &Arc<Shared>, bound: Bound) -> std::io::Result<()> {
        let ports = Side::BOTH.into_iter().flat_map(|side| Port::ALL.map(|port| (side, port)));
        for ((side, port), socket) in ports.zip(bound) {
            let held = match shared.listener(side, port) {
                ListenerState::Refusing => Held::Bound(socket),
                ListenerState::Open | ListenerState::BlackHole => Held::Listening(socket.listen(BACKLOG)?),
            };
            shared.spawn(keep(Arc::downgrade(shared), side, port, held));
        }
        Ok(())
    }
}

/// Binds a port without listening on it: connections are refused, and the system gives it to nobody else.
fn reserve(address: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Connections of the listener before may still be open.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// A port that refuses, and one that does not.
enum Held {
    Bound(TcpSocket),
    Listening(TcpListener),
}

/// Keeps one port as the core wants it.
async fn keep(weak: WeakSim, side: Side, port: Port, mut held: Held) {
    let Some((mut wanted, address)) = weak.upgrade().and_then(|shared| {
        let address = shared.sockets()?.sides[side.index()].ports[port as usize];
        Some((shared.watch(side, port), address))
    }) else {
        return;
    };
    loop {
        let state = *wanted.borrow_and_update();
        held = match (held, state) {
            (Held::Listening(listener), ListenerState::Refusing) => {
                drop(listener);
                Held::Bound(reserve_again(address).await)
            }
            (Held::Bound(socket), ListenerState::Open | ListenerState::BlackHole) => {
                match socket.listen(BACKLOG) {
                    Ok(listener) => Held::Listening(listener),
                    Err(error) => {
                        tracing::error!(%address, %error, "a port of the pair cannot be opened again");
                        return;
                    }
                }
            }
            (held, _) => held,
        };
        let accept = async {
            match &held {
                Held::Listening(listener) if state == ListenerState::Open => listener.accept().await,
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            changed = wanted.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            accepted = accept => {
                let Some(shared) = weak.upgrade() else { return };
                match accepted {
                    Ok((stream, _)) => shared.spawn(connection(stream, weak.clone(), side, port)),
                    Err(error) => {
                        tracing::warn!(%address, %error, "a connection to the pair cannot be accepted");
                        drop(shared);
                        tokio::time::sleep(super::RETRY).await;
                    }
                }
            }
        }
    }
}

/// Reserves a port that was let go a moment ago. Somebody may have been quicker; then it is tried until he goes.
async fn reserve_again(address: SocketAddr) -> TcpSocket {
    loop {
        match reserve(address) {
            Ok(socket) => return socket,
            Err(error) => {
                tracing::warn!(%address, %error, "a port of the pair cannot be bound again");
                tokio::time::sleep(super::RETRY).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, weak: WeakSim, side: Side, port: Port) {
    // Small answers should not wait for the next one.
    let _ = stream.set_nodelay(true);
    if port == Port::PlainXmpp {
        return super::stream::serve(Box::new(stream), weak, side, Transport::PlainTcp).await;
    }
    let Some(acceptor) = weak.upgrade().and_then(|shared| Some(shared.sockets()?.acceptor(side))) else {
        return;
    };
    match acceptor.accept(stream).await {
        Ok(stream) if port == Port::Xmpp => {
            super::stream::serve(Box::new(stream), weak, side, Transport::Tcp).await;
        }
        Ok(stream) => super::web::serve(stream, weak, side, port).await,
        Err(error) => tracing::debug!(%error, "a TLS handshake with the pair failed"),
    }
}
