//! Each fault: what a client sees of it, and that it ends.

use super::*;
use crate::profile::TomcatDown;
use crate::{Lie, ListenerState, Port};

#[test]
fn tomcat_stop_refuses_rest_keeps_streams_and_ends_in_service() {
    let mut bench = Bench::ucce();
    bench.ready(Side::A, "1001", "7301");
    let conn = bench.connect(Side::A, "1001", "r1");
    let pending = bench.send(Side::A, "GET", "/finesse/api/User/1001", Some(("1001", PW)), "");
    bench.fault(Fault::StopTomcat { side: Side::A });
    assert_eq!(bench.resets, [pending]);
    assert_eq!(bench.core.listener(Side::A, Port::Rest), ListenerState::Refusing);
    assert_eq!(bench.core.listener(Side::A, Port::Xmpp), ListenerState::Open);
    bench.run_for(6.0);
    assert!(bench.ended.is_empty(), "the stream stays");
    assert!(bench.sent_to(conn).last().unwrap().contains("type=\"unavailable\""));
    bench.fault(Fault::StartTomcat { side: Side::A });
    bench.run_for(190.0);
    assert_eq!(bench.status(Side::A), "IN_SERVICE");
    assert_eq!(bench.core.view(Side::A, "1001"), bench.core.truth("1001"));
    let story = bench.sent_to(conn);
    let presence = story.iter().rposition(|xml| xml.starts_with("<presence")).unwrap();
    let status = story.iter().position(|xml| xml.contains("IN_SERVICE") && !xml.contains("OUT_OF")).unwrap();
    assert!(presence < status, "presence first, then the status");
    assert!(bench.fired().is_empty());

    let mut bench = Bench::new(Profile { tomcat_down: TomcatDown::BadGateway, ..Profile::ucce() }, 1);
    bench.fault(Fault::StopTomcat { side: Side::A });
    assert_eq!(bench.ask(Side::A, "1001", "GET", "/finesse/api/SystemInfo", "").0, 502);
}

#[test]
fn a_crashed_web_app_answers_html_and_comes_back_empty_handed() {
    let start = crate::profile::Span::fixed(secs(30.0));
    let mut bench = Bench::new(Profile { webapp_start: start, ..Profile::ucce() }, 7);
    bench.ready(Side::A, "1001", "7301");
    bench.fault(Fault::CrashWebapp { side: Side::A });
    let (status, body) = bench.ask(Side::A, "1001", "GET", "/finesse/api/SystemInfo", "");
    assert!(status == 404 && body.starts_with("<html>"));
    bench.fault(Fault::RestoreWebapp { side: Side::A });
    bench.run_for(30.5);
    assert_eq!(bench.status(Side::A), "OUT_OF_SERVICE");
    bench.run_for(10.0);
    assert_eq!(bench.status(Side::A), "IN_SERVICE");
    assert_eq!(bench.core.view(Side::A, "1001").unwrap().state, "READY");
}

#[test]
fn a_killed_host_says_nothing_and_boots_into_service() {
    let mut bench = Bench::ucce();
    bench.ready(Side::A, "1001", "7301");
    let conn = bench.connect(Side::A, "1001", "r1");
    let pending = bench.send(Side::A, "GET", "/finesse/api/User/1001", Some(("1001", PW)), "");
    bench.fault(Fault::KillHost { side: Side::A });
    let sent = bench.sent.len();
    assert_eq!(bench.ended[0].1, conn);
    assert_eq!(bench.ended[0].2, StreamEnd::Abandon);
    bench.send(Side::A, "GET", "/finesse/api/SystemInfo", None, "");
    bench.run_for(100.0);
    assert!(bench.resets.is_empty() && bench.sent.len() == sent && !bench.replies.contains_key(&pending));
    for port in Port::ALL {
        assert_eq!(bench.core.listener(Side::A, port), ListenerState::BlackHole);
    }
    assert_eq!(bench.core.truth("1001").unwrap().state, "READY", "calls and agents live on");
    bench.fault(Fault::Boot { side: Side::A });
    assert_eq!(bench.core.listener(Side::A, Port::Xmpp), ListenerState::Refusing);
    bench.run_for(190.0);
    assert_eq!(bench.status(Side::A), "IN_SERVICE");
    assert_eq!(bench.core.view(Side::A, "1001"), bench.core.truth("1001"));
    let again = bench.connect(Side::A, "1001", "r1");
    assert!(bench.sent_to(again).iter().any(|xml| xml.contains("finesse@")));
}

