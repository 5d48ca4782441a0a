//! `/Users`: all users, which may be thousands, and the look-up by name.

use std::fmt;
use std::future::Future;

use bytes::{Buf as _, BytesMut};
use finesse_model::framer::{Framer, FramingError, Piece, Rules};
use finesse_model::{DecodeError, List, User};

use crate::body::Body;
use crate::client::Client;
use crate::error::{Error, ErrorKind, Progress};
use crate::outcome::{self, Fault, quote};
use crate::plan::{Plan, path};
use crate::transport::{TransportError, TransportErrorKind};

/// Most users that are held at once: ten times the largest site, so that a list without an end does not fill the memory.
const MOST: usize = 100_000;

/// All users. See [`Client::users`].
#[derive(Debug, Clone)]
pub struct Users<'a> {
    client: &'a Client,
}

impl Client {
    /// All users.
    #[must_use]
    pub fn users(&self) -> Users<'_> {
        Users { client: self }
    }
}

impl Users<'_> {
    /// Reads all users, one after the other as they arrive. Administrator. 200; 401, 500, 503.
    pub async fn list(&self) -> Result<UserStream, Error> {
        let operation = "reading all users";
        let plan = Plan::get(String::from("/Users")).streamed();
        let answer = self.client.ask(Ok(plan), operation, None).await?;
        let body = answer.stream.unwrap_or_else(|| Body::from(answer.body));
        Ok(UserStream {
            client: self.client.clone(),
            status: answer.status,
            body,
            pieces: Pieces::new(self.client.inner.body_cap),
            ended: false,
        })
    }

    /// Reads a user by login name, which is not the loginId and may be `name@domain`. Self or administrator. 200; 401, 404, 500, 501 (CCX), 503. CCE,
    /// from 12.5(1).
    pub async fn get_by_login_name(&self, name: &str) -> Result<User, Error> {
        let operation = format!("reading the user with login name {}", quote(name));
        let plan = path(&["User", name]).map(Plan::get);
        self.client.read(plan, &operation, User::from_xml).await
    }
}

/// Users as they arrive. At no time more than one of them, and the piece that just came, is held.
pub struct UserStream {
    client: Client,
    status: u16,
    body: Body,
    pieces: Pieces,
    ended: bool,
}

impl UserStream {
    /// The next user; `None` after the last. A user that cannot be read is an error of kind [`Decode`](ErrorKind::Decode), and the next one comes
    /// after it; after any other error there is nothing more.
    pub async fn next(&mut self) -> Option<Result<User, Error>> {
        if self.ended {
            return None;
        }
        loop {
            match self.pieces.next() {
                Ok(Some(Found::User(user))) => return Some(Ok(*user)),
                Ok(Some(Found::Bad(error))) => {
                    let fault = outcome::of_decode(&error, self.status);
                    return Some(Err(self.failed(Fault { kind: ErrorKind::Decode, ..fault })));
                }
                Ok(Some(Found::End)) => {
                    self.ended = true;
                    return None;
                }
                Ok(None) => match within(self.client.inner.patience, self.body.chunk()).await {
                    Ok(Some(chunk)) => self.pieces.push(&chunk),
                    Ok(None) => {
                        let (kind, why) = self.pieces.at_the_end();
                        return Some(Err(self.end(Fault::new(kind, Progress::Answered, why))));
                    }
                    Err(error) => return Some(Err(self.end(outcome::of_failure(&error, false)))),
                },
                Err(fault) => return Some(Err(self.end(*fault))),
            }
        }
    }

    /// All that remain, held at once, at most 100,000; those that cannot be read stand beside.
    ///
    /// # Errors
    ///
    /// The answer breaks off, is no list of users, or is longer ([`TooLarge`](ErrorKind::TooLarge)).
    pub async fn collect(self) -> Result<(List<User>, Vec<Error>), Error> {
        self.collect_up_to(MOST).await
    }

