//! The gap is open: who wins.

use super::*;
use crate::failover::{Context, Decision, Health, Trigger};

#[test]
fn n10_a_glitch_of_a_healthy_side_is_mended_on_that_side_within_a_second() {
    let mut rig = Rig::live();
    rig.cut(A, EndCause::Network);
    rig.run(100.0);
    rig.in_order(&["gap 1", "recovering A", "open A", "attach 2 A"]);
    assert!(rig.first("attach 2 A") <= 1.0);
    assert_eq!((rig.count("switching"), rig.count("attach 2 A resumed"), rig.count("waiting")), (0, 0, 0));
}

#[test]
fn n10_even_an_immediate_policy_tries_a_healthy_side_once() {
    let mut rig = Rig::live_with(Immediate);
    rig.cut(A, EndCause::Network);
    rig.run(100.0);
    assert_eq!((rig.count("attach 2 A"), rig.count("switching")), (1, 0));
}

#[test]
fn n11_a_healthy_side_whose_stream_stays_shut_is_left_after_thirty_seconds() {
    let mut rig = Rig::live();
    rig.world.a.stream = Stream::Fails(EndCause::Refused);
    rig.cut(A, EndCause::Network);
    rig.run(60.0);
    let moved = rig.first("switching A B");
    assert!((30.0..32.0).contains(&moved), "{moved}");
    assert_eq!(rig.count("attach 2 B left A"), 1);
}

#[test]
fn i24_a_healthy_side_is_tried_every_few_seconds_and_once_more_before_it_is_left() {
    for back_after in [12.0, 20.0, 25.0, 29.5] {
        for cause in [EndCause::Refused, EndCause::Timeout] {
            let mut rig = Rig::live();
            rig.world.a.stream = match cause {
                EndCause::Timeout => Stream::Hangs,
                cause => Stream::Fails(cause),
            };
            rig.cut(A, EndCause::Network);
            rig.run(back_after);
            rig.world.a.stream = Stream::Opens;
            rig.run(60.0);
            assert_eq!((rig.count("attach 2 A"), rig.count("switching")), (1, 0), "{:#?}", rig.log);
            let back = rig.first("attach 2 A");
            assert!(back < 30.5, "{back_after}, {cause}: {back}");
            if cause == EndCause::Refused {
                assert!(back < back_after + 5.5, "{back_after}: {back}");
            }
        }
    }
}

#[test]
fn i24_an_attempt_that_hangs_from_before_is_no_last_chance() {
    let mut rig =
        Rig::live_with(
            |_: &Trigger, _: &Health, context: &Context| {
                if context.elapsed() < 25 * S { Decision::wait(25 * S) } else { Decision::switch() }
            },
        );
    rig.world.a.stream = Stream::Hangs;
    rig.cut(A, EndCause::Network);
    rig.run(22.0);
    assert!(rig.times("open A").last().is_some_and(|at| *at < 18.0), "{:#?}", rig.log);
    rig.world.a.stream = Stream::Opens;
    rig.run(60.0);
    assert_eq!((rig.count("attach 2 A"), rig.count("switching")), (1, 0), "{:#?}", rig.log);
    assert!(rig.first("attach 2 A") < 25.5);
}

#[test]
fn i24_a_side_that_stays_shut_is_not_stormed() {
    let mut rig = Rig::live_with(WaitAndRetry::default());
    rig.world.a.stream = Stream::Fails(EndCause::Refused);
    rig.cut(A, EndCause::Network);
    rig.run(60.0);
    let first_minute = rig.count("open A");
    assert!((12..=17).contains(&first_minute), "{:?}", rig.times("open A"));
    rig.run(300.0);
    assert!(rig.count("open A") - first_minute <= 20, "{:?}", rig.times("open A"));
}

#[test]
fn s1_a_dead_notification_service_is_left_within_eight_seconds() {
    let mut rig = Rig::live();
    rig.world.a.stream = Stream::Fails(EndCause::Refused);
    rig.world.a.status = Status::OutOfService;
    rig.cut(A, EndCause::Network);
    rig.run(60.0);
    rig.in_order(&["gap 1", "open A", "open A", "open A", "switching A B", "open B", "attach 2 B left A"]);
    assert!(rig.first("attach 2 B") <= 8.0, "{:#?}", rig.log);
}

#[test]
fn s2_a_notification_service_that_returns_within_the_grace_is_not_left() {
    let mut rig = Rig::live();
    rig.world.a.stream = Stream::Fails(EndCause::Refused);
    rig.cut(A, EndCause::Network);
    rig.run(7.0);
    rig.mend(A);
    rig.run(60.0);
    assert_eq!((rig.count("attach 2 A"), rig.count("switching")), (1, 0));
    assert!(rig.first("attach 2 A") < 20.0);
}