#[test]
fn cti_cut_on_both_sides_comes_back_with_the_last_states() {
    let mut bench = Bench::ucce();
    bench.ready(Side::A, "1001", "7301");
    let conn = bench.connect(Side::A, "1001", "r1");
    let first = bench.call("1001");
    bench.world(WorldAction::CallAnswer { call: first.clone() });
    bench.run_for(1.0);
    bench.fault(Fault::CtiCut { side: None });
    bench.run_for(0.3);
    assert_eq!(
        (bench.status(Side::A), bench.status(Side::B)),
        ("OUT_OF_SERVICE".into(), "OUT_OF_SERVICE".into())
    );
    let (status, body) = bench.ask(Side::A, "1001", "GET", "/finesse/api/User/1001", "");
    assert!(status == 503 && body.contains("SERVER_OUT_OF_SERVICE"));
    let before = bench.story(conn).len();
    bench.world(WorldAction::CallEnd { call: first.clone() });
    let unseen = bench.call("1001");
    bench.world(WorldAction::CallEnd { call: unseen.clone() });
    let second = bench.call("1001");
    bench.run_for(10.0);
    assert_eq!(bench.story(conn).len(), before, "silence");
    bench.fault(Fault::CtiRestore { side: None });
    bench.run_for(10.0);
    assert_eq!(bench.status(Side::A), "IN_SERVICE");
    let burst = bench.story(conn)[before..].to_vec();
    assert_eq!(burst[0], "PUT SystemInfo IN_SERVICE");
    assert!(burst.contains(&"PUT User/1001 RESERVED".to_owned()));
    assert!(burst.contains(&"POST User/1001/Dialogs ALERTING".to_owned()));
    assert!(
        !burst
            .iter()
            .any(|line| line.contains(&first) || line.contains(&unseen) || line.starts_with("DELETE")),
        "{burst:?}"
    );
    for side in Side::BOTH {
        assert_eq!(bench.core.view(side, "1001"), bench.core.truth("1001"));
    }
    assert_eq!(bench.core.truth("1001").unwrap().dialogs.keys().collect::<Vec<_>>(), [&second]);
}

#[test]
fn ended_dialogs_are_deleted_in_the_burst_only_if_so_configured() {
    let mut bench = Bench::new(Profile { burst_deletes: true, ..Profile::ucce() }, 1);
    bench.ready(Side::A, "1001", "7301");
    let conn = bench.connect(Side::A, "1001", "r1");
    let call = bench.call("1001");
    bench.run_for(1.0);
    bench.fault(Fault::CtiCut { side: Some(Side::A) });
    bench.world(WorldAction::CallEnd { call });
    bench.run_for(1.0);
    bench.fault(Fault::CtiRestore { side: Some(Side::A) });
    bench.run_for(10.0);
    assert!(bench.story(conn).iter().any(|line| line.starts_with("DELETE")));
}

#[test]
fn a_short_silence_of_cti_is_only_a_delay() {
    let mut bench = Bench::ucce();
    bench.ready(Side::A, "1001", "7301");
    let conn = bench.connect(Side::A, "1001", "r1");
    let call = bench.call("1001");
    bench.run_for(1.0);
    bench.fault(Fault::CtiSilent { side: Some(Side::A) });
    bench.world(WorldAction::CallEnd { call });
    bench.run_for(10.0);
    assert_eq!(bench.core.view(Side::A, "1001").unwrap().dialogs.len(), 1, "old copy");
    bench.fault(Fault::CtiRestore { side: Some(Side::A) });
    bench.run_for(20.0);
    assert_eq!(bench.core.view(Side::A, "1001"), bench.core.truth("1001"));
    assert!(bench.story(conn).iter().any(|line| line.starts_with("DELETE")));
    assert!(!bench.story(conn).iter().any(|line| line.contains("SystemInfo")));
}

