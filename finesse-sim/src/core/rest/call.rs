//! A request that has been let in, and what handlers read from it.

use http::header::RANGE;
use http::{HeaderMap, Method};

use super::answer::Refusal;
use super::roles::Role;
use super::routes::Params;
use crate::core::command::{Command, Kind};
use crate::core::xml::Elem;
use crate::{Side, percent};

/// Longest body that is read as XML: a client log of 1,048,576 characters with its escapes.
const MAX_BODY: usize = 8 << 20;

/// A request that has been let in.
pub(super) struct Call<'a> {
    /// At which side.
    pub(super) side: Side,
    /// Who asks: loginId or account; empty where nobody need say.
    pub(super) asking: &'a str,
    /// As what he asks.
    pub(super) role: Role,
    /// Headers.
    pub(super) headers: &'a HeaderMap,
    /// Values of the placeholders of the path, in order.
    pub(super) params: Params,
    /// The query as it came.
    pub(super) query: &'a str,
    /// The client's requestId.
    pub(super) request_id: Option<String>,
    /// The body as it came.
    pub(super) bytes: &'a [u8],
    /// The body's root element, if there is a readable one.
    pub(super) body: Option<Elem>,
}

impl<'a> Call<'a> {
    /// From the parts of a request; parameters and role come later.
    pub(super) fn new(
        side: Side,
        method: &Method,
        headers: &'a HeaderMap,
        query: &'a str,
        request_id: Option<String>,
        bytes: &'a [u8],
    ) -> Self {
        let readable = method != Method::GET && !bytes.is_empty();
        let text = readable.then(|| std::str::from_utf8(bytes).ok()).flatten();
        Self {
            side,
            asking: "",
            role: Role::Agent,
            headers,
            params: Params::new(),
            query,
            request_id,
            bytes,
            body: text.and_then(|text| Elem::parse_within(text, MAX_BODY).ok()),
        }
    }

    /// The value of a placeholder; empty if the path has none of this name.
    pub(super) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.as_str())
    }

    /// The value of the first placeholder: the user or team the path is about.
    pub(super) fn first(&self) -> &str {
        self.params.first().map_or("", |(_, value)| value.as_str())
    }

    /// A placeholder that must be a number of an object.
    pub(super) fn number(&self, name: &str) -> Result<u64, Refusal> {
        let text = self.param(name);
        text.parse().map_err(|_| Refusal::not_found(text))
    }

    /// A parameter of the query.
    pub(super) fn asked(&self, name: &str) -> Option<String> {
        form(self.query).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The body, if its root has this name.
    pub(super) fn root(&self, name: &str) -> Result<&Elem, Refusal> {
        let root = self.body.as_ref().filter(|body| body.name.eq_ignore_ascii_case(name));
        root.ok_or_else(|| Refusal::body(name))
    }

    /// The first and last number of a `Range: objects=a-b`, counted from 1.
    pub(super) fn range(&self) -> Result<Option<(usize, usize)>, Refusal> {
        let Some(value) = self.headers.get(RANGE) else { return Ok(None) };
        let text = value.to_str().unwrap_or_default();
        let bad = || Refusal::new(416, "Range Not Satisfiable", "objects must lie within 1-6000", text);
        let (first, last) =
            text.strip_prefix("objects=").and_then(|rest| rest.split_once('-')).ok_or_else(bad)?;
        let first: usize = first.trim().parse().map_err(|_| bad())?;
        let last: usize = last.trim().parse().map_err(|_| bad())?;
        if first < 1 || first > last || last > 6000 { Err(bad()) } else { Ok(Some((first, last))) }
    }

    /// A command of whoever asks.
    pub(super) fn command(&self, user: &str, dialog: Option<u64>, kind: Kind) -> Command {
        Command { user: user.to_owned(), request_id: self.request_id.clone(), dialog, kind }
    }
}

/// The text of a child that must be there and not empty.
pub(super) fn field<'a>(body: &'a Elem, name: &str) -> Result<&'a str, Refusal> {
    body.get(name).filter(|text| !text.is_empty()).ok_or_else(|| Refusal::missing(name))
}

/// The text of a child, if there is any.
pub(super) fn optional<'a>(body: &'a Elem, name: &str) -> Option<&'a str> {
    body.get(name).filter(|text| !text.is_empty())
}

/// Names and values of a query or a form.
pub(super) fn form(text: &str) -> Vec<(String, String)> {
    let decode = |part: &str| percent::decode(&part.replace('+', " "));
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}
