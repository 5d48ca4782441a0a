//! The client against the simulated pair: over TLS sockets what an agent does, in memory what failures look like.

#![cfg(feature = "reqwest")]
#![expect(clippy::unwrap_used, reason = "a test: what fails here fails the test")]

mod common;

use std::time::Duration;

use common::in_memory::InMemory;
use finesse_model::{Extension, RequestId, SystemStatus, UserId, UserState};
use finesse_net::{Trust, TrustReason};
use finesse_rest::{CallAction, Client, Command, Credentials, Error, ErrorKind, Progress, SideApi};
use finesse_sim::{AgentSpec, Fault, LogKind, Profile, Publications, Side, Sim, WorldAction};

const USER: &str = "40217";
const PASSWORD: &str = "correct horse";

fn user() -> UserId {
    UserId::new(USER).unwrap()
}

fn extension() -> Extension {
    Extension::new("7301").unwrap()
}

fn in_memory() -> (Sim, Client) {
    let sim = Sim::in_memory(Profile::ucce(), 7);
    sim.add_agent(AgentSpec::new(USER, PASSWORD, "7301"));
    let client = client_of(&sim, Side::A, PASSWORD);
    (sim, client)
}

fn client_of(sim: &Sim, side: Side, password: &str) -> Client {
    Client::builder("https://fin.lab.example:8445")
        .credentials(Credentials::basic(user(), password))
        .transport(InMemory::new(sim, side))
        .build()
        .unwrap()
}

/// Lets simulated time pass, for a pair in memory, until the side shows what is wanted. The bound of ten minutes only ends a test that has
/// failed.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..6000 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    panic!("never came: {what}");
}

/// Looks again after each thing that the side publishes, until it shows what is wanted.
async fn published<T>(news: &mut Publications, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    loop {
        if let Some(found) = look().await {
            return found;
        }
        news.recv().await.unwrap();
    }
}

async fn in_state(news: &mut Publications, client: &Client, wanted: UserState) {
    published(news, async || {
        client.user(USER).get().await.ok().filter(|user| user.state.as_ref() == Some(&wanted)).map(|_| ())
    })
    .await;
}

async fn ready(client: &Client) -> Result<(RequestId, u16), Error> {
    let command = Command::SetState { user: user(), state: UserState::Ready, reason: None };
    client.send(&command).await.map(|receipt| (receipt.request_id, receipt.status))
}

#[tokio::test]
async fn an_agent_is_signed_in_and_takes_a_call_over_tls() {
    let sim = Sim::serve(Profile::ucce().scaled(0.05), 7).await.unwrap();
    sim.add_agent(AgentSpec::new(USER, PASSWORD, "7301"));
    let address = sim.addresses(Side::A).unwrap();
    let ca = sim.ca_pem().unwrap().as_bytes().to_vec();
    let client = Client::builder(&address.rest_url)
        .credentials(Credentials::basic(user(), PASSWORD))
        .trust(Trust::ExtraCa(ca))
        .build()
        .unwrap();

    let mut news = sim.publications(Side::A);
    let info = client.system_info().await.unwrap();
    assert_eq!(info.status, Some(SystemStatus::InService));
    assert_eq!(client.user(USER).get().await.unwrap().state, Some(UserState::Logout));
    let receipt = client.user(USER).sign_in(extension()).await.unwrap();
    assert_eq!(receipt.status, 202);
    let id = receipt.request_id;
    in_state(&mut news, &client, UserState::NotReady).await;
    ready(&client).await.unwrap();
    in_state(&mut news, &client, UserState::Ready).await;

    let call = WorldAction::CallBegin {
        agent: USER.into(),
        from: "5550142".into(),
        to: None,
        variables: Default::default(),
    };
    sim.world(call).call.unwrap();
    let dialog = published(&mut news, async || client.user(USER).dialogs().await.unwrap().items.pop()).await;
    client.dialog(&dialog.id).take_action(CallAction::Answer, extension()).await.unwrap();
    in_state(&mut news, &client, UserState::Talking).await;
    assert_eq!(client.dialog(&dialog.id).get().await.unwrap().id, dialog.id);

    let executed: Vec<String> = sim
        .log()
        .into_iter()
        .filter_map(|entry| match entry.kind {
            LogKind::Executed { verb, request_id, error: None, .. } => {
                Some(format!("{verb} {}", request_id?))
            }
            _ => None,
        })
        .collect();
    assert!(executed.contains(&format!("LOGIN {id}")), "{executed:?}");
}

