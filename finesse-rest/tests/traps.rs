//! The traps of the API that concern a client of REST, each in a test named after it. Those about reading documents are the model's.

#![cfg(feature = "reqwest")]
#![expect(clippy::unwrap_used, reason = "a test: what fails here fails the test")]

mod common;

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use common::in_memory::InMemory;
use finesse_model::{DialogState, Extension, ReasonCode, UserId, UserState};
use finesse_rest::{
    Body, CallAction, ChunkSource, Client, Credentials, ErrorKind, HttpTransport, Progress, TransportError,
};
use finesse_sim::{AgentSpec, LogKind, Profile, Side, Sim};
use http::{Request, Response};
use tower::service_fn;

const PASSWORD: &str = "correct horse";

/// A client whose every request gets the next of these answers.
fn scripted(answers: Vec<Response<&'static str>>) -> (Client, Arc<Mutex<Vec<Request<Bytes>>>>) {
    let answers = Mutex::new(VecDeque::from(answers));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let answers = Arc::new(answers);
    let transport = service_fn(move |request: Request<Bytes>| {
        kept.lock().unwrap().push(request);
        let answer = answers.lock().unwrap().pop_front().expect("no more requests than answers");
        std::future::ready(Ok::<_, TransportError>(answer.map(|body| Bytes::from_static(body.as_bytes()))))
    });
    (over(transport, "40217"), seen)
}

fn over(transport: impl HttpTransport, user: &str) -> Client {
    let credentials = Credentials::basic(user.parse().unwrap(), PASSWORD);
    Client::builder("https://fin-a.lab.example:8445")
        .credentials(credentials)
        .transport(transport)
        .build()
        .unwrap()
}

fn answer(status: u16, headers: &[(&str, &str)], body: &'static str) -> Response<&'static str> {
    let builder = headers
        .iter()
        .fold(Response::builder().status(status), |builder, (name, value)| builder.header(*name, *value));
    builder.body(body).unwrap()
}

/// A simulated pair with the people it begins with, and 1001 not ready.
async fn lab() -> (Sim, Client) {
    let sim = Sim::in_memory(Profile::ucce(), 7);
    for agent in AgentSpec::lab(PASSWORD) {
        sim.add_agent(agent);
    }
    let client = over(InMemory::new(&sim, Side::A), "1001");
    client.user("1001").sign_in(extension()).await.unwrap();
    until(async || (user_state(&client).await == Some(UserState::NotReady)).then_some(())).await;
    (sim, client)
}

async fn user_state(client: &Client) -> Option<UserState> {
    client.user("1001").get().await.unwrap().state
}

fn extension() -> Extension {
    Extension::new("7301").unwrap()
}

/// Time is paused, and every look takes some of it; the bound only ends a test that has failed.
async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..10_000 {
        if let Some(found) = look().await {
            return found;
        }
    }
    panic!("it never came");
}

#[tokio::test]
async fn trap_12_an_echo_is_best_effort_and_the_own_id_is_known_without_it() {
    let (client, seen) = scripted(vec![
        answer(202, &[], ""),
        answer(202, &[("requestid", " ")], ""),
        answer(202, &[("requestid", "r-3")], ""),
    ]);
    let user = client.user("40217");
    for echoed in [None, None, Some("r-3")] {
        let receipt = user.change_state(UserState::Ready).request_id("r-3".parse().unwrap()).await.unwrap();
        assert_eq!(receipt.request_id.as_str(), "r-3");
        assert_eq!(receipt.echoed.as_ref().map(|id| id.as_str()), echoed);
    }
    for request in seen.lock().unwrap().iter() {
        assert_eq!(request.headers()["requestid"], "r-3");
    }
}

#[tokio::test]
async fn trap_13_any_2xx_takes_a_write_and_a_read_may_come_with_202() {
    let statuses = [200, 202, 204, 299];
    let (client, _) = scripted(statuses.iter().map(|status| answer(*status, &[], "")).collect());
    for status in statuses {
        let receipt = client.user("40217").change_state(UserState::Ready).await.unwrap();
        assert_eq!(receipt.status, status);
    }
    let (client, _) = scripted(vec![answer(202, &[], "<User><loginId>40217</loginId></User>")]);
    assert!(client.user("40217").await.is_ok());
}

