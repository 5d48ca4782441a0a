use finesse_notify::EndCause;

use super::*;
use crate::health::SideHealth;
use crate::side::{PerSide, Side};

const S: Duration = Duration::from_secs(1);

fn sides(a: Status, probed: u32) -> Health {
    let mut sides = PerSide::new(SideHealth::unknown(Side::A), SideHealth::unknown(Side::B));
    sides.a.status = a;
    sides.a.probed = Some(probed * S);
    sides.b.status = Status::Ready;
    sides
}

fn context(elapsed: f64, reconnects: u32) -> Context {
    let now = 100 * S + Duration::from_secs_f64(elapsed);
    Context {
        current: Side::A,
        now,
        triggered: 100 * S,
        reconnects,
        on_call: false,
        ready: false,
        chance: 0.0,
    }
}

const LOST: Trigger = Trigger::StreamLost { cause: EndCause::Network };

#[test]
fn n10_a_glitch_of_a_healthy_side_is_given_thirty_seconds() {
    let hybrid = Hybrid::default();
    let healthy = sides(Status::Ready, 101);
    assert_eq!(hybrid.decide(&LOST, &healthy, &context(29.0, 9)), Decision::wait(30 * S));
    assert_eq!(hybrid.decide(&LOST, &healthy, &context(30.0, 9)), Decision::switch());
}

#[test]
fn s1_a_dead_notification_service_is_left_after_three_attempts() {
    let hybrid = Hybrid::default();
    let out = sides(Status::OutOfService, 101);
    assert!(matches!(hybrid.decide(&LOST, &out, &context(1.0, 2)), Decision::Wait(_)));
    assert_eq!(hybrid.decide(&LOST, &out, &context(4.2, 3)), Decision::switch());
}

#[test]
fn s6_a_black_hole_is_left_when_the_attempts_should_be_over() {
    let hybrid = Hybrid::default();
    assert_eq!(hybrid.decide(&LOST, &sides(Status::Unreachable, 101), &context(6.4, 1)), Decision::switch());
}

#[test]
fn c1_out_of_service_waits_three_heartbeats_and_asks_for_two_probes() {
    let hybrid = Hybrid::default();
    let out = sides(Status::OutOfService, 101);
    assert_eq!(hybrid.decide(&Trigger::OutOfService, &out, &context(14.9, 0)), Decision::wait(15 * S));
    let decision = hybrid.decide(&Trigger::OutOfService, &out, &context(15.0, 0));
    assert_eq!(decision, Decision::Switch { confirmations: Confirmations::Two });
}

#[test]
fn s3_lost_presence_is_given_ten_seconds() {
    let hybrid = Hybrid::default();
    let out = sides(Status::Unreachable, 101);
    assert_eq!(hybrid.decide(&Trigger::PresenceLost, &out, &context(9.0, 0)), Decision::wait(10 * S));
    assert_eq!(hybrid.decide(&Trigger::PresenceLost, &out, &context(10.0, 0)), Decision::switch());
}

#[test]
fn g1_dead_requests_are_given_twenty_seconds() {
    let out = sides(Status::Unreachable, 101);
    assert_eq!(Hybrid::default().decide(&Trigger::RestDead, &out, &context(19.0, 0)), Decision::wait(20 * S));
}

#[test]
fn agents_on_a_call_draw_from_the_first_quarter_of_the_jitter() {
    let hybrid = Hybrid::default();
    let out = sides(Status::Unreachable, 101);
    let late = Context { chance: 1.0, ..context(0.0, 0) };
    assert_eq!(hybrid.decide(&Trigger::PresenceLost, &out, &late), Decision::wait(20 * S));
    let on_call = Context { on_call: true, ..late };
    assert_eq!(hybrid.decide(&Trigger::PresenceLost, &out, &on_call), Decision::wait(12 * S + S / 2));
}

#[test]
fn immediate_goes_at_once_but_tries_a_healthy_side_once() {
    assert_eq!(
        Immediate.decide(&Trigger::PresenceLost, &sides(Status::Ready, 99), &context(0.0, 0)),
        Decision::switch()
    );
    assert!(matches!(
        Immediate.decide(&LOST, &sides(Status::Ready, 101), &context(0.1, 0)),
        Decision::Wait(_)
    ));
    assert_eq!(Immediate.decide(&LOST, &sides(Status::Ready, 101), &context(0.4, 1)), Decision::switch());
    assert_eq!(Immediate.decide(&LOST, &sides(Status::Ready, 101), &context(2.0, 0)), Decision::switch());
    assert_eq!(
        Immediate.decide(&LOST, &sides(Status::OutOfService, 101), &context(0.1, 0)),
        Decision::switch()
    );
}

#[test]
fn wait_and_retry_never_switches_unless_told_when_to_give_up() {
    let out = sides(Status::Unreachable, 101);
    assert_eq!(WaitAndRetry::default().decide(&LOST, &out, &context(9999.0, 99)), Decision::Stay);
    let patient = WaitAndRetry { give_up: Some(60 * S) };
    assert_eq!(patient.decide(&LOST, &out, &context(59.0, 9)), Decision::wait(60 * S));
    assert_eq!(patient.decide(&LOST, &out, &context(60.0, 9)), Decision::switch());
}

#[test]
fn a_closure_is_a_policy() {
    let mine = |trigger: &Trigger, _: &Health, context: &Context| match trigger {
        Trigger::PresenceLost if context.on_call => Decision::wait(20 * S),
        _ => Decision::switch(),
    };
    assert_eq!(Policy::decide(&mine, &LOST, &sides(Status::Ready, 0), &context(0.0, 0)), Decision::switch());
}

#[test]
fn s6_an_immediate_policy_has_little_patience_with_a_side_that_fell_silent() {
    let silent = Trigger::StreamLost { cause: EndCause::Silent };
    let unknown = sides(Status::Ready, 99);
    assert_eq!(Immediate.decide(&silent, &unknown, &context(0.9, 0)), Decision::wait(S));
    assert_eq!(Immediate.decide(&silent, &unknown, &context(1.0, 0)), Decision::switch());
    // But with one that answers.
    assert_eq!(
        Immediate.decide(&silent, &sides(Status::Ready, 101), &context(1.0, 0)),
        Decision::wait(2 * S)
    );
    assert_eq!(Immediate.decide(&LOST, &unknown, &context(1.0, 0)), Decision::wait(2 * S));
}
