//! A simulated pair in memory, plugged into the client's two seams: the HTTP transport and the dialer. Beside it, what every run is checked for.
//!
//! No sockets and no TLS: everything runs under tokio's paused clock, so a run is decided by its seeds. The simulation of `xtask` uses this too.

pub(crate) mod always;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

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

/// A side of the client's as the simulator names it.
pub(crate) fn sim_side(side: finesse_ha::side::Side) -> Side {
    match side {
        finesse_ha::side::Side::A => Side::A,
        finesse_ha::side::Side::B => Side::B,
    }
}

fn side_of(host: &str) -> Option<Side> {
    match host {
        HOST_A => Some(Side::A),
        HOST_B => Some(Side::B),
        _ => None,
    }
}

/// The ids of all requests of which something was written, whatever became of them: also of those that the pair never saw.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wire(Arc<Mutex<BTreeSet<String>>>);

impl Wire {
    fn note(&self, id: Option<&str>, written: bool) {
        let Some(id) = id else { return };
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if written {
            ids.insert(id.to_owned());
        } else {
            ids.remove(id);
        }
    }

    /// All of them.
    pub(crate) fn ids(&self) -> BTreeSet<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// REST straight into the simulator.
pub(crate) fn http(sim: &Sim, wire: &Wire) -> impl HttpTransport + use<> {
    let (sim, wire) = (sim.clone(), wire.clone());
    tower::service_fn(move |request| exchange(sim.clone(), wire.clone(), request))
}

/// One request straight into the simulator.
pub(crate) async fn exchange(
    sim: Sim,
    wire: Wire,
    request: http::Request<Bytes>,
) -> Result<http::Response<Bytes>, TransportError> {
    let Some(side) = request.uri().host().and_then(side_of) else {
        return Err(TransportError::new(TransportErrorKind::Dns, false, "no such host in the simulation"));
    };
    let id = request.headers().get("requestId").and_then(|id| id.to_str().ok()).map(str::to_owned);
    // Before it is answered: whoever gives a request up while it hangs has sent it all the same.
    wire.note(id.as_deref(), true);
    sim.http(side, request).await.map_err(|fault| match fault {
        HttpFault::NotConnected => {
            wire.note(id.as_deref(), false);
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
