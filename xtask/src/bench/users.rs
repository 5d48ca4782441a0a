//! Reading a list of users as they arrive: how much memory is held at the most, beside a list of a hundredth of the length.
//!
//! A list that is held whole would give a ratio of a hundred; one that is read user by user gives one.

use async_trait::async_trait;
use bytes::Bytes;
use finesse_rest::{Body, ChunkSource, Client, TransportError};
use http::{Request, Response};
use tower::service_fn;

use super::Figure;
use crate::report::Failure;

/// As many users as the largest systems have.
const MANY: usize = 6_000;
/// A list that nobody would mind holding.
const FEW: usize = 60;

/// Measures both lists.
pub(super) fn run() -> Result<Vec<Figure>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let peak = |count: usize| -> Result<f64, Failure> {
        let mut read = Ok(0);
        let measured = allocation_counter::measure(|| read = runtime.block_on(read_all(count)));
        if read? != count {
            return Err(Failure::new("not every user was read"));
        }
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 bytes")]
        Ok(measured.bytes_max as f64 / 1024.0)
    };
    // Once outside of the measurement: what is made once for the whole process is no part of a list.
    peak(FEW)?;
    let few = peak(FEW)?;
    let many = peak(MANY)?;
    Ok(vec![Figure {
        name: "users.peak-of-6000".to_owned(),
        value: many,
        unit: "KiB",
        reference: Some((few, format!("a list of {FEW}"))),
    }])
}

async fn read_all(count: usize) -> Result<usize, Failure> {
    let transport = service_fn(move |_: Request<Bytes>| async move {
        Ok::<_, TransportError>(Response::new(Body::chunks(Users { next: 0, count })))
    });
    let client = Client::builder("https://fin-a.lab.example:8445").transport(transport).build()?;
    let mut users = client.users().list().await?;
    let mut seen = 0;
    while let Some(user) = users.next().await {
        drop(user?);
        seen += 1;
    }
    Ok(seen)
}

/// A list of users, made as it is asked for, in pieces that end anywhere.
struct Users {
    next: usize,
    count: usize,
}

#[async_trait]
impl ChunkSource for Users {
    async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        let number = self.next;
        self.next += 1;
        Ok(match number {
            0 => Some(Bytes::from_static(b"<?xml version=\"1.0\"?>\n<Users>")),
            number if number <= self.count => Some(Bytes::from(format!(
                "<User><dialogs>/finesse/api/User/{number}/Dialogs</dialogs><extension></extension><firstName>Maj</firstName>\
                 <lastName>Lindqvist</lastName><loginId>{number}</loginId><loginName>user{number}</loginName><mediaType>1</mediaType>\
                 <pendingState></pendingState><reasonCodeId>-1</reasonCodeId><roles><role>Agent</role></roles><state>LOGOUT</state>\
                 <stateChangeTime></stateChangeTime><teamId>512</teamId><teamName>Harbour</teamName>\
                 <uri>/finesse/api/User/{number}</uri></User>"
            ))),
            number if number == self.count + 1 => Some(Bytes::from_static(b"</Users>")),
            _ => None,
        })
    }
}