#[test]
fn s1_a_stream_that_ends_right_after_presence_is_decided_as_a_lost_stream() {
    let mut rig = Rig::live();
    rig.world.a.stream = Stream::Fails(EndCause::Refused);
    rig.world.a.status = Status::OutOfService;
    rig.presence(A, false);
    rig.cut(A, EndCause::Shutdown);
    rig.run(60.0);
    assert!(rig.first("attach 2 B") < 8.0, "{:#?}", rig.log);
}

#[test]
fn s3_g4_a_dead_web_application_is_left_within_thirteen_seconds() {
    let mut rig = Rig::live();
    rig.isolate(A, EndCause::Refused);
    rig.presence(A, false);
    rig.run(60.0);
    let moved = rig.first("attach 2 B");
    assert!((10.0..13.0).contains(&moved), "{moved}");
    let mut rig = Rig::live();
    rig.presence(A, false);
    rig.run(60.0);
    let moved = rig.first("attach 2 B");
    assert!((10.0..13.0).contains(&moved), "in service by its own word, but no events will come: {moved}");
}

#[test]
fn s3_a_flicker_of_presence_is_mended_on_the_same_stream() {
    let mut rig = Rig::live();
    rig.presence(A, false);
    rig.run(3.0);
    rig.presence(A, true);
    rig.run(60.0);
    assert_eq!((rig.count("attach 2 A resumed"), rig.count("switching"), rig.count("open")), (1, 0, 0));
}

#[test]
fn s5_n2_a_broken_path_is_left_within_eight_seconds_and_the_guard_is_armed() {
    let mut rig = Rig::live();
    rig.isolate(A, EndCause::Refused);
    rig.cut(A, EndCause::Network);
    rig.run(60.0);
    assert!(rig.first("attach 2 B") <= 8.0);
}

#[test]
fn s6_n3_n5_a_black_hole_is_left_within_seven_seconds_of_being_noticed() {
    let mut rig = Rig::live();
    rig.isolate(A, EndCause::Timeout);
    rig.cut(A, EndCause::Silent);
    rig.run(60.0);
    rig.in_order(&["gap 1", "open A", "abandon", "switching A B", "open B", "attach 2 B"]);
    assert!(rig.first("attach 2 B") <= 7.5, "{:#?}", rig.log);
    assert_eq!(rig.count("abandon"), 1, "the attempt that hangs is given up");
}

#[test]
fn s6_an_immediate_policy_leaves_a_black_hole_a_second_after_it_is_noticed() {
    let mut rig = Rig::live_with(Immediate);
    rig.isolate(A, EndCause::Timeout);
    rig.cut(A, EndCause::Silent);
    rig.run(60.0);
    assert!(rig.first("attach 2 B") <= 1.2, "{:#?}", rig.log);
}

#[test]
fn s6_a_side_that_has_not_answered_since_the_trigger_is_not_looked_at_once_more() {
    let mut rig = Rig::live();
    rig.isolate(A, EndCause::Timeout);
    // A probe is under way, and hangs for longer than the grace.
    (rig.world.a.probing, rig.world.a.next_probe) = (true, Duration::MAX);
    rig.cut(A, EndCause::Silent);
    rig.run(60.0);
    assert!(rig.first("switching A B") <= 6.4, "{:#?}", rig.log);
    assert_eq!(rig.count("check A"), 1);
}

#[test]
fn c1_a_side_that_alone_lost_cti_is_left_after_the_guard() {
    let mut rig = Rig::live();
    rig.push(A, Status::OutOfService);
    rig.run(60.0);
    let moved = rig.first("attach 2 B left A");
    assert!((15.0..22.0).contains(&moved), "{moved}");
    assert_eq!(rig.count("close A"), 1, "the old stream stays until the claim");
    assert!(rig.first("close A") > moved);
}

#[test]
fn c2_both_sides_out_means_no_switch() {
    let mut rig = Rig::live();
    rig.push(A, Status::OutOfService);
    rig.world.b.beatless_since = Some(rig.now);
    rig.run(9.0);
    rig.world.b.status = Status::OutOfService;
    rig.run(41.0);
    assert_eq!((rig.count("switching"), rig.count("both-out")), (0, 1));
    rig.push(A, Status::Ready);
    rig.run(8.0);
    rig.mend(B);
    rig.run(60.0);
    assert_eq!((rig.count("attach 2 A resumed"), rig.count("switching"), rig.count("open")), (1, 0, 0));
    assert!(rig.first("attach 2 A") < 52.0);
}

