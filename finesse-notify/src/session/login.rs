//! The login as a pure state machine: features, SASL PLAIN, restart, features, bind, session. It neither waits nor writes; the shell does.
//!
//! | state | stanza | next |
//! |---|---|---|
//! | `Opening` | features with PLAIN | sends auth → `Authenticating` |
//! | `Authenticating` | success | restart → `Reopening` |
//! | `Authenticating` | failure | ends; one attempt only, because wrong passwords lock the account |
//! | `Reopening` | features with bind | sends bind → `Binding` |
//! | `Binding` | result with JID | session offered: sends it → `Establishing`; else done |
//! | `Binding` | error | conflict or refusal: ends |
//! | `Establishing` | result, or error where the session is optional | done |
//!
//! A stream error ends every state. Other stanzas that come early are kept, in order and bounded, for the live session.

use secrecy::ExposeSecret as _;

use super::ids::IdSource;
use super::stanzas;
use crate::config::SessionConfig;
use crate::error::{EndCause, LinkError, quoted};
use crate::stanza::Stanza;

/// Stanzas kept until the session is live. A server has nothing to say before presence, so a handful is plenty.
const EARLY_LIMIT: usize = 64;

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
    Binding { id: String, session: Option<SessionNeed> },
    Establishing { id: String, jid: String, need: SessionNeed },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SessionNeed {
    Optional,
    Required,
}

pub(super) struct Login<'a> {
    config: &'a SessionConfig,
    node: String,
    ids: IdSource,
    state: State,
    early: Vec<Stanza>,
}

impl<'a> Login<'a> {
    /// Refuses at once what no server need be asked about.
    pub(super) fn new(config: &'a SessionConfig, ids: IdSource) -> Result<Self, LinkError> {
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
        Ok(Self { config, node, ids, state: State::Opening, early: Vec::new() })
    }

    /// What the login is doing, for the message when it fails or takes too long.
    pub(super) fn doing(&self) -> &'static str {
        match self.state {
            State::Opening => "waiting for the stream features",
            State::Authenticating => "authenticating",
            State::Reopening => "waiting for the stream features after authentication",
            State::Binding { .. } => "binding the resource",
            State::Establishing { .. } => "establishing the session",
        }
    }

    /// The id source and the stanzas that came too early, for the live session.
    pub(super) fn into_rest(self) -> (IdSource, Vec<Stanza>) {
        (self.ids, self.early)
    }

    pub(super) fn on_stanza(&mut self, stanza: Stanza) -> Result<Option<Step>, LinkError> {
        if stanzas::is_stream_error(&stanza) {
            return Err(stanzas::stream_error(&stanza));
        }
        match (&self.state, stanza.name()) {
            (State::Opening, "features") => {
                check_plain(&stanza)?;
                self.state = State::Authenticating;
                Ok(Some(Step::Send(stanzas::auth_plain(&self.node, &self.config.secret))))
            }
            (State::Authenticating, "success") => {
                self.state = State::Reopening;
                Ok(Some(Step::Restart))
            }
            (State::Authenticating, "failure") => Err(sasl_failure(&stanza)),
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
                let id = self.ids.next("bind");
                let bind = stanzas::bind(&id, &self.config.resource);
                self.state = State::Binding { id, session };
                Ok(Some(Step::Send(bind)))
            }
            (State::Binding { id, session }, "iq") if answers(&stanza, id) => {
                if stanza.attribute("type") == Some("error") {
                    return Err(bind_refused(&stanza, &self.config.resource));
                }
                let jid = stanza
                    .descend(&["bind", "jid"])
                    .map(|j| j.text().trim().to_owned())
                    .filter(|j| j.contains('/') && j.len() <= 3071 && !j.chars().any(char::is_control))
                    .ok_or_else(|| {
                        LinkError::new(
                            EndCause::Protocol,
                            "the server bound the resource but named no full JID",
                        )
                    })?;
                match *session {
                    None => Ok(Some(Step::Done(jid))),
                    Some(need) => {
                        let id = self.ids.next("session");
                        let session = stanzas::session(&id);
                        self.state = State::Establishing { id, jid, need };
                        Ok(Some(Step::Send(session)))
                    }
                }
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
                Ok(Some(Step::Done(jid.clone())))
            }
            _ => self.keep(stanza),
        }
    }

    fn keep(&mut self, stanza: Stanza) -> Result<Option<Step>, LinkError> {
        if self.early.len() >= EARLY_LIMIT {
            return Err(LinkError::new(
                EndCause::Protocol,
                format!("more than {EARLY_LIMIT} stanzas before the session was established"),
            ));
        }
        self.early.push(stanza);
        Ok(None)
    }
}

fn answers(stanza: &Stanza, id: &str) -> bool {
    stanza.attribute("id") == Some(id) && matches!(stanza.attribute("type"), Some("result" | "error"))
}

