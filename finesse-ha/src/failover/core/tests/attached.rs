//! What ends an epoch and what does not, and what is told meanwhile.

use super::*;

#[test]
fn s7_an_out_of_service_push_is_passed_on_and_then_opens_the_gap() {
    let mut rig = Rig::live();
    rig.push(A, Status::OutOfService);
    rig.in_order(&["notification 1 /finesse/api/SystemInfo", "gap 1", "recovering A", "check A", "check B"]);
    assert_eq!(rig.first("gap 1"), 0.0);
}

#[test]
fn a_delayed_system_info_says_nothing_about_now() {
    let mut rig = Rig::live();
    rig.says(A, LinkEvent::Notification(system_info("OUT_OF_SERVICE", true)));
    assert_eq!((rig.count("notification"), rig.count("gap")), (1, 0));
}

#[test]
fn an_outage_found_by_a_probe_opens_the_gap_too() {
    let mut rig = Rig::live();
    rig.found(A, Status::OutOfService);
    rig.in_order(&["health A OutOfService", "gap 1", "recovering A"]);
}

#[test]
fn s3_lost_presence_opens_the_gap() {
    let mut rig = Rig::live();
    rig.presence(A, false);
    rig.in_order(&["gap 1", "recovering A"]);
}

#[test]
fn c3_a_suspect_side_is_not_left() {
    let mut rig = Rig::live();
    rig.found(A, Status::Suspect);
    rig.found(A, Status::Unauthorised);
    rig.found(A, Status::Draining);
    rig.found(A, Status::Unknown);
    rig.run(2.0);
    assert_eq!((rig.count("gap"), rig.count("degraded")), (0, 0));
}

#[test]
fn notification_of_an_ended_epoch_is_dropped() {
    let mut rig = Rig::live();
    let old = rig.link(A);
    rig.cut(A, EndCause::Network);
    rig.step(Input::Link { attempt: old, event: news("/late/in/the/gap") });
    rig.run(2.0);
    assert_eq!(rig.count("attach 2 A"), 1);
    rig.step(Input::Link { attempt: old, event: news("/late/in/the/next/epoch") });
    assert_eq!(rig.count("notification"), 0);
    rig.step(Input::Link {
        attempt: old,
        event: LinkEvent::Ended(LinkError::new(EndCause::Conflict, "late")),
    });
    assert!(!rig.ended, "and neither does its end count");
    rig.says(A, news("/in/time"));
    assert_eq!(rig.count("notification 2 /in/time"), 1);
}

#[test]
fn a_notification_in_the_gap_of_a_stream_that_survives_is_dropped() {
    let mut rig = Rig::live();
    rig.presence(A, false);
    rig.says(A, news("/in/the/gap"));
    assert_eq!(rig.count("notification"), 0);
}

#[test]
fn reports_of_an_epoch_that_has_ended_are_ignored() {
    let mut rig = Rig::live();
    rig.cut(A, EndCause::Network);
    rig.run(2.0);
    let old = Epoch(1);
    for fault in [Fault::Credentials, Fault::Side, Fault::Deaf] {
        rig.report(LineReport::Failed { epoch: old, fault, why: String::new() });
    }
    assert_eq!((rig.count("gap"), rig.ended), (1, false));
    rig.report(LineReport::Failed { epoch: Epoch(2), fault: Fault::Side, why: String::new() });
    assert_eq!(rig.count("gap 2"), 1);
}

#[test]
fn the_gap_begins_with_the_last_byte() {
    let mut rig = Rig::live();
    let link = rig.link(A);
    rig.core.heard(link, rig.now);
    rig.now += 25 * S;
    let event = LinkEvent::Ended(LinkError::new(EndCause::Silent, "no answer to pings"));
    let outputs = rig.core.step(rig.now, Input::Link { attempt: link, event });
    let gap = outputs.iter().find_map(|output| match output {
        Output::Emit(LineEvent::GapOpened { last_seen, noticed, .. }) => Some((*last_seen, *noticed)),
        _ => None,
    });
    assert_eq!(gap, Some((rig.now - 25 * S, rig.now)));
}

#[test]
fn n12_unanswered_requests_do_not_end_the_epoch_while_there_is_nowhere_to_go() {
    let mut rig = Rig::live();
    rig.world.b.status = Status::OutOfService;
    rig.check(B);
    rig.run(1.0);
    rig.isolate(A, EndCause::Refused);
    rig.check(A);
    rig.run(60.0);
    assert_eq!((rig.count("degraded listen-only"), rig.count("gap")), (1, 0));
    rig.says(A, news("/still/true"));
    assert_eq!(rig.count("notification 1"), 1);
    rig.mend(A);
    rig.run(60.0);
    assert_eq!((rig.count("recovered listen-only"), rig.count("gap"), rig.count("attach")), (1, 0, 0));
}

