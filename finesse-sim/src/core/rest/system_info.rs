//! `/SystemInfo`: what a side says of itself.

use super::answer::Answer;
use super::roles::Who;
use super::routes::{Route, get};
use crate::core::SimCore;
use crate::core::node::Cti;
use crate::core::time::iso;
use crate::core::xml::Elem;
use crate::{Lie, Side};

pub(super) const ROUTES: &[Route] = &[get("/SystemInfo", Who::Known, |core, call| {
    Ok(Answer::Document(core.system_info(call.side, "SystemInfo")))
})];

impl SimCore {
    /// The side's SystemInfo, or what it says instead. `root` is the name of the element.
    pub(in crate::core) fn system_info(&self, side: Side, root: &str) -> Elem {
        let node = self.node(side);
        let (now, interval) = (self.now, self.profile.heartbeat_interval);
        let (mut heartbeat, mut in_service) = (node.heartbeat(now, interval), node.in_service);
        let mut failing = match node.cti {
            Cti::Up { .. } => false,
            Cti::Unnoticed { .. } => node.missed_heartbeats(now, interval) >= 2,
            Cti::Down | Cti::Recovering => true,
        };
        match node.faults.lie {
            Some((Lie::InService, _)) => (in_service, failing) = (true, false),
            Some((Lie::StaleHeartbeat, since)) => (heartbeat, failing) = (since, true),
            None => {}
        }
        let age = i64::try_from(now.saturating_sub(heartbeat).as_millis()).unwrap_or(i64::MAX);
        let clock = self.clock(side);
        let host = |which: Side| {
            let address = &self.node(which).address;
            let (plain, secure) = match &self.profile.external_notifications[which.index()] {
                Some(external) => (external.xmpp_port, external.xmpp_secure_port),
                None => (address.xmpp_port, address.xmpp_secure_port),
            };
            let elem = Elem::new(if which == Side::A { "primaryNode" } else { "secondaryNode" })
                .leaf("host", address.host.clone());
            if !self.profile.system_info_ports {
                return elem;
            }
            elem.leaf("httpsPort", address.https_port.to_string())
                .leaf("xmppPort", plain.to_string())
                .leaf("xmppSecurePort", secure.to_string())
        };
        let (domain, pubsub_domain) = match &self.profile.external_notifications[side.index()] {
            Some(external) => (external.domain.clone(), external.pubsub_domain.clone()),
            None => (node.domain().to_owned(), format!("pubsub.{}", node.domain())),
        };
        let connected = matches!(node.cti, Cti::Up { .. });
        let seconds = match node.cti {
            Cti::Up { since } => now.saturating_sub(since).as_secs(),
            _ => 0,
        };
        let server = Elem::new("ctiServer")
            .leaf("host", "pg-a.lab.example")
            .leaf("connectedDuration", seconds.to_string())
            .leaf("active", connected.to_string());
        let mut elem = Elem::new(root)
            .leaf("currentTimestamp", iso(clock))
            .leaf("deploymentType", self.profile.deployment_type.clone())
            .leaf("lastCTIHeartbeatStatus", if failing { "failure" } else { "success" })
            .leaf("lastSuccessCTIHeartbeatTime", clock.saturating_sub(age).to_string())
            .leaf("ctiVersion", "24")
            // Whole seconds on the wire; a scaled interval below a second is rounded up.
            .leaf("ctiHeartbeatInterval", interval.as_millis().div_ceil(1000).to_string())
            .leaf("license", if self.profile.is_cce() { "" } else { "PREMIUM" })
            .leaf("peripheralId", "5000")
            .child(host(Side::A))
            .child(host(Side::B))
            .leaf("status", if in_service { "IN_SERVICE" } else { "OUT_OF_SERVICE" })
            .leaf(
                "statusReason",
                if in_service { "" } else { "Finesse is not connected to all of its services" },
            )
            .leaf("systemAuthMode", self.profile.rest.auth_mode.as_str())
            .leaf("timezoneOffset", "0")
            .leaf("uri", "/finesse/api/SystemInfo")
            .leaf("xmppDomain", domain)
            .leaf("xmppPubSubDomain", pubsub_domain);
        if self.profile.extra_elements {
            elem = elem
                .leaf("ctiMMode", "")
                .child(Elem::new("ctiServers").child(server))
                .leaf("ctiTimeInMMode", "-1")
                .leaf("finesseMMode", "")
                .leaf("finesseTimeInMMode", "-1");
        }
        super::super::render::novel(elem, self.profile.extra_elements)
    }
}
