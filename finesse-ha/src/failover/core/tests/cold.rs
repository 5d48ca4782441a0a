//! The start: which side, and what ends it.

use super::*;

#[test]
fn a_start_prefers_side_a_even_if_b_is_known_first() {
    let mut rig = Rig::hybrid();
    rig.world.a.swallows = true;
    rig.run(4.0);
    rig.in_order(&["health B Ready", "health A Ready", "open A", "attach 1 A"]);
    assert_eq!(rig.count("open B"), 0);
}

#[test]
fn a_start_on_b_is_no_switch() {
    let mut rig = Rig::hybrid();
    rig.world.a.status = Status::OutOfService;
    rig.run(5.0);
    rig.in_order(&["health A OutOfService", "open B", "in-use B", "attach 1 B"]);
    assert_eq!(rig.count("switching"), 0);
    assert_eq!(
        rig.log.iter().find(|(_, line)| line.contains("attach")).unwrap().1,
        "attach 1 B",
        "nothing was left"
    );
}

#[test]
fn an_opening_that_fails_is_followed_by_the_other_side() {
    let mut rig = Rig::hybrid();
    rig.world.a.stream = Stream::Fails(EndCause::Refused);
    rig.run(2.0);
    rig.in_order(&["open A", "open B", "attach 1 B"]);
    assert!(rig.first("open B") < 0.2);
}

#[test]
fn without_another_side_the_pauses_grow_to_the_cap() {
    let mut rig = Rig::with(Hybrid::default(), without_jitter(), false);
    rig.world.a.stream = Stream::Fails(EndCause::Refused);
    rig.run(200.0);
    let times = rig.times("open A");
    let pauses: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (pause, wanted) in pauses.iter().zip([0.2, 1.0, 3.0, 6.0, 12.0]) {
        assert!(*pause >= wanted * 0.5 && *pause <= wanted * 1.5 + 0.03, "{pauses:?}");
    }
    assert!(pauses[5..].iter().all(|pause| *pause >= 12.0 && *pause < 20.1), "{pauses:?}");
    assert!(rig.count("waiting") >= 3, "and it is said");
}

#[test]
fn t4_refused_credentials_end_the_line_and_are_not_tried_again() {
    for (side, other) in [(A, B), (B, A)] {
        let mut rig = Rig::hybrid();
        rig.world.of_mut(side).stream = Stream::Fails(EndCause::Auth);
        if side == B {
            rig.world.of_mut(other).stream = Stream::Fails(EndCause::Refused);
        }
        rig.run(100.0);
        assert_eq!(rig.count(&format!("open {side}")), 1);
        assert_eq!(rig.count("end the credentials were refused"), 1);
        assert_eq!(rig.count("attach"), 0);
    }
}

#[test]
fn t2_a_side_without_a_trusted_certificate_is_passed_over() {
    let mut rig = Rig::hybrid();
    rig.world.a.stream = Stream::Fails(EndCause::Tls);
    rig.run(100.0);
    rig.in_order(&["open A", "open B", "attach 1 B"]);
}

#[test]
fn t2_a_start_without_any_trusted_side_ends_the_line() {
    let mut rig = Rig::hybrid();
    rig.world.a.stream = Stream::Fails(EndCause::Tls);
    rig.isolate(B, EndCause::Tls);
    rig.world.b.trust = Some(String::from("expired"));
    rig.run(10.0);
    assert_eq!(rig.count("end no side can be trusted"), 1);
    let mut rig = Rig::hybrid();
    rig.world.a.stream = Stream::Fails(EndCause::Tls);
    rig.isolate(B, EndCause::Refused);
    rig.run(10.0);
    assert!(!rig.ended, "of side B nobody knows");
}

#[test]
fn a6_a_conflict_is_given_two_seconds_and_one_more_try() {
    let mut rig = Rig::hybrid();
    rig.world.a.stream = Stream::Fails(EndCause::Conflict);
    rig.run(1.0);
    rig.mend(A);
    rig.run(3.0);
    let times = rig.times("open A");
    assert!(times[1] - times[0] >= 2.0 && times[1] - times[0] < 2.1, "{times:?}");
    assert_eq!((rig.count("attach 1 A"), rig.count("open B")), (1, 0));
}

#[test]
fn a6_a_second_conflict_means_another_program() {
    let mut rig = Rig::hybrid();
    rig.world.a.stream = Stream::Fails(EndCause::Conflict);
    rig.run(10.0);
    assert_eq!((rig.count("open A"), rig.count("end taken over")), (2, 1));
}

#[test]
fn a_violated_policy_of_the_server_ends_the_line() {
    let mut rig = Rig::hybrid();
    rig.world.a.stream = Stream::Fails(EndCause::Policy);
    rig.run(10.0);
    assert_eq!(rig.count("end failed for good"), 1);
}

#[test]
fn k1_both_out_is_told_on_entry_and_every_minute_and_does_not_end() {
    let mut rig = Rig::hybrid();
    rig.world.a.status = Status::OutOfService;
    rig.world.b.status = Status::OutOfService;
    rig.run(400.0);
    let times = rig.times("both-out");
    assert!(times[0] < 1.0 && times.len() == 7, "{times:?}");
    assert!(times.windows(2).all(|pair| (pair[1] - pair[0] - 60.0).abs() < 0.1), "{times:?}");
    assert_eq!(rig.times("overdue"), [300.0]);
    rig.mend(B);
    rig.run(5.0);
    assert_eq!(rig.count("attach 1 B"), 1);
}

#[test]
fn a_report_that_is_not_to_be_repeated_is_made_once() {
    let params = Params { both_out_report: Duration::ZERO, ..without_jitter() };
    let mut rig = Rig::with(Hybrid::new(&params), params, true);
    rig.world.a.status = Status::OutOfService;
    rig.world.b.status = Status::OutOfService;
    rig.run(400.0);
    assert_eq!(rig.count("both-out"), 1);
}

#[test]
fn k2_neither_reachable_is_offline_and_k3_mixed_is_waiting() {
    let mut rig = Rig::hybrid();
    rig.isolate(A, EndCause::Refused);
    rig.isolate(B, EndCause::Refused);
    rig.run(10.0);
    assert_eq!((rig.count("offline"), rig.count("waiting")), (1, 0));
    let mut rig = Rig::hybrid();
    rig.isolate(A, EndCause::Refused);
    rig.world.b.status = Status::OutOfService;
    rig.run(10.0);
    assert_eq!((rig.count("offline"), rig.count("waiting"), rig.count("both-out")), (0, 1, 0));
}

#[test]
fn t10_a_side_that_answers_401_to_probes_is_opened_all_the_same() {
    let mut rig = Rig::hybrid();
    rig.world.a.status = Status::Unauthorised;
    rig.run(1.0);
    assert_eq!(rig.count("attach 1 A"), 1);
}

#[test]
fn a_start_leaves_a_side_that_goes_down_while_it_is_opened() {
    let mut rig = Rig::hybrid();
    rig.world.a.stream = Stream::Hangs;
    rig.run(1.0);
    rig.world.a.status = Status::OutOfService;
    rig.check(A);
    rig.run(1.0);
    rig.in_order(&["open A", "health A OutOfService", "abandon", "open B", "attach 1 B"]);
}

#[test]
fn g6_a_start_does_not_stay_with_a_side_whose_heartbeat_is_bad() {
    let mut rig = Rig::hybrid();
    rig.world.a.beatless_since = Some(10 * S);
    rig.run(1.0);
    assert_eq!((rig.count("open A"), rig.count("attach 1 B")), (0, 1));
}
