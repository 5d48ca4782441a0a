//! Reference timelines: what a side does to an agent when things fail, by the second.

use super::*;
use crate::profile::{Span, WhenOut};

/// An agent READY with a stream on A, ten seconds in.
fn ready_on_a(profile: Profile) -> (Bench, u64) {
    let mut bench = Bench::new(profile, 11);
    let conn = bench.connect(Side::A, "1001", "r1");
    bench.ready(Side::A, "1001", "7301");
    bench.run_to(secs(10.0));
    (bench, conn)
}

fn claim_on(bench: &mut Bench, side: Side) -> u64 {
    let conn = bench.connect(side, "1001", "r1");
    let body = "<User><state>LOGIN</state><extension>7301</extension></User>";
    assert_eq!(bench.ask(side, "1001", "PUT", "/finesse/api/User/1001", body).0, 202);
    bench.run_for(0.5);
    conn
}

fn state(bench: &Bench) -> String {
    bench.core.truth("1001").unwrap().state
}

#[test]
fn r1_one_side_loses_cti_by_silence() {
    for when_out in [WhenOut::Drop, WhenOut::Defer] {
        let (mut bench, conn) = ready_on_a(Profile { forced_logout_when_out: when_out, ..Profile::ucce() });
        let t0 = bench.now;
        bench.fault(Fault::CtiSilent { side: Some(Side::A) });
        let mut statuses = Vec::new();
        for second in 1..14 {
            bench.run_to(t0 + secs(f64::from(second)));
            assert_eq!(bench.status(Side::A), "IN_SERVICE");
            let wish = if second % 2 == 0 { "READY" } else { "NOT_READY" };
            statuses.push(bench.put_state(Side::A, "1001", wish));
        }
        assert!(statuses.contains(&500) && statuses.contains(&202), "{statuses:?}");
        assert_eq!(state(&bench), "READY", "none of it was carried out");
        let info = bench.system_info(Side::A);
        let now: i64 =
            i64::try_from(Profile::ucce().start_unix_millis + bench.now.as_millis() as u64).unwrap();
        let last: i64 = info.get("lastSuccessCTIHeartbeatTime").unwrap().parse().unwrap();
        assert!(now - last > 10_000, "the heartbeat ages: {}", now - last);
        assert_eq!(info.get("lastCTIHeartbeatStatus"), Some("failure"));
        let quiet = bench.story(conn).len();

        bench.run_to(t0 + secs(15.2));
        assert_eq!(bench.story(conn)[quiet..], ["PUT SystemInfo OUT_OF_SERVICE".to_owned()]);
        assert_eq!(bench.put_state(Side::A, "1001", "READY"), 503);
        let info = bench.system_info(Side::B);
        assert_eq!(
            (info.get("status"), info.get("lastCTIHeartbeatStatus")),
            (Some("IN_SERVICE"), Some("success"))
        );

        bench.run_to(t0 + secs(30.0));
        claim_on(&mut bench, Side::B);
        bench.step(Input::XmppClosed { conn, clean: true });
        bench.run_to(t0 + secs(150.0));
        assert!(bench.fired().is_empty(), "A is out of service");
        bench.fault(Fault::CtiRestore { side: Some(Side::A) });
        bench.run_for(30.0);
        let (fired, state_now) = (bench.fired().len(), state(&bench));
        match when_out {
            WhenOut::Drop => assert_eq!((fired, state_now.as_str()), (0, "READY")),
            WhenOut::Defer => assert_eq!((fired, state_now.as_str()), (1, "NOT_READY")),
        }
    }
}

#[test]
fn r2_a_stream_that_is_back_within_the_minute_costs_nothing() {
    let (mut bench, conn) = ready_on_a(Profile::ucce());
    let t0 = bench.now;
    bench.fault(Fault::StreamReset { side: Side::A, user: Some("1001".into()) });
    assert_eq!(bench.ended, [(t0, conn, StreamEnd::Reset)]);
    bench.run_to(t0 + secs(10.0));
    bench.connect(Side::A, "1001", "r1");
    bench.run_to(t0 + secs(300.0));
    assert_eq!(bench.logged(|kind| matches!(kind, LogKind::ForcedLogoutArmed { .. })), [t0]);
    assert_eq!(bench.logged(|kind| matches!(kind, LogKind::ForcedLogoutCancelled { .. })), [t0 + secs(10.0)]);
    assert!(bench.fired().is_empty());
    assert_eq!(state(&bench), "READY");
}

