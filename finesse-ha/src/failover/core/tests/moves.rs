//! Moves: when they are made, what they cost, and how they fail.

use super::*;
use crate::failover::{Context, Decision, Health, Trigger};

/// A policy that always wants to move, after one probe.
fn restless(_: &Trigger, _: &Health, _: &Context) -> Decision {
    Decision::switch()
}

/// Live on B after a switch from A, which is whole again.
fn moved(policy: impl Policy + 'static) -> Rig {
    let mut rig = Rig::live_with(policy);
    rig.isolate(A, EndCause::Refused);
    rig.presence(A, false);
    rig.run(20.0);
    rig.in_order(&["switching A B", "attach 2 B", "close A"]);
    rig.mend(A);
    rig.run(5.0);
    rig
}

#[test]
fn i19_nothing_moves_to_a_side_that_has_not_passed_since_the_trigger() {
    let mut rig = Rig::live_with(restless);
    rig.world.b.swallows = true;
    rig.presence(A, false);
    rig.run(2.5);
    assert_eq!(rig.count("switching"), 0, "what was known of B before the trigger does not count");
    rig.run(3.0);
    assert_eq!(rig.count("switching"), 1);
}

#[test]
fn i19_two_confirmations_take_two_probes_five_seconds_apart() {
    let mut rig = Rig::live_with(|_: &Trigger, _: &Health, _: &Context| Decision::Switch {
        confirmations: Confirmations::Two,
    });
    rig.presence(A, false);
    rig.run(20.0);
    let moved = rig.first("switching");
    assert!((5.0..6.5).contains(&moved), "{moved}");
    assert!(rig.count("check B") <= 3, "no storm of probes");
}

#[test]
fn an_immediate_policy_moves_within_two_seconds() {
    let ways: [fn(&mut Rig); 3] = [
        |rig| rig.presence(A, false),
        |rig| rig.push(A, Status::OutOfService),
        |rig| {
            rig.isolate(A, EndCause::Refused);
            rig.cut(A, EndCause::Network);
        },
    ];
    for way in ways {
        let mut rig = Rig::live_with(Immediate);
        way(&mut rig);
        rig.run(30.0);
        assert!(rig.first("attach 2 B") <= 2.0, "{:#?}", rig.log);
    }
}

#[test]
fn make_before_break_the_old_stream_stays_until_the_claim() {
    let mut rig = Rig::live_with(Immediate);
    rig.lively = false;
    rig.push(A, Status::OutOfService);
    rig.run(5.0);
    assert_eq!((rig.count("attach 2 B"), rig.count("close A")), (1, 0));
    rig.says(A, news("/from/the/old/side"));
    assert_eq!(rig.count("notification 2"), 0, "it is not heard");
    rig.report(LineReport::Committed(Epoch(2)));
    assert_eq!(rig.count("close A"), 1);
}

#[test]
fn make_before_break_lasts_no_longer_than_the_allowed_overlap() {
    let mut rig = Rig::live_with(Immediate);
    rig.lively = false;
    rig.push(A, Status::OutOfService);
    rig.run(60.0);
    let (attached, closed) = (rig.first("attach 2 B"), rig.first("close A"));
    assert!((closed - attached - 30.0).abs() < 0.1, "{attached} {closed}");
}

#[test]
fn the_end_of_the_old_stream_is_no_news() {
    let mut rig = Rig::live_with(Immediate);
    rig.lively = false;
    rig.push(A, Status::OutOfService);
    rig.run(3.0);
    rig.mark();
    rig.cut(A, EndCause::Conflict);
    rig.run(3.0);
    assert!(!rig.ended);
    assert_eq!((rig.count("gap"), rig.count("close"), rig.count("end")), (0, 0, 0));
}

#[test]
fn k4_a_target_that_cannot_be_opened_leaves_everything_as_it_was() {
    let mut rig = Rig::live_with(Immediate);
    rig.world.b.stream = Stream::Fails(EndCause::Refused);
    rig.push(A, Status::OutOfService);
    rig.run(1.5);
    rig.in_order(&["switching A B", "open B", "switch-failed B"]);
    assert_eq!(rig.count("close"), 0, "the stream of A may still say that it is back");
    rig.push(A, Status::Ready);
    rig.run(1.0);
    assert_eq!(rig.count("attach 2 A resumed"), 1);
}

#[test]
fn k4_a_target_that_failed_must_pass_again_and_is_not_stormed() {
    let mut rig = Rig::live_with(Immediate);
    rig.world.b.stream = Stream::Fails(EndCause::Refused);
    rig.push(A, Status::OutOfService);
    rig.run(100.0);
    assert_eq!(rig.count("switching"), rig.count("switch-failed"));
    assert!((5..12).contains(&rig.count("switching")), "{:?}", rig.times("switching"));
    rig.mark();
    rig.mend(B);
    rig.run(30.0);
    assert_eq!(rig.count("attach 2 B"), 1);
}

