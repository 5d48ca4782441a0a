//! The forced logout of a side that was left while it still served.

use super::super::super::kit::{agent, says_agent, says_over, talk};
use super::*;

fn command(state: UserState) -> Command {
    Command::SetState { user: own(), state, reason: None }
}

/// A session that left a serving side, its agent READY by his own choice if so.
fn moved(chose_ready: bool, calls: &[Dialog]) -> Bench {
    let mut bench = Bench::live(agent("NOT_READY", 0, 12), calls);
    if chose_ready {
        bench.command(command(UserState::Ready));
        bench.pass(S);
        bench.hear(says_agent(&bench.user.clone()));
    }
    bench.lose();
    leave(&mut bench, Side::A, Side::B);
    bench
}

fn leave(bench: &mut Bench, from: Side, to: Side) {
    bench.attach_as(to, false, Some(from));
    bench.run();
    bench.forget();
}

/// The side tells the agent's state, and shows it.
fn tell(bench: &mut Bench, state: &str, reason: i64) {
    let millis = u64::try_from(bench.now.as_millis()).unwrap();
    bench.user = agent(state, millis, reason);
    bench.hear(says_agent(&bench.user.clone()));
}

#[test]
fn a3_a_ghost_logout_is_repaired_once_and_told_once() {
    let mut bench = moved(true, &[]);
    bench.pass(60 * S);
    tell(&mut bench, "LOGOUT", 255);
    assert_eq!(bench.verbs(), Vec::<&str>::new(), "another event may follow");
    bench.pass(S);
    assert_eq!(bench.verbs(), ["LOGIN"]);
    tell(&mut bench, "NOT_READY", 0);
    bench.pass(S);
    assert_eq!(bench.verbs(), ["LOGIN", "READY"]);
    bench.hear(says_agent(&bench.user.clone()));
    bench.pass(30 * S);
    assert_eq!(bench.warnings(), ["ghost recovered=true"]);
    assert_eq!(bench.user.state, Some(UserState::Ready));
}

#[test]
fn a3_a_second_ghost_within_five_minutes_is_told_and_not_repaired() {
    let mut bench = moved(false, &[]);
    tell(&mut bench, "LOGOUT", 255);
    bench.pass(2 * S);
    tell(&mut bench, "NOT_READY", 0);
    bench.forget();
    bench.pass(60 * S);
    tell(&mut bench, "LOGOUT", 255);
    bench.pass(60 * S);
    assert_eq!((bench.verbs(), bench.warnings()), (vec![], vec![String::from("attention logout")]));
}

#[test]
fn the_logout_that_follows_a_forced_not_ready_belongs_to_the_same_ghost() {
    let mut bench = moved(true, &[]);
    tell(&mut bench, "NOT_READY", 50002);
    bench.pass(500 * MS);
    tell(&mut bench, "LOGOUT", 255);
    bench.pass(S);
    // A sign-in after a lost connection leads to NOT_READY with that reason.
    tell(&mut bench, "NOT_READY", 50002);
    bench.pass(S);
    bench.hear(says_agent(&bench.user.clone()));
    assert_eq!(bench.verbs(), ["LOGIN", "READY"]);
    assert_eq!(bench.warnings(), ["ghost recovered=true"]);
}

#[test]
fn a_forced_not_ready_is_answered_by_ready_if_the_agent_chose_that() {
    for (chose, verbs) in [(true, vec!["READY"]), (false, vec![])] {
        let mut bench = moved(chose, &[]);
        tell(&mut bench, "NOT_READY", 50002);
        bench.pass(2 * S);
        assert_eq!(bench.verbs(), verbs);
    }
}

#[test]
fn other_news_of_an_agent_after_a_ghost_are_no_second_ghost() {
    let mut bench = moved(false, &[]);
    tell(&mut bench, "NOT_READY", 50002);
    bench.pass(2 * S);
    bench.forget();
    bench.user.team_name = Some(String::from("Gold"));
    bench.hear(says_agent(&bench.user.clone()));
    assert_eq!(bench.warnings(), Vec::<String>::new());
}

