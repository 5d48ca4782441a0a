//! Which notification transport is used, and that the command says which and why.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

mod common;

use common::{AGENT, PASSWORD, Pair, finesse, finish};
use finesse_sim::{Profile, Side};
use serde_json::Value;

/// What `finesse status` says of side A's stream.
fn stream(pair: &Pair, arguments: &[&str]) -> (bool, String) {
    let mut command = pair.command("status");
    let done = finish(command.args(arguments));
    let report: Value =
        serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{}{}", done.out, done.err));
    let check = &report["sides"][0]["checks"][3];
    assert_eq!(check["name"], "stream");
    (check["passed"] == Value::Bool(true), check["detail"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn auto_takes_websocket_where_the_ports_are_named_and_says_why() {
    let pair = Pair::serve("auto").await;
    let url = pair.sim.addresses(Side::A).unwrap().websocket_url;
    let (passed, detail) = stream(&pair, &["--transport", "auto"]);
    assert!(passed && detail.starts_with(&url), "{detail}");
    assert!(detail.contains("websocket") && detail.contains("12.6(2)"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn watch_names_the_transport_beside_its_feed_for_people_only() {
    let pair = Pair::serve("watch-transport").await;
    let addresses = pair.sim.addresses(Side::A).unwrap();
    let url = addresses.websocket_url;
    let watch = |output: &str| {
        let mut command = finesse(&["watch", "--user", AGENT, "--until", "resynced", "--output", output]);
        command.args(["--side-a", &addresses.rest_url, "--ca"]).arg(pair.ca());
        finish(command.env("FINESSE_PASSWORD", PASSWORD))
    };
    let text = watch("text");
    assert_eq!(text.code, Some(0), "{}", text.err);
    assert!(
        text.err.starts_with(&format!("finesse: notifications of side A: {url} by websocket (")),
        "{}",
        text.err
    );
    assert_eq!(text.err.lines().count(), 1, "{}", text.err);
    assert_eq!(watch("json").err, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn auto_takes_the_next_where_websocket_is_not_there() {
    let mut profile = Profile::ucce();
    profile.websocket.on_8445 = false;
    let pair = Pair::serve_as("auto-next", profile).await;
    let xmpp = pair.sim.addresses(Side::A).unwrap().xmpp;
    let (passed, detail) = stream(&pair, &["--transport", "auto"]);
    assert!(passed && detail.starts_with(&format!("tls://{xmpp} by tcp")), "{detail}");
    assert!(detail.contains("tried before it: websocket at wss://"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn auto_takes_the_next_where_websocket_upgrades_and_then_closes() {
    let mut profile = Profile::ucce();
    profile.websocket.only_upgrades_on_8445 = true;
    let pair = Pair::serve_as("auto-unopened", profile).await;
    let addresses = pair.sim.addresses(Side::A).unwrap();
    let (passed, detail) = stream(&pair, &["--transport", "auto"]);
    assert!(passed && detail.starts_with(&format!("tls://{} by tcp", addresses.xmpp)), "{detail}");
    let why = format!("tried before it: websocket at {}: network", addresses.websocket_url);
    assert!(detail.contains(&why), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn websocket_is_reached_by_name_and_by_address() {
    let pair = Pair::serve("websocket").await;
    let addresses = pair.sim.addresses(Side::A).unwrap();
    let (passed, detail) = stream(&pair, &["--transport", "websocket"]);
    assert!(passed && detail.starts_with(&addresses.websocket_url), "{detail}");
    let older = &addresses.websocket_7443_url;
    let (passed, detail) = stream(&pair, &["--transport", "websocket", "--notify-a", older]);
    assert!(passed && detail.starts_with(older.as_str()), "{detail}");
    let (passed, detail) = stream(&pair, &["--transport", "bosh", "--notify-a", older]);
    assert!(!passed && detail.contains("is for websocket, not for bosh"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_of_the_environment_is_used_for_the_web_transports_only() {
    let pair = Pair::serve("proxy").await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let with_proxy = |transport: &str, url: &str| {
        let mut command = pair.command("status");
        finish(command.args(["--transport", transport]).env("https_proxy", url))
    };
    let url = format!("http://mlindqvist:hunter2@{nobody}");
    let done = with_proxy("websocket", &url);
    assert!(done.out.contains(&format!("http proxy {nobody} is not there")), "{}{}", done.out, done.err);
    assert!(!done.out.contains("hunter2") && !done.err.contains("hunter2"));
    assert_eq!(with_proxy("tcp", &url).code, Some(0));
    let wrong = with_proxy("websocket", "socks5://mlindqvist:hunter2@proxy");
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("https_proxy") && !wrong.err.contains("hunter2"), "{}", wrong.err);
}
