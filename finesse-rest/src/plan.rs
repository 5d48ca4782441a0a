//! One request as an operation writes it, before it is sent: method, path, content, what a good answer is.
//!
//! Invariants: every piece of a path that a caller gives becomes one segment, percent-encoded, so that no id can mean another resource;
//! contents, headers and queries are never printed, for a password or a token may stand there.

use std::fmt::{self, Write as _};

use bytes::Bytes;
use finesse_model::request::RequestError;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::base::{encode, segment};
use crate::outcome::Expects;

/// Which nodes take a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TakenBy {
    /// Both.
    EveryNode,
    /// Perhaps the primary one only: it is sent, and a 403 is looked into.
    PerhapsPrimary,
    /// The primary one only: at the secondary one it is not sent.
    Primary,
}

/// A request to be sent.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) method: Method,
    /// Path and query: below `/finesse/api`, or from the root where it begins with `/desktop` or `/finesse`.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) expects: Expects,
    /// Whether the answer is read piece by piece.
    pub(crate) streamed: bool,
    /// Whether it must not carry credentials.
    pub(crate) anonymous: bool,
    pub(crate) taken_by: TakenBy,
}

impl Plan {
    /// A request without content that wants a document.
    pub(crate) fn new(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            expects: Expects::Document,
            streamed: false,
            anonymous: false,
            taken_by: TakenBy::EveryNode,
        }
    }

    /// A read.
    pub(crate) fn get(path: String) -> Self {
        Self::new(Method::GET, path)
    }

    /// With an XML document.
    pub(crate) fn xml(mut self, body: String) -> Self {
        self.body = Bytes::from(body);
        self
    }

    /// With content of this type.
    pub(crate) fn content(mut self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type))
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub(crate) fn expects(mut self, expects: Expects) -> Self {
        self.expects = expects;
        self
    }

    pub(crate) fn streamed(mut self) -> Self {
        self.streamed = true;
        self
    }

    pub(crate) fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    pub(crate) fn primary_only(mut self) -> Self {
        self.taken_by = TakenBy::Primary;
        self
    }

    /// Agents may read it too, and the guide does not say whether they may at the secondary node.
    pub(crate) fn perhaps_primary(mut self) -> Self {
        self.taken_by = TakenBy::PerhapsPrimary;
        self
    }

    /// Whether it changes something.
    pub(crate) fn is_write(&self) -> bool {
        !matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS)
    }

    /// The object that a write is about: a user, a dialog, a user in a media routing domain, or any other `/Name/id`. Writes to one object are sent
    /// one after the other. None for what makes a new object, for reads, and for the desktop's own interfaces, where every user asks the same path.
    pub(crate) fn object(&self) -> Option<&str> {
        if !self.is_write() || self.path.starts_with("/desktop/") {
            return None;
        }
        let path = self.path.split('?').next().unwrap_or_default();
        let depth = match path.split('/').nth(3) {
            Some("Media") => 4,
            _ => 2,
        };
        let end = path.char_indices().filter(|(_, c)| *c == '/').nth(depth).map_or(path.len(), |(at, _)| at);
        let object = path.get(..end)?;
        let has_id = object.split('/').nth(2).is_some_and(|id| !id.is_empty());
        (has_id || self.method != Method::POST).then_some(object)
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        write!(f, "{} {path} ({} bytes)", self.method, self.body.len())
    }
}

/// Whether a path below `/finesse/api` is one of the configuration.
pub(crate) fn is_configuration(path: &str) -> bool {
    const NAMES: [&str; 22] = [
        "ChatConfig",
        "CloudConnectConfig",
        "ClusterConfig",
        "ConfigInfo",
        "ECCVariableConfig",
        "EnterpriseDatabaseConfig",
        "LayoutConfig",
        "MediaPropertiesLayout",
        "MediaPropertiesLayouts",
        "PhoneBook",
        "PhoneBooks",
        "ReasonCode",
        "ReasonCodes",
        "SystemConfig",
        "SystemVariables",
        "Teams",
        "Workflow",
        "WorkflowAction",
        "WorkflowActions",
        "Workflows",
        "WrapUpReason",
        "WrapUpReasons",
    ];
    let mut segments = path.split('?').next().unwrap_or_default().split('/').skip(1);
    match segments.next() {
        Some("Team") => segments.nth(1).is_some_and(|below| !matches!(below, "" | "TeamMessages")),
        Some(name) => NAMES.contains(&name),
        None => false,
    }
}

/// A path of these segments; `field` names what of it the caller gave.
pub(crate) fn path(segments: &[&str]) -> Result<String, RequestError> {
    let mut path = String::new();
    for text in segments {
        let encoded =
            segment(text).ok_or_else(|| RequestError::new("id", "it cannot be part of an address"))?;
        path.push('/');
        path.push_str(&encoded);
    }
    Ok(path)
}

/// The path with a query.
pub(crate) fn with_query(mut path: String, pairs: &[(&str, &str)]) -> String {
    for (index, (name, value)) in pairs.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(path, "{}{name}={}", if index == 0 { '?' } else { '&' }, encode(value));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(method: Method, path: &str) -> Option<String> {
        Plan::new(method, path.to_owned()).object().map(str::to_owned)
    }

    #[test]
    fn writes_to_a_user_his_dialogs_and_his_log_are_about_the_user() {
        for path in ["/User/40217", "/User/40217/Dialogs", "/User/40217/ClientLog", "/User/40217?x=1"] {
            assert_eq!(object(Method::PUT, path).as_deref(), Some("/User/40217"), "{path}");
        }
        assert_eq!(object(Method::PUT, "/User/40217/Media/5000").as_deref(), Some("/User/40217/Media/5000"));
        assert_eq!(object(Method::PUT, "/Dialog/7").as_deref(), Some("/Dialog/7"));
    }

    #[test]
    fn reads_and_new_objects_wait_for_nothing() {
        assert_eq!(object(Method::GET, "/User/40217"), None);
        assert_eq!(object(Method::POST, "/ReasonCode"), None);
        assert_eq!(object(Method::POST, "/ReasonCode/"), None);
        assert_eq!(object(Method::PUT, "/ChatConfig").as_deref(), Some("/ChatConfig"));
        assert_eq!(
            object(Method::POST, "/desktop/sso/token"),
            None,
            "tokens of many users are refreshed side by side"
        );
    }

    #[test]
    fn what_a_caller_gives_stays_one_segment_and_one_value() {
        assert_eq!(path(&["User", "a/b?c", "Dialogs"]).unwrap(), "/User/a%2Fb%3Fc/Dialogs");
        assert_eq!(path(&["User", ".."]).unwrap_err().field(), "id");
        assert_eq!(with_query("/Devices".into(), &[("extension", "1&x=2")]), "/Devices?extension=1%26x%3D2");
    }
}