#[test]
fn who_asks_to_be_not_ready_during_the_repair_is_not_made_ready() {
    let mut bench = moved(true, &[]);
    tell(&mut bench, "NOT_READY", 50002);
    bench.command(command(UserState::NotReady));
    bench.pass(5 * S);
    assert_eq!(bench.verbs(), ["NOT_READY"]);
}

#[test]
fn who_signs_out_during_the_repair_is_not_signed_in() {
    let mut bench = moved(true, &[]);
    tell(&mut bench, "LOGOUT", 255);
    bench.command(Command::SignOut { user: own(), reason: None, all_media: false });
    bench.pass(5 * S);
    assert_eq!(bench.verbs(), ["LOGOUT"]);
    assert_eq!(bench.warnings(), ["ghost recovered=false"]);
}

#[test]
fn who_signs_out_before_the_ghost_comes_is_not_signed_in() {
    let mut bench = moved(true, &[]);
    bench.obeys = false;
    bench.command(Command::SignOut { user: own(), reason: None, all_media: false });
    bench.answer();
    tell(&mut bench, "LOGOUT", 255);
    bench.pass(5 * S);
    assert_eq!((bench.verbs(), bench.warnings()), (vec!["LOGOUT"], vec![]));
}

#[test]
fn a_repair_that_leads_to_nothing_is_told_to_have_failed() {
    let mut bench = moved(false, &[]);
    bench.obeys = false;
    tell(&mut bench, "LOGOUT", 255);
    bench.pass(30 * S);
    assert_eq!(bench.verbs(), ["LOGIN"]);
    assert_eq!(bench.warnings(), ["ghost recovered=false"]);
}

#[test]
fn a_gap_during_the_repair_ends_it_before_the_gap_is_told() {
    let mut bench = moved(false, &[]);
    tell(&mut bench, "LOGOUT", 255);
    bench.lose();
    assert_eq!(bench.told_kinds(), ["user", "ghost-logout", "gap-opened"]);
}

#[test]
fn a_supervisors_logout_after_a_move_is_respected() {
    let mut bench = moved(true, &[]);
    tell(&mut bench, "LOGOUT", 999);
    bench.pass(30 * S);
    assert_eq!((bench.verbs(), bench.warnings()), (vec![], vec![]));
}

#[test]
fn a4_a_ghost_that_waited_for_the_end_of_a_call_is_repaired() {
    let mut bench = moved(false, &[talk("1", "ACTIVE", 100)]);
    bench.pass(1000 * S);
    bench.calls.clear();
    bench.hear(says_over(&talk("1", "DROPPED", 900)));
    bench.pass(20 * S);
    tell(&mut bench, "LOGOUT", 255);
    bench.pass(2 * S);
    assert_eq!(bench.verbs(), ["LOGIN"]);
}

#[test]
fn a4_half_a_minute_after_a_long_call_a_forced_logout_is_no_ghost() {
    let mut bench = moved(false, &[talk("1", "ACTIVE", 100)]);
    bench.pass(1000 * S);
    bench.calls.clear();
    bench.hear(says_over(&talk("1", "DROPPED", 900)));
    bench.now += 31 * S;
    bench.step(Input::Tick);
    tell(&mut bench, "LOGOUT", 255);
    bench.pass(20 * S);
    assert_eq!(bench.verbs(), Vec::<&str>::new());
}

#[test]
fn three_minutes_after_the_move_a_forced_logout_is_no_ghost() {
    let mut bench = moved(false, &[]);
    bench.pass(181 * S);
    tell(&mut bench, "LOGOUT", 255);
    bench.pass(20 * S);
    assert_eq!((bench.verbs(), bench.warnings()), (vec![], vec![]));
}

