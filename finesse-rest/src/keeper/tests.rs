//! The keeper over a transport that is told what to answer, with paused time.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use secrecy::ExposeSecret as _;
use tower::service_fn;

use super::*;
use crate::transport::TransportError;

const S: Duration = Duration::from_secs(1);

/// When a token was asked for, and with which form.
type Asked = Arc<Mutex<Vec<(u64, String)>>>;

/// A client whose requests for a token get these answers, each noted with its time.
fn client(answers: &[(u16, &'static str)]) -> (Client, Asked) {
    let answers = Arc::new(Mutex::new(answers.iter().copied().collect::<VecDeque<_>>()));
    let asked = Asked::default();
    let (begun, noted) = (Instant::now(), Arc::clone(&asked));
    let transport = service_fn(move |request: Request<Bytes>| {
        assert!(request.headers().get("authorization").is_none());
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        noted.lock().unwrap().push((begun.elapsed().as_secs(), body));
        let (status, body) = answers.lock().unwrap().pop_front().unwrap();
        let response = Response::builder().status(status).header("content-type", "application/json");
        std::future::ready(Ok::<_, TransportError>(
            response.body(Bytes::from_static(body.as_bytes())).unwrap(),
        ))
    });
    (Client::builder("https://fin-a:8445").transport(transport).build().unwrap(), asked)
}

fn keeper(client: Client) -> TokenKeeper {
    let tokens = Tokens::new("first", Some(100 * S)).with_refresh("hush", None);
    TokenKeeper::start(client, "40217".parse().unwrap(), tokens)
}

fn token(keeper: &TokenKeeper) -> String {
    keeper.credentials().secret().expose_secret().to_owned()
}

#[tokio::test(start_paused = true)]
async fn the_token_is_replaced_in_time_and_the_new_refresh_token_is_used_next() {
    let (client, asked) = client(&[
        (200, r#"{"token":"second","expires_in":"200","refresh_token":"more"}"#),
        (200, r#"{"token":"third","expires_in":100}"#),
    ]);
    let mut keeper = keeper(client);
    assert!(matches!(keeper.changed().await, TokenState::Fresh));
    assert_eq!(token(&keeper), "second");
    assert!(matches!(keeper.changed().await, TokenState::Fresh));
    assert_eq!(token(&keeper), "third");
    let asked = asked.lock().unwrap();
    assert_eq!(asked[0], (75, "token=first&refresh-token=hush&return_user=yes".to_owned()));
    assert_eq!(asked[1], (75 + 150, "token=second&refresh-token=more&return_user=yes".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_tells_no_lifetime_does_not_end_the_keeping() {
    let (client, asked) = client(&[(200, r#"{"token":"second"}"#), (200, r#"{"token":"third"}"#)]);
    let mut keeper = keeper(client);
    assert!(matches!(keeper.changed().await, TokenState::Fresh));
    assert!(matches!(keeper.changed().await, TokenState::Fresh));
    assert_eq!(token(&keeper), "third");
    let times: Vec<u64> = asked.lock().unwrap().iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [75, 150]);
}

#[tokio::test(start_paused = true)]
async fn a_first_token_without_a_lifetime_is_kept_by_what_it_says_itself_or_the_state_says_that_it_is_not() {
    // {"iat":1000,"exp":1100}
    let tokens = Tokens::new("e30.eyJpYXQiOjEwMDAsImV4cCI6MTEwMH0.c2ln", None).with_refresh("hush", None);
    let (one, asked) = client(&[(200, r#"{"token":"second"}"#)]);
    let mut keeper = TokenKeeper::start(one, "40217".parse().unwrap(), tokens);
    assert!(matches!(keeper.changed().await, TokenState::Fresh));
    assert_eq!(asked.lock().unwrap()[0].0, 75);
    let (another, _) = client(&[]);
    let opaque = Tokens::new("opaque", None).with_refresh("hush", None);
    let keeper = TokenKeeper::start(another, "40217".parse().unwrap(), opaque);
    assert!(matches!(keeper.state(), TokenState::LifetimeUnknown));
}

#[tokio::test(start_paused = true)]
async fn a_failing_server_is_asked_again_while_the_token_is_good() {
    let (client, asked) = client(&[(500, ""), (503, ""), (200, r#"{"token":"second","expires_in":100}"#)]);
    let mut keeper = keeper(client);
    assert!(matches!(keeper.changed().await, TokenState::Failing(_)));
    assert_eq!(token(&keeper), "first");
    while !matches!(keeper.changed().await, TokenState::Fresh) {}
    assert_eq!(token(&keeper), "second");
    let times: Vec<u64> = asked.lock().unwrap().iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [75, 76, 78]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_refresh_is_asked_once_and_the_token_is_lost_when_it_expires() {
    let begun = Instant::now();
    let (client, asked) = client(&[(401, r#"{"status":401,"apiErrors":{"errorMessage":"NO TOKEN"}}"#)]);
    let mut keeper = keeper(client);
    assert!(matches!(keeper.changed().await, TokenState::Failing(_)));
    let TokenState::Lost(Some(error)) = keeper.changed().await else { panic!("it is lost") };
    assert_eq!((error.kind(), begun.elapsed().as_secs()), (ErrorKind::Unauthorized, 100));
    assert_eq!(asked.lock().unwrap().len(), 1);
    let text = format!("{keeper:?} {error:?} {error}");
    assert!(!text.contains("first") && !text.contains("hush"), "{text}");
}