#[test]
fn r3_a_move_away_from_a_healthy_side_is_punished_after_a_minute() {
    for load in [false, true] {
        let (mut bench, _) = ready_on_a(Profile { load, ..Profile::ucce() });
        let t0 = bench.now;
        bench.fault(Fault::StreamReset { side: Side::A, user: None });
        bench.run_to(t0 + secs(5.0));
        let b = claim_on(&mut bench, Side::B);
        bench.run_to(t0 + secs(59.9));
        assert_eq!(state(&bench), "READY");
        bench.run_to(t0 + secs(61.0));
        assert_eq!(bench.fired(), [t0 + secs(60.0)]);
        let truth = bench.core.truth("1001").unwrap();
        let expected = if load { "LOGOUT" } else { "NOT_READY" };
        assert_eq!((truth.state.as_str(), truth.reason_code), (expected, Some(50002)));
        assert_eq!(bench.story(b).last().unwrap(), &format!("PUT User/1001 {expected}"), "B hears of it");
    }
}

#[test]
fn r3_a_login_on_the_other_side_saves_the_agent_only_if_so_configured() {
    let (mut bench, _) = ready_on_a(Profile { login_elsewhere_cancels: true, ..Profile::ucce() });
    bench.fault(Fault::StreamReset { side: Side::A, user: None });
    claim_on(&mut bench, Side::B);
    bench.run_for(120.0);
    assert!(bench.fired().is_empty());
}

#[test]
fn r3_on_a_call_the_forced_logout_waits_for_its_end() {
    let (mut bench, _) = ready_on_a(Profile::ucce());
    let t0 = bench.now;
    let call = bench.call("1001");
    bench.world(WorldAction::CallAnswer { call: call.clone() });
    bench.run_for(1.0);
    bench.fault(Fault::StreamReset { side: Side::A, user: None });
    claim_on(&mut bench, Side::B);
    bench.run_to(t0 + secs(200.0));
    assert_eq!(state(&bench), "TALKING", "nothing at sixty");
    assert_eq!(bench.fired().len(), 1);
    bench.world(WorldAction::CallEnd { call });
    bench.run_for(1.0);
    let truth = bench.core.truth("1001").unwrap();
    assert_eq!((truth.state.as_str(), truth.reason_code), ("NOT_READY", Some(50002)));
    assert_eq!(bench.logged(|kind| matches!(kind, LogKind::ForcedLogoutApplied { .. })), [t0 + secs(200.0)]);
}

#[test]
fn r4_a_client_that_vanishes_is_noticed_late_and_logged_out_a_minute_after() {
    let (mut bench, conn) = ready_on_a(Profile::ucce());
    let t0 = bench.now;
    bench.fault(Fault::HalfOpen { side: Side::A, user: Some("1001".into()) });
    assert_eq!(bench.ended, [(t0, conn, StreamEnd::Abandon)]);
    bench.step(Input::XmppClosed { conn, clean: false });
    bench.run_to(t0 + secs(29.0));
    assert!(bench.logged(|kind| matches!(kind, LogKind::ForcedLogoutArmed { .. })).is_empty());
    bench.run_to(t0 + secs(181.0));
    let armed = bench.logged(|kind| matches!(kind, LogKind::ForcedLogoutArmed { .. }))[0];
    assert!(armed >= t0 + secs(30.0) && armed <= t0 + secs(120.0));
    assert_eq!(bench.fired(), [armed + secs(60.0)]);
    assert_eq!(state(&bench), "NOT_READY");
}

