//! The stack of one side: what happens to a request between the typed operations and the transport.
//!
//! From the outside in, each layer in its own module:
//!
//! | layer | on the way in | on the way out |
//! |---|---|---|
//! | `classify` | | answer or failure → [`Answer`](crate::outcome::Answer) or [`Fault`](crate::outcome::Fault) |
//! | `deadline` | | ends an exchange that takes too long |
//! | `collect` | | puts the pieces of an answer together, up to the cap |
//! | `headers` | `Accept`, `Content-Type`, `User-Agent` | |
//! | `request_id` | writes the `requestId` header of a write | |
//! | `auth` | writes `Authorization` | |
//!
//! Invariants: nothing is sent twice, nothing is decided about the other side, and the credentials are put in last, so no outer layer
//! sees them.

mod auth;
mod classify;
mod collect;
mod deadline;
mod headers;
mod request_id;

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tower::ServiceBuilder;
use tower::util::BoxCloneSyncService;

pub(crate) use self::auth::Anonymous;
pub(crate) use self::collect::BODY_CAP;
pub(crate) use self::request_id::HEADER as REQUEST_ID;
use crate::body::Body;
use crate::credentials::Credentials;
use crate::outcome::{Answer, Expects, Fault};
use crate::transport::HttpTransport;

/// A request on its way into the stack.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) request: Request<Bytes>,
    /// Whether the request changes something. Decides what a missing answer means.
    pub(crate) write: bool,
    /// What a good answer is.
    pub(crate) expects: Expects,
}

/// The whole stack with its types erased.
pub(crate) type Stack = BoxCloneSyncService<Call, Answer, Box<Fault>>;

/// Puts the stack together over a transport.
pub(crate) fn build<B: Into<Body> + Send + 'static>(
    transport: impl HttpTransport<B>,
    credentials: Option<&Credentials>,
    request_timeout: Duration,
    cap: usize,
) -> Stack {
    let service = ServiceBuilder::new()
        .layer(classify::ClassifyLayer)
        .layer(deadline::DeadlineLayer::new(request_timeout))
        .layer(collect::CollectLayer::new(cap))
        .layer(headers::HeadersLayer)
        .layer(request_id::RequestIdLayer)
        .layer(auth::AuthLayer::new(credentials))
        .service(transport);
    BoxCloneSyncService::new(service)
}

/// What the inner layers have in common.
type Exchange = Result<Response<Body>, crate::transport::TransportError>;

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use finesse_model::{RequestId, UserId};
    use http::Method;
    use tower::{ServiceExt as _, service_fn};

    use super::*;
    use crate::credentials::Credentials;
    use crate::error::{ErrorKind, Progress};
    use crate::transport::TransportError;

    fn call(write: bool) -> Call {
        let mut request = Request::new(Bytes::from_static(if write { b"<User/>" } else { b"" }));
        *request.uri_mut() = "https://fin-a:8445/finesse/api/User/40217".parse().unwrap();
        if write {
            *request.method_mut() = Method::PUT;
            request.extensions_mut().insert(RequestId::new("r-1").unwrap());
        }
        Call { request, write, expects: Expects::Document }
    }

    #[tokio::test]
    async fn a_write_carries_credentials_request_id_and_content_type() {
        let seen = Arc::new(Mutex::new(None));
        let kept = seen.clone();
        let transport = service_fn(move |request: Request<Bytes>| {
            *kept.lock().unwrap() = Some(request);
            async {
                Ok::<_, TransportError>(
                    Response::builder().status(202).header("requestid", "r-1").body(Bytes::new()).unwrap(),
                )
            }
        });
        let credentials = Credentials::basic(UserId::new("40217").unwrap(), "pw");
        let stack = build(transport, Some(&credentials), Duration::from_secs(1), BODY_CAP);
        let answer = stack.oneshot(call(true)).await.unwrap();
        assert_eq!(answer.status, 202);
        assert_eq!(answer.request_id(), Some("r-1"));
        let request = seen.lock().unwrap().take().unwrap();
        let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header("authorization"), "Basic NDAyMTc6cHc=");
        assert_eq!(header("requestid"), "r-1");
        assert_eq!(header("content-type"), "application/xml");
        assert!(request.headers().get("authorization").unwrap().is_sensitive());
    }

    #[tokio::test]
    async fn a_read_without_credentials_carries_neither_content_type_nor_request_id() {
        let transport = service_fn(|request: Request<Bytes>| async move {
            for name in ["authorization", "requestid", "content-type"] {
                assert!(request.headers().get(name).is_none(), "{name}");
            }
            Ok::<_, TransportError>(Response::new(Bytes::from_static(b"<User/>")))
        });
        let stack = build(transport, None, Duration::from_secs(1), BODY_CAP);
        assert_eq!(&stack.oneshot(call(false)).await.unwrap().body[..], b"<User/>");
    }

    #[tokio::test(start_paused = true)]
    async fn a_transport_that_never_answers_is_ended_as_unanswered() {
        let transport =
            service_fn(|_: Request<Bytes>| std::future::pending::<Result<Response<Bytes>, TransportError>>());
        let stack = build(transport, None, Duration::from_secs(10), BODY_CAP);
        let fault = stack.oneshot(call(true)).await.unwrap_err();
        assert_eq!((fault.kind, fault.progress), (ErrorKind::Timeout, Progress::Unanswered));
    }

    #[tokio::test]
    async fn an_answer_beyond_the_cap_is_refused_from_any_transport() {
        let transport = service_fn(|_: Request<Bytes>| async {
            Ok::<_, TransportError>(Response::new(Bytes::from(vec![b'x'; 11])))
        });
        let stack = build(transport, None, Duration::from_secs(1), 10);
        let fault = stack.clone().oneshot(call(false)).await.unwrap_err();
        assert_eq!((fault.kind, fault.progress), (ErrorKind::TooLarge, Progress::Answered));
        let fault = stack.oneshot(call(true)).await.unwrap_err();
        assert_eq!((fault.kind, fault.progress), (ErrorKind::TooLarge, Progress::Unanswered));
    }

    // The transport's own error type must be ours; this keeps the alias trait honest.
    #[test]
    fn a_service_of_the_right_shape_is_a_transport() {
        fn takes(_: impl HttpTransport) {}
        takes(service_fn(|_: Request<Bytes>| async { Ok::<_, TransportError>(Response::new(Bytes::new())) }));
    }
}