#[tokio::test]
async fn the_pairs_own_ca_is_unknown_to_the_system() {
    let sim = Sim::serve(Profile::ucce(), 7).await.unwrap();
    let url = sim.addresses(Side::B).unwrap().rest_url;
    let other = Sim::serve(Profile::ucce(), 8).await.unwrap();
    let trust = Trust::ExtraCa(other.ca_pem().unwrap().as_bytes().to_vec());
    let client = Client::builder(&url).trust(trust).build().unwrap();
    let error = client.system_info().await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::Tls, Progress::NotSent));
    assert_eq!(error.trust_failure().unwrap().reason(), TrustReason::UnknownIssuer, "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_and_an_unknown_dialog_are_refused() {
    let (sim, client) = in_memory();
    let error = client_of(&sim, Side::A, "wrong").user(USER).get().await.unwrap_err();
    assert!(error.is_auth(), "{error}");
    let tried =
        sim.log().iter().filter(|entry| matches!(entry.kind, LogKind::Credentials { ok: false, .. })).count();
    assert_eq!(tried, 1);
    let error = client.dialog("999999").get().await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::NotFound, Progress::Refused), "{error}");
    assert!(!error.is_webapp_missing());
    assert!(error.api_errors().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_stopped_tomcat_refuses_and_nothing_was_sent() {
    let (sim, client) = in_memory();
    sim.fault(Fault::StopTomcat { side: Side::A });
    let error = until("the refusal", async || ready(&client).await.err()).await;
    assert_eq!((error.kind(), error.progress()), (ErrorKind::Connect, Progress::NotSent), "{error}");
    assert!(client_of(&sim, Side::B, PASSWORD).system_info().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_crashed_web_application_answers_pages_and_is_recognised() {
    let (sim, client) = in_memory();
    sim.fault(Fault::CrashWebapp { side: Side::A });
    let error = until("the page", async || client.system_info().await.err()).await;
    assert!(error.is_webapp_missing() && error.api_errors().is_none(), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_side_out_of_service_refuses_commands_and_still_tells_its_status() {
    let (sim, client) = in_memory();
    sim.fault(Fault::CtiCut { side: Some(Side::A) });
    until("out of service", async || {
        let info = client.system_info().await.unwrap();
        (info.status == Some(SystemStatus::OutOfService)).then_some(())
    })
    .await;
    let error = ready(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::OutOfService, Progress::Refused), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_hanging_side_leaves_the_outcome_unknown() {
    let (sim, client) = in_memory();
    sim.fault(Fault::RestHang { side: Side::A, on: true, path: None });
    let error = ready(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::Timeout, Progress::Unanswered), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_internal_error_leaves_the_outcome_unknown() {
    let (sim, client) = in_memory();
    sim.fault(Fault::User500 { side: Side::A, probability: 1.0 });
    let error = ready(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.progress()), (ErrorKind::ServerError, Progress::Unanswered), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_accepted_command_carries_its_own_id() {
    let (sim, client) = in_memory();
    let mut news = sim.publications(Side::A);
    let id = RequestId::new("my-id-1").unwrap();
    let command = Command::SignIn { user: user(), extension: extension(), device: None, mobile: None };
    let accepted = client.submit(&command, &id).await.unwrap();
    assert_eq!(accepted.status, 202);
    in_state(&mut news, &client, UserState::NotReady).await;
    assert!(sim.log().iter().any(
        |entry| matches!(&entry.kind, LogKind::Request { request_id: Some(seen), status: 202, .. } if seen == "my-id-1")
    ));
}
