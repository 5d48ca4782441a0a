//! What an answer, or the lack of one, means. Pure functions: status, headers and body in, class and progress out.
//!
//! | came back | kind | progress of a write |
//! |---|---|---|
//! | 2xx | (accepted) | |
//! | 2xx with HTML or JSON | `NotFinesse` | unanswered: somebody else answered, nobody knows what Finesse did |
//! | 3xx | `NotFinesse` | refused |
//! | 400 and other 4xx, 403, 404, 409, 416, 429 | by status | refused |
//! | 401 that names a state, a supervisor or another user | `Forbidden`: the credentials are good | refused |
//! | 401, other | `Unauthorized` | refused |
//! | 408 | `Timeout` | unanswered |
//! | 500 and other 5xx | `ServerError` | unanswered: the queue may hold it |
//! | 501 | `NotImplemented` | refused |
//! | 502 | `BadGateway` | unanswered: a proxy says so before as well as after it has sent the request on |
//! | 503, `SERVER_OUT_OF_SERVICE` | `OutOfService` | refused |
//! | 503, other | `Unavailable` | refused |
//! | 504 | `GatewayTimeout` | unanswered |
//! | nothing, proven not sent | by cause | not sent |
//! | nothing, else | by cause | unanswered |
//!
//! A read differs in one point: an answer that cannot be used is `Answered`, for nothing can have been changed.
//!
//! The desktop's own interfaces speak JSON; what is asked for is said by [`Expects`].
//!
//! Invariants: only XML, and JSON where JSON was asked for, is read as `ApiErrors`; texts of a peer are bounded before they enter a message; no input panics.

use std::time::Duration;

use bytes::Bytes;
use finesse_model::{ApiError, ApiErrors, DecodeError};
use finesse_net::TrustFailure;
use http::header::{CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Response};

use crate::body::Body;
use crate::date;
use crate::error::{ErrorKind, Progress};
use crate::stack::REQUEST_ID;
use crate::transport::{TransportError, TransportErrorKind};

/// The longest wait that a server may ask for. A mistyped header must not silence us for a day.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// Longest piece of a peer's text in a message.
const QUOTE: usize = 160;
/// What the API says while a side is out of service.
const OUT_OF_SERVICE: &str = "SERVER_OUT_OF_SERVICE";

/// What a good answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expects {
    /// Any 2xx, whatever is in it.
    Anything,
    /// A document of the API; for a write, also nothing.
    Document,
    /// JSON.
    Json,
    /// A step of signing on: JSON, a page or a redirect.
    SignOn,
}

/// A good answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The whole body; empty if it is streamed.
    pub(crate) body: Bytes,
    /// The body of a streamed answer.
    pub(crate) stream: Option<Body>,
}

impl Answer {
    /// A header, if it is there and is text.
    pub(crate) fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The id that the server echoed.
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.header(REQUEST_ID)
    }

    /// What the body is, told from its first bytes and its declared type.
    pub(crate) fn content(&self) -> Content {
        content(self.header(CONTENT_TYPE), &self.body)
    }
}

/// Everything about a failure except where it happened.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) kind: ErrorKind,
    pub(crate) progress: Progress,
    pub(crate) status: Option<u16>,
    pub(crate) detail: String,
    pub(crate) api_errors: Option<ApiErrors>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) trust_failure: Option<TrustFailure>,
    pub(crate) webapp_missing: bool,
    /// The field that cannot be sent.
    pub(crate) field: Option<String>,
    /// `host` or `host:port` of the primary node, where the request belongs.
    pub(crate) primary: Option<String>,
    /// Where a person signs on.
    pub(crate) sign_on_url: Option<String>,
    pub(crate) source: Option<TransportError>,
}

impl Fault {
    pub(crate) fn new(kind: ErrorKind, progress: Progress, detail: impl Into<String>) -> Self {
        Self {
            kind,
            progress,
            status: None,
            detail: detail.into(),
            api_errors: None,
            retry_after: None,
            trust_failure: None,
            webapp_missing: false,
            field: None,
            primary: None,
            sign_on_url: None,
            source: None,
        }
    }
}

/// What a body is, told from its first bytes and its declared type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Empty,
    Html,
    Json,
    Other,
    Xml,
}

/// Looks at a body without reading it. Declared types are believed where they say "not XML"; otherwise the bytes decide.
pub(crate) fn content(content_type: Option<&str>, body: &[u8]) -> Content {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    if body.is_empty() {
        return Content::Empty;
    }
    let declared = content_type.unwrap_or_default().to_ascii_lowercase();
    if declared.contains("html") {
        return Content::Html;
    }
    match body[0] {
        b'<' if is_html(body) => Content::Html,
        b'<' => Content::Xml,
        b'{' | b'[' => Content::Json,
        _ if declared.contains("json") => Content::Json,
        _ => Content::Other,
    }
}

