//! Sides that keep going out and in.

use super::*;

#[test]
fn c5_a_side_that_flaps_must_be_in_service_for_a_while() {
    let mut rig = Rig::live();
    rig.world.b.status = Status::OutOfService;
    for round in 2..=3 {
        rig.push(A, Status::OutOfService);
        rig.run(5.0);
        rig.push(A, Status::Ready);
        rig.run(5.0);
        assert_eq!(rig.count(&format!("attach {round} A resumed")), 1);
    }
    rig.push(A, Status::OutOfService);
    assert_eq!(rig.count("degraded flapping"), 1);
    rig.run(5.0);
    rig.mark();
    rig.push(A, Status::Ready);
    rig.run(19.0);
    assert_eq!(rig.count("attach"), 0);
    rig.run(5.0);
    let back = rig.first("attach 4 A resumed");
    assert!((20.0..21.0).contains(&back), "{back}");
    rig.run(1800.0);
    assert_eq!((rig.count("recovered flapping"), rig.count("degraded flapping")), (1, 0));
}

#[test]
fn c5_a_side_that_serves_is_not_left_while_it_proves_itself() {
    let mut rig = Rig::live();
    for _ in 0..2 {
        rig.push(A, Status::OutOfService);
        rig.run(5.0);
        rig.push(A, Status::Ready);
        rig.run(5.0);
    }
    rig.mark();
    rig.push(A, Status::OutOfService);
    rig.run(10.0);
    rig.push(A, Status::Ready);
    rig.run(30.0);
    assert_eq!(rig.count("switching"), 0, "{:#?}", rig.log);
    let back = rig.first("attach 4 A resumed");
    assert!((30.0..31.0).contains(&back), "{back}");
}

#[test]
fn c5_a_side_that_goes_out_again_while_it_proves_itself_is_left() {
    let mut rig = Rig::live();
    for _ in 0..3 {
        rig.push(A, Status::OutOfService);
        rig.run(5.0);
        rig.push(A, Status::Ready);
        rig.run(5.0);
    }
    rig.mark();
    rig.run(6.0);
    rig.push(A, Status::OutOfService);
    rig.run(10.0);
    assert_eq!(rig.count("attach 4 B left A"), 1, "{:#?}", rig.log);
    rig.mend(A);
    // The first outage was ten minutes ago, the second not yet.
    rig.run(559.0);
    assert!(rig.core.hold_down.is_restless(A, rig.now), "the fourth outage, in the same gap, counts");
    rig.run(10.0);
    assert!(!rig.core.hold_down.is_restless(A, rig.now));
}

#[test]
fn c5_a_standby_side_that_flaps_must_prove_itself_before_it_is_a_target() {
    let mut rig = Rig::live();
    for _ in 0..3 {
        rig.world.b.status = Status::OutOfService;
        rig.check(B);
        rig.run(5.0);
        rig.mend(B);
        rig.check(B);
        rig.run(5.0);
    }
    assert_eq!(rig.count("degraded flapping"), 1);
    rig.mark();
    rig.isolate(A, EndCause::Refused);
    rig.presence(A, false);
    rig.run(60.0);
    // Ready again for five seconds at the mark, and the grace is ten.
    let moved = rig.first("switching A B");
    assert!((15.0..17.0).contains(&moved), "{moved}");
    let last_check = rig.times("check B").into_iter().rfind(|at| *at < moved);
    assert!(last_check.is_some_and(|at| at >= 14.5), "by a probe of then: {:#?}", rig.log);
    assert!(rig.count("check B") <= 3, "and without a storm of probes");
}