#[tokio::test]
async fn trap_20_what_is_not_xml_is_told_and_never_read_as_xml() {
    for body in
        ["<html><body>HTTP Status 200</body></html>", "{\"status\":200}", "", "ok", "<Dialogs/>", "<User"]
    {
        let (client, _) = scripted(vec![answer(200, &[], body)]);
        let error = client.user("40217").get().await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NotFinesse | ErrorKind::Decode), "{body}: {error}");
        assert_eq!(error.progress(), Progress::Answered);
    }
    let page = "<!doctype html><html><body><h1>HTTP Status 401</h1></body></html>";
    let (client, _) = scripted(vec![answer(401, &[("www-authenticate", "Basic realm=\"x\"")], page)]);
    let error = client.user("40217").get().await.unwrap_err();
    assert!(error.is_auth() && error.api_errors().is_none(), "{error}");
}

#[tokio::test]
async fn trap_21_configuration_at_the_secondary_names_the_primary_and_what_ccx_lacks_is_not_implemented() {
    let info = "<SystemInfo><primaryNode><host>fin-b.lab.example</host></primaryNode>\
        <secondaryNode><host>fin-a.lab.example</host></secondaryNode></SystemInfo>";
    let (client, seen) = scripted(vec![
        answer(500, &[], ""),
        answer(403, &[], ""),
        answer(200, &[], info),
        answer(200, &[], info),
    ]);
    let error = client.configuration().wrap_up_reasons().delete("31").await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::SecondaryNode, Progress::Refused), "{error}");
    assert_eq!(error.primary(), Some("fin-b.lab.example"));
    // What was not sent, because the place was known by then.
    let error = client.configuration().wrap_up_reasons().delete("31").await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::SecondaryNode, Progress::NotSent), "{error}");
    assert_eq!(error.primary(), Some("fin-b.lab.example"));
    // All were asked of this side.
    let hosts: Vec<_> =
        seen.lock().unwrap().iter().map(|request| request.uri().host().unwrap().to_owned()).collect();
    assert_eq!(hosts, ["fin-a.lab.example"; 4]);
    let (client, _) = scripted(vec![
        answer(200, &[], "<SystemInfo/>"),
        answer(501, &[], ""),
        answer(404, &[], "<ApiErrors/>"),
    ]);
    let config = client.configuration();
    assert_eq!(config.system_config().get().await.unwrap_err().kind(), ErrorKind::NotImplemented);
    assert_eq!(config.system_config().get().await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn trap_22_login_is_asked_for_and_not_ready_comes_and_a_second_one_changes_nothing() {
    let (_sim, client) = lab().await;
    client.user("1001").change_state(UserState::Ready).await.unwrap();
    until(async || (user_state(&client).await == Some(UserState::Ready)).then_some(())).await;
    client.user("1001").sign_in(extension()).await.unwrap();
    for _ in 0..20 {
        assert_eq!(user_state(&client).await, Some(UserState::Ready));
    }
    let error = client.user("1001").change_state(UserState::Login).await.unwrap_err();
    assert_eq!(error.field(), Some("state"));
}

#[tokio::test(start_paused = true)]
async fn trap_23_a_supervisor_writes_to_the_agents_user_and_gives_no_reason() {
    let (sim, client) = lab().await;
    let supervisor = over(InMemory::new(&sim, Side::A), "1009");
    let with = supervisor.user("1001").change_state_with_reason(UserState::NotReady, "7".parse().unwrap());
    let error = with.await.unwrap_err();
    assert_eq!((error.progress(), error.field()), (Progress::NotSent, Some("reasonCodeId")), "{error}");
    supervisor.user("1001").change_state(UserState::Ready).await.unwrap();
    until(async || (user_state(&client).await == Some(UserState::Ready)).then_some(())).await;
}

#[tokio::test(start_paused = true)]
async fn trap_25_a_transfer_is_asked_of_the_held_call() {
    let (_sim, client) = lab().await;
    client.user("1001").make_call(extension(), "5550142").await.unwrap();
    let dialogs = async || client.user("1001").dialogs().await.unwrap().items;
    let active = |dialog: &finesse_model::Dialog| dialog.state == Some(DialogState::Active);
    let first = until(async || dialogs().await.into_iter().find(active)).await.id;
    client.dialog(&first).make_consult_call(extension(), "5550199").await.unwrap();
    let second =
        until(async || dialogs().await.into_iter().find(|one| active(one) && one.id != first)).await.id;
    // Taken, and refused by a notification: nothing changes.
    client.dialog(&second).take_action(CallAction::Transfer, extension()).await.unwrap();
    for _ in 0..20 {
        assert_eq!(dialogs().await.len(), 2);
    }
    client.dialog(&first).take_action(CallAction::Transfer, extension()).await.unwrap();
    until(async || dialogs().await.is_empty().then_some(())).await;
}

#[tokio::test]
async fn trap_26_text_is_escaped_and_what_xml_cannot_express_is_refused() {
    let (client, seen) = scripted(vec![answer(202, &[], "")]);
    let data = || client.dialog("7").update_call_data(Some(extension()));
    data().variable("callVariable1", "A&B <Ltd>").await.unwrap();
    let body = String::from_utf8(seen.lock().unwrap()[0].body().to_vec()).unwrap();
    assert!(body.contains("<value>A&amp;B &lt;Ltd&gt;</value>"), "{body}");
    assert_eq!(data().variable("callVariable1", "\u{1}").await.unwrap_err().field(), Some("value"));
    let code = ReasonCode { label: Some("\u{b}".into()), ..ReasonCode::default() };
    let error = client.configuration().reason_codes().update("7", &code).await.unwrap_err();
    assert_eq!(error.field(), Some("label"));
}

/// Users that come slowly: the pause is the server's, in simulated time; no test waits by it.
struct Slow(u32);

#[async_trait]
impl ChunkSource for Slow {
    async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        tokio::time::sleep(Duration::from_secs(8)).await;
        self.0 += 1;
        Ok(match self.0 {
            1 => Some(Bytes::from_static(b"<Users>")),
            2..=30 => Some(Bytes::from_static(b"<User><loginId>1</loginId></User>")),
            31 => Some(Bytes::from_static(b"</Users>")),
            _ => None,
        })
    }
}

