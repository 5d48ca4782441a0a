//! `finesse get`: any resource as `decode` prints it, and each way in which it is not to be had.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

mod common;

use common::{AGENT, EXTENSION, Finished, Pair, feed, finesse, finish, schema};
use finesse_sim::{AgentSpec, Fault, LogKind, Profile, RestProfile, Side, WorldAction};
use serde_json::Value;

fn get(pair: &Pair, arguments: &[&str]) -> Finished {
    finish(pair.command("get").args(arguments))
}

fn got(pair: &Pair, arguments: &[&str]) -> Value {
    printed(get(pair, arguments))
}

/// The one line of a success.
fn printed(done: Finished) -> Value {
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{}", done.out);
    assert_eq!(done.out.lines().count(), 1, "{}", done.out);
    serde_json::from_str(&done.out).unwrap()
}

/// `get` as the administrator, of the sides given by their flags.
fn as_administrator(pair: &Pair, sides: &[(&str, Side)], arguments: &[&str]) -> Finished {
    let rest = RestProfile::default();
    let mut command = finesse(&["get", "--user", &rest.administrator_name]);
    command.env("FINESSE_PASSWORD", &rest.administrator_password).arg("--ca").arg(pair.ca());
    for (flag, side) in sides {
        command.args([flag, &*pair.sim.addresses(*side).unwrap().rest_url]);
    }
    finish(command.args(arguments))
}

const IN_ORDER: [(&str, Side); 2] = [("--side-a", Side::A), ("--side-b", Side::B)];