#[test]
fn k4_a_target_that_goes_out_while_it_is_opened_is_not_attached() {
    let mut rig = Rig::live_with(Immediate);
    rig.push(A, Status::OutOfService);
    rig.run(0.03);
    assert_eq!(rig.count("open B"), 1);
    rig.world.b.status = Status::OutOfService;
    rig.found(B, Status::OutOfService);
    rig.run(1.0);
    rig.in_order(&["switching A B", "open B", "close B", "switch-failed B"]);
    assert_eq!(rig.count("attach"), 0);
}

#[test]
fn k4_a_target_that_breaks_before_the_claim_costs_no_hold_down() {
    let mut rig = Rig::live_with(restless);
    rig.lively = false;
    rig.push(A, Status::OutOfService);
    rig.run(2.0);
    assert_eq!(rig.count("attach 2 B"), 1);
    rig.mend(A);
    rig.isolate(B, EndCause::Refused);
    rig.cut(B, EndCause::Network);
    rig.run(5.0);
    rig.in_order(&["attach 2 B", "gap 2", "recovering B", "switching B A", "attach 3 A left B"]);
    assert_eq!(rig.count("attach 3 A resumed"), 0, "what it said meanwhile is lost");
    assert_eq!(rig.count("open A"), 0, "its stream had been kept");
}

#[test]
fn k5_a_side_that_recovers_while_the_other_is_opened_is_not_left() {
    let mut rig = Rig::live_with(Immediate);
    rig.world.b.stream = Stream::Hangs;
    rig.push(A, Status::OutOfService);
    rig.run(2.0);
    rig.push(A, Status::Ready);
    rig.run(1.0);
    rig.in_order(&["switching A B", "open B", "abandon", "switch-failed B", "attach 2 A resumed"]);
    assert_eq!(rig.count("attach"), 1);
}

#[test]
fn i20_no_switch_is_made_within_the_forced_hold_down() {
    let mut rig = moved(restless);
    rig.mark();
    rig.isolate(B, EndCause::Refused);
    rig.cut(B, EndCause::Network);
    rig.run(60.0);
    // Committed a hundred milliseconds after the attachment, some seconds ago.
    let back = rig.first("switching B A");
    assert!((4.0..30.0).contains(&back), "{back}");
    assert!(rig.count("waiting") >= 1, "and it is said why");
    let since_commit = back + 25.0 - 1.0;
    assert!(since_commit >= 28.0, "{since_commit}");
}

#[test]
fn i20_a_side_that_serves_is_not_left_within_the_voluntary_hold_down() {
    let mut rig = moved(restless);
    rig.mark();
    // Its word is that it serves; its web application says otherwise.
    rig.presence(B, false);
    rig.run(400.0);
    let back = rig.first("switching B A");
    assert!((150.0..180.0).contains(&back), "{back}");
}

#[test]
fn k7_ping_pong_is_slowed_down_and_told_once() {
    let mut rig = Rig::live_with(restless);
    for round in 0..7 {
        let side = if round % 2 == 0 { A } else { B };
        rig.mend(side.other());
        rig.isolate(side, EndCause::Refused);
        rig.cut(side, EndCause::Network);
        rig.run(if round < 3 { 60.0 } else { 500.0 });
        assert_eq!(rig.count("switching"), round + 1);
    }
    let times = rig.times("switching");
    let pauses: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(rig.count("degraded flapping"), 1);
    assert!(
        pauses[..2].iter().all(|pause| *pause < 62.0) && pauses[3..5].iter().any(|pause| *pause > 110.0),
        "{pauses:?}"
    );
}

#[test]
fn a_switching_is_told_once_for_each_move_and_the_monitors_follow() {
    let rig = moved(Hybrid::new(&without_jitter()));
    assert_eq!((rig.count("switching"), rig.count("in-use")), (1, 1));
    rig.in_order(&["gap 1", "recovering A", "switching A B", "open B", "in-use B", "attach 2 B"]);
}

#[test]
fn the_side_that_was_left_is_named_until_the_claim() {
    let mut rig = Rig::live_with(Immediate);
    rig.lively = false;
    rig.push(A, Status::OutOfService);
    rig.run(2.0);
    rig.cut(B, EndCause::Network);
    rig.run(1.5);
    assert_eq!(rig.count("attach 3 B left A"), 1, "{:#?}", rig.log);
    rig.report(LineReport::Committed(Epoch(3)));
    rig.cut(B, EndCause::Network);
    rig.run(5.0);
    assert_eq!((rig.count("attach 4 B"), rig.count("attach 4 B left")), (1, 0));
}

#[test]
fn facts_of_the_session_reach_the_policy() {
    let mut rig = Rig::live_with(
        |_: &Trigger, _: &Health, context: &Context| {
            if context.on_call { Decision::Stay } else { Decision::switch() }
        },
    );
    rig.report(LineReport::Facts(SessionFacts { on_call: true, ready: false }));
    rig.presence(A, false);
    rig.run(30.0);
    assert_eq!(rig.count("switching"), 0);
    rig.report(LineReport::Facts(SessionFacts::default()));
    rig.run(2.0);
    assert_eq!(rig.count("switching"), 1);
}

