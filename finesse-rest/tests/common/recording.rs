//! A transport without a server: it answers as it is told and keeps what was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use finesse_rest::{Client, Credentials, TransportError};
use http::{Request, Response};
use tower::service_fn;

/// Every request that was sent, in order.
#[derive(Clone, Default)]
pub(crate) struct Recorded(Arc<Mutex<Vec<Request<Bytes>>>>);

impl Recorded {
    pub(crate) fn requests(&self) -> MutexGuard<'_, Vec<Request<Bytes>>> {
        self.0.lock().unwrap()
    }

    /// `GET /finesse/api/User/1`, one for each request.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |request: &Request<Bytes>| format!("{} {}", request.method(), request.uri().path());
        self.requests().iter().map(line).collect()
    }
}

/// Status, headers and body of an answer.
pub(crate) type Told<'a> = (u16, &'a [(&'a str, &'a str)], &'a str);

/// A client of `https://fin-a.lab.example:8445` whose requests get these answers. After the last one, 202 without a body.
pub(crate) fn client(user: &str, answers: &[Told<'_>]) -> (Client, Recorded) {
    let recorded = Recorded::default();
    let answers: VecDeque<Response<Bytes>> =
        answers.iter().map(|one| response(one.0, one.1, one.2)).collect();
    let (kept, answers) = (recorded.clone(), Arc::new(Mutex::new(answers)));
    let transport = service_fn(move |request: Request<Bytes>| {
        kept.requests().push(request);
        let answer = answers.lock().unwrap().pop_front().unwrap_or_else(|| response(202, &[], ""));
        std::future::ready(Ok::<_, TransportError>(answer))
    });
    let client = Client::builder("https://fin-a.lab.example:8445")
        .credentials(Credentials::basic(user.parse().unwrap(), super::PASSWORD))
        .transport(transport)
        .build()
        .unwrap();
    (client, recorded)
}

fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Response<Bytes> {
    let builder = Response::builder().status(status);
    let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    builder.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
}
