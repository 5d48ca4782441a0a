//! The one error of this crate: what was tried, on which side, what came back, how far it got, what to do.
//!
//! Invariants: a message never holds a secret and stays on one line; the kind is decided by what came back, never by text, except for the
//! documented words of `ApiErrors`.

use std::fmt;
use std::time::Duration;

use finesse_model::ApiErrors;
use finesse_net::TrustFailure;

use crate::outcome::Fault;

/// The class of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// 502: a proxy got no answer from the server behind it.
    BadGateway,
    /// 400 and the other 4xx without a kind of their own: the server did not like the request.
    BadRequest,
    /// 409.
    Conflict,
    /// No connection: refused, unreachable.
    Connect,
    /// The answer is a Finesse document of the right kind, but cannot be read.
    Decode,
    /// The host name does not resolve.
    Dns,
    /// 403.
    Forbidden,
    /// 504: a proxy waited in vain for the server behind it.
    GatewayTimeout,
    /// The request was refused by this crate before anything was sent.
    InvalidRequest,
    /// The answer does not come from the Finesse API: HTML, JSON, an empty 200, another document, a redirect.
    NotFinesse,
    /// 404. See [`Error::is_webapp_missing`] for one that does not come from the API.
    NotFound,
    /// 501: this kind of Finesse has no such function.
    NotImplemented,
    /// 416: there are no objects in the range that was asked for.
    OutOfRange,
    /// 503 with `SERVER_OUT_OF_SERVICE`: this side is out of service.
    OutOfService,
    /// The connection broke while the exchange was under way.
    Reset,
    /// 403 for a configuration request on the secondary node, which takes none. [`Error::primary`] names the node that does.
    SecondaryNode,
    /// 500 and unusual 5xx.
    ServerError,
    /// Single sign-on wants a person: its answer is a page. [`Error::sign_on_url`] is the address to open in a browser.
    SignOnRequired,
    /// 429: too many requests, usually said by a reverse proxy.
    Throttled,
    /// No answer in time.
    Timeout,
    /// The server's identity was not accepted.
    Tls,
    /// The answer is larger than the cap.
    TooLarge,
    /// 401.
    Unauthorized,
    /// 503 without `SERVER_OUT_OF_SERVICE`.
    Unavailable,
    /// Not sent, because an earlier write to the same object, behind which it waited, got no answer.
    Withheld,
}

impl ErrorKind {
    /// The kind as one lower-case word for logs and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadGateway => "bad_gateway",
            Self::BadRequest => "bad_request",
            Self::Conflict => "conflict",
            Self::Connect => "connect",
            Self::Decode => "decode",
            Self::Dns => "dns",
            Self::Forbidden => "forbidden",
            Self::GatewayTimeout => "gateway_timeout",
            Self::InvalidRequest => "invalid_request",
            Self::NotFinesse => "not_finesse",
            Self::NotFound => "not_found",
            Self::NotImplemented => "not_implemented",
            Self::OutOfRange => "out_of_range",
            Self::OutOfService => "out_of_service",
            Self::Reset => "reset",
            Self::SecondaryNode => "secondary_node",
            Self::ServerError => "server_error",
            Self::SignOnRequired => "sign_on_required",
            Self::Throttled => "throttled",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::TooLarge => "too_large",
            Self::Unauthorized => "unauthorized",
            Self::Unavailable => "unavailable",
            Self::Withheld => "withheld",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far a request got. For a write this says what is known about its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Progress {
    /// Answered, and the answer cannot be used. Only for reads.
    Answered,
    /// Not a byte was written. It has had no effect.
    NotSent,
    /// The server said no. It has had no effect.
    Refused,
    /// Bytes may have been written and nobody said what became of them. The effect is unknown.
    Unanswered,
}

impl Progress {
    /// The progress as one lower-case word for logs and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::NotSent => "not_sent",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An operation that did not succeed.
#[derive(Clone)]
pub struct Error {
    inner: Inner,
}

#[derive(Clone)]
struct Inner {
    operation: String,
    side: String,
    fault: Box<Fault>,
}

impl Error {
    /// An error made by hand, for mocks and for services of one's own. `detail` says what came back, as a lower-case fragment.
    #[must_use]
    pub fn new(kind: ErrorKind, progress: Progress, detail: impl Into<String>) -> Self {
        Self::from_fault(String::new(), String::new(), Box::new(Fault::new(kind, progress, detail)))
    }

    /// Names the operation, for example "reading user 40217", and the side it happened on.
    #[must_use]
    pub fn during(mut self, operation: impl Into<String>, side: impl Into<String>) -> Self {
        self.inner.operation = operation.into();
        self.inner.side = side.into();
        self
    }

    /// Sets the HTTP status, for errors made by hand.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.inner.fault.status = Some(status);
        self
    }

    /// Sets what the API said, for errors made by hand.
    #[must_use]
    pub fn with_api_errors(mut self, errors: ApiErrors) -> Self {
        self.inner.fault.api_errors = Some(errors);
        self
    }

    /// Sets how long to wait, for errors made by hand.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.inner.fault.retry_after = Some(wait);
        self
    }

    /// Sets what was wrong with the server's certificate, for errors made by hand.
    #[must_use]
    pub fn with_trust_failure(mut self, failure: TrustFailure) -> Self {
        self.inner.fault.trust_failure = Some(failure);
        self
    }

    pub(crate) fn from_fault(operation: String, side: String, fault: Box<Fault>) -> Self {
        Self { inner: Inner { operation, side, fault } }
    }

