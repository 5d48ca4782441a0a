//! What the documentation does not settle, both ways.

use super::*;
use crate::ListenerState;
use crate::profile::{Span, TomcatDown};

fn bench(change: impl FnOnce(&mut Profile)) -> Bench {
    let mut profile = Profile::ucce();
    change(&mut profile);
    Bench::new(profile, 7)
}

/// When each side went out of service.
fn out_since(bench: &Bench) -> [Option<Duration>; 2] {
    Side::BOTH.map(|side| {
        let log = bench.core.log();
        log.iter()
            .find(|entry| {
                entry.side == Some(side)
                    && matches!(&entry.kind, LogKind::Status { status, .. } if status == "OUT_OF_SERVICE")
            })
            .map(|entry| entry.at)
    })
}

#[test]
fn a_broken_cti_socket_is_seen_at_once_and_a_silent_one_after_three_heartbeats_on_one_side_or_both() {
    for side in [Some(Side::A), Some(Side::B), None] {
        for (fault, earliest, latest) in
            [(Fault::CtiCut { side }, 0.0, 0.2), (Fault::CtiSilent { side }, 15.0, 15.0)]
        {
            let mut bench = Bench::ucce();
            bench.run_for(10.0);
            bench.fault(fault.clone());
            bench.run_for(20.0);
            for (node, since) in Side::BOTH.into_iter().zip(out_since(&bench)) {
                match since {
                    Some(at) => {
                        let took = at - secs(10.0);
                        assert!(took >= secs(earliest) && took <= secs(latest), "{fault:?} {node}: {took:?}");
                        assert!(side.is_none_or(|side| side == node), "{fault:?} {node}");
                    }
                    None => assert_eq!(side, Some(node.other()), "{fault:?}"),
                }
            }
        }
    }
}

#[test]
fn silence_of_a_broken_link_changes_nothing_and_a_break_of_a_silent_one_is_seen_at_once() {
    let side = Some(Side::A);
    let mut bench = Bench::ucce();
    bench.fault(Fault::CtiCut { side });
    bench.fault(Fault::CtiSilent { side });
    bench.run_for(20.0);
    assert!(out_since(&bench)[0].is_some_and(|at| at <= secs(0.2)));

    let mut bench = Bench::ucce();
    bench.fault(Fault::CtiSilent { side });
    bench.run_for(5.0);
    bench.fault(Fault::CtiCut { side });
    bench.run_for(20.0);
    assert!(out_since(&bench)[0].is_some_and(|at| at >= secs(5.0) && at <= secs(5.2)));
}

#[test]
fn before_the_loss_of_cti_is_seen_requests_are_lost_or_fail_as_configured() {
    for (writes, reads) in [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)] {
        let mut bench = bench(|profile| {
            (profile.undetected_500, profile.undetected_read_500) = (writes, reads);
        });
        bench.ready(Side::A, "1001", "7301");
        bench.fault(Fault::CtiSilent { side: Some(Side::A) });
        for _ in 0..10 {
            let expected = if writes > 0.0 { 500 } else { 202 };
            assert_eq!(bench.put_state(Side::A, "1001", "NOT_READY"), expected);
            let expected = if reads > 0.0 { 500 } else { 200 };
            assert_eq!(bench.ask(Side::A, "1001", "GET", "/finesse/api/User/1001", "").0, expected);
        }
        assert_eq!(bench.status(Side::A), "IN_SERVICE");
        assert_eq!(bench.core.truth("1001").unwrap().state, "READY");
    }
}

#[test]
fn commands_that_waited_during_an_outage_are_lost_or_carried_out_after_it() {
    for (queue_survives_outage, expected) in [(false, "READY"), (true, "NOT_READY")] {
        let mut bench = bench(|profile| {
            profile.queue_survives_outage = queue_survives_outage;
            profile.undetected_500 = 0.0;
        });
        bench.ready(Side::A, "1001", "7301");
        bench.fault(Fault::CtiSilent { side: Some(Side::A) });
        assert_eq!(bench.put_state(Side::A, "1001", "NOT_READY"), 202);
        bench.run_for(20.0);
        assert_eq!(bench.core.truth("1001").unwrap().state, "READY");
        bench.fault(Fault::CtiRestore { side: Some(Side::A) });
        bench.run_for(20.0);
        assert_eq!(bench.status(Side::A), "IN_SERVICE");
        assert_eq!(bench.core.truth("1001").unwrap().state, expected);
    }
}