    async fn collect_up_to(mut self, most: usize) -> Result<(List<User>, Vec<Error>), Error> {
        let (mut users, mut bad) = (Vec::new(), Vec::new());
        while let Some(user) = self.next().await {
            if users.len() + bad.len() == most {
                let why = format!("there are more than {most} users; read them one by one");
                return Err(self.end(Fault::new(ErrorKind::TooLarge, Progress::Answered, why)));
            }
            match user {
                Ok(user) => users.push(user),
                Err(error) if !self.ended => bad.push(error),
                Err(error) => return Err(error),
            }
        }
        Ok((List::from(users), bad))
    }

    fn failed(&self, fault: Fault) -> Error {
        self.client.failed("reading all users", Fault { status: Some(self.status), ..fault })
    }

    fn end(&mut self, fault: Fault) -> Error {
        self.ended = true;
        self.failed(fault)
    }
}

impl fmt::Debug for UserStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserStream").field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// A piece that does not come in time breaks the answer off.
async fn within<T>(
    limit: std::time::Duration,
    piece: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, TransportError> {
    tokio::time::timeout(limit, piece).await.unwrap_or_else(|_| {
        let why = format!("nothing more of the answer within {} ms", limit.as_millis());
        Err(TransportError::new(TransportErrorKind::Timeout, true, why))
    })
}

/// What was found in the bytes.
enum Found {
    User(Box<User>),
    Bad(DecodeError),
    End,
}

/// Cuts the bytes into users.
struct Pieces {
    framer: Framer,
    buffer: BytesMut,
    cap: usize,
    begun: bool,
}

impl Pieces {
    fn new(cap: usize) -> Self {
        Self { framer: Framer::new(Rules::Document, cap), buffer: BytesMut::new(), cap, begun: false }
    }

    fn push(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
    }

    /// The next thing in what has arrived; `None` asks for more.
    fn next(&mut self) -> Result<Option<Found>, Box<Fault>> {
        loop {
            let found = self.framer.find(&self.buffer).map_err(|error| Box::new(self.broken(error)))?;
            let Some(found) = found else {
                return Ok(None);
            };
            let bytes = self.buffer.get(found.range.clone()).unwrap_or_default();
            let result = match found.piece {
                Piece::Blank => None,
                Piece::Root if name(bytes).eq_ignore_ascii_case(b"Users") => {
                    self.begun = true;
                    None
                }
                Piece::Root => {
                    let name = quote(&String::from_utf8_lossy(name(bytes)));
                    return Err(Box::new(Fault::new(
                        ErrorKind::NotFinesse,
                        Progress::Answered,
                        format!("the root element is <{name}>, not <Users>"),
                    )));
                }
                Piece::Child if name(bytes).eq_ignore_ascii_case(b"User") => {
                    Some(match finesse_model::utf8(bytes).and_then(User::from_xml) {
                        Ok(user) => Found::User(Box::new(user)),
                        Err(error) => Found::Bad(error),
                    })
                }
                Piece::Child => None,
                Piece::End => Some(Found::End),
            };
            self.buffer.advance(found.range.end);
            if result.is_some() {
                return Ok(result);
            }
        }
    }

    fn broken(&self, error: FramingError) -> Fault {
        let kind = match error {
            FramingError::TooLarge { .. } => ErrorKind::TooLarge,
            _ if !self.begun => ErrorKind::NotFinesse,
            _ => ErrorKind::Decode,
        };
        let why = match error {
            FramingError::TooLarge { .. } => format!("one user is larger than {} bytes", self.cap),
            error => error.to_string(),
        };
        Fault::new(kind, Progress::Answered, why)
    }

    /// What it means that nothing more comes.
    fn at_the_end(&self) -> (ErrorKind, &'static str) {
        if self.begun {
            (ErrorKind::Decode, "the list breaks off before its end")
        } else {
            (ErrorKind::NotFinesse, "an empty body instead of a Finesse document")
        }
    }
}

/// The name of the element that begins here, without its prefix.
fn name(tag: &[u8]) -> &[u8] {
    let inside = tag.strip_prefix(b"<").unwrap_or_default();
    let end = inside
        .iter()
        .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'))
        .unwrap_or(inside.len());
    let full = inside.get(..end).unwrap_or_default();
    full.rsplit(|byte| *byte == b':').next().unwrap_or(full)
}

#[cfg(test)]
#[path = "users_tests.rs"]
mod tests;
