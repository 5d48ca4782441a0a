//! The REST API of a side: which answer a request gets, and the command it may become.
//!
//! What is in the way comes first, in this order: a proxy without Tomcat, a dead web app, a hang, a side out of service (503),
//! credentials (401), faults on users (500), CTI lost and not noticed (500). A request that gets past all of it is
//! answered by [`user`] or [`dialog`]. SystemInfo stands before the status: it is how clients see the status.

mod dialog;
mod user;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{Method, Request, Response, StatusCode};

use super::auth::Claim;
use super::command::Command;
use super::node::Cti;
use super::render::api_errors;
use super::time::iso;
use super::xml::Elem;
use super::{ListenerState, Output, Port, SimCore, Task};
use crate::{Lie, LogKind, Side, percent};

const REQUEST_ID: &str = "requestid";
/// Characters of a body that go into the log.
const LOGGED_BODY: usize = 2_000;

/// What a handler grants.
pub(super) enum Answer {
    /// 200 with a document.
    Document(Elem),
    /// 202, and this command is queued.
    Accepted(Command),
}

/// An error with an `ApiErrors` body.
pub(super) struct Refusal {
    status: u16,
    kind: &'static str,
    message: String,
    data: String,
}

impl Refusal {
    /// With this status, type, message and data.
    pub(super) fn new(status: u16, kind: &'static str, message: &str, data: &str) -> Self {
        Self { status, kind, message: message.to_owned(), data: data.to_owned() }
    }

    /// 400, a parameter is missing.
    pub(super) fn missing(name: &str) -> Self {
        Self::new(400, "Parameter Missing", &format!("{name} is missing"), name)
    }

    /// 400, a parameter is wrong.
    pub(super) fn invalid(name: &str, value: &str) -> Self {
        Self::new(400, "Invalid Input", &format!("{name} is invalid"), value)
    }

    /// 405.
    pub(super) fn method() -> Self {
        Self::new(405, "Method Not Allowed", "The method is not allowed", "")
    }

    /// 401, somebody else's user.
    pub(super) fn foreign(id: &str) -> Self {
        let message = "The user specified in the authentication credentials and the uri don't match";
        Self::new(401, "Invalid Authorization User Specified", message, id)
    }
}

/// A request that has been let in.
pub(super) struct Call<'a> {
    /// At which side.
    pub(super) side: Side,
    /// Who asks.
    pub(super) asking: &'a str,
    /// GET, PUT, POST.
    pub(super) method: &'a Method,
    /// The client's requestId.
    pub(super) request_id: Option<String>,
    /// The body's root element, if there is a readable one.
    pub(super) body: Option<Elem>,
}

impl SimCore {
    /// A request has arrived.
    pub(super) fn http(&mut self, id: u64, side: Side, request: Request<Bytes>) {
        match self.node(side).ports.get(&Port::Rest) {
            Some(ListenerState::Refusing) => self.out.push(Output::HttpReset { id }),
            Some(ListenerState::BlackHole) | None => {}
            Some(ListenerState::Open) => {
                self.requests.insert(id, side);
                let delay = self.latency(side) / 2;
                self.after(delay, Task::Handle { id, side, request: Box::new(request) });
            }
        }
    }

    /// One log-normal latency.
    fn latency(&mut self, side: Side) -> std::time::Duration {
        // A sum of twelve uniform numbers is normal enough.
        let normal = (0..12).map(|_| self.rng.f64()).sum::<f64>() - 6.0;
        let factor = (normal * self.profile.http_latency_sigma).exp() * self.node(side).faults.slow;
        let longest = self.profile.http_latency_max.mul_f64(self.node(side).faults.slow.max(1.0));
        let seconds = self.profile.http_latency.as_secs_f64() * factor;
        std::time::Duration::try_from_secs_f64(seconds).unwrap_or(longest).min(longest)
    }

    /// A request has come through to the web app. It is carried out even if its client has gone away meanwhile.
    pub(super) fn handle(&mut self, id: u64, side: Side, request: Request<Bytes>) {
        if self.node(side).ports.get(&Port::Rest) != Some(&ListenerState::Open) {
            return;
        }
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        let request_id =
            parts.headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let claim = Claim::of(&parts.headers);
        let response = self.respond(side, &parts, &path, claim.as_ref(), &body, request_id.clone());
        let write = parts.method != Method::GET;
        self.note(
            side,
            LogKind::Request {
                method: parts.method.to_string(),
                path,
                user: claim.and_then(|claim| claim.user),
                request_id: request_id.clone(),
                body: write.then(|| String::from_utf8_lossy(&body).chars().take(LOGGED_BODY).collect()),
                status: response.as_ref().map_or(0, |response| response.status().as_u16()),
            },
        );
        let Some(mut response) = response else { return };
        if let (Some(value), true) = (parts.headers.get(REQUEST_ID), write) {
            response.headers_mut().insert(REQUEST_ID, value.clone());
        }
        let delay = self.latency(side) / 2;
        self.after(delay, Task::Answer { id, response: Box::new(response) });
    }