#[test]
fn r5_the_notification_service_stops() {
    let (mut bench, conn) = ready_on_a(Profile::ucce());
    let t0 = bench.now;
    bench.fault(Fault::StopNotification { side: Side::A });
    assert_eq!(bench.ended, [(t0, conn, StreamEnd::Reset)], "at once");
    bench.step(Input::XmppOpened { conn: 900, side: Side::A, transport: Transport::Tcp });
    assert_eq!(bench.ended.last().unwrap().1, 900, "and no stream opens");
    assert_eq!(bench.put_state(Side::A, "1001", "NOT_READY"), 202, "for a moment nothing is noticed");
    bench.run_to(t0 + secs(2.1));
    assert_eq!(bench.status(Side::A), "OUT_OF_SERVICE");
    let b = claim_on(&mut bench, Side::B);
    bench.run_to(t0 + secs(120.0));
    assert!(bench.fired().is_empty(), "the web app could not see the stream go");
    bench.fault(Fault::StartNotification { side: Side::A });
    bench.run_for(25.0);
    assert_eq!(bench.status(Side::A), "IN_SERVICE");
    assert_eq!(state(&bench), "NOT_READY", "what was accepted unnoticed was carried out");
    assert_eq!(bench.story(b).last().unwrap(), "PUT User/1001 NOT_READY", "B kept the event for him");
}

#[test]
fn a_stream_that_stopped_with_its_service_counts_as_absence_if_so_configured() {
    let profile = Profile {
        notification_stop_is_absence: true,
        forced_logout_when_out: WhenOut::Defer,
        notification_start: Span::fixed(secs(5.0)),
        ..Profile::ucce()
    };
    let (mut bench, _) = ready_on_a(profile);
    bench.fault(Fault::StopNotification { side: Side::A });
    bench.fault(Fault::StartNotification { side: Side::A });
    bench.run_for(70.0);
    assert_eq!(bench.fired().len(), 1);
}

#[test]
fn an_agent_who_signs_out_first_is_left_alone() {
    let (mut bench, conn) = ready_on_a(Profile::ucce());
    assert_eq!(bench.put_state(Side::A, "1001", "NOT_READY"), 202);
    bench.run_for(1.0);
    assert_eq!(bench.put_state(Side::A, "1001", "LOGOUT"), 202);
    bench.run_for(1.0);
    bench.xmpp(conn, "<presence type='unavailable'/>");
    bench.step(Input::XmppClosed { conn, clean: true });
    bench.run_for(100.0);
    assert!(bench.logged(|kind| matches!(kind, LogKind::ForcedLogoutArmed { .. })).is_empty());
    let user = bench.get(Side::A, "/finesse/api/User/1001");
    assert_eq!((user.get("extension"), user.get("reasonCodeId")), (Some(""), Some("-1")));
}

#[test]
fn a_second_resource_keeps_the_agent_present_unless_configured_otherwise() {
    for (keeps, expected) in [(true, 0), (false, 1)] {
        let (mut bench, conn) =
            ready_on_a(Profile { second_resource_keeps_presence: keeps, ..Profile::ucce() });
        bench.connect(Side::A, "1001", "other");
        bench.step(Input::XmppClosed { conn, clean: false });
        bench.run_for(61.0);
        assert_eq!(bench.fired().len(), expected);
    }
}

#[test]
fn mobile_agent_data_is_known_only_where_he_signed_in_and_lost_with_cti() {
    let mut bench = Bench::ucce();
    let body = "<User><state>LOGIN</state><extension>7301</extension><mobileAgent><mode>CALL_BY_CALL</mode><dialNumber>0700</dialNumber></mobileAgent></User>";
    assert_eq!(bench.ask(Side::A, "1001", "PUT", "/finesse/api/User/1001", body).0, 202);
    bench.run_for(1.0);
    let mobile =
        |bench: &mut Bench, side| bench.get(side, "/finesse/api/User/1001").find("mobileAgent").is_some();
    assert!(mobile(&mut bench, Side::A) && !mobile(&mut bench, Side::B));
    bench.fault(Fault::CtiCut { side: Some(Side::A) });
    bench.fault(Fault::CtiRestore { side: Some(Side::A) });
    bench.run_for(20.0);
    assert!(!mobile(&mut bench, Side::A));
}
