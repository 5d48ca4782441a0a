//! The control API over a real socket, as a program in another language uses it.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::net::SocketAddr;
use std::time::Duration;

use finesse_sim::{Fault, LogKind, Profile, Publication, Side, Sim, WorldAction};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Far above what a loaded machine needs; nothing waits that long when things work.
const PATIENCE: Duration = Duration::from_secs(30);

/// A pair in memory with its control API, and an agent added through it.
async fn stage() -> (Sim, SocketAddr) {
    let sim = Sim::in_memory(Profile::ucce().scaled(0.01), 1);
    let control = sim.serve_control().await.unwrap();
    let agent = json!({ "id": "1001", "password": "pw", "extension": "7301" });
    assert_eq!(post(control, "/agent", &agent).await.0, 200);
    (sim, control)
}

/// Sends bytes, and reads the answer to the end of the connection.
async fn raw(control: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(control).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

async fn ask(control: SocketAddr, method: &str, path: &str, body: &[u8]) -> (u16, Value) {
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {control}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    let answer = raw(control, &request).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.to_lowercase().contains("content-type: application/json"), "{head}");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
    (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}")))
}

async fn get(control: SocketAddr, path: &str) -> (u16, Value) {
    ask(control, "GET", path, b"").await
}

async fn post(control: SocketAddr, path: &str, body: &Value) -> (u16, Value) {
    ask(control, "POST", path, body.to_string().as_bytes()).await
}