    /// An answer has come through to the client, if he is still there.
    pub(super) fn answer(&mut self, id: u64, response: Response<Bytes>) {
        if self.requests.remove(&id).is_some() {
            self.out.push(Output::HttpReply { id, response });
        }
    }

    /// The answer to a request; none if it hangs.
    fn respond(
        &mut self,
        side: Side,
        parts: &http::request::Parts,
        path: &str,
        claim: Option<&Claim>,
        body: &[u8],
        request_id: Option<String>,
    ) -> Option<Response<Bytes>> {
        let node = self.node(side);
        if !node.tomcat_up {
            return Some(html(502, "502 Bad Gateway"));
        }
        if !node.webapp_up {
            return Some(html(self.profile.dead_webapp_status, "HTTP Status - Not available"));
        }
        let Some(rest) = path.strip_prefix("/finesse/api/") else {
            return Some(html(404, "HTTP Status 404"));
        };
        if node.faults.hang.iter().any(|text| path.contains(text.as_str())) {
            return None;
        }
        let segments: Vec<String> = rest.trim_end_matches('/').split('/').map(percent::decode).collect();
        let info = parts.method == Method::GET && segments.len() == 1 && segments[0] == "SystemInfo";
        if info && !self.profile.system_info_needs_login {
            return Some(document(200, &self.system_info(side, "SystemInfo")));
        }
        if !info && !node.in_service {
            return Some(error(503, "Service Unavailable", "SERVER_OUT_OF_SERVICE", ""));
        }
        let Some(claim) = claim else { return Some(unauthorized_page()) };
        let Some(asking) = self.authenticate(side, claim, "rest") else {
            return Some(error(401, "Authorization Failure", "UNAUTHORIZED", ""));
        };
        if info {
            return Some(document(200, &self.system_info(side, "SystemInfo")));
        }
        if self.chance(self.node(side).faults.user_500) {
            return Some(error(500, "Internal Server Error", "RUNTIME_EXCEPTION", ""));
        }
        let write = parts.method != Method::GET;
        if matches!(self.node(side).cti, Cti::Unnoticed { .. }) {
            let odds = if write { self.profile.undetected_500 } else { self.profile.undetected_read_500 };
            if self.chance(odds) {
                return Some(error(500, "Internal Server Error", "RUNTIME_EXCEPTION", ""));
            }
        }
        if write && !body.is_empty() {
            let kind =
                parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
            if !kind.to_ascii_lowercase().contains("xml") {
                return Some(html(415, "HTTP Status 415 - Unsupported Media Type"));
            }
        }
        let body = std::str::from_utf8(body).ok().and_then(|text| Elem::parse(text).ok());
        let call = Call { side, asking: &asking, method: &parts.method, request_id, body };
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let reply = match segments[..] {
            ["User", id] => self.rest_user(&call, id),
            ["User", id, "Dialogs"] => self.rest_user_dialogs(&call, id),
            ["Dialog", id] => self.rest_dialog(&call, id),
            _ => Err(Refusal::new(404, "Not Found", "The resource does not exist", path)),
        };
        Some(match reply {
            Ok(Answer::Document(elem)) => document(200, &elem),
            Ok(Answer::Accepted(command)) => {
                self.enqueue(side, command);
                plain(202, "application/xml", String::new())
            }
            Err(Refusal { status, kind, message, data }) => error(status, kind, &message, &data),
        })
    }

    /// The side's SystemInfo, or what it says instead. `root` is the name of the element.
    pub(super) fn system_info(&self, side: Side, root: &str) -> Elem {
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
            .leaf("license", "")
            .leaf("peripheralId", "5000")
            .child(host(Side::A))
            .child(host(Side::B))
            .leaf("status", if in_service { "IN_SERVICE" } else { "OUT_OF_SERVICE" })
            .leaf(
                "statusReason",
                if in_service { "" } else { "Finesse is not connected to all of its services" },
            )
            .leaf("systemAuthMode", "NON_SSO")
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
        elem
    }
}

fn plain(status: u16, kind: &'static str, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, http::HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, http::HeaderValue::from_static("no-cache, no-store"));
    response
}

fn document(status: u16, elem: &Elem) -> Response<Bytes> {
    let prolog = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
    plain(status, "application/xml;charset=UTF-8", format!("{prolog}\n{}\n", elem.pretty()))
}

fn error(status: u16, kind: &str, message: &str, data: &str) -> Response<Bytes> {
    plain(status, "application/xml", api_errors(kind, message, data).compact())
}

fn html(status: u16, title: &str) -> Response<Bytes> {
    let body = format!("<html><head><title>{title}</title></head><body><h1>{title}</h1><hr></body></html>");
    plain(status, "text/html;charset=utf-8", body)
}

/// What a request without usable credentials gets: a page of the container, not a document of the API.
fn unauthorized_page() -> Response<Bytes> {
    let mut response = html(401, "HTTP Status 401 - Unauthorized");
    response
        .headers_mut()
        .insert(WWW_AUTHENTICATE, http::HeaderValue::from_static(r#"Basic realm="finesse""#));
    response
}