#[test]
fn a_small_site_recovers_from_cti_quickly_unless_configured_otherwise() {
    for (cti_recovery_scales, shortest, longest) in [(true, 5.0, 5.0), (false, 35.0, 75.0)] {
        let mut bench = bench(|profile| profile.cti_recovery_scales = cti_recovery_scales);
        bench.fault(Fault::CtiCut { side: Some(Side::A) });
        bench.run_for(1.0);
        let restored = bench.now;
        bench.fault(Fault::CtiRestore { side: Some(Side::A) });
        bench.run_for(80.0);
        let back = bench
            .logged(|kind| matches!(kind, LogKind::Status { status, .. } if status == "IN_SERVICE"))
            .first()
            .map(|at| *at - restored);
        assert!(back.is_some_and(|took| took >= secs(shortest) && took <= secs(longest)), "{back:?}");
    }
}

#[test]
fn a_stopped_tomcat_may_be_a_black_hole_and_a_dead_web_app_has_its_own_page() {
    let mut bench = bench(|profile| {
        profile.tomcat_down = TomcatDown::BlackHole;
        profile.dead_webapp_status = 503;
    });
    bench.fault(Fault::StopTomcat { side: Side::A });
    assert_eq!(bench.core.listener(Side::A, crate::Port::Rest), ListenerState::BlackHole);
    let id = bench.send(Side::A, "GET", "/finesse/api/SystemInfo", None, "");
    bench.run_for(60.0);
    assert!(!bench.replies.contains_key(&id) && !bench.resets.contains(&id));
    bench.fault(Fault::CrashWebapp { side: Side::B });
    let (status, body) = bench.ask(Side::B, "1001", "GET", "/finesse/api/SystemInfo", "");
    assert!(status == 503 && body.starts_with("<html>"), "no ApiErrors: {body}");
}

#[test]
fn with_load_a_forced_logout_interrupts_a_call_or_waits_for_it() {
    for (load_waits_for_call, during) in [(false, "LOGOUT"), (true, "TALKING")] {
        let mut bench = bench(|profile| {
            profile.load = true;
            profile.load_waits_for_call = load_waits_for_call;
        });
        bench.ready(Side::A, "1001", "7301");
        let conn = bench.connect(Side::A, "1001", "r1");
        let call = bench.call("1001");
        bench.world(WorldAction::CallAnswer { call: call.clone() });
        bench.step(Input::XmppClosed { conn, clean: false });
        bench.run_for(61.0);
        assert_eq!(bench.core.truth("1001").unwrap().state, during);
        assert!(bench.core.truth("1001").unwrap().dialogs.contains_key(&call), "the call lives on");
        bench.world(WorldAction::CallEnd { call });
        bench.run_for(1.0);
        assert_eq!(bench.core.truth("1001").unwrap().state, "LOGOUT");
    }
}

#[test]
fn wrong_passwords_of_streams_count_towards_the_lock_or_not() {
    for (xmpp_failures_count, status) in [(true, 401), (false, 200)] {
        let mut bench = bench(|profile| {
            profile.xmpp_failures_count = xmpp_failures_count;
            profile.xmpp_strikes = 9;
        });
        bench.step(Input::XmppOpened { conn: 900, side: Side::A, transport: Transport::Tcp });
        for _ in 0..5 {
            bench.login(900, "1001", "wrong");
        }
        assert_eq!(bench.ask(Side::A, "1001", "GET", "/finesse/api/User/1001", "").0, status);
    }
}

#[test]
fn events_for_nobody_are_kept_or_not() {
    for (offline_storage, expected) in [(true, 2), (false, 0)] {
        let mut bench = bench(|profile| profile.offline_storage = offline_storage);
        bench.ready(Side::A, "1001", "7301");
        let conn = bench.connect(Side::A, "1001", "r1");
        assert_eq!(bench.updates(conn).len(), expected);
    }
}

