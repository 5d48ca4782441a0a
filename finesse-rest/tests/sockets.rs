//! The whole client over real sockets against a server that answers as it is told.

#![cfg(feature = "reqwest")]
#![expect(clippy::unwrap_used, reason = "a test: what fails here fails the test")]

mod common;

use std::time::Duration;

use common::{Authority, Behaviour, PASSWORD, Server, answer, client, plain, tls};
use finesse_model::{Extension, RequestId, UserId, UserState};
use finesse_net::{Trust, TrustReason};
use finesse_rest::{CallAction, Client, Command, Error, ErrorKind, Progress, SideApi};
use tokio::net::TcpListener;

const USER: &str = "<User><loginId>40217</loginId><state>READY</state><extension>7301</extension></User>";
const HTML: &str = "<!doctype html><html><body>Not here</body></html>";

fn ready() -> Command {
    Command::SetState { user: UserId::new("40217").unwrap(), state: UserState::Ready, reason: None }
}

async fn submit(client: &Client) -> Result<u16, Error> {
    client.submit(&ready(), &RequestId::new("r-1").unwrap()).await.map(|accepted| accepted.status)
}

async fn over_tls(server: &Server, trust: Trust) -> Result<Option<UserState>, Error> {
    client(&server.url("https"))
        .trust(trust)
        .build()
        .unwrap()
        .user("40217")
        .get()
        .await
        .map(|user| user.state)
}

async fn trust_refusal(server: &Server, trust: Trust) -> TrustReason {
    let error = over_tls(server, trust).await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::Tls, Progress::NotSent), "{error}");
    let failure = error.trust_failure().unwrap();
    assert_eq!(failure.subject(), Some("CN=fin-a.lab.example"));
    let text = error.to_string();
    assert!(
        text.contains("reading user 40217 on https://127.0.0.1") && text.contains(&failure.remedy()),
        "{text}"
    );
    failure.reason()
}

fn is_free_of_secrets(error: &Error) {
    let mut texts = vec![format!("{error}"), format!("{error:?}")];
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        texts.push(format!("{cause} {cause:?}"));
        source = cause.source();
    }
    for text in texts {
        assert!(!text.contains(PASSWORD) && !text.contains("Y29ycmVjdCBob3JzZQ"), "{text}");
        assert!(!text.to_lowercase().contains("basic "), "{text}");
    }
}

#[tokio::test]
async fn a_user_is_read_over_tls_with_an_extra_ca() {
    let ca = Authority::new();
    let mut server = tls(answer("200 OK", "application/xml", USER), ca.issue("127.0.0.1", 2090)).await;
    assert_eq!(over_tls(&server, Trust::ExtraCa(ca.pem())).await.unwrap(), Some(UserState::Ready));
    let request = server.requests.recv().await.unwrap();
    assert!(request.starts_with("GET /finesse/api/User/40217 HTTP/1.1\r\n"), "{request}");
    assert!(
        request.to_lowercase().contains("authorization: basic ndaymtc6y29ycmvjdcbob3jzzq==\r\n"),
        "{request}"
    );
}

#[tokio::test]
async fn each_way_of_distrust_is_told_and_nothing_is_sent() {
    let ca = Authority::new();
    let body = answer("200 OK", "application/xml", USER);
    let mut server = tls(body.clone(), ca.issue("127.0.0.1", 2090)).await;
    assert_eq!(
        trust_refusal(&server, Trust::ExtraCa(Authority::new().pem())).await,
        TrustReason::UnknownIssuer
    );
    assert_eq!(trust_refusal(&server, Trust::Pins(vec![[7; 32]])).await, TrustReason::PinMismatch);
    assert!(server.requests.try_recv().is_err());
    let expired = tls(body.clone(), ca.issue("127.0.0.1", 2021)).await;
    assert_eq!(trust_refusal(&expired, Trust::ExtraCa(ca.pem())).await, TrustReason::Expired);
    let other_name = tls(body, ca.issue("fin-b.lab.example", 2090)).await;
    assert_eq!(trust_refusal(&other_name, Trust::ExtraCa(ca.pem())).await, TrustReason::NameMismatch);
}

