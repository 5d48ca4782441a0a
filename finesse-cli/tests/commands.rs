//! `finesse user` and `finesse call` as a script uses them: one command, one outcome, one exit code.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::{AGENT, EXTENSION, Finished, Pair, Running, finesse, finish};
use finesse_sim::{AgentSpec, Fault, LogEntry, LogKind, Profile, Side, WorldAction};

const COLLEAGUE: &str = "40218";
const COLLEAGUES_EXTENSION: &str = "7302";

/// A pair whose sides do not miss the agent between two commands.
async fn patient(name: &str) -> Pair {
    let profile = Profile { forced_logout_wait: Duration::from_secs(36_000), ..Profile::ucce() };
    let pair = Pair::serve_as(name, profile).await;
    pair.sim.add_agent(AgentSpec::new(COLLEAGUE, common::PASSWORD, COLLEAGUES_EXTENSION));
    pair
}

/// The same with the agent signed in.
async fn signed_in(name: &str) -> Pair {
    let pair = patient(name).await;
    pair.applied("user", &["sign-in", "--extension", EXTENSION]);
    pair
}

fn state(pair: &Pair) -> String {
    pair.sim.truth(AGENT).unwrap().state
}

fn ring(pair: &Pair) -> String {
    let reply = pair.sim.world(WorldAction::CallBegin {
        agent: AGENT.to_owned(),
        from: String::from("5550142"),
        to: None,
        variables: BTreeMap::new(),
    });
    reply.call.unwrap_or_else(|| panic!("{:?}", reply.refused))
}

fn dialogs(pair: &Pair) -> Vec<String> {
    pair.sim.truth(AGENT).unwrap().dialogs.keys().cloned().collect()
}

fn requests(pair: &Pair, wanted: &str) -> usize {
    let is_it = |entry: &LogEntry| matches!(&entry.kind, LogKind::Request { method, path, .. } if format!("{method} {path}").contains(wanted));
    pair.sim.log().into_iter().filter(is_it).count()
}