#[test]
fn a1_a_side_that_does_not_know_the_user_is_spared_as_a_target_for_a_while() {
    let mut rig = Rig::live_with(restless);
    rig.lively = false;
    rig.presence(A, false);
    rig.run(2.0);
    rig.failed(Fault::UserUnknown);
    rig.presence(A, true);
    rig.run(3.0);
    assert_eq!(rig.count("attach 3 A left B"), 1, "{:#?}", rig.log);
    rig.mark();
    rig.presence(A, false);
    rig.run(30.0);
    let again = rig.first("switching A B");
    assert!((12.0..20.0).contains(&again), "{again}");
}

#[test]
fn a6_a_conflict_on_the_other_side_is_tried_once_more_and_no_third_time() {
    let mut rig = Rig::live_with(Immediate);
    rig.world.b.stream = Stream::Fails(EndCause::Conflict);
    rig.push(A, Status::OutOfService);
    rig.run(30.0);
    assert_eq!((rig.count("open B"), rig.count("end taken over")), (2, 1));
}

#[test]
fn t1_a_target_without_a_trusted_certificate_is_refused_and_the_line_goes_on() {
    let mut rig = Rig::live_with(Immediate);
    rig.world.b.stream = Stream::Fails(EndCause::Tls);
    rig.push(A, Status::OutOfService);
    rig.run(65.0);
    assert!(!rig.ended);
    assert!((2..=4).contains(&rig.count("switch-failed B")), "{:?}", rig.times("switch-failed"));
}

#[test]
fn k4_what_was_known_of_a_target_before_it_failed_does_not_count() {
    let mut rig = Rig::live_with(Immediate);
    rig.world.b.stream = Stream::Fails(EndCause::Refused);
    rig.push(A, Status::OutOfService);
    rig.run(0.2);
    assert_eq!(rig.count("switch-failed"), 1);
    rig.world.b.swallows = true;
    rig.run(10.0);
    let times = rig.times("switching");
    assert!(times[1] - times[0] > 3.0, "{times:?}");
}

#[test]
fn the_other_side_is_given_the_same_patience_anew() {
    let mut rig = Rig::live();
    rig.lively = false;
    rig.failed(Fault::Side);
    for _ in 0..200 {
        rig.run(0.1);
        if rig.links.values().any(|side| *side == B) {
            break;
        }
        rig.failed(Fault::Side);
    }
    assert_eq!(rig.count("switching A B"), 1);
    rig.mark();
    rig.failed(Fault::Side);
    rig.run(9.0);
    rig.failed(Fault::Side);
    assert_eq!((rig.count("recovering B"), rig.count("switching")), (2, 0));
    rig.run(20.0);
    assert_eq!(rig.count("switching B A"), 1);
}

#[test]
fn t4_a_target_that_refuses_the_credentials_is_spared_and_the_first_side_awaited() {
    let mut rig = Rig::live();
    rig.isolate(A, EndCause::Refused);
    rig.cut(A, EndCause::Network);
    rig.world.b.stream = Stream::Fails(EndCause::Auth);
    rig.run(200.0);
    assert_eq!(
        (rig.count("open B"), rig.count("switch-failed"), rig.count("attention credentials")),
        (1, 1, 1),
        "{:#?}",
        rig.log
    );
    assert!(!rig.ended);
    rig.mend(A);
    rig.run(30.0);
    assert_eq!((rig.count("attach 2 A"), rig.count("open B")), (1, 1));
}

#[test]
fn t4_a_target_that_refuses_requests_is_given_up_for_the_first_side() {
    let mut rig = Rig::live();
    rig.lively = false;
    rig.isolate(A, EndCause::Refused);
    rig.cut(A, EndCause::Network);
    rig.run(20.0);
    assert_eq!(rig.count("attach 2 B"), 1);
    rig.failed(Fault::Credentials);
    rig.mend(A);
    rig.run(40.0);
    assert_eq!(
        (rig.count("attach 2 B"), rig.count("attach 3 A"), rig.count("open B")),
        (1, 1, 1),
        "{:#?}",
        rig.log
    );
    assert!(!rig.ended);
}

#[test]
fn t4_when_both_refuse_the_line_ends() {
    let mut rig = Rig::live();
    rig.isolate(A, EndCause::Refused);
    rig.cut(A, EndCause::Network);
    rig.world.b.stream = Stream::Fails(EndCause::Auth);
    rig.run(60.0);
    rig.mend(A);
    rig.world.a.stream = Stream::Fails(EndCause::Auth);
    rig.run(60.0);
    assert_eq!((rig.count("open B"), rig.count("end")), (1, 1), "{:#?}", rig.log);
}