/// The error of an answer with this status.
fn error((status, body): (u16, Value), expected: u16) -> String {
    assert_eq!(status, expected, "{body}");
    body["error"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
}

#[tokio::test]
async fn a_call_begins_through_the_api_and_truth_and_view_tell_of_it() {
    let (sim, control) = stage().await;
    let refused =
        post(control, "/world", &json!({ "action": "call_begin", "agent": "1001", "from": "5" })).await;
    assert!(error(refused, 409).contains("1001"), "he is not signed in");
    let mut publications = sim.publications(Side::B);
    sim.world(WorldAction::LoginElsewhere { agent: "1001".into(), extension: "7301".into() });
    let action = json!({ "action": "call_begin", "agent": "1001", "from": "5550142", "variables": { "callVariable1": "R&D" } });
    let (status, reply) = post(control, "/world", &action).await;
    assert_eq!(status, 200, "{reply}");
    let call = reply["call"].as_str().unwrap();
    let (status, truth) = get(control, "/truth/1001").await;
    assert_eq!((status, &truth["dialogs"][call]["call_variables"]["callVariable1"]), (200, &json!("R&D")));
    assert_eq!(serde_json::from_value::<finesse_sim::Truth>(truth).unwrap(), sim.truth("1001").unwrap());
    let told = async {
        loop {
            match publications.recv().await {
                Some(Publication::Item { node, .. }) if node.ends_with("/Dialogs") => break,
                Some(_) => {}
                None => panic!("the pair has ended"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, told).await.unwrap();
    let (status, view) = get(control, "/view/b/agent1001").await;
    assert_eq!(status, 200);
    assert!(view["dialogs"][call].is_object(), "{view}");
}

#[tokio::test]
async fn a_fault_happens_before_its_answer_comes() {
    let (sim, control) = stage().await;
    let (status, body) = post(control, "/fault", &json!({ "fault": "stop_tomcat", "side": "A" })).await;
    assert_eq!((status, body), (200, json!({ "fault": "stop_tomcat", "side": "A" })));
    let request = http::Request::get("/finesse/api/SystemInfo").body(bytes::Bytes::new()).unwrap();
    assert!(sim.http(Side::A, request).await.is_err());
    let stopped = Fault::StopTomcat { side: Side::A };
    assert!(sim.log().iter().any(|entry| entry.kind == LogKind::Fault { fault: stopped.clone() }));
}

#[tokio::test]
async fn an_agent_has_sensible_defaults_and_is_added_only_once() {
    let (sim, control) = stage().await;
    let spec = json!({ "id": "1009", "password": "pw", "extension": "7309", "supervisor": true });
    let (status, added) = post(control, "/agent", &spec).await;
    assert_eq!((status, &added["login_name"], &added["team"]), (200, &json!("agent1009"), &json!("512")));
    assert_eq!(sim.truth("1009").unwrap().state, "LOGOUT");
    assert!(error(post(control, "/agent", &spec).await, 409).contains("1009"));
    assert!(error(post(control, "/agent", &json!({ "id": "1" })).await, 400).contains("password"));
    let empty = json!({ "id": "", "password": "pw", "extension": "1" });
    assert!(error(post(control, "/agent", &empty).await, 400).contains("id is empty"));
    let typo = json!({ "id": "2", "password": "pw", "extension": "1", "super": true });
    assert!(error(post(control, "/agent", &typo).await, 400).contains("super"));
}

#[tokio::test]
async fn mistakes_are_named() {
    let (_sim, control) = stage().await;
    for (path, body, status, named) in [
        ("/fault", "{", 400, "EOF"),
        ("/fault", "", 400, "EOF"),
        ("/fault", "\u{fffd}\u{0}", 400, "expected value"),
        ("/fault", "[]", 400, "fault"),
        ("/fault", r#"{"fault":"earthquake"}"#, 400, "unknown variant `earthquake`"),
        ("/fault", r#"{"fault":"cti_cut","node":"A"}"#, 400, "unknown field `node`"),
        ("/fault", r#"{"fault":"kill_host"}"#, 400, "missing field `side`"),
        ("/fault", r#"{"fault":"kill_host","side":"C"}"#, 400, "unknown variant `C`"),
        ("/fault", r#"{"fault":"lose_202","side":"A","probability":2}"#, 400, "between 0 and 1"),
        ("/fault", r#"{"fault":"lose_202","side":"A","probability":1e999}"#, 400, "out of range"),
        ("/fault", r#"{"fault":"slow","side":"A","factor":0}"#, 400, "above 0"),
        ("/fault", r#"{"fault":"delay_events","side":"A","min":"2s","max":"1s"}"#, 400, "shortest"),
        ("/fault", r#"{"fault":"delay_events","side":"A","min":"soon","max":"1s"}"#, 400, "soon"),
        ("/fault", r#"{"fault":"lock_user","user":"4711"}"#, 404, "4711"),
        ("/fault", r#"{"fault":"half_open","side":"A","user":"4711"}"#, 404, "4711"),
        ("/world", r#"{"action":"teleport"}"#, 400, "teleport"),
        ("/world", r#"{"action":"call_begin","agent":"4711","from":"5"}"#, 409, "no agent 4711"),
        ("/world", r#"{"action":"call_end","call":"1"}"#, 409, "1"),
    ] {
        let said = error(ask(control, "POST", path, body.as_bytes()).await, status);
        assert!(said.contains(named), "{path} {body}: {said}");
    }
    for (path, named) in [
        ("/truth/4711", "4711"),
        ("/truth", "/truth"),
        ("/view/A/47%2011", "47 11"),
        ("/view/C/1001", "A and B"),
        ("/nonsense", "/nonsense"),
    ] {
        let said = error(get(control, path).await, 404);
        assert!(said.contains(named), "{path}: {said}");
    }
    for path in ["/log?since=x", "/log?since=-1", "/log?from=1", "/log?since"] {
        error(get(control, path).await, 400);
    }
}

#[tokio::test]
async fn methods_are_told_and_the_overview_names_every_request() {
    let (_sim, control) = stage().await;
    let (status, overview) = get(control, "/").await;
    assert_eq!(status, 200);
    for path in ["pair", "agent", "fault", "world", "truth", "view", "log"] {
        assert!(overview.to_string().contains(path), "{overview}");
    }
    let answer =
        raw(control, b"DELETE /pair HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.to_lowercase();
    assert!(answer.starts_with("http/1.1 405") && answer.contains("allow: get"), "{answer}");
    assert!(error(get(control, "/fault").await, 405).contains("POST"));
}

#[tokio::test]
async fn a_body_above_the_cap_is_refused_and_junk_ends_only_its_connection() {
    let (_sim, control) = stage().await;
    let padding = " ".repeat(64 * 1024);
    let said = error(ask(control, "POST", "/fault", format!("{padding}{{}}").as_bytes()).await, 413);
    assert!(said.contains("65536"), "{said}");
    let answer = raw(control, b"\x16\x03\x01 no http at all\r\n\r\n").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    // A client that goes away in the middle of a body.
    let mut stream = TcpStream::connect(control).await.unwrap();
    stream.write_all(b"POST /fault HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{").await.unwrap();
    drop(stream);
    assert_eq!(get(control, "/truth/1001").await.0, 200);
}

#[tokio::test]
async fn the_log_is_read_in_pieces_without_gaps() {
    let (sim, control) = stage().await;
    for _ in 0..10 {
        sim.fault(Fault::Slow { side: Side::A, factor: 1.0 });
    }
    let (_, all) = get(control, "/log").await;
    let entries = all["entries"].as_array().unwrap().clone();
    assert_eq!((&all["first"], entries.len()), (&json!(0), sim.log().len()));
    let mut pieces = Vec::new();
    let mut since = 0;
    loop {
        let (_, piece) = get(control, &format!("/log?since={since}&limit=3")).await;
        assert_eq!(piece["first"], json!(since));
        let got = piece["entries"].as_array().unwrap().clone();
        if got.is_empty() {
            break;
        }
        assert!(got.len() <= 3);
        since = piece["next"].as_u64().unwrap();
        pieces.extend(got);
    }
    assert_eq!(pieces, entries);
    let (_, beyond) = get(control, "/log?since=18446744073709551615").await;
    assert_eq!(beyond["entries"], json!([]));
}

#[tokio::test]
async fn entries_that_the_log_has_let_go_are_missed_visibly() {
    let sim = Sim::in_memory(Profile { log_cap: 5, ..Profile::ucce() }, 1);
    let control = sim.serve_control().await.unwrap();
    for _ in 0..12 {
        sim.fault(Fault::Slow { side: Side::A, factor: 1.0 });
    }
    let (_, log) = get(control, "/log?since=3").await;
    assert_eq!((&log["first"], &log["next"]), (&json!(7), &json!(12)));
}

#[tokio::test]
async fn the_pair_says_where_it_is() {
    let (_sim, control) = stage().await;
    let (_, pair) = get(control, "/pair").await;
    assert_eq!(pair, json!({ "sides": { "A": null, "B": null }, "ca_pem": null }), "it is in memory");
    let sim = Sim::serve(Profile::ucce(), 1).await.unwrap();
    let control = sim.serve_control().await.unwrap();
    let (_, pair) = get(control, "/pair").await;
    let addresses = sim.addresses(Side::B).unwrap();
    assert_eq!(pair["sides"]["B"]["rest_url"], json!(addresses.rest_url));
    assert_eq!(pair["sides"]["B"]["xmpp"], json!(addresses.xmpp));
    assert!(pair["ca_pem"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
}

#[tokio::test]
async fn the_api_ends_with_the_pair() {
    let (sim, control) = stage().await;
    // Held open over the end of the pair.
    let mut stream = TcpStream::connect(control).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(stream.read(&mut [0; 16]).await.unwrap() > 0);
    drop(sim);
    let mut rest = Vec::new();
    // Whether it is closed or reset is the system's business.
    let _ = stream.read_to_end(&mut rest).await;
    assert!(TcpStream::connect(control).await.is_err());
}
