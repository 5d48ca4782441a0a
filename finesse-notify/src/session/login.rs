//! The login as a pure state machine: features, SASL PLAIN, restart, features, bind, session, presence. It neither waits nor writes; the
//! shell does.
//!
//! | state | stanza | step by step | in two flights |
//! |---|---|---|---|
//! | (begin) | | | sends auth |
//! | `Opening` | features with PLAIN | sends auth | |
//! | | | → `Authenticating` | → `Authenticating` |
//! | `Authenticating` | success | restart | restart, sends bind, session, presence |
//! | | | → `Reopening` | → `Reopening` |
//! | `Authenticating` | failure | ends; one attempt only, because wrong passwords lock the account | the same |
//! | `Reopening` | features with bind | sends bind | |
//! | | | → `Binding` | → `Binding` |
//! | `Binding` | result with JID | session offered: sends it → `Establishing`; else presence, done | session required: → `Establishing`; else done |
//! | `Binding` | error | conflict or refusal: ends | the same |
//! | `Establishing` | result, or error where the session is optional | presence, done | done |
//!
//! A stream error ends every state. Other stanzas that come early are kept, in order and bounded, for the live session.
//!
//! A framing that has the features before anything can be sent begins step by step and writes only the second flight ahead.
//!
//! Not every server takes two flights: it may drop what follows the stream header, or take it for an offence. [`Login::not_taken`] and
//! [`Login::patience`] tell such a server from one that refuses the agent. The password is then written a second time, on a new connection;
//! it was not refused the first time, and it never is tried again once it was.

use secrecy::ExposeSecret as _;

use std::time::Duration;

use super::ids::IdSource;
use super::inbound::Inbound;
use super::stanzas;
use crate::config::SessionConfig;
use crate::error::{EndCause, LinkError, quoted};
use crate::stanza::Stanza;
use crate::transport::Flights;

/// Stanzas kept until the session is live. A server has nothing to say before presence, so a handful is plenty.
const EARLY_LIMIT: usize = 64;

/// How long a server that was written to ahead may take from its features to its answer, and no more than a third of the login's deadline.
/// A slow check of the password is not told from a lost one; 5 s leaves room for another attempt, which waits as long as it may.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the shell has to do next.
#[derive(Debug)]
pub(super) enum Step {
    Send(Stanza),
    Restart,
    /// Logged in under this full JID.
    Done(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Opening,
    Authenticating,
    Reopening,
    Binding {
        id: String,
        session: Option<SessionNeed>,
    },
    Establishing {
        id: String,
        jid: String,
        need: SessionNeed,
    },
    /// The server's word on the agent or the resource; nothing follows.
    Refused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SessionNeed {
    Optional,
    Required,
}

/// What is written ahead of the server's answers.
#[derive(Clone)]
struct Ahead {
    bind: String,
    session: String,
    /// The credentials too.
    auth: bool,
}

pub(super) struct Login<'a> {
    config: &'a SessionConfig,
    node: String,
    ids: IdSource,
    state: State,
    ahead: Option<Ahead>,
    heard: bool,
    early: Vec<Inbound>,
}

impl<'a> Login<'a> {
    /// Refuses at once what no server need be asked about.
    pub(super) fn new(
        config: &'a SessionConfig,
        mut ids: IdSource,
        flights: Option<&Flights>,
    ) -> Result<Self, LinkError> {
        if config.secret.expose_secret().is_empty() {
            return Err(LinkError::new(EndCause::Auth, "the password is empty; nothing was sent"));
        }
        let node = config.node_form.apply(config.login_id.as_str());
        if node.is_empty() || node.chars().any(char::is_control) {
            return Err(LinkError::new(
                EndCause::Auth,
                "the login id cannot be the name in a JID; nothing was sent",
            ));
        }
        let ahead = flights.map(|flights| Ahead {
            bind: ids.next("bind"),
            session: ids.next("session"),
            auth: flights.writes_auth_ahead(),
        });
        Ok(Self { config, node, ids, state: State::Opening, ahead, heard: false, early: Vec::new() })
    }

    /// What is written with the first stream header.
    pub(super) fn begin(&self) -> Vec<Step> {
        if self.auth_is_ahead() { vec![Step::Send(self.auth())] } else { Vec::new() }
    }

    fn auth_is_ahead(&self) -> bool {
        self.ahead.as_ref().is_some_and(|ahead| ahead.auth)
    }

    fn auth(&self) -> Stanza {
        stanzas::auth_plain(&self.node, &self.config.secret)
    }

    /// How long the next answer may take, where a longer silence means that the server dropped what was written ahead.
    pub(super) fn patience(&self) -> Option<Duration> {
        let written = match self.state {
            State::Authenticating => self.auth_is_ahead(),
            State::Binding { .. } => self.ahead.is_some(),
            _ => false,
        };
        written.then(|| PATIENCE.min(self.config.login_deadline / 3))
    }