    /// The class.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.fault.kind
    }

    /// How far the request got.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.inner.fault.progress
    }

    /// The HTTP status, if there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.inner.fault.status
    }

    /// What the API said, if it said it in its own form.
    #[must_use]
    pub fn api_errors(&self) -> Option<&ApiErrors> {
        self.inner.fault.api_errors.as_ref()
    }

    /// How long the server asks to wait, at most one hour.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.fault.retry_after
    }

    /// What was wrong with the server's certificate, if that was the cause.
    #[must_use]
    pub fn trust_failure(&self) -> Option<&TrustFailure> {
        self.inner.fault.trust_failure.as_ref()
    }

    /// What was tried, for example "reading user 40217".
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.inner.operation
    }

    /// The base URL of the side.
    #[must_use]
    pub fn side(&self) -> &str {
        &self.inner.side
    }

    /// Whether the credentials were refused. They must not be tried again by themselves: five refusals lock the account for minutes.
    #[must_use]
    pub fn is_auth(&self) -> bool {
        self.kind() == ErrorKind::Unauthorized
    }

    /// Whether the same *read* may succeed later without anybody changing anything. Says nothing about repeating a write; that depends on
    /// [`progress`](Self::progress).
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.is_webapp_missing()
            || matches!(
                self.kind(),
                ErrorKind::BadGateway
                    | ErrorKind::Connect
                    | ErrorKind::Dns
                    | ErrorKind::GatewayTimeout
                    | ErrorKind::OutOfService
                    | ErrorKind::Reset
                    | ErrorKind::ServerError
                    | ErrorKind::Throttled
                    | ErrorKind::Timeout
                    | ErrorKind::Unavailable
            )
    }

    /// Whether the web server answers and the Finesse application behind it is not there: a 404 that is an HTML page. Says something
    /// about the side, where an ordinary 404 says something about the id.
    #[must_use]
    pub fn is_webapp_missing(&self) -> bool {
        self.inner.fault.webapp_missing
    }

    /// The field that cannot be sent, by its name in the API, where this crate refused the request for one.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.inner.fault.field.as_deref()
    }

    /// The primary node as `host` or `host:port`, where a configuration request was sent to the secondary one. Nothing is sent there by itself.
    #[must_use]
    pub fn primary(&self) -> Option<&str> {
        self.inner.fault.primary.as_deref()
    }

    /// The address at which a person signs on, where single sign-on asked for one.
    #[must_use]
    pub fn sign_on_url(&self) -> Option<&str> {
        self.inner.fault.sign_on_url.as_deref()
    }

    fn remedy(&self) -> &'static str {
        if self.is_webapp_missing() {
            return "; the Finesse application is not running there: wait until it is, or use the other side";
        }
        match self.kind() {
            ErrorKind::BadGateway | ErrorKind::GatewayTimeout => "; check the server behind the proxy",
            ErrorKind::Connect => "; check host, port and that Finesse runs",
            ErrorKind::Dns => "; check the host name and the resolver",
            ErrorKind::Forbidden => {
                "; check the role of this user, and that it is the primary node for configuration"
            }
            ErrorKind::SecondaryNode => "; send it with a client of the primary node",
            ErrorKind::SignOnRequired => "; open that address in a browser and sign on",
            ErrorKind::NotFinesse => "; check that the address is that of the Finesse API",
            ErrorKind::OutOfService => "; wait until it is in service, or use the other side",
            ErrorKind::ServerError => "; read the state again before repeating anything",
            ErrorKind::Withheld => "; read the state again, and ask again if it is still wanted",
            ErrorKind::Throttled | ErrorKind::Unavailable => "; wait before trying again",
            ErrorKind::Reset | ErrorKind::Timeout if self.progress() == Progress::Unanswered => {
                "; whether it took effect is unknown: read the state again"
            }
            ErrorKind::Timeout => "; check the network between here and there",
            ErrorKind::TooLarge => "; raise the body cap if the answer is legitimate",
            ErrorKind::Unauthorized => {
                "; check user and password, and do not try again by itself: five refusals lock the account"
            }
            _ => "",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.inner.operation.as_str(), self.inner.side.as_str()) {
            ("", "") => {}
            (operation, "") => write!(f, "{operation}: ")?,
            ("", side) => write!(f, "{side}: ")?,
            (operation, side) => write!(f, "{operation} on {side}: ")?,
        }
        write!(f, "{}{}", self.inner.fault.detail, self.remedy())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}, {}: {self})", self.kind(), self.progress())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match (&self.inner.fault.trust_failure, &self.inner.fault.source) {
            (Some(failure), _) => Some(failure),
            (None, Some(source)) => Some(source),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_operation_side_answer_and_remedy() {
        let error = Error::new(ErrorKind::OutOfService, Progress::Refused, "503 SERVER_OUT_OF_SERVICE")
            .during("reading dialogs of user 1001", "https://fin-b:8445")
            .with_status(503);
        assert_eq!(
            error.to_string(),
            "reading dialogs of user 1001 on https://fin-b:8445: 503 SERVER_OUT_OF_SERVICE; \
             wait until it is in service, or use the other side"
        );
    }

    #[test]
    fn refused_credentials_are_never_worth_a_retry() {
        let error = Error::new(ErrorKind::Unauthorized, Progress::Refused, "401");
        assert!(error.is_auth() && !error.is_retryable());
        let error = Error::new(ErrorKind::OutOfService, Progress::Refused, "503");
        assert!(!error.is_auth() && error.is_retryable());
    }

    #[test]
    fn the_remedy_of_a_timeout_depends_on_what_was_sent() {
        let sent = Error::new(ErrorKind::Timeout, Progress::Unanswered, "no answer in time").to_string();
        let unsent = Error::new(ErrorKind::Timeout, Progress::NotSent, "no connection in time").to_string();
        assert!(sent.contains("unknown") && !unsent.contains("unknown"));
    }
}