#[tokio::test]
async fn a_pin_and_the_insecure_mode_accept_what_no_authority_vouches_for() {
    let identity = Authority::new().issue("elsewhere.example", 2090);
    let pin = identity.sha256();
    let server = tls(answer("200 OK", "application/xml", USER), identity).await;
    assert_eq!(over_tls(&server, Trust::Pins(vec![pin])).await.unwrap(), Some(UserState::Ready));
    assert_eq!(over_tls(&server, Trust::InsecureAcceptAnything).await.unwrap(), Some(UserState::Ready));
}

#[tokio::test]
async fn a_refused_port_proves_that_nothing_was_sent() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = submit(&client(&format!("http://127.0.0.1:{port}")).build().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::Connect, Progress::NotSent), "{error:?}");
    assert!(error.to_string().contains("refused"), "{error}");
    is_free_of_secrets(&error);
}

#[tokio::test]
async fn a_name_that_does_not_resolve_proves_that_nothing_was_sent() {
    // Names below .invalid never resolve, with or without a network.
    let error = submit(&client("http://fin-a.invalid:1").build().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::Dns, Progress::NotSent), "{error:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_leaves_the_outcome_unknown() {
    let mut server = plain(Behaviour::Leave).await;
    let error = submit(&client(&server.url("http")).build().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::Reset, Progress::Unanswered), "{error:?}");
    is_free_of_secrets(&error);
    // Once and never again.
    assert!(server.requests.recv().await.unwrap().starts_with("PUT /finesse/api/User/40217 "));
    assert!(server.requests.try_recv().is_err());
}

#[tokio::test]
async fn an_idle_connection_that_breaks_under_the_next_request_is_not_tried_again() {
    // The first request warms the pool up; the second finds a server that closes instead of answering.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let served = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut tcp, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 4096];
        let _ = tcp.read(&mut buffer).await.unwrap();
        tcp.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        assert!(tcp.read(&mut buffer).await.unwrap() > 0);
        drop(tcp);
        // A retry would show up as another connection.
        listener
    });
    let client = client(&url).build().unwrap();
    assert_eq!(submit(&client).await.unwrap(), 202);
    let error = submit(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::Reset, Progress::Unanswered), "{error:?}");
    // The error is back, so a retry would have connected by now.
    let listener = served.await.unwrap().into_std().unwrap();
    assert_eq!(
        listener.accept().unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock,
        "the request was sent a second time"
    );
}

#[tokio::test]
async fn a_server_that_never_answers_ends_in_a_timeout_with_unknown_outcome() {
    let mut server = plain(Behaviour::Hang).await;
    let client = client(&server.url("http")).request_timeout(Duration::from_millis(200)).build().unwrap();
    let error = submit(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::Timeout, Progress::Unanswered), "{error:?}");
    assert!(error.to_string().contains("unknown"), "{error}");
    is_free_of_secrets(&error);
    assert!(server.requests.recv().await.is_some());
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_a_timeout_that_proves_nothing_was_sent() {
    // Takes the connection and never speaks TLS.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let client =
        client(&url).connect_timeout(Duration::from_millis(200)).trust(Trust::InsecureAcceptAnything);
    let error = submit(&client.build().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::Timeout, Progress::NotSent), "{error:?}");
}

#[tokio::test]
async fn html_with_200_is_not_finesse() {
    let server = plain(answer("200 OK", "text/html", HTML)).await;
    let client = client(&server.url("http")).build().unwrap();
    let error = client.user("40217").await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::NotFinesse, Progress::Answered), "{error}");
    let error = submit(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::NotFinesse, Progress::Unanswered), "{error}");
}

