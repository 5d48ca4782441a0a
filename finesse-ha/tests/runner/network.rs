//! The way from this client to each side, which can be cut without the side noticing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use finesse_net::{DialError, DialErrorKind, Dialer, Io, Target};
use finesse_rest::{HttpTransport, TransportError, TransportErrorKind};
use finesse_sim::{Side, Sim};

use super::case::{Path, Which};
use crate::common::{HOST_A, SimDialer, Wire, exchange};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Way {
    #[default]
    Open,
    Refuses,
    BlackHole,
}

/// What is wrong with the ways; shared by all who go them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Network(Arc<Mutex<[[Way; 2]; 2]>>);

impl Network {
    fn ways(&self) -> MutexGuard<'_, [[Way; 2]; 2]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a way. Streams that are open stay open.
    pub(crate) fn set(&self, path: Path) {
        let (side, only, way) = match path {
            Path::Refuse { side, only } => (side, only, Way::Refuses),
            Path::BlackHole { side, only } => (side, only, Way::BlackHole),
            Path::Open { side } => (side, None, Way::Open),
        };
        for which in [Which::Rest, Which::Stream] {
            if only.is_none_or(|only| only == which) {
                self.ways()[side.index()][which as usize] = way;
            }
        }
    }

    fn way(&self, host: &str, which: Which) -> Way {
        let side = if host == HOST_A { Side::A } else { Side::B };
        self.ways()[side.index()][which as usize]
    }
}

/// REST by way of the network.
pub(crate) fn http(network: &Network, sim: &Sim, wire: &Wire) -> impl HttpTransport + use<> {
    let (network, sim, wire) = (network.clone(), sim.clone(), wire.clone());
    tower::service_fn(move |request: http::Request<Bytes>| {
        let way = network.way(request.uri().host().unwrap_or_default(), Which::Rest);
        let (sim, wire) = (sim.clone(), wire.clone());
        async move {
            match way {
                Way::Open => exchange(sim, wire, request).await,
                Way::BlackHole => std::future::pending().await,
                Way::Refuses => {
                    let why = "the network refuses the connection";
                    Err(TransportError::new(TransportErrorKind::Connect, false, why))
                }
            }
        }
    })
}

/// Streams by way of the network.
pub(crate) struct NetworkDialer(pub(crate) Network, pub(crate) Sim);

#[async_trait]
impl Dialer for NetworkDialer {
    async fn dial(&self, target: &Target) -> Result<Box<dyn Io>, DialError> {
        match self.0.way(target.host(), Which::Stream) {
            Way::Open => SimDialer(self.1.clone()).dial(target).await,
            Way::BlackHole => std::future::pending().await,
            Way::Refuses => {
                Err(DialError::new(DialErrorKind::Refused, target, "the network refuses the connection"))
            }
        }
    }
}
