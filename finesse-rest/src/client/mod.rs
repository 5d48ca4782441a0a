//! The client of one side: typed operations over the stack.
//!
//! Invariants: every request goes to the one base URL given at the start; no request is sent twice; clones share connections.

mod builder;
mod resource;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use finesse_model::{DecodeError, Dialog, DialogId, Dialogs, RequestId, SystemInfo, User, UserId};
use http::{Method, Request};
use tower::ServiceExt as _;

pub use self::builder::ClientBuilder;
pub use self::resource::{DialogResource, UserResource};
use crate::api::{Accepted, SideApi};
use crate::base::{BaseUrl, segment};
use crate::command::Command;
#[cfg(feature = "reqwest")]
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Progress};
use crate::outcome::{self, Answer, Fault};
use crate::stack::{Call, Stack};

/// The REST API of one side.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    base: BaseUrl,
    user: Option<UserId>,
    stack: Stack,
}

impl Client {
    /// A client for `https://host:port` that trusts what the system trusts. For everything else there is [`Client::builder`].
    ///
    /// # Errors
    ///
    /// The address is not of that form, or the system has no root certificates.
    #[cfg(feature = "reqwest")]
    pub fn new(base_url: impl AsRef<str>, credentials: Credentials) -> Result<Self, Error> {
        Self::builder(base_url).credentials(credentials).build()
    }

    /// Begins a client for `https://host:port`.
    pub fn builder(base_url: impl AsRef<str>) -> ClientBuilder {
        ClientBuilder::new(base_url.as_ref())
    }

    /// `https://host:port` of the side.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.inner.base.as_str()
    }

    /// One user: `client.user("40217").get().await`, or shorter `client.user("40217").await`.
    pub fn user(&self, id: impl fmt::Display) -> UserResource<'_> {
        UserResource::new(self, id.to_string())
    }

    /// One call: `client.dialog("16804377").get().await`, or shorter `client.dialog("16804377").await`.
    pub fn dialog(&self, id: impl fmt::Display) -> DialogResource<'_> {
        DialogResource::new(self, id.to_string())
    }

    /// Reads what the side says about itself. Works without credentials.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`].
    pub async fn system_info(&self) -> Result<SystemInfo, Error> {
        // A number that differs each time keeps caches on the way from answering for the server.
        let path = format!("/SystemInfo?nocache={}", fastrand::u64(..));
        self.read(&path, "reading SystemInfo", SystemInfo::from_xml).await
    }

    /// Sends a command under a new random id, and returns what the server said with that id.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`].
    pub async fn send(&self, command: &Command) -> Result<(RequestId, Accepted), Error> {
        let id = new_request_id().map_err(|why| self.refused(command.describe(), why))?;
        let accepted = self.submit(command, &id).await?;
        Ok((id, accepted))
    }

    async fn read<T>(
        &self,
        path: &str,
        operation: &str,
        decode: impl FnOnce(&str) -> Result<T, DecodeError>,
    ) -> Result<T, Error> {
        let uri = self.inner.base.resource(path).map_err(|why| self.refused(operation, why))?;
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = uri;
        let answer = self.exchange(Call { request, write: false }, operation).await?;
        let Ok(text) = std::str::from_utf8(&answer.body) else {
            let fault = Fault::new(ErrorKind::Decode, Progress::Answered, "the answer is not UTF-8");
            return Err(self.error(operation, Fault { status: Some(answer.status), ..fault }));
        };
        decode(text).map_err(|error| self.error(operation, outcome::of_decode(&error, answer.status)))
    }

    async fn write(&self, command: &Command, request_id: &RequestId) -> Result<Accepted, Error> {
        let operation = command.describe();
        let written = command.write().map_err(|why| self.refused(&operation, why))?;
        if !request_id.as_str().bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(self.refused(&operation, "the request id has characters that no header may carry"));
        }
        let uri = self.inner.base.resource(&written.path).map_err(|why| self.refused(&operation, why))?;
        let mut request = Request::new(Bytes::from(written.body));
        *request.uri_mut() = uri;
        *request.method_mut() = written.method;
        request.extensions_mut().insert(request_id.clone());
        let answer = self.exchange(Call { request, write: true }, &operation).await?;
        // An echo that is no id is no news.
        let echoed = answer.request_id.and_then(|id| RequestId::new(id).ok());
        Ok(Accepted::new(answer.status, echoed))
    }

    async fn exchange(&self, call: Call, operation: &str) -> Result<Answer, Error> {
        let method: Method = call.request.method().clone();
        let path = call.request.uri().path().to_owned();
        let result = self.inner.stack.clone().oneshot(call).await;
        match &result {
            Ok(answer) => {
                tracing::debug!(side = self.base_url(), %method, %path, status = answer.status, "answered")
            }
            Err(fault) => {
                tracing::debug!(
                    side = self.base_url(), %method, %path, status = fault.status, kind = %fault.kind, progress = %fault.progress, "failed"
                );
            }
        }
        result.map_err(|fault| self.error(operation, *fault))
    }

    fn error(&self, operation: impl Into<String>, fault: Fault) -> Error {
        Error::from_fault(operation.into(), self.base_url().to_owned(), Box::new(fault))
    }

    fn refused(&self, operation: impl Into<String>, why: impl Into<String>) -> Error {
        self.error(operation, Fault::new(ErrorKind::InvalidRequest, Progress::NotSent, why))
    }
}

#[async_trait]
impl SideApi for Client {
    async fn system_info(&self) -> Result<SystemInfo, Error> {
        Self::system_info(self).await
    }

    async fn user(&self, id: &UserId) -> Result<User, Error> {
        let operation = format!("reading user {id}");
        let path = segment(id.as_str())
            .ok_or_else(|| self.refused(&operation, "the id cannot be part of an address"))?;
        self.read(&format!("/User/{path}"), &operation, User::from_xml).await
    }

    async fn dialogs(&self, id: &UserId) -> Result<Dialogs, Error> {
        let operation = format!("reading dialogs of user {id}");
        let path = segment(id.as_str())
            .ok_or_else(|| self.refused(&operation, "the id cannot be part of an address"))?;
        self.read(&format!("/User/{path}/Dialogs"), &operation, Dialogs::from_xml).await
    }

    async fn dialog(&self, id: &DialogId) -> Result<Dialog, Error> {
        let operation = format!("reading dialog {id}");
        let path = segment(id.as_str())
            .ok_or_else(|| self.refused(&operation, "the id cannot be part of an address"))?;
        self.read(&format!("/Dialog/{path}"), &operation, Dialog::from_xml).await
    }

    async fn submit(&self, command: &Command, request_id: &RequestId) -> Result<Accepted, Error> {
        self.write(command, request_id).await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url())
            .field("user", &self.inner.user.as_ref().map(UserId::as_str))
            .finish_non_exhaustive()
    }
}

/// A random UUID of version 4, which is what Cisco's own desktop uses as request id.
fn new_request_id() -> Result<RequestId, String> {
    let mut random = fastrand::u128(..);
    random = (random & !(0xf << 76)) | (0x4 << 76);
    random = (random & !(0x3 << 62)) | (0x2 << 62);
    let hex = format!("{random:032x}");
    let id = format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
    RequestId::new(id).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_are_uuids_and_differ() {
        let id = new_request_id().unwrap();
        let text = id.as_str();
        assert_eq!(text.len(), 36);
        assert_eq!(text.as_bytes()[14], b'4');
        assert!(matches!(text.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
        assert_ne!(id, new_request_id().unwrap());
    }
}