    /// True when this failure may mean no more than that the server does not take a login in two flights.
    pub(super) fn not_taken(&self, failure: &LinkError) -> bool {
        // Numbers are codes of a WebSocket that is closed.
        const OFFENDED: [&str; 14] = [
            "1002",
            "1007",
            "1008",
            "bad-format",
            "bad-request",
            "invalid-namespace",
            "invalid-xml",
            "not-authorized",
            "not-well-formed",
            "policy-violation",
            "restricted-xml",
            "undefined-condition",
            "unsupported-stanza-type",
            "xml-not-well-formed",
        ];
        // SASL failures and refused resources are the server's word on us; they have been understood.
        let understood = match self.state {
            State::Refused | State::Establishing { .. } => true,
            State::Opening | State::Authenticating | State::Reopening => !self.auth_is_ahead(),
            State::Binding { .. } => false,
        };
        if self.ahead.is_none() || !self.heard || understood {
            return false;
        }
        match failure.condition() {
            Some(condition) => OFFENDED.contains(&condition),
            None => failure.kind() == EndCause::Network,
        }
    }

    /// What the login is doing, for the message when it fails or takes too long.
    pub(super) fn doing(&self) -> &'static str {
        match self.state {
            State::Opening => "waiting for the stream features",
            State::Authenticating => "authenticating",
            State::Reopening => "waiting for the stream features after authentication",
            State::Binding { .. } => "binding the resource",
            State::Establishing { .. } => "establishing the session",
            State::Refused => "being refused",
        }
    }

    /// The id source and what came too early, for the live session.
    pub(super) fn into_rest(self) -> (IdSource, Vec<Inbound>) {
        (self.ids, self.early)
    }

    pub(super) fn on_inbound(&mut self, inbound: Inbound) -> Result<Vec<Step>, LinkError> {
        self.heard = true;
        match inbound {
            Inbound::Stanza(stanza) => self.on_stanza(stanza),
            message @ Inbound::Message(_) => self.keep(message),
        }
    }

    fn on_stanza(&mut self, stanza: Stanza) -> Result<Vec<Step>, LinkError> {
        if stanzas::is_stream_error(&stanza) {
            return Err(stanzas::stream_error(&stanza));
        }
        match (&self.state, stanza.name()) {
            (State::Opening, "features") => {
                let sent = self.auth_is_ahead();
                check_plain(&stanza, sent)?;
                self.state = State::Authenticating;
                Ok(if sent { Vec::new() } else { vec![Step::Send(self.auth())] })
            }
            (State::Authenticating, "success") => {
                self.state = State::Reopening;
                let mut steps = vec![Step::Restart];
                if let Some(ahead) = &self.ahead {
                    steps.push(Step::Send(stanzas::bind(&ahead.bind, &self.config.resource)));
                    steps.push(Step::Send(stanzas::session(&ahead.session)));
                    steps.push(Step::Send(self.presence()));
                }
                Ok(steps)
            }
            (State::Opening | State::Authenticating, "failure") => {
                self.state = State::Refused;
                Err(sasl_failure(&stanza))
            }
            (State::Authenticating, "challenge") => {
                Err(LinkError::new(EndCause::Protocol, "the server answered PLAIN with a challenge"))
            }
            (State::Reopening, "features") => {
                if stanza.child("bind").is_none() {
                    return Err(LinkError::new(
                        EndCause::Protocol,
                        "the server offers no resource binding after authentication",
                    ));
                }
                let session = stanza.child("session").map(|s| {
                    if s.child("optional").is_some() { SessionNeed::Optional } else { SessionNeed::Required }
                });
                if let Some(ahead) = self.ahead.clone() {
                    self.state = State::Binding { id: ahead.bind, session };
                    return Ok(Vec::new());
                }
                let id = self.ids.next("bind");
                let bind = stanzas::bind(&id, &self.config.resource);
                self.state = State::Binding { id, session };
                Ok(vec![Step::Send(bind)])
            }
            (State::Binding { id, session }, "iq") if answers(&stanza, id) => {
                let session = *session;
                self.bound(&stanza, session)
            }
            (State::Establishing { id, jid, need }, "iq") if answers(&stanza, id) => {
                if stanza.attribute("type") == Some("error") && *need == SessionNeed::Required {
                    let (condition, words) = stanzas::error_condition(&stanza);
                    return Err(LinkError::new(
                        EndCause::Protocol,
                        format!("the server refused the session: {words}"),
                    )
                    .with_condition(condition));
                }
                let jid = jid.clone();
                Ok(self.done(jid))
            }
            _ => self.keep(Inbound::Stanza(stanza)),
        }
    }

