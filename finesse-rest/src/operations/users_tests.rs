//! Users as they arrive: whole, cut anywhere, one of them bad, too many to be held.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use tower::service_fn;

use super::*;
use crate::body::ChunkSource;

/// A body in pieces of this size, and how many bytes of it were asked for.
struct Source {
    make: Box<dyn FnMut() -> Option<Bytes> + Send>,
    given: Arc<AtomicUsize>,
}

#[async_trait]
impl ChunkSource for Source {
    async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        let chunk = (self.make)();
        self.given.fetch_add(chunk.as_ref().map_or(0, Bytes::len), Ordering::Relaxed);
        Ok(chunk)
    }
}

async fn stream(make: impl FnMut() -> Option<Bytes> + Send + 'static) -> (UserStream, Arc<AtomicUsize>) {
    let given = Arc::new(AtomicUsize::new(0));
    let source = Arc::new(std::sync::Mutex::new(Some(Source { make: Box::new(make), given: given.clone() })));
    let transport = service_fn(move |_: Request<Bytes>| {
        let source = source.lock().unwrap().take().expect("asked once");
        async { Ok::<_, TransportError>(Response::new(Body::chunks(source))) }
    });
    let client =
        Client::builder("https://fin-a:8445").transport(transport).body_cap(64 * 1024).build().unwrap();
    (client.users().list().await.unwrap(), given)
}

fn pieces(text: &str, size: usize) -> impl FnMut() -> Option<Bytes> + Send + 'static {
    let chunks: Vec<Bytes> = text.as_bytes().chunks(size).map(Bytes::copy_from_slice).collect();
    let mut chunks = chunks.into_iter();
    move || chunks.next()
}

async fn ids(mut users: UserStream) -> Vec<Result<String, ErrorKind>> {
    let mut ids = Vec::new();
    while let Some(user) = users.next().await {
        ids.push(user.map(|user| user.login_id.unwrap().as_str().to_owned()).map_err(|error| error.kind()));
    }
    ids
}

const THREE: &str = "<?xml version=\"1.0\"?>\n<Users>\n <User><loginId>1</loginId></User>\
    <extra/><User><loginId>2</loginId><state>READY</state><state>READY</state></User>\
    <User><loginId>3</loginId></User></Users>\n";

#[tokio::test]
async fn one_bad_user_does_not_cost_the_others_however_the_answer_is_cut() {
    for size in [1, 7, 64, 4096] {
        let (users, _) = stream(pieces(THREE, size)).await;
        assert_eq!(ids(users).await, [Ok("1".into()), Err(ErrorKind::Decode), Ok("3".into())], "{size}");
    }
}

#[tokio::test]
async fn collecting_keeps_the_bad_ones_beside() {
    let (users, _) = stream(pieces(THREE, 50)).await;
    let (users, bad) = users.collect().await.unwrap();
    assert_eq!((users.items.len(), bad.len()), (2, 1));
}

#[tokio::test]
async fn collecting_has_a_bound() {
    let (users, _) = stream(pieces(THREE, 50)).await;
    assert!(users.collect_up_to(3).await.is_ok());
    let (users, _) = stream(pieces(THREE, 50)).await;
    let error = users.collect_up_to(2).await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::TooLarge, Progress::Answered), "{error}");
}

#[tokio::test]
async fn what_is_no_list_or_breaks_off_ends_with_an_error() {
    for (text, kind) in [
        ("", ErrorKind::NotFinesse),
        ("<html><body>Not here</body></html>", ErrorKind::NotFinesse),
        ("<Dialogs></Dialogs>", ErrorKind::NotFinesse),
        ("{\"a\":1}", ErrorKind::NotFinesse),
        ("<Users><User><loginId>1</loginId>", ErrorKind::Decode),
        ("<Users><!DOCTYPE x></Users>", ErrorKind::Decode),
    ] {
        let (users, _) = stream(pieces(text, 9)).await;
        assert_eq!(ids(users).await.last(), Some(&Err(kind)), "{text}");
    }
    let huge = format!("<Users><User><loginId>{}</loginId></User></Users>", "7".repeat(70_000));
    let (users, _) = stream(pieces(&huge, 5000)).await;
    assert_eq!(ids(users).await, [Err(ErrorKind::TooLarge)]);
}

#[tokio::test]
async fn six_thousand_users_are_never_held_at_once() {
    const USERS: usize = 6000;
    const CHUNK: usize = 16 * 1024;
    let mut made = 0;
    let mut rest = String::from("<Users>");
    let (mut users, given) = stream(move || {
        while rest.len() < CHUNK && made < USERS {
            made += 1;
            rest.push_str(&format!(
                "<User><loginId>{made}</loginId><firstName>{}</firstName></User>",
                "x".repeat(2000)
            ));
            if made == USERS {
                rest.push_str("</Users>");
            }
        }
        let cut = rest.len().min(CHUNK);
        let chunk = rest.drain(..cut).collect::<String>();
        (!chunk.is_empty()).then(|| Bytes::from(chunk))
    })
    .await;
    let (mut read, mut held) = (0, 0);
    while let Some(user) = users.next().await {
        user.unwrap();
        read += 1;
        held = held.max(users.pieces.buffer.capacity());
    }
    assert_eq!(read, USERS);
    assert!(given.load(Ordering::Relaxed) > 12_000_000);
    // A chunk, the rest of a user before it, and what the buffer grows by.
    assert!(held <= 4 * CHUNK, "{held}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_stops_coming_is_given_up() {
    struct Silent;
    #[async_trait]
    impl ChunkSource for Silent {
        async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
            std::future::pending().await
        }
    }
    let transport = service_fn(|_: Request<Bytes>| async {
        Ok::<_, TransportError>(Response::new(Body::chunks(Silent)))
    });
    let client = Client::builder("https://fin-a:8445")
        .transport(transport)
        .request_timeout(Duration::from_secs(7))
        .build()
        .unwrap();
    let mut users = client.users().list().await.unwrap();
    assert_eq!(users.next().await.unwrap().unwrap_err().kind(), ErrorKind::Timeout);
    assert!(users.next().await.is_none());
}
