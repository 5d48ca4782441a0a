//! Sending what an operation has written, and what comes back.
//!
//! Invariants: nothing is sent twice; every write carries a request id; no configuration is sent to the secondary node; writes to one object go one after the other.

use finesse_model::request::RequestError;
use finesse_model::{ConfigId, DecodeError, RequestId};
use http::Request;
use http::header::LOCATION;
use tower::ServiceExt as _;

use super::Client;
use super::primary::Place;
use super::turns::Withheld;
use crate::api::Accepted;
use crate::error::{Error, ErrorKind, Progress};
use crate::outcome::{self, Answer, Fault};
use crate::plan::{Plan, TakenBy};
use crate::stack::{Anonymous, Call};
use crate::transport::Streamed;

/// What the server said to a write: done for configuration, queued for everything else. The outcome of what is queued comes as a notification,
/// at best with the same request id.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The HTTP status, some 2xx.
    pub status: u16,
    /// The id that the write was sent under.
    pub request_id: RequestId,
    /// The id as the server echoed it, if it did.
    pub echoed: Option<RequestId>,
    /// The address of a new object.
    pub location: Option<String>,
}

/// Which nodes know of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// All, as far as the server says.
    EveryNode,
    /// This one only (207): it is done here, and users of the other node do not see it.
    ThisNodeOnly,
}

/// Multi-status: done here, and the other node could not be told.
const NOT_EVERYWHERE: u16 = 207;

impl Receipt {
    /// Which nodes know of it. Team messages are the one thing for which the server tells.
    #[must_use]
    pub fn reach(&self) -> Reach {
        if self.status == NOT_EVERYWHERE { Reach::ThisNodeOnly } else { Reach::EveryNode }
    }

    /// The id of a new object: the last part of its address. None where the server did not tell the address, which it does for configuration objects
    /// and team messages.
    #[must_use]
    pub fn new_id(&self) -> Option<ConfigId> {
        let location = self.location.as_deref()?.split('?').next()?;
        ConfigId::new(location.trim_end_matches('/').rsplit('/').next()?).ok()
    }
}

impl From<Receipt> for Accepted {
    fn from(receipt: Receipt) -> Self {
        Self::new(receipt.status, receipt.echoed)
    }
}

impl Client {
    /// Reads a document.
    pub(crate) async fn read<T>(
        &self,
        plan: Result<Plan, RequestError>,
        operation: &str,
        decode: impl FnOnce(&str) -> Result<T, DecodeError>,
    ) -> Result<T, Error> {
        let answer = self.ask(plan, operation, None).await?;
        self.decode(operation, &answer, decode)
    }

    /// Reads a document out of an answer.
    pub(crate) fn decode<T>(
        &self,
        operation: &str,
        answer: &Answer,
        decode: impl FnOnce(&str) -> Result<T, DecodeError>,
    ) -> Result<T, Error> {
        finesse_model::utf8(&answer.body)
            .and_then(decode)
            .map_err(|error| self.failed(operation, outcome::of_decode(&error, answer.status)))
    }

    /// Writes under this id, or under a new one.
    pub(crate) async fn write(
        &self,
        plan: Result<Plan, RequestError>,
        operation: &str,
        request_id: Option<RequestId>,
    ) -> Result<Receipt, Error> {
        let request_id = match request_id {
            Some(id) => id,
            None => self.new_request_id(operation)?,
        };
        let answer = self.ask(plan, operation, Some(&request_id)).await?;
        Ok(Receipt {
            status: answer.status,
            // An echo that is no id is no news.
            echoed: answer.request_id().and_then(|id| RequestId::new(id).ok()),
            location: answer.header(LOCATION).map(str::to_owned),
            request_id,
        })
    }

    fn new_request_id(&self, operation: &str) -> Result<RequestId, Error> {
        new_request_id().map_err(|why| self.refused(operation, "requestId", why))
    }