#[test]
fn the_last_item_comes_with_a_subscription_or_not() {
    for (last_item_on_subscribe, expected) in [(false, 0), (true, 1)] {
        let mut bench = bench(|profile| profile.last_item_on_subscribe = last_item_on_subscribe);
        let team = "/finesse/api/Team/512/Users";
        let subscribe = |bench: &mut Bench, conn: u64, resource: &str| {
            bench.xmpp(conn, &format!("<iq type='set' id='x'><pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='{team}' jid='1009@fin-a.lab.example/{resource}'/></pubsub></iq>"));
        };
        let first = bench.connect(Side::A, "1009", "r1");
        subscribe(&mut bench, first, "r1");
        bench.ready(Side::A, "1001", "7301");
        let second = bench.connect(Side::A, "1009", "r2");
        subscribe(&mut bench, second, "r2");
        assert_eq!(bench.updates(second).len(), expected);
    }
}

#[test]
fn the_presence_of_finesse_is_told_or_not() {
    for finesse_presence in [true, false] {
        let mut bench = bench(|profile| profile.finesse_presence = finesse_presence);
        let conn = bench.connect(Side::A, "1001", "r1");
        bench.fault(Fault::StopTomcat { side: Side::A });
        bench.run_for(6.0);
        let told = bench.sent_to(conn).iter().filter(|xml| xml.contains("finesse@")).count();
        assert_eq!(told, if finesse_presence { 2 } else { 0 });
        assert_eq!(bench.published.is_empty(), !finesse_presence);
    }
}

#[test]
fn system_info_has_ports_and_new_elements_or_not() {
    for on in [true, false] {
        let mut bench = bench(|profile| {
            profile.system_info_ports = on;
            profile.extra_elements = on;
        });
        let info = bench.system_info(Side::A);
        let node = info.find("primaryNode").unwrap();
        assert_eq!(node.get("host"), Some("fin-a.lab.example"));
        assert_eq!(node.find("xmppSecurePort").is_some(), on);
        assert_eq!(info.find("finesseMMode").is_some(), on);
        assert_eq!(info.find("sinceNextRelease").is_some(), on);
    }
}

#[test]
fn clocks_differ_and_drift_apart() {
    let mut bench = bench(|profile| {
        profile.clock_offset_millis = [-3, 4];
        profile.clock_drift_ppm = [10, -10];
    });
    assert_eq!(bench.core.clock(Side::A) - bench.core.clock(Side::B), -7);
    bench.run_for(100_000.0);
    bench.step(Input::Tick);
    assert_eq!(bench.core.clock(Side::A) - bench.core.clock(Side::B), 2_000 - 7);
}

#[test]
fn a_user_who_is_forced_out_without_delay_is_so_at_once() {
    let mut bench = bench(|profile| {
        profile.forced_logout_wait = Duration::ZERO;
        profile.cti_latency = Span::fixed(Duration::ZERO);
    });
    bench.ready(Side::A, "1001", "7301");
    let conn = bench.connect(Side::A, "1001", "r1");
    bench.step(Input::XmppClosed { conn, clean: false });
    assert_eq!(bench.core.truth("1001").unwrap().state, "NOT_READY");
}

#[test]
fn some_documents_begin_with_a_declaration_and_some_never_do() {
    for xml_declaration in [true, false] {
        let mut profile = Profile::ucce();
        profile.rest.xml_declaration = xml_declaration;
        let mut bench = Bench::lab(profile);
        for (user, path, may) in [("administrator", "/PhoneBooks", true), ("1001", "/User/1001", false)] {
            let declared = bench.rest(user, "GET", path, "").1.starts_with("<?xml");
            assert_eq!(declared, may && xml_declaration, "{path}");
        }
    }
}

#[test]
fn documents_answer_200_and_set_a_cookie_or_as_the_switches_say() {
    for (read_status, session_cookie) in [(200, true), (202, false)] {
        let mut profile = Profile::ucce();
        (profile.rest.read_status, profile.rest.session_cookie) = (read_status, session_cookie);
        let mut bench = Bench::lab(profile);
        assert_eq!(bench.rest("1001", "GET", "/User/1001", "").0, read_status);
        assert_eq!(bench.header("set-cookie").is_some(), session_cookie);
    }
}

#[test]
fn queued_writes_answer_202_or_as_the_switch_says() {
    for status in [202, 200] {
        let mut profile = Profile::ucce();
        profile.rest.accepted_status = status;
        let mut bench = Bench::lab(profile);
        let body = "<User><state>LOGIN</state><extension>7301</extension></User>";
        assert_eq!(bench.rest("1001", "PUT", "/User/1001", body).0, status);
    }
}