#[tokio::test(start_paused = true)]
async fn trap_27_a_large_list_may_take_longer_than_any_other_answer() {
    let transport = service_fn(|_: Request<Bytes>| {
        std::future::ready(Ok::<_, TransportError>(Response::new(Body::chunks(Slow(0)))))
    });
    let client = Client::builder("https://fin-a.lab.example:8445").transport(transport).build().unwrap();
    let begun = tokio::time::Instant::now();
    let (users, bad) = client.users().list().await.unwrap().collect().await.unwrap();
    assert_eq!((users.items.len(), bad.len()), (29, 0));
    // The limit of one exchange is 10 s.
    assert!(begun.elapsed() > Duration::from_secs(200));
}

#[tokio::test(start_paused = true)]
async fn trap_28_a_refused_password_is_tried_once() {
    let sim = Sim::in_memory(Profile::ucce(), 7);
    sim.add_agent(AgentSpec::new("1001", "another", "7301"));
    let client = over(InMemory::new(&sim, Side::A), "1001");
    let error = client.user("1001").change_state(UserState::Ready).await.unwrap_err();
    assert!(error.is_auth() && !error.is_retryable(), "{error}");
    let tried = sim.log().iter().filter(|entry| matches!(entry.kind, LogKind::Credentials { .. })).count();
    assert_eq!(tried, 1);
}

/// A transport that lets a write through when it is told, and says in which order they came.
struct Gate {
    client: Client,
    arrived: tokio::sync::mpsc::UnboundedReceiver<(String, tokio::sync::oneshot::Sender<()>)>,
}

fn gate() -> Gate {
    let (arrive, arrived) = tokio::sync::mpsc::unbounded_channel();
    let transport = service_fn(move |request: Request<Bytes>| {
        let (go, wait) = tokio::sync::oneshot::channel();
        let id = request.headers()["requestid"].to_str().unwrap().to_owned();
        arrive.send((id, go)).unwrap();
        async move {
            wait.await.unwrap();
            Ok::<_, TransportError>(Response::builder().status(202).body(Bytes::new()).unwrap())
        }
    });
    Gate { client: over(transport, "40217"), arrived }
}

fn ready(client: &Client, user: &str, id: &str) -> impl Future<Output = u16> + Send + 'static {
    let (client, user, id) = (client.clone(), user.parse::<UserId>().unwrap(), id.parse().unwrap());
    async move { client.user(user).change_state(UserState::Ready).request_id(id).await.unwrap().status }
}