    /// Sends it, when it is its turn. A write that comes without an id gets a new one, a read has none.
    pub(crate) async fn ask(
        &self,
        plan: Result<Plan, RequestError>,
        operation: &str,
        request_id: Option<&RequestId>,
    ) -> Result<Answer, Error> {
        let plan = plan.map_err(|error| self.unwritable(operation, &error))?;
        let uri = self.inner.base.resource(&plan.path).map_err(|why| self.refused(operation, "path", why))?;
        let (write, taken_by) = (plan.is_write(), plan.taken_by);
        let request_id = match request_id {
            Some(id) if write => Some(id.clone()),
            None if write => Some(self.new_request_id(operation)?),
            _ => None,
        };
        if request_id
            .as_ref()
            .is_some_and(|id| !id.as_str().bytes().all(|byte| (b' '..=b'~').contains(&byte)))
        {
            return Err(self.refused(operation, "requestId", "it has characters that no header may carry"));
        }
        if taken_by == TakenBy::Primary
            && let Some(Place::Secondary(primary)) = Box::pin(self.known_place()).await
        {
            return Err(self.secondary(operation, primary.clone(), None));
        }
        let turn = match plan.object() {
            Some(object) => {
                let turn = self.inner.turns.take(object).await;
                Some(turn.map_err(|Withheld| {
                    let why = "not sent: an earlier write to the same object got no answer, or the way to the side was given up";
                    self.failed(operation, Fault::new(ErrorKind::Withheld, Progress::NotSent, why))
                })?)
            }
            None => None,
        };
        let mut request = Request::new(plan.body);
        *request.uri_mut() = uri;
        *request.method_mut() = plan.method;
        *request.headers_mut() = plan.headers;
        if let Some(id) = request_id {
            request.extensions_mut().insert(id);
        }
        if plan.streamed {
            request.extensions_mut().insert(Streamed);
        }
        if plan.anonymous {
            request.extensions_mut().insert(Anonymous);
        }
        let result = self.exchange(Call { request, write, expects: plan.expects }, operation).await;
        if let Some(turn) = turn
            && result.as_ref().err().is_none_or(|error| error.progress() != Progress::Unanswered)
        {
            turn.known();
        }
        match result {
            Err(error) if taken_by != TakenBy::EveryNode && error.kind() == ErrorKind::Forbidden => {
                Err(Box::pin(self.explain_forbidden(error)).await)
            }
            result => result,
        }
    }

    async fn exchange(&self, call: Call, operation: &str) -> Result<Answer, Error> {
        let (method, path) = (call.request.method().clone(), call.request.uri().path().to_owned());
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
        result.map_err(|fault| self.failed(operation, *fault))
    }

    /// Something went wrong with an operation.
    pub(crate) fn failed(&self, operation: impl Into<String>, fault: Fault) -> Error {
        Error::from_fault(operation.into(), self.base_url().to_owned(), Box::new(fault))
    }

    /// An operation is refused here, before anything is sent.
    pub(crate) fn refused(&self, operation: impl Into<String>, field: &str, why: impl Into<String>) -> Error {
        self.unwritable(operation, &RequestError::new(field, why))
    }

    /// The same, where the request says itself what is wrong with it.
    pub(crate) fn unwritable(&self, operation: impl Into<String>, error: &RequestError) -> Error {
        let fault = Fault::new(ErrorKind::InvalidRequest, Progress::NotSent, error.to_string());
        self.failed(operation, Fault { field: Some(error.field().to_owned()), ..fault })
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

    #[test]
    fn the_id_of_a_new_object_is_the_last_part_of_its_address() {
        let receipt = |location: Option<&str>| Receipt {
            status: 200,
            request_id: RequestId::new("r").unwrap(),
            echoed: None,
            location: location.map(str::to_owned),
        };
        let id = |location| receipt(location).new_id().map(|id| id.to_string());
        assert_eq!(id(Some("https://fin-a/finesse/api/ReasonCode/29")).as_deref(), Some("29"));
        assert_eq!(id(Some("/finesse/api/PhoneBook/3/Contact/7/")).as_deref(), Some("7"));
        assert_eq!(id(Some("")), None);
        assert_eq!(id(None), None);
    }
}
