//! A server under the suite: Prosody, or the simulator, with the same handles on both.
//!
//! The behaviours know this type only, so that there is one list of them for every server.

use std::path::Path;

use finesse_sim::profile::Span;
use finesse_sim::{AgentSpec, Fault, LogKind, Profile, Publication, Side, Sim};

use super::client::Places;
use super::prosody::{AGENT, password};
use super::rig::Rig;
use crate::report::Failure;

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Simulator,
    Prosody,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::Simulator, Self::Prosody];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Simulator => "simulator",
            Self::Prosody => "prosody",
        }
    }
}

/// One running server.
pub(crate) enum Peer {
    Prosody(Box<Rig>),
    Simulator(Sim),
}

impl Peer {
    /// Starts a server of this kind.
    pub(crate) async fn start(kind: Kind, domain: &str, home: &Path) -> Result<Self, Failure> {
        match kind {
            Kind::Prosody => Ok(Self::Prosody(Box::new(Rig::start(domain, home).await?))),
            Kind::Simulator => {
                let quick = Span::millis(10, 20);
                let profile = Profile {
                    // As Prosody does it; the other way is shown by the death of the server.
                    shutdown_stream_error: true,
                    notification_start: quick,
                    notification_recovery: quick,
                    webapp_start: quick,
                    webapp_presence_notice: quick,
                    ..Profile::ucce()
                };
                let sim = Sim::serve(profile, 1).await?;
                // The suite subscribes to a team's node, which only its supervisor may.
                let agent = AgentSpec {
                    team: "512".into(),
                    supervisor: true,
                    ..AgentSpec::new(AGENT, password(AGENT), "7301")
                };
                sim.add_agent(agent);
                Ok(Self::Simulator(sim))
            }
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Prosody(_) => Kind::Prosody,
            Self::Simulator(_) => Kind::Simulator,
        }
    }

    pub(crate) fn places(&self) -> Result<Places, Failure> {
        match self {
            Self::Prosody(rig) => Ok(rig.places()),
            Self::Simulator(sim) => {
                let addresses =
                    sim.addresses(Side::A).ok_or_else(|| Failure::new("the pair has no sockets"))?;
                Ok(Places {
                    xmpp: addresses.xmpp,
                    websocket: addresses.websocket_url,
                    bosh: addresses.bosh_url,
                    domain: addresses.host,
                })
            }
        }
    }

    /// What vouches for the server, PEM.
    pub(crate) fn authority(&self) -> &str {
        match self {
            Self::Prosody(rig) => rig.authority.pem(),
            Self::Simulator(sim) => sim.ca_pem().unwrap_or_default(),
        }
    }

    /// Publishes an `Update`.
    pub(crate) async fn publish(&mut self, node: &str, item: &str, update: &str) -> Result<(), Failure> {
        match self {
            Self::Prosody(rig) => rig.publisher.publish(node, item, update).await,
            Self::Simulator(sim) => {
                sim.publish(Side::A, node, item, update);
                Ok(())
            }
        }
    }

    /// Lets the user `finesse` come or go.
    pub(crate) async fn presence(&mut self, available: bool) -> Result<(), Failure> {
        match self {
            Self::Prosody(rig) => rig.publisher.presence(available).await,
            Self::Simulator(sim) => {
                let side = Side::A;
                sim.fault(if available {
                    Fault::RestoreWebapp { side }
                } else {
                    Fault::CrashWebapp { side }
                });
                Ok(())
            }
        }
    }

    /// How many log-ins the server has seen so far.
    pub(crate) fn attempts(&self) -> Result<usize, Failure> {
        match self {
            Self::Prosody(rig) => rig.server.attempts(),
            Self::Simulator(sim) => Ok(sim
                .log()
                .iter()
                .filter(|entry| matches!(&entry.kind, LogKind::Credentials { by, .. } if by == "xmpp"))
                .count()),
        }
    }

    /// Connections stay open and nothing is answered. At the simulator those that are open then stay so for ever.
    pub(crate) fn freeze(&self, still: bool) -> Result<(), Failure> {
        match self {
            Self::Prosody(rig) => rig.server.freeze(still),
            Self::Simulator(sim) => {
                if still {
                    sim.fault(Fault::HalfOpen { side: Side::A, user: None });
                }
                Ok(())
            }
        }
    }

    /// Ends the server politely.
    pub(crate) fn stop(&mut self) -> Result<(), Failure> {
        match self {
            Self::Prosody(rig) => rig.server.stop(),
            Self::Simulator(sim) => {
                sim.fault(Fault::StopNotification { side: Side::A });
                Ok(())
            }
        }
    }

    /// Ends the server as a crash would.
    pub(crate) fn kill(&mut self) -> Result<(), Failure> {
        match self {
            Self::Prosody(rig) => rig.server.kill(),
            Self::Simulator(sim) => {
                sim.fault(Fault::StreamReset { side: Side::A, user: None });
                sim.fault(Fault::StopNotification { side: Side::A });
                Ok(())
            }
        }
    }

    /// Starts it again.
    pub(crate) async fn restart(&mut self) -> Result<(), Failure> {
        match self {
            Self::Prosody(rig) => rig.restart().await,
            Self::Simulator(sim) => {
                let mut publications = sim.publications(Side::A);
                sim.fault(Fault::StartNotification { side: Side::A });
                while let Some(publication) = publications.recv().await {
                    if publication == (Publication::Presence { available: true }) {
                        return Ok(());
                    }
                }
                Err(Failure::new("the pair has ended"))
            }
        }
    }
}