fn failed(done: &Finished, code: i32, outcome: &str, words: &[&str]) {
    assert_eq!(done.code, Some(code), "{}{}", done.out, done.err);
    assert_eq!(done.outcome(), outcome, "{}", done.out);
    for word in words {
        assert!(done.evidence().contains(word), "{word} is missing in {}", done.out);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_signs_in_becomes_ready_and_not_and_signs_out() {
    let pair = patient("user").await;
    let done = pair.act("user", &["sign-in", "--extension", EXTENSION]);
    let line = done.command();
    assert_eq!((&line["outcome"], &line["verb"]), (&"applied".into(), &"LOGIN".into()), "{}", done.err);
    assert!(!line["id"].as_str().unwrap().is_empty());
    assert!(done.err.contains("watch"), "he is to be told how to stay signed in: {}", done.err);
    for (verb, wanted) in [("ready", "READY"), ("not-ready", "NOT_READY"), ("ready", "READY")] {
        pair.applied("user", &[verb]);
        assert_eq!(state(&pair), wanted);
    }
    assert_eq!(requests(&pair, "PUT"), 4, "nothing but what was asked for was changed");
    failed(&pair.act("user", &["sign-out"]), 1, "refused", &["only from NOT_READY"]);
    pair.applied("user", &["not-ready"]);
    pair.applied("user", &["sign-out"]);
    assert_eq!(state(&pair), "LOGOUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn text_says_the_outcome_in_words() {
    let pair = signed_in("text").await;
    let done = pair.act("user", &["ready", "--output", "text"]);
    assert_eq!((done.code, done.out.as_str()), (Some(0), "READY applied\n"), "{}", done.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_beside_it_keeps_the_agent_and_notices_nothing_else() {
    let pair = Pair::serve("beside").await;
    let mut watch = Running::start(pair.command("watch").args(["--extension", EXTENSION]));
    watch.until(&["resynced"]);
    pair.applied("user", &["ready"]);
    let log = pair.sim.log();
    let armed = |entry: &LogEntry| matches!(entry.kind, LogKind::ForcedLogoutArmed { .. });
    assert!(!log.iter().any(armed), "the end of the command looks like the agent's end");
    assert_eq!(state(&pair), "READY");
    watch.interrupt();
    let (_, rest) = watch.end();
    assert!(!rest.contains("session-taken-over") && !rest.contains("switching"), "{rest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_answered_held_retrieved_marked_and_left() {
    let pair = signed_in("call").await;
    let call = ring(&pair);
    for verb in ["answer", "hold", "retrieve"] {
        pair.applied("call", &[verb, &call]);
    }
    pair.applied("call", &["data", &call, "callVariable1=gold", "callVariable2=a=b"]);
    let variables = pair.sim.truth(AGENT).unwrap().dialogs[&call].call_variables.clone();
    assert_eq!(variables["callVariable1"], "gold");
    assert_eq!(variables["callVariable2"], "a=b");
    pair.applied("call", &["wrap-up", &call, "Sale"]);
    pair.applied("call", &["drop", &call]);
    assert!(dialogs(&pair).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_made_consulted_and_transferred() {
    let pair = signed_in("make").await;
    // For the extension that is given, which is the one that the agent is signed in on.
    pair.applied("call", &["make", "5550177", "--extension", EXTENSION]);
    assert_eq!(dialogs(&pair).len(), 1);
    let made = dialogs(&pair).remove(0);
    pair.applied("call", &["drop", &made]);

    let call = ring(&pair);
    pair.applied("call", &["answer", &call]);
    pair.applied("call", &["consult", &call, "5550188"]);
    assert_eq!(dialogs(&pair).len(), 2);
    pair.applied("call", &["transfer", &call]);
    assert!(dialogs(&pair).is_empty());

    let call = ring(&pair);
    pair.applied("call", &["answer", &call]);
    pair.applied("call", &["transfer", &call, "5550188"]);
    assert!(dialogs(&pair).is_empty());

    let call = ring(&pair);
    pair.applied("call", &["answer", &call]);
    pair.applied("call", &["consult", &call, "5550188"]);
    pair.applied("call", &["conference", &call]);
    assert_eq!(dialogs(&pair).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tones_are_sent_and_what_became_of_them_is_unknown() {
    let pair = signed_in("dtmf").await;
    let call = ring(&pair);
    pair.applied("call", &["answer", &call]);
    let done = pair.act("call", &["dtmf", &call, "12#", "--set", "event_wait=200ms", "--unchecked"]);
    failed(&done, 7, "unknown", &["tones"]);
    let tones =
        |entry: &LogEntry| matches!(&entry.kind, LogKind::Executed { verb, .. } if verb == "SEND_DTMF");
    assert!(pair.sim.log().iter().any(tones), "they were not sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_ends_with_1_and_its_words() {
    let pair = patient("refused").await;
    failed(&pair.act("user", &["ready"]), 1, "refused", &[]);
    let unknown = pair.act("call", &["hold", "99999999", "--extension", EXTENSION]);
    failed(&unknown, 1, "refused", &["404"]);
    // Alerting, so it cannot be held; the server accepts that and refuses it later.
    let call = ring(&pair);
    failed(&pair.act("call", &["hold", &call]), 1, "refused", &[]);
    let foreign = pair.act("user", &["sign-in", "--extension", "1"]);
    assert_eq!(foreign.code, Some(1), "{}{}", foreign.out, foreign.err);
    assert_eq!(foreign.command()["verb"], "LOGIN");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_extension_an_agent_who_is_signed_out_is_signed_in_first() {
    let pair = patient("first").await;
    pair.applied("user", &["ready", "--extension", EXTENSION]);
    assert_eq!(state(&pair), "READY");
    // Who is signed in is not signed in again, and signing out signs nobody in.
    pair.applied("user", &["not-ready", "--extension", EXTENSION]);
    pair.applied("user", &["sign-out", "--extension", EXTENSION]);
    assert_eq!(requests(&pair, "PUT"), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_refused_leaves_the_command_unsent() {
    let pair = patient("unsigned").await;
    let done = pair.act("call", &["make", "5550177", "--extension", "1"]);
    failed(&done, 1, "not-sent", &["sign-in", "refused"]);
    assert_eq!(done.command()["verb"], "MAKE_CALL");
    assert_eq!(requests(&pair, "/Dialogs"), requests(&pair, "GET /finesse/api/User/40217/Dialogs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_an_agent_on_no_extension_is_not_sent() {
    let pair = patient("no-extension").await;
    failed(&pair.act("call", &["make", "5550177"]), 1, "not-sent", &["--extension"]);
    assert_eq!(requests(&pair, "POST") + requests(&pair, "PUT"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_tried_once_and_ends_with_4() {
    let pair = patient("act-password").await;
    let done = finish(pair.command("user").arg("ready").env("FINESSE_PASSWORD", "not-it"));
    failed(&done, 4, "not-sent", &["credentials"]);
    assert_eq!(done.err, "", "it is said once");
    assert!(!done.out.contains("not-it"));
    let tried = |entry: &LogEntry| matches!(entry.kind, LogKind::Credentials { .. });
    assert_eq!(pair.sim.log().into_iter().filter(tried).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_refused_only_for_the_command_ends_with_4_too() {
    let pair = patient("act-password-late").await;
    // The news of the sign-in is late, so the password changes between it and the command that follows.
    let late = Duration::from_secs(2);
    for side in Side::BOTH {
        pair.sim.fault(Fault::DelayEvents { side, node: None, min: late, max: late });
    }
    let mut running = Running::start(pair.command("user").args(["ready", "--extension", EXTENSION]));
    let signed_in =
        |entry: &LogEntry| matches!(&entry.kind, LogKind::Executed { verb, .. } if verb == "LOGIN");
    while !pair.sim.log().iter().any(signed_in) {
        tokio::task::yield_now().await;
    }
    pair.sim.fault(Fault::PasswordChanged {
        side: None,
        user: AGENT.to_owned(),
        password: String::from("another"),
    });
    let done = running.finish();
    failed(&done, 4, "refused", &["401"]);
    assert_eq!(done.err, "", "it is said once");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_trust_it_ends_with_5() {
    let pair = patient("act-untrusted").await;
    failed(&finish(pair.untrusting("user").arg("ready")), 5, "not-sent", &["certificate"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_standby_takes_a_command_and_without_any_side_it_ends_with_3() {
    let pair = signed_in("act-sides").await;
    pair.sim.fault(Fault::StopTomcat { side: Side::A });
    pair.applied("user", &["ready"]);
    pair.sim.fault(Fault::StopTomcat { side: Side::B });
    let done = pair.act("user", &["not-ready"]);
    failed(&done, 3, "not-sent", &["side A", "side B"]);
    assert_eq!(state(&pair), "READY");
}

#[tokio::test(flavor = "multi_thread")]
async fn time_that_is_up_before_anything_was_sent_ends_with_6() {
    let pair = patient("act-late").await;
    for side in Side::BOTH {
        pair.sim.fault(Fault::RestHang { side, on: true, path: Some(String::from("/Dialogs")) });
    }
    failed(&pair.act("user", &["ready", "--timeout", "1s"]), 6, "not-sent", &["time is up"]);
    assert_eq!(requests(&pair, "PUT"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_side_that_is_cut_in_the_middle_and_leaves_no_trace_ends_with_7() {
    let pair = signed_in("act-cut").await;
    let call = ring(&pair);
    pair.applied("call", &["answer", &call]);
    pair.sim.fault(Fault::RestHang { side: Side::A, on: true, path: Some(format!("/Dialog/{call}")) });
    let mut command = pair.command("call");
    command.args(["data", &call, "callVariable1=gold", "--policy", "immediate", "--set", "switch_jitter=0"]);
    let put = format!("PUT /finesse/api/Dialog/{call}");
    let before = requests(&pair, &put);
    let mut running = Running::start(&mut command);
    while requests(&pair, &put) == before {
        tokio::task::yield_now().await;
    }
    // The call and its data are over when the other side is read.
    pair.sim.world(WorldAction::CallEnd { call: call.clone() });
    pair.sim.fault(Fault::StopTomcat { side: Side::A });
    pair.sim.fault(Fault::StopNotification { side: Side::A });
    let line = running.line();
    assert_eq!(line["outcome"], "unknown", "{line}");
    assert_eq!(running.end().0.code(), Some(7));
    assert_eq!(requests(&pair, &put), before + 1, "it was sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_with_130_and_still_says_what_is_known() {
    let pair = signed_in("act-interrupt").await;
    let call = ring(&pair);
    pair.sim.fault(Fault::RestHang { side: Side::A, on: true, path: Some(format!("/Dialog/{call}")) });
    let mut running = Running::start(pair.command("call").args(["answer", &call]));
    while requests(&pair, &format!("PUT /finesse/api/Dialog/{call}")) == 0 {
        tokio::task::yield_now().await;
    }
    running.interrupt();
    let line = running.line();
    assert_eq!((&line["verb"], &line["outcome"]), (&"ANSWER".into(), &"unknown".into()), "{line}");
    assert_eq!(running.end().0.code(), Some(130));
}

#[test]
fn what_cannot_be_asked_for_is_wrong_usage() {
    let cases: [&[&str]; 6] = [
        &["call", "data", "16804377", "gold"],
        &["call", "data", "16804377"],
        &["call", "hold", ""],
        &["user", "not-ready", "--reason", ""],
        &["user", "rest"],
        &["user", "sign-in", "--side-a", "https://fin-a.lab.example:8445", "--user", "1"],
    ];
    for arguments in cases {
        let done = finish(finesse(arguments).env("FINESSE_PASSWORD", "x"));
        assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{arguments:?}: {}", done.err);
    }
}
