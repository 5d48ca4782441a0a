//! Requests to paths that this crate has no operation for, with the same credentials, trust, classification, caps and request ids.

use std::fmt;

use bytes::Bytes;
use finesse_model::request::RequestError;
use finesse_model::{DecodeError, Document, RequestId};
use http::{HeaderName, HeaderValue, Method};

use super::{Client, Receipt};
use crate::error::Error;
use crate::outcome::Expects;
use crate::plan::{Plan, is_configuration, with_query};

/// A request by hand. See [`Client::request`].
#[must_use = "a request is sent by one of its methods that are awaited"]
pub struct RawRequest<'a> {
    client: &'a Client,
    operation: String,
    plan: Result<Plan, RequestError>,
    request_id: Option<RequestId>,
}

/// An answer as it came.
#[derive(Clone)]
#[non_exhaustive]
pub struct RawAnswer {
    /// The HTTP status, some 2xx.
    pub status: u16,
    /// Its headers.
    pub headers: http::HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl fmt::Debug for RawRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRequest").field("plan", &self.plan).finish_non_exhaustive()
    }
}

impl fmt::Debug for RawAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Cookies and whatever the body tells are left out.
        let names: Vec<&str> = self.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("RawAnswer")
            .field("status", &self.status)
            .field("headers", &names)
            .field("bytes", &self.body.len())
            .finish()
    }
}

impl<'a> RawRequest<'a> {
    pub(super) fn new(client: &'a Client, method: Method, address: &str) -> Self {
        // Queries may hold tokens, and the name of the operation stands in every error.
        let place = address.split(['?', '#']).next().unwrap_or_default();
        let operation = format!("{method} {}", crate::outcome::quote(place));
        let plan = client.inner.base.local(address).map_err(|why| RequestError::new("path", why));
        let plan = plan.map(|path| {
            // One spelling for one object, so that writes to it wait for each other.
            let below = path.strip_prefix("/finesse/api").filter(|below| below.starts_with('/'));
            let plan = Plan::new(method, below.unwrap_or(path).to_owned());
            if is_configuration(&plan.path) { plan.perhaps_primary() } else { plan }
        });
        Self { client, operation, plan, request_id: None }
    }

    fn change(mut self, change: impl FnOnce(Plan) -> Plan) -> Self {
        self.plan = self.plan.map(change);
        self
    }

    /// Adds these to the query.
    pub fn query(self, pairs: &[(&str, &str)]) -> Self {
        self.change(|mut plan| {
            let more = with_query(String::new(), pairs);
            if plan.path.contains('?') {
                plan.path.push('&');
                plan.path.push_str(more.trim_start_matches('?'));
            } else {
                plan.path.push_str(&more);
            }
            plan
        })
    }

    /// An XML document as content.
    pub fn xml(self, body: impl Into<String>) -> Self {
        self.change(|plan| plan.xml(body.into()))
    }

    /// Content of another type.
    pub fn content(self, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        self.change(|mut plan| {
            plan.body = body.into();
            plan.header(http::header::CONTENT_TYPE, content_type)
        })
    }

    /// A header. Those that the client writes itself cannot be changed: `Authorization`, `requestId`, `User-Agent`.
    pub fn header(self, name: HeaderName, value: HeaderValue) -> Self {
        self.change(|plan| plan.header(name, value))
    }

    /// Sends a write under this id instead of a new random one.
    pub fn request_id(mut self, id: RequestId) -> Self {
        self.request_id = Some(id);
        self
    }

    /// Reads any document that the model knows.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn document(self) -> Result<Document, Error> {
        self.read(finesse_model::decode).await
    }

    /// Reads a document of one's choice, for example `read(User::from_xml)`.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn read<T>(self, decode: impl FnOnce(&str) -> Result<T, DecodeError>) -> Result<T, Error> {
        let answer = self.client.ask(self.plan, &self.operation, self.request_id.as_ref()).await?;
        self.client.decode(&self.operation, &answer, decode)
    }

    /// Takes whatever a 2xx brings: raw XML, JSON, a file.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn raw(self) -> Result<RawAnswer, Error> {
        let plan = self.plan.map(|plan| plan.expects(Expects::Anything));
        let answer = self.client.ask(plan, &self.operation, self.request_id.as_ref()).await?;
        Ok(RawAnswer { status: answer.status, headers: answer.headers, body: answer.body })
    }

    /// Writes: PUT, POST or DELETE.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn send(self) -> Result<Receipt, Error> {
        self.client.write(self.plan, &self.operation, self.request_id).await
    }
}
