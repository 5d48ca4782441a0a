//! Reading a list of users as they arrive: how much memory is held at the most, beside a list of a hundredth of the length.
//!
//! A list that is held whole would give a ratio of a hundred; one that is read user by user gives one.

use std::error::Error;

use async_trait::async_trait;
use bytes::Bytes;
use finesse_rest::{Body, ChunkSource, Client, TransportError};
use http::{Request, Response};
use tower::service_fn;

/// As many users as the largest systems have.
const MANY: usize = 6_000;
/// A list that nobody would mind holding.
const FEW: usize = 60;

/// The most bytes that are held while a short list and a long one are read.
pub(crate) fn peaks() -> Result<(u64, u64), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let peak = |count: usize| -> Result<u64, Box<dyn Error>> {
        let mut read = Ok(0);
        let measured = allocation_counter::measure(|| read = runtime.block_on(read_all(count)));
        if read? != count {
            return Err("not every user was read".into());
        }
        Ok(measured.bytes_max)
    };
    // Once outside of the measurement: what is made once for the whole process is no part of a list.
    peak(FEW)?;
    Ok((peak(FEW)?, peak(MANY)?))
}

async fn read_all(count: usize) -> Result<usize, finesse_rest::Error> {
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