#[tokio::test]
async fn a_document_of_another_kind_is_not_finesse_and_a_cut_one_is_not_decoded() {
    for (body, kind) in [
        ("<ApiErrors><ApiError><ErrorType>x</ErrorType></ApiError></ApiErrors>", ErrorKind::NotFinesse),
        ("<Dialogs/>", ErrorKind::NotFinesse),
        ("<User><loginId>40217</loginId>", ErrorKind::Decode),
        ("<User><loginId>40217</state></User>", ErrorKind::Decode),
    ] {
        let server = plain(answer("200 OK", "application/xml", body)).await;
        let error = client(&server.url("http")).build().unwrap().user("40217").get().await.unwrap_err();
        assert_eq!((error.kind(), error.progress()), (kind, Progress::Answered), "{body}: {error}");
        assert_eq!(error.status(), Some(200));
    }
}

#[tokio::test]
async fn a_missing_web_application_is_told_apart_from_an_unknown_user() {
    let server = plain(answer("404 Not Found", "text/html;charset=utf-8", HTML)).await;
    let error = client(&server.url("http")).build().unwrap().system_info().await.unwrap_err();
    assert!(error.is_webapp_missing() && error.is_retryable(), "{error}");
    let unknown = "<ApiErrors><ApiError><ErrorType>User Not Found</ErrorType><ErrorMessage>UNKNOWN_USER</ErrorMessage>\
                   <ErrorData>40218</ErrorData></ApiError></ApiErrors>";
    let server = plain(answer("404 Not Found", "application/xml", unknown)).await;
    let error = client(&server.url("http")).build().unwrap().user("40218").get().await.unwrap_err();
    assert!(!error.is_webapp_missing() && !error.is_retryable(), "{error}");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.api_errors().unwrap().items[0].error_data.as_deref(), Some("40218"));
    assert!(error.to_string().contains("UNKNOWN_USER"), "{error}");
}

#[tokio::test]
async fn a_body_beyond_the_cap_is_refused_with_and_without_a_length() {
    let large = "x".repeat(5000);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\ntransfer-encoding: chunked\r\n\r\n1388\r\n{large}\r\n0\r\n\r\n"
    );
    for behaviour in [answer("200 OK", "application/xml", &large), Behaviour::Answer(chunked)] {
        let server = plain(behaviour).await;
        let client = client(&server.url("http")).body_cap(4999).build().unwrap();
        let error = client.user("40217").get().await.unwrap_err();
        assert_eq!((error.kind(), error.progress()), (ErrorKind::TooLarge, Progress::Answered), "{error}");
    }
}

#[tokio::test]
async fn a_body_that_never_ends_is_cut_at_the_cap() {
    let endless = "1000\r\n".to_owned() + &"x".repeat(0x1000) + "\r\n";
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let served = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut tcp, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 4096];
        let _ = tcp.read(&mut buffer).await.unwrap();
        tcp.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
        while tcp.write_all(endless.as_bytes()).await.is_ok() {}
    });
    let error = client(&url).build().unwrap().user("40217").get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    // The server's writing fails because the client has hung up.
    served.await.unwrap();
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut target = plain(answer("200 OK", "application/xml", USER)).await;
    let redirect =
        format!("HTTP/1.1 302 Found\r\nlocation: {}/x\r\ncontent-length: 0\r\n\r\n", target.url("http"));
    let server = plain(Behaviour::Answer(redirect)).await;
    let error = client(&server.url("http")).build().unwrap().user("40217").get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFinesse);
    assert!(error.to_string().contains(&target.url("http")), "{error}");
    assert!(target.requests.try_recv().is_err());
}

#[tokio::test]
async fn retry_after_and_out_of_service_are_read() {
    let out = "<ApiErrors><ApiError><ErrorType>Service Unavailable</ErrorType>\
               <ErrorMessage>SERVER_OUT_OF_SERVICE</ErrorMessage><ErrorData></ErrorData></ApiError></ApiErrors>";
    let bytes = format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 7\r\ncontent-type: application/xml\r\ncontent-length: {}\r\n\r\n{out}",
        out.len()
    );
    let server = plain(Behaviour::Answer(bytes)).await;
    let error = submit(&client(&server.url("http")).build().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::OutOfService, Progress::Refused));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    let mut server = plain(answer("401 Unauthorized", "text/html", HTML)).await;
    let error = client(&server.url("http")).build().unwrap().user("40217").get().await.unwrap_err();
    assert!(error.is_auth() && !error.is_retryable());
    assert!(server.requests.recv().await.is_some());
    assert!(server.requests.try_recv().is_err());
    is_free_of_secrets(&error);
}