#[test]
fn events_are_dropped_doubled_and_delayed_on_request() {
    let mut bench = Bench::ucce();
    bench.ready(Side::A, "1001", "7301");
    let conn = bench.connect(Side::A, "1001", "r1");
    let mut change = |fault: Fault, seconds: f64| {
        bench.fault(fault);
        let before = bench.updates(conn).len();
        let state = if bench.core.truth("1001").unwrap().state == "READY" { "NOT_READY" } else { "READY" };
        bench.put_state(Side::A, "1001", state);
        bench.run_for(seconds);
        bench.updates(conn).len() - before
    };
    let node = Some("User/1001".to_owned());
    let drop = |probability| Fault::DropEvents { side: Side::A, node: node.clone(), probability };
    let dup = |probability| Fault::DupEvents { side: Side::A, node: None, probability };
    let repeat = |probability| Fault::RepeatEvents { side: Side::A, node: None, probability };
    let delay =
        |seconds| Fault::DelayEvents { side: Side::A, node: None, min: secs(seconds), max: secs(seconds) };
    assert_eq!(change(drop(1.0), 2.0), 0);
    assert_eq!(change(drop(0.0), 2.0), 1);
    assert_eq!(change(dup(1.0), 2.0), 2);
    assert_eq!(change(dup(0.0), 2.0), 1);
    assert_eq!(change(repeat(1.0), 2.0), 2);
    assert_eq!(change(repeat(0.0), 2.0), 1);
    assert_eq!(change(delay(5.0), 2.0), 0);
    assert_eq!(change(delay(0.0), 5.0), 2, "the late one, then the new one");
}

#[test]
fn a_double_keeps_its_item_id_and_a_repetition_has_a_new_one() {
    for (fault, ids) in [
        (Fault::DupEvents { side: Side::A, node: None, probability: 1.0 }, 1),
        (Fault::RepeatEvents { side: Side::A, node: None, probability: 1.0 }, 2),
    ] {
        let mut bench = Bench::ucce();
        let conn = bench.connect(Side::A, "1001", "r1");
        bench.ready(Side::A, "1001", "7301");
        bench.fault(fault.clone());
        let before = bench.items(conn).len();
        bench.put_state(Side::A, "1001", "NOT_READY");
        bench.run_for(1.0);
        let mut got = bench.items(conn).split_off(before);
        assert_eq!(got.len(), 2, "{fault:?}");
        got.dedup();
        assert_eq!(got.len(), ids, "{fault:?}");
    }
}

#[test]
fn a_conflict_ends_the_streams_of_one_user_only() {
    let mut bench = Bench::ucce();
    let conn = bench.connect(Side::A, "1001", "r1");
    bench.connect(Side::A, "1002", "r1");
    bench.connect(Side::B, "1001", "r1");
    bench.fault(Fault::Conflict { side: Side::A, user: "1001".into() });
    let ended: Vec<_> = bench.ended.iter().map(|(_, conn, how)| (*conn, how.clone())).collect();
    assert_eq!(ended, [(conn, StreamEnd::StreamError("conflict".into()))]);
}

#[test]
fn a_forced_logout_comes_on_request_though_the_user_is_present() {
    let mut bench = Bench::ucce();
    bench.connect(Side::A, "1001", "r1");
    bench.ready(Side::A, "1001", "7301");
    bench.fault(Fault::ForcedLogoutNow { side: Side::A, user: "1001".into() });
    bench.run_for(1.0);
    let truth = bench.core.truth("1001").unwrap();
    assert_eq!((truth.state.as_str(), truth.reason_code), ("NOT_READY", Some(50002)));
    // A side without CTI has no way to send one.
    bench.put_state(Side::A, "1001", "READY");
    bench.run_for(1.0);
    bench.fault(Fault::CtiCut { side: Some(Side::A) });
    bench.fault(Fault::ForcedLogoutNow { side: Side::A, user: "1001".into() });
    bench.run_for(10.0);
    assert_eq!(bench.core.truth("1001").unwrap().state, "READY");
}