/// PLAIN is pinned: the stronger mechanisms need a stored verifier, which a server that checks passwords elsewhere does not have.
fn check_plain(features: &Stanza) -> Result<(), LinkError> {
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
    Err(LinkError::new(
        EndCause::Policy,
        format!("the server does not offer SASL PLAIN (it offers: {offered}); the password was not sent"),
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
mod tests {
    use finesse_model::UserId;

    use super::*;

    const FEATURES: &str = "<features><mechanisms><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></mechanisms></features>";

    fn config(secret: &str) -> SessionConfig {
        SessionConfig::builder(UserId::new("40217").unwrap(), secret.to_owned().into(), "d")
            .resource("r")
            .seed(1)
            .build()
            .unwrap()
    }

    fn stanza(text: &str) -> Stanza {
        Stanza::parse(text).unwrap()
    }

    fn send(step: Option<Step>) -> Stanza {
        match step {
            Some(Step::Send(stanza)) => stanza,
            other => panic!("expected to send, got {other:?}"),
        }
    }

    #[test]
    fn the_whole_login_step_by_step() {
        let config = config("s3cret");
        let mut login = Login::new(&config, IdSource::new(Some(1))).unwrap();
        let auth = send(login.on_stanza(stanza(FEATURES)).unwrap());
        assert_eq!((auth.attribute("mechanism"), auth.text()), (Some("PLAIN"), "ADQwMjE3AHMzY3JldA=="));
        assert!(matches!(login.on_stanza(stanza("<success/>")).unwrap(), Some(Step::Restart)));
        let bind = send(
            login.on_stanza(stanza("<features><bind/><session><optional/></session></features>")).unwrap(),
        );
        assert_eq!(bind.descend(&["bind", "resource"]).unwrap().text(), "r");
        assert!(login.on_stanza(stanza("<presence from='x'/>")).unwrap().is_none());
        let id = bind.attribute("id").unwrap();
        let session = send(
            login
                .on_stanza(stanza(&format!(
                    "<iq type='result' id='{id}'><bind><jid>40217@d/r</jid></bind></iq>"
                )))
                .unwrap(),
        );
        let id = session.attribute("id").unwrap();
        let done = login.on_stanza(stanza(&format!("<iq type='error' id='{id}'><error/></iq>"))).unwrap();
        assert!(matches!(done, Some(Step::Done(jid)) if jid == "40217@d/r"));
        assert_eq!(login.into_rest().1.len(), 1);
    }

    #[test]
    fn without_plain_nothing_is_sent() {
        let config = config("s3cret");
        let mut login = Login::new(&config, IdSource::new(Some(1))).unwrap();
        let error = login
            .on_stanza(stanza(
                "<features><mechanisms><mechanism>SCRAM-SHA-1</mechanism></mechanisms></features>",
            ))
            .unwrap_err();
        assert_eq!(error.kind(), EndCause::Policy);
        assert!(error.to_string().contains("SCRAM-SHA-1"));
    }

    #[test]
    fn a_refused_password_is_final_and_a_busy_back_end_is_not() {
        for (failure, kind) in [
            ("<failure><not-authorized/></failure>", EndCause::Auth),
            ("<failure/>", EndCause::Auth),
            ("<failure><temporary-auth-failure/></failure>", EndCause::Network),
        ] {
            let config = config("s3cret");
            let mut login = Login::new(&config, IdSource::new(Some(1))).unwrap();
            login.on_stanza(stanza(FEATURES)).unwrap();
            let error = login.on_stanza(stanza(failure)).unwrap_err();
            assert_eq!(error.kind(), kind);
            assert!(!error.to_string().contains("s3cret"));
        }
    }

    #[test]
    fn an_empty_password_is_refused_here() {
        let config = config("");
        assert_eq!(Login::new(&config, IdSource::new(Some(1))).err().map(|e| e.kind()), Some(EndCause::Auth));
    }

    #[test]
    fn a_flood_before_the_session_ends_the_login() {
        let config = config("s3cret");
        let mut login = Login::new(&config, IdSource::new(Some(1))).unwrap();
        let error = (0..1000).find_map(|_| login.on_stanza(stanza("<message/>")).err()).unwrap();
        assert_eq!(error.kind(), EndCause::Protocol);
    }

    #[test]
    fn a_required_session_must_succeed() {
        let config = config("s3cret");
        let mut login = Login::new(&config, IdSource::new(Some(1))).unwrap();
        login.on_stanza(stanza(FEATURES)).unwrap();
        login.on_stanza(stanza("<success/>")).unwrap();
        let bind = send(login.on_stanza(stanza("<features><bind/><session/></features>")).unwrap());
        let id = bind.attribute("id").unwrap();
        let session = send(
            login
                .on_stanza(stanza(&format!("<iq type='result' id='{id}'><bind><jid>a@d/r</jid></bind></iq>")))
                .unwrap(),
        );
        let id = session.attribute("id").unwrap();
        let error = login
            .on_stanza(stanza(&format!(
                "<iq type='error' id='{id}'><error><internal-server-error/></error></iq>"
            )))
            .unwrap_err();
        assert_eq!(error.condition(), Some("internal-server-error"));
    }
}