    fn bound(&mut self, answer: &Stanza, session: Option<SessionNeed>) -> Result<Vec<Step>, LinkError> {
        if answer.attribute("type") == Some("error") {
            self.state = State::Refused;
            return Err(bind_refused(answer, &self.config.resource));
        }
        let jid = answer
            .descend(&["bind", "jid"])
            .map(|j| j.text().trim().to_owned())
            .filter(|j| j.contains('/') && j.len() <= 3071 && !j.chars().any(char::is_control))
            .ok_or_else(|| {
                LinkError::new(EndCause::Protocol, "the server bound the resource but named no full JID")
            })?;
        match (session, self.ahead.clone()) {
            (None, _) | (Some(SessionNeed::Optional), Some(_)) => Ok(self.done(jid)),
            (Some(need), Some(ahead)) => {
                self.state = State::Establishing { id: ahead.session, jid, need };
                Ok(Vec::new())
            }
            (Some(need), None) => {
                let id = self.ids.next("session");
                let session = stanzas::session(&id);
                self.state = State::Establishing { id, jid, need };
                Ok(vec![Step::Send(session)])
            }
        }
    }

    fn done(&self, jid: String) -> Vec<Step> {
        let presence = self.ahead.is_none().then(|| Step::Send(self.presence()));
        presence.into_iter().chain([Step::Done(jid)]).collect()
    }

    fn presence(&self) -> Stanza {
        stanzas::presence(self.config.priority)
    }

    fn keep(&mut self, early: Inbound) -> Result<Vec<Step>, LinkError> {
        if self.early.len() >= EARLY_LIMIT {
            return Err(LinkError::new(
                EndCause::Protocol,
                format!("more than {EARLY_LIMIT} stanzas before the session was established"),
            ));
        }
        self.early.push(early);
        Ok(Vec::new())
    }
}

fn answers(stanza: &Stanza, id: &str) -> bool {
    stanza.attribute("id") == Some(id) && matches!(stanza.attribute("type"), Some("result" | "error"))
}

/// PLAIN is pinned: the stronger mechanisms need a stored verifier, which a server that checks passwords elsewhere does not have.
fn check_plain(features: &Stanza, sent: bool) -> Result<(), LinkError> {
    let Some(mechanisms) = features.child("mechanisms") else {
        return Err(if features.child("starttls").is_some() {
            LinkError::new(
                EndCause::Policy,
                "the server wants STARTTLS on this port; use the TLS port (5223)",
            )
        } else {
            LinkError::new(EndCause::Protocol, "the server offers no SASL mechanisms")
        });
    };
    let offered: Vec<&str> = mechanisms.children().map(|m| m.text().trim()).collect();
    if offered.iter().any(|m| m.eq_ignore_ascii_case("PLAIN")) {
        return Ok(());
    }
    let offered = quoted(&offered.join(", "));
    let password = if sent { "the login was broken off" } else { "the password was not sent" };
    Err(LinkError::new(
        EndCause::Policy,
        format!("the server does not offer SASL PLAIN (it offers: {offered}); {password}"),
    ))
}

fn sasl_failure(failure: &Stanza) -> LinkError {
    let condition = failure.children().find(|c| c.name() != "text").map_or("not-authorized", Stanza::name);
    let (kind, advice) = match condition {
        "temporary-auth-failure" => (EndCause::Network, "the server cannot check passwords just now"),
        "encryption-required" | "mechanism-too-weak" | "invalid-mechanism" => {
            (EndCause::Policy, "the server does not accept SASL PLAIN on this connection")
        }
        "malformed-request" | "incorrect-encoding" | "aborted" => {
            (EndCause::Protocol, "the server did not understand the login")
        }
        "account-disabled" => (EndCause::Auth, "the account is disabled"),
        "credentials-expired" => (EndCause::Auth, "the password or token has expired"),
        _ => (EndCause::Auth, "wrong agent id, password or token; it was tried once and is not tried again"),
    };
    LinkError::new(kind, format!("{}: {advice}", quoted(condition))).with_condition(quoted(condition))
}

fn bind_refused(stanza: &Stanza, resource: &str) -> LinkError {
    let (condition, words) = stanzas::error_condition(stanza);
    let kind = match condition.as_str() {
        "conflict" => EndCause::Conflict,
        "not-authorized" => EndCause::Auth,
        "not-allowed" | "forbidden" | "bad-request" => EndCause::Policy,
        _ => EndCause::Network,
    };
    let advice = if kind == EndCause::Conflict {
        "; a session with this resource exists and the server keeps it"
    } else {
        ""
    };
    LinkError::new(kind, format!("the server refused the resource {resource}: {words}{advice}"))
        .with_condition(condition)
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
