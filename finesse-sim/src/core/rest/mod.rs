//! The REST API of a side: which answer a request gets, and the commands it may become.
//!
//! What is in the way comes first, in this order: a proxy without Tomcat, a dead web app, a hang, a side out of service (503),
//! credentials (401), faults on users (500), CTI lost and not noticed (500). Then the table of [`routes`] says what there is
//! (404, 405, 501 on the other platform), who may have it (401) and at which side (403), and a handler answers. SystemInfo
//! stands before the status: it is how clients see the status. What is not below `/finesse/api` belongs to other web apps and
//! does not go out of service.

mod answer;
mod call;
mod client_log;
mod configuration;
mod desktop;
mod devices;
mod dialog;
mod dialog_body;
mod lists;
mod logged;
mod media;
mod monitoring;
mod queue;
mod roles;
mod routes;
mod serviceability;
mod sso;
mod system_info;
mod task;
mod team;
mod team_message;
mod team_resource;
mod user;
mod user_lists;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, SET_COOKIE};
use http::{Method, Request, Response};

use self::answer::{Answer, Manner, Refusal, error, html, plain, unauthorized_page, with_header};
use self::call::Call;
use self::roles::Who;
pub use self::routes::operations;
use self::routes::{Found, Route};
use super::auth::Claim;
use super::node::Cti;
use super::{ListenerState, Output, Port, SimCore, Task};
use crate::{LogKind, Side, percent};

const REQUEST_ID: &str = "requestid";

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
                body: write.then(|| logged::logged(&path, &body)),
                path,
                user: claim.and_then(|claim| claim.user),
                request_id: request_id.clone(),
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
        if !["/finesse/api/", "/desktop/", "/finesse-dp/"].iter().any(|known| path.starts_with(known)) {
            return Some(html(404, "HTTP Status 404"));
        }
        if node.faults.hang.iter().any(|text| path.contains(text.as_str())) {
            return None;
        }
        let segments: Vec<String> = path.trim_matches('/').split('/').map(percent::decode).collect();
        let found = routes::find(parts.method.as_str(), &segments);
        let open = self.needs_no_login(&found);
        if !open && !node.in_service && path.starts_with("/finesse/api/") && !is_system_info(&found) {
            let out = Refusal::new(503, "Service Unavailable", "SERVER_OUT_OF_SERVICE", "");
            return Some(error(&out));
        }
        let query = parts.uri.query().unwrap_or_default();
        let mut call = Call::new(side, &parts.method, &parts.headers, query, request_id, body);
        let asking;
        if !open {
            let Some(claim) = claim else { return Some(unauthorized_page()) };
            let Some(known) = self.authenticate(side, claim, "rest") else {
                return Some(error(&Refusal::role("")));
            };
            asking = known;
            call.role = self.role_of(&asking);
            call.asking = &asking;
            if !is_system_info(&found) && self.fails_now(side, parts.method != Method::GET) {
                return Some(error(&Refusal::new(500, "Internal Server Error", "RUNTIME_EXCEPTION", "")));
            }
        }
        let route = match found {
            Found::Route(route, params) => {
                call.params = params;
                route
            }
            Found::OtherMethod => return Some(error(&Refusal::method())),
            Found::Nothing => return Some(error(&Refusal::not_found(path))),
        };
        if let Some(response) = unsuitable_type(parts, body, route) {
            return Some(response);
        }
        let reply = self.let_in(&call, route).and_then(|()| (route.handler)(self, &call));
        let response = self.as_response(side, reply);
        Some(if !open && self.profile.rest.session_cookie {
            with_header(response, SET_COOKIE, "JSESSIONID=9F2C41D07A; Path=/finesse; Secure; HttpOnly")
        } else {
            response
        })
    }

    /// Whether nobody need say who he is.
    fn needs_no_login(&self, found: &Found) -> bool {
        match found {
            Found::Route(..) if is_system_info(found) => !self.profile.system_info_needs_login,
            Found::Route(route, _) => route.who == Who::Anyone,
            _ => false,
        }
    }

    /// Whether a request meets a fault now.
    fn fails_now(&mut self, side: Side, write: bool) -> bool {
        if self.chance(self.node(side).faults.user_500) {
            return true;
        }
        let odds = if write { self.profile.undetected_500 } else { self.profile.undetected_read_500 };
        matches!(self.node(side).cti, Cti::Unnoticed { .. }) && self.chance(odds)
    }

    /// Whether this platform, this caller and this side go with an operation.
    fn let_in(&self, call: &Call<'_>, route: &Route) -> Result<(), Refusal> {
        if route.cce && !self.profile.is_cce() {
            return Err(self.other_platform(route.path));
        }
        self.admit(call, route.who)?;
        let primary =
            route.primary || (route.primary_for_agents && !self.profile.rest.secondary_serves_agents);
        if primary && call.side != Side::A {
            let message = "The request is accepted by the primary node only";
            return Err(Refusal::new(403, "Forbidden", message, ""));
        }
        Ok(())
    }

    /// What an operation of the other platform gets.
    fn other_platform(&self, what: &str) -> Refusal {
        let status = self.profile.rest.unsupported_status;
        let kind = if status == 501 { "Not Implemented" } else { "Not Found" };
        Refusal::new(status, kind, "The operation is not implemented on this system", what)
    }

    /// Carries out what a handler granted, and gives the response.
    fn as_response(&mut self, side: Side, reply: Result<Answer, Refusal>) -> Response<Bytes> {
        let address = &self.node(side).address;
        let manner = Manner {
            origin: format!("https://{}:{}", address.host, address.https_port),
            read: self.profile.rest.read_status,
            accepted: self.profile.rest.accepted_status,
            declaration: self.profile.rest.xml_declaration,
            guide_spelling: self.profile.rest.guide_spelling,
        };
        match reply {
            Ok(Answer::Document(elem)) => manner.document(manner.read, &elem),
            Ok(Answer::Part(elem)) => manner.document(206, &elem),
            Ok(Answer::Done) => plain(200, "application/xml", String::new()),
            Ok(Answer::DoneHere) => plain(207, "application/xml", String::new()),
            Ok(Answer::Created(path)) => manner.created(&path),
            Ok(Answer::Accepted(commands)) => {
                for command in commands {
                    self.enqueue(side, command);
                }
                plain(manner.accepted, "application/xml", String::new())
            }
            Ok(Answer::Raw(response)) => response,
            Err(refusal) => error(&refusal),
        }
    }
}

fn is_system_info(found: &Found) -> bool {
    matches!(found, Found::Route(route, _) if route.path == "/SystemInfo")
}

/// What a write of the XML API with a body of another type gets.
fn unsuitable_type(parts: &http::request::Parts, body: &[u8], route: &Route) -> Option<Response<Bytes>> {
    if parts.method == Method::GET || body.is_empty() || takes_other_types(route.path) {
        return None;
    }
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    (!kind.to_ascii_lowercase().contains("xml"))
        .then(|| html(415, "HTTP Status 415 - Unsupported Media Type"))
}

/// Operations whose bodies are archives, forms or text of other kinds.
fn takes_other_types(path: &str) -> bool {
    path.starts_with("/desktop") || path.ends_with("/CompressedClientLog") || path.ends_with("csvFileContent")
}