#[tokio::test]
async fn writes_to_one_user_wait_for_each_other_and_others_do_not() {
    let mut gate = gate();
    let mut tasks = Vec::new();
    for (user, id) in [("40217", "1"), ("40217", "2"), ("40217", "3"), ("40218", "other")] {
        tasks.push(tokio::spawn(ready(&gate.client.clone(), user, id)));
    }
    let (first, go) = gate.arrived.recv().await.unwrap();
    let (other, go_other) = gate.arrived.recv().await.unwrap();
    assert_eq!((first.as_str(), other.as_str()), ("1", "other"));
    go_other.send(()).unwrap();
    assert_eq!(tasks.pop().unwrap().await.unwrap(), 202);
    assert!(gate.arrived.try_recv().is_err(), "the second waits for the answer of the first");
    let mut go = go;
    for expected in ["2", "3"] {
        go.send(()).unwrap();
        let (id, next) = gate.arrived.recv().await.unwrap();
        assert_eq!(id, expected);
        go = next;
    }
    go.send(()).unwrap();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 202);
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_behind_a_write_without_an_answer_is_not_sent_late() {
    let mut gate = gate();
    let (client, other) = (gate.client.clone(), gate.client.clone());
    let first = tokio::spawn(async move { client.user("40217").change_state(UserState::Ready).await });
    let (_, held) = gate.arrived.recv().await.unwrap();
    let second = tokio::spawn(async move { other.user("40217").change_state(UserState::NotReady).await });
    // Time runs out for the first.
    let error = first.await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::Timeout, Progress::Unanswered));
    let error = second.await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::Withheld, Progress::NotSent), "{error}");
    assert!(gate.arrived.try_recv().is_err());
    drop(held);
}

#[tokio::test]
async fn a_request_by_hand_goes_the_same_way() {
    let (client, seen) = scripted(vec![
        answer(200, &[], "<User><loginId>40217</loginId></User>"),
        answer(200, &[], "{\"a\":1}"),
        answer(202, &[], ""),
        answer(404, &[("content-type", "text/html")], "<html></html>"),
    ]);
    let get = http::Method::GET;
    let user = client.request(get.clone(), "/User/40217").read(finesse_model::User::from_xml).await.unwrap();
    assert_eq!(user.login_id.unwrap().as_str(), "40217");
    let raw = client.request(get.clone(), "/desktop/api/x").query(&[("q", "a b")]).raw().await.unwrap();
    assert_eq!((raw.status, &raw.body[..]), (200, &b"{\"a\":1}"[..]));
    let put =
        client.request(http::Method::PUT, "https://fin-a.lab.example:8445/finesse/api/New/1").xml("<New/>");
    assert_eq!(put.send().await.unwrap().status, 202);
    let error = client.request(get.clone(), "/New/1").document().await.unwrap_err();
    assert!(error.is_webapp_missing(), "{error}");
    for elsewhere in ["https://fin-b.lab.example/x", "//fin-b.lab.example/x", "User/1"] {
        let error = client.request(get.clone(), elsewhere).raw().await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some("path")), "{error}");
    }
    let seen = seen.lock().unwrap();
    let uris: Vec<String> = seen.iter().map(|request| request.uri().to_string()).collect();
    let base = "https://fin-a.lab.example:8445";
    assert_eq!(
        uris[..3],
        [
            format!("{base}/finesse/api/User/40217"),
            format!("{base}/desktop/api/x?q=a%20b"),
            format!("{base}/finesse/api/New/1"),
        ]
    );
    assert!(seen.iter().all(|request| request.headers().contains_key("authorization")));
    assert!(seen[2].headers().contains_key("requestid"));
}

#[tokio::test]
async fn a_sign_on_page_is_told_with_the_address_for_a_browser() {
    let page = "<html><form>Sign on</form></html>";
    let elsewhere = [("location", "https://ids.lab.example:8553/ids/saml")];
    let (client, seen) = scripted(vec![answer(200, &[], page), answer(302, &elsewhere, "")]);
    for _ in 0..2 {
        let error = client.single_sign_on().fetch_token("ivarga@lab.example").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SignOnRequired, "{error}");
        let url = error.sign_on_url().unwrap();
        assert!(
            url.starts_with(
                "https://fin-a.lab.example:8445/desktop/sso/token?cc_username=ivarga%40lab.example&"
            ),
            "{url}"
        );
        assert!(error.to_string().contains(url), "{error}");
    }
    // Nobody else was asked.
    assert_eq!(seen.lock().unwrap().len(), 2);
}
