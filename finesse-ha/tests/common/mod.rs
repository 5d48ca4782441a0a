//! A simulated pair in memory, plugged into the client's two seams: the HTTP transport and the dialer.
//!
//! No sockets and no TLS: everything runs under tokio's paused clock, so a run is decided by its seeds.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use finesse_ha::failover::Pair;
use finesse_ha::session::SideAddress;
use finesse_net::{DialError, DialErrorKind, Dialer, Io, Target};
use finesse_rest::{HttpTransport, TransportError, TransportErrorKind};
use finesse_sim::{HttpFault, Port, Side, Sim};

/// The host of side A.
pub(crate) const HOST_A: &str = "fin-a.sim.example";
/// The host of side B.
pub(crate) const HOST_B: &str = "fin-b.sim.example";

/// The pair's addresses; they lead nowhere but into the simulator.
pub(crate) fn pair() -> Pair<SideAddress> {
    let address = |host: &str| SideAddress::new(format!("https://{host}:8445"));
    Pair::of(address(HOST_A), address(HOST_B))
}

fn side_of(host: &str) -> Option<Side> {
    match host {
        HOST_A => Some(Side::A),
        HOST_B => Some(Side::B),
        _ => None,
    }
}

/// REST straight into the simulator.
pub(crate) fn http(sim: &Sim) -> impl HttpTransport + use<> {
    let sim = sim.clone();
    tower::service_fn(move |request| exchange(sim.clone(), request))
}

/// One request straight into the simulator.
pub(crate) async fn exchange(
    sim: Sim,
    request: http::Request<Bytes>,
) -> Result<http::Response<Bytes>, TransportError> {
    let Some(side) = request.uri().host().and_then(side_of) else {
        return Err(TransportError::new(TransportErrorKind::Dns, false, "no such host in the simulation"));
    };
    sim.http(side, request).await.map_err(|fault| match fault {
        HttpFault::NotConnected => {
            TransportError::new(TransportErrorKind::Connect, false, "connection refused")
        }
        _ => TransportError::new(TransportErrorKind::Reset, true, "connection reset"),
    })
}

/// Streams straight into the simulator: what they carry is decided by the port, as in life.
pub(crate) struct SimDialer(pub(crate) Sim);

#[async_trait]
impl Dialer for SimDialer {
    async fn dial(&self, target: &Target) -> Result<Box<dyn Io>, DialError> {
        let Some(side) = side_of(target.host()) else {
            return Err(DialError::new(DialErrorKind::Dns, target, "no such host in the simulation"));
        };
        let stream = match target.port() {
            8445 => self.0.web(side, Port::Rest),
            7443 => self.0.web(side, Port::Bosh),
            _ => self.0.xmpp(side),
        };
        match stream {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => Err(DialError::new(DialErrorKind::Refused, target, error.to_string())),
        }
    }
}

/// The dialer, as sessions take it.
pub(crate) fn dialer(sim: &Sim) -> Arc<dyn Dialer> {
    Arc::new(SimDialer(sim.clone()))
}