/// Requests to this side that carried credentials.
fn authenticated(pair: &Pair, side: Side) -> usize {
    let log = pair.sim.log();
    log.iter()
        .filter(|entry| {
            entry.side == Some(side) && matches!(&entry.kind, LogKind::Request { user: Some(_), .. })
        })
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_is_printed_as_decode_prints_it_and_raw_as_it_came() {
    let patient = Profile { forced_logout_wait: std::time::Duration::from_secs(36_000), ..Profile::ucce() };
    let pair = Pair::serve_as("get", patient).await;
    let path = format!("User/{AGENT}");
    let user = got(&pair, &[&path]);
    assert_eq!((&user["kind"], &user["root"]), (&Value::from("resource"), &Value::from("User")));
    assert_eq!(user["value"]["loginId"], AGENT);
    let schema = schema::printed(&[]);
    schema::check(&schema, &user).unwrap();

    let absolute = format!("/finesse/api/User/{AGENT}");
    assert_eq!(got(&pair, &[&absolute]), user);
    let address = format!("{}{absolute}", pair.sim.addresses(Side::A).unwrap().rest_url);
    assert_eq!(got(&pair, &[&address]), user);
    let raw = get(&pair, &[&path, "--raw"]);
    assert_eq!(raw.code, Some(0), "{}", raw.err);
    assert!(raw.out.starts_with("<User>"), "{}", raw.out);
    let decoded = feed(&mut finesse(&["decode"]), raw.out.as_bytes());
    assert_eq!(serde_json::from_str::<Value>(&decoded.out).unwrap(), user);

    // A page is no document, and what was asked for all the same.
    let page = get(&pair, &["/desktop/sso/test", "--raw"]);
    assert!(page.code == Some(0) && page.out.contains("<html>"), "{} {}", page.out, page.err);
    assert_eq!(get(&pair, &["/desktop/sso/test"]).code, Some(1));

    pair.applied("user", &["sign-in", "--extension", EXTENSION]);
    let dialogs = format!("User/{AGENT}/Dialogs");
    assert_eq!(got(&pair, &[&dialogs])["value"], serde_json::json!([]));
    let call = pair.sim.world(WorldAction::CallBegin {
        agent: AGENT.to_owned(),
        from: String::from("5550142"),
        to: None,
        variables: std::collections::BTreeMap::new(),
    });
    let list = got(&pair, &[&dialogs]);
    schema::check(&schema, &list).unwrap();
    assert_eq!(list["root"], "Dialogs");
    assert_eq!(list["value"][0]["id"], call.call.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_json_of_the_desktop_passes_through() {
    let pair = Pair::serve("get-desktop").await;
    let config = got(&pair, &["/desktop/api/desktopConfig"]);
    assert!(config.get("kind").is_none() && config.is_object(), "{config}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_side_that_is_asked_for_is_asked_and_else_the_first_that_serves() {
    let pair = Pair::serve("get-side").await;
    let path = format!("User/{AGENT}");
    got(&pair, &[&path]);
    assert_eq!((authenticated(&pair, Side::A), authenticated(&pair, Side::B)), (1, 0));
    got(&pair, &[&path, "--side", "B"]);
    assert_eq!((authenticated(&pair, Side::A), authenticated(&pair, Side::B)), (1, 1));
    // Side B as side A's SystemInfo names it.
    let done = finish(pair.command_for_a("get").args([&path, "--side", "b"]));
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!((authenticated(&pair, Side::A), authenticated(&pair, Side::B)), (1, 2));

    pair.sim.fault(Fault::StopTomcat { side: Side::A });
    got(&pair, &[&path]);
    assert_eq!(authenticated(&pair, Side::B), 3);
    let down = get(&pair, &[&path, "--side", "A"]);
    assert_eq!((down.code, down.out.as_str()), (Some(3), ""), "{}", down.err);
    pair.sim.fault(Fault::StopTomcat { side: Side::B });
    let both = get(&pair, &[&path]);
    assert_eq!((both.code, both.out.as_str()), (Some(3), ""), "{}", both.err);
    assert!(both.err.contains("side A") && both.err.contains("side B"), "{}", both.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_in_the_servers_words() {
    let pair = Pair::serve("get-404").await;
    let done = get(&pair, &["User/49999"]);
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{}", done.err);
    for words in ["404", "User Not Found", "UNKNOWN_USER", "49999"] {
        assert!(done.err.contains(words), "{words} is missing in {}", done.err);
    }
    let raw = get(&pair, &["User/49999", "--raw"]);
    assert_eq!((raw.code, raw.out.as_str()), (Some(1), ""), "{}", raw.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_instead_of_a_document_is_an_error() {
    let pair = Pair::serve("get-html").await;
    pair.sim.fault(Fault::CrashWebapp { side: Side::A });
    for arguments in [&["User/40217", "--side", "A"][..], &["User/40217", "--side", "A", "--raw"]] {
        let done = get(&pair, arguments);
        assert!(matches!(done.code, Some(1 | 3)), "{:?} {}", done.code, done.err);
        assert_eq!(done.out, "");
        assert!(done.err.contains("HTML"), "{}", done.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_tried_once_and_ends_with_4() {
    let pair = Pair::serve("get-password").await;
    let done = finish(pair.command("get").arg("User/40217").env("FINESSE_PASSWORD", "not-it"));
    assert_eq!((done.code, done.out.as_str()), (Some(4), ""), "{}", done.err);
    assert!(!done.err.contains("not-it"), "{}", done.err);
    let tried = |entry: &finesse_sim::LogEntry| matches!(entry.kind, LogKind::Credentials { .. });
    assert_eq!(pair.sim.log().into_iter().filter(tried).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untrusted_certificate_ends_with_5_before_any_credentials_are_sent() {
    let pair = Pair::serve("get-untrusted").await;
    for arguments in [&["User/40217"][..], &["User/40217", "--side", "A"]] {
        let done = finish(pair.untrusting("get").args(arguments));
        assert_eq!((done.code, done.out.as_str()), (Some(5), ""), "{}", done.err);
    }
    assert!(pair.sim.log().iter().all(|entry| !matches!(entry.kind, LogKind::Credentials { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_elsewhere_and_a_side_that_is_none_are_wrong_usage() {
    let pair = Pair::serve("get-usage").await;
    let elsewhere = get(&pair, &["https://fin-z.lab.example:8445/finesse/api/User/1"]);
    assert_eq!(elsewhere.code, Some(2), "{}", elsewhere.err);
    assert_eq!(get(&pair, &["User/1", "--side", "C"]).code, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_users_of_a_large_system_are_one_list() {
    let pair = Pair::serve("get-large").await;
    // Few agents with long names make a list as large as that of a system with thousands, above the 8 MiB of ordinary requests.
    for number in 0..100 {
        let agent = AgentSpec::new(format!("5{number:04}"), "pw", format!("8{number:04}"));
        pair.sim.add_agent(AgentSpec { first_name: "n".repeat(100_000), ..agent });
    }
    let list = printed(as_administrator(&pair, &IN_ORDER, &["Users"]));
    assert_eq!(list["root"], "Users");
    let large = |user: &&Value| user["firstName"].as_str().is_some_and(|name| name.len() == 100_000);
    assert_eq!(list["value"].as_array().unwrap().iter().filter(large).count(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_that_the_model_does_not_know_is_printed_as_it_stands_and_decode_refuses_it() {
    let pair = Pair::serve("get-unknown").await;
    pair.sim.fault(Fault::LockUser { side: None, user: AGENT.to_owned() });
    let locked = printed(as_administrator(&pair, &IN_ORDER, &["LockedOutUsers"]));
    assert_eq!(
        (&locked["kind"], &locked["root"]),
        (&Value::from("resource"), &Value::from("LockedOutUsers"))
    );
    assert!(locked["value"].to_string().contains(AGENT), "{locked}");

    let raw = as_administrator(&pair, &IN_ORDER, &["LockedOutUsers", "--raw"]);
    let decoded = feed(&mut finesse(&["decode"]), raw.out.as_bytes());
    assert_eq!((decoded.code, decoded.out.as_str()), (Some(1), ""), "{}", decoded.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn configuration_is_asked_of_the_primary_unless_a_side_was_named() {
    let pair = Pair::serve("get-secondary").await;
    let reversed = [("--side-a", Side::B), ("--side-b", Side::A)];
    for sides in [&reversed[..], &reversed[..1]] {
        let codes = printed(as_administrator(&pair, sides, &["ReasonCodes?category=ALL"]));
        assert_eq!(codes["root"], "ReasonCodes");
    }
    let named = as_administrator(&pair, &IN_ORDER, &["ReasonCodes?category=ALL", "--side", "B"]);
    assert_eq!((named.code, named.out.as_str()), (Some(1), ""), "{}", named.err);
    for words in ["403", "side B is the secondary", "ask side A"] {
        assert!(
            named.err.to_lowercase().contains(&words.to_lowercase()),
            "{words} is missing in {}",
            named.err
        );
    }
    // The primary is there and does not serve: both are told.
    pair.sim.fault(Fault::StopTomcat { side: Side::A });
    let down = as_administrator(&pair, &IN_ORDER, &["ReasonCodes?category=ALL"]);
    assert_eq!((down.code, down.out.as_str()), (Some(3), ""), "{}", down.err);
    assert!(down.err.contains("secondary"), "{}", down.err);
    // Who may not is told so, and the primary is not taken for another node.
    let forbidden = get(&pair, &["Users", "--side", "A"]);
    assert!(!forbidden.err.contains("secondary"), "{}", forbidden.err);
}
