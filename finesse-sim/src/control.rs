//! The control API: HTTP and JSON, so that programs in any language can put faults in, let calls begin and compare what a
//! client shows with what is true.
//!
//! [`Sim::serve_control`](crate::Sim::serve_control) serves it over plain HTTP on loopback. It is a test tool that only this machine can reach: there is
//! nothing to keep secret, and a script needs no certificate before it can ask for one.
//!
//! | Request | Body | Answer |
//! |---|---|---|
//! | `GET /` | | the requests of this table |
//! | `GET /pair` | | `sides`: `A` and `B` with `rest_url`, `xmpp`, `bosh_url` and `host`; `ca_pem`. All null for a pair in memory |
//! | `POST /agent` | an [`AgentSpec`]; `id`, `password` and `extension` are enough | the agent as added, signed out |
//! | `POST /fault` | a [`Fault`]: `{"fault": "cti_cut", "side": "A"}` | the fault as understood; it has happened |
//! | `POST /world` | a [`WorldAction`]: `{"action": "call_begin", "agent": "1001", "from": "5550142"}` | a [`WorldReply`](crate::WorldReply) |
//! | `GET /truth/{user}` | | the agent as he really is, a [`Truth`](crate::Truth) |
//! | `GET /view/{side}/{user}` | | the agent as that side's REST API would show him |
//! | `GET /log?since=0&limit=1000` | | `entries` from that index on, the index `first` of the first, and `next`, where to go on |
//!
//! Indices of the log count from the start. The log is a ring; where `first` is above `since`, older entries are gone.
//!
//! | Status | Means |
//! |---|---|
//! | 400 | not JSON, not an object of that kind, an unknown name, or a number that makes no sense; the message says which |
//! | 404 | no such path, agent or side |
//! | 405 | the path takes another method |
//! | 409 | the world refuses the action, or the agent is there already |
//! | 413 | the body is above 64 KiB |
//!
//! Every answer that is not 200 is `{"error": "..."}`.

use http::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{AgentSpec, Fault, Side, Sim, WorldAction, percent};

/// The largest body that is read; an agent or a fault has a few hundred bytes.
pub(crate) const BODY_CAP: usize = 64 * 1024;
/// The most log entries of one answer: some 3 MB.
const MAX_ENTRIES: usize = 10_000;

/// What is sent back.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    /// The methods that the path takes, if it was not one of them.
    pub(crate) allow: Option<&'static str>,
}

impl Answer {
    /// A refusal.
    pub(crate) fn error(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, body: json!({ "error": error.into() }), allow: None }
    }
}

type Result<T> = std::result::Result<T, Answer>;

/// Answers one request.
pub(crate) fn answer(sim: &Sim, method: &Method, path: &str, query: Option<&str>, body: &[u8]) -> Answer {
    match respond(sim, method, path, query, body) {
        Ok(body) => Answer { status: StatusCode::OK, body, allow: None },
        Err(answer) => answer,
    }
}

fn respond(sim: &Sim, method: &Method, path: &str, query: Option<&str>, body: &[u8]) -> Result<Value> {
    let parts: Vec<String> = path.trim_matches('/').split('/').map(percent::decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let takes = match parts[..] {
        [""] | ["pair" | "log"] | ["truth", _] | ["view", _, _] => "GET",
        ["agent" | "fault" | "world"] => "POST",
        _ => {
            let error = format!("no {path:?} here; GET / lists what there is");
            return Err(Answer::error(StatusCode::NOT_FOUND, error));
        }
    };
    if method.as_str() != takes {
        let error = format!("{path} takes {takes}, not {method}");
        return Err(Answer { allow: Some(takes), ..Answer::error(StatusCode::METHOD_NOT_ALLOWED, error) });
    }
    match parts[..] {
        ["pair"] => Ok(pair(sim)),
        ["agent"] => agent(sim, read("agent", body)?),
        ["fault"] => fault(sim, read("fault", body)?),
        ["world"] => world(sim, read("action", body)?),
        ["truth", user] => written(&sim.truth(user).ok_or_else(|| no_agent(user))?),
        ["view", side, user] => written(&sim.view(side_of(side)?, user).ok_or_else(|| no_agent(user))?),
        ["log"] => log(sim, query),
        _ => Ok(overview()),
    }
}

fn overview() -> Value {
    json!({
        "requests": [
            "GET /", "GET /pair", "POST /agent", "POST /fault", "POST /world", "GET /truth/{user}", "GET /view/{side}/{user}",
            "GET /log?since=0&limit=1000",
        ],
    })
}

fn pair(sim: &Sim) -> Value {
    json!({
        "sides": { "A": sim.addresses(Side::A), "B": sim.addresses(Side::B) },
        "ca_pem": sim.ca_pem(),
    })
}

fn agent(sim: &Sim, spec: AgentSpec) -> Result<Value> {
    for (name, value) in [("id", &spec.id), ("password", &spec.password), ("extension", &spec.extension)] {
        if value.is_empty() {
            return Err(Answer::error(StatusCode::BAD_REQUEST, format!("agent: {name} is empty")));
        }
    }
    // Put in a second time he would be signed out in the middle of a call.
    if sim.truth(&spec.id).is_some() || sim.truth(&spec.login_name).is_some() {
        return Err(Answer::error(StatusCode::CONFLICT, format!("agent {} is there already", spec.id)));
    }
    let answer = written(&spec)?;
    sim.add_agent(spec);
    Ok(answer)
}

fn fault(sim: &Sim, fault: Fault) -> Result<Value> {
    fault.check().map_err(|error| Answer::error(StatusCode::BAD_REQUEST, format!("fault: {error}")))?;
    if let Some(user) = fault.user().filter(|user| sim.truth(user).is_none()) {
        return Err(no_agent(user));
    }
    let answer = written(&fault)?;
    sim.fault(fault);
    Ok(answer)
}

fn world(sim: &Sim, action: WorldAction) -> Result<Value> {
    let reply = sim.world(action);
    match reply.refused {
        Some(why) => Err(Answer::error(StatusCode::CONFLICT, why)),
        None => written(&reply),
    }
}

fn log(sim: &Sim, query: Option<&str>) -> Result<Value> {
    let (mut since, mut limit) = (0, MAX_ENTRIES);
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let number = value.parse::<u64>().map_err(|_| {
            Answer::error(StatusCode::BAD_REQUEST, format!("log: {name}={value:?} is not a whole number"))
        })?;
        match name {
            "since" => since = number,
            "limit" => limit = usize::try_from(number).unwrap_or(MAX_ENTRIES).min(MAX_ENTRIES),
            _ => {
                let error = format!("log: no parameter {name:?}; there are since and limit");
                return Err(Answer::error(StatusCode::BAD_REQUEST, error));
            }
        }
    }
    let (first, entries) = sim.log_since(since, limit);
    let next = first.saturating_add(entries.len() as u64);
    Ok(json!({ "first": first, "next": next, "entries": written(&entries)? }))
}

fn read<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T> {
    serde_json::from_slice(body)
        .map_err(|error| Answer::error(StatusCode::BAD_REQUEST, format!("{what}: {error}")))
}

fn written(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value)
        .map_err(|error| Answer::error(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

fn side_of(text: &str) -> Result<Side> {
    match text {
        "A" | "a" => Ok(Side::A),
        "B" | "b" => Ok(Side::B),
        _ => Err(Answer::error(StatusCode::NOT_FOUND, format!("no side {text:?}; there are A and B"))),
    }
}

fn no_agent(user: &str) -> Answer {
    Answer::error(StatusCode::NOT_FOUND, format!("no agent {user:?}"))
}
