//! The framing of BOSH: the server answers the requests of a client and holds the last one.
//!
//! A client may use two connections, so what is known of a session does not belong to one of them. Whatever there is to say goes into the
//! request that is held, so that the answers keep the order of the requests. No request is held for longer than a bench lasts, which is
//! less than the half minute a client waits.

use std::collections::HashMap;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Mutex, oneshot};

use super::Framing as _;
use super::socket::Socket;
use super::texts::{
    CLIENT, DOMAIN, SUCCESS, Wanted, escaped_update, event, features_after, features_before, pong,
};
use super::web::header;

/// Events in one answer, unless they are wanted singly. A server collects what is published while no request is held, so under a flood
/// an answer carries many; 32 of 5.7 kB are 180 kB.
pub(in crate::bench) const EVENTS_OF_AN_ANSWER: usize = 32;

const NS: &str = "http://jabber.org/protocol/httpbind";

/// The sessions of a server, by `sid`.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Session>>);

#[derive(Default)]
struct Session {
    wanted: Option<Wanted>,
    /// Published so far.
    published: usize,
    update: String,
    held: Option<oneshot::Sender<String>>,
}

/// Serves one connection to its end.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: Socket<S>,
    sessions: &Sessions,
) -> io::Result<()> {
    loop {
        let head = socket.hear("\r\n\r\n").await?;
        let length = header(&head, "content-length").parse().map_err(io::Error::other)?;
        let request = socket.exactly(length).await?;
        let body = sessions.answer(&request).await.await.map_err(io::Error::other)?;
        let length = body.len();
        socket
            .put(format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {length}\r\n\r\n"
            ))
            .await?;
        socket.say(body).await?;
    }
}

impl Sessions {
    /// What comes of a request: its answer, now or later.
    async fn answer(&self, request: &str) -> oneshot::Receiver<String> {
        let (answer, answered) = oneshot::channel();
        let mut sessions = self.0.lock().await;
        let sid = request.split_once(" sid='").map_or("", |(_, rest)| rest);
        match sid.split('\'').next().filter(|sid| !sid.is_empty()) {
            Some(sid) => sessions.entry(sid.to_owned()).or_default().take(request, answer),
            None => {
                let sid = sessions.len() + 1;
                sessions.insert(sid.to_string(), Session::default());
                let features = features_before();
                reply(
                    answer,
                    format!(
                        "<body xmlns=\"{NS}\" from=\"{DOMAIN}\" sid=\"{sid}\" wait=\"30\" requests=\"2\" hold=\"1\" ver=\"1.6\">{features}</body>"
                    ),
                );
            }
        }
        answered
    }
}

impl Session {
    fn take(&mut self, request: &str, answer: oneshot::Sender<String>) {
        if request.contains("type='terminate'") {
            for waiting in self.held.take().into_iter().chain([answer]) {
                reply(waiting, body(""));
            }
            return;
        }
        let said = self.said_to(request);
        // An older request is answered first, and this one is held in its place.
        let first = match self.held.take() {
            Some(older) => {
                self.held = Some(answer);
                older
            }
            None if said.is_empty() => {
                self.held = Some(answer);
                return;
            }
            None => answer,
        };
        reply(first, body(&said));
    }

    fn said_to(&mut self, request: &str) -> String {
        if request.contains("</auth>") {
            return SUCCESS.to_owned();
        }
        if request.contains("xmpp:restart='true'") {
            return features_after();
        }
        if request.contains("<resource>") {
            // Bind and presence are one request; the answer is to the former.
            let asked = request.split_once("</iq>").map_or(request, |(first, _)| first);
            let wanted = Wanted::of(asked);
            let bound = wanted.bound(asked);
            (self.wanted, self.update) = (Some(wanted), escaped_update());
            return bound;
        }
        if request.contains("<iq") {
            return pong(request);
        }
        self.events()
    }

    fn events(&mut self) -> String {
        let Some(wanted) = &self.wanted else { return String::new() };
        let share = if wanted.singly { 1 } else { EVENTS_OF_AN_ANSWER };
        let items = self.published..wanted.events.min(self.published + share);
        self.published = items.end;
        items.map(|item| event(item, &self.update, CLIENT)).collect()
    }
}

fn body(inside: &str) -> String {
    format!("<body xmlns=\"{NS}\">{inside}</body>")
}

fn reply(answer: oneshot::Sender<String>, body: String) {
    // Whoever has gone away wants none.
    let _ = answer.send(body);
}
