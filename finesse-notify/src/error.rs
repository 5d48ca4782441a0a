//! Why a link could not be opened, why it ended, or why a request on it was refused.
//!
//! Invariants: the kind is decided where the fact is known and never guessed from text; no message contains a secret; an error can be
//! handed to several waiters, so it is cheap to clone.

use std::fmt;
use std::sync::Arc;

use finesse_net::TrustFailure;

/// The class of a failure. Causes for which [`is_final`](Self::is_final) holds must not be retried without a person or a new configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum EndCause {
    /// The connection broke, or the server no longer knows the session.
    Network,
    /// Pings stayed unanswered and nothing else arrived either.
    Silent,
    /// The host name could not be resolved.
    Dns,
    /// The connection was refused: nothing listens on the port.
    Refused,
    /// The deadline passed: of the login as a whole, or of one request on a link that lives on.
    Timeout,
    /// The TLS handshake failed, or the certificate is not trusted.
    Tls,
    /// Somebody else uses the same agent and resource. Reconnecting would start an endless mutual kick.
    Conflict,
    /// The credentials were refused. Trying again may lock the account.
    Auth,
    /// The server's rules, or ours, forbid this session.
    Policy,
    /// The server said that it is shutting down.
    Shutdown,
    /// The peer does not speak the protocol: malformed XML, HTML, missing parts.
    Protocol,
    /// A stanza or a body above the cap.
    TooLarge,
    /// The link was closed by its owner.
    ClosedByUs,
    /// One request was answered with an error. Only requests end so, never a link.
    Rejected,
}

impl EndCause {
    /// The cause as one lower-case word for logs and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Silent => "silent",
            Self::Dns => "dns",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::Conflict => "conflict",
            Self::Auth => "auth",
            Self::Policy => "policy",
            Self::Shutdown => "shutdown",
            Self::Protocol => "protocol",
            Self::TooLarge => "too_large",
            Self::ClosedByUs => "closed_by_us",
            Self::Rejected => "rejected",
        }
    }

    /// True for causes that nobody may answer with a blind retry: conflict, refused credentials, policy.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Conflict | Self::Auth | Self::Policy)
    }
}

impl fmt::Display for EndCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failure of a link or of one request on it: the kind to match on, and words for a person.
#[derive(Clone)]
pub struct LinkError {
    kind: EndCause,
    facts: Arc<Facts>,
}

#[derive(Clone, Default)]
struct Facts {
    operation: Option<String>,
    place: Option<String>,
    detail: String,
    condition: Option<String>,
    trust: Option<TrustFailure>,
    before_stream: bool,
}

impl LinkError {
    /// An error of the given kind; `detail` says what came back and what to do, as a lower-case fragment.
    #[must_use]
    pub fn new(kind: EndCause, detail: impl Into<String>) -> Self {
        Self { kind, facts: Arc::new(Facts { detail: detail.into(), ..Facts::default() }) }
    }

    /// Names the operation, for example "subscribing to /finesse/api/Team/512/Users". The innermost name stays.
    #[must_use]
    pub fn during(mut self, operation: impl Into<String>) -> Self {
        if self.facts.operation.is_none() {
            Arc::make_mut(&mut self.facts).operation = Some(operation.into());
        }
        self
    }

    /// Names the side or address it happened at. The innermost name stays.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        if self.facts.place.is_none() {
            Arc::make_mut(&mut self.facts).place = Some(place.into());
        }
        self
    }

    /// Adds a remark behind the detail, for example what else was tried.
    #[must_use]
    pub fn and(mut self, remark: impl fmt::Display) -> Self {
        let facts = Arc::make_mut(&mut self.facts);
        facts.detail = format!("{}; {remark}", facts.detail);
        self
    }

    /// Adds the server's own name for the error, such as `item-not-found`.
    #[must_use]
    pub fn with_condition(mut self, condition: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.facts).condition = Some(condition.into());
        self
    }

    /// Adds what was wrong with the certificate.
    #[must_use]
    pub fn with_trust_failure(mut self, failure: TrustFailure) -> Self {
        Arc::make_mut(&mut self.facts).trust = Some(failure);
        self
    }

    /// Says that the server never opened its stream: what answers there need not be an XMPP server at all. For transports that `connect`
    /// hands out before the server has spoken.
    #[must_use]
    pub fn before_stream(mut self) -> Self {
        Arc::make_mut(&mut self.facts).before_stream = true;
        self
    }

    /// True when the server never opened its stream, see [`before_stream`](Self::before_stream).
    pub fn is_before_stream(&self) -> bool {
        self.facts.before_stream
    }

    /// The class of the failure.
    pub fn kind(&self) -> EndCause {
        self.kind
    }

    /// True when nobody may retry blindly, see [`EndCause::is_final`].
    pub fn is_final(&self) -> bool {
        self.kind.is_final()
    }

    /// The server's own name for the error, if it gave one: a stream, stanza, SASL or BOSH condition.
    pub fn condition(&self) -> Option<&str> {
        self.facts.condition.as_deref()
    }

    /// What was wrong with the server's certificate, when that was the cause.
    pub fn trust_failure(&self) -> Option<&TrustFailure> {
        self.facts.trust.as_ref()
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = &self.facts.operation {
            f.write_str(operation)?;
            if let Some(place) = &self.facts.place {
                write!(f, " at {place}")?;
            }
            f.write_str(": ")?;
        } else if let Some(place) = &self.facts.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.facts.detail)
    }
}

impl fmt::Debug for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkError({}: {self})", self.kind)
    }
}

impl std::error::Error for LinkError {}

/// Text of a peer, made fit for one line of a message: bounded, and without control characters.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 120;
    let mut short: String =
        text.trim().chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.trim().chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_names_operation_place_and_answer() {
        let error =
            LinkError::new(EndCause::Auth, "not-authorized").during("logging in as 40217").at("fin-a:5223");
        assert_eq!(error.to_string(), "logging in as 40217 at fin-a:5223: not-authorized");
        assert!(error.is_final());
    }

    #[test]
    fn the_innermost_operation_and_place_stay() {
        let error =
            LinkError::new(EndCause::Network, "reset").during("inner").at("here").during("outer").at("there");
        assert_eq!(error.to_string(), "inner at here: reset");
    }

    #[test]
    fn quoted_text_is_bounded_and_on_one_line() {
        let text = quoted(&format!("a\nb{}", "x".repeat(500)));
        assert!(!text.contains('\n'));
        assert!(text.chars().count() <= 121);
    }
}