#[test]
fn c2_a_side_that_claims_to_serve_but_has_no_heartbeat_is_no_target() {
    let mut rig = Rig::live();
    rig.push(A, Status::OutOfService);
    rig.world.b.beatless_since = Some(rig.now);
    rig.run(300.0);
    assert_eq!(rig.count("switching"), 0);
    rig.world.b.beatless_since = None;
    rig.run(20.0);
    assert_eq!(rig.count("attach 2 B"), 1);
}

#[test]
fn i21_a_side_that_falls_silent_within_the_window_is_no_target() {
    for silent_after in [1.0, 3.0, 9.0, 13.0, 14.9] {
        let mut rig = Rig::live();
        rig.push(A, Status::OutOfService);
        rig.run(silent_after);
        let silent = rig.now;
        rig.world.b.beatless_since = Some(silent);
        // It notices after three heartbeats; until then it says that it is in service.
        rig.run(15.0);
        rig.world.b.status = Status::OutOfService;
        rig.run(50.0 - silent_after - 15.0);
        assert_eq!(rig.count("switching"), 0, "{silent_after}: {:#?}", rig.log);
        rig.push(A, Status::Ready);
        rig.run(5.0);
        assert_eq!(rig.count("attach 2 A resumed"), 1);
    }
}

#[test]
fn i21_the_side_that_returns_first_wins_and_the_current_one_on_a_tie() {
    let mut rig = Rig::live();
    rig.world.b.status = Status::OutOfService;
    rig.push(A, Status::OutOfService);
    rig.run(40.0);
    rig.mend(A);
    rig.mend(B);
    rig.check(A);
    rig.check(B);
    rig.run(60.0);
    assert_eq!((rig.count("attach 2 A resumed"), rig.count("switching")), (1, 0));
}

#[test]
fn c7_when_both_are_out_the_other_may_be_the_first_to_return() {
    let mut rig = Rig::live();
    rig.world.b.status = Status::OutOfService;
    rig.push(A, Status::OutOfService);
    rig.run(40.0);
    rig.mend(B);
    rig.run(12.0);
    rig.in_order(&["both-out", "switching A B", "attach 2 B"]);
    let moved = rig.first("switching");
    assert!((45.0..50.0).contains(&moved), "two probes five seconds apart: {moved}");
}

#[test]
fn n1_with_the_network_gone_nothing_moves_and_on_return_a_is_preferred() {
    let mut rig = Rig::live();
    rig.isolate(A, EndCause::Timeout);
    rig.isolate(B, EndCause::Timeout);
    rig.cut(A, EndCause::Silent);
    rig.run(280.0);
    assert_eq!((rig.count("switching"), rig.count("attach")), (0, 0));
    assert!(rig.count("offline") >= 4);
    rig.mend(A);
    rig.mend(B);
    // B is seen first.
    rig.check(B);
    rig.run(30.0);
    assert_eq!((rig.count("attach 2 A"), rig.count("switching")), (1, 0), "{:#?}", rig.log);
}

#[test]
fn k2_recovery_that_takes_too_long_is_said_to_be_overdue_once() {
    let mut rig = Rig::live_with(WaitAndRetry::default());
    rig.push(A, Status::OutOfService);
    rig.run(1000.0);
    assert_eq!(rig.times("overdue"), [300.0]);
    assert!((16..=18).contains(&rig.count("waiting")), "and that the policy waits, every minute");
    rig.push(A, Status::Ready);
    rig.run(2.0);
    assert_eq!((rig.count("attach 2 A resumed"), rig.count("switching")), (1, 0));
}

#[test]
fn k3_a_out_and_b_unreachable_is_waiting_and_the_push_of_a_ends_it() {
    let mut rig = Rig::live();
    rig.isolate(B, EndCause::Refused);
    rig.push(A, Status::OutOfService);
    rig.run(50.0);
    assert_eq!((rig.count("waiting"), rig.count("both-out"), rig.count("offline")), (1, 0, 0));
    rig.push(A, Status::Ready);
    rig.run(2.0);
    assert_eq!(rig.count("attach 2 A resumed"), 1);
}

#[test]
fn c1_out_and_back_on_the_same_stream_needs_a_probe_since_the_trigger() {
    let mut rig = Rig::live();
    rig.push(A, Status::OutOfService);
    // Somebody else's older answer.
    let mut health = rig.health.a.clone();
    (health.status, health.level) = (Status::Ready, Level::L2);
    let started = rig.now - S;
    health.good = vec![GoodProbe { started, arrived: rig.now, heartbeat: None, server_time: None }];
    health.probed = Some(started);
    rig.step(Input::Health(Box::new(health)));
    assert_eq!(rig.count("attach"), 0);
}