#[tokio::test]
async fn a_write_carries_id_type_and_body_and_reads_the_echo() {
    let echo = "HTTP/1.1 202 Accepted\r\nrequestid: r-7\r\ncontent-length: 0\r\n\r\n";
    let mut server = plain(Behaviour::Answer(echo.to_owned())).await;
    let client = client(&server.url("http")).build().unwrap();
    let accepted = client.submit(&ready(), &RequestId::new("r-7").unwrap()).await.unwrap();
    assert_eq!((accepted.status, accepted.request_id.unwrap().as_str()), (202, "r-7"));
    let request = server.requests.recv().await.unwrap().to_lowercase();
    for part in [
        "put /finesse/api/user/40217 http/1.1",
        "requestid: r-7",
        "content-type: application/xml",
        "<state>ready</state>",
    ] {
        assert!(request.contains(part), "{part} in {request}");
    }
    let target = Extension::new("7301").unwrap();
    client.dialog("16804377").take_action(CallAction::Answer, target).await.unwrap();
    let request = server.requests.recv().await.unwrap();
    assert!(
        request.starts_with("PUT /finesse/api/Dialog/16804377 ") && request.contains("ANSWER"),
        "{request}"
    );
}

#[tokio::test]
async fn system_info_is_read_without_credentials_and_past_caches() {
    let mut server =
        plain(answer("200 OK", "text/xml", "<SystemInfo><status>OUT_OF_SERVICE</status></SystemInfo>")).await;
    let client = Client::builder(server.url("http")).allow_plain_http().build().unwrap();
    client.system_info().await.unwrap();
    client.system_info().await.unwrap();
    let first = server.requests.recv().await.unwrap();
    let second = server.requests.recv().await.unwrap();
    assert!(!first.to_lowercase().contains("authorization"), "{first}");
    assert!(first.starts_with("GET /finesse/api/SystemInfo?nocache="), "{first}");
    assert_ne!(first.lines().next(), second.lines().next());
}

#[tokio::test]
async fn a_read_answered_with_202_is_taken() {
    let server = plain(answer("202 Accepted", "application/xml", USER)).await;
    let user = client(&server.url("http")).build().unwrap().user("40217").await.unwrap();
    assert_eq!(user.login_id.unwrap().as_str(), "40217");
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_before_a_connection_is_opened() {
    let mut server = plain(Behaviour::Hang).await;
    let client = client(&server.url("http")).build().unwrap();
    let bad =
        Command::SetState { user: UserId::new("40217").unwrap(), state: UserState::Talking, reason: None };
    let error = client.send(&bad).await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::InvalidRequest, Progress::NotSent));
    let error = client.user("a/b").get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert!(server.requests.try_recv().is_err());
}

#[test]
fn a_client_is_not_made_from_a_bad_address_or_token() {
    let error = Client::builder("http://fin-a:8445").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.to_string().starts_with("setting up the REST client: base url"), "{error}");
    let error =
        Client::builder("https://fin-a:8445").trust(Trust::ExtraCa(b"nothing".to_vec())).build().unwrap_err();
    assert!(error.to_string().contains("BEGIN CERTIFICATE"), "{error}");
}

#[test]
fn debug_of_client_and_builder_hides_the_password() {
    let builder = client("https://fin-a:8445");
    let text = format!("{builder:?} {:?} {:?}", common::credentials(), builder);
    assert!(!text.contains(PASSWORD), "{text}");
    let client = client("https://fin-a:8445").trust(Trust::InsecureAcceptAnything).build().unwrap();
    let text = format!("{client:?}");
    assert!(
        text.contains("40217") && text.contains("https://fin-a:8445") && !text.contains(PASSWORD),
        "{text}"
    );
}