#[test]
fn g1_a_side_that_answers_no_request_is_left_after_the_grace() {
    let mut rig = Rig::live();
    rig.isolate(A, EndCause::Timeout);
    rig.found(A, Status::Unreachable);
    rig.run(30.0);
    rig.in_order(&[
        "degraded listen-only",
        "gap 1",
        "switching A B",
        "open B",
        "attach 2 B left A",
        "recovered listen-only",
        "close A",
    ]);
    assert!(rig.first("gap 1") >= 20.0 && rig.first("attach 2 B") < 22.0, "{:#?}", rig.log);
}

#[test]
fn g1_requests_that_go_unanswered_a_second_time_get_the_whole_grace_again() {
    let mut rig = Rig::live();
    rig.isolate(A, EndCause::Timeout);
    rig.found(A, Status::Unreachable);
    rig.run(10.0);
    rig.mend(A);
    rig.run(60.0);
    assert_eq!((rig.count("recovered listen-only"), rig.count("switching")), (1, 0));
    rig.isolate(A, EndCause::Timeout);
    rig.found(A, Status::Unreachable);
    rig.run(15.0);
    assert_eq!((rig.count("degraded listen-only"), rig.count("gap")), (2, 0), "{:#?}", rig.log);
    rig.run(15.0);
    assert_eq!(rig.count("switching A B"), 1);
}

#[test]
fn g2_a_deaf_stream_is_closed_and_opened_anew() {
    let mut rig = Rig::live();
    rig.failed(Fault::Deaf);
    rig.run(3.0);
    rig.in_order(&["close A", "gap 1", "recovering A", "open A", "attach 2 A"]);
    assert_eq!((rig.count("switching"), rig.count("attach 2 A resumed")), (0, 0));
}

#[test]
fn g2_a_stream_that_is_deaf_again_leaves_the_choice_to_the_policy() {
    let mut rig = Rig::live();
    rig.failed(Fault::Deaf);
    rig.run(100.0);
    rig.failed(Fault::Deaf);
    rig.run(20.0);
    rig.in_order(&["attach 2 A", "gap 2", "switching A B", "attach 3 B left A"]);
}

#[test]
fn refused_credentials_in_a_resync_end_the_line() {
    let mut rig = Rig::live();
    rig.failed(Fault::Credentials);
    assert_eq!((rig.count("end the credentials"), rig.count("switching"), rig.count("close A")), (1, 0, 1));
}

#[test]
fn a6_a_conflict_on_a_running_link_ends_the_line() {
    let mut rig = Rig::live();
    rig.cut(A, EndCause::Conflict);
    rig.run(10.0);
    assert_eq!((rig.count("end taken over"), rig.count("open")), (1, 0));
}

#[test]
fn i19_refused_credentials_and_broken_rules_are_no_reason_to_move() {
    for (cause, end) in [(EndCause::Auth, "end the credentials"), (EndCause::Policy, "end failed")] {
        let mut rig = Rig::live_with(Immediate);
        rig.cut(A, cause);
        rig.run(10.0);
        assert_eq!((rig.count(end), rig.count("switching"), rig.count("open")), (1, 0, 0));
    }
}

#[test]
fn n8_the_standby_is_told_to_be_unready_once_until_it_is_ready_again() {
    let mut rig = Rig::live();
    rig.isolate(B, EndCause::Refused);
    rig.run(200.0);
    assert_eq!(rig.count("standby B"), 1);
    rig.mend(B);
    rig.run(10.0);
    rig.isolate(B, EndCause::Refused);
    rig.run(200.0);
    assert_eq!((rig.count("standby B unreachable"), rig.count("standby B")), (2, 2));
}

#[test]
fn t1_g6_the_standby_is_unready_for_a_named_reason() {
    type Spoil = fn(&mut World);
    let ways: [(Spoil, &str); 5] = [
        (|world| world.status = Status::OutOfService, "standby B out-of-service"),
        (|world| world.beatless_since = Some(10 * S), "standby B suspect"),
        (|world| world.status = Status::Unauthorised, "standby B unauthorised"),
        (|world| world.status = Status::Draining, "standby B maintenance"),
        (
            |world| {
                world.status = Status::Unreachable;
                world.trust = Some(String::from("expired"));
            },
            "standby B tls",
        ),
    ];
    for (spoil, line) in ways {
        let mut rig = Rig::live();
        spoil(&mut rig.world.b);
        rig.run(100.0);
        assert_eq!((rig.count(line), rig.count("standby"), rig.count("gap")), (1, 1, 0), "{line}");
    }
}

#[test]
fn a_single_side_is_told_once_to_have_no_standby() {
    let mut rig = Rig::with(Hybrid::default(), without_jitter(), false);
    rig.run(10.0);
    rig.cut(A, EndCause::Network);
    rig.run(10.0);
    assert_eq!((rig.count("attach"), rig.count("standby B none")), (2, 1));
}

#[test]
fn s8_the_return_of_the_other_side_is_told_and_moves_nothing() {
    let mut rig = Rig::live();
    rig.world.b.status = Status::OutOfService;
    rig.run(100.0);
    rig.mend(B);
    rig.run(1000.0);
    rig.in_order(&["health B OutOfService", "health B Ready"]);
    assert_eq!((rig.count("gap"), rig.count("open")), (0, 0));
}