#[test]
fn a_move_that_took_two_attempts_is_guarded_too() {
    let mut bench = Bench::live(agent("READY", 0, 0), &[]);
    bench.lose();
    bench.attach_as(Side::B, false, Some(Side::A));
    bench.lose();
    bench.asked.clear();
    // The line says it again until an epoch of this side is committed.
    bench.attach_as(Side::B, true, Some(Side::A));
    bench.run();
    bench.forget();
    tell(&mut bench, "LOGOUT", 255);
    bench.pass(2 * S);
    assert_eq!(bench.verbs(), ["LOGIN"]);
}

#[test]
fn a_session_that_came_back_to_its_side_has_left_none() {
    let mut bench = Bench::live(agent("READY", 0, 0), &[]);
    bench.lose();
    bench.attach_as(Side::B, false, Some(Side::A));
    bench.lose();
    bench.asked.clear();
    bench.attach(Side::A);
    bench.run();
    bench.forget();
    tell(&mut bench, "LOGOUT", 255);
    bench.pass(20 * S);
    assert_eq!((bench.verbs(), bench.warnings()), (vec![], vec![]));
}

#[test]
fn inv17_an_agent_who_is_signed_in_elsewhere_is_not_guarded() {
    let elsewhere = User { extension: Some(String::from("7399")), ..agent("READY", 0, 0) };
    let mut bench = Bench::live(elsewhere, &[]);
    bench.lose();
    leave(&mut bench, Side::A, Side::B);
    tell(&mut bench, "LOGOUT", 255);
    bench.pass(20 * S);
    assert_eq!(bench.verbs(), Vec::<&str>::new());
}

#[test]
fn an_observer_repairs_nothing() {
    let mut bench = Bench::watching(agent("READY", 0, 0), &[]);
    bench.lose();
    leave(&mut bench, Side::A, Side::B);
    tell(&mut bench, "LOGOUT", 255);
    bench.pass(20 * S);
    assert_eq!((bench.verbs(), bench.warnings()), (vec![], vec![]));
}

/// A session that moves, with the agent signed out by the old side after the claim and before everything is read.
fn signed_out_while_read(left: Option<Side>) -> Bench {
    let mut bench = Bench::live(agent("NOT_READY", 0, 12), &[]);
    bench.command(command(UserState::Ready));
    bench.pass(S);
    bench.hear(says_agent(&bench.user.clone()));
    bench.lose();
    bench.attach_as(Side::B, false, left);
    while !matches!(bench.next(), Op::Submit(Command::SignIn { .. }, _)) {
        bench.answer();
    }
    bench.answer();
    bench.user = agent("LOGOUT", u64::try_from(bench.now.as_millis()).unwrap(), 50002);
    bench.run();
    bench
}

#[test]
fn a3_a_forced_logout_between_claim_and_picture_is_repaired() {
    let mut bench = signed_out_while_read(Some(Side::A));
    bench.forget();
    bench.pass(2 * S);
    assert_eq!(bench.verbs(), ["LOGIN"]);
    tell(&mut bench, "NOT_READY", 0);
    bench.pass(S);
    assert_eq!(bench.verbs(), ["LOGIN", "READY"]);
    bench.hear(says_agent(&bench.user.clone()));
    assert_eq!(bench.warnings(), ["ghost recovered=true"]);
}

#[test]
fn a_logout_between_claim_and_picture_that_is_no_ghost_is_told() {
    let mut bench = signed_out_while_read(None);
    bench.pass(30 * S);
    assert_eq!(bench.verbs().iter().filter(|verb| **verb == "LOGIN").count(), 1);
    assert!(
        bench.warnings().iter().any(|warning| warning.starts_with("logged out")),
        "{:?}",
        bench.warnings()
    );
}

#[test]
fn a3_a_side_that_was_out_of_service_may_still_send_a_forced_logout_it_had_put_off() {
    let mut bench = Bench::live(agent("NOT_READY", 0, 12), &[]);
    bench.lose();
    leave(&mut bench, Side::A, Side::B);
    bench.pass(100 * S);
    tell(&mut bench, "LOGOUT", 255);
    bench.pass(2 * S);
    assert_eq!(bench.verbs(), ["LOGIN"]);
}