#[test]
fn c3_a_bad_heartbeat_is_no_reason_to_leave_a_side_whose_stream_glitched() {
    let mut rig = Rig::live();
    rig.world.a.beatless_since = Some(rig.now - 11 * S);
    rig.cut(A, EndCause::Network);
    rig.run(60.0);
    assert_eq!((rig.count("attach 2 A"), rig.count("switching")), (1, 0));
    // But after an outage it is not enough.
    rig.push(A, Status::OutOfService);
    rig.mark();
    rig.world.a.status = Status::Ready;
    rig.run(60.0);
    assert_eq!((rig.count("attach 3 A"), rig.count("attach 3 B")), (0, 1));
}

#[test]
fn g3_a_side_on_which_no_session_becomes_live_is_left_after_growing_pauses() {
    let mut rig = Rig::live();
    rig.lively = false;
    rig.failed(Fault::Side);
    let mut begun = rig.epoch;
    for _ in 0..600 {
        rig.run(0.1);
        if rig.epoch != begun && rig.count(&format!("attach {} A", rig.epoch)) == 1 {
            begun = rig.epoch;
            rig.failed(Fault::Side);
        }
    }
    let times = rig.times("attach");
    assert!(rig.count("attach 2 A resumed") == 1 && rig.count("attach 3 A resumed") == 1, "{:#?}", rig.log);
    let moved = rig.first("switching A B");
    assert!((10.0..20.0).contains(&moved), "{moved}: {times:?}");
    let on_a = rig.times("attach").iter().filter(|at| **at < moved).count();
    assert!((3..=5).contains(&on_a), "no tight loop: {times:?}");
}

#[test]
fn k6_without_another_side_the_resync_is_tried_with_pauses_up_to_the_cap() {
    let mut rig = Rig::with(Hybrid::default(), without_jitter(), false);
    rig.lively = false;
    rig.run(1.0);
    for _ in 0..1200 {
        let epoch = rig.epoch;
        rig.report(LineReport::Failed { epoch, fault: Fault::Side, why: String::from("slow") });
        rig.run(0.25);
    }
    let times = rig.times("attach");
    assert!(times.len() < 25, "{times:?}");
    assert!(times.windows(2).last().is_some_and(|pair| pair[1] - pair[0] > 9.9), "{times:?}");
}

#[test]
fn i23_a_side_in_use_that_stays_usable_is_never_left() {
    let mut rig = Rig::live_with(|_: &Trigger, _: &Health, _: &Context| Decision::switch());
    for _ in 0..20 {
        rig.cut(A, EndCause::Network);
        rig.run(61.0);
    }
    assert_eq!(rig.count("switching"), 0);
}

#[test]
fn a_stream_that_opens_and_breaks_again_is_not_tried_in_a_tight_loop() {
    let mut rig = Rig::live();
    rig.lively = false;
    rig.isolate(B, EndCause::Refused);
    for _ in 0..1200 {
        if rig.links.values().any(|side| *side == A) {
            rig.cut(A, EndCause::Network);
        }
        rig.run(0.25);
    }
    assert!(rig.count("attach") < 25, "{:?}", rig.times("attach"));
}

#[test]
fn i23_the_current_side_is_looked_at_once_more_before_it_is_left() {
    for a_is_back in [true, false] {
        let mut rig = Rig::live_with(|_: &Trigger, _: &Health, _: &Context| Decision::switch());
        rig.world.b.status = Status::OutOfService;
        rig.push(A, Status::OutOfService);
        rig.run(100.0);
        if a_is_back {
            rig.mend(A);
        }
        rig.mend(B);
        // Its monitor is in the middle of a long pause.
        rig.world.a.next_probe = Duration::MAX;
        rig.mark();
        rig.check(B);
        rig.run(5.0);
        assert_eq!(rig.count("check A"), 1);
        let wanted = if a_is_back { "attach 2 A resumed" } else { "attach 2 B" };
        assert!(rig.first(wanted) < 1.2, "{:#?}", rig.log);
        assert_eq!(rig.count("switching"), usize::from(!a_is_back));
    }
}

#[test]
fn n1_a_side_that_is_down_is_not_knocked_at_after_the_quick_attempts() {
    let mut rig = Rig::live();
    rig.isolate(A, EndCause::Refused);
    rig.isolate(B, EndCause::Refused);
    rig.cut(A, EndCause::Network);
    rig.run(100.0);
    assert_eq!(rig.count("open A"), 3);
}

#[test]
fn n2_the_return_of_a_side_cuts_the_pause_short() {
    let mut rig = Rig::live();
    rig.isolate(A, EndCause::Refused);
    rig.isolate(B, EndCause::Refused);
    rig.cut(A, EndCause::Network);
    rig.run(7.0);
    assert_eq!(rig.count("open A"), 3);
    rig.mend(A);
    rig.mark();
    rig.check(A);
    rig.run(1.0);
    assert!(rig.first("attach 2 A") < 0.9);
}