#[test]
fn a_lost_subscription_store_delivers_nothing_explicit() {
    let mut bench = Bench::ucce();
    let boss = bench.connect(Side::A, "1009", "r1");
    let team = "/finesse/api/Team/512/Users";
    bench.xmpp(boss, &format!("<iq type='set' id='x'><pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='{team}' jid='1009@fin-a.lab.example/r1'/></pubsub></iq>"));
    bench.ready(Side::A, "1001", "7301");
    let heard = bench.updates(boss).len();
    assert!(heard > 0);
    bench.fault(Fault::LoseSubscriptions { side: Side::A });
    bench.put_state(Side::A, "1001", "NOT_READY");
    bench.run_for(1.0);
    assert_eq!(bench.updates(boss).len(), heard);
}

#[test]
fn rest_hangs_fails_and_loses_on_request() {
    let mut bench = Bench::ucce();
    bench.ready(Side::A, "1001", "7301");
    let user = "/finesse/api/User/1001";
    let hang = |on, path: Option<&str>| Fault::RestHang { side: Side::A, on, path: path.map(str::to_owned) };
    bench.fault(hang(true, Some("Dialogs")));
    let id = bench.send(Side::A, "GET", "/finesse/api/User/1001/Dialogs", Some(("1001", PW)), "");
    assert_eq!(bench.ask(Side::A, "1001", "GET", user, "").0, 200, "only where the path fits");
    bench.run_for(60.0);
    assert!(!bench.replies.contains_key(&id) && bench.resets.is_empty());
    bench.fault(hang(false, None));
    assert_eq!(bench.ask(Side::A, "1001", "GET", "/finesse/api/User/1001/Dialogs", "").0, 200);

    bench.fault(Fault::User500 { side: Side::A, probability: 1.0 });
    assert_eq!(bench.ask(Side::A, "1001", "GET", user, "").0, 500);
    assert_eq!(bench.status(Side::A), "IN_SERVICE");
    bench.fault(Fault::User500 { side: Side::A, probability: 0.0 });

    bench.fault(Fault::Lose202 { side: Side::A, probability: 1.0 });
    assert_eq!(bench.put_state(Side::A, "1001", "NOT_READY"), 202);
    bench.run_for(2.0);
    assert_eq!(bench.core.truth("1001").unwrap().state, "READY");
    assert_eq!(bench.logged(|kind| matches!(kind, LogKind::CommandLost { .. })).len(), 1);
    bench.fault(Fault::Lose202 { side: Side::A, probability: 0.0 });

    bench.fault(Fault::UserUnknown { side: Side::A, user: "1001".into(), on: true });
    assert_eq!(bench.ask(Side::A, "1001", "GET", user, "").0, 404);
    assert_eq!(bench.ask(Side::B, "1001", "GET", user, "").0, 200);
    bench.fault(Fault::UserUnknown { side: Side::A, user: "1001".into(), on: false });
    assert_eq!(bench.ask(Side::A, "1001", "GET", user, "").0, 200);

    bench.fault(Fault::Slow { side: Side::A, factor: 50.0 });
    let before = bench.now;
    bench.ask(Side::A, "1001", "GET", user, "");
    assert!(bench.now - before > secs(0.2));
    bench.fault(Fault::Slow { side: Side::A, factor: 1.0 });

    bench.fault(Fault::PasswordChanged { side: Some(Side::A), user: "1001".into(), password: "new".into() });
    assert_eq!(bench.ask(Side::A, "1001", "GET", user, "").0, 401);
    bench.fault(Fault::LockUser { side: Some(Side::B), user: "1001".into() });
    assert_eq!(bench.ask(Side::B, "1001", "GET", user, "").0, 401);
}

