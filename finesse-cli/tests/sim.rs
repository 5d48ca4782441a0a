//! `finesse sim` as a script uses it: addresses on the first line, faults over HTTP, and an end within two seconds.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;

use common::{Running, finesse, finish};
use serde_json::Value;

/// One request to the control address; gives status and body.
fn control(address: &str, request: &str, body: &str) -> (u16, Value) {
    let host = address.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "{request} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    let json = text.split_once("\r\n\r\n").unwrap().1;
    (status, serde_json::from_str(json).unwrap_or(Value::Null))
}

#[test]
fn the_pair_says_where_it_is_takes_faults_and_ends_when_interrupted() {
    let ca = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("sim-command-ca.pem");
    let mut sim =
        Running::start(finesse(&["sim", "--output", "json", "--scale", "0.05", "--ca-file"]).arg(&ca));
    let first = sim.line();
    assert!(first["sides"]["A"]["rest_url"].as_str().unwrap().starts_with("https://127."), "{first}");
    assert!(std::fs::read_to_string(&ca).unwrap().contains("BEGIN CERTIFICATE"));
    let address = first["control"].as_str().unwrap();
    // Whoever is named can be used at once: the agents read themselves, the administrator reads lists and configuration.
    let get = |who: &Value, path: &str| {
        let mut command = finesse(&["get", path, "--user", who["id"].as_str().unwrap()]);
        command.args(["--side-a", first["sides"]["A"]["rest_url"].as_str().unwrap(), "--ca"]).arg(&ca);
        let done = finish(command.env("FINESSE_PASSWORD", who["password"].as_str().unwrap()));
        serde_json::from_str::<Value>(&done.out).unwrap_or_else(|_| panic!("{path}: {}", done.err))
    };
    let agents = first["agents"].as_array().unwrap();
    let ids: Vec<&Value> = agents.iter().map(|agent| &agent["id"]).collect();
    assert_eq!(ids, ["1001", "1002", "1003", "1009"]);
    for agent in agents {
        let user = get(agent, &format!("User/{}", agent["id"].as_str().unwrap()));
        assert_eq!(user["value"]["teamId"], agent["team"]);
    }
    for list in ["Users", "ReasonCodes?category=ALL", "PhoneBooks", "Teams"] {
        let list = get(&first["administrator"], list);
        assert!(!list["value"].as_array().unwrap().is_empty(), "{list}");
    }
    let (status, _) = control(address, "POST /fault", r#"{"fault": "cti_cut", "side": "A"}"#);
    assert!((200..300).contains(&status), "{status}");
    let (status, answer) = control(address, "POST /fault", r#"{"fault": "cti_cat", "side": "A"}"#);
    assert_eq!(status, 400);
    assert!(answer["error"].as_str().is_some_and(|why| why.contains("cti_cat")), "{answer}");
    sim.interrupt();
    assert_eq!(sim.end().0.code(), Some(130));
}
