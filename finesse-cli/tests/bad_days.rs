//! What the command does on a bad day: each ends with its exit code, its words, and nothing lost.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

mod common;

use std::time::{Duration, Instant};

use common::{AGENT, EXTENSION, PASSWORD, Pair, Running, finesse, finish};
use finesse_sim::{Fault, LogKind, Profile, Side};

/// An interrupted command has to be gone by then.
const TWO_SECONDS: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_tried_once_told_and_ends_with_4() {
    let pair = Pair::serve("wrong-password").await;
    let mut command = pair.command("watch");
    command.args(["--extension", EXTENSION]).env("FINESSE_PASSWORD", "not-it").env("FINESSE_LOG", "trace");
    let done = finish(&mut command);
    assert_eq!(done.code, Some(4), "{}", done.err);
    let attempts =
        pair.sim.log().into_iter().filter(|entry| matches!(entry.kind, LogKind::Credentials { .. })).count();
    assert_eq!(attempts, 1);
    assert!(done.err.contains(AGENT) && done.err.contains("credentials"), "{}", done.err);
    assert!(!done.err.contains("not-it") && !done.out.contains("not-it"), "the password is in the output");
    let events: Vec<serde_json::Value> =
        done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(
        events.iter().any(|event| event["event"] == "attention-required" && event["kind"] == "credentials")
    );
    assert_eq!(events.last().unwrap()["event"], "closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_end_is_no_success_for_whoever_waited_for_the_end() {
    let pair = Pair::serve("until-closed").await;
    let mut command = pair.command("watch");
    command.args(["--until", "closed"]).env("FINESSE_PASSWORD", "not-it");
    assert_eq!(finish(&mut command).code, Some(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn time_that_is_up_before_the_session_began_is_no_success_and_closes_the_feed() {
    let pair = Pair::serve("time-is-up").await;
    pair.sim.fault(Fault::RestHang { side: Side::A, on: true, path: None });
    let mut command = pair.command_for_a("watch");
    let done = finish(command.args(["--for", "300ms"]));
    assert_eq!(done.code, Some(3), "{}", done.err);
    let last: serde_json::Value = serde_json::from_str(done.out.lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untrusted_certificate_ends_with_5_and_says_side_subject_reason_and_remedy() {
    let pair = Pair::serve("untrusted").await;
    let done = finish(&mut pair.untrusting("watch"));
    assert_eq!(done.code, Some(5), "{}", done.err);
    for word in ["side A", "CN=", "authority", "--ca"] {
        assert!(done.err.contains(word), "{word} is missing in: {}", done.err);
    }
    assert!(pair.sim.log().iter().all(|entry| !matches!(entry.kind, LogKind::Credentials { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_ends_with_5_and_says_side_subject_reason_and_remedy() {
    let expired = Profile { expired_certificate: [true, true], ..Profile::ucce() };
    let pair = Pair::serve_as("expired", expired).await;
    let done = finish(&mut pair.command("watch"));
    assert_eq!(done.code, Some(5), "{}", done.err);
    for word in ["side A", "side B", "CN=fin-a.sim.example", "expired", "--pin"] {
        assert!(done.err.contains(word), "{word} is missing in: {}", done.err);
    }
    let last: serde_json::Value = serde_json::from_str(done.out.lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "closed");
    let status = finish(&mut pair.command("status"));
    assert_eq!(status.code, Some(5), "{}", status.out);
    assert!(pair.sim.log().iter().all(|entry| !matches!(entry.kind, LogKind::Credentials { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_side_b_is_told_and_the_session_lives() {
    let pair = Pair::serve("no-b").await;
    pair.sim.fault(Fault::StopTomcat { side: Side::B });
    pair.sim.fault(Fault::StopNotification { side: Side::B });
    let mut watch = Running::start(&mut pair.command("watch"));
    // Either may come first.
    for _ in 0..2 {
        let told = watch.until(&["standby-unready", "resynced"]);
        let side = if told["event"] == "resynced" { "A" } else { "B" };
        assert_eq!(told["side"], side, "{told}");
    }
    watch.interrupt();
    assert_eq!(watch.end().0.code(), Some(130));
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_down_it_waits_says_so_and_goes_live_when_one_is_back() {
    let pair = Pair::serve("both-down").await;
    for side in Side::BOTH {
        pair.sim.fault(Fault::StopTomcat { side });
    }
    let mut watch = Running::start(&mut pair.command("watch"));
    watch.until(&["waiting", "both-out", "offline"]);
    pair.sim.fault(Fault::StartTomcat { side: Side::B });
    assert_eq!(watch.until(&["resynced"])["side"], "B");
    watch.interrupt();
    assert_eq!(watch.end().0.code(), Some(130));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_unsubscribes_says_unavailable_and_ends_with_130_within_two_seconds() {
    const NODE: &str = "/finesse/api/User/40217/ClientLog";
    let pair = Pair::serve("interrupt").await;
    let mut command = pair.command("watch");
    command.args(["--extension", EXTENSION, "--subscribe", NODE]);
    let mut watch = Running::start(&mut command);
    watch.until(&["resynced"]);
    let asked = Instant::now();
    watch.interrupt();
    let (status, rest) = watch.end();
    assert!(asked.elapsed() < TWO_SECONDS, "it took {:?}", asked.elapsed());
    assert_eq!(status.code(), Some(130));
    let last: serde_json::Value = serde_json::from_str(rest.lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "closed");
    let log = pair.sim.log();
    let unsubscribed =
        log.iter().any(|entry| matches!(&entry.kind, LogKind::Unsubscribed { node, .. } if node == NODE));
    assert!(unsubscribed, "the subscription was left behind");
    // Unavailable presence starts the side's timer at once instead of after two minutes.
    assert!(
        log.iter().any(|entry| matches!(&entry.kind, LogKind::ForcedLogoutArmed { user } if user == AGENT))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_printed_however_much_is_logged() {
    let pair = Pair::serve("secrets").await;
    let mut command = pair.command("watch");
    command.args(["--extension", EXTENSION, "--until", "resynced"]).env("FINESSE_LOG", "trace");
    let done = finish(&mut command);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let encoded = "czNjcmV0LW9mLTQwMjE3";
    for text in [&done.out, &done.err] {
        assert!(!text.contains(PASSWORD) && !text.contains(encoded), "a secret is in the output");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn status_ends_with_0_while_a_side_is_usable_and_with_3_when_none_is() {
    let pair = Pair::serve("status").await;
    let good = finish(&mut pair.command("status"));
    assert_eq!(good.code, Some(0), "{}{}", good.out, good.err);
    let report: serde_json::Value = serde_json::from_str(&good.out).unwrap();
    assert_eq!(report["sides"].as_array().unwrap().len(), 2);
    pair.sim.fault(Fault::StopTomcat { side: Side::A });
    assert_eq!(finish(&mut pair.command("status")).code, Some(0));
    pair.sim.fault(Fault::StopTomcat { side: Side::B });
    assert_eq!(finish(&mut pair.command("status")).code, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn status_tries_refused_credentials_once_and_ends_with_4() {
    let pair = Pair::serve("status-refused").await;
    let done = finish(pair.command("status").env("FINESSE_PASSWORD", "not-it"));
    assert_eq!(done.code, Some(4), "{}", done.out);
    let log = pair.sim.log();
    let attempts = log.iter().filter(|entry| matches!(entry.kind, LogKind::Credentials { .. })).count();
    assert_eq!(attempts, 1);
    let shown_to_b = log.iter().any(|entry| {
        entry.side == Some(Side::B) && matches!(&entry.kind, LogKind::Request { user: Some(_), .. })
    });
    assert!(!shown_to_b, "credentials that side A has refused went to side B");
}

#[tokio::test(flavor = "multi_thread")]
async fn status_takes_the_notifications_of_a_side_b_that_side_a_named_from_the_flag() {
    let pair = Pair::serve("status-notify").await;
    let elsewhere = pair.sim.addresses(Side::B).unwrap().rest_url;
    let elsewhere = elsewhere.trim_start_matches("https://");
    let done = finish(pair.command_for_a("status").args(["--notify-b", elsewhere]));
    let report: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let stream =
        report["sides"][1]["checks"].as_array().unwrap().iter().find(|check| check["name"] == "stream");
    assert_eq!(stream.unwrap()["passed"], false, "{report}");
}

#[test]
fn an_unknown_parameter_is_wrong_usage_and_lists_the_known_ones() {
    let done =
        finish(&mut finesse(&["watch", "--side-a", "https://fin-a.lab.example:8445", "--set", "ping=1s"]));
    assert_eq!(done.code, Some(2));
    assert!(done.err.contains("stream_grace_healthy"), "{}", done.err);
}

#[test]
fn a_broken_inequality_is_wrong_usage_and_names_both() {
    let done = finish(&mut finesse(&[
        "watch",
        "--side-a",
        "https://fin-a.lab.example:8445",
        "--set",
        "rest_grace=1s",
    ]));
    assert_eq!(done.code, Some(2));
    assert!(done.err.contains("rest_grace") && done.err.contains("request_timeout"), "{}", done.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_on_one_host_are_told_apart_when_the_session_moves() {
    let pair = Pair::serve("one-host").await;
    let mut command = pair.command("watch");
    command.args(["--extension", EXTENSION, "--policy", "immediate"]);
    let mut watch = Running::start(&mut command);
    watch.until(&["resynced"]);
    pair.sim.fault(Fault::StopTomcat { side: Side::A });
    assert_eq!(watch.until(&["resynced", "closed"])["side"], "B");
    let bound = |entry: &finesse_sim::LogEntry| {
        entry.side == Some(Side::B) && matches!(entry.kind, LogKind::Bound { .. })
    };
    assert!(pair.sim.log().iter().any(bound), "REST and notifications are not on the same side");
    watch.interrupt();
    assert_eq!(watch.end().0.code(), Some(130));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_before_the_session_is_live_says_good_bye_too() {
    const NODE: &str = "/finesse/api/User/40217/ClientLog";
    let pair = Pair::serve("early-interrupt").await;
    pair.sim.fault(Fault::RestHang { side: Side::A, on: true, path: Some(String::from("Dialogs")) });
    let mut command = pair.command("watch");
    command.args(["--extension", EXTENSION, "--subscribe", NODE]);
    let mut watch = Running::start(&mut command);
    // The level says that the stream is bound; the dialogs are never answered.
    while watch.until(&["health"])["level"] != "L3" {}
    let subscribed = |entry: &finesse_sim::LogEntry| matches!(&entry.kind, LogKind::Subscribed { node, .. } if node == NODE);
    while !pair.sim.log().iter().any(subscribed) {
        tokio::task::yield_now().await;
    }
    let asked = Instant::now();
    watch.interrupt();
    let (status, _) = watch.end();
    assert!(asked.elapsed() < TWO_SECONDS, "it took {:?}", asked.elapsed());
    assert_eq!(status.code(), Some(130));
    assert!(
        pair.sim
            .log()
            .iter()
            .any(|entry| matches!(&entry.kind, LogKind::Unsubscribed { node, .. } if node == NODE))
    );
}

#[test]
fn an_event_that_does_not_exist_cannot_be_waited_for() {
    let done =
        finish(&mut finesse(&["watch", "--side-a", "https://fin-a.lab.example:8445", "--until", "resinked"]));
    assert_eq!(done.code, Some(2));
    assert!(done.err.contains("resynced"), "{}", done.err);
}