/// Whether the root is HTML, looking past an XML declaration and comments.
fn is_html(mut body: &[u8]) -> bool {
    loop {
        let end = if body.starts_with(b"<?") {
            find(body, b"?>").map(|at| at + 2)
        } else if body.starts_with(b"<!--") {
            find(body, b"-->").map(|at| at + 3)
        } else {
            return [&b"<!doctype html"[..], b"<html", b"<head", b"<body"]
                .iter()
                .any(|start| body.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start)));
        };
        let Some(end) = end else {
            return false;
        };
        body = body[end..].trim_ascii_start();
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// An answer: what it means for the operation.
pub(crate) fn of_answer(
    answer: Response<Bytes>,
    write: bool,
    expects: Expects,
) -> Result<Answer, Box<Fault>> {
    let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
    let status = answer.status().as_u16();
    let content = content(header(CONTENT_TYPE), answer.body());
    let redirected = answer.status().is_redirection() && expects == Expects::SignOn;
    if answer.status().is_success() || redirected {
        let good = match (expects, content) {
            (Expects::Anything | Expects::SignOn, _) => true,
            (Expects::Json, content) => content == Content::Json,
            (Expects::Document, Content::Html | Content::Json) => false,
            (Expects::Document, Content::Empty | Content::Other) => write,
            (Expects::Document, Content::Xml) => true,
        };
        if !good {
            return Err(Box::new(not_finesse(status, content, write)));
        }
        let (head, body) = answer.into_parts();
        return Ok(Answer { status, headers: head.headers, body, stream: None });
    }
    let api_errors = match content {
        Content::Xml => {
            std::str::from_utf8(answer.body()).ok().and_then(|text| ApiErrors::from_xml(text).ok())
        }
        Content::Json if expects != Expects::Document => errors_in_json(answer.body()),
        _ => None,
    };
    let (kind, progress) = of_status(status, api_errors.as_ref());
    // For a read the difference between refused and unanswered is only whether anybody said something about it.
    let mut detail = match (&api_errors, content) {
        (Some(errors), _) => format!("{status} {}", words(errors)),
        (None, Content::Empty) => format!("{status} without a body"),
        (None, Content::Html) => format!("{status} with an HTML page instead of a Finesse document"),
        (None, Content::Json) => format!("{status} with JSON instead of a Finesse document"),
        (None, _) => format!("{status} with a body that is no Finesse error"),
    };
    if answer.status().is_redirection()
        && let Some(location) = header(LOCATION)
    {
        detail = format!("{status} redirects to {}, which is not followed", quote(location));
    }
    Err(Box::new(Fault {
        status: Some(status),
        retry_after: header(RETRY_AFTER).and_then(|wait| retry_after(wait, header(DATE))),
        webapp_missing: status == 404 && content == Content::Html,
        api_errors,
        ..Fault::new(kind, progress, detail)
    }))
}

/// The refusal of a desktop interface: `{"status":400,"apiErrors":{"errorType":…,"errorMessage":…,"errorData":…}}`.
fn errors_in_json(body: &[u8]) -> Option<ApiErrors> {
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    let error = value.get("apiErrors")?;
    let text = |name: &str| error.get(name).and_then(|text| text.as_str()).map(str::to_owned);
    Some(ApiErrors::from(vec![ApiError {
        error_type: text("errorType"),
        error_message: text("errorMessage"),
        error_data: text("errorData"),
        ..ApiError::default()
    }]))
}

/// The table of the module, for everything but 2xx.
fn of_status(status: u16, errors: Option<&ApiErrors>) -> (ErrorKind, Progress) {
    match status {
        401 if errors.is_some_and(says_known_but_not_allowed) => (ErrorKind::Forbidden, Progress::Refused),
        401 => (ErrorKind::Unauthorized, Progress::Refused),
        403 => (ErrorKind::Forbidden, Progress::Refused),
        404 => (ErrorKind::NotFound, Progress::Refused),
        408 => (ErrorKind::Timeout, Progress::Unanswered),
        409 => (ErrorKind::Conflict, Progress::Refused),
        416 => (ErrorKind::OutOfRange, Progress::Refused),
        429 => (ErrorKind::Throttled, Progress::Refused),
        400..=499 => (ErrorKind::BadRequest, Progress::Refused),
        501 => (ErrorKind::NotImplemented, Progress::Refused),
        502 => (ErrorKind::BadGateway, Progress::Unanswered),
        503 if errors.is_some_and(says_out_of_service) => (ErrorKind::OutOfService, Progress::Refused),
        503 => (ErrorKind::Unavailable, Progress::Refused),
        504 => (ErrorKind::GatewayTimeout, Progress::Unanswered),
        500..=599 => (ErrorKind::ServerError, Progress::Unanswered),
        300..=399 => (ErrorKind::NotFinesse, Progress::Refused),
        _ => (ErrorKind::NotFinesse, Progress::Unanswered),
    }
}