#[test]
fn system_info_lies_on_request_and_clocks_step() {
    let mut bench = Bench::ucce();
    let age = |info: &Elem, start: u64| {
        let last: u64 = info.get("lastSuccessCTIHeartbeatTime").unwrap().parse().unwrap();
        last.saturating_sub(start) / 1000
    };
    let start = Profile::ucce().start_unix_millis;
    bench.run_for(12.0);
    bench.fault(Fault::SiLies { side: Side::A, lie: Some(Lie::StaleHeartbeat) });
    bench.run_for(60.0);
    let info = bench.system_info(Side::A);
    assert_eq!(
        (info.get("status"), info.get("lastCTIHeartbeatStatus")),
        (Some("IN_SERVICE"), Some("failure"))
    );
    assert!((9..=12).contains(&age(&info, start)), "{}", age(&info, start));
    bench.fault(Fault::SiLies { side: Side::A, lie: None });
    assert_eq!(bench.system_info(Side::A).get("lastCTIHeartbeatStatus"), Some("success"));
    bench.fault(Fault::CtiCut { side: Some(Side::A) });
    bench.run_for(1.0);
    bench.fault(Fault::SiLies { side: Side::A, lie: Some(Lie::InService) });
    assert_eq!(bench.status(Side::A), "IN_SERVICE");
    assert_eq!(bench.ask(Side::A, "1001", "GET", "/finesse/api/User/1001", "").0, 503, "it only says so");
    bench.fault(Fault::ClockStep { side: Side::B, millis: -3_600_000 });
    assert!(bench.system_info(Side::B).get("currentTimestamp").unwrap().starts_with("2026-03-02T07:"));
}

#[test]
fn notification_stop_with_a_stream_error_says_system_shutdown() {
    let mut bench = Bench::new(Profile { shutdown_stream_error: true, ..Profile::ucce() }, 1);
    bench.connect(Side::A, "1001", "r1");
    bench.fault(Fault::StopNotification { side: Side::A });
    assert_eq!(bench.ended[0].2, StreamEnd::StreamError("system-shutdown".into()));
}

#[test]
fn faults_and_actions_have_the_names_of_the_catalogue_in_json() {
    for text in [
        r#"{"fault":"cti_cut","side":"A"}"#,
        r#"{"fault":"cti_silent"}"#,
        r#"{"fault":"stop_notification","side":"B"}"#,
        r#"{"fault":"delay_events","side":"A","node":"Dialogs","min":"1s","max":"20s"}"#,
        r#"{"fault":"si_lies","side":"A","lie":"stale_heartbeat"}"#,
        r#"{"fault":"lose_202","side":"A","probability":0.5}"#,
        r#"{"fault":"user_500","side":"A","probability":1.0}"#,
        r#"{"fault":"rest_hang","side":"A","on":true}"#,
    ] {
        let fault: Fault = serde_json::from_str(text).unwrap_or_else(|err| panic!("{text}: {err}"));
        let again: Fault = serde_json::from_str(&serde_json::to_string(&fault).unwrap()).unwrap();
        assert_eq!(fault, again);
    }
    assert!(
        serde_json::from_str::<Fault>(r#"{"fault":"cti_cut","node":"A"}"#).is_err(),
        "unknown fields are mistakes"
    );
    let action: WorldAction =
        serde_json::from_str(r#"{"action":"call_begin","agent":"1","from":"5"}"#).unwrap();
    assert!(matches!(action, WorldAction::CallBegin { .. }));
}

#[test]
fn the_log_is_a_ring_and_reads_as_json() {
    let mut bench = Bench::new(Profile { log_cap: 10, ..Profile::ucce() }, 1);
    for _ in 0..20 {
        bench.status(Side::A);
    }
    let log = bench.core.log();
    assert_eq!(log.len(), 10);
    let text = serde_json::to_string(&log[0]).unwrap();
    assert!(text.contains("\"kind\":\"request\"") && text.contains("\"status\":200"), "{text}");
}