/// A 401 by which Finesse says that it knows who asks and that this one may not: the wrong state, a supervisor of another team, somebody
/// else's user. Whoever took it for a wrong password would sign agents out for a click at the wrong moment.
fn says_known_but_not_allowed(errors: &ApiErrors) -> bool {
    // The last three are spellings of one: of users, of mobile agents, of a team's settings.
    let types = [
        "Invalid State",
        "Invalid Supervisor",
        "Invalid Authorization User Specified",
        "Invalid User Authorization Specified",
        "Invalid Authorization",
    ];
    errors
        .items
        .iter()
        .filter_map(|error| error.error_type.as_deref())
        .any(|error_type| types.iter().any(|known| known.eq_ignore_ascii_case(error_type.trim())))
}

fn says_out_of_service(errors: &ApiErrors) -> bool {
    errors
        .items
        .iter()
        .filter_map(|error| error.error_message.as_deref())
        .any(|message| message.trim().eq_ignore_ascii_case(OUT_OF_SERVICE))
}

/// No answer: what that means for the operation.
pub(crate) fn of_failure(error: &TransportError, write: bool) -> Fault {
    let kind = match error.kind() {
        TransportErrorKind::Connect => ErrorKind::Connect,
        TransportErrorKind::Dns => ErrorKind::Dns,
        TransportErrorKind::Reset => ErrorKind::Reset,
        TransportErrorKind::Timeout => ErrorKind::Timeout,
        TransportErrorKind::Tls(_) => ErrorKind::Tls,
        TransportErrorKind::TooLarge => ErrorKind::TooLarge,
        TransportErrorKind::Other if error.sent() => ErrorKind::Reset,
        TransportErrorKind::Other => ErrorKind::Connect,
    };
    let progress = match (error.sent(), kind) {
        (false, _) => Progress::NotSent,
        (true, ErrorKind::TooLarge) if !write => Progress::Answered,
        (true, _) => Progress::Unanswered,
    };
    let trust_failure = match error.kind() {
        TransportErrorKind::Tls(failure) => Some(failure.clone()),
        _ => None,
    };
    Fault { trust_failure, source: Some(error.clone()), ..Fault::new(kind, progress, error.detail()) }
}

/// A 2xx answer whose document is not the wanted one.
pub(crate) fn of_decode(error: &DecodeError, status: u16) -> Fault {
    use finesse_model::DecodeErrorKind as Decode;
    let kind = match error.kind() {
        Decode::Empty | Decode::Html | Decode::Json | Decode::NotXml | Decode::WrongRoot => {
            ErrorKind::NotFinesse
        }
        Decode::TooLarge => ErrorKind::TooLarge,
        _ => ErrorKind::Decode,
    };
    Fault {
        status: Some(status),
        ..Fault::new(kind, Progress::Answered, format!("{status}, {}", quote(&error.to_string())))
    }
}

fn not_finesse(status: u16, content: Content, write: bool) -> Fault {
    let found = match content {
        Content::Empty => "an empty body",
        Content::Html => "an HTML page",
        Content::Json => "JSON",
        Content::Other | Content::Xml => "an unknown body",
    };
    let progress = if write { Progress::Unanswered } else { Progress::Answered };
    let detail = format!("{status} with {found} instead of a Finesse document");
    Fault { status: Some(status), ..Fault::new(ErrorKind::NotFinesse, progress, detail) }
}

/// Type, message and data of the first errors.
fn words(errors: &ApiErrors) -> String {
    let mut text = String::new();
    // More than three help nobody in one line.
    for error in errors.items.iter().take(3) {
        let parts = [&error.error_type, &error.error_message, &error.error_data];
        let parts: Vec<String> =
            parts.into_iter().flatten().map(|part| quote(part)).filter(|part| !part.is_empty()).collect();
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(&parts.join(", "));
    }
    if text.is_empty() { String::from("with empty ApiErrors") } else { text }
}

/// Text of a peer, bounded and on one line.
pub(crate) fn quote(text: &str) -> String {
    let mut short: String =
        text.trim().chars().take(QUOTE).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.trim().chars().nth(QUOTE).is_some() {
        short.push('…');
    }
    short
}

/// `Retry-After` in seconds, or as a date. A date is compared with the server's own `Date`, so clocks need not agree.
fn retry_after(value: &str, now: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    let seconds = match value.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => u64::try_from(date::http_date(value)?.saturating_sub(date::http_date(now?)?)).unwrap_or(0),
    };
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
